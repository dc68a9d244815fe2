package price

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/pertask/pertask/price/words"
	"github.com/pertask/pertask/usage"
)

// geography lists the attributes that say where a call was served, and so where its parts were.
var geography = []string{"region", "data_residency", "inference_geo", "inference_profile", "location"}

// part prices a part of a call like a request of its own.
//
// A part of the call's model has the call's tier and attributes. One with another model shares the place and the
// batch only: nobody says in which tier or how fast the other model ran. Where the call was not served at standard,
// such a part costs at least the lower of the two prices.
func (p Pricing) part(c usage.Call, part usage.Part) Priced {
	k := kind{c.Provider, cmp.Or(part.Model, c.Model()), c.Tier(), c.Attributes}
	partial := c.Coverage == usage.Partial
	out, q := p.request(k, part.Tokens, nil, partial)
	if alone, same := p.alone(k, c.Model()); !same {
		inherited := out
		out, q = p.request(alone, part.Tokens, nil, partial)
		out = out.orLess(inherited, fmt.Sprintf("part %q: in which tier and how fast its model ran is not told: at least this much", words.Short(part.Kind)))
	}
	for i := range out.Lines {
		if out.Lines[i].Part = part.Kind; part.Model != "" {
			out.Lines[i].Model = q.model.id
		}
	}
	return out
}

// orLess returns the lower of two prices of which nobody says which one was paid. The note says so; it is not needed
// when both are the same.
func (out Priced) orLess(other Priced, note string) Priced {
	a, known := out.Cost.Amount.Value()
	b, also := other.Cost.Amount.Value()
	switch {
	case !known || also && a.Equal(b):
		return out
	case also && b.Cmp(a) < 0:
		out = other
	}
	out.Cost.Status = out.Cost.Status.Worse(LowerBound)
	return out.note(note)
}

// alone returns the kind of request that a part's model is known to have made, and whether it is priced the same as
// the call's own kind by what it is told of.
func (p Pricing) alone(k kind, of string) (alone kind, same bool) {
	m := p.Book.find(k.provider, k.model)
	if k.model == of || m != nil && m == p.Book.find(k.provider, of) {
		return k, true
	}
	alone, same = kind{provider: k.provider, model: k.model, attributes: map[string]string{}}, true
	switch p.Book.Tier(k.provider, k.tier) {
	case standard:
	case "batch":
		alone.tier = k.tier
	default:
		same = false
	}
	for a, v := range k.attributes {
		if slices.Contains(geography, a) {
			alone.attributes[a] = v
		} else if v != "" && v != standard {
			same = false
		}
	}
	return alone, same
}
