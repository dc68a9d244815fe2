package verdict_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/verdict"
)

// clear are facts of suite scope without anything to warn of: 12 tasks, 5 trials each, a head that costs half.
func clear() verdict.Facts {
	return verdict.Facts{
		Tasks: 12, BaseTrials: 60, HeadTrials: 60, BaseCompleted: 48, HeadCompleted: 49, Planned: 120,
		Scope: verdict.SuiteScope,
		Ratio: 0.5, Low: 0.4, High: 0.6, T: -6, P: 1e-7, Alpha: 0.05,
		CompletionDiff: 0.017, CompletionLow: -0.08, CompletionHigh: 0.11,
		TopShare: 0.15, TopTask: "migrate-db", TopArm: "base",
	}
}

// recorded are the facts of one trial each of the 165 GAIA validation tasks, gemini-3.1-pro against gemini-3-flash, as
// recorded by davidbreitgand/pricing-reversal at 8abee25fc97c (MIT).
func recorded() verdict.Facts {
	return verdict.Facts{
		Tasks: 165, BaseTrials: 165, HeadTrials: 165, BaseCompleted: 133, HeadCompleted: 109, Planned: 330,
		Scope: verdict.PopulationScope, SingleTrial: true,
		Ratio: 2.656, Low: 1.698, High: 4.152, T: 4.404, P: 6.73e-5, Alpha: 0.05,
		CompletionDiff: -0.1455, CompletionLow: -0.2139, CompletionHigh: -0.0770,
		TopShare: 0.1057, TopTask: "17", TopArm: "head",
	}
}

func codes(findings []verdict.Finding) []string {
	out := []string{}
	for _, f := range findings {
		out = append(out, f.Code)
	}
	return out
}

// row is one row of a table of decisions; change starts from the table's facts and the default policy.
type row struct {
	name     string
	change   func(*verdict.Policy, *verdict.Facts)
	want     verdict.Verdict
	reason   string
	findings []string
}

