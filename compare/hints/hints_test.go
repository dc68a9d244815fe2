package hints_test

import (
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/compare/hints"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/verdict"
)

var nan = content.Number(math.NaN())

func usd(s string) price.Amount { return price.Known(price.MustMoney(s)) }

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

func book(t *testing.T) *price.Book {
	t.Helper()
	f, err := os.Open("testdata/book.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := price.Load(f)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func list(model, input, output string) *content.ListPrice {
	return &content.ListPrice{Provider: "maker", Model: model, Tier: "standard", Input: usd(input), CacheRead: usd("0.1"), Output: usd(output), Row: "maker/" + model}
}

// decided is a report with a verdict, of a suite that no finding is about.
func decided(v verdict.Verdict) *content.Report {
	tokens := content.Tokens{Input: 600, CacheRead: 400, CacheCreation: 0, Output: 100}
	r := &content.Report{Result: verdict.Measured, Verdict: v, Reason: verdict.Finding{Code: "cheaper"}, Time: at("2026-11-22T12:00:00Z"),
		Policy:     content.Policy{MaxCostRatio: 1},
		Ratio:      &content.Ratio{Estimate: 0.62, Low: 0.51, High: 0.75, Confidence: 0.95},
		Completion: &content.Difference{Estimate: 0.05, Low: 0.01, High: 0.09, Confidence: 0.95},
		Base:       content.Arm{Model: "steady", Completed: 30, TokensPerTrial: tokens, ListPrice: list("steady", "1", "4"), CostPerTask: content.TaskCost{Amount: 0.5}},
		Head:       content.Arm{Model: "old", Completed: 30, TokensPerTrial: tokens, ListPrice: list("old", "1", "4"), CostPerTask: content.TaskCost{Amount: 0.4}},
		SpentUSD:   usd("5"),
		PriceBook:  content.PriceBook{At: at("2026-11-22T00:00:00Z")}}
	return r
}

// check holds that the findings of a report are the one wanted, or none for a text of "". Parts of the text are split at "|".
func check(t *testing.T, r *content.Report, f hints.Facts, code, text string) {
	t.Helper()
	got := hints.Of(r, f)
	if text == "" {
		if len(got) > 0 {
			t.Errorf("got %+v, want no finding", got)
		}
		return
	}
	if len(got) != 1 || got[0].Code != code || got[0].Withhold {
		t.Fatalf("got %+v, want one finding %s", got, code)
	}
	for _, part := range strings.Split(text, "|") {
		if !strings.Contains(got[0].Text, part) {
			t.Errorf("want %q in %q", part, got[0].Text)
		}
	}
}

func TestNothingToSay(t *testing.T) {
	for _, v := range []verdict.Verdict{verdict.Switch, verdict.DontSwitch, verdict.Inconclusive} {
		check(t, decided(v), hints.Facts{Book: book(t)}, "", "")
	}
	check(t, &content.Report{Result: verdict.Measured}, hints.Facts{}, "", "")
}

// cached is a mean trial of which a cache serves a share of the input.
func cached(share float64) content.Tokens {
	return content.Tokens{Input: content.Number(900 * (1 - share)), CacheRead: content.Number(1000 * share), CacheCreation: content.Number(100 * (1 - share)), Output: 50}
}

func TestCache(t *testing.T) {
	dearer := &hints.Cold{Verdict: verdict.DontSwitch, Ratio: 1.31, Low: 1.12, High: 1.53}
	for _, c := range []struct {
		name       string
		base, head content.Tokens
		cold       *hints.Cold
		want       string
	}{
		{"the verdict turns", cached(0.81), cached(0.92), dearer,
			"A cache served 81 % of the base's input and 92 % of the head's.|would say don't switch: 1.31x (95 % 1.12-1.53) instead of 0.620x."},
		{"half of one arm's input is enough", cached(0.1), cached(0.5), dearer, "10 % of the base's input and 50 % of the head's"},
		{"less than half is not", cached(0.499), cached(0.499), dearer, ""},
		{"it is no longer shown", cached(0.8), cached(0.8), &hints.Cold{Ratio: 0.97, Low: 0.85, High: 1.11}, "would say inconclusive: 0.970x (95 % 0.850-1.11)"},
		{"the same verdict", cached(0.8), cached(0.8), &hints.Cold{Verdict: verdict.Switch, Ratio: 0.99, Low: 0.98, High: 0.999}, ""},
		{"not known without", cached(0.8), cached(0.8), nil, ""},
		{"shares that are not known", content.Tokens{Input: nan, CacheRead: 3}, content.Tokens{Input: 1, CacheRead: nan}, dearer, ""},
		{"no input", content.Tokens{}, content.Tokens{}, dearer, ""},
		{"no ratio without", cached(0.8), cached(0.8), &hints.Cold{Ratio: content.Number(math.Inf(1)), High: content.Number(math.Inf(1))}, ""},
		{"no statement without", cached(0.8), cached(0.8), &hints.Cold{Ratio: nan, Low: nan, High: nan}, ""},
		{"without an upper limit", cached(0.8), cached(0.8), &hints.Cold{Ratio: 1.4, Low: 0.7, High: content.Number(math.Inf(1))}, "inconclusive: 1.40x (95 % at least 0.700)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := decided(verdict.Switch)
			r.Base.TokensPerTrial, r.Head.TokensPerTrial = c.base, c.head
			check(t, r, hints.Facts{Cold: c.cold}, hints.CodeCache, c.want)
		})
	}
}

