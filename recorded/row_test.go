package recorded_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/recorded"
	"github.com/pertask/pertask/usage"
)

func TestCallsHaveOneForEachModel(t *testing.T) {
	row := recorded.Row{Model: "m", Provider: "p", Cost: price.Known(price.MustMoney("0.5")),
		Others: []recorded.Share{{Model: "n", Provider: "q"}}}
	calls := row.Calls("base/t/1")
	if len(calls) != 2 || calls[0].ID != "base/t/1" || calls[1].ID != "base/t/1#2" || calls[1].Trial != "base/t/1" {
		t.Fatalf("calls %+v", calls)
	}
	if calls[0].ReportedUSD != "0.5" || calls[1].ReportedUSD != "" || calls[1].RequestedModel != "n" || calls[1].Provider != "q" {
		t.Errorf("calls %+v", calls)
	}
}

func TestInclusive(t *testing.T) {
	k, no := usage.Known, usage.Count{}
	for _, tt := range []struct {
		name                  string
		prompt, read, written usage.Count
		input                 usage.Count
	}{
		{"all told", k(100), k(60), k(30), k(10)},
		{"writes not told", k(100), k(60), no, k(40)},
		{"reads not told", k(100), no, k(30), no},
		{"nothing told", no, no, no, no},
		{"parts are more than the whole", k(80), k(60), k(30), no},
	} {
		got := recorded.Inclusive(tt.prompt, tt.read, tt.written, k(5))
		if got.Input != tt.input || got.CacheRead != tt.read || got.CacheCreation != tt.written || got.Output != k(5) {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
}

func TestUncached(t *testing.T) {
	k := usage.Known
	row := recorded.Row{Prompt: k(100), Tokens: usage.Tokens{Output: k(5)}}
	if got := row.Uncached().Tokens; got.Input != k(100) || got.CacheRead != k(0) || got.Total() != k(105) {
		t.Errorf("%+v", got)
	}
	row.Tokens.CacheRead = k(30)
	if got := row.Uncached().Tokens; got.Input != k(70) || got.Total() != k(105) {
		t.Errorf("with a known part: %+v", got)
	}
	if row.Tokens.Input.IsKnown() || row.Tokens.CacheCreation.IsKnown() {
		t.Error("the row itself was changed")
	}
	if got := (recorded.Row{}).Uncached().Tokens; got.Input.IsKnown() || got.Output.IsKnown() {
		t.Errorf("a row without counts: %+v", got)
	}
}

func TestNumber(t *testing.T) {
	rows := []recorded.Row{{Task: "a", Model: "m"}, {Task: "b", Model: "m"}, {Task: "a", Model: "m"}, {Task: "a", Model: "m", Label: "x"}, {Task: "a", Model: "m", Dataset: "d"}}
	recorded.Number(rows)
	var got []int
	for _, r := range rows {
		got = append(got, r.Trial)
	}
	if diff := cmp.Diff([]int{0, 0, 1, 0, 0}, got); diff != "" {
		t.Error(diff)
	}
}

func TestSplitModel(t *testing.T) {
	for in, want := range map[string][2]string{"openai/gpt-5.4": {"openai", "gpt-5.4"}, "openrouter/openai/gpt-5.4": {"openrouter", "openai/gpt-5.4"},
		"gpt-5.4": {"", "gpt-5.4"}, "/x": {"", "/x"}, "x/": {"", "x/"}, "": {"", ""}} {
		if p, m := recorded.SplitModel(in); p != want[0] || m != want[1] {
			t.Errorf("%q: %q and %q", in, p, m)
		}
	}
}

func TestTally(t *testing.T) {
	var tally recorded.Tally
	for _, fact := range []string{"b", "a", "b"} {
		tally.Add(fact)
	}
	if diff := cmp.Diff([]string{"2 trials, b", "1 trial, a"}, tally.Notes()); diff != "" {
		t.Error(diff)
	}
}
