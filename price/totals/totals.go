// Package totals prices the totals of many trials of one model: what the price book says of the model is looked up once.
//
// It knows when a price is plain multiplication. It refuses to know anything else of prices: whatever is not plain is
// left to package price, so that every price is the one that package price.Pricing.Tokens gives.
package totals

import (
	"math"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

// Totals prices the totals of trials of one provider's model and tier. It is not safe for concurrent use.
type Totals struct {
	pricing               price.Pricing
	provider, model, tier string
	plain                 bool // without discounts, rows of the configuration, and anything missing
	none                  bool // nothing has a price
	nothing               price.Priced
	rates                 price.Rates
	known                 [len(classes)]bool
	rate, uncached        [len(classes)]price.Money
	long                  []string                // notes on a total that passes the long-context threshold
	unknown               map[uint16]price.Priced // by which counts are not known, and whether the threshold is passed
	lines                 [len(classes)]price.Line
}

var classes = [...]usage.Class{usage.Input, usage.CacheRead, usage.CacheCreation, usage.CacheCreation5m,
	usage.CacheCreation30m, usage.CacheCreation1h, usage.CacheCreation12h, usage.Output}

// New looks the model up.
func New(p price.Pricing, provider, model, tier string) *Totals {
	t := &Totals{pricing: p, provider: provider, model: model, tier: tier, unknown: map[uint16]price.Priced{}}
	rates, err := p.List(provider, model, tier)
	t.plain = err == nil && len(p.Discounts) == 0 && len(p.Book.Overridden()) == 0
	t.rates = rates
	if t.none = err != nil; t.none {
		t.nothing = p.Tokens(provider, model, tier, usage.Tokens{}) // for the same reason whatever was consumed
	}
	for i, c := range classes {
		t.rate[i], t.known[i] = rates.Of(c)
		if c == usage.CacheRead {
			t.uncached[i], _ = rates.Of(usage.Input)
		}
	}
	return t
}

// Price prices what one trial consumed. The lines are overwritten by the next price.
func (t *Totals) Price(used *usage.Tokens) price.Priced {
	if t.none {
		return t.nothing
	}
	if !t.plain {
		return t.slowly(used)
	}
	counts := [len(classes)]usage.Count{used.Input, used.CacheRead, used.CacheCreation, used.CacheCreation5m,
		used.CacheCreation30m, used.CacheCreation1h, used.CacheCreation12h, used.Output}
	var sum price.Money
	var unknown uint16
	lines := t.lines[:0]
	for i := range counts {
		n, known := counts[i].Value()
		switch {
		case !known:
			unknown |= 1 << i
		case n == 0:
		case !t.known[i]:
			return t.slowly(used)
		default:
			usd := t.rate[i].Times(n).PerMillion()
			lines = append(lines, price.Line{Class: classes[i], Tokens: n, Rate: t.rate[i], USD: usd, Uncached: t.uncached[i]})
			sum = sum.Plus(usd)
		}
	}
	long := false
	if t.rates.Threshold > 0 {
		context, _ := used.Context().Value()
		if context == t.rates.Threshold {
			return t.slowly(used) // who is billed how at the threshold itself is for the row to say
		}
		long = context > t.rates.Threshold
	}
	if unknown != 0 {
		return t.missing(unknown, long, used)
	}
	out := price.Priced{Row: t.rates.Row, Lines: lines, Notes: t.rates.Notes}
	out.Cost = price.Cost{Amount: price.Known(sum), Status: price.Exact, List: price.Known(sum)}
	if long {
		if t.long == nil {
			t.long = t.slowly(used).Notes
		}
		out.Notes = t.long
	}
	return out
}

// None reports whether nothing that the model consumed has a price.
func (t *Totals) None() bool { return t.none }

// Micros are rates in millionths of a dollar per million tokens.
type Micros struct{ Input, CacheRead, CacheCreation, Output int64 }

// Micros returns the rates by which every total is priced that stays below a context in tokens. It is not ok where a
// price is more than that, such as one with a discount; Price knows then.
func (t *Totals) Micros() (rates Micros, below int64, ok bool) {
	below = t.rates.Threshold
	if below == 0 {
		below = math.MaxInt64
	}
	ok = t.plain && len(t.rates.Notes) == 0
	for class, into := range map[usage.Class]*int64{usage.Input: &rates.Input, usage.CacheRead: &rates.CacheRead,
		usage.CacheCreation: &rates.CacheCreation, usage.Output: &rates.Output} {
		usd, known := t.rates.Of(class)
		n, whole := usd.Micros()
		*into, ok = n, ok && known && whole
	}
	return rates, below, ok
}

// missing is the price of a total with unknown counts: it is unknown, for the same reason each time.
func (t *Totals) missing(unknown uint16, long bool, used *usage.Tokens) price.Priced {
	if long {
		unknown |= 1 << len(classes)
	}
	out, ok := t.unknown[unknown]
	if !ok {
		out = t.slowly(used)
		t.unknown[unknown] = out
	}
	return out
}

func (t *Totals) slowly(used *usage.Tokens) price.Priced {
	return t.pricing.Tokens(t.provider, t.model, t.tier, *used)
}
