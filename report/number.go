package report

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/pertask/pertask/price"
)

const unknown = "unknown"

// significant writes f with the given number of significant digits as a plain decimal with thousands
// separated. strconv rounds the exact value half to even.
func significant(f float64, digits int) string {
	if f == 0 {
		return "0"
	}
	rounded := round(f, digits)
	if math.Abs(rounded) >= 1e15 {
		return strconv.FormatFloat(rounded, 'e', digits-1, 64)
	}
	exponent := int(math.Floor(math.Log10(math.Abs(rounded))))
	places := digits - 1 - exponent
	if places > 12 {
		return "<0.000001"
	}
	return thousands(strconv.FormatFloat(rounded, 'f', max(places, 0), 64))
}

// round returns f rounded to the given number of significant digits.
func round(f float64, digits int) float64 {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(f, 'e', digits-1, 64), 64)
	if err != nil {
		return f
	}
	return rounded
}

// thousands puts commas into the whole part of a decimal number.
func thousands(s string) string {
	sign, rest := "", s
	if strings.HasPrefix(s, "-") {
		sign, rest = "-", s[1:]
	}
	whole, fraction, found := strings.Cut(rest, ".")
	var b strings.Builder
	for i, c := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	if found {
		b.WriteString("." + fraction)
	}
	return sign + b.String()
}

// bound writes a ratio with 3 significant digits, or as many more as it takes to keep it on its side of the
// threshold: 0.9996 against a threshold of 1 must not read as 1.00.
func bound(f, threshold float64) string {
	digits := 3
	for digits < 7 && side(round(f, digits), threshold) != side(f, threshold) {
		digits++
	}
	return significant(f, digits)
}

func side(f, threshold float64) int {
	switch {
	case f < threshold:
		return -1
	case f > threshold:
		return 1
	}
	return 0
}

// times writes a ratio for people, such as "2.66x".
func times(n Number, threshold float64) string {
	f := float64(n)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return unknown
	}
	return bound(f, threshold) + "x"
}

// interval writes the limits of a ratio with its confidence, such as "95 % 1.70-4.15".
func interval(low, high Number, confidence, threshold float64) string {
	l, h, c := float64(low), float64(high), level(confidence)
	switch {
	case math.IsNaN(l) || math.IsNaN(h):
		return c + " unknown"
	case math.IsInf(h, 1) && l <= 0:
		return c + " without limits"
	case math.IsInf(h, 1):
		return c + " at least " + bound(l, threshold)
	case l <= 0:
		return c + " at most " + bound(h, threshold)
	}
	return c + " " + bound(l, threshold) + "-" + bound(h, threshold)
}

// level writes a confidence, such as "95 %".
func level(confidence float64) string {
	return strconv.FormatFloat(math.Round(confidence*1000)/10, 'f', -1, 64) + " %"
}

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

// amount writes an amount that may be unknown.
func amount(a price.Amount) string {
	m, known := a.Value()
	if !known {
		return unknown
	}
	return dollars(m)
}

// rate writes a list price that may be unknown.
func rate(a price.Amount) string {
	m, known := a.Value()
	if !known {
		return unknown
	}
	return exactDollars(m)
}

// cost writes what something cost, and says so where it is only known to be at least that.
func cost(c price.Cost) string {
	if c.Status == price.LowerBound && c.Amount.IsKnown() {
		return "at least " + amount(c.Amount)
	}
	return amount(c.Amount)
}

// perTask writes a quotient of dollars.
func perTask(q Quotient) string {
	f := float64(q)
	switch {
	case math.IsInf(f, 1):
		return "none completed"
	case math.IsNaN(f) || math.IsInf(f, -1):
		return unknown
	}
	m, err := price.ParseMoney(decimal(f))
	if err != nil {
		return "<$0.000001"
	}
	return dollars(m)
}

// mean is an amount divided by a count, exact; nil when there is none.
func mean(a price.Amount, n int) *big.Rat {
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

// meanDollars writes what mean returns.
func meanDollars(r *big.Rat) string {
	if r == nil {
		return unknown
	}
	m, err := price.ParseMoney(r.FloatString(20))
	if err != nil {
		return unknown
	}
	return dollars(m)
}

// count writes a number of tokens, such as 812, 12.3k or 1.23M.
func count(n Number) string {
	f := float64(n)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return unknown
	}
	f = round(f, 3)
	switch {
	case f >= 1e9:
		return significant(f/1e9, 3) + "B"
	case f >= 1e6:
		return significant(f/1e6, 3) + "M"
	case f >= 1e3:
		return significant(f/1e3, 3) + "k"
	case f == math.Trunc(f):
		return strconv.FormatFloat(f, 'f', 0, 64)
	}
	return significant(f, 3)
}

// percent writes a share with at most one decimal; a share that is not quite none or all never reads as such.
func percent(n Number) string {
	f := float64(n)
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return unknown
	case f > 0 && f < 0.0005:
		return "<0.1 %"
	case f < 1 && f > 0.9995:
		return ">99.9 %"
	}
	return oneDecimal(f*100) + " %"
}

// points writes a difference of shares, such as "-14.5 points".
func points(n Number) string {
	f := float64(n)
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return unknown
	case f == 0:
		return "same"
	case math.Abs(f) < 0.0005:
		return "under 0.1 points"
	}
	return signed(f) + " points"
}

// signed writes a share in points with its sign.
func signed(f float64) string {
	s := oneDecimal(f * 100)
	if f > 0 {
		s = "+" + s
	}
	return s
}

func oneDecimal(f float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(f, 'f', 1, 64), ".0")
}

// duration writes seconds for people.
func duration(n Number) string {
	f := float64(n)
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0) || f < 0:
		return unknown
	case f < 59.95:
		return significant(f, 3) + " s"
	case f < 3599.5:
		s := int(math.RoundToEven(f))
		return fmt.Sprintf("%d min %d s", s/60, s%60)
	}
	m := int(math.RoundToEven(f / 60))
	return fmt.Sprintf("%s h %d min", thousands(strconv.Itoa(m/60)), m%60)
}

// change writes how a quantity went from base to head: as a multiple from a factor of 2 on, below as a
// percentage; "" when there is no statement.
func change(base, head float64) string {
	r := head / base
	switch {
	case math.IsNaN(r) || math.IsInf(r, 0) || r < 0:
		return ""
	case r == 0:
		return "to zero"
	case r == 1:
		return "same"
	case r >= 1.995:
		return multiple(r) + "x higher"
	case r <= 1/1.995:
		return multiple(1/r) + "x lower"
	case math.Abs(r-1) < 0.0005:
		return "under 0.1 %"
	}
	return signed(r-1) + " %"
}

// multiple is 3 significant digits, of which zeros after the first decimal are left out: 4.0, 10.6, 2.66.
func multiple(r float64) string {
	s := significant(r, 3)
	if strings.HasSuffix(s, "0") && strings.Index(s, ".") == len(s)-3 {
		s = s[:len(s)-1]
	}
	return s
}
