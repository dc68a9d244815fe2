package row_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/report/row"
	"github.com/pertask/pertask/usage"
	"github.com/pertask/pertask/verdict"
)

var nan, inf = content.Number(math.NaN()), content.Number(math.Inf(1))

func dollars(s string) price.Amount { return price.Known(price.MustMoney(s)) }

// measured is a report in which every figure is known. Each call returns another one.
func measured() *content.Report {
	list := func(in, cached, out string) *content.ListPrice {
		return &content.ListPrice{Input: dollars(in), CacheRead: dollars(cached), Output: dollars(out)}
	}
	side := func(amount string, perTask, rate float64, completed int) content.Arm {
		a := dollars(amount)
		return content.Arm{Trials: 4, Completed: completed, CompletionRate: content.Number(rate), SecondsPerTrial: 60,
			Cost:        price.Cost{Amount: a, Status: price.Exact, List: a, Billed: price.Amount{}},
			CostPerTask: content.TaskCost{Amount: content.Quotient(perTask), Status: price.Exact, List: content.Quotient(perTask)}}
	}
	r := &content.Report{Result: verdict.Measured, Policy: content.Policy{MaxCostRatio: 1},
		Base: side("4", 1, 1, 4), Head: side("6", 2, 0.75, 3), Ratio: &content.Ratio{Estimate: 2, Low: 1.5, High: 2.5},
		Completion: &content.Difference{Estimate: -0.25}}
	r.Base.ListPrice, r.Head.ListPrice = list("2", "0.2", "8"), list("4", "0.4", "16")
	r.Base.TokensPerTrial = content.Tokens{Input: 1000, CacheRead: 8000, Output: 1000}
	r.Head.TokensPerTrial = content.Tokens{Input: 2000, CacheRead: 16_000, Output: 2000}
	r.Head.SecondsPerTrial = 90
	return r
}

// lines writes the rows of the comparison one a line, without the labels' parts and what misleads.
func lines(r *content.Report) string {
	var b strings.Builder
	for _, l := range row.Comparison(r) {
		fmt.Fprintf(&b, "%s: %s -> %s = %s\n", l.Label, l.Base, l.Head, l.Change)
	}
	return b.String()
}

func TestComparison(t *testing.T) {
	const want = `list price per 1M tokens: $2.00 / $0.20 / $8.00 -> $4.00 / $0.40 / $16.00 = 2.0x higher
tokens per trial: 10.0k (1.00k / 8.00k / 1.00k) -> 20.0k (2.00k / 16.0k / 2.00k) = 2.0x higher
cost per completed task: $1.00 -> $2.00 = 2.00x
completion rate: 100 % (4/4) -> 75 % (3/4) = -25 points
time per trial: 1 min 0 s -> 1 min 30 s = +50 %
`
	if diff := cmp.Diff(want, lines(measured())); diff != "" {
		t.Error(diff)
	}
	var main []string
	for _, l := range row.Comparison(measured()) {
		if l.Main {
			main = append(main, l.Label)
		}
	}
	if diff := cmp.Diff([]string{"cost per completed task"}, main); diff != "" {
		t.Error(diff)
	}
}

func TestComparisonOfWhatIsNotKnown(t *testing.T) {
	for _, c := range []struct {
		name      string
		change    func(*content.Report)
		want, not string
	}{
		{"no trials: prices only", func(r *content.Report) { r.Base.Trials, r.Head.Trials = 0, 0 }, "list price", "completed task"},
		{"no price on one side", func(r *content.Report) { r.Base.ListPrice = nil }, "list price per 1M tokens: unknown -> $4.00 / $0.40 / $16.00 = \n", "$0.00"},
		{"no price at all", func(r *content.Report) { r.Base.ListPrice, r.Head.ListPrice = nil, nil }, "tokens per trial", "list price"},
		{"one rate unknown", func(r *content.Report) { r.Head.ListPrice.CacheRead = price.Amount{} }, "$4.00 / unknown / $16.00 = 2.0x higher / unknown / 2.0x higher", "$0.00"},
		{"rates that change by different factors", func(r *content.Report) { r.Head.ListPrice.Output = dollars("8") }, "= 2.0x higher / 2.0x higher / same", ""},
		{"an unknown class", func(r *content.Report) { r.Head.TokensPerTrial.CacheRead = nan }, "-> unknown (2.00k / unknown / 2.00k) = \n", ""},
		{"no class known", func(r *content.Report) {
			r.Head.TokensPerTrial = content.Tokens{Input: nan, CacheRead: nan, CacheCreation: nan, Output: nan, Reasoning: nan}
		}, "-> unknown = \n", "(unknown"},
		{"written to the cache", func(r *content.Report) { r.Head.TokensPerTrial.CacheCreation = 5000 }, "10.0k (1.00k / 8.00k / 0 / 1.00k) -> 25.0k (2.00k / 16.0k / 5.00k / 2.00k)", ""},
		{"nothing completed by the head", func(r *content.Report) { r.Head.Completed = 0 }, "cost per completed task: $1.00 -> none completed = \n", ""},
		{"a lower bound", func(r *content.Report) { r.Head.CostPerTask.Status = price.LowerBound }, "$1.00 -> at least $2.00", ""},
		{"an unknown cost", func(r *content.Report) {
			r.Head.CostPerTask = content.TaskCost{Amount: content.Quotient(math.NaN()), Status: price.Unknown}
		}, "cost per completed task: $1.00 -> unknown", "-> $0.00"},
		{"a side that was not tried", func(r *content.Report) { r.Head.Trials = 0 }, "100 % (4/4) -> not tried", "0 % (0/0)"},
		{"no times", func(r *content.Report) { r.Base.SecondsPerTrial, r.Head.SecondsPerTrial = nan, nan }, "completion rate", "time per trial"},
		{"times of one side", func(r *content.Report) { r.Base.SecondsPerTrial = nan }, "time per trial: unknown -> 1 min 30 s = \n", ""},
		{"a contract", func(r *content.Report) { r.Head.Cost.Amount = dollars("3"); r.Head.CostPerTask.Amount = 1 },
			"the same at list price: $1.00 -> $2.00 = 2.00x", ""},
		{"a contract over an unlisted model", func(r *content.Report) {
			r.Head.Cost.List, r.Head.CostPerTask.List = price.Amount{}, content.Quotient(math.NaN())
		}, "the same at list price: $1.00 -> unknown = \n", "-> $0.00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := measured()
			c.change(r)
			got := lines(r)
			if !strings.Contains(got, c.want) || c.not != "" && strings.Contains(got, c.not) {
				t.Errorf("want %q and not %q in\n%s", c.want, c.not, got)
			}
		})
	}
}

