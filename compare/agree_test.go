package compare_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
)

// told makes trials of both arms whose calls cost 0.0175 USD at the base (1,000 tokens of input and of output of
// gpt-5.4), after what a case has made others say of them.
func told(say func(*trial.Trial, *usage.Call)) trial.Evidence {
	var e trial.Evidence
	for _, side := range []trial.Side{trial.Base, trial.Head} {
		for i := range 4 {
			slot := trial.Slot{Arm: side, Task: "a", Index: i}
			r := trial.Result{
				Trial: trial.Trial{Schema: trial.Schema, ID: slot.ID(), Slot: slot, EvidenceKey: "k", Origin: trial.Fresh, Outcome: trial.Completed},
				Calls: []usage.Call{paid(fmt.Sprint(side, i), slot.ID())},
			}
			if side == trial.Base {
				say(&r.Trial, &r.Calls[0])
			}
			e.Results = append(e.Results, r)
		}
	}
	return e
}

func TestDisagreementsAreSeen(t *testing.T) {
	counts := func(in, out int64) *usage.SelfReport {
		return &usage.SelfReport{Tokens: usage.Tokens{Input: usage.Known(in), Output: usage.Known(out)}}
	}
	cases := []struct {
		name string
		say  func(*trial.Trial, *usage.Call)
		want []string // parts of the one finding; none when all agree
	}{
		{"nobody says anything", func(*trial.Trial, *usage.Call) {}, nil},
		{"the provider agrees", func(_ *trial.Trial, c *usage.Call) { c.ReportedUSD = "0.0175" }, nil},
		{"the provider is 1 % away", func(_ *trial.Trial, c *usage.Call) { c.ReportedUSD = "0.017675" }, nil},
		{"the provider charges more", func(_ *trial.Trial, c *usage.Call) { c.ReportedUSD = "0.02" },
			[]string{"the provider says that the calls of the base cost $0.0800", "the price book says $0.0700"}},
		{"a provider behind the gateway", func(_ *trial.Trial, c *usage.Call) { c.ReportedUSD, c.ReportedUpstreamUSD = "0.0005", "0.03" },
			[]string{"the provider says", "$0.122"}},
		{"the gateway says less", func(_ *trial.Trial, c *usage.Call) { c.Claims = map[string]string{"x-litellm-response-cost": "0.01"} },
			[]string{"the gateway (`x-litellm-response-cost`)", "$0.0400", "the price book says $0.0700"}},
		{"a figure that no count can be", func(r *trial.Trial, _ *usage.Call) { r.SelfReport = counts(1<<62, 1<<62) },
			[]string{"unknown tokens", "the meter counted 8000"}},
		{"a part was seen", func(r *trial.Trial, c *usage.Call) {
			c.Coverage, c.Claims, r.SelfReport = usage.Partial, map[string]string{"x": "9"}, counts(1, 1)
		}, nil},
		{"no figure", func(_ *trial.Trial, c *usage.Call) { c.Claims = map[string]string{"x": "none"} }, nil},
		{"the agent agrees", func(r *trial.Trial, _ *usage.Call) { r.SelfReport = counts(1000, 1000) }, nil},
		{"the agent saw less", func(r *trial.Trial, _ *usage.Call) { r.SelfReport = counts(1000, 970) },
			[]string{"the agent itself says that the trials of the base took 7880 tokens, the meter counted 8000"}},
		{"the agent tells some classes", func(r *trial.Trial, _ *usage.Call) {
			r.SelfReport = &usage.SelfReport{Tokens: usage.Tokens{Output: usage.Known(1000)}}
		}, nil},
		{"the agent's dollars", func(r *trial.Trial, _ *usage.Call) { r.SelfReport = &usage.SelfReport{USD: "0.01"} },
			[]string{"the agent itself says", "$0.0400", "list price says $0.0700"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r, err := compare.AnalyzeJournal(told(c.say), analysisOptions())
			if err != nil {
				t.Fatal(err)
			}
			var found []string
			for _, f := range r.Findings {
				if f.Code == "figures-disagree" {
					found = append(found, f.Text)
				}
			}
			if (len(found) == 1) != (c.want != nil) {
				t.Fatalf("findings %q, want one with %q", found, c.want)
			}
			for _, part := range c.want {
				if !strings.Contains(found[0], part) {
					t.Errorf("%q does not say %q", found[0], part)
				}
			}
			text := report.Markdown([]*report.Report{r}, report.MarkdownOptions{MaxBytes: 1 << 20})
			if c.want != nil && !strings.Contains(text, "More than 1 % apart") {
				t.Errorf("the comment has no line about it:\n%s", text)
			}
		})
	}
}

func TestBilledAndListAreNeverOneSum(t *testing.T) {
	e := told(func(_ *trial.Trial, c *usage.Call) {})
	e.Results[0].Calls[0].ReportedUSD = "0.02" // of four trials of the base, one was billed at a known figure
	r, err := compare.AnalyzeJournal(e, analysisOptions())
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Base.Cost; got.List.String() != "0.07" || got.Billed.IsKnown() || got.Amount.String() != "0.0725" {
		t.Errorf("cost %+v; want 0.07 at list price, no billed figure, and 0.0725 that the verdict goes by", got)
	}
	if i := slices.IndexFunc(r.Tasks, func(t report.Task) bool { return t.ID == "a" }); i < 0 || r.Tasks[i].Base.Cost.Billed.IsKnown() {
		t.Error("the task has a billed figure that is half a list price")
	}
}
