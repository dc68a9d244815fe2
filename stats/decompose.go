package stats

import (
	"errors"
	"fmt"
	"math"
)

// ErrNoSplit is returned for a change that has no parts to show: an arm completed nothing or cost nothing, a
// price that is needed is unknown, or nothing that one arm used costs anything at the other's prices.
var ErrNoSplit = errors.New("the change cannot be taken apart")

// Class is what an arm used of one class of usage and what it paid for it.
type Class struct {
	// Quantity is the mean number of units of a trial, every task with the same weight; 0 or more.
	Quantity float64
	// Price is what a unit cost as billed, dollars: after tier and discount. NaN says that nothing of the class was
	// used and no price of it is known; the price of class Like stands in.
	Price float64
	// List is what a unit costs by the price list, dollars, with NaN as in Price. A class that was used and has no
	// list price leaves the list effect unknown.
	List float64
	// Like is the index of the class whose price stands in for one that is not known: that of input for what would
	// have been read from or written to a cache, of output for reasoning. The zero value is the first class.
	Like int
}

// Usage is what an arm used and what became of it. The classes' quantities times prices add up to the mean cost
// of the tasks, to nine digits.
type Usage struct {
	Classes []Class // the same, in the same order, in both arms
	Tasks   []Cell  // the same, in the same order, in both arms
}

// Effect is one part of the change of the cost of a completed task from base to head.
type Effect struct {
	Log     float64 // part of the log of the ratio; parts add up
	Dollars float64 // part of the difference per completed task; parts add up
}

// Factor returns what the effect alone multiplies the cost of a completed task by.
func (e Effect) Factor() float64 { return math.Exp(e.Log) }

// Decomposition takes the ratio of two arms' costs per completed task apart. Price, Usage and Completion add up to
// Total; so do Tasks. All sums are exact but for the rounding of float64.
type Decomposition struct {
	BaseCost, HeadCost float64 // dollars per completed task
	Total              Effect
	// Price is Fisher's index: the base's usage at the head's prices and the head's at the base's, half each. It is
	// also Shapley's share of prices against usage.
	Price Effect
	// List and Discount add up to Price: the same index by the price lists, and what bills differ from them. They
	// count only when ListKnown.
	List, Discount Effect
	ListKnown      bool
	Usage          Effect // at constant prices: Volume and Mix
	Volume         Effect // units of all classes together
	Mix            Effect // which classes they are of
	Completion     Effect // share of trials that complete
	Classes        []Effect
	Tasks          []Effect
}

// Decompose takes the change from base to head apart (Fisher's index and the logarithmic mean; docs/statistics.md).
// Classes of the result are what each adds to the cost of a trial, and add up to Price and Usage together. Errors are
// ErrShape and ErrNoSplit.
func Decompose(base, head Usage) (Decomposition, error) {
	if err := checkUsage(base, head); err != nil {
		return Decomposition{}, err
	}
	b, h := means(base.Tasks), means(head.Tasks)
	if b.Passes == 0 || h.Passes == 0 || b.C == 0 || h.C == 0 {
		return Decomposition{}, fmt.Errorf("%w: %d and %d trials completed, at %g and %g dollars a trial", ErrNoSplit, b.Passes, h.Passes, b.C, h.C)
	}
	x, err := newExchange(base.Classes, head.Classes, func(c Class) float64 { return c.Price })
	if err != nil {
		return Decomposition{}, err
	}
	for _, arm := range [...]struct{ classes, tasks float64 }{{x.bb, b.C}, {x.hh, h.C}} {
		if math.Abs(arm.classes-arm.tasks) > 1e-9*arm.tasks {
			return Decomposition{}, fmt.Errorf("%w: the classes cost %g dollars a trial and the tasks %g; both need be the same", ErrShape, arm.classes, arm.tasks)
		}
	}
	d := Decomposition{BaseCost: b.C / b.P, HeadCost: h.C / h.P}
	scale := logMean(d.HeadCost, d.BaseCost)
	effect := func(log float64) Effect { return Effect{Log: log, Dollars: log * scale} }
	volume := math.Log(units(head.Classes) / units(base.Classes))
	d.Total = effect(math.Log(d.HeadCost / d.BaseCost))
	d.Price, d.Usage = effect(x.price()), effect(x.quantity())
	d.Volume, d.Mix = effect(volume), effect(x.quantity()-volume)
	d.Completion = effect(-math.Log(h.P / b.P))
	if list, err := newExchange(base.Classes, head.Classes, func(c Class) float64 { return c.List }); err == nil {
		d.ListKnown = true
		d.List, d.Discount = effect(list.price()), effect(x.price()-list.price())
	}
	for _, part := range x.parts {
		d.Classes = append(d.Classes, effect(part/logMean(x.hh, x.bb)))
	}
	k := float64(len(base.Tasks))
	for i := range base.Tasks {
		cost := (head.Tasks[i].mean - base.Tasks[i].mean) / (k * logMean(h.C, b.C))
		rate := (head.Tasks[i].Rate() - base.Tasks[i].Rate()) / (k * logMean(h.P, b.P))
		d.Tasks = append(d.Tasks, effect(cost-rate))
	}
	return d, nil
}

