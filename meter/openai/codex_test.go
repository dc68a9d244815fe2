package openai_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/meter/openai"
	"github.com/pertask/pertask/usage"
)

func TestReadCodexUsage(t *testing.T) {
	tokens := func(in, cached, out int64, reasoning usage.Count) usage.Tokens {
		w := usage.None()
		w.Input, w.CacheRead, w.Output, w.Reasoning = usage.Known(in), usage.Known(cached), usage.Known(out), reasoning
		return w
	}
	cases := []struct {
		name, raw string
		want      usage.Tokens
	}{
		// The price case oa-codex-20: a session that was resumed.
		{"resumed", `{"baseline":{"input_tokens":1000,"cached_input_tokens":700,"output_tokens":60},"final":{"input_tokens":1800,"cached_input_tokens":1400,"output_tokens":125}}`,
			tokens(100, 700, 65, usage.Count{})},
		{"fresh", `{"final":{"input_tokens":1800,"cached_input_tokens":1400,"output_tokens":125,"reasoning_output_tokens":64,"total_tokens":1925}}`,
			tokens(400, 1400, 125, usage.Known(64))},
		{"null before", `{"baseline":null,"final":{"input_tokens":8,"cached_input_tokens":0,"output_tokens":2}}`, tokens(8, 0, 2, usage.Count{})},
		{"empty before", `{"baseline":{},"final":{"input_tokens":8,"output_tokens":2}}`, tokens(8, 0, 2, usage.Count{})},
		{"nothing spent", `{"baseline":{"input_tokens":8,"output_tokens":2},"final":{"input_tokens":8,"output_tokens":2}}`, tokens(0, 0, 0, usage.Count{})},
		{"reasoning told at the end only", `{"baseline":{"input_tokens":8,"output_tokens":2},"final":{"input_tokens":9,"output_tokens":4,"reasoning_output_tokens":3}}`,
			tokens(1, 0, 2, usage.Count{})},
		{"with totals", `{"baseline":{"input_tokens":8,"cached_input_tokens":4,"output_tokens":2,"reasoning_output_tokens":1,"total_tokens":10},
			"final":{"input_tokens":20,"cached_input_tokens":9,"output_tokens":5,"reasoning_output_tokens":2,"total_tokens":25}}`, tokens(7, 5, 3, usage.Known(1))},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r, err := openai.ReadCodexUsage(json.RawMessage(c.raw))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, r.Tokens); diff != "" || r.Coverage != usage.Complete {
				t.Errorf("coverage %q, tokens differ (-want +got):\n%s", r.Coverage, diff)
			}
		})
	}
}

func TestReadCodexUsageRefuses(t *testing.T) {
	cases := []struct{ raw, why string }{
		{`{"baseline":{"input_tokens":1800,"output_tokens":60},"final":{"input_tokens":1000,"output_tokens":125}}`, "input_tokens falls from 1800 to 1000"},
		{`{"baseline":{"input_tokens":10,"output_tokens":60},"final":{"input_tokens":10,"output_tokens":59}}`, "output_tokens falls"},
		{`{"baseline":{"input_tokens":10,"cached_input_tokens":8,"output_tokens":1},"final":{"input_tokens":20,"cached_input_tokens":7,"output_tokens":1}}`, "cached_input_tokens falls"},
		{`{"final":{"input_tokens":10,"cached_input_tokens":11,"output_tokens":1}}`, "more than the 10"},
		{`{"final":{"input_tokens":10,"output_tokens":1,"reasoning_output_tokens":2}}`, "more than the 1"},
		{`{"final":{"input_tokens":10,"output_tokens":1,"total_tokens":12}}`, "total_tokens is 12"},
		{`{"baseline":{"input_tokens":5,"cached_input_tokens":0,"output_tokens":0},"final":{"input_tokens":10,"cached_input_tokens":6,"output_tokens":1}}`, "more than the 5"},
		{`{"baseline":{"input_tokens":5,"output_tokens":0},"final":{"input_tokens":10,"cached_input_tokens":6,"output_tokens":1}}`, "at one end only"},
		{`{"baseline":{"input_tokens":5,"cached_input_tokens":5,"output_tokens":0},"final":{"input_tokens":10,"output_tokens":1}}`, "at one end only"},
		{`{"baseline":{"output_tokens":1},"final":{"input_tokens":10,"output_tokens":1}}`, "baseline"},
		{`{"final":{"input_tokens":10}}`, "no \"output_tokens\""},
		{`{"final":null}`, "output_tokens"}, {`{}`, "output_tokens"}, {`null`, "output_tokens"}, {`5`, "not an object"}, {``, "output_tokens"},
		{`{"final":{"input_tokens":1.5,"output_tokens":1}}`, "whole number"}, {`{"final":[]}`, "not an object"},
	}
	for _, c := range cases {
		r, err := openai.ReadCodexUsage(json.RawMessage(c.raw))
		if err == nil || !strings.Contains(err.Error(), c.why) || !strings.HasPrefix(err.Error(), "reading Codex's totals: ") {
			t.Errorf("%s: %v tokens, error %v; want one with %q", c.raw, r.Tokens.Total(), err, c.why)
		}
	}
}

func TestReadCodexUsageKeepsWhatItDoesNotKnow(t *testing.T) {
	r, err := openai.ReadCodexUsage(json.RawMessage(`{"final":{"input_tokens":10,"output_tokens":1,"orchestration_input_tokens":4}}`))
	if err != nil || r.Coverage != usage.Partial || !cmp.Equal(r.Unclassified, []string{"final.orchestration_input_tokens"}) {
		t.Errorf("coverage %q, unclassified %q, error %v", r.Coverage, r.Unclassified, err)
	}
}

func FuzzReadCodexUsage(f *testing.F) {
	f.Add([]byte(`{"baseline":{"input_tokens":1000,"cached_input_tokens":700,"output_tokens":60},"final":{"input_tokens":1800,"cached_input_tokens":1400,"output_tokens":125}}`))
	f.Add([]byte(`{"baseline":null,"final":{"input_tokens":8,"output_tokens":2,"total_tokens":10}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := openai.ReadCodexUsage(raw)
		if err == nil {
			check(t, r)
		} else if r.Coverage != usage.Missing || r.Tokens != (usage.Tokens{}) {
			t.Errorf("an error with %v tokens", r.Tokens.Total())
		}
	})
}
