package usage_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/usage"
)

func TestReadingFillsACall(t *testing.T) {
	tokens := usage.None()
	tokens.Input = usage.Known(7)
	r := usage.Reading{
		Coverage: usage.Partial, Tokens: tokens, ServedModel: "m-1", ServedTier: "priority",
		Attributes: map[string]string{"speed": "fast"}, Requests: map[string]int64{"web_search": 2},
		Parts:       []usage.Part{{Kind: "compaction", Tokens: tokens}},
		ReportedUSD: "0.1", ReportedUpstreamUSD: "0.2", ResponseID: "r1", Raw: json.RawMessage(`{"a":1}`),
		Unclassified: []string{"x_tokens"}, Problem: "cut",
	}
	got := usage.Call{ID: "c1", RequestedModel: "m", Status: 200, Problem: "stale"}
	r.Fill(&got)
	want := usage.Call{
		ID: "c1", RequestedModel: "m", Status: 200,
		Coverage: usage.Partial, Tokens: tokens, ServedModel: "m-1", ServedTier: "priority",
		Attributes: map[string]string{"speed": "fast"}, Requests: map[string]int64{"web_search": 2},
		Parts:       []usage.Part{{Kind: "compaction", Tokens: tokens}},
		ReportedUSD: "0.1", ReportedUpstreamUSD: "0.2", ResponseID: "r1", Raw: json.RawMessage(`{"a":1}`),
		Unclassified: []string{"x_tokens"}, Problem: "cut",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("filled call differs (-want +got):\n%s", diff)
	}
}

func TestZeroReadingIsMissing(t *testing.T) {
	c := usage.Call{Coverage: usage.Complete, Tokens: usage.None()}
	usage.Reading{}.Fill(&c)
	if c.Coverage != usage.Missing || c.Tokens.Total().IsKnown() {
		t.Errorf("a zero reading left coverage %q and total %v, want missing and unknown", c.Coverage, c.Tokens.Total())
	}
}

func TestConsumedAddsTheParts(t *testing.T) {
	one, two := usage.None(), usage.None()
	one.Input, two.Input, two.Output = usage.Known(7), usage.Known(3), usage.Known(2)
	c := usage.Call{Tokens: one, Parts: []usage.Part{{Kind: "compaction", Tokens: two}, {Kind: "advisor_message", Model: "m", Tokens: two}}}
	want := usage.None()
	want.Input, want.Output = usage.Known(13), usage.Known(4)
	if diff := cmp.Diff(want, c.Consumed()); diff != "" {
		t.Errorf("consumed differs (-want +got):\n%s", diff)
	}
	c.Parts = append(c.Parts, usage.Part{Kind: "future"})
	if c.Consumed().Total().IsKnown() {
		t.Error("a part that is not known was counted as nothing")
	}
}