func decideAll(t *testing.T, start func() verdict.Facts, rows []row) {
	t.Helper()
	for _, test := range rows {
		t.Run(test.name, func(t *testing.T) {
			p, f := verdict.DefaultPolicy(), start()
			test.change(&p, &f)
			got := verdict.Decide(p, f)
			if got.Verdict != test.want || got.Reason.Code != test.reason {
				t.Errorf("got %v because of %+v, want %v because of %q", got.Verdict, got.Reason, test.want, test.reason)
			}
			if diff := cmp.Diff(append([]string{}, test.findings...), codes(got.Findings)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			checkTexts(t, got)
		})
	}
}

// checkTexts wants every finding to be a sentence or two for people.
func checkTexts(t *testing.T, d verdict.Decision) {
	t.Helper()
	for _, f := range append([]verdict.Finding{d.Reason}, d.Findings...) {
		if f.Code == "elsewhere" {
			continue
		}
		bad := f.Text == "" || !strings.HasSuffix(f.Text, ".") || strings.Contains(f.Text, "\n") || strings.Contains(f.Text, "%!")
		if bad || !unicode.IsUpper(rune(f.Text[0])) && !unicode.IsDigit(rune(f.Text[0])) && !strings.HasPrefix(f.Text, "need >= ") {
			t.Errorf("%s: %q is not a sentence", f.Code, f.Text)
		}
	}
}

const (
	no     = verdict.Inconclusive
	toHead = verdict.Switch
	stay   = verdict.DontSwitch
)

// dearer makes the head cost twice as much.
func dearer(f *verdict.Facts) {
	f.Ratio, f.Low, f.High, f.T = 2, 1.6, 2.5, 6
}

// unclear makes the ratio not differ from the threshold.
func unclear(f *verdict.Facts) {
	f.Ratio, f.Low, f.High, f.T, f.P = 0.97, 0.9, 1.04, -0.8, 0.43
}

func fewer(f *verdict.Facts) {
	f.CompletionDiff, f.CompletionLow, f.CompletionHigh = -0.2, -0.3, -0.1
}

func TestSuiteDecisions(t *testing.T) {
	type p = verdict.Policy
	type f = verdict.Facts
	decideAll(t, clear, []row{
		{"cheaper", func(*p, *f) {}, toHead, "cheaper", nil},
		{"dearer", func(_ *p, f *f) { dearer(f) }, stay, "dearer", nil},
		{"undecided", func(_ *p, f *f) { unclear(f) }, no, "undecided", nil},
		{"dearer and completes fewer", func(_ *p, f *f) { dearer(f); fewer(f) }, stay, "dearer", []string{"completes-fewer"}},
		{"undecided and completes fewer", func(_ *p, f *f) { unclear(f); fewer(f) }, no, "undecided", []string{"completes-fewer"}},
		{"cheaper but completes fewer", func(_ *p, f *f) { fewer(f) }, stay, "completes-fewer", nil},

		{"P at the level", func(_ *p, f *f) { f.P = 0.05 }, toHead, "cheaper", nil},
		{"P just above the level", func(_ *p, f *f) { f.P = math.Nextafter(0.05, 1) }, no, "undecided", nil},
		{"P above an early look's level", func(_ *p, f *f) { f.P, f.Alpha = 0.01, 0.005 }, no, "undecided", nil},
		{"P at an early look's level", func(_ *p, f *f) { f.P, f.Alpha = 0.005, 0.005 }, toHead, "cheaper", nil},
		{"T exactly 0", func(_ *p, f *f) { f.T = 0 }, no, "undecided", nil},
		{"no completed trial at head", func(_ *p, f *f) {
			dearer(f)
			fewer(f)
			f.HeadCompleted, f.Ratio, f.High = 0, math.Inf(1), math.Inf(1)
		}, stay, "dearer", []string{"completes-fewer", "few-passes"}},
		{"infinite T", func(_ *p, f *f) { f.T, f.P = math.Inf(1), 0 }, stay, "dearer", nil},

		{"a small drop that is shown", func(_ *p, f *f) { f.CompletionLow, f.CompletionHigh = -0.05, -0.01 }, stay, "completes-fewer", nil},
		{"a drop's upper limit at 0", func(_ *p, f *f) { f.CompletionLow, f.CompletionHigh = -0.05, 0 }, toHead, "cheaper", nil},
		{"lower limit at the allowed drop", func(_ *p, f *f) { f.CompletionLow = -0.10 }, toHead, "cheaper", []string{"completion-unclear"}},
		{"lower limit just above it", func(_ *p, f *f) { f.CompletionLow = math.Nextafter(-0.10, 0) }, toHead, "cheaper", nil},
		{"strict, lower limit at the allowed drop", func(p *p, f *f) { p.PassGuardStrict, f.CompletionLow = true, -0.10 }, no, "completion-unclear", nil},
		{"strict, drop excluded", func(p *p, _ *f) { p.PassGuardStrict = true }, toHead, "cheaper", nil},
		{"strict and undecided", func(p *p, f *f) { unclear(f); p.PassGuardStrict, f.CompletionLow = true, -0.5 }, no, "undecided", nil},
		{"strict and dearer", func(p *p, f *f) { dearer(f); p.PassGuardStrict, f.CompletionLow = true, -0.5 }, stay, "dearer", nil},
		{"no drop allowed", func(p *p, f *f) { p.MaxCompletionDrop, f.CompletionLow = 0, 0 }, toHead, "cheaper", []string{"completion-unclear"}},
		{"completion's limits NaN", func(_ *p, f *f) { f.CompletionLow, f.CompletionHigh = math.NaN(), math.NaN() }, no, "completion-unknown", nil},
		{"completion's lower limit NaN", func(_ *p, f *f) { f.CompletionLow = math.NaN() }, no, "completion-unknown", nil},
		{"completion's limits crossed", func(_ *p, f *f) { f.CompletionLow, f.CompletionHigh = 0.1, -0.1 }, no, "completion-unknown", nil},
		{"completion without limits", func(_ *p, f *f) { f.CompletionLow, f.CompletionHigh = math.Inf(-1), math.Inf(1) }, toHead, "cheaper", []string{"completion-unclear"}},

		{"no material difference", func(p *p, f *f) { unclear(f); p.EquivalenceMargin = 0.25 }, no, "no-material-difference", nil},
		{"interval at the margins", func(p *p, f *f) { unclear(f); p.EquivalenceMargin = 0.25; f.Low, f.High = 0.8, 1.25 }, no, "no-material-difference", nil},
		{"interval below the margins", func(p *p, f *f) { unclear(f); p.EquivalenceMargin = 0.25; f.Low = 0.79 }, no, "undecided", nil},
		{"interval above the margins", func(p *p, f *f) { unclear(f); p.EquivalenceMargin = 0.25; f.High = 1.26 }, no, "undecided", nil},
		{"margins around another threshold", func(p *p, f *f) {
			unclear(f)
			p.EquivalenceMargin, p.MaxCostRatio, f.Low, f.High = 0.25, 2, 1.6, 2.5
		}, no, "no-material-difference", nil},
		{"no margin and an interval of one point", func(_ *p, f *f) { unclear(f); f.Low, f.High = 1, 1 }, no, "undecided", nil},
		{"margin and no interval", func(p *p, f *f) { unclear(f); p.EquivalenceMargin = 0.25; f.Low, f.High = math.NaN(), math.NaN() }, no, "undecided", nil},
		{"margin and unbounded interval", func(p *p, f *f) { unclear(f); p.EquivalenceMargin = 0.25; f.High = math.Inf(1) }, no, "undecided", nil},
		{"a shown difference inside the margin", func(p *p, f *f) { p.EquivalenceMargin, f.Low, f.High = 0.25, 0.9, 0.99 }, toHead, "cheaper", nil},

		{"warnings do not withhold", func(_ *p, f *f) {
			f.BaseCompleted, f.TopShare, f.LeaveOneOutCrosses, f.CrossTask = 9, 0.34, true, "migrate-db"
		}, toHead, "cheaper", []string{"few-passes", "one-task-dominates", "one-task-decides"}},
		{"ten completed and a fifth of the cost", func(_ *p, f *f) { f.BaseCompleted, f.HeadCompleted, f.TopShare = 10, 10, 0.2 }, toHead, "cheaper", nil},
		{"nine completed at head", func(_ *p, f *f) { f.HeadCompleted = 9 }, toHead, "cheaper", []string{"few-passes"}},
		{"share not known", func(_ *p, f *f) { f.TopShare = math.NaN() }, toHead, "cheaper", nil},
		{"five trials beyond the first", func(_ *p, f *f) { f.BaseTrials = 17 }, toHead, "cheaper", nil},
		{"four trials beyond the first at base", func(_ *p, f *f) { f.BaseTrials = 16 }, no, "too-few-trials", nil},
		{"four trials beyond the first at head", func(_ *p, f *f) { f.HeadTrials = 16 }, no, "too-few-trials", nil},
	})
}

func TestPopulationDecisions(t *testing.T) {
	type p = verdict.Policy
	type f = verdict.Facts
	down := func(f *f) {
		f.Ratio, f.Low, f.High, f.T = 0.372, 0.234, 0.592, -4.2
		f.CompletionDiff, f.CompletionLow, f.CompletionHigh = 0.02, -0.05, 0.09
	}
	const more = "too-few-trials"
	decideAll(t, recorded, []row{
		{"dearer", func(*p, *f) {}, stay, "dearer", []string{"completes-fewer"}},
		{"cheaper", func(_ *p, f *f) { down(f) }, toHead, "cheaper", nil},
		{"cheaper but completes fewer", func(_ *p, f *f) { down(f); f.CompletionLow, f.CompletionHigh = -0.2, -0.01 }, stay, "completes-fewer", nil},
		{"strict", func(p *p, f *f) { down(f); f.CompletionLow, p.PassGuardStrict = -0.3, true }, no, "completion-unclear", []string{more}},
		{"undecided", func(_ *p, f *f) { f.P, f.CompletionHigh = 0.06, 0.1 }, no, "undecided", []string{more}},
		{"ten tasks", func(_ *p, f *f) {
			f.Tasks, f.BaseTrials, f.HeadTrials, f.BaseCompleted, f.HeadCompleted = 10, 10, 10, 10, 10
		}, stay, "dearer", []string{"completes-fewer"}},
		{"nine tasks", func(_ *p, f *f) {
			f.Tasks, f.BaseTrials, f.HeadTrials, f.BaseCompleted, f.HeadCompleted = 9, 9, 9, 9, 9
		}, no, "too-few-tasks", []string{"few-passes", more}},
		{"nine tasks, many trials", func(_ *p, f *f) { f.Tasks, f.SingleTrial = 9, false }, no, "too-few-tasks", nil},
		{"few completed", func(_ *p, f *f) { f.HeadCompleted = 9 }, no, "few-passes", []string{more}},
		{"a task with a fifth of the cost", func(_ *p, f *f) { f.TopShare = 0.20 }, stay, "dearer", []string{"completes-fewer"}},
		{"a task with more", func(_ *p, f *f) { f.TopShare = 0.2001 }, no, "one-task-dominates", []string{more}},
		{"a task that decides", func(_ *p, f *f) { f.LeaveOneOutCrosses = true }, no, "one-task-decides", []string{more}},
		{"every warning", func(_ *p, f *f) { f.HeadCompleted, f.TopShare, f.LeaveOneOutCrosses = 0, 0.5, true }, no, "few-passes", []string{"one-task-dominates", "one-task-decides", more}},
		{"share not known", func(_ *p, f *f) { f.TopShare = 0 }, no, "one-task-dominates", []string{more}},
		{"share NaN", func(_ *p, f *f) { f.TopShare = math.NaN() }, no, "one-task-dominates", []string{more}},
		{"asked for by the policy", func(p *p, f *f) {
			p.Scope, f.Scope, f.SingleTrial, f.TopShare = verdict.PopulationScope, verdict.SuiteScope, false, 0.3
		}, no, "one-task-dominates", nil},
		{"told by the scope alone", func(_ *p, f *f) { f.SingleTrial, f.TopShare = false, 0.3 }, no, "one-task-dominates", nil},
		{"told by the single trial alone", func(_ *p, f *f) { f.Scope, f.TopShare = "", 0.3 }, no, "one-task-dominates", []string{more}},
	})
}

func TestWithheldDecisions(t *testing.T) {
	type p = verdict.Policy
	type f = verdict.Facts
	elsewhere := []verdict.Finding{{Code: "elsewhere", Text: "base URL changed"}}
	decideAll(t, clear, []row{
		{"unknown cost", func(_ *p, f *f) { f.UnknownCost = []string{"no price for model x (openai)"} }, no, "unknown-cost", nil},
		{"withheld elsewhere", func(_ *p, f *f) { f.Withhold = elsewhere }, no, "elsewhere", nil},
		{"voids at the limit", func(_ *p, f *f) { f.Voids = 12 }, toHead, "cheaper", nil},
		{"voids above the limit", func(_ *p, f *f) { f.Voids = 13 }, no, "too-many-voids", nil},
		{"voids and no plan", func(_ *p, f *f) { f.Planned, f.Voids = 0, 13 }, toHead, "cheaper", nil}, // 13 of 133
		{"more voids and no plan", func(_ *p, f *f) { f.Planned, f.Voids = 0, 14 }, no, "too-many-voids", nil},
		{"in this order", func(p *p, f *f) {
			f.UnknownCost, f.Withhold, f.Voids = []string{"x", "y"}, elsewhere, 50
			f.Ratio, f.T, f.P = math.NaN(), math.NaN(), math.NaN()
			p.MaxCostRatio = 0
		}, no, "bad-policy", []string{"unknown-cost", "elsewhere", "too-many-voids", "no-statement"}},
		{"nothing", func(_ *p, f *f) { *f = verdict.Facts{} }, no, "nothing-measured", nil},
		{"no trials at head", func(_ *p, f *f) { f.HeadTrials = 0 }, no, "nothing-measured", nil},
		{"only voids", func(_ *p, f *f) { *f = verdict.Facts{Voids: 3, Planned: 3} }, no, "too-many-voids", []string{"nothing-measured"}},
		{"nothing completed", func(_ *p, f *f) { f.BaseCompleted, f.HeadCompleted, f.Ratio = 0, 0, math.NaN() }, no, "nothing-completed", []string{"few-passes"}},
		{"ratio NaN", func(_ *p, f *f) { f.Ratio = math.NaN() }, no, "no-statement", nil},
		{"T NaN", func(_ *p, f *f) { f.T = math.NaN() }, no, "no-statement", nil},
		{"P NaN", func(_ *p, f *f) { f.P = math.NaN() }, no, "no-statement", nil},
		{"no level", func(_ *p, f *f) { f.Alpha = 0 }, no, "no-statement", nil},
		{"level NaN", func(_ *p, f *f) { f.Alpha = math.NaN() }, no, "no-statement", nil},
		{"level 1", func(_ *p, f *f) { f.Alpha = 1 }, no, "no-statement", nil},
		{"the zero policy", func(p *p, _ *f) { *p = verdict.Policy{} }, no, "bad-policy", nil},
		{"policy NaN", func(p *p, _ *f) { p.MaxCompletionDrop = math.NaN() }, no, "bad-policy", nil},
	})
}

func TestLowerBounds(t *testing.T) {
	type p = verdict.Policy
	type f = verdict.Facts
	const note = "cost-lower-bound"
	decideAll(t, clear, []row{
		{"base, cheaper", func(_ *p, f *f) { f.BaseLowerBound = true }, toHead, "cheaper", []string{note}},
		{"head, cheaper", func(_ *p, f *f) { f.HeadLowerBound = true }, no, "cost-may-be-higher", []string{note}},
		{"base, dearer", func(_ *p, f *f) { dearer(f); f.BaseLowerBound = true }, no, "cost-may-be-higher", []string{note}},
		{"head, dearer", func(_ *p, f *f) { dearer(f); f.HeadLowerBound = true }, stay, "dearer", []string{note}},
		{"both, cheaper", func(_ *p, f *f) { f.BaseLowerBound, f.HeadLowerBound = true, true }, no, "cost-may-be-higher", []string{note, note}},
		{"both, dearer", func(_ *p, f *f) { dearer(f); f.BaseLowerBound, f.HeadLowerBound = true, true }, no, "cost-may-be-higher", []string{note, note}},
		{"head, cheaper but completes fewer", func(_ *p, f *f) { fewer(f); f.HeadLowerBound = true }, no, "cost-may-be-higher", []string{note}},
		{"base, cheaper but completes fewer", func(_ *p, f *f) { fewer(f); f.BaseLowerBound = true }, no, "cost-may-be-higher", []string{"completes-fewer", note}},
		{"head, undecided", func(_ *p, f *f) { unclear(f); f.HeadLowerBound = true }, no, "undecided", []string{note}},
		{"base, inside the margin", func(p *p, f *f) { unclear(f); p.EquivalenceMargin, f.BaseLowerBound = 0.25, true }, no, "undecided", []string{note}},
		{"head, inside the margin", func(p *p, f *f) { unclear(f); p.EquivalenceMargin, f.HeadLowerBound = 0.25, true }, no, "undecided", []string{note}},
	})
}

func TestTexts(t *testing.T) {
	type p = verdict.Policy
	type f = verdict.Facts
	tests := []struct {
		name   string
		start  func() verdict.Facts
		change func(*p, *f)
		want   string
	}{
		{"suite", clear, func(*p, *f) {}, "On this suite a completed task costs less at the head than at the base."},
		{"population", recorded, func(*p, *f) {}, "If these 165 tasks were a random sample of your work, a completed task costs more at the head than at the base."},
		{"another threshold", clear, func(p *p, _ *f) { p.MaxCostRatio = 1.1 }, "On this suite a completed task at the head costs less than 1.1x what it costs at the base."},
		{"fewer", clear, func(_ *p, f *f) { fewer(f) }, "On this suite a completed task costs less at the head than at the base, but the head completes fewer trials."},
		{"equivalent", clear, func(p *p, f *f) { unclear(f); p.EquivalenceMargin = 0.125 }, "On this suite the ratio is within 12.5 % of 1x either way: no material difference."},
		{"trials", clear, func(_ *p, f *f) { f.Tasks, f.BaseTrials, f.HeadTrials = 3, 6, 6 }, "need >= 3 trials for a 95 % interval: of each task under each arm."},
		{"trials of one task", clear, func(_ *p, f *f) { f.Tasks, f.BaseTrials, f.HeadTrials = 1, 5, 5 }, "need >= 6 trials for a 95 % interval: of each task under each arm."},
		{"trials of many tasks", clear, func(_ *p, f *f) { f.Tasks, f.BaseTrials = 50, 54 }, "need >= 2 trials for a 95 % interval: of each task under each arm."},
		{"dominated", recorded, func(_ *p, f *f) { f.TopShare = 0.583 }, `Task "17" holds 58.3 % of the cost of the head; above 20 %, nothing is claimed beyond this suite.`},
		{"decided by one", recorded, func(_ *p, f *f) { f.LeaveOneOutCrosses, f.CrossTask = true, "9" }, `Without task "9" the ratio would not be on the same side of 1x: one task decides this.`},
		{"few completed", recorded, func(_ *p, f *f) { f.BaseCompleted, f.HeadCompleted = 7, 0 }, "7 of 165 trials of the base completed and no trial of 165 of the head completed; with fewer than 10 in an arm, nothing is claimed beyond this suite."},
		{"none completed at head", recorded, func(_ *p, f *f) { f.HeadCompleted = 0 }, "No trial of 165 of the head completed; with fewer than 10 in an arm, nothing is claimed beyond this suite."},
		{"unknown cost", clear, func(_ *p, f *f) { f.UnknownCost = []string{"no price for model x (openai)", "no usage"} }, "A cost is not known: no price for model x (openai); no usage."},
		{"voids", clear, func(_ *p, f *f) { f.Voids = 30 }, "30 of 120 trials are void; with more than 10 % the others may be a selection."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, f := verdict.DefaultPolicy(), test.start()
			test.change(&p, &f)
			if got := verdict.Decide(p, f).Reason.Text; got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

func TestWithholdMarksTheReason(t *testing.T) {
	f := clear()
	f.Withhold = []verdict.Finding{{Code: "elsewhere"}}
	if got := verdict.Decide(verdict.DefaultPolicy(), f); !got.Reason.Withhold {
		t.Errorf("reason %+v, want it marked", got.Reason)
	}
	if f.Withhold[0].Withhold {
		t.Error("Decide changed the facts")
	}
	if got := verdict.Decide(verdict.DefaultPolicy(), clear()); got.Reason.Withhold {
		t.Errorf("the reason %+v of a verdict is marked as withholding", got.Reason)
	}
}

// Facts drawn from the odd values never make a decision without evidence for it.
func TestDecideIsSafe(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	odd := []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, -1, 1, 0.05, 0.5, 2, 1e300}
	counts := []int{-1, 0, 1, 9, 10, 60, math.MaxInt}
	seen := map[verdict.Verdict]int{}
	for range 50_000 {
		f := clear()
		for _, x := range []*float64{
			&f.Ratio, &f.Low, &f.High, &f.T, &f.P, &f.Alpha,
			&f.CompletionDiff, &f.CompletionLow, &f.CompletionHigh, &f.TopShare,
		} {
			if r.IntN(4) == 0 {
				*x = odd[r.IntN(len(odd))]
			}
		}
		for _, x := range []*int{&f.Tasks, &f.BaseTrials, &f.HeadTrials, &f.BaseCompleted, &f.HeadCompleted, &f.Voids, &f.Planned} {
			if r.IntN(6) == 0 {
				*x = counts[r.IntN(len(counts))]
			}
		}
		f.SingleTrial, f.BaseLowerBound, f.HeadLowerBound = r.IntN(2) == 0, r.IntN(4) == 0, r.IntN(4) == 0
		p := verdict.DefaultPolicy()
		p.EquivalenceMargin = odd[r.IntN(len(odd))]
		got := verdict.Decide(p, f)
		seen[got.Verdict]++
		if got.Reason.Code == "" {
			t.Fatalf("no reason for %+v", f)
		}
		if got.Verdict == verdict.Inconclusive {
			continue
		}
		evidence := f.BaseTrials > 0 && f.HeadTrials > 0 && f.Tasks > 0 && f.P <= f.Alpha && f.Alpha < 1 && !math.IsNaN(f.Ratio)
		cheaper := f.T < 0 && f.CompletionHigh >= 0 && !f.HeadLowerBound
		other := f.T > 0 && !f.BaseLowerBound || f.CompletionHigh < 0
		if !evidence || got.Verdict == verdict.Switch && !cheaper || got.Verdict == verdict.DontSwitch && !other {
			t.Fatalf("%v for %+v", got.Verdict, f)
		}
	}
	if seen[verdict.Switch] == 0 || seen[verdict.DontSwitch] == 0 {
		t.Errorf("drew %v, want every verdict at least once", seen)
	}
}

func TestVoidsNameTheirCauses(t *testing.T) {
	f := verdict.Facts{Voids: 6, Planned: 20, VoidCauses: map[string]int{"setup-broke": 1, "provider-broke": 4, "grader-broke": 1}}
	got := verdict.Decide(verdict.DefaultPolicy(), f).Reason.Text
	want := "6 of 20 trials are void (4 provider-broke, 1 grader-broke, 1 setup-broke); with more than 10 % the others may be a selection."
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A decision is settled when it was shown, or when what withholds it is nothing that more trials mend.
func TestSettled(t *testing.T) {
	shown := func(ratio, at, p float64) verdict.Facts {
		f := clear()
		f.Ratio, f.T, f.P = ratio, at, p
		return f
	}
	unknown, withheld, few := shown(0.5, -5, 0.001), shown(0.5, -5, 0.001), shown(0.5, -5, 0.001)
	unknown.UnknownCost = []string{"a price"}
	withheld.Withhold = []verdict.Finding{{Code: "not-run"}}
	few.BaseTrials, few.HeadTrials = few.Tasks+1, few.Tasks+1
	bound := shown(0.5, -5, 0.001)
	bound.HeadLowerBound = true
	for _, c := range []struct {
		name string
		f    verdict.Facts
		want bool
	}{
		{"cheaper", shown(0.5, -5, 0.001), true},
		{"dearer", shown(2, 5, 0.001), true},
		{"undecided", shown(0.9, -1, 0.3), false},
		{"an unknown cost", unknown, true},
		{"a finding from elsewhere", withheld, true},
		{"too few trials", few, false},
		{"cheaper, and it may be dearer than seen", bound, true},
	} {
		if got := verdict.Decide(verdict.DefaultPolicy(), c.f); got.Settled != c.want {
			t.Errorf("%s: settled %t, want %t (%s)", c.name, got.Settled, c.want, got.Reason.Code)
		}
	}
}
