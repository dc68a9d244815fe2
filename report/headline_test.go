package report_test

import (
	"math"
	"strings"
	"testing"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/usage"
	"github.com/pertask/pertask/verdict"
)

// TestSentences holds what the comment says, and what it does not say, after one change to a fixture.
func TestSentences(t *testing.T) {
	inf, nan := report.Number(math.Inf(1)), report.Number(math.NaN())
	for _, c := range []struct {
		name, fixture string
		change        func(*report.Report)
		want, not     string
	}{
		{"no passes in the base", "switch", func(r *report.Report) {
			r.Base.Completed = 0
			r.Ratio = &report.Ratio{Estimate: 0, Low: 0, High: 0.61, Confidence: 0.95, Scope: verdict.SuiteScope}
		}, "**Switch.** No passes in 60 trials with `gpt-5.5`; with `gpt-5.4` a completed task costs at most **0.610x** as much (95 %).", "costs **"},
		{"no passes in the base and no limit", "switch", func(r *report.Report) {
			r.Base.Completed = 0
			r.Ratio = &report.Ratio{Estimate: 0, Low: 0, High: inf, Confidence: 0.95, Scope: verdict.SuiteScope}
		}, "how much less a completed task costs with `gpt-5.4` is not known.", "at most **"},
		{"no passes in the head and no limit", "zero-passes", func(r *report.Report) { r.Ratio.Low = 0 },
			"how much more a completed task costs than with `gpt-5.5` is not known.", "at least"},
		{"no passes at all", "zero-passes", func(r *report.Report) {
			r.Base.Completed, r.Verdict = 0, verdict.Inconclusive
			r.Ratio = &report.Ratio{Estimate: nan, Low: nan, High: nan, Confidence: 0.95}
		}, "No passes in 15 trials with `gpt-5.5` and none in 15 trials with `gpt-5.4-nano`: there is nothing to say about the cost of a completed task.", "least"},
		{"no statement", "switch", func(r *report.Report) { r.Ratio.Estimate, r.Verdict = nan, verdict.Inconclusive },
			"**Inconclusive.** The cost of a completed task cannot be compared.", "NaN"},
		{"a configuration is added", "not-measured", func(r *report.Report) { r.Reason.Code = "config-added" },
			"**Configuration added.** It counts from the next pull request on. Nothing was run and nothing was spent.", "Not measured"},
		{"not settled", "inconclusive", func(*report.Report) {}, "That does not settle whether it costs more than 1.00x", ""},
		{"settled by the interval", "inconclusive", func(r *report.Report) { r.Ratio.Low = 1.1 }, "(99.6 % 1.10-2.67).", "does not settle"},
		{"two trials in a task", "dont-switch", func(r *report.Report) { r.Tasks[7].Head.Trials = 2 }, "2.66x", "wide by necessity"},
		{"cheaper, but completes fewer", "completes-fewer", func(*report.Report) {}, "It completes fewer: 54.2 % instead of 97.9 % of trials (-43.8 points, 95 % -58 to -17).", ""},
		{"dearer and completes fewer", "dont-switch", func(*report.Report) {}, "2.66x", "It completes fewer"},
		{"same model, several settings", "completes-fewer", func(*report.Report) {}, "with the head's settings as with the base's settings", ""},
		{"a setting that was not set", "inconclusive", func(r *report.Report) { r.Changes[0].HasBase = false }, "with `effort: high` as with `no effort`", ""},
		{"holds beyond", "switch", func(*report.Report) {}, ": holds beyond this suite too.", "with a warning"},
		{"not shown beyond", "switch", func(r *report.Report) { r.Population.High = 1.06 }, "-1.06): not shown beyond this suite.", "with a warning"},
		{"few passes", "switch", func(r *report.Report) { r.Head.Completed = 9 }, "with a warning: an arm has fewer than 10 passes.", "holds beyond"},
		{"one task decides", "switch", func(r *report.Report) { r.Population.LeaveOneOut.OneTaskDecides = true },
			"with a warning: one task decides this. Without task `migrate-db` it would be 0.563x; all leave-one-out values 0.453-0.563. Without another one it would be on the other side of 1.00x: one task decides this.", "holds beyond"},
		{"this task decides", "switch", func(r *report.Report) {
			l := &r.Population.LeaveOneOut
			l.OneTaskDecides, l.Without, l.High = true, 1.2, 1.2
		},
			"Without task `migrate-db` it would be 1.20x; all leave-one-out values 0.453-1.20. One task decides this.", "another one"},
		{"nothing beyond without limits", "switch", func(r *report.Report) { r.Population.Low, r.Population.High = 0, inf }, "**Beyond the suite:** Without task", "random sample"},
		{"one trial per task is not always wide", "dont-switch", func(r *report.Report) { r.Ratio.Low, r.Ratio.High = 2.55, 2.77 }, "(95 % 2.55-2.77).", "wide by necessity"},
		{"why is not known", "dont-switch", func(r *report.Report) { r.Why, r.Head.TokensPerTrial.CacheRead = nil, nan },
			"**Why it moved:** not known, since the tokens of some trials are not.", "Multiplied out"},
		{"no price flips what completes fewer", "completes-fewer", func(r *report.Report) {
			r.Sensitivity = &report.Sensitivity{Tokens: &report.BreakEven{At: 2, Now: 1}}
		}, "**What would flip it:** no price would, since the verdict rests on the completion rate.", "as many tokens"},
		{"one heavy task", "switch", func(r *report.Report) {
			r.Tasks[3].Head.Cost = price.Cost{Amount: price.Known(price.MustMoney("9")), Status: price.Exact}
		}, "with a warning: one task holds more than 20 % of an arm's cost.", "holds beyond"},
		{"leave-one-out without a limit", "switch", func(r *report.Report) { r.Population.LeaveOneOut.High = inf }, "all leave-one-out values without a limit.", ""},
		{"nothing beyond an inconclusive verdict", "inconclusive", func(*report.Report) {}, "(95 % 0.0800-19.3). Without", "beyond this suite"},
		{"population in the headline only once", "dont-switch", func(*report.Report) {}, "**Beyond the suite:** Without task", "random sample of your work: **2.66x**"},
		{"split", "dont-switch", func(*report.Report) {}, "**0.113** price per token x **19.3** tokens per trial x **1.22** for completion = 2.66x", ""},
		{"no split of unknown tokens", "dont-switch", func(r *report.Report) { r.Head.TokensPerTrial.CacheRead = nan }, "unknown<br>538k\u00a0/\u00a0unknown\u00a0/\u00a035.5k", "Multiplied out"},
		{"no split that does not add up", "dont-switch", func(r *report.Report) { r.Ratio.Estimate = 2.7 }, "2.70x", "Multiplied out"},
		{"forecast without a price", "not-measured", func(r *report.Report) { r.Forecast.USD = price.Amount{} }, "What measuring would cost is not known. 10 tasks", "about **"},
		{"a rate that is missing", "not-measured", func(r *report.Report) { r.Head.ListPrice.CacheRead = price.Amount{} },
			"`gpt-5.5` has no known list price for cached input. A newer version may know it;", "`gpt-5.4` has no"},
		{"unknown cost of the check", "unknown-price", func(*report.Report) {}, "what this check cost is not known", "this check cost $"},
		{"causes", "switch", func(r *report.Report) { r.Tasks[0].Base.Causes = map[string]int{"timeout": 2, "grader-refused": 1} }, "| base: 2 timeout |", "grader-refused"},
		{"unknown tokens of a task", "switch", func(r *report.Report) { r.Tasks[0].Base.Tokens = usage.Tokens{} }, "| unknown -> 131k |", ""},
		{"threshold", "switch", func(r *report.Report) { r.Policy.MaxCostRatio = 1.2; r.Ratio.High = 1.1996 }, "0.372-1.1996", "1.20)"},
		{"as the provider reported it", "switch", func(r *report.Report) { r.Head.Cost.Status = price.ProviderReported }, "; as the provider reported it.", ""},
		{"repeated intervals", "decided-early", func(*report.Report) {}, "(95 % 0.331-0.742). Stopped early; the size is likely a little smaller than shown.", "(99.3 %"},
		{"the guard's repeated interval", "decided-early", func(r *report.Report) { r.Verdict = verdict.DontSwitch; r.Ratio.Low = 0.3 },
			"(-6.7 points, 95 % -19 to +6). Stopped early; the size", ", 99.3 %"},
		{"bars in place of the product", "decided-early", func(*report.Report) {}, "**Why it moved:**", "Multiplied out"},
		{"the product where parts are not known", "decided-early", func(r *report.Report) { r.Why = nil }, "Multiplied out: ", "Why it moved"},
		{"the product where parts are another ratio's", "decided-early", func(r *report.Report) { r.Why.Total.Log = 1 }, "Multiplied out: ", "Why it moved"},
		{"an inconclusive verdict turns", "stopped-cap", func(*report.Report) {}, "**Where it would turn:** all else as measured, the ratio would be 1.00x, the most", "What would flip it"},
		{"another threshold", "decided-early", func(r *report.Report) { r.Policy.MaxCostRatio = 1.1 }, "the ratio would be 1.10x, the most that is allowed", "would be 1.00x"},
		{"nothing to flip", "decided-early", func(r *report.Report) { r.Sensitivity = nil }, "**Beyond", "would flip"},
		{"one model: the head", "stopped-cap", func(*report.Report) {}, "- A discount of 29.7 % on the head (95 % none to 58.5 %)", "on `effort"},
		{"no passes, nothing known of the least", "zero-passes-benefit", func(r *report.Report) { r.Head.AtLeast = nil },
			"**Don't switch.** No passes in 15 trials with `gpt-5.4-nano`; a completed task costs at least **2.27x**", "Head: 0 of 15"},
		{"no passes, no limit", "zero-passes-benefit", func(r *report.Report) { r.Ratio.Low = 0 },
			"**Don't switch.** Head: 0 of 15 passed; at least **$0.0440** per completed task.\n", "2.27x"},
		{"few passes", "decided-early", func(r *report.Report) { r.Benefit.Leads = true },
			"Few passes: 49/60 at the base, 45/60 at the head. A completed task must be worth less than **$3.", "Head: 0"},
		{"an earlier verdict", "store-dropped", func(*report.Report) {}, "\n\nThis verdict was reached on 2026-11-21 for the same evidence; it is final and nothing was measured again.\n\n", ""},
		{"a forecast by what is usual", "forecast-resolves", func(r *report.Report) { r.Forecast.Measured, r.Forecast.Stored = false, 0 },
			"This suite can show differences above 1.6x within the cap, if its trials vary as is usual.", "are stored"},
		{"a forecast that shows nothing", "forecast-resolves", func(r *report.Report) { r.Forecast.Resolves = &inf }, "need not be carried out again.\n", "can show"},
		{"a lower bound", "switch", func(r *report.Report) {
			r.Head.Cost.Status, r.Head.CostPerTask.Status = price.LowerBound, price.LowerBound
		}, "**at\u00a0least\u00a0$0.246**", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := one(t, c.fixture)
			c.change(r)
			md := report.Markdown([]*report.Report{r}, report.MarkdownOptions{})
			if !strings.Contains(md, c.want) {
				t.Errorf("no %q in:\n%s", c.want, md)
			}
			if c.not != "" && strings.Contains(md, c.not) {
				t.Errorf("%q in:\n%s", c.not, md)
			}
			for _, p := range problems(md) {
				t.Error(p)
			}
		})
	}
}

func TestNothingChangedTwice(t *testing.T) {
	r := one(t, "nothing-changed")
	want := "**No model setting changed.** Nothing was run and nothing was spent.\n"
	for _, rs := range [][]*report.Report{{r}, {r, r}} {
		if got := report.Markdown(rs, report.MarkdownOptions{ReportURL: reportURL}); got != want {
			t.Errorf("%d suites: got %q, want %q", len(rs), got, want)
		}
	}
}
