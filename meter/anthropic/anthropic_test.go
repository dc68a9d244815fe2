package anthropic_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/meter/anthropic"
	"github.com/pertask/pertask/usage"
)

var (
	five = anthropic.TTL{FiveMinutes: true}
	hour = anthropic.TTL{OneHour: true}
	both = anthropic.TTL{FiveMinutes: true, OneHour: true}
)

func TestReadRequest(t *testing.T) {
	cases := []struct {
		name, body string
		want       anthropic.Request
	}{
		{"plain", `{"model":"c","service_tier":"auto","stream":true}`, anthropic.Request{Model: "c", Tier: "auto", Stream: true}},
		{"five minutes by default", `{"system":[{"text":"x","cache_control":{"type":"ephemeral"}}]}`, anthropic.Request{TTL: five}},
		{"five minutes", `{"tools":[{"cache_control" : { "type":"ephemeral", "ttl" : "5m" }}]}`, anthropic.Request{TTL: five}},
		{"one hour", `{"cache_control":{"ttl":"1h","type":"ephemeral"}}`, anthropic.Request{TTL: hour}},
		{"both", `{"a":{"cache_control":{"ttl":"1h"}},"b":{"cache_control":{}}}`, anthropic.Request{TTL: both}},
		{"another", `{"cache_control":{"ttl":"24h"}}`, anthropic.Request{TTL: anthropic.TTL{Other: true}}},
		{"in the text of a prompt", `{"messages":[{"content":"\"cache_control\":{\"ttl\":\"1h\"}"}]}`, anthropic.Request{}},
		{"null", `{"cache_control":null}`, anthropic.Request{}},
		{"escapes", `{"system":[{"cache\u005fcontrol":{"\u0074tl":"1\u0068"}}]}`, anthropic.Request{TTL: hour}},
		{"an object before it", `{"system":[{"cache_control":{"type":"ephemeral","more":{"a":[{}]},"ttl":"1h"}}]}`, anthropic.Request{TTL: hour}},
		{"a time to live below it", `{"system":[{"cache_control":{"more":{"ttl":"1h"}}}]}`, anthropic.Request{TTL: five}},
		{"a number", `{"cache_control":{"ttl":3600}}`, anthropic.Request{TTL: anthropic.TTL{Other: true}}},
		{"in the result of a tool", `{"messages":[{"content":[{"type":"tool_result","content":[{"text":"x","cache_control":{"ttl":"1h"}}]}]}]}`, anthropic.Request{TTL: hour}},
		{"in what a tool is called with", `{"messages":[{"content":[{"type":"tool_use","input":{"cache_control":{"ttl":"1h"}}}]}]}`, anthropic.Request{}},
		{"in what a tool may be called with", `{"tools":[{"input_schema":{"properties":{"cache_control":{"type":"object"}}},"cache_control":{"type":"ephemeral"}}]}`, anthropic.Request{TTL: five}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := anthropic.ReadRequest([]byte(c.body))
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Errorf("request differs (-want +got), error %v:\n%s", err, diff)
			}
		})
	}
	for _, body := range []string{``, `[]`, `{`, `{"model":"a","model":"b"}`} {
		if _, err := anthropic.ReadRequest([]byte(body)); err == nil {
			t.Errorf("%q was read", body)
		}
	}
}

// TestWritesThatAreNotSplit checks which time to live cache writes get that the answer does not tell.
func TestWritesThatAreNotSplit(t *testing.T) {
	const none, some = `"cache_creation":null`, `"cache_creation":{"ephemeral_5m_input_tokens":10,"ephemeral_1h_input_tokens":0}`
	cases := []struct {
		name     string
		split    string
		ttl      anthropic.TTL
		coverage usage.Coverage
		want     [3]int64 // 5 minutes, 1 hour, not told; of 30
	}{
		{"no split, nothing asked", none, anthropic.TTL{}, usage.Complete, [3]int64{30, 0, 0}},
		{"no split, five minutes", none, five, usage.Complete, [3]int64{30, 0, 0}},
		{"no split, one hour", none, hour, usage.Complete, [3]int64{0, 30, 0}},
		{"no split, both", none, both, usage.Partial, [3]int64{0, 0, 30}},
		{"outgrown, nothing asked", some, anthropic.TTL{}, usage.Partial, [3]int64{10, 0, 20}},
		{"outgrown, five minutes", some, five, usage.Complete, [3]int64{30, 0, 0}},
		{"outgrown, one hour", some, hour, usage.Complete, [3]int64{10, 20, 0}},
		{"outgrown, both", some, both, usage.Partial, [3]int64{10, 0, 20}},
		{"outgrown, another", some, anthropic.TTL{Other: true}, usage.Partial, [3]int64{10, 0, 20}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := anthropic.Read([]byte(`{"usage":{"input_tokens":1,"output_tokens":2,"cache_creation_input_tokens":30,`+c.split+`}}`), c.ttl)
			var got [3]int64
			for i, class := range []usage.Class{usage.CacheCreation5m, usage.CacheCreation1h, usage.CacheCreation} {
				got[i], _ = r.Tokens.Of(class).Value()
			}
			written, _ := r.Tokens.Written().Value()
			if got != c.want || r.Coverage != c.coverage || written != 30 {
				t.Errorf("got %v of %d written, %q (%s); want %v, %q", got, written, r.Coverage, r.Problem, c.want, c.coverage)
			}
		})
	}
}