func TestPremium(t *testing.T) {
	gain := func(low, high float64) *content.Difference {
		return &content.Difference{Estimate: content.Number((low + high) / 2), Low: content.Number(low), High: content.Number(high), Confidence: 0.95}
	}
	for _, c := range []struct {
		name       string
		v          verdict.Verdict
		head       *content.ListPrice
		completion *content.Difference
		want       string
	}{
		{"five times as much for nothing shown", verdict.DontSwitch, list("old", "5", "20"), gain(-0.04, 0.08),
			"`old` costs 5.00x as much as `steady` for input and 5.00x for output|no gain in completion is shown for it: +2 points, 95 % -4 to +8."},
		{"three times exactly", verdict.Inconclusive, list("old", "3", "12"), gain(0, 0.08), "3.00x"},
		{"less than three times for input", verdict.Inconclusive, list("old", "2.999999", "12"), gain(0, 0.08), ""},
		{"less than three times for output", verdict.Inconclusive, list("old", "3", "11.999999"), gain(0, 0.08), ""},
		{"a gain is shown", verdict.DontSwitch, list("old", "5", "20"), gain(0.0001, 0.08), ""},
		{"a loss is shown", verdict.DontSwitch, list("old", "5", "20"), gain(-0.2, -0.1), "-15 points, 95 % -20 to -10"},
		{"cheaper per completed task all the same", verdict.Switch, list("old", "5", "20"), gain(-0.04, 0.08), ""},
		{"completion is not known", verdict.DontSwitch, list("old", "5", "20"), gain(math.NaN(), math.NaN()), ""},
		{"no completion", verdict.DontSwitch, list("old", "5", "20"), nil, ""},
		{"no list price", verdict.DontSwitch, nil, gain(-0.04, 0.08), ""},
		{"a price that is not known", verdict.DontSwitch, &content.ListPrice{Model: "old", Input: usd("9")}, gain(-0.04, 0.08), ""},
		{"another tier of the same model", verdict.DontSwitch, &content.ListPrice{Provider: "maker", Model: "steady", Tier: "fast", Input: usd("4"), Output: usd("16")}, gain(-0.04, 0.08),
			"`steady` at tier `fast` costs 4.00x as much as `steady` at tier `standard`"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := decided(c.v)
			r.Head.ListPrice, r.Completion = c.head, c.completion
			check(t, r, hints.Facts{}, hints.CodePremium, c.want)
		})
	}
	free := decided(verdict.DontSwitch)
	free.Base.ListPrice, free.Completion = list("steady", "0", "0"), gain(-0.1, 0.1)
	check(t, free, hints.Facts{}, "", "")
}

