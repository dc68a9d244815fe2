package price

import (
	"cmp"
	"fmt"
	"maps"
	"time"

	"github.com/pertask/pertask/price/words"
	"github.com/pertask/pertask/usage"
)

// quote finds the row and the factors for a kind of call, or says what is missing.
func (p Pricing) quote(k kind) (q quote, missing string) {
	switch {
	case p.Book == nil || p.Book.models == nil:
		return q, "there is no price book"
	case p.At.IsZero():
		return q, "the instant whose prices apply is not set"
	case k.model == "":
		return q, "the call does not name its model"
	}
	provider := p.Book.Provider(k.provider)
	q = quote{provider: provider, id: k.model, model: p.Book.find(provider, k.model)}
	if q.model == nil {
		return q, p.add("price for model %q of provider %q", words.Short(q.id), words.Short(provider)) + p.rowFor(q, standard, global)
	}
	q.id = q.model.id
	if missing := p.row(&q, p.Book.Tier(provider, k.tier), cmp.Or(k.attributes["region"], global)); missing != "" {
		return q, missing
	}
	if missing := p.attributes(&q, k.attributes); missing != "" {
		return q, missing
	}
	if q.row.override {
		q.notes = append(q.notes, "price from the configuration"+words.InBrackets(q.row.Note))
	}
	if g := q.row.Guaranteed; !g.IsZero() && !p.At.Before(g) {
		q.notes = append(q.notes, fmt.Sprintf("the price of %s was guaranteed until %s: the promotion may have ended", q.model.id, g.Format(time.DateOnly)))
	}
	return q, ""
}

// hour is the instant by which windows of hours hold.
func (p Pricing) hour() time.Time {
	if p.Hour.IsZero() {
		return p.At
	}
	return p.Hour
}

// row finds the row of a tier and region, or the standard row and the tier's factor.
func (p Pricing) row(q *quote, tier, region string) (missing string) {
	var unknown string
	if q.row, unknown = q.model.at(tier, region, p.At, p.hour()); q.row == nil {
		f, ok := p.Book.factor(q.model, "tier", tier)
		if q.row, unknown = q.model.at(standard, region, p.At, p.hour()); q.row == nil || !ok {
			return p.add("price for tier %q in region %q of model %q of provider %q", words.Short(tier), words.Short(region), q.id, q.provider) + p.rowFor(*q, tier, region)
		}
		q.apply(f, "tier="+tier)
	}
	if unknown != "" {
		return p.add("price for model %q of provider %q because %s", q.id, q.provider, unknown) + p.rowFor(*q, tier, region)
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
		case !ok:
			return p.add("factor for %q of model %q of provider %q", words.Short(what), q.id, q.provider)
		case f.Needs != "" && !told:
			return p.add("factor for %q of model %q of provider %q", words.Short(what), q.id, q.provider) +
				fmt.Sprintf(", or say whether the model pays it: \"%[1]s: true\" or \"%[1]s: false\" in its row under prices.rows in %[2]s", f.Needs, words.File)
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
	q.notes = append(q.notes, fmt.Sprintf("tokens times %s for %s", f.Factor, words.Short(what)))
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

// rowFor words the row of the configuration that gives a price, to continue what add words. It names the times to live
// that the provider's other models have rates of: writing to their caches costs more than input does.
func (p Pricing) rowFor(q quote, tier, region string) string {
	w := words.Row{Provider: q.provider, Model: q.id, Tier: tier, Region: region, Sold: map[usage.Class]bool{}}
	for n, m := range p.Book.models {
		for _, r := range m.rows {
			for c := range r.Rates {
				w.Sold[c] = w.Sold[c] || n.provider == q.provider
			}
		}
	}
	return ", or add it under prices.rows in " + words.File + ": " + w.String()
}