func TestBrokenAnswersAreMissing(t *testing.T) {
	for _, body := range []string{``, `x`, `null`, `[]`, `{}`, `{"usage":5}`, `{"usage":{}}`, `{"usage":{"input_tokens":-1,"output_tokens":1}}`,
		`{"usage":{"input_tokens":1,"output_tokens":1,"server_tool_use":{"web_search_requests":"2"}}}`} {
		r := anthropic.Read([]byte(body), five)
		if r.Coverage != usage.Missing || r.Tokens != (usage.Tokens{}) || r.Problem == "" || r.Requests != nil {
			t.Errorf("%q was read as %q with %v tokens (%s)", body, r.Coverage, r.Tokens, r.Problem)
		}
	}
}

func TestCredits(t *testing.T) {
	const counts = `"input_tokens":1,"output_tokens":2,"cache_creation_input_tokens":3,"cache_read_input_tokens":40,`
	cases := []struct {
		name, usage string
		coverage    usage.Coverage
		unspecified int64 // writes for a time that is not told
		strange     []string
	}{
		{"redeemed", `"fallback_credit":{"status":{"type":"redeemed"}}`, usage.Complete, 0, nil},
		{"redeemed, as a word", `"fallback_credit":{"status":"redeemed"}`, usage.Complete, 0, nil},
		{"not applied", `"fallback_credit":{"status":{"type":"not_applied","reason":"expired"}}`, usage.Complete, 0, nil},
		{"null", `"fallback_credit":null`, usage.Complete, 0, nil},
		{"another outcome", `"fallback_credit":{"status":{"type":"halved"}}`, usage.Partial, 0, []string{"fallback_credit.status=halved"}},
		{"no outcome", `"fallback_credit":7`, usage.Partial, 0, []string{"fallback_credit.status="}},
		{"the split is of before", `"fallback_credit":{"status":{"type":"redeemed"}},"cache_creation":{"ephemeral_5m_input_tokens":30,"ephemeral_1h_input_tokens":0}`,
			usage.Partial, 3, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := anthropic.Read([]byte(`{"usage":{`+counts+c.usage+`}}`), five)
			written, _ := r.Tokens.Written().Value()
			unspecified, _ := r.Tokens.CacheCreation.Value()
			if r.Coverage != c.coverage || written != 3 || unspecified != c.unspecified || !cmp.Equal(r.Unclassified, c.strange) {
				t.Errorf("coverage %q (%s), %d written, %d of them unspecified, unclassified %q", r.Coverage, r.Problem, written, unspecified, r.Unclassified)
			}
		})
	}
}

func TestEventsOfOtherKindsAreIgnored(t *testing.T) {
	text := string(load(t, "testdata/messages/documented.sse"))
	want := feed(new(anthropic.Stream), []byte(text))
	got := feed(new(anthropic.Stream), []byte("event: future\ndata: not json\n\nevent: other\ndata: {\"type\":\"other\",\"usage\":{\"output_tokens\":9}}\n\n"+text))
	if diff := cmp.Diff(want, got); diff != "" || want.Coverage != usage.Complete {
		t.Errorf("readings differ (-without +with):\n%s", diff)
	}
}

// check holds what is true of every reading, whatever the bytes were.
func check(t *testing.T, r usage.Reading) {
	t.Helper()
	total := r.Tokens.Total()
	switch r.Coverage {
	case usage.Complete:
		for _, p := range r.Parts {
			total = total.Plus(p.Tokens.Total())
		}
		if !total.IsKnown() || r.Problem != "" || len(r.Unclassified) > 0 {
			t.Errorf("complete with total %v, problem %q, unclassified %q", total, r.Problem, r.Unclassified)
		}
	case usage.Unbilled:
		if r.Tokens != usage.None() || len(r.Parts) > 0 || len(r.Requests) > 0 {
			t.Errorf("unbilled with %v tokens, parts %v, requests %v", r.Tokens, r.Parts, r.Requests)
		}
	case usage.Partial:
		if r.Problem == "" {
			t.Error("partial without a reason")
		}
	case usage.Missing:
		if r.Tokens != (usage.Tokens{}) || r.Problem == "" || r.Parts != nil || r.Requests != nil {
			t.Errorf("missing with tokens %v and problem %q", r.Tokens, r.Problem)
		}
	default:
		t.Errorf("coverage is %q", r.Coverage)
	}
	if r.Raw != nil && !json.Valid(r.Raw) {
		t.Errorf("raw usage %q is not JSON", r.Raw)
	}
}

