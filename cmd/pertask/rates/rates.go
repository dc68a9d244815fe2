// Package rates shows what a price book says of a model.
//
// It knows which rows of the book answer a question, and how they look as a table. It refuses to know how a call is
// priced, which is package price's, and flags.
package rates

import (
	"slices"
	"strings"
	"time"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

// Query says which prices are asked for.
type Query struct {
	Model    string    // an id, another name of it, or an id with a date behind it
	Provider string    // "" for every one that lists the model
	Tier     string    // as the book or the provider calls it; "" for every one
	At       time.Time // the instant whose prices are in force
}

// Prices is what one provider charges for a model. The names are those of the JSON output.
type Prices struct {
	Provider string   `json:"provider"`
	Rows     []Row    `json:"rows"`
	Factors  []Extra  `json:"factors"`
	Fees     []Extra  `json:"fees"`
	Sources  []string `json:"sources"`
}

// Row is one price of a model: of a tier, a region and a time.
type Row struct {
	ID         string                      `json:"id"`
	Tier       string                      `json:"tier"`
	Region     string                      `json:"region"`
	InForce    bool                        `json:"in_force"` // at the date; of a row with hours, in some of that day's
	From       *time.Time                  `json:"from"`
	Until      *time.Time                  `json:"until"`
	Guaranteed *time.Time                  `json:"guaranteed_until,omitempty"`
	Hours      []string                    `json:"hours,omitempty"`
	Rates      map[usage.Class]price.Money `json:"rates"`
	Refused    []usage.Class               `json:"refused,omitempty"`
	Long       *Band                       `json:"long_context,omitempty"`
	Sources    []string                    `json:"sources"`
	Verified   string                      `json:"verified"`
}

// Band is what a request with a long context pays.
type Band struct {
	Threshold int64                       `json:"threshold"`
	Inclusive bool                        `json:"inclusive"`
	Rates     map[usage.Class]price.Money `json:"rates,omitempty"`
	Unpriced  bool                        `json:"unpriced,omitempty"`
}

// Extra is a factor or a fee.
type Extra struct {
	When   string       `json:"when,omitempty"`
	Needs  string       `json:"needs,omitempty"`
	Factor string       `json:"factor,omitempty"`
	Unit   string       `json:"unit,omitempty"`
	USD    *price.Money `json:"usd,omitempty"`
	Per    int64        `json:"per,omitempty"`
}

// Find collects what the asked providers charge, in the order of their names; nothing when the book has no such price.
func Find(book *price.Book, q Query) []Prices {
	var out []Prices
	for _, provider := range q.providers(book) {
		if p := q.of(book, provider); len(p.Rows) > 0 {
			out = append(out, p)
		}
	}
	return out
}

// providers are the asked ones among those that list the model.
func (q Query) providers(book *price.Book) []string {
	return slices.DeleteFunc(book.Providers(q.Model), func(p string) bool {
		return q.Provider != "" && p != book.Provider(q.Provider)
	})
}

func (q Query) of(book *price.Book, provider string) Prices {
	out := Prices{Provider: provider, Rows: []Row{}, Factors: []Extra{}, Fees: []Extra{}, Sources: []string{}}
	tier := q.tier(book, provider)
	for _, r := range book.Rows(provider, q.Model) {
		if tier != "" && r.Tier != tier {
			continue
		}
		out.Rows = append(out.Rows, rowOf(r, q.At))
		out.Sources = append(out.Sources, r.Sources...)
	}
	slices.Sort(out.Sources)
	out.Sources = slices.Compact(out.Sources)
	for _, x := range book.Factors(provider, q.Model) {
		out.Factors = append(out.Factors, Extra{When: x.When, Needs: x.Needs, Factor: x.Factor.String()})
	}
	for _, x := range book.Fees(provider) {
		out.Fees = append(out.Fees, Extra{Unit: x.Unit, USD: &x.USD, Per: x.Per})
	}
	return out
}

// tier is the asked tier in the words of the rows. Some tiers are a factor on the standard rows.
func (q Query) tier(book *price.Book, provider string) string {
	if q.Tier == "" {
		return ""
	}
	asked := book.Tier(provider, q.Tier)
	if slices.ContainsFunc(book.Rows(provider, q.Model), func(r price.RowInfo) bool { return r.Tier == asked }) {
		return asked
	}
	if slices.ContainsFunc(book.Factors(provider, q.Model), func(f price.FactorInfo) bool { return f.When == "tier="+asked }) {
		return standard
	}
	return asked
}

const standard = "standard"

// tiers are the names of the tiers that the asked providers have for the model.
func (q Query) tiers(book *price.Book) []string {
	var out []string
	for _, p := range q.providers(book) {
		for _, r := range book.Rows(p, q.Model) {
			out = append(out, r.Tier)
		}
		for _, f := range book.Factors(p, q.Model) {
			if tier, ok := strings.CutPrefix(f.When, "tier="); ok {
				out = append(out, tier)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func rowOf(r price.RowInfo, at time.Time) Row {
	s := Row{ID: r.ID, Tier: r.Tier, Region: r.Region, From: moment(r.From), Until: moment(r.Until), Guaranteed: moment(r.Guaranteed),
		InForce: !at.Before(r.From) && (r.Until.IsZero() || at.Before(r.Until)), Hours: r.Windows, Rates: r.Rates, Refused: r.Refused,
		Sources: r.Sources, Verified: r.Verified}
	if b := r.LongContext; b != nil {
		s.Long = &Band{b.Threshold, b.Inclusive, b.Rates, b.Unpriced}
	}
	return s
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