// group is a segment whose interval supports a verdict.
func group(kind, name, verdict string, estimate float64, tasks ...string) content.Segment {
	e := content.Number(estimate)
	return content.Segment{Kind: kind, Name: name, Verdict: verdict, Estimate: e, Low: e * 0.9, High: e * 1.1, Confidence: 0.975, Tasks: tasks}
}

func TestMixed(t *testing.T) {
	many, one := "many model calls", "one model call"
	for _, c := range []struct {
		name     string
		segments []content.Segment
		want     string
	}{
		{"agentic tasks gain and others lose", []content.Segment{group("calls", one, "dont-switch", 2, "c", "d"), group("calls", many, "switch", 0.5, "a", "b")},
			"move those with many model calls (0.500x, 97.5 % 0.450-0.550: `a`, `b`); keep those with one model call (2.00x, 97.5 % 1.80-2.20: `c`, `d`)."},
		{"the other way round", []content.Segment{group("calls", one, "switch", 0.5, "c", "d"), group("calls", many, "dont-switch", 2, "a", "b")},
			"move those with one model call|keep those with many model calls"},
		{"the loss is not shown", []content.Segment{group("calls", one, "", 2, "c", "d"), group("calls", many, "switch", 0.5, "a", "b")}, ""},
		{"the gain is not shown", []content.Segment{group("calls", one, "dont-switch", 2, "c", "d"), group("calls", many, "", 0.5, "a", "b")}, ""},
		{"both gain", []content.Segment{group("calls", one, "switch", 0.7, "c", "d"), group("calls", many, "switch", 0.5, "a", "b")}, ""},
		{"two ways of dividing that each say one thing", []content.Segment{group("calls", one, "dont-switch", 2, "c", "d"), group("cache", "mostly cached input", "switch", 0.5, "a", "b")}, ""},
		{"a task with both labels", []content.Segment{group("label", "x", "dont-switch", 2, "c", "d"), group("label", "y", "switch", 0.5, "a", "c")}, ""},
		{"labels, with more tasks than are named", []content.Segment{group("label", "x`y", "dont-switch", 2, "c", "d"), group("label", "z", "switch", 0.5, "1", "2", "3", "4", "5")},
			"labelled `z` (0.500x, 97.5 % 0.450-0.550: `1`, `2`, `3`, 2 more)|labelled `x'y`"},
		{"two labels to move", []content.Segment{group("label", "x", "switch", 0.6, "c", "d"), group("label", "z", "switch", 0.5, "a", "b"), group("label", "w", "dont-switch", 3, "e", "f")},
			"move those labelled `x`| and labelled `z`|keep those labelled `w`"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := decided(verdict.Inconclusive)
			r.Segments = c.segments
			check(t, r, hints.Facts{}, hints.CodeMixed, c.want)
		})
	}
}

