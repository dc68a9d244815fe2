package stats_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/stats"
)

type usageVector struct {
	Quantity []float64
	Price    []*float64
	Rate     float64
}

// usage makes an arm of one task with 100 trials, of which so many complete and each of which costs the same.
func (v usageVector) usage() stats.Usage {
	var u stats.Usage
	cost := 0.0
	for i, q := range v.Quantity {
		c := stats.Class{Quantity: q, Price: math.NaN(), List: math.NaN(), Like: i}
		if v.Price[i] != nil {
			c.Price = *v.Price[i]
			cost += q * c.Price
		}
		u.Classes = append(u.Classes, c)
	}
	var c stats.Cell
	for i := range 100 {
		c.Add(stats.Obs{Cost: cost, Completed: float64(i) < math.Round(100*v.Rate)})
	}
	u.Tasks = []stats.Cell{c}
	return u
}

type changeVector struct {
	Name       string
	Base, Head usageVector
	Want       struct {
		BaseCost                       number `json:"base_cost"`
		HeadCost                       number `json:"head_cost"`
		BaseTrial                      number `json:"base_trial"`
		HeadTrial                      number `json:"head_trial"`
		Log, Ratio                     number
		Price, Volume, Mix, Completion number
		Dollars                        struct{ Price, Volume, Mix, Completion number }
		ByClass                        []number `json:"by_class"`
	}
}

type decompositionVectors struct {
	Changes []changeVector
	Costs   []struct{ Hit, Cost float64 }
	Hits    []struct {
		Input, Output, Write, Target, Hit float64
		InputPrice                        float64 `json:"input_price"`
		CachedPrice                       float64 `json:"cached_price"`
		OutputPrice                       float64 `json:"output_price"`
	}
	Discounts []struct{ Ratio, Share, Discount float64 }
}