func TestSplit(t *testing.T) {
	s, ok := row.SplitOf(measured())
	// $2 x 0.75 / 20,000 tokens against $1 x 1 / 10,000, twice the tokens, and 4/3 of the trials for each completion
	if want := (row.Split{Price: 0.75, Tokens: 2, Completion: 4.0 / 3}); !ok || math.Abs(s.Price-want.Price) > 1e-9 || s.Tokens != want.Tokens || s.Completion != want.Completion {
		t.Errorf("got %v (%v), want %v", s, ok, want)
	}
	text := s.Sentence(2, 1, func(s string) string { return "<" + s + ">" })
	if want := "Multiplied out: <0.750> price per token x <2.00> tokens per trial x <1.33> for completion = 2.00x."; !strings.HasPrefix(text, want) {
		t.Errorf("got %q, want it to begin with %q", text, want)
	}
	for name, change := range map[string]func(*content.Report){
		"no ratio":                   func(r *content.Report) { r.Ratio = nil },
		"a ratio without statement":  func(r *content.Report) { r.Ratio.Estimate = nan },
		"an endless ratio":           func(r *content.Report) { r.Ratio.Estimate = inf },
		"another ratio":              func(r *content.Report) { r.Ratio.Estimate = 2.01 },
		"an unknown class":           func(r *content.Report) { r.Base.TokensPerTrial.Output = nan },
		"no tokens":                  func(r *content.Report) { r.Base.TokensPerTrial = content.Tokens{} },
		"an unknown cost":            func(r *content.Report) { r.Head.CostPerTask.Amount = content.Quotient(math.NaN()) },
		"nothing completed":          func(r *content.Report) { r.Head.CompletionRate = 0 },
		"nothing completed, endless": func(r *content.Report) { r.Head.CompletionRate, r.Ratio.Estimate = 0, inf },
	} {
		r := measured()
		if change(r); true {
			if s, ok := row.SplitOf(r); ok {
				t.Errorf("%s: got %v, want no split", name, s)
			}
		}
	}
}

func side(trials, completed int, cost string, seconds content.Number) content.TaskSide {
	s := content.TaskSide{Trials: trials, Completed: completed, Seconds: seconds, Tokens: usage.None()}
	if cost != "" {
		s.Cost.Amount = dollars(cost)
	}
	return s
}

func TestOfTask(t *testing.T) {
	base, head := side(2, 2, "1", 30), side(4, 1, "3", nan)
	base.Tokens.Input = usage.Known(5000)
	head.Tokens.Output = usage.Count{}
	head.Voids, head.Causes = 2, map[string]int{"start-broke": 2, "grader-refused": 2, "cost-cap": 1}
	got := row.OfTask(content.Task{ID: "a|b", Base: base, Head: head})
	want := row.Task{ID: "a|b", Completed: "2/2 -> 1/4", Cost: "$0.500 -> $0.750", Change: "+50 %", Tokens: "2.50k -> unknown",
		Time: "30.0 s -> unknown", Remarks: "head: 2 void, 1 cost-cap, 2 start-broke"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got = row.OfTask(content.Task{ID: "x", Base: side(0, 0, "", nan), Head: side(0, 0, "", nan)})
	want = row.Task{ID: "x", Completed: "0/0 -> 0/0", Cost: "unknown -> unknown", Tokens: "unknown -> unknown"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestMovers holds that what is not known comes first, then the largest changes whatever their sign, and that equal
// ones keep the suite's order.
func TestMovers(t *testing.T) {
	tasks := []content.Task{
		{ID: "same", Base: side(1, 1, "5", nan), Head: side(1, 1, "5", nan)},
		{ID: "dearer", Base: side(1, 1, "1", nan), Head: side(2, 1, "4", nan)}, // by $1 a trial
		{ID: "unknown", Base: side(1, 1, "", nan), Head: side(1, 1, "1", nan)},
		{ID: "cheaper", Base: side(1, 1, "3", nan), Head: side(1, 1, "1", nan)},
		{ID: "not tried", Base: side(1, 1, "3", nan), Head: side(0, 0, "0", nan)},
		{ID: "as much dearer", Base: side(1, 1, "1", nan), Head: side(1, 1, "3", nan)},
	}
	var got []string
	for _, i := range row.Movers(tasks) {
		got = append(got, tasks[i].ID)
	}
	if want := []string{"unknown", "not tried", "cheaper", "as much dearer", "dearer", "same"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