// checkUsage answers whether two arms have the shape of a decomposition.
func checkUsage(base, head Usage) error {
	if err := check(base.Tasks, head.Tasks); err != nil {
		return err
	}
	if len(base.Classes) != len(head.Classes) || len(base.Classes) == 0 {
		return fmt.Errorf("%w: %d classes of usage at base and %d at head; both need the same, at least one", ErrShape, len(base.Classes), len(head.Classes))
	}
	for i := range base.Classes {
		for _, c := range [...]Class{base.Classes[i], head.Classes[i]} {
			if !(c.Quantity >= 0 && c.Quantity <= maxCost) || c.Like < 0 || c.Like >= len(base.Classes) {
				return fmt.Errorf("%w: class %d has a quantity of %g and takes the price of class %d", ErrShape, i, c.Quantity, c.Like)
			}
			for _, price := range [...]float64{c.Price, c.List} {
				if price < 0 || price > maxCost {
					return fmt.Errorf("%w: class %d has a price of %g dollars", ErrShape, i, price)
				}
			}
		}
	}
	return nil
}

// units is the number of units of all classes.
func units(classes []Class) float64 {
	sum := 0.0
	for _, c := range classes {
		sum += c.Quantity
	}
	return sum
}

// exchange holds what both arms' usage costs at both arms' prices: bh is the base's usage at the head's prices.
type exchange struct {
	bb, bh, hb, hh float64
	parts          []float64 // of each class in hh - bb
}

// newExchange values both arms' usage. The error is ErrNoSplit.
func newExchange(base, head []Class, price func(Class) float64) (exchange, error) {
	var x exchange
	for i := range base {
		qb, qh := base[i].Quantity, head[i].Quantity
		if qb == 0 && qh == 0 {
			x.parts = append(x.parts, 0)
			continue
		}
		pb, ph := priceOf(base, i, price), priceOf(head, i, price)
		if math.IsNaN(pb) || math.IsNaN(ph) {
			return exchange{}, fmt.Errorf("%w: class %d has no price", ErrNoSplit, i)
		}
		x.bb, x.bh, x.hb, x.hh = x.bb+qb*pb, x.bh+qb*ph, x.hb+qh*pb, x.hh+qh*ph
		x.parts = append(x.parts, qh*ph-qb*pb)
	}
	for _, v := range [...]float64{x.bb, x.bh, x.hb, x.hh} {
		if !(v > 0) || math.IsInf(v, 1) {
			return exchange{}, fmt.Errorf("%w: usage is worth nothing at some prices", ErrNoSplit)
		}
	}
	return x, nil
}

// priceOf returns the price of a class: its own, or that of the class it is like when nothing of it was used. It is
// NaN when there is none.
func priceOf(classes []Class, i int, price func(Class) float64) float64 {
	for range classes {
		if p := price(classes[i]); !math.IsNaN(p) {
			return p
		}
		if classes[i].Quantity > 0 {
			break // what was used was paid for: a stand-in would invent its price
		}
		i = classes[i].Like
	}
	return math.NaN()
}

// price is the log of Fisher's price index.
func (x exchange) price() float64 { return (math.Log(x.bh/x.bb) + math.Log(x.hh/x.hb)) / 2 }

// quantity is the log of Fisher's quantity index.
func (x exchange) quantity() float64 { return (math.Log(x.hb/x.bb) + math.Log(x.hh/x.bh)) / 2 }

// logMean is the logarithmic mean of two numbers above 0: (a-b)/log(a/b), and a when they are equal.
func logMean(a, b float64) float64 {
	x := (a - b) / b
	if x == 0 {
		return a
	}
	if math.Abs(x) < 0.5 {
		return (a - b) / math.Log1p(x)
	}
	return (a - b) / math.Log(a/b)
}