func readDecompositionVectors(t *testing.T) decompositionVectors {
	t.Helper()
	b, err := os.ReadFile("testdata/decomposition.json")
	if err != nil {
		t.Fatal(err)
	}
	var v decompositionVectors
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestDecompositionVectors(t *testing.T) {
	v := readDecompositionVectors(t)
	if len(v.Changes) != 3 {
		t.Fatalf("read %d changes, want 3", len(v.Changes))
	}
	for _, x := range v.Changes {
		t.Run(x.Name, func(t *testing.T) {
			base, head := x.Base.usage(), x.Head.usage()
			d, err := stats.Decompose(base, head)
			if err != nil {
				t.Fatal(err)
			}
			w := x.Want
			expect(t, "base's cost of a trial", base.Tasks[0].MeanCost(), w.BaseTrial)
			expect(t, "head's cost of a trial", head.Tasks[0].MeanCost(), w.HeadTrial)
			expect(t, "BaseCost", d.BaseCost, w.BaseCost)
			expect(t, "HeadCost", d.HeadCost, w.HeadCost)
			expect(t, "Total", d.Total.Log, w.Log)
			expect(t, "ratio", d.Total.Factor(), w.Ratio)
			for _, part := range []struct {
				name         string
				got          stats.Effect
				log, dollars number
			}{
				{"Price", d.Price, w.Price, w.Dollars.Price}, {"Volume", d.Volume, w.Volume, w.Dollars.Volume},
				{"Mix", d.Mix, w.Mix, w.Dollars.Mix}, {"Completion", d.Completion, w.Completion, w.Dollars.Completion},
			} {
				expect(t, part.name, part.got.Log, part.log)
				expect(t, part.name+" in dollars", part.got.Dollars, part.dollars)
			}
			for i, c := range d.Classes {
				expect(t, fmt.Sprintf("class %d", i), c.Log, w.ByClass[i])
			}
			expectAdditive(t, d)
		})
	}
}

// expectAdditive checks every sum that a decomposition promises, to the rounding of float64.
func expectAdditive(t *testing.T, d stats.Decomposition) {
	t.Helper()
	sums := []struct {
		name  string
		parts []stats.Effect
		want  stats.Effect
	}{
		{"price, usage, completion", []stats.Effect{d.Price, d.Usage, d.Completion}, d.Total},
		{"volume, mix", []stats.Effect{d.Volume, d.Mix}, d.Usage},
		{"tasks", d.Tasks, d.Total},
		{"classes", d.Classes, stats.Effect{Log: d.Price.Log + d.Usage.Log, Dollars: d.Price.Dollars + d.Usage.Dollars}},
		{"dollars", []stats.Effect{d.Total}, stats.Effect{Log: d.Total.Log, Dollars: d.HeadCost - d.BaseCost}},
	}
	if d.ListKnown {
		sums = append(sums, struct {
			name  string
			parts []stats.Effect
			want  stats.Effect
		}{"list, discount", []stats.Effect{d.List, d.Discount}, d.Price})
	}
	for _, s := range sums {
		var got stats.Effect
		size := 1.0
		for _, p := range s.parts {
			got.Log, got.Dollars = got.Log+p.Log, got.Dollars+p.Dollars
			size = max(size, math.Abs(p.Log))
		}
		money := max(d.BaseCost, d.HeadCost) * size
		if math.Abs(got.Log-s.want.Log) > 1e-12*size || math.Abs(got.Dollars-s.want.Dollars) > 1e-12*money {
			t.Errorf("%s add up to %+v, want %+v", s.name, got, s.want)
		}
	}
}

// randomUsage makes an arm whose tasks' costs are what its classes cost.
func randomUsage(r *rand.Rand, tasks, classes int) stats.Usage {
	u := stats.Usage{Classes: make([]stats.Class, classes)}
	for k := range u.Classes {
		p := math.Exp(2*r.NormFloat64() - 12)
		u.Classes[k] = stats.Class{Price: p, List: p * (1 + r.Float64())}
	}
	for range tasks {
		var c stats.Cell
		n := 1 + r.IntN(4)
		for i := range n {
			cost := 0.0
			for k := range u.Classes {
				q := float64(r.IntN(100000))
				u.Classes[k].Quantity += q / float64(n) / float64(tasks)
				cost += q * u.Classes[k].Price
			}
			c.Add(stats.Obs{Cost: cost, Completed: i == 0 || r.IntN(3) > 0})
		}
		u.Tasks = append(u.Tasks, c)
	}
	return u
}

func TestDecompositionAddsUp(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	for range 200 {
		tasks, classes := 1+r.IntN(12), 1+r.IntN(5)
		base, head := randomUsage(r, tasks, classes), randomUsage(r, tasks, classes)
		d, err := stats.Decompose(base, head)
		if err != nil {
			t.Fatal(err)
		}
		if !d.ListKnown || len(d.Tasks) != tasks || len(d.Classes) != classes {
			t.Fatalf("%d tasks and %d classes gave %+v", tasks, classes, d)
		}
		expectAdditive(t, d)
		p, err := stats.ComparePopulation(base.Tasks, head.Tasks)
		if err != nil || !same(d.Total.Factor(), p.Ratio, 1e-12) {
			t.Errorf("ratio %v, want that of the comparison, %v", d.Total.Factor(), p.Ratio)
		}
		// The other way round every effect is its opposite.
		back, err := stats.Decompose(head, base)
		if err != nil {
			t.Fatal(err)
		}
		for name, pair := range map[string][2]stats.Effect{"price": {d.Price, back.Price}, "list": {d.List, back.List}, "volume": {d.Volume, back.Volume},
			"mix": {d.Mix, back.Mix}, "completion": {d.Completion, back.Completion}, "class": {d.Classes[0], back.Classes[0]}, "task": {d.Tasks[0], back.Tasks[0]}} {
			if math.Abs(pair[0].Log+pair[1].Log) > 1e-10 {
				t.Errorf("%s is %v one way and %v the other", name, pair[0], pair[1])
			}
		}
	}
}

func TestNothingChanged(t *testing.T) {
	u := randomUsage(rand.New(rand.NewPCG(23, 24)), 4, 3)
	d, err := stats.Decompose(u, u)
	if err != nil {
		t.Fatal(err)
	}
	for name, e := range map[string]stats.Effect{"total": d.Total, "price": d.Price, "discount": d.Discount, "volume": d.Volume, "mix": d.Mix, "completion": d.Completion, "task": d.Tasks[1], "class": d.Classes[1]} {
		if e != (stats.Effect{}) || e.Factor() != 1 {
			t.Errorf("%s is %+v, want nothing", name, e)
		}
	}
}

// A class that an arm did not use takes the price of the class it is like, and one that it did use never does.
func TestStandInPrices(t *testing.T) {
	x := readDecompositionVectors(t).Changes[1]
	base, head := x.Base.usage(), x.Head.usage()
	want, err := stats.Decompose(base, head)
	if err != nil {
		t.Fatal(err)
	}
	head.Classes[1].Price, head.Classes[1].Like = math.NaN(), 0 // cached input like input
	head.Classes[2].Price, head.Classes[2].Like = math.NaN(), 1 // cache writes like cached input, and so like input
	got, err := stats.Decompose(base, head)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("with prices that stand in: %s", diff)
	}
	head.Classes[1].Like = 1
	if _, err := stats.Decompose(base, head); !errors.Is(err, stats.ErrNoSplit) {
		t.Errorf("a class like itself: %v, want ErrNoSplit", err)
	}
	head.Classes[1].Like, head.Classes[2].Like = 2, 1
	if _, err := stats.Decompose(base, head); !errors.Is(err, stats.ErrNoSplit) {
		t.Errorf("classes like each other: %v, want ErrNoSplit", err)
	}
	base.Classes[1].Price, base.Classes[1].Like = math.NaN(), 0
	if _, err := stats.Decompose(base, head); !errors.Is(err, stats.ErrNoSplit) {
		t.Errorf("a class that was used and has no price: %v, want ErrNoSplit", err)
	}
}

