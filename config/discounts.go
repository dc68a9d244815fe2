package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pertask/pertask/internal/strict"
	"github.com/pertask/pertask/price"
)

// CheckDiscounts refuses what no contract says: a discount for a provider or model that the book does not have or
// that only rows of the configuration price, a second one for the same, and a multiplier of 0 or above 10. The book is
// the one with those rows in it. The error names the discount by its place, from 1, and what is allowed.
func CheckDiscounts(book *price.Book, ds []price.Discount) error {
	c := newContracts(book)
	for i, d := range ds {
		_, problem, allowed := c.target(d)
		if problem == "" && (d.Multiplier.IsZero() || !inRange(d.Multiplier.String())) {
			problem, allowed = fmt.Sprintf("multiplier %s is out of range", d.Multiplier), wantMultiplier
		}
		if problem != "" {
			return fmt.Errorf("discount %d: %s; %s", i+1, problem, allowed)
		}
	}
	return nil
}

// discounts reads contracts. A multiplier of 0 is refused: nothing is free by contract, and a misread one would
// make any model win.
func discounts(v strict.Value, book *price.Book) []price.Discount {
	var out []price.Discount
	if !v.Given() {
		return nil
	}
	c := newContracts(book)
	for _, e := range v.List(maxDiscounts) {
		m := e.Map(keys["prices.discounts"]...)
		d := price.Discount{Provider: label(m.Need("provider"), maxNote), Model: label(m.Get("model"), maxNote), Note: label(m.Get("note"), maxNote)}
		d.Multiplier = multiplier(m.Need("multiplier"))
		out = append(out, d)
		if d.Provider == "" {
			continue
		}
		switch key, problem, allowed := c.target(d); {
		case problem == "":
		case key == "":
			e.Fail(problem, allowed)
		default:
			m.Get(key).Fail(m.Get(key).Name()+": "+problem, allowed)
		}
	}
	return out
}

// contracts are the discounts that a book can have, and those that were given.
type contracts struct {
	book   *price.Book
	listed map[string]bool // provider -> the book has prices of its own
	seen   map[[2]string]bool
}

func newContracts(book *price.Book) *contracts {
	c := &contracts{book: book, listed: map[string]bool{}, seen: map[[2]string]bool{}}
	for _, model := range book.Models() {
		for _, p := range book.Providers(model) {
			c.listed[p] = c.listed[p] || c.lists(p, model)
		}
	}
	return c
}

// lists reports whether the book has a price of a model that is not the configuration's. Every one has a source.
func (c *contracts) lists(provider, model string) bool {
	return slices.ContainsFunc(c.book.Rows(provider, model), func(r price.RowInfo) bool { return len(r.Sources) > 0 })
}

// target refuses a discount that no call could ever get, because it would be taken for granted in vain, and a second
// one for the same. The key is that of what is wrong in it; "" is all of it.
func (c *contracts) target(d price.Discount) (key, problem, allowed string) {
	const rows = "leave the discount out: prices.rows say what you pay, and no discount is applied to them"
	provider := c.book.Provider(d.Provider)
	listed, known := c.listed[provider]
	models := c.book.Rows(provider, d.Model)
	switch {
	case !known:
		return "provider", fmt.Sprintf("the price book has no provider %q", strict.Clip(d.Provider)), "allowed: " + strings.Join(bookProviders(c.book), ", ")
	case d.Model != "" && len(models) == 0:
		return "model", fmt.Sprintf("the price book has no model %q of %s", strict.Clip(d.Model), provider),
			"a model of the price book, or leave it out for all models of the provider"
	case !listed:
		return "provider", fmt.Sprintf("the price book has no prices of %q of its own", strict.Clip(d.Provider)), rows
	case d.Model != "" && !c.lists(provider, d.Model):
		return "model", fmt.Sprintf("the price book has no price of %q of its own", strict.Clip(d.Model)), rows
	}
	same := [2]string{provider}
	if d.Model != "" {
		same[1] = models[0].ID // the model's first row, by whatever name it was found
	}
	if c.seen[same] {
		return "", fmt.Sprintf("a second discount for %q", strings.TrimSpace(d.Provider+" "+d.Model)), "one for each provider, and one for each of its models"
	}
	c.seen[same] = true
	return "", "", ""
}

const wantMultiplier = "a number above 0 and up to " + maxFactor + ", such as 0.875 for 12.5 % off"

func multiplier(v strict.Value) price.Factor {
	s, ok := v.Written(wantMultiplier)
	if !ok {
		return price.Factor{}
	}
	f, err := price.ParseFactor(s)
	if err != nil || !plainDecimal(s) || f.IsZero() || !inRange(s) {
		v.Fail(fmt.Sprintf("%s: %q is out of range or not a number", v.Name(), strict.Clip(s)), wantMultiplier)
		return price.Factor{}
	}
	return f
}

// inRange reports whether a multiplier is not above the highest.
func inRange(s string) bool {
	m, err := price.ParseMoney(s)
	return err == nil && m.Cmp(price.MustMoney(maxFactor)) <= 0
}
