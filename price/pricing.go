package price

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/pertask/pertask/usage"
)

// Discount is what a contract takes off the list price of a provider, or of one of its models.
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
	// Discounts: one for the call's model goes before one for its provider, and the first of equals counts.
	Discounts []Discount
}

// Priced is what one call cost, and why.
type Priced struct {
	Cost Cost
	Row  string // id of the row in the book; "" when none was used
	// Lines are the priced classes with at least one token. With the Fees they add up to Cost.List exactly.
	Lines []Line
	Fees  []Fee
	// Missing says what is missing when the cost is unknown, and what to add to the book where that helps.
	// It is "" for every known cost.
	Missing string
	Notes   []string // sentences for people
}

// Line is one class of tokens of a call.
type Line struct {
	Class  usage.Class
	Tokens int64
	Rate   Money // per million tokens, surcharges included, contract discounts not
	USD    Money
}

// Fee is the price of units that are not tokens, such as web searches.
type Fee struct {
	Unit  string
	Count int64
	USD   Money
}

// quote is what a kind of call costs: the rates before anything was counted.
type quote struct {
	provider string
	model    *model
	row      *row
	factors  []factor
	notes    []string
}

// Call prices one call by what was served: the served model and tier, with the requested ones where the answer
// did not say.
//
// A figure reported by the provider goes before the book. A call whose usage was not seen costs an unknown
// amount, and so does a complete one with a class, rate, fee or surcharge that is not known. A call that was
// seen in part costs at least the parts that are known. An unbilled one costs exactly nothing.
func (p Pricing) Call(c usage.Call) Priced {
	var out Priced
	if c.ReportedUSD == "" {
		out = p.catalogue(c)
	} else { // what the account was charged has every contract in it already
		out = reported(Pricing{Book: p.Book, At: p.At}.catalogue(c), c.ReportedUSD)
	}
	if len(c.Unclassified) > 0 {
		out.Notes = append(out.Notes, "usage fields that are not understood: "+short(strings.Join(c.Unclassified, ", ")))
	}
	return out
}

// catalogue prices a call by the book alone.
func (p Pricing) catalogue(c usage.Call) Priced {
	switch c.Coverage {
	case usage.Unbilled:
		return Priced{Cost: Nothing(), Notes: []string{"not billed by the provider"}}
	case usage.Complete, usage.Partial:
	default:
		return Priced{Missing: "the call's usage was not seen" + because(c.Problem)}
	}
	q, missing := p.quote(c.Provider, c.Model(), c.Tier(), c.Attributes)
	if missing != "" {
		return Priced{Missing: missing}
	}
	rates, missing := q.ratesFor(c.Tokens, c.Coverage == usage.Partial)
	if missing != "" {
		return Priced{Row: q.row.id, Missing: missing}
	}
	bill := newBill(q, c.Coverage == usage.Partial)
	bill.tokens(c.Tokens, rates)
	bill.fees(p.Book, c.Requests)
	if bill.partial {
		bill.out.Notes = append(bill.out.Notes, "a part of the usage was seen: at least this much"+because(c.Problem))
	}
	return p.discount(bill.total(), q)
}

// reported replaces the amount by the provider's own figure and keeps the list price beside it.
func reported(out Priced, usd string) Priced {
	m, err := ParseMoney(usd)
	if err != nil || m.IsNegative() {
		return Priced{Row: out.Row, Notes: out.Notes,
			Missing: fmt.Sprintf("the provider reported a cost of %q, which is not an amount of dollars", short(usd))}
	}
	var list Amount
	if out.Cost.Status == Exact {
		list = out.Cost.List
	}
	if l, known := list.Value(); known && apart(m, l) {
		out.Notes = append(out.Notes, fmt.Sprintf("the provider reported %s USD, the price book says %s: more than 1 %% apart", m, l))
	}
	out.Cost = Cost{Amount: Known(m), Status: ProviderReported, List: list, Billed: Known(m)}
	out.Missing = ""
	return out
}

