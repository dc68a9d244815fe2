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

// Part is what a call used of one class.
type Part struct {
	Class    int
	Units    float64
	USD      float64 // by the lines of the price list
	Uncached float64 // of what a cache served: dollars had none served it; NaN when that is not known
}

// Add adds a priced call.
func (s *Sums) Add(p price.Priced) {
	paid, known := p.Cost.Amount.Value()
	if !known {
		s.Unknown = true
		return
	}
	list, listed := p.Cost.List.Value()
	if !listed && !paid.IsZero() {
		s.Unlisted = true
	}
	var room [8]Part
	parts := room[:0]
	for _, l := range p.Lines {
		part := Part{Class: classOf(l.Class), Units: float64(l.Tokens), USD: l.USD.Float64()}
		if part.Class == CacheRead {
			part.Uncached = uncached(l)
		}
		parts = append(parts, part)
	}
	for _, f := range p.Fees {
		parts = append(parts, Part{Class: Fees, Units: float64(f.Count), USD: f.USD.Float64()})
	}
	s.AddParts(parts, paid.Float64(), list.Float64())
}

// AddParts adds a call by its parts, and returns what it adds to Cold. What is billed differs from the lines of the price
// list by one factor for all of the call's classes, such as a contract's discount.
func (s *Sums) AddParts(parts []Part, paid, list float64) (cold float64) {
	total := 0.0
	for i := range parts {
		total += parts[i].USD
	}
	atPaid, ok := factor(paid, total)
	atList, _ := factor(list, total)
	s.Unknown = s.Unknown || !ok
	cold = paid
	for i := range parts {
		p := &parts[i]
		s.Class[p.Class].add(p.Units, p.USD, atPaid, atList)
		if p.Class == CacheRead {
			cold += (p.Uncached - p.USD) * atPaid
		}
	}
	s.Cold += cold
	return cold
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
