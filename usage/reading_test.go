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
		ReportedUSD: "0.1", ResponseID: "r1", Raw: json.RawMessage(`{"a":1}`),
		Unclassified: []string{"x_tokens"}, Problem: "cut",
	}
	got := usage.Call{ID: "c1", RequestedModel: "m", Status: 200, Problem: "stale"}
	r.Fill(&got)
	want := usage.Call{
		ID: "c1", RequestedModel: "m", Status: 200,
		Coverage: usage.Partial, Tokens: tokens, ServedModel: "m-1", ServedTier: "priority",
		Attributes: map[string]string{"speed": "fast"}, Requests: map[string]int64{"web_search": 2},
		ReportedUSD: "0.1", ResponseID: "r1", Raw: json.RawMessage(`{"a":1}`),
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