// apart reports whether two amounts differ by more than a hundredth of the second.
func apart(a, b Money) bool {
	d := a.Minus(b)
	if d.IsNegative() {
		d = b.Minus(a)
	}
	return d.Times(100).Cmp(b) > 0
}

// discount applies the contract to a list price. Without one, what is billed is not known apart from the list.
func (p Pricing) discount(out Priced, q quote) Priced {
	d, found := p.contract(q)
	list, known := out.Cost.List.Value()
	if !found || !known {
		return out
	}
	if d.Multiplier.d.IsZero() {
		return Priced{Row: out.Row, Missing: fmt.Sprintf("the discount for provider %q has multiplier 0; write a number above 0, such as 0.875", q.provider)}
	}
	billed := Known(list.Scale(d.Multiplier))
	out.Cost.Amount, out.Cost.Billed = billed, billed
	note := fmt.Sprintf("list price times %s", d.Multiplier)
	if d.Note != "" {
		note += " (" + d.Note + ")"
	}
	out.Notes = append(out.Notes, note)
	return out
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

// quote finds the row and the factors for a kind of call, or says what is missing.
func (p Pricing) quote(provider, id, tier string, attributes map[string]string) (q quote, missing string) {
	switch {
	case p.Book == nil || p.Book.models == nil:
		return q, "there is no price book"
	case p.At.IsZero():
		return q, "the instant whose prices apply is not set"
	}
	provider = p.Book.Provider(provider)
	q = quote{provider: provider, model: p.Book.find(provider, id)}
	if q.model == nil {
		return q, p.add("price for model %q of provider %q", short(id), short(provider))
	}
	if missing := p.row(&q, p.Book.tier(provider, tier), cmp.Or(attributes["region"], global)); missing != "" {
		return q, missing
	}
	if missing := p.attributes(&q, attributes); missing != "" {
		return q, missing
	}
	if g := q.row.guaranteed; !g.IsZero() && !p.At.Before(g) {
		q.notes = append(q.notes, fmt.Sprintf("the price of %s was guaranteed until %s: the promotion may have ended", q.model.id, g.Format(time.DateOnly)))
	}
	return q, ""
}

// row finds the row of a tier and region, or the standard row and the tier's factor.
func (p Pricing) row(q *quote, tier, region string) (missing string) {
	var unknown string
	if q.row, unknown = q.model.at(tier, region, p.At); q.row == nil {
		f, ok := p.Book.factor(q.model, "tier", tier)
		if q.row, unknown = q.model.at(standard, region, p.At); q.row == nil || !ok {
			return p.add("price for tier %q in region %q of model %q of provider %q", short(tier), short(region), q.model.id, q.provider)
		}
		q.apply(f, "tier="+tier)
	}
	if unknown != "" {
		return p.add("price for model %q of provider %q because %s", q.model.id, q.provider, unknown)
	}
	return ""
}

// attributes applies the factor of every attribute, and refuses one that the book has no factor for: it may
// change the price.
func (p Pricing) attributes(q *quote, attributes map[string]string) (missing string) {
	keys := make([]string, 0, len(attributes))
	for k, v := range attributes {
		if v != "" && k != "region" {
			keys = append(keys, k)
		}
	}
	sort.Strings(keys)
	for _, k := range keys {
		what := k + "=" + attributes[k]
		f, ok := p.Book.factor(q.model, k, attributes[k])
		concerned, told := q.model.traits[f.needs]
		switch {
		case !ok || f.needs != "" && !told:
			return p.add("factor for %q of model %q of provider %q", short(what), q.model.id, q.provider)
		case f.needs == "" || concerned:
			q.apply(f, what)
		}
	}
	return ""
}

// apply adds a factor to the quote. A factor of 1 is how the book says that a value changes nothing.
func (q *quote) apply(f factor, what string) {
	if f.by.String() == "1" {
		return
	}
	q.factors = append(q.factors, f)
	q.notes = append(q.notes, fmt.Sprintf("tokens times %s for %s", f.by, short(what)))
}

// factor returns the factor for an attribute's value, or else the one for every value of the attribute.
func (b *Book) factor(m *model, key, value string) (factor, bool) {
	for _, want := range []string{value, ""} {
		for _, f := range b.factors {
			if f.provider == m.provider && f.key == key && f.value == want && (len(f.models) == 0 || f.models[m.id]) {
				return f, true
			}
		}
	}
	return factor{}, false
}

// add words what to add to the book.
func (p Pricing) add(format string, args ...any) string {
	return fmt.Sprintf("no "+format, args...) +
		fmt.Sprintf(" at %s; a newer price book may have it", p.At.UTC().Format(time.DateOnly))
}

// because appends a reason to a sentence, if there is one.
func because(problem string) string {
	if problem == "" {
		return ""
	}
	return ": " + short(problem)
}

// short cuts a text from the wire to a length that fits into a sentence.
func short(s string) string {
	const most = 120
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "..."
	}
	return s
}