// The list effect needs the list price of what was used, and only of that.
func TestListAndDiscount(t *testing.T) {
	x := readDecompositionVectors(t).Changes[0]
	base, head := x.Base.usage(), x.Head.usage()
	if d, _ := stats.Decompose(base, head); d.ListKnown || d.List != (stats.Effect{}) || d.Discount != (stats.Effect{}) {
		t.Errorf("without list prices: %+v", d)
	}
	for _, u := range []stats.Usage{base, head} {
		for i := range u.Classes {
			u.Classes[i].List = u.Classes[i].Price
		}
	}
	if d, _ := stats.Decompose(base, head); !d.ListKnown || d.List != d.Price || d.Discount != (stats.Effect{}) {
		t.Errorf("billed at list: %+v", d)
	}
	for i := range head.Classes {
		head.Classes[i].List = head.Classes[i].Price / 0.8 // a discount of 20 %
	}
	d, _ := stats.Decompose(base, head)
	if !same(d.Discount.Factor(), 0.8, 1e-12) || !same(d.List.Factor(), 2/0.8, 1e-12) {
		t.Errorf("discount %v and list %v, want 0.8 and 2.5", d.Discount.Factor(), d.List.Factor())
	}
	expectAdditive(t, d)
	head.Classes[0].List = math.NaN()
	if d, err := stats.Decompose(base, head); err != nil || d.ListKnown {
		t.Errorf("one list price unknown: %+v, %v", d, err)
	}
}

