package report_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/verdict"
)

var (
	results  = []verdict.Result{verdict.NothingChanged, verdict.Measured, verdict.NotMeasured, verdict.Accepted, verdict.BadInput, "", "unheard-of"}
	verdicts = []verdict.Verdict{verdict.Inconclusive, verdict.Switch, verdict.DontSwitch, -1, 99}
)

// words is what a report of a result and a verdict starts with.
func words(r verdict.Result, v verdict.Verdict) string {
	switch r {
	case verdict.NothingChanged:
		return "No model setting changed"
	case verdict.NotMeasured:
		return "Not measured"
	case verdict.Accepted:
		return "Accepted"
	case verdict.BadInput:
		return "Configuration error"
	}
	switch v {
	case verdict.Switch:
		return "Switch"
	case verdict.DontSwitch:
		return "Don't switch"
	}
	return "Inconclusive"
}

// TestEveryResultAndVerdict holds for every pair, with and without numbers, that all renderings start with the same
// words, are within their limits and have nothing live.
func TestEveryResultAndVerdict(t *testing.T) {
	empty := func(t *testing.T) *report.Report { return &report.Report{Suite: "none"} }
	for name, make := range map[string]func(*testing.T) *report.Report{
		"empty":    empty,
		"switch":   func(t *testing.T) *report.Report { return one(t, "switch") },
		"hostile":  func(t *testing.T) *report.Report { return one(t, "hostile") },
		"forecast": func(t *testing.T) *report.Report { return one(t, "not-measured") },
	} {
		for _, result := range results {
			for _, v := range verdicts {
				r := make(t)
				r.Result, r.Verdict = result, v
				renderings(t, fmt.Sprintf("%s, %q, %d", name, result, v), r, words(result, v))
			}
		}
	}
}

func renderings(t *testing.T, name string, r *report.Report, word string) {
	t.Helper()
	rs := []*report.Report{r}
	check := report.Check(rs)
	for rendering, md := range map[string]string{
		"comment":       report.Markdown(rs, report.MarkdownOptions{ReportURL: reportURL}),
		"short comment": report.Markdown(rs, report.MarkdownOptions{MaxBytes: 2000}),
		"summary":       report.Summary(rs),
		"check":         check.Summary,
	} {
		if !strings.HasPrefix(md, "**"+word) {
			t.Errorf("%s: the %s starts with %.60q, want %q", name, rendering, md, word)
		}
		for _, p := range problems(md) {
			t.Errorf("%s, %s: %s", name, rendering, p)
		}
	}
	if !strings.HasPrefix(check.Title, word) || utf8.RuneCountInString(check.Title) > 80 {
		t.Errorf("%s: title %q, want %q first", name, check.Title, word)
	}
	var term strings.Builder
	if err := report.Terminal(&term, r, report.TerminalOptions{Width: 100}); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(term.String(), word) {
		t.Errorf("%s: the terminal starts with %.60q, want %q", name, term.String(), word)
	}
	if strings.Contains(term.String(), "NaN") || strings.Contains(term.String(), "+Inf") {
		t.Errorf("%s: a number that is none on the terminal", name)
	}
}

// gone sets every number that a verdict rests on.
func gone(r *report.Report, n report.Number) {
	e := report.Effect{Log: n, Factor: n, Dollars: n}
	r.Why = &report.Why{Total: e, Price: e, List: &e, Discount: &e, Usage: e, Volume: e, Mix: e, Completion: e,
		Classes: []report.NamedEffect{{Name: "input", Effect: e}}, Tasks: []report.NamedEffect{{Name: "a", Effect: e}}}
	r.Sensitivity = &report.Sensitivity{CacheHit: &report.BreakEven{At: n, Now: n}, Completion: &report.BreakEven{At: n, Now: n},
		Tokens: &report.BreakEven{At: n, Now: n}, Discount: &report.Difference{Estimate: n, Low: n, High: n, Confidence: float64(n)}}
	r.Benefit = &report.Benefit{BreakEven: n, Relation: "dearer-and-more", Leads: true,
		Points: []report.BenefitPoint{{Value: n, Estimate: n, Low: n, High: n, Confidence: n, Accept: n}, {Value: 1, Estimate: n, Low: n, High: n, Confidence: n, Accept: n, Configured: true}}}
	r.Sequence = &report.Sequence{Looks: []int{2, 3}, Trials: 2, Stopped: "futile", NominalP: n, Confidence: n, Chance: n,
		History: []report.SequenceLook{{Trials: 2, Ratio: n, Low: n, High: n, P: n, NominalP: n}}, Settle: &report.Settle{Trials: 9, More: 3}}
	r.Segments = []report.Segment{{Name: "a", Kind: "label", Estimate: n, Low: n, High: n, Confidence: n, Verdict: "switch"}}
	r.Head.AtLeast = &n
	r.Base.Stored = &report.Stored{Trials: 3, Sentinels: 3, DriftP: n}
	r.Forecast = &report.Forecast{Resolves: &n, Trials: 3}
}

// TestNumbersThatAreNone holds for every number of a report that NaN and infinities read as words, and that the
// smallest and largest ones break no rendering.
func TestNumbersThatAreNone(t *testing.T) {
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, -1, math.MaxFloat64, math.SmallestNonzeroFloat64} {
		for _, v := range verdicts {
			r := one(t, "switch")
			n, q := report.Number(f), report.Quotient(f)
			r.Result, r.Verdict = verdict.Measured, v
			r.Policy.MaxCostRatio, r.Policy.MaxCompletionDrop = f, f
			r.Ratio = &report.Ratio{Estimate: n, Low: n, High: n, Confidence: f, Scope: verdict.PopulationScope}
			r.Population = &report.Population{Estimate: n, Low: n, High: n, Confidence: f, LeaveOneOut: report.LeaveOneOut{Low: n, High: n, Task: "a", Without: n}}
			r.Completion = &report.Difference{Estimate: n, Low: n, High: n, Confidence: f}
			for _, a := range []*report.Arm{&r.Base, &r.Head} {
				a.CompletionRate, a.SecondsPerTrial = n, n
				a.CostPerTask = report.TaskCost{Amount: q, List: q, Billed: q, Status: price.Exact}
				a.TokensPerTrial = report.Tokens{Input: n, CacheRead: n, CacheCreation: n, Output: n, Reasoning: n}
			}
			gone(r, n)
			for i := range r.Tasks {
				r.Tasks[i].Base.Seconds, r.Tasks[i].Head.Seconds = n, n
			}
			md := report.Markdown([]*report.Report{r}, report.MarkdownOptions{})
			for _, bad := range []string{"NaN", "+Inf", "-Inf", "%!"} {
				if strings.Contains(md, bad) {
					t.Errorf("%v, %v: %q in:\n%.3000s", f, v, bad, md)
				}
			}
			renderings(t, fmt.Sprintf("%v, %v", f, v), r, words(verdict.Measured, v))
		}
	}
}
