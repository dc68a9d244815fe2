package spend

import (
	"cmp"
	"time"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

// OfCalls makes entries of metered calls. What is not about a call, such as the source, the session and the place, is taken from
// like. The calls of one hour and price are one entry, and the entries are sorted.
//
// A call that was not billed is in none. One that was not seen to its end, or not at all, is Unseen; of one that was seen in part
// the part counts as a call besides. What a call consumed at another model is an entry of that model.
func OfCalls(like Entry, calls ...usage.Call) []Entry {
	sums := map[string]Entry{}
	for _, c := range calls {
		for _, e := range ofCall(like, c) {
			e = e.Complete()
			if old, ok := sums[e.ID]; ok {
				e, _ = Plus(old, e) // they have the same ID
			}
			sums[e.ID] = e
		}
	}
	var set Set
	for _, e := range sums {
		set.Add(e)
	}
	return set.Sorted()
}

func ofCall(like Entry, c usage.Call) []Entry {
	if c.State == usage.Ended && c.Coverage == usage.Unbilled {
		return nil
	}
	e := like
	at := c.Time.UTC().Round(0)
	e.Hour, e.Last = at.Truncate(time.Hour), at
	e.Price = Price{Provider: c.Provider, Model: c.Model(), Tier: c.Tier(), Attributes: c.Attributes}
	e.Calls, e.Unseen, e.Tokens, e.Requests, e.ReportedUSD = 0, 0, usage.Tokens{}, nil, price.Amount{}
	if c.State != usage.Ended || c.Coverage != usage.Complete {
		e.Unseen = 1
	}
	if c.State != usage.Ended || c.Coverage == usage.Missing {
		return []Entry{e}
	}
	e.Calls, e.Tokens, e.Requests = 1, known(c.Tokens), c.Requests
	prompt, _ := e.Tokens.Context().Value()
	e.Above, e.Upto = Step(prompt)
	if m, err := price.ParseMoney(c.ReportedUSD); err == nil {
		e.ReportedUSD = price.Known(m)
	}
	all := []Entry{e}
	for _, p := range c.Parts {
		part := e
		part.Model, part.Tokens, part.Requests, part.ReportedUSD, part.Unseen = cmp.Or(p.Model, e.Model), known(p.Tokens), nil, price.Amount{}, 0
		prompt, _ := part.Tokens.Context().Value()
		part.Above, part.Upto = Step(prompt)
		all = append(all, part)
	}
	return all
}

// known takes nothing for what was not told of a call: the call is Unseen besides where that may have been something.
func known(t usage.Tokens) usage.Tokens {
	reasoning := t.Reasoning
	for _, c := range usage.Classes() {
		if !t.Of(c).IsKnown() {
			t.Set(c, usage.Known(0))
		}
	}
	t.Reasoning = reasoning
	return t
}
