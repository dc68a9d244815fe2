// Package used adds up what calls used and paid, class by class.
//
// It knows token classes, fees, and how what is billed is shared among the classes. It refuses to know tasks, arms and
// trials. Sums are float64: they are for statistics, and no bill is made of them.
package used

import (
	"math"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

// The classes of Sums, in the order of Names.
const (
	Input = iota
	CacheRead
	CacheCreation // of every lifetime
	Output
	Fees // what is not paid for in tokens
	classes
)

// Names are the names of the classes in reports. Stored reports depend on the literals.
var Names = [classes]string{"input", "cache_read", "cache_creation", "output", "fees"}

// Like names for each class the one whose price stands in where an arm used nothing of it and no price is known.
var Like = [classes]int{Input: Input, CacheRead: Input, CacheCreation: Input, Output: Output, Fees: Fees}

// Sum is what was used of one class.
type Sum struct {
	Units float64 // tokens; for fees, what is charged for
	Paid  float64 // dollars, as the verdict counts them
	List  float64 // dollars at list price
}

// Sums is what some calls used. The zero value is of no calls.
type Sums struct {
	Class [classes]Sum
	// Cold is what would have been paid had a cache served none of the input: every other class as it was, and what was
	// read from a cache at the rate of input. It is NaN when that rate is not known.
	Cold    float64
	Unknown bool // what a call used or paid of each class is not known
	// Unlisted is set when a call has no list price. List is then of no use.
	Unlisted bool
}

// Add adds a priced call. What is billed differs from the lines of the price list by one factor for all of the call's
// classes, such as a contract's discount.
func (s *Sums) Add(p price.Priced) {
	paid, known := p.Cost.Amount.Value()
	if !known {
		s.Unknown = true
		return
	}
	total := 0.0
	for _, l := range p.Lines {
		total += l.USD.Float64()
	}
	for _, f := range p.Fees {
		total += f.USD.Float64()
	}
	list, listed := p.Cost.List.Value()
	if !listed && !paid.IsZero() {
		s.Unlisted = true
	}
	atPaid, ok := factor(paid.Float64(), total)
	atList, _ := factor(list.Float64(), total)
	s.Unknown = s.Unknown || !ok
	s.Cold += paid.Float64()
	for _, l := range p.Lines {
		usd := l.USD.Float64()
		s.Class[classOf(l.Class)].add(float64(l.Tokens), usd, atPaid, atList)
		if l.Class == usage.CacheRead {
			s.Cold += (uncached(l) - usd) * atPaid
		}
	}
	for _, f := range p.Fees {
		s.Class[Fees].add(float64(f.Count), f.USD.Float64(), atPaid, atList)
	}
}

// uncached is what the tokens of a line would have cost had no cache served them; NaN when that is not known.
func uncached(l price.Line) float64 {
	if l.Uncached.IsZero() && !l.USD.IsZero() {
		return math.NaN()
	}
	return l.Uncached.Times(l.Tokens).PerMillion().Float64()
}

// factor is what the lines of a call are multiplied by to be an amount. It is not ok when lines that cost nothing would
// have to be something.
func factor(amount, lines float64) (f float64, ok bool) {
	if lines > 0 {
		return amount / lines, true
	}
	return 0, amount == 0
}

func (s *Sum) add(units, usd, atPaid, atList float64) {
	s.Units += units
	s.Paid += usd * atPaid
	s.List += usd * atList
}

func classOf(c usage.Class) int {
	switch c {
	case usage.Input:
		return Input
	case usage.CacheRead:
		return CacheRead
	case usage.Output:
		return Output
	}
	return CacheCreation // whatever its lifetime
}

// Plus returns what both used.
func (s Sums) Plus(t Sums) Sums {
	for i := range s.Class {
		s.Class[i].Units += t.Class[i].Units
		s.Class[i].Paid += t.Class[i].Paid
		s.Class[i].List += t.Class[i].List
	}
	s.Cold += t.Cold
	s.Unknown, s.Unlisted = s.Unknown || t.Unknown, s.Unlisted || t.Unlisted
	return s
}
