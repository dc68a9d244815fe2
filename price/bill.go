package price

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pertask/pertask/price/words"
	"github.com/pertask/pertask/usage"
)

// ratesFor returns the sets of rates that may apply to a request. One is the rule; a request that was seen in
// part may have passed into the long-context band unseen, and then both are returned.
func (q quote) ratesFor(t usage.Tokens, partial bool) (sets []map[usage.Class]Money, missing string) {
	if q.row.LongContext == nil {
		return []map[usage.Class]Money{q.row.Rates}, ""
	}
	seen := usage.Known(0)
	for _, c := range usage.Classes() {
		n := t.Of(c)
		switch {
		case c == usage.Output:
		case n.IsKnown():
			seen = seen.Plus(n)
		case !partial:
			return []map[usage.Class]Money{q.row.Rates}, "" // the unknown class is refused where it is billed
		}
	}
	n, known := seen.Value()
	switch long := q.row.LongContext; {
	case (!known || long.passes(n)) && long.Unpriced:
		return nil, fmt.Sprintf("no price for a context above %d tokens in row %q; a newer price book may have it", long.Threshold, q.row.ID)
	case !known || long.passes(n):
		return []map[usage.Class]Money{long.Rates}, ""
	case partial && !long.Unpriced:
		return []map[usage.Class]Money{q.row.Rates, long.Rates}, ""
	}
	return []map[usage.Class]Money{q.row.Rates}, ""
}

// bill adds up a call. The first thing that is missing in a complete call makes all of it unknown; in a partial
// one it is left out of the bound.
type bill struct {
	q       quote
	partial bool
	seen    bool // something was counted
	atLeast bool
	sum     Money
	out     Priced
}

// bounds says why a rate is a lower bound.
var bounds = map[certainty]string{
	atLeast: "how long the cache keeps what was written is not known: priced at the lowest rate",
	notSaid: "the row of the configuration has no rate for what is written to the cache: priced as input, at least this much",
}

func newBill(q quote, partial bool) *bill {
	return &bill{q: q, partial: partial, out: Priced{Row: q.row.ID, Notes: slices.Clone(q.notes)}}
}

func (b *bill) tokens(t usage.Tokens, sets []map[usage.Class]Money) {
	for _, c := range usage.Classes() {
		n, known := t.Of(c).Value()
		if !known {
			b.missing(fmt.Sprintf("the count of %s tokens is not known", c))
			continue
		}
		b.seen = true
		if n == 0 {
			continue
		}
		rate, how := b.q.rate(c, sets)
		if how == none {
			b.missing(fmt.Sprintf("no rate for %s in row %q; a newer price book may have it", c, b.q.row.ID))
			continue
		}
		if how != certain {
			b.atLeast = true
			b.out = b.out.note(bounds[how])
		}
		usd := rate.Times(n).PerMillion()
		line := Line{Class: c, Tokens: n, Rate: rate, USD: usd}
		if c == usage.CacheRead {
			line.Uncached, _ = b.q.rate(usage.Input, sets)
		}
		b.out.Lines = append(b.out.Lines, line)
		b.sum = b.sum.Plus(usd)
	}
}

// rate returns what a class of tokens costs per million, surcharges included: the lowest where several sets may apply.
func (q quote) rate(c usage.Class, sets []map[usage.Class]Money) (Money, certainty) {
	rate, how := q.row.rate(c, sets[0])
	if len(sets) == 2 && how != none {
		if other, _ := q.row.rate(c, sets[1]); other.Cmp(rate) < 0 {
			rate = other
		}
	}
	for _, f := range q.factors {
		rate = rate.Scale(f.Factor)
	}
	return rate, how
}

func (b *bill) fees(book *Book, requests map[string]int64) {
	for _, unit := range sorted(maps.Keys(requests)) {
		n := requests[unit]
		fee, ok := book.fees[name{b.q.provider, unit}]
		switch {
		case n == 0:
		case n < 0:
			b.missing(fmt.Sprintf("%d requests of %s are not a count", n, words.Short(unit)))
		case !ok:
			b.missing(fmt.Sprintf("no fee for %q of provider %q; a newer price book may have it", words.Short(unit), b.q.provider))
		default:
			b.out.Fees = append(b.out.Fees, Fee{Unit: unit, Count: n, USD: fee.of(n)})
			b.sum = b.sum.Plus(fee.of(n))
		}
	}
}

func (b *bill) missing(what string) {
	if b.out.Missing == "" {
		b.out.Missing = what
	}
}

// total closes the bill.
func (b *bill) total() Priced {
	if b.out.Missing != "" && (!b.partial || !b.seen) {
		return Priced{Row: b.out.Row, Missing: b.out.Missing, Notes: b.out.Notes}
	}
	if b.out.Missing != "" {
		b.out.Notes = append(b.out.Notes, "left out: "+b.out.Missing)
		b.out.Missing = ""
	}
	b.out.Cost = Cost{Amount: Known(b.sum), Status: Exact, List: Known(b.sum)}
	if b.partial || b.atLeast {
		b.out.Cost.Status = LowerBound
	}
	return b.out
}
