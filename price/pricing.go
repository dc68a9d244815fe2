package price

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pertask/pertask/price/words"
	"github.com/pertask/pertask/usage"
)

// Discount is what a contract takes off the list price of a provider, or of one of its models. It is never applied to
// a price that comes from a row of the configuration: such a row says what is paid.
type Discount struct {
	Provider   string
	Model      string // id or alias in the book; "" for every model of the provider
	Multiplier Factor // of the list price, such as 0.875; 0 makes costs unknown, never free
	Note       string // for people, such as "contract 2026"
}

// Pricing turns calls into dollars with one book at one instant. Both arms of a comparison share one Pricing,
// so that the difference between them is the models' and not the calendar's. The zero value prices nothing:
// every cost is unknown.
type Pricing struct {
	Book *Book
	// At is the instant whose rates apply, whenever the calls were made.
	At time.Time
	// Hour is an instant whose hour of the week decides which windows of hours hold, such as peak hours; zero means At.
	// It is for telling what calls of another time cost at the rates of At.
	Hour time.Time
	// Discounts: one for the call's model goes before one for its provider, and the first of equals counts.
	Discounts []Discount
}

// Priced is what one call cost, and why.
type Priced struct {
	Cost Cost
	Row  string // id of the row in the book; "" when none was used
	// Lines are the priced classes with at least one token, before discounts. With the Fees they add up to Cost.List
	// exactly, or to Cost.Amount where every row is the configuration's.
	Lines []Line
	Fees  []Fee
	// Missing says what is missing when the cost is unknown, and what to add to the book where that helps.
	// It is "" for every known cost.
	Missing string
	Notes   []string // sentences for people
}

// Line is one class of tokens of a call, or of a part of it.
type Line struct {
	Part   string // the part's kind, such as "compaction"; "" for the call's own tokens
	Model  string // id in the book, for a part with a model of its own; "" when it is the call's
	Class  usage.Class
	Tokens int64
	Rate   Money // per million tokens, surcharges included, contract discounts not
	USD    Money
	// Uncached is, of what a cache served, the rate of input that none serves; zero for other classes.
	Uncached Money
}

// Fee is the price of units that are not tokens, such as web searches.
type Fee struct {
	Unit  string
	Count int64
	USD   Money
}

// kind is what decides the rates of a request, whatever it consumed.
type kind struct {
	provider, model, tier string
	attributes            map[string]string
}

// quote is what a kind of call costs: the rates before anything was counted.
type quote struct {
	provider string
	id       string // of the model: the book's, or as it was asked for
	model    *model
	row      *row
	factors  []factor
	notes    []string
}

// Call prices one call by what was served: the served model and tier, with the requested ones where the answer
// did not say. Its parts are priced each by itself and added.
//
// A price of the user's own configuration goes before a figure reported by the provider, and that before the
// book. The configuration's is what is paid, so it is both Amount and Billed and no discount touches it; List is
// then the book's own price of the same, or the configuration's where the book has none in force. A call whose usage was not seen costs an unknown amount, and so does a complete one with a class, rate,
// fee, surcharge or part that is not known. A call that was seen in part costs at least the parts that are known.
// An unbilled one costs exactly nothing.
func (p Pricing) Call(c usage.Call) Priced {
	out, override := p.fromBook(c)
	if c.ReportedUSD != "" {
		out = p.reported(c, out, override)
	}
	fields := strings.Join(c.Unclassified, ", ")
	if fields != "" && !strings.Contains(strings.Join(append(out.Notes, out.Missing), "\n"), fields) { // as the problem of a partial call
		out.Notes = append(out.Notes, "usage fields that are not understood: "+words.Short(fields))
	}
	return out
}

// cut begins the note on a call that was seen in part.
const cut = "a part of the usage was seen: at least this much"

