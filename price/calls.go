package price

import (
	"fmt"
	"math"

	"github.com/pertask/pertask/usage"
)

// Calls are calls added up that share all that a price goes by, besides what they consumed.
type Calls struct {
	Provider, Model, Tier string
	Attributes            map[string]string // see usage.Call
	Count                 int64             // how many were added up; 0 when that is not known
	Unseen                int64             // further calls, whose usage was not seen: they cost something that is not known
	// Above and Upto bound the prompt of each single call: Above < prompt <= Upto. Above 0 is no bound, and neither is
	// Upto 0. Context bands go by single prompts, which a sum does not show.
	Above, Upto int64
	Tokens      usage.Tokens     // of the calls that were counted
	Requests    map[string]int64 // billable units that are not tokens, of the same
	// ReportedUSD is what the provider says that the calls that were counted cost; unknown when it did not of each.
	ReportedUSD Amount
}

// Sum prices calls that were added up: exactly what Call makes of each and adds up, where the bounds of their prompts
// say on which side of a row's threshold all of them are. Where they leave that open, the cost is a lower bound, at the
// lower of the two rates of each class. It is a lower bound as well when there are Unseen calls, and unknown when there
// are no others. The rules of Call hold for everything else.
func (p Pricing) Sum(c Calls) Priced {
	if c.Unseen > 0 && c.nothing() {
		return Priced{Missing: fmt.Sprintf("the usage of %d calls was not seen", c.Unseen)}
	}
	out, override := p.sum(c)
	charged, known := c.ReportedUSD.Value()
	if !known {
		return out
	}
	wrong := ""
	if charged.IsNegative() {
		wrong = fmt.Sprintf("the provider reported a cost of %q, which is not an amount of dollars", charged)
	}
	list := func() Priced {
		list, _ := p.atList().sum(c)
		return list
	}
	return p.charged(charged, wrong, c.unseen(), out, list, override)
}

// nothing reports whether nothing was counted.
func (c Calls) nothing() bool {
	if c.Count > 0 || len(c.Requests) > 0 || c.ReportedUSD.IsKnown() {
		return false
	}
	for _, class := range usage.Classes() {
		if n, _ := c.Tokens.Of(class).Value(); n > 0 {
			return false
		}
	}
	return true
}

// unseen says why the price is a lower bound, "" when all calls were seen.
func (c Calls) unseen() string {
	if c.Unseen <= 0 {
		return ""
	}
	return fmt.Sprintf("the usage of %d more calls was not seen: at least this much", c.Unseen)
}

// sum prices calls by the book, and says whether by a row of the user's own.
func (p Pricing) sum(c Calls) (Priced, bool) {
	q, missing := p.quote(kind{c.Provider, c.Model, c.Tier, c.Attributes})
	if missing != "" {
		return Priced{Missing: missing}, false
	}
	sets, bound, missing := q.ratesOf(c)
	if missing != "" {
		return Priced{Row: q.row.ID, Missing: missing}, q.row.override
	}
	b := newBill(q, c.Unseen > 0)
	if bound != "" {
		b.atLeast = true
	}
	b.out = b.out.note(bound, c.unseen())
	b.tokens(c.Tokens, sets)
	b.fees(p.Book, c.Requests)
	if q.row.override {
		list, _ := p.embedded().sum(c)
		return b.total().paid(list), true
	}
	return p.discount(b.total(), q), false
}

// ratesOf returns the sets of rates that may apply to the calls, and says why it is not known which where there are two.
func (q quote) ratesOf(c Calls) (sets []map[usage.Class]Money, bound, missing string) {
	long := q.row.LongContext
	if long == nil {
		return []map[usage.Class]Money{q.row.Rates}, "", ""
	}
	low, high := c.prompts()
	switch {
	case !long.passes(high):
		return []map[usage.Class]Money{q.row.Rates}, "", ""
	case long.passes(low) && long.Unpriced:
		return nil, "", fmt.Sprintf("no price for a context above %d tokens in row %q; a newer price book may have it", long.Threshold, q.row.ID)
	case long.passes(low):
		return []map[usage.Class]Money{long.Rates}, "", ""
	}
	bound = fmt.Sprintf("which of the calls pass %d tokens of context, above which %s costs other rates, is not known: at least this much", long.Threshold, q.id)
	if long.Unpriced {
		return []map[usage.Class]Money{q.row.Rates}, bound, ""
	}
	return []map[usage.Class]Money{q.row.Rates, long.Rates}, bound, ""
}

// prompts returns the least and the most tokens that the prompt of a single call can have: as the bounds say, and as is
// left of the sum when all others have the least or the most.
func (c Calls) prompts() (low, high int64) {
	low, high = 0, math.MaxInt64
	if c.Above > 0 && c.Above < math.MaxInt64 {
		low = c.Above + 1
	}
	if c.Upto > 0 {
		high = c.Upto
	}
	sum, known := c.Tokens.Context().Value()
	others := max(c.Count-1, 0)
	if !known || others > 0 && low > sum/others {
		return low, high // the sum is not that of such calls
	}
	tightest := low
	if c.Count > 0 && (others == 0 || high <= sum/others) {
		tightest = max(low, sum-others*high)
	}
	if left := sum - others*low; left >= low {
		high = min(high, left)
	}
	return min(tightest, max(high, low)), high
}
