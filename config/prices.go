package config

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pertask/pertask/internal/strict"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

// readPrices reads what the price book does not know. A discount may name a model as a row of the file does.
func readPrices(c *Config, v strict.Value) {
	m := v.Map(keys["prices"]...)
	var book *price.Book
	rows, from := m.Get("rows"), []string(nil)
	if rows.Given() {
		from = billers(c)
	}
	c.Prices.Overrides, book = overrides(rows, from)
	c.Prices.Discounts = discounts(m.Get("discounts"), book)
}

// billers lists whose prices can be needed: the providers of the price book and of the upstreams.
func billers(c *Config) []string {
	out := slices.Clone(embeddedProviders())
	for _, u := range c.AllUpstreams() {
		if u.Provider != "" {
			out = append(out, u.Provider)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// overrides reads rows of the price book. It also returns the book with the rows in it.
func overrides(v strict.Value, billers []string) ([]price.Override, *price.Book) {
	var out []price.Override
	book := price.Embedded()
	for _, e := range v.List(maxRows) {
		o, ok := override(e.Map(keys["prices.rows"]...), billers)
		if !ok {
			continue
		}
		with, err := book.With([]price.Override{o})
		if err != nil {
			if inner := errors.Unwrap(err); inner != nil {
				err = inner // the row's number is known from its place
			}
			e.Fail(fmt.Sprintf("%s: %v", e.Name(), err), "")
			continue
		}
		out, book = append(out, o), with
	}
	return out, book
}

// override reads one row. It is not ok when something in it was wrong and has been said.
func override(m strict.Map, billers []string) (price.Override, bool) {
	o := price.Override{
		Provider: biller(m.Need("provider"), billers),
		Model:    label(m.Need("model"), maxNote),
		Tier:     tierWord(m.Get("tier")),
		Region:   tierWord(m.Get("region")),
		Note:     label(m.Get("note"), maxNote),

		Residency: told(m.Get("residency")), Geo: told(m.Get("geo")),
	}
	for _, a := range m.Get("aliases").Distinct(1, maxAliases) {
		o.Aliases = append(o.Aliases, label(a, maxNote))
	}
	var ok [5]bool
	o.From, ok[0] = instant(m.Get("from"))
	o.Until, ok[1] = instant(m.Get("until"))
	if !o.From.IsZero() && !o.Until.IsZero() && !o.From.Before(o.Until) {
		m.Get("until").Fail(m.Get("until").Name()+" is not after from", "a later day; the row ends as that day begins")
		ok[1] = false
	}
	o.Rates, ok[2] = rates(m.Need("rates"))
	o.Refuse, ok[3] = refuse(m.Get("refuse"))
	o.LongContext, ok[4] = band(m.Get("long_context"))
	return o, o.Provider != "" && o.Model != "" && !slices.Contains(o.Aliases, "") && !slices.Contains(ok[:], false)
}

// told reads true or false; nil when neither is given.
func told(v strict.Value) *bool {
	if !v.Given() {
		return nil
	}
	b := v.Bool()
	return &b
}

// biller reads a provider. One that no call can name would be priced in vain.
func biller(v strict.Value, known []string) string {
	s := providerName(v)
	if s == "" {
		return ""
	}
	if !slices.Contains(known, price.Embedded().Provider(s)) {
		v.Fail(fmt.Sprintf("%s: neither the price book nor an upstream has the provider %q", v.Name(), strict.Clip(s)), "allowed: "+strings.Join(known, ", "))
		return ""
	}
	return s
}

var tierForm = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)

// tierWord reads the name of a tier or region.
func tierWord(v strict.Value) string {
	s := v.Scalar()
	if s != "" && !tierForm.MatchString(s) {
		v.Fail(fmt.Sprintf("%s: %q is not allowed", v.Name(), strict.Clip(s)), "1 to 40 lower-case letters, digits, '-' and '_', such as flex or eu")
		return ""
	}
	return s
}

// instant reads a day, which begins at midnight in UTC, or a time in UTC; the zero time when none is given.
func instant(v strict.Value) (time.Time, bool) {
	if !v.Given() {
		return time.Time{}, true
	}
	const want = "a day such as 2026-12-01, which begins at midnight in UTC, or a time in UTC such as 2026-12-01T16:00:00Z"
	s, ok := v.Written(want)
	if !ok {
		return time.Time{}, false
	}
	for _, layout := range []string{"2006-01-02", "2006-01-02T15:04:05Z"} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() >= 2000 {
			return t, true
		}
	}
	v.Fail(fmt.Sprintf("%s: %q is not a day", v.Name(), strict.Clip(s)), want)
	return time.Time{}, false
}

// classNames are the classes of tokens, as rates are given for them.
func classNames() []string {
	var out []string
	for _, c := range usage.Classes() {
		out = append(out, string(c))
	}
	return out
}

// refuse reads the classes that are to have no price.
func refuse(v strict.Value) (out []usage.Class, ok bool) {
	ok = true
	for _, e := range v.Distinct(1, len(usage.Classes())) {
		c := e.Enum(classNames()...)
		ok = ok && c != ""
		out = append(out, usage.Class(c))
	}
	return out, ok && (!v.Given() || len(out) > 0)
}

// rates reads dollars per million tokens by class. Input and output have to be there and cost something: a price
// of nothing is mostly a price that somebody did not know, and it would make any model win.
func rates(v strict.Value) (map[usage.Class]price.Money, bool) {
	m := v.Map(classNames()...)
	if !v.IsMap() {
		return nil, false
	}
	out, ok := map[usage.Class]price.Money{}, true
	for _, c := range usage.Classes() {
		always := c == usage.Input || c == usage.Output
		at := m.Get(string(c))
		if always {
			at = m.Need(string(c))
		}
		if !at.Given() {
			ok = ok && !always
			continue
		}
		r, good := rate(at, always)
		out[c], ok = r, ok && good
	}
	for _, e := range v.Entries() { // a class that is not known has been said
		ok = ok && slices.Contains(classNames(), e.Key)
	}
	return out, ok
}

// rate reads dollars per million tokens from their text, so that no digit passes through a float.
func rate(v strict.Value, positive bool) (price.Money, bool) {
	want := "dollars for a million tokens, from 0 to " + maxRate + ", such as 0.25"
	if positive {
		want = "dollars for a million tokens, above 0 and up to " + maxRate + ", such as 0.25"
	}
	s, ok := v.Written(want)
	if !ok {
		return price.Money{}, false
	}
	m, err := price.ParseMoney(s)
	if err != nil || !plainDecimal(s) || m.Cmp(price.MustMoney(maxRate)) > 0 || positive && m.IsZero() {
		v.Fail(fmt.Sprintf("%s: %q is out of range or not a number", v.Name(), strict.Clip(s)), want)
		return price.Money{}, false
	}
	return m, true
}

// band reads what a request with a long context pays; nil when the context does not matter.
func band(v strict.Value) (*price.OverrideBand, bool) {
	if !v.Given() {
		return nil, true
	}
	m := v.Map(keys["prices.rows.long_context"]...)
	rates, ok := rates(m.Need("rates"))
	b := &price.OverrideBand{Threshold: m.Need("threshold").Int(1, maxContext), Inclusive: m.Get("inclusive").Bool(), Rates: rates}
	return b, ok && b.Threshold > 0
}

// embeddedProviders are the providers of the price book of this version, which takes a while to go through.
var embeddedProviders = sync.OnceValue(func() []string { return bookProviders(price.Embedded()) })

// bookProviders lists the providers of a book, sorted.
func bookProviders(book *price.Book) []string {
	var out []string
	for _, model := range book.Models() {
		for _, p := range book.Providers(model) {
			if !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	slices.Sort(out)
	return out
}

// Pricing returns how calls are priced at an instant: by the book with the rows of the configuration over it, and with
// its discounts.
func (p Prices) Pricing(book *price.Book, at time.Time) (price.Pricing, error) {
	with, err := book.With(p.Overrides)
	if err != nil {
		return price.Pricing{}, fmt.Errorf("reading prices.rows: %w", err)
	}
	return price.Pricing{Book: with, At: at.UTC(), Discounts: p.Discounts}, nil
}