// fromBook prices a call by the book, and says whether by a row of the user's own.
func (p Pricing) fromBook(c usage.Call) (out Priced, override bool) {
	switch c.Coverage {
	case usage.Unbilled:
		return Priced{Cost: Nothing(), Notes: []string{"not billed by the provider"}}, false
	case usage.Complete, usage.Partial:
	default:
		return Priced{Missing: "the call's usage was not seen" + words.Because(c.Problem)}, false
	}
	partial := c.Coverage == usage.Partial
	out, q := p.request(kind{c.Provider, c.Model(), c.Tier(), c.Attributes}, c.Tokens, c.Requests, partial)
	if q.row == nil {
		return out, false
	}
	for _, part := range c.Parts {
		out = out.with(p.part(c, part), partial, part.Kind)
	}
	if partial {
		out.Notes = append(out.Notes, cut+words.Because(c.Problem))
	}
	return out, q.row.override
}

// request prices what one request consumed, in the band of its own context. The quote has no row when there is none.
func (p Pricing) request(k kind, t usage.Tokens, units map[string]int64, partial bool) (Priced, quote) {
	q, missing := p.quote(k)
	if missing != "" {
		return Priced{Missing: missing}, quote{}
	}
	rates, missing := q.ratesFor(t, partial)
	if missing != "" {
		return Priced{Row: q.row.ID, Missing: missing}, q
	}
	bill := newBill(q, partial)
	bill.tokens(t, rates)
	bill.fees(p.Book, units)
	if q.row.override {
		list, _ := p.embedded().request(k, t, units, partial)
		return bill.total().paid(list), q
	}
	return p.discount(bill.total(), q), q
}

// embedded is the pricing at list prices by the book without the rows of the configuration.
func (p Pricing) embedded() Pricing { return Pricing{Book: p.Book.base, At: p.At, Hour: p.Hour} }

// paid completes a price of the configuration, which is what is billed, with the book's list price of the same. The
// list price is unknown where the book has a row in force and cannot say as surely what it comes to.
func (out Priced) paid(list Priced) Priced {
	if out.Missing != "" {
		return out
	}
	out.Cost.Billed = out.Cost.Amount
	if list.Row != "" {
		out.Cost.List = Amount{}
		if list.Cost.Status >= out.Cost.Status {
			out.Cost.List = list.Cost.List
		}
	}
	return out
}

// with adds a part's price to the call's. A part without a price makes a complete call unknown, and is left
// out of a partial one.
func (out Priced) with(part Priced, partial bool, kind string) Priced {
	switch {
	case out.Missing != "":
		return out
	case part.Missing != "" && partial:
		part.Notes = append(part.Notes, fmt.Sprintf("left out: part %q: %s", words.Short(kind), part.Missing))
	case part.Missing != "":
		return Priced{Row: out.Row, Notes: out.Notes, Missing: fmt.Sprintf("part %q: %s", words.Short(kind), part.Missing)}
	default:
		out.Cost = out.Cost.Plus(part.Cost)
		out.Lines = append(out.Lines, part.Lines...)
	}
	return out.note(part.Notes...)
}

// note adds the notes that are not there yet.
func (out Priced) note(notes ...string) Priced {
	for _, n := range notes {
		if n != "" && !slices.Contains(out.Notes, n) {
			out.Notes = append(out.Notes, n)
		}
	}
	return out
}

// discount applies the contract to a list price. Without one, what is billed is not known apart from the list.
func (p Pricing) discount(out Priced, q quote) Priced {
	d, found := p.contract(q)
	list, known := out.Cost.List.Value()
	if !found || !known {
		return out
	}
	if d.Multiplier.IsZero() {
		return Priced{Row: out.Row, Missing: fmt.Sprintf("the discount for provider %q has multiplier 0; write a number above 0, such as 0.875", q.provider)}
	}
	billed := Known(list.Scale(d.Multiplier))
	out.Cost.Amount, out.Cost.Billed = billed, billed
	return out.note(fmt.Sprintf("list price times %s", d.Multiplier) + words.InBrackets(d.Note))
}

// contract returns the discount for a model, else the one for its provider.
func (p Pricing) contract(q quote) (Discount, bool) {
	for _, d := range p.Discounts {
		if p.Book.Provider(d.Provider) == q.provider && d.Model != "" && p.Book.find(d.Provider, d.Model) == q.model {
			return d, true
		}
	}
	for _, d := range p.Discounts {
		if p.Book.Provider(d.Provider) == q.provider && d.Model == "" {
			return d, true
		}
	}
	return Discount{}, false
}
