package price

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pertask/pertask/usage"
)

// RowInfo is one price of a model as the book has it.
type RowInfo struct {
	ID, Tier, Region string
	From, Until      time.Time             // half-open, UTC; zero: open
	Guaranteed       time.Time             // the end of what the provider promised; zero: no promotion
	Precision        string                // "day" when the time zone of a change was not published
	Windows          []string              // hours in which the row holds, such as "sat,sun 01:00-04:00 UTC"; none: always
	Rates            map[usage.Class]Money // per million tokens; a class without a rate costs what input costs, but see Override
	Refused          []usage.Class         // classes without a price: a call that has tokens of them costs an unknown amount
	LongContext      *Band                 // nil when the context does not matter
	Sources          []string              // what Book.Sources describes; none for the user's own rows
	Verified         string                // date of the newest source, YYYY-MM-DD; "" for the user's own rows
	Note             string                // the user's, for people
}

// Band is what a request pays when its context passes a threshold: all of its tokens, not the part above.
type Band struct {
	Threshold int64
	Inclusive bool // a context of exactly Threshold tokens is in the band
	Rates     map[usage.Class]Money
	Unpriced  bool // not offered, or the price is not known
}

// FactorInfo multiplies every token rate of calls that have an attribute or a tier.
type FactorInfo struct {
	When     string   // such as "tier=batch", or "data_residency" for every value
	Needs    string   // trait of the model on which it depends; "" for none
	Models   []string // none: every model of the provider
	Factor   Factor
	Sources  []string
	Verified string // YYYY-MM-DD
}

// FeeInfo is the price of something that is not a token.
type FeeInfo struct {
	Unit     string // such as "web_search"
	USD      Money  // for Per units
	Per      int64
	Sources  []string
	Verified string // YYYY-MM-DD
}

// Rows returns copies of all rows of a model, those that go before others first. The model is named as in
// Providers; there are none for one that the book lacks.
func (b *Book) Rows(provider, model string) []RowInfo {
	m := b.find(provider, model)
	if m == nil {
		return nil
	}
	var out []RowInfo
	for _, r := range m.rows {
		i := r.RowInfo
		i.Rates, i.Refused, i.Sources, i.Windows = maps.Clone(i.Rates), slices.Clone(i.Refused), slices.Clone(i.Sources), slices.Clone(i.Windows)
		if long := i.LongContext; long != nil {
			i.LongContext = &Band{long.Threshold, long.Inclusive, maps.Clone(long.Rates), long.Unpriced}
		}
		out = append(out, i)
	}
	return out
}

// Factors returns copies of the factors that concern a model. One that needs a trait of which the book says
// that the model lacks it does not concern the model.
func (b *Book) Factors(provider, model string) []FactorInfo {
	m := b.find(provider, model)
	if m == nil {
		return nil
	}
	var out []FactorInfo
	for _, f := range b.factors {
		has, told := m.traits[f.Needs]
		if f.provider == m.provider && f.concerns(m.id) && (has || !told) {
			i := f.FactorInfo
			i.Models, i.Sources = slices.Clone(i.Models), slices.Clone(i.Sources)
			out = append(out, i)
		}
	}
	return out
}

// concerns reports whether the factor is for a model.
func (f factor) concerns(id string) bool { return len(f.Models) == 0 || slices.Contains(f.Models, id) }

// Fees returns copies of a provider's fees, sorted by unit.
func (b *Book) Fees(provider string) []FeeInfo {
	if b == nil {
		return nil
	}
	var out []FeeInfo
	for n, f := range b.fees {
		if n.provider == b.Provider(provider) {
			f.Sources = slices.Clone(f.Sources)
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(f, g FeeInfo) int { return strings.Compare(f.Unit, g.Unit) })
	return out
}

// Sources returns what the names of sources stand for.
func (b *Book) Sources() map[string]string {
	if b == nil {
		return nil
	}
	return maps.Clone(b.sources)
}