func TestChangesWithoutParts(t *testing.T) {
	arm := func(cost, quantity, price float64, completed bool) stats.Usage {
		var c stats.Cell
		c.Add(stats.Obs{Cost: cost, Completed: completed})
		return stats.Usage{Classes: []stats.Class{{Quantity: quantity, Price: price, List: price}}, Tasks: []stats.Cell{c}}
	}
	good := arm(1, 10, 0.1, true)
	two := stats.Usage{Classes: []stats.Class{{Quantity: 0, Price: 1}, {Quantity: 10, Price: 0.1}}, Tasks: good.Tasks}
	freeFirst := stats.Usage{Classes: []stats.Class{{Quantity: 5, Price: 0}, {Quantity: 10, Price: 0.1}}, Tasks: good.Tasks}
	onlyFirst := stats.Usage{Classes: []stats.Class{{Quantity: 5, Price: 0.2}, {Quantity: 0, Price: 0.1}}, Tasks: good.Tasks}
	tests := []struct {
		name       string
		base, head stats.Usage
		want       error
	}{
		{"nothing completed", good, arm(1, 10, 0.1, false), stats.ErrNoSplit},
		{"nothing cost", arm(0, 10, 0, true), good, stats.ErrNoSplit},
		{"usage worth nothing at the other's prices", freeFirst, onlyFirst, stats.ErrNoSplit},
		{"no price", good, arm(1, 10, math.NaN(), true), stats.ErrNoSplit},
		{"no usage at all", stats.Usage{}, stats.Usage{}, stats.ErrShape},
		{"no classes", stats.Usage{Tasks: good.Tasks}, stats.Usage{Tasks: good.Tasks}, stats.ErrShape},
		{"other classes", good, two, stats.ErrShape},
		{"classes that do not cost what the tasks do", good, arm(1, 10, 0.2, true), stats.ErrShape},
		{"a negative quantity", good, arm(1, -10, 0.1, true), stats.ErrShape},
		{"a quantity that is none", good, arm(1, math.NaN(), 0.1, true), stats.ErrShape},
		{"a negative price", good, arm(1, 10, -0.1, true), stats.ErrShape},
		{"a price without end", good, arm(1, 10, math.Inf(1), true), stats.ErrShape},
		{"like a class that is none", good, stats.Usage{Classes: []stats.Class{{Quantity: 10, Price: 0.1, Like: 1}}, Tasks: good.Tasks}, stats.ErrShape},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, arms := range [][2]stats.Usage{{test.base, test.head}, {test.head, test.base}} {
				d, err := stats.Decompose(arms[0], arms[1])
				if !errors.Is(err, test.want) || !cmp.Equal(d, stats.Decomposition{}) {
					t.Errorf("%+v, %v; want %v", d, err, test.want)
				}
			}
		})
	}
	if _, err := stats.Decompose(two, freeFirst); err != nil {
		t.Errorf("a class that one arm did not use: %v", err)
	}
}

func TestSensitivityVectors(t *testing.T) {
	v := readDecompositionVectors(t)
	if len(v.Costs) != 3 || len(v.Hits) != 2 || len(v.Discounts) != 3 {
		t.Fatalf("read %d, %d and %d vectors, want 3, 2 and 3", len(v.Costs), len(v.Hits), len(v.Discounts))
	}
	for _, x := range v.Hits {
		c := stats.Caching{Input: x.Input, Output: x.Output, InputPrice: x.InputPrice, CachedPrice: x.CachedPrice, OutputPrice: x.OutputPrice, WriteMultiplier: x.Write}
		hit := c.BreakEven(x.Target)
		expect(t, "BreakEven", hit, number(x.Hit))
		expect(t, "cost at BreakEven", c.Cost(hit), number(x.Target))
		if x.Write == 1 {
			for _, y := range v.Costs {
				expect(t, fmt.Sprintf("Cost(%v)", y.Hit), c.Cost(y.Hit), number(y.Cost))
			}
		}
	}
	for _, x := range v.Discounts {
		expect(t, fmt.Sprintf("BreakEvenDiscount(%v, %v)", x.Ratio, x.Share), stats.BreakEvenDiscount(x.Ratio, x.Share), number(x.Discount))
	}
}

