package figure

import (
	"math"
	"math/big"
	"strings"

	"github.com/pertask/pertask/price"
)

// dollars writes an amount with at least 3 significant digits and at least 2 decimals.
func dollars(m price.Money) string {
	if m.IsZero() {
		return "$0"
	}
	return withSign(m.Fixed(places(m)))
}

// exactDollars writes every digit of an amount, and at least 2 decimals. It is for rates, which are published
// with few digits.
func exactDollars(m price.Money) string {
	s := m.String()
	_, fraction, _ := strings.Cut(s, ".")
	switch {
	case len(fraction) > 12:
		return dollars(m)
	case len(fraction) < 2:
		s = m.Fixed(2)
	}
	return withSign(s)
}

func withSign(s string) string {
	if rest, negative := strings.CutPrefix(s, "-"); negative {
		return "-$" + thousands(rest)
	}
	return "$" + thousands(s)
}

// places is the number of decimals that leave 3 significant digits, and at least 2.
func places(m price.Money) int32 {
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(m.String(), "-"), ".")
	if strings.Trim(whole, "0") != "" {
		return 2
	}
	zeros := len(fraction) - len(strings.TrimLeft(fraction, "0"))
	p := int32(zeros + 3)
	if strings.HasPrefix(strings.TrimLeft(m.Fixed(p), "-"), "1") {
		return 2 // 0.9996 is rounded up to a whole dollar
	}
	return p
}

// Amount writes an amount with at least 3 significant digits and at least 2 decimals, such as "$0.572"; it may be
// Unknown.
func Amount(a price.Amount) string {
	m, known := a.Value()
	if !known {
		return Unknown
	}
	return dollars(m)
}

// Rate writes every digit of a list price, and at least 2 decimals, such as "$0.05"; it may be Unknown.
func Rate(a price.Amount) string {
	m, known := a.Value()
	if !known {
		return Unknown
	}
	return exactDollars(m)
}

// Cost writes what something cost, and says so where it is only known to be at least that.
func Cost(c price.Cost) string {
	if c.Status == price.LowerBound && c.Amount.IsKnown() {
		return "at least " + Amount(c.Amount)
	}
	return Amount(c.Amount)
}

// What is below tiniest dollars, or above largest, is a quotient of no use to anybody: its digits are not written out.
const (
	tiniest = 1e-6
	largest = 1e15
)

// PerTask writes a cost per completed task: "none completed" for +Inf, Unknown for NaN.
func PerTask(q Quotient) string {
	f := float64(q)
	switch {
	case math.IsInf(f, 1):
		return "none completed"
	case math.IsNaN(f) || math.IsInf(f, -1):
		return Unknown
	case f > 0 && f < tiniest:
		return "under $0.000001"
	}
	if m, err := price.ParseMoney(decimal(f)); err == nil && math.Abs(f) < largest {
		return dollars(m)
	}
	return withSign(Significant(f, 3))
}

// USD writes dollars from statistics, such as "$0.572" or "-$3.10"; Unknown for NaN and infinities.
func USD(n Number) string {
	f := float64(n)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Unknown
	}
	s := PerTask(Quotient(math.Abs(f)))
	rest, small := strings.CutPrefix(s, "under ")
	switch {
	case f >= 0:
		return s
	case small:
		return "over -" + rest
	}
	return "-" + s
}

// Difference writes dollars from statistics with their sign, such as "+$0.572"; Unknown for NaN and infinities.
func Difference(n Number) string {
	s := USD(n)
	if n > 0 && strings.HasPrefix(s, "$") {
		return "+" + s
	}
	return s
}

// Mean is an amount divided by a count, exact; nil when there is none.
func Mean(a price.Amount, n int) *big.Rat {
	m, known := a.Value()
	if !known || n <= 0 {
		return nil
	}
	r, ok := new(big.Rat).SetString(m.String())
	if !ok {
		return nil
	}
	return r.Quo(r, new(big.Rat).SetInt64(int64(n)))
}

// Dollars writes what Mean returns; Unknown for nil.
func Dollars(r *big.Rat) string {
	if r == nil {
		return Unknown
	}
	m, err := price.ParseMoney(r.FloatString(20))
	if err != nil {
		return Unknown
	}
	return dollars(m)
}