// ratesFor returns the sets of rates that may apply to a request. One is the rule; a request that was seen in
// part may have passed into the long-context band unseen, and then both are returned.
func (q quote) ratesFor(t usage.Tokens, partial bool) (sets []map[usage.Class]Money, missing string) {
	if q.row.long == nil {
		return []map[usage.Class]Money{q.row.rates}, ""
	}
	seen := usage.Known(0)
	for _, c := range usage.Classes() {
		n := t.Of(c)
		switch {
		case c == usage.Output:
		case n.IsKnown():
			seen = seen.Plus(n)
		case !partial:
			return []map[usage.Class]Money{q.row.rates}, "" // the unknown class is refused where it is billed
		}
	}
	n, known := seen.Value()
	switch long := q.row.long; {
	case (!known || long.passes(n)) && long.unpriced:
		return nil, fmt.Sprintf("no price for a context above %d tokens in row %q; a newer price book may have it", long.threshold, q.row.id)
	case !known || long.passes(n):
		return []map[usage.Class]Money{long.rates}, ""
	case partial && !long.unpriced:
		return []map[usage.Class]Money{q.row.rates, long.rates}, ""
	}
	return []map[usage.Class]Money{q.row.rates}, ""
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

func newBill(q quote, partial bool) *bill {
	return &bill{q: q, partial: partial, out: Priced{Row: q.row.id, Notes: slices.Clone(q.notes)}}
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
		rate, how := b.q.row.rate(c, sets[0])
		if len(sets) == 2 && how != none {
			if other, _ := b.q.row.rate(c, sets[1]); other.Cmp(rate) < 0 {
				rate = other
			}
		}
		if how == none {
			b.missing(fmt.Sprintf("no rate for %s in row %q; a newer price book may have it", c, b.q.row.id))
			continue
		}
		if how == atLeast {
			b.atLeast = true
			b.out.Notes = append(b.out.Notes, "how long the cache keeps what was written is not known: priced at the lowest rate")
		}
		for _, f := range b.q.factors {
			rate = rate.Scale(f.by)
		}
		usd := rate.Times(n).PerMillion()
		b.out.Lines = append(b.out.Lines, Line{Class: c, Tokens: n, Rate: rate, USD: usd})
		b.sum = b.sum.Plus(usd)
	}
}

func (b *bill) fees(book *Book, requests map[string]int64) {
	units := make([]string, 0, len(requests))
	for unit := range requests {
		units = append(units, unit)
	}
	sort.Strings(units)
	for _, unit := range units {
		n := requests[unit]
		fee, ok := book.fees[name{b.q.provider, unit}]
		switch {
		case n == 0:
		case n < 0:
			b.missing(fmt.Sprintf("%d requests of %s are not a count", n, short(unit)))
		case !ok:
			b.missing(fmt.Sprintf("no fee for %q of provider %q; a newer price book may have it", short(unit), b.q.provider))
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
