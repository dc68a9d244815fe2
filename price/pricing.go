package price

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
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

// Line is one class of tokens of a call, or of a part of it.
type Line struct {
	Part   string // the part's kind, such as "compaction"; "" for the call's own tokens
	Model  string // id in the book, for a part with a model of its own; "" when it is the call's
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
// did not say. Its parts are priced each by itself and added.
//
// A price of the user's own configuration goes before a figure reported by the provider, and that before the
// book. A call whose usage was not seen costs an unknown amount, and so does a complete one with a class, rate,
// fee, surcharge or part that is not known. A call that was seen in part costs at least the parts that are known.
// An unbilled one costs exactly nothing.
func (p Pricing) Call(c usage.Call) Priced {
	out, override := p.catalogue(c)
	if c.ReportedUSD != "" {
		out = p.reported(c, out, override)
	}
	if len(c.Unclassified) > 0 {
		out.Notes = append(out.Notes, "usage fields that are not understood: "+short(strings.Join(c.Unclassified, ", ")))
	}
	return out
}

// catalogue prices a call by the book, and says whether by a row of the user's own.
func (p Pricing) catalogue(c usage.Call) (out Priced, override bool) {
	switch c.Coverage {
	case usage.Unbilled:
		return Priced{Cost: Nothing(), Notes: []string{"not billed by the provider"}}, false
	case usage.Complete, usage.Partial:
	default:
		return Priced{Missing: "the call's usage was not seen" + because(c.Problem)}, false
	}
	partial := c.Coverage == usage.Partial
	q, missing := p.quote(c.Provider, c.Model(), c.Tier(), c.Attributes)
	if missing != "" {
		return Priced{Missing: missing}, false
	}
	out = p.request(q, c.Tokens, c.Requests, partial)
	for _, part := range c.Parts {
		out = out.with(p.part(c, part), partial, part.Kind)
	}
	if partial {
		out.Notes = append(out.Notes, "a part of the usage was seen: at least this much"+because(c.Problem))
	}
	return out, q.row.override
}

// request prices what one request consumed, in the band of its own context.
func (p Pricing) request(q quote, t usage.Tokens, units map[string]int64, partial bool) Priced {
	rates, missing := q.ratesFor(t, partial)
	if missing != "" {
		return Priced{Row: q.row.ID, Missing: missing}
	}
	bill := newBill(q, partial)
	bill.tokens(t, rates)
	bill.fees(p.Book, units)
	return p.discount(bill.total(), q)
}

// part prices a part of a call like a request of its own, in the call's tier and with its attributes.
func (p Pricing) part(c usage.Call, part usage.Part) Priced {
	q, missing := p.quote(c.Provider, cmp.Or(part.Model, c.Model()), c.Tier(), c.Attributes)
	if missing != "" {
		return Priced{Missing: missing}
	}
	out := p.request(q, part.Tokens, nil, c.Coverage == usage.Partial)
	for i := range out.Lines {
		if out.Lines[i].Part = part.Kind; part.Model != "" {
			out.Lines[i].Model = q.model.id
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
		part.Notes = append(part.Notes, fmt.Sprintf("left out: part %q: %s", short(kind), part.Missing))
	case part.Missing != "":
		return Priced{Row: out.Row, Notes: out.Notes, Missing: fmt.Sprintf("part %q: %s", short(kind), part.Missing)}
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

// reported puts the charge that the provider reported in the place of the book's amount, and keeps the list
// price beside it. What the account was charged has every contract in it already. An amount by a price of the
// user's own stays, and is compared.
func (p Pricing) reported(c usage.Call, out Priced, override bool) Priced {
	charged, wrong := charge(c)
	ours := out.Cost
	if override && ours.Amount.known {
		if wrong == "" && ours.Status == Exact {
			wrong = apart(charged, ours.Amount, "configuration")
		}
		return out.note(wrong)
	}
	if len(p.Discounts) > 0 {
		out, _ = Pricing{Book: p.Book, At: p.At}.catalogue(c)
	}
	if wrong != "" {
		return Priced{Row: out.Row, Notes: out.Notes, Missing: wrong}
	}
	list := out.Cost
	out.Cost = Cost{Amount: Known(charged), Status: ProviderReported, Billed: Known(charged)}
	if list.Status == Exact {
		out.Cost.List = list.List
		out = out.note(apart(charged, list.List, "price book"))
	}
	if out.Cost.Amount.Equal(out.Cost.List) && out.Cost.Amount.Equal(ours.Amount) {
		out.Cost.Status = Exact // two sources agree to the last digit
	}
	out.Missing = ""
	return out
}

// charge is what the provider reported: its own cost, and that of the provider behind it where that is charged
// besides. A charge behind a gateway that did not report its own is not all of the cost, so it is not looked at.
func charge(c usage.Call) (sum Money, wrong string) {
	for _, s := range []string{c.ReportedUSD, cmp.Or(c.ReportedUpstreamUSD, "0")} {
		m, err := ParseMoney(s)
		if err != nil || m.IsNegative() {
			return Money{}, fmt.Sprintf("the provider reported a cost of %q, which is not an amount of dollars", short(s))
		}
		sum = sum.Plus(m)
	}
	return sum, ""
}

// apart words that the provider's figure and one of ours differ by more than a hundredth of ours.
func apart(charged Money, ours Amount, source string) string {
	d := charged.Minus(ours.m)
	if d.IsNegative() {
		d = ours.m.Minus(charged)
	}
	if d.Times(100).Cmp(ours.m) <= 0 {
		return ""
	}
	return fmt.Sprintf("the provider reported %s USD, the %s says %s: more than 1 %% apart", charged, source, ours)
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
	return out.note(fmt.Sprintf("list price times %s", d.Multiplier) + inBrackets(d.Note))
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
	case id == "":
		return q, "the call does not name its model"
	}
	provider = p.Book.Provider(provider)
	q = quote{provider: provider, model: p.Book.find(provider, id)}
	if q.model == nil {
		return q, p.add("price for model %q of provider %q", short(id), short(provider)) + snippet(provider, id, standard, global)
	}
	if missing := p.row(&q, p.Book.tier(provider, tier), cmp.Or(attributes["region"], global)); missing != "" {
		return q, missing
	}
	if missing := p.attributes(&q, attributes); missing != "" {
		return q, missing
	}
	if q.row.override {
		q.notes = append(q.notes, "price from the configuration"+inBrackets(q.row.Note))
	}
	if g := q.row.Guaranteed; !g.IsZero() && !p.At.Before(g) {
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
			return p.add("price for tier %q in region %q of model %q of provider %q", short(tier), short(region), q.model.id, q.provider) + snippet(q.provider, q.model.id, tier, region)
		}
		q.apply(f, "tier="+tier)
	}
	if unknown != "" {
		return p.add("price for model %q of provider %q because %s", q.model.id, q.provider, unknown) + snippet(q.provider, q.model.id, tier, region)
	}
	return ""
}

// attributes applies the factor of every attribute, and refuses one that the book has no factor for: it may
// change the price.
func (p Pricing) attributes(q *quote, attributes map[string]string) (missing string) {
	for _, k := range sorted(maps.Keys(attributes)) {
		if attributes[k] == "" || k == "region" {
			continue
		}
		what := k + "=" + attributes[k]
		f, ok := p.Book.factor(q.model, k, attributes[k])
		concerned, told := q.model.traits[f.Needs]
		switch {
		case !ok || f.Needs != "" && !told:
			return p.add("factor for %q of model %q of provider %q", short(what), q.model.id, q.provider)
		case f.Needs == "" || concerned:
			q.apply(f, what)
		}
	}
	return ""
}

// apply adds a factor to the quote. A factor of 1 is how the book says that a value changes nothing.
func (q *quote) apply(f factor, what string) {
	if f.Factor.String() == "1" {
		return
	}
	q.factors = append(q.factors, f)
	q.notes = append(q.notes, fmt.Sprintf("tokens times %s for %s", f.Factor, short(what)))
}

// factor returns the factor for an attribute's value, or else the one for every value of the attribute.
func (b *Book) factor(m *model, key, value string) (factor, bool) {
	for _, want := range []string{value, ""} {
		for _, f := range b.factors {
			if f.provider == m.provider && f.key == key && f.value == want && f.concerns(m.id) {
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

// snippet continues what add words with the row of the configuration that gives a price.
func snippet(provider, model, tier, region string) string {
	row := fmt.Sprintf("provider: %s, model: %s", scalar(provider), scalar(model))
	if tier != standard {
		row += ", tier: " + scalar(tier)
	}
	if region != global {
		row += ", region: " + scalar(region)
	}
	return `, or add it under prices.rows in .github/pertask.yml: {` + row + `, rates: {input: "...", output: "..."}}`
}

// word is a text that YAML reads as a text without quotes: one that holds a letter and one of -./ at least.
var word = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*[-./][-A-Za-z0-9._/@]*$|^[a-z]{4,}$`)

func scalar(s string) string {
	if s = short(s); word.MatchString(s) && s != "true" && s != "null" && s != "false" {
		return s
	}
	return strconv.Quote(s)
}

func inBrackets(note string) string {
	if note == "" {
		return ""
	}
	return " (" + note + ")"
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
