package why_test

import (
	"math"
	"testing"

	"github.com/pertask/pertask/compare/tally"
	"github.com/pertask/pertask/compare/used"
	"github.com/pertask/pertask/compare/why"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/stats"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
)

// use is tokens of a class at dollars per million.
type use struct {
	class  usage.Class
	tokens int64
	rate   string
}

// arm is one task of trials that all use the same, of which some complete. The bill is the list price times a factor.
func arm(t *testing.T, trials, completed int, factor string, uses ...use) why.Arm {
	t.Helper()
	task := tally.New(suite.Task{ID: "a"})
	f, err := price.ParseFactor(factor)
	if err != nil {
		t.Fatal(err)
	}
	for i := range trials {
		list := price.Money{}
		p := price.Priced{}
		for _, u := range uses {
			usd := price.MustMoney(u.rate).Times(u.tokens).PerMillion()
			list = list.Plus(usd)
			p.Lines = append(p.Lines, price.Line{Class: u.class, Tokens: u.tokens, USD: usd})
		}
		paid := price.Known(list.Scale(f))
		p.Cost = price.Cost{Amount: paid, List: price.Known(list), Billed: paid, Status: price.Exact}
		priced := tally.Priced{Cost: p.Cost, Calls: 1}
		priced.Used.Add(p)
		outcome := trial.Failed
		if i < completed {
			outcome = trial.Completed
		}
		task.Base.Add(trial.Trial{Outcome: outcome}, priced)
	}
	return why.Arm{Sides: []*tally.Side{task.Base}}
}

func within(a content.Number, b, by float64) bool { return math.Abs(float64(a)-b) < by }

// dearer is the first example of docs/statistics.md: the price doubles, tokens fall, completions rise.
func dearer(t *testing.T) (base, head why.Arm) {
	base = arm(t, 100, 75, "1", use{usage.Input, 60_000, "2.5"}, use{usage.CacheRead, 240_000, "0.25"}, use{usage.Output, 12_000, "15"})
	head = arm(t, 100, 82, "1", use{usage.Input, 40_000, "5"}, use{usage.CacheRead, 150_000, "0.5"}, use{usage.Output, 6_500, "30"})
	return base, head
}

func TestSplit(t *testing.T) {
	base, head := dearer(t)
	w := why.Split([]string{"a"}, base, head)
	if w == nil {
		t.Fatal("nothing to show")
	}
	for _, c := range []struct {
		name   string
		effect content.Effect
		log    float64
		usd    float64
	}{
		{"price", w.Price, 0.6931, 0.3786}, {"volume", w.Volume, -0.4623, -0.2525}, {"mix", w.Mix, -0.0442, -0.0242},
		{"completion", w.Completion, -0.0892, -0.0487}, {"list", *w.List, 0.6931, 0.3786}, {"discount", *w.Discount, 0, 0},
	} {
		if !within(c.effect.Log, c.log, 5e-5) || !within(c.effect.Dollars, c.usd, 5e-5) {
			t.Errorf("%s is %+v, want %v and %v dollars", c.name, c.effect, c.log, c.usd)
		}
	}
	if s := w.Price.Log + w.Usage.Log + w.Completion.Log; !within(s, math.Log(1.1023), 5e-5) || !within(s, float64(w.Total.Log), 1e-12) {
		t.Errorf("the parts add up to %v, the change is %v", s, w.Total.Log)
	}
	if len(w.Classes) != 3 || w.Classes[1].Name != used.Names[used.CacheRead] || len(w.Tasks) != 1 || w.Tasks[0].Name != "a" {
		t.Errorf("%+v, %+v", w.Classes, w.Tasks)
	}
}

// A contract on the head is a part of its own.
func TestSplitDiscount(t *testing.T) {
	base := arm(t, 10, 10, "1", use{usage.Input, 1000, "10"})
	head := arm(t, 10, 10, "0.5", use{usage.Input, 1000, "20"})
	w := why.Split([]string{"a"}, base, head)
	if w == nil || !within(w.Price.Log, 0, 1e-12) || !within(w.List.Log, math.Log(2), 1e-12) || !within(w.Discount.Log, -math.Log(2), 1e-12) {
		t.Fatalf("%+v", w)
	}
}

// A class that only one arm uses is priced in the other by its price list, else like input.
func TestSplitUnusedClass(t *testing.T) {
	base := arm(t, 4, 4, "1", use{usage.Input, 1000, "10"})
	head := arm(t, 4, 4, "1", use{usage.Input, 500, "10"}, use{usage.CacheRead, 500, "1"})
	bare := why.Split([]string{"a"}, base, head)
	base.List = &content.ListPrice{CacheRead: price.Known(price.MustMoney("1"))}
	listed := why.Split([]string{"a"}, base, head)
	if bare == nil || listed == nil || within(bare.Price.Log, 0, 1e-9) || !within(listed.Price.Log, 0, 1e-9) {
		t.Errorf("price effects %+v and %+v", bare, listed)
	}
}

