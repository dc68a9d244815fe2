package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pertask/pertask/cmd/pertask/text"
	"github.com/pertask/pertask/price"
)

// discountFlags collects the values of --discount.
type discountFlags struct {
	given, none bool
	list        []price.Discount
}

// String implements flag.Value.
func (d *discountFlags) String() string { return "" }

// plainDecimal is how the configuration writes a multiplier: digits with at most one point inside.
var plainDecimal = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)

// maxMultiplier is the largest multiplier that the configuration allows, too.
const maxMultiplier = "10"

// Set implements flag.Value.
func (d *discountFlags) Set(s string) error {
	d.given, d.none = true, d.none || s == "none"
	if s == "none" {
		return nil
	}
	what, multiplier, ok := strings.Cut(s, "=")
	provider, model, of := strings.Cut(what, "/")
	if !ok || provider == "" || of && model == "" {
		return fmt.Errorf("%s; write provider=multiplier or provider/model=multiplier, such as openai=0.875, or none", text.Quote(s))
	}
	m, err := price.ParseMoney(multiplier)
	by, ferr := price.ParseFactor(multiplier)
	if err != nil || ferr != nil || !plainDecimal.MatchString(multiplier) || m.IsZero() || m.Cmp(price.MustMoney(maxMultiplier)) > 0 {
		return fmt.Errorf("multiplier %s; write a number above 0 and up to %s, such as 0.875 for 12.5 %% off", text.Quote(multiplier), maxMultiplier)
	}
	d.list = append(d.list, price.Discount{Provider: provider, Model: model, Multiplier: by})
	return nil
}

// check refuses discounts that no call could ever get with a book, because they would be taken for granted in vain, and
// those of which only the first would count. A provider may go by another name that the book knows.
func (d *discountFlags) check(book *price.Book) error {
	if d.none && len(d.list) > 0 {
		return usagef("--discount none removes all contracts; give it alone")
	}
	known, seen := billers(book), map[string]bool{}
	for _, c := range d.list {
		provider := book.Provider(c.Provider)
		if !slices.Contains(known, provider) {
			return usagef("--discount: the price book has no provider %s; allowed are %s", text.Quote(c.Provider), strings.Join(known, ", "))
		}
		target := provider
		if c.Model != "" {
			rows := book.Rows(provider, c.Model)
			if len(rows) == 0 {
				return usagef("--discount: the price book has no model %s of %s; leave it out for all models of the provider", text.Quote(c.Model), provider)
			}
			target += "/" + rows[0].ID // the same under every name of the model
		}
		if seen[target] {
			return usagef("--discount: a second one for %s; give one for each provider, and one for each of its models",
				text.Quote(strings.TrimSuffix(provider+"/"+c.Model, "/")))
		}
		seen[target] = true
	}
	return nil
}

// billers are the providers of a book, sorted.
func billers(book *price.Book) []string {
	var out []string
	for _, model := range book.Models() {
		out = append(out, book.Providers(model)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
