package drift

import (
	"cmp"
	"slices"
	"time"

	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

// Soon is how long before its end a price is told of.
const Soon = 14 * 24 * time.Hour

// Rate is the price of a class of tokens before and after, dollars per million; unknown where the book has none.
type Rate struct {
	Class         usage.Class
	Before, After price.Amount
}

// Repricing is a price that has changed, or ends soon.
type Repricing struct {
	Provider, Model, Tier string
	// Ends is when the price of now ends, or what the provider has promised of it; zero for one that has changed already.
	Ends  time.Time
	Rates []Rate // those that differ; none for an end after which nothing is known
}

// Prices says of the models that trials used which prices have changed since the oldest stored trial, and which end soon:
// by the dates in the price book, at the hour of the week of now.
func (t Terms) Prices(stored, fresh []ledger.BaseTrial) []Repricing {
	var out []Repricing
	since := t.Now
	for _, b := range stored {
		if b.Time.Before(since) {
			since = b.Time
		}
	}
	for _, m := range used(append(slices.Clone(stored), fresh...)) {
		if rates := t.between(m, since, t.Now); len(rates) > 0 {
			out = append(out, Repricing{Provider: m.provider, Model: m.model, Tier: m.tier, Rates: rates})
		}
		if ends := t.ends(m, since); !ends.IsZero() {
			out = append(out, Repricing{Provider: m.provider, Model: m.model, Tier: m.tier, Ends: ends, Rates: t.between(m, t.Now, ends)})
		}
	}
	return out
}

// sold is a model as it is billed.
type sold struct{ provider, model, tier string }

func used(trials []ledger.BaseTrial) []sold {
	var out []sold
	for _, b := range trials {
		for _, call := range b.Calls {
			if call.Coverage != usage.Unbilled {
				out = append(out, sold{call.Provider, call.Model(), call.Tier()})
			}
		}
	}
	slices.SortFunc(out, func(a, b sold) int {
		return cmp.Or(cmp.Compare(a.provider, b.provider), cmp.Compare(a.model, b.model), cmp.Compare(a.tier, b.tier))
	})
	return slices.Compact(out)
}

// between are the rates that differ at two instants. A price that the book does not have at either is no change: that it
// is missing is told where it is needed.
func (t Terms) between(m sold, from, to time.Time) []Rate {
	before, err := t.at(from).List(m.provider, m.model, m.tier)
	after, err2 := t.at(to).List(m.provider, m.model, m.tier)
	if err != nil || err2 != nil {
		return nil
	}
	var out []Rate
	for _, class := range usage.Classes() {
		a, b := rate(before, class), rate(after, class)
		if !a.Equal(b) {
			out = append(out, Rate{Class: class, Before: a, After: b})
		}
	}
	return out
}

func rate(r price.Rates, class usage.Class) price.Amount {
	if m, known := r.Of(class); known {
		return price.Known(m)
	}
	return price.Amount{}
}

func (t Terms) at(instant time.Time) price.Pricing {
	return price.Pricing{Book: t.Pricing.Book, At: instant, Hour: t.Now}
}

// ends is when the row that is in force now ends, if that is soon, or the end of what its provider has promised, if that is
// soon or was since the oldest stored trial; zero otherwise.
func (t Terms) ends(m sold, since time.Time) time.Time {
	now, err := t.at(t.Now).List(m.provider, m.model, m.tier)
	if err != nil {
		return time.Time{}
	}
	for _, row := range t.Pricing.Book.Rows(m.provider, m.model) {
		switch {
		case row.ID != now.Row:
		case !row.Until.IsZero() && row.Until.Sub(t.Now) <= Soon:
			return row.Until
		case !row.Guaranteed.IsZero() && row.Guaranteed.Sub(t.Now) <= Soon && row.Guaranteed.After(since):
			return row.Guaranteed
		}
	}
	return time.Time{}
}