func TestPromotion(t *testing.T) {
	for _, c := range []struct {
		name, model, at, want string
	}{
		{"30 days before its end", "ending", "2026-12-02T00:00:00Z",
			"`ending`, the model of the head, ends on 2027-01-01, 30 days after|1M tokens cost $1.00 / $0.10 / $4.00 (in / cached / out) now and $2.00 / $0.20 / $8.50 then|`--at 2027-01-01`"},
		{"more than 30 days", "ending", "2026-12-01T23:59:59Z", ""},
		{"hours before", "ending", "2026-12-31T20:00:00Z", "less than a day after"},
		{"at the end", "ending", "2027-01-01T00:00:00Z", ""},
		{"nothing known after it", "ending-for-good", "2026-12-20T00:00:00Z", "12 days after the date of these prices; what it costs after that is not known"},
		{"the same price goes on", "same-again", "2026-12-20T00:00:00Z", ""},
		{"promised only until then", "promised", "2026-12-20T00:00:00Z", "`promised`, the model of the head, is promised until 2027-01-01, 12 days after"},
		{"promised for longer", "promised", "2026-11-20T00:00:00Z", ""},
		{"the promise is over", "promised", "2027-01-02T00:00:00Z", ""},
		{"without an end", "steady", "2026-12-20T00:00:00Z", ""},
		{"not in the book", "unheard-of", "2026-12-20T00:00:00Z", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := decided(verdict.DontSwitch)
			r.Head.ListPrice, r.PriceBook.At = list(c.model, "1", "4"), at(c.at)
			check(t, r, hints.Facts{Book: book(t)}, hints.CodePromotion, c.want)
			check(t, r, hints.Facts{}, "", "")
		})
	}
	r := decided(verdict.DontSwitch)
	r.PriceBook.At, r.Base.ListPrice = at("2026-12-20T00:00:00Z"), list("ending", "1", "4")
	check(t, r, hints.Facts{Book: book(t)}, hints.CodePromotion, "the model of the base")
	r.PriceBook.At = time.Time{}
	check(t, r, hints.Facts{Book: book(t)}, "", "")
}

func TestNewModel(t *testing.T) {
	for _, c := range []struct {
		name, declared, provider, model string
		served                          []string
		now, want                       string
	}{
		{"a snapshot of days ago", "steady-20261120", "maker", "steady", nil, "2026-11-22T12:00:00Z", "`steady-20261120` is a new model: its snapshot is of 2026-11-20, 2 days before"},
		{"one that was served", "steady-x", "maker", "steady", []string{"other-20200101", "steady-x-2026-11-10"}, "2026-11-23T23:59:59Z", "`steady-x-2026-11-10`|13 days before"},
		{"two weeks later", "steady-x", "maker", "steady", []string{"steady-x-2026-11-10"}, "2026-11-24T00:00:00Z", ""},
		{"a side model's", "steady-x", "maker", "steady", []string{"steady-xl-2026-11-10", "tiny@20261121"}, "2026-11-22T12:00:00Z", ""},
		{"yet to come", "steady@20261123", "maker", "steady", nil, "2026-11-22T12:00:00Z", ""},
		{"no date", "steady-20261399", "maker", "steady", nil, "2026-11-22T12:00:00Z", ""},
		{"an old snapshot of a new row", "young-20250101", "maker", "young", nil, "2026-11-12T00:00:00Z", ""},
		{"with a provider before it", "maker/steady-20261120-v1:0", "maker", "steady", nil, "2026-11-22T12:00:00Z", "2 days before"},
		{"its first price of days ago", "young", "maker", "young", nil, "2026-11-22T23:59:59Z", "`young` is a new model: the price book has no price of it before 2026-11-09, 13 days before"},
		{"its first price of two weeks ago", "young", "maker", "young", nil, "2026-11-23T00:00:00Z", ""},
		{"a later first price at another seller", "maker.young-v1:0", "seller", "maker.young-v1:0", nil, "2026-11-22T23:00:00Z", "before 2026-11-09"},
		{"an old model at a new seller", "maker.old-v1:0", "seller", "maker.old-v1:0", nil, "2026-11-12T00:00:00Z", ""},
		{"a price since ever", "old", "maker", "old", nil, "2026-11-12T00:00:00Z", ""},
		{"the base's too", "steady-base", "maker", "young", []string{"steady-base-20261120"}, "2026-11-22T12:00:00Z", ""},
		{"nothing declared", "", "maker", "young", nil, "2026-11-12T00:00:00Z", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := decided(verdict.DontSwitch)
			r.Base.Model = "steady-base"
			r.Head.Model, r.Head.ServedModels, r.Time = c.declared, c.served, at(c.now)
			r.Head.ListPrice = &content.ListPrice{Provider: c.provider, Model: c.model, Tier: "standard"}
			check(t, r, hints.Facts{Book: book(t)}, hints.CodeNew, c.want)
		})
	}
	r := decided(verdict.DontSwitch)
	r.Head.Model, r.Head.ListPrice = "young", nil
	check(t, r, hints.Facts{}, "", "")
}

