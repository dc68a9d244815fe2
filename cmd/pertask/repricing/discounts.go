package repricing

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/text"
	"github.com/pertask/pertask/config"
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
	by, err := price.ParseFactor(multiplier)
	if err != nil || !plainDecimal.MatchString(multiplier) {
		return fmt.Errorf("multiplier %s; write a number above 0 and up to 10, such as 0.875 for 12.5 %% off", text.Quote(multiplier))
	}
	d.list = append(d.list, price.Discount{Provider: provider, Model: model, Multiplier: by})
	return nil
}

// check refuses what the configuration refuses: discounts that no call could ever get with a book, because they would be
// taken for granted in vain, and those of which only the first would count.
func (d *discountFlags) check(book *price.Book) error {
	if d.none && len(d.list) > 0 {
		return command.Usagef("--discount none removes all contracts; give it alone")
	}
	if err := config.CheckDiscounts(book, d.list); err != nil {
		return command.Usagef("--discount: %v", err)
	}
	return nil
}