func TestBreakEvens(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	c := stats.Caching{Input: 100, InputPrice: 1, CachedPrice: 0.1, WriteMultiplier: 1}
	dear, free := c, c
	dear.CachedPrice, free.Input = 1, 0
	if a, b := c.BreakEven(101), c.BreakEven(9); !(a < 0) || !(b > 1) {
		t.Errorf("a target that is always reached gives %v, one that never is %v; want below 0 and above 1", a, b)
	}
	i := stats.BreakEvenDiscounts(stats.Interval{Low: 1.25, High: 2}, 0.5)
	open := stats.BreakEvenDiscounts(stats.Interval{Low: 0, High: inf}, 0.5)
	for name, pair := range map[string][2]float64{
		"hits that save nothing": {dear.BreakEven(50), nan}, "no input": {free.BreakEven(50), nan},
		"discounts from": {i.Low, 0.4}, "discounts to": {i.High, 1}, "open from": {open.Low, math.Inf(-1)}, "open to": {open.High, 2},
		"discount of no ratio": {stats.BreakEvenDiscount(0, 1), nan}, "discount on nothing": {stats.BreakEvenDiscount(2, 0), nan},
		"discount on more than all": {stats.BreakEvenDiscount(2, 1.1), nan}, "discount of NaN": {stats.BreakEvenDiscount(nan, 1), nan},
		"open from, on nothing": {stats.BreakEvenDiscounts(stats.Interval{Low: 0, High: 2}, 0).Low, nan},
		"completion":            {stats.BreakEvenCompletion(0.3, 0.5), 0.6}, "completion without cost": {stats.BreakEvenCompletion(0, 0.5), nan},
		"completion of a base that completes nothing": {stats.BreakEvenCompletion(0.3, inf), nan},
		"multiple": {stats.BreakEvenMultiple(1.25), 0.8}, "multiple of nothing": {stats.BreakEvenMultiple(0), nan}, "multiple of no passes": {stats.BreakEvenMultiple(inf), 0},
	} {
		if !same(pair[0], pair[1], 1e-12) {
			t.Errorf("%s: %v, want %v", name, pair[0], pair[1])
		}
	}
}

// Break-evens are what they say: a head whose cost is changed by them costs as much per completed task as the base.
func TestBreakEvensBreakEven(t *testing.T) {
	r := rand.New(rand.NewPCG(25, 26))
	for range 50 {
		base, head := drawn(r, 5, 0.3+2*r.Float64())
		ratio := func(factor float64) float64 {
			var scaled []stats.Cell
			for _, c := range head {
				var s stats.Cell
				for i := range c.Trials() {
					s.Add(stats.Obs{Cost: c.MeanCost() * factor, Completed: i < c.Completed()})
				}
				scaled = append(scaled, s)
			}
			p, _ := stats.ComparePopulation(base, scaled)
			return p.Ratio
		}
		now := ratio(1)
		if now == 0 || math.IsInf(now, 1) || math.IsNaN(now) {
			continue
		}
		for name, factor := range map[string]float64{"multiple": stats.BreakEvenMultiple(now), "discount": 1 - 0.6*stats.BreakEvenDiscount(now, 0.6)} {
			if got := ratio(factor); !same(got, 1, 1e-9) {
				t.Errorf("%s: ratio %v becomes %v, want 1", name, now, got)
			}
		}
	}
}

func FuzzDecompose(f *testing.F) {
	f.Add(3.0, 0.1, 0.08, 2.0, 5.0, 0.2, math.NaN(), 0.0, 1)
	f.Add(0.0, math.NaN(), math.NaN(), 1.0, 1.0, 1e-300, 0.0, 1e40, 0)
	f.Fuzz(func(t *testing.T, q1, p1, l1, q2, p2, q3, p3, q4 float64, like int) {
		arm := func(classes ...stats.Class) stats.Usage {
			cost := 0.0
			for _, c := range classes {
				if c.Quantity != 0 {
					cost += c.Quantity * c.Price
				}
			}
			var one, other stats.Cell
			one.Add(stats.Obs{Cost: cost, Completed: true})
			other.Add(stats.Obs{Cost: cost})
			return stats.Usage{Classes: classes, Tasks: []stats.Cell{one, other}}
		}
		base := arm(stats.Class{Quantity: q1, Price: p1, List: l1, Like: like}, stats.Class{Quantity: q2, Price: p2, Like: like})
		head := arm(stats.Class{Quantity: q3, Price: p3, List: l1, Like: like}, stats.Class{Quantity: q4, Price: p2, Like: like})
		d, err := stats.Decompose(base, head)
		if err != nil {
			return
		}
		for _, e := range append([]stats.Effect{d.Total, d.Price, d.List, d.Discount, d.Usage, d.Volume, d.Mix, d.Completion}, append(d.Classes, d.Tasks...)...) {
			if math.IsNaN(e.Log) || math.IsInf(e.Log, 0) || math.IsNaN(e.Dollars) || math.IsInf(e.Dollars, 0) {
				t.Fatalf("%+v", d)
			}
		}
	})
}