func TestPayback(t *testing.T) {
	for _, c := range []struct {
		name       string
		v          verdict.Verdict
		base, head float64
		spent      price.Amount
		want       string
	}{
		{"more than a week's tasks", verdict.Switch, 0.5, 0.375, usd("62.501"),
			"This check has cost $62.50, and the switch saves $0.125 per completed task: it takes about 501 completed tasks to pay for the check."},
		{"a week's tasks", verdict.Switch, 0.5, 0.375, usd("62.5"), ""},
		{"nothing is to be saved", verdict.DontSwitch, 0.5, 0.375, usd("800"), ""},
		{"cheaper than allowed but no saving", verdict.Switch, 0.5, 0.55, usd("800"), ""},
		{"not known what it has cost", verdict.Switch, 0.5, 0.375, price.Amount{}, ""},
		{"nothing spent", verdict.Switch, 0.5, 0.375, usd("0"), ""},
		{"a saving without limits", verdict.Switch, math.Inf(1), 0.375, usd("800"), ""},
		{"a saving that is not known", verdict.Switch, math.NaN(), 0.375, usd("800"), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := decided(c.v)
			r.Base.CostPerTask.Amount, r.Head.CostPerTask.Amount, r.SpentUSD = content.Quotient(c.base), content.Quotient(c.head), c.spent
			check(t, r, hints.Facts{}, hints.CodePayback, c.want)
		})
	}
	r := decided(verdict.Switch)
	r.SpentUSD, r.SpentAtLeast = usd("100"), true
	check(t, r, hints.Facts{}, hints.CodePayback, "has cost at least $100.00|takes at least 1.00k completed tasks")
}

// Where something says that the trials are no evidence, no advice is made of them; dates are what they are.
func TestWithheld(t *testing.T) {
	full := func() *content.Report {
		r := decided(verdict.Inconclusive)
		r.Head.ListPrice = list("ending", "5", "20")
		r.Completion.Low = -0.1
		r.PriceBook.At = at("2026-12-20T00:00:00Z")
		r.Segments = []content.Segment{group("calls", "one model call", "dont-switch", 2, "c", "d"), group("calls", "many model calls", "switch", 0.5, "a", "b")}
		r.Base.TokensPerTrial = cached(0.9)
		return r
	}
	facts := hints.Facts{Book: book(t), Cold: &hints.Cold{Verdict: verdict.DontSwitch, Ratio: 1.5, Low: 1.2, High: 1.8}}
	codes := func(r *content.Report) (out []string) {
		for _, f := range hints.Of(r, facts) {
			out = append(out, f.Code)
		}
		return out
	}
	if diff := cmp.Diff([]string{hints.CodeCache, hints.CodePremium, hints.CodeMixed, hints.CodePromotion}, codes(full())); diff != "" {
		t.Errorf("in order of weight (-want +got):\n%s", diff)
	}
	for name, withhold := range map[string]func(*content.Report){
		"the reason": func(r *content.Report) { r.Reason.Withhold = true },
		"another finding": func(r *content.Report) {
			r.Findings = []verdict.Finding{{Code: "side-calls"}, {Code: "no-calls", Withhold: true}}
		},
	} {
		r := full()
		withhold(r)
		if diff := cmp.Diff([]string{hints.CodePromotion}, codes(r)); diff != "" {
			t.Errorf("withheld by %s (-want +got):\n%s", name, diff)
		}
	}
	for _, result := range []verdict.Result{verdict.NotMeasured, verdict.NothingChanged, verdict.BadInput, verdict.Accepted} {
		r := full()
		if r.Result = result; len(codes(r)) > 0 {
			t.Errorf("%s: %v", result, codes(r))
		}
	}
}