func TestSplitUnknown(t *testing.T) {
	base, head := dearer(t)
	none := arm(t, 10, 0, "1", use{usage.Input, 1000, "10"})
	free := arm(t, 10, 10, "1", use{usage.Input, 1000, "0"})
	unknown := arm(t, 10, 10, "1", use{usage.Input, 1000, "10"})
	unknown.Sides[0].Used.Unknown = true
	for name, x := range map[string][2]why.Arm{
		"nothing completed": {base, none}, "nothing paid": {free, head}, "usage not known": {unknown, head},
		"no trials": {base, {Sides: []*tally.Side{tally.New(suite.Task{}).Base}}},
	} {
		if w := why.Split([]string{"a"}, x[0], x[1]); w != nil {
			t.Errorf("%s: %+v", name, w)
		}
	}
	unlisted, _ := dearer(t)
	unlisted.Sides[0].Used.Unlisted = true
	if w := why.Split([]string{"a"}, unlisted, head); w == nil || w.List != nil || w.Discount != nil {
		t.Errorf("without a list price: %+v", w)
	}
}

// The second example of docs/statistics.md section on what would flip it: hit rates of .604 at which the costs are equal.
func TestFlip(t *testing.T) {
	base := arm(t, 10, 10, "1", use{usage.Output, 10_000, "30"}) // 0.30 dollars
	head := arm(t, 10, 10, "1", use{usage.Input, 400_000, "1"}, use{usage.CacheRead, 100_000, "0.1"}, use{usage.Output, 9_000, "8"})
	ratio := 0.482 / 0.30
	got := why.Flip(base, head, why.Question{Ratio: ratio, Interval: stats.Interval{Low: 1.25, High: 2}, Confidence: 0.95, Threshold: 1})
	if got == nil || !within(got.CacheHit.At, 0.604444, 1e-6) || !within(got.CacheHit.Now, 0.2, 1e-12) {
		t.Fatalf("%+v", got)
	}
	if !within(got.Discount.Estimate, 1-1/ratio, 1e-12) || !within(got.Discount.Low, 0.2, 1e-12) || !within(got.Discount.High, 0.5, 1e-12) {
		t.Errorf("discount %+v", got.Discount)
	}
	if !within(got.Completion.At, ratio, 1e-9) || !within(got.Tokens.At, 1/ratio, 1e-12) {
		t.Errorf("completion %+v, tokens %+v", got.Completion, got.Tokens)
	}
	half := why.Flip(base, head, why.Question{Ratio: ratio, Interval: stats.Interval{Low: 1.25, High: math.Inf(1)}, Confidence: 0.95, Threshold: ratio})
	if !within(half.Discount.Estimate, 0, 1e-12) || !within(half.CacheHit.At, 0.2, 1e-9) || !within(half.Completion.At, 1, 1e-9) {
		t.Errorf("at the threshold: %+v %+v %+v", half.Discount, half.CacheHit, half.Completion)
	}
	none := arm(t, 10, 0, "1", use{usage.Input, 1000, "10"})
	if f := why.Flip(base, none, why.Question{Ratio: math.Inf(1), Threshold: 1}); f != nil {
		t.Errorf("nothing completed: %+v", f)
	}
}

func TestWorth(t *testing.T) {
	dear := arm(t, 20, 16, "1", use{usage.Input, 1000, "1000"}) // 1 dollar, .8
	cheap := arm(t, 20, 4, "1", use{usage.Input, 1000, "400"})  // 0.4 dollars, .2
	w := why.Worth(dear, cheap, 0, 0.95)
	if w == nil || w.Relation != "cheaper-and-fewer" || !within(w.BreakEven, 1, 1e-9) || !w.Leads || len(w.Points) != 3 {
		t.Fatalf("%+v", w)
	}
	if p := w.Points[0]; !within(p.Value, 2.5, 1e-9) || !within(p.Estimate, 2.5*-0.6+0.6, 1e-9) || !(p.Low < p.Estimate && p.Estimate < p.High) || !(p.Accept < 0.1) {
		t.Errorf("%+v", p)
	}
	if w := why.Worth(dear, cheap, 0.25, 0.95); len(w.Points) != 1 || !w.Points[0].Configured || !(w.Points[0].Accept > 0.9) {
		t.Errorf("configured: %+v", w)
	}
	for want, x := range map[string][2]why.Arm{"dearer-and-more": {cheap, dear}, "equal": {dear, dear},
		"dominated": {dear, arm(t, 20, 10, "1", use{usage.Input, 1000, "2000"})}, "dominates": {cheap, arm(t, 20, 10, "1", use{usage.Input, 1000, "200"})}} {
		if w := why.Worth(x[0], x[1], 0, 0.95); w == nil || w.Relation != want {
			t.Errorf("%s: %+v", want, w)
		}
	}
	none := arm(t, 20, 0, "1", use{usage.Input, 1000, "400"})
	if w := why.Worth(none, dear, 0, 0.95); len(w.Points) != 1 || w.Points[0].Configured || !within(w.BreakEven, 0.75, 1e-9) {
		t.Errorf("nobody says what a completed task is worth, and there is nothing to take multiples of: %+v", w)
	}
	if w := why.Worth(arm(t, 1, 1, "1", use{usage.Input, 1, "1"}), cheap, 0, 0.95); w != nil {
		t.Errorf("one trial: %+v", w)
	}
}

func TestAtLeast(t *testing.T) {
	none := arm(t, 15, 0, "1", use{usage.Input, 1000, "1000"})
	if got := why.AtLeast(none); got == nil || !within(*got, 1/0.218, 0.01) {
		t.Errorf("got %v", got)
	}
	if got := why.AtLeast(arm(t, 15, 1, "1", use{usage.Input, 1000, "1000"})); got != nil {
		t.Errorf("one completed: %v", *got)
	}
}