func FuzzAnswers(f *testing.F) {
	for _, path := range files(f, "messages/*.json") {
		f.Add(load(f, path), false)
	}
	f.Fuzz(func(t *testing.T, body []byte, long bool) {
		check(t, anthropic.Read(body, anthropic.TTL{OneHour: long}))
	})
}

func FuzzStreams(f *testing.F) {
	for _, path := range files(f, "messages/*.sse") {
		f.Add(load(f, path))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		whole := feed(new(anthropic.Stream), text)
		check(t, whole)
		half := len(text) / 2
		if diff := cmp.Diff(whole, feed(new(anthropic.Stream), text[:half], text[half:])); diff != "" {
			t.Errorf("in two pieces (-whole +pieces):\n%s", diff)
		}
	})
}

func FuzzRequests(f *testing.F) {
	f.Add([]byte(`{"model":"c","cache_control":{"ttl":"1h"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, err := anthropic.ReadRequest(body); err == nil && !json.Valid(body) {
			t.Errorf("%q was read and is not JSON", body)
		}
	})
}

// TestFieldsThatNobodyKnows: a number or a list under a name that is not known may be billed.
func TestFieldsThatNobodyKnows(t *testing.T) {
	const counts = `"input_tokens":1,"output_tokens":2`
	for more, want := range map[string][]string{
		``: nil, `,"images":0,"note":"x","server_tool_use":{"web_fetch_requests":0,"seconds":0.0}`: nil,
		`,"cost":0.5,"cost_details":{"upstream_inference_cost":0.4},"is_byok":true`: nil,
		`,"images":3`:                        {"images"},
		`,"passes":[{}]`:                     {"passes"},
		`,"cache_creation":{"more":{"n":1}}`: {"cache_creation.more.n"},
		`,"server_tool_use":{"seconds":1.5}`: {"server_tool_use.seconds"},
		`,"iterations":[{"type":"message",` + counts + `,"frames":2}]`: {"iterations[].frames"},
	} {
		r := anthropic.Read([]byte(`{"usage":{`+counts+more+`}}`), five)
		if diff := cmp.Diff(want, r.Unclassified); diff != "" || (r.Coverage == usage.Complete) != (want == nil) {
			t.Errorf("%s: coverage %q, unclassified differs (-want +got):\n%s", more, r.Coverage, diff)
		}
	}
	var kinds []string
	for i := range 100 {
		kinds = append(kinds, fmt.Sprintf(`{"type":"t%d"}`, i))
	}
	r := anthropic.Read([]byte(`{"usage":{`+counts+`,"iterations":[`+strings.Join(kinds, ",")+`]}}`), five)
	if n := len(r.Unclassified); n != 33 || r.Unclassified[n-1] != "and more" {
		t.Errorf("%d kinds of iterations are listed: %q", n, r.Unclassified)
	}
}

// TestRefusals: only one with no content at all is not billed.
func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		content, usage string
		want           usage.Coverage
		input          int64
	}{
		{`[]`, `"output_tokens":0`, usage.Unbilled, 0},
		{`[]`, `"output_tokens":1`, usage.Unbilled, 0},
		{`[]`, `"output_tokens":2`, usage.Complete, 40},
		{`[]`, `"output_tokens":1,"output_tokens_details":{"thinking_tokens":1}`, usage.Complete, 40},
		{`[]`, `"output_tokens":1,"server_tool_use":{"web_search_requests":1}`, usage.Complete, 40},
		{`null`, `"output_tokens":1`, usage.Complete, 40},
		{`[{"type":"text","text":""}]`, `"output_tokens":1`, usage.Complete, 40},
		{`[{"type":"fallback"}]`, `"output_tokens":1`, usage.Partial, 0},
	} {
		r := anthropic.Read([]byte(`{"stop_reason":"refusal","content":`+c.content+`,"usage":{"input_tokens":40,`+c.usage+`}}`), five)
		if r.Coverage != c.want || r.Tokens.Input != usage.Known(c.input) {
			t.Errorf("%s, %s: %q with %v tokens of input (%s)", c.content, c.usage, r.Coverage, r.Tokens.Input, r.Problem)
		}
	}
}
