// Package why says why a completed task costs what it costs: what the change is made of, what would make up for it, and
// what completions are worth.
//
// It knows tallies, the parts that statistics take a ratio apart into, and the report's words for them. It refuses to
// know where trials come from, verdicts, and how a number is shown.
package why

import (
	"math"

	"github.com/pertask/pertask/compare/tally"
	"github.com/pertask/pertask/compare/used"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/stats"
)

// Arm is one side: the tally of each task, in the order of the other side's, and what it has a list price for.
type Arm struct {
	Sides []*tally.Side
	List  *content.ListPrice // nil when it is not known
}

// usage is what a mean trial used, every task with the same weight. It is not ok when something of it is not known.
func (a Arm) usage() (u stats.Usage, ok bool) {
	paid, list := [len(used.Names)]float64{}, [len(used.Names)]float64{}
	u.Classes = make([]stats.Class, len(used.Names))
	unlisted := false
	for _, s := range a.Sides {
		if s.Used.Unknown || s.Unknown > 0 || s.Trials == 0 {
			return u, false
		}
		unlisted = unlisted || s.Used.Unlisted
		for i, c := range s.Used.Class {
			n := float64(s.Trials) * float64(len(a.Sides))
			u.Classes[i].Quantity += c.Units / n
			paid[i] += c.Paid / n
			list[i] += c.List / n
		}
		u.Tasks = append(u.Tasks, s.Cell)
	}
	billed := quotient(sum(paid), sum(list)) // what is paid of the price list
	for i := range u.Classes {
		c := &u.Classes[i]
		c.Like = used.Like[i]
		c.Price, c.List = quotient(paid[i], c.Quantity), quotient(list[i], c.Quantity)
		if c.Quantity == 0 {
			c.List = a.listed(i)
			c.Price = c.List * billed
		}
		if unlisted {
			c.List = math.NaN()
		}
	}
	return u, true
}

// listed is the list price of a token of a class of which the arm used nothing; NaN when it is not known.
func (a Arm) listed(class int) float64 {
	if a.List == nil {
		return math.NaN()
	}
	rate := map[int]price.Amount{used.Input: a.List.Input, used.CacheRead: a.List.CacheRead, used.Output: a.List.Output}[class]
	m, known := rate.Value()
	if !known {
		return math.NaN()
	}
	return m.PerMillion().Float64()
}

func sum(xs [len(used.Names)]float64) (total float64) {
	for _, x := range xs {
		total += x
	}
	return total
}

func quotient(a, b float64) float64 {
	if b == 0 {
		return math.NaN()
	}
	return a / b
}

// Split takes the ratio of two arms apart. It is nil where that is not possible: something is not known, or an arm
// completed nothing or cost nothing.
func Split(tasks []string, base, head Arm) *content.Why {
	b, ok := base.usage()
	h, known := head.usage()
	if !ok || !known {
		return nil
	}
	kept := bothUnused(&b, &h)
	d, err := stats.Decompose(b, h)
	if err != nil {
		return nil
	}
	out := &content.Why{Total: effect(d.Total), Price: effect(d.Price), Usage: effect(d.Usage), Volume: effect(d.Volume),
		Mix: effect(d.Mix), Completion: effect(d.Completion), Classes: []content.NamedEffect{}, Tasks: []content.NamedEffect{}}
	if d.ListKnown {
		list, discount := effect(d.List), effect(d.Discount)
		out.List, out.Discount = &list, &discount
	}
	for i, e := range d.Classes {
		out.Classes = append(out.Classes, content.NamedEffect{Name: used.Names[kept[i]], Effect: effect(e)})
	}
	for i, e := range d.Tasks {
		out.Tasks = append(out.Tasks, content.NamedEffect{Name: tasks[i], Effect: effect(e)})
	}
	return out
}

// bothUnused leaves classes out of which neither arm used anything, and returns the indices of the others.
func bothUnused(b, h *stats.Usage) (kept []int) {
	place := map[int]int{}
	for i := range b.Classes {
		if b.Classes[i].Quantity > 0 || h.Classes[i].Quantity > 0 || needed(b, h, i) {
			place[i] = len(kept)
			kept = append(kept, i)
		}
	}
	for _, u := range []*stats.Usage{b, h} {
		var classes []stats.Class
		for _, i := range kept {
			c := u.Classes[i]
			c.Like = place[c.Like]
			classes = append(classes, c)
		}
		u.Classes = classes
	}
	return kept
}

// needed reports whether the price of a class stands in for another's.
func needed(b, h *stats.Usage, class int) bool {
	for i := range b.Classes {
		if i != class && used.Like[i] == class && b.Classes[i].Quantity+h.Classes[i].Quantity > 0 {
			return true
		}
	}
	return false
}

func effect(e stats.Effect) content.Effect {
	return content.Effect{Log: content.Number(e.Log), Factor: content.Number(e.Factor()), Dollars: content.Number(e.Dollars)}
}
