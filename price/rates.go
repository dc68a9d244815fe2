package price

import (
	"errors"
	"fmt"

	"github.com/pertask/pertask/usage"
)

// Rates is the list price of a model and tier in dollars per million tokens, for a short context and without
// surcharges and discounts. A class that the row refuses is unknown; a class that the provider has no rate for
// costs what input costs, and what is written to the cache is unknown by a row of the configuration that has no rate for it.
type Rates struct {
	Provider, Model, Tier string // as in the book
	Row, Verified         string // id of the row, and the date of its newest source; no date for the user's own rows

	Input            Amount
	CacheRead        Amount
	CacheCreation    Amount // unknown also when the times to live have several rates
	CacheCreation5m  Amount
	CacheCreation30m Amount
	CacheCreation1h  Amount
	CacheCreation12h Amount
	Output           Amount

	// Threshold is the context in tokens above which other rates apply; 0 when there is none.
	Threshold int64
	Notes     []string // sentences for people, such as a promotion that may have ended
}

// Of returns the rate of one class per million tokens, and whether it is known.
func (r Rates) Of(c usage.Class) (Money, bool) {
	if p := r.field(c); p != nil {
		return p.Value()
	}
	return Money{}, false
}

func (r *Rates) field(c usage.Class) *Amount {
	return map[usage.Class]*Amount{
		usage.Input: &r.Input, usage.CacheRead: &r.CacheRead, usage.Output: &r.Output,
		usage.CacheCreation: &r.CacheCreation, usage.CacheCreation5m: &r.CacheCreation5m, usage.CacheCreation30m: &r.CacheCreation30m,
		usage.CacheCreation1h: &r.CacheCreation1h, usage.CacheCreation12h: &r.CacheCreation12h,
	}[c]
}

// List returns the list price of a model. The error names what is missing in the book.
func (p Pricing) List(provider, model, tier string) (Rates, error) {
	q, missing := p.quote(kind{provider, model, tier, nil})
	if missing != "" {
		return Rates{}, errors.New(missing)
	}
	r := Rates{Provider: q.provider, Model: q.model.id, Tier: p.Book.Tier(q.provider, tier), Row: q.row.ID, Verified: q.row.Verified, Notes: q.notes}
	for _, c := range usage.Classes() {
		m, how := q.row.rate(c, q.row.Rates)
		if how != certain {
			continue
		}
		for _, f := range q.factors {
			m = m.Scale(f.Factor)
		}
		*r.field(c) = Known(m)
	}
	if q.row.LongContext != nil {
		r.Threshold = q.row.LongContext.Threshold
	}
	return r, nil
}

// Tokens prices the totals of a whole trial, such as a recorded one whose calls are not known. Long-context
// rates go by single requests, which a total does not show, so the rates of a short context are used; a note
// says so when the total passes the threshold, and then the cost is exact only if no single request passed it.
func (p Pricing) Tokens(provider, model, tier string, t usage.Tokens) Priced {
	q, missing := p.quote(kind{provider, model, tier, nil})
	if missing != "" {
		return Priced{Missing: missing}
	}
	b := newBill(q, false)
	b.tokens(t, []map[usage.Class]Money{q.row.Rates})
	if n, known := t.Context().Value(); known && q.row.LongContext.passes(n) {
		b.out.Notes = append(b.out.Notes, fmt.Sprintf(
			"the total context of a trial passes %d tokens, above which %s costs other rates; priced as requests that each stay below",
			q.row.LongContext.Threshold, q.model.id))
	}
	if q.row.override {
		return b.total().paid(p.embedded().Tokens(provider, model, tier, t))
	}
	return p.discount(b.total(), q)
}
