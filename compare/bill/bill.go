// Package bill knows what the calls of trials come to: at the price book's rates, or as others recorded.
//
// It knows prices, caps on what a trial may cost, and what a report must name of how it was priced. It refuses to know
// which trials count, budgets, and what follows from a sum.
package bill

import (
	"maps"
	"slices"

	"github.com/pertask/pertask/compare/tally"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
)

// Bill prices trials, and remembers how. It is not safe for concurrent use.
type Bill struct {
	pricing price.Pricing
	rows    map[string]bool
	notes   map[string]bool
	refused map[int]int // calls by the provider's status, from 400 on
	dearest map[Kind]price.Money
}

// Kind is what calls have in common that cost alike.
type Kind struct {
	Arm             trial.Side
	Upstream, Model string // as it was asked for
}

// Dearest is what the dearest call of each kind has cost that we metered, as far as that is known.
func (b *Bill) Dearest() map[Kind]price.Money { return b.dearest }

// New starts with nothing priced.
func New(p price.Pricing) *Bill {
	return &Bill{pricing: p, rows: map[string]bool{}, notes: map[string]bool{}, refused: map[int]int{}, dearest: map[Kind]price.Money{}}
}

// Rows lists the ids of the price book's rows that were used, sorted.
func (b *Bill) Rows() []string { return slices.Sorted(maps.Keys(b.rows)) }

// Notes lists the assumptions behind the prices, sorted.
func (b *Bill) Notes() []string { return slices.Sorted(maps.Keys(b.notes)) }

// Trial prices the calls of a trial. Each call is told to each, with what it cost.
func (b *Bill) Trial(r trial.Result, each func(usage.Call, price.Cost)) tally.Priced {
	p := tally.Priced{Cost: price.Nothing(), Calls: len(r.Calls)}
	for i, call := range r.Calls {
		priced := b.Call(r.Trial.Origin, call)
		p.Cost = p.Cost.Plus(priced.Cost)
		p.Used.Add(priced)
		if i == 0 {
			p.Tokens = call.Consumed()
		} else {
			p.Tokens = p.Tokens.Plus(call.Consumed())
		}
		each(call, priced.Cost)
		if priced.Missing != "" {
			p.Missing = append(p.Missing, priced.Missing)
		}
		b.note(call, priced)
		if m, known := priced.Cost.Amount.Value(); known && r.Trial.Origin != trial.Recorded {
			kind := Kind{r.Trial.Arm, call.Upstream, call.RequestedModel}
			b.dearest[kind] = larger(b.dearest[kind], m)
		}
	}
	return p
}

func larger(a, b price.Money) price.Money {
	if a.Cmp(b) < 0 {
		return b
	}
	return a
}

func (b *Bill) note(call usage.Call, priced price.Priced) {
	b.Note(priced)
	if call.Status >= 400 {
		b.refused[call.Status]++
	}
}

// Note remembers how something was priced.
func (b *Bill) Note(priced price.Priced) {
	if priced.Row != "" {
		b.rows[priced.Row] = true
	}
	for _, n := range priced.Notes {
		b.notes[n] = true
	}
}

// Call prices one call. What others recorded are totals of a trial, which no long-context threshold is to be held
// against; their own cost counts when they gave one.
func (b *Bill) Call(o trial.Origin, call usage.Call) price.Priced {
	if o != trial.Recorded {
		return b.pricing.Call(call)
	}
	totals := b.pricing.Tokens(call.Provider, call.Model(), call.Tier(), call.Tokens)
	if call.ReportedUSD == "" {
		if call.Coverage == usage.Missing {
			return price.Priced{Missing: NoRecordedCost}
		}
		return totals
	}
	reported, err := price.ParseMoney(call.ReportedUSD)
	if err != nil {
		return price.Priced{Missing: "a recorded cost that is a number"}
	}
	return Recorded(reported, totals)
}

// NoRecordedCost is what is missing where a record does not tell what a trial cost.
const NoRecordedCost = "a recorded cost"

// Recorded puts the cost that a record tells in the place of what its tokens come to, which stays the list price.
func Recorded(usd price.Money, totals price.Priced) price.Priced {
	amount := price.Known(usd)
	return price.Priced{Row: totals.Row, Lines: totals.Lines, Fees: totals.Fees, Cost: price.Cost{Amount: amount, Status: price.ProviderReported, List: totals.Cost.List, Billed: amount}}
}

// Sum is what calls that we metered cost together.
func (b *Bill) Sum(calls []usage.Call) price.Cost {
	sum := price.Nothing()
	for _, call := range calls {
		sum = sum.Plus(b.pricing.Call(call).Cost)
	}
	return sum
}

// Cap is what one trial of a task may cost; unknown for no limit, and for one that is no amount.
func Cap(t suite.Task) price.Amount {
	m, err := price.ParseMoney(t.MaxCost)
	if t.MaxCost == "" || err != nil {
		return price.Amount{}
	}
	return price.Known(m)
}

// Over reports whether calls cost more than a trial may. An unknown cost is not known to be more; it withholds the
// verdict.
func (b *Bill) Over(t suite.Task, calls []usage.Call) bool {
	most, limited := Cap(t).Value()
	if !limited {
		return false
	}
	cost, known := b.Sum(calls).Amount.Value()
	return known && cost.Cmp(most) > 0
}

// Refused counts the calls that the provider refused, by its status, from 400 on. It belongs to the caller.
func (b *Bill) Refused() map[int]int { return maps.Clone(b.refused) }
