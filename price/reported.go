package price

import (
	"cmp"
	"fmt"

	"github.com/pertask/pertask/price/money"
	"github.com/pertask/pertask/price/words"
	"github.com/pertask/pertask/usage"
)

// reported puts the charge that the provider reported of a call in the place of the book's amount, and keeps the list
// price beside it. The charge of a call that was seen in part is at least that much.
func (p Pricing) reported(c usage.Call, out Priced, override bool) Priced {
	charged, wrong := charge(c)
	partial := ""
	if c.Coverage == usage.Partial { // the charge of an answer that was cut may be a running total
		partial = cut + words.Because(c.Problem)
	}
	list := func() Priced {
		list, _ := p.atList().fromBook(c)
		return list
	}
	return p.charged(charged, wrong, partial, out, list, override)
}

// atList is the pricing without contracts.
func (p Pricing) atList() Pricing { return Pricing{Book: p.Book, At: p.At, Hour: p.Hour} }

// charged puts a charge, of which wrong says why it is none, in the place of the amount of out. What the account was
// charged has every contract in it already: undiscounted is out without them. An amount by a price of the user's own stays, and
// is compared. Partial says why the charge is a lower bound, "" when it is not.
func (p Pricing) charged(charged Money, wrong, partial string, out Priced, undiscounted func() Priced, override bool) Priced {
	ours := out.Cost
	if override && ours.Amount.IsKnown() {
		if wrong == "" && ours.Status == Exact {
			wrong = apart(charged, ours.Amount, "configuration")
		}
		return out.note(wrong)
	}
	if len(p.Discounts) > 0 {
		out = undiscounted()
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
	switch {
	case partial != "":
		out.Cost.Status = LowerBound
		out = out.note(partial)
	case out.Cost.Amount.Equal(out.Cost.List) && out.Cost.Amount.Equal(ours.Amount):
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
			return Money{}, fmt.Sprintf("the provider reported a cost of %q, which is not an amount of dollars", words.Short(s))
		}
		sum = sum.Plus(m)
	}
	return sum, ""
}

// apart words that the provider's figure and one of ours differ by more than a hundredth of ours.
func apart(charged Money, ours Amount, source string) string {
	if m, _ := ours.Value(); !money.Apart(charged, m) {
		return ""
	}
	return fmt.Sprintf("the provider reported %s USD, the %s says %s: more than 1 %% apart", charged, source, ours)
}
