// Package money holds exact amounts of US dollars and exact factors.
//
// It knows decimals. Nothing in it rounds or touches a float but what is named for it, and there is no division. It
// refuses to know prices and tokens; the rest of the program calls its types price.Money and price.Factor.
package money

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/shopspring/decimal"
)

// USD is an exact amount of US dollars. The zero value is zero dollars. Adding and multiplying decimals
// never rounds, so there is no division and no way in from a float.
type USD struct{ v fixed }

// plain is the grammar of a JSON number, in which providers report costs. An exponent is a part of it: a cost
// of 1e-05 dollars is a figure that has been seen.
var plain = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

// Parse reads a decimal number such as "0.00375", written as JSON writes numbers. It refuses signs other
// than a leading minus, exponents beyond what a price can need, and anything that is not a number.
func Parse(s string) (USD, error) {
	if v, ok := scan(s); ok {
		return USD{v}, nil
	}
	return parse(strings.Clone(s)) // so that s need not outlive the call
}

// leastExponent is that of the smallest digit that a price can need.
const leastExponent = -40

func parse(s string) (USD, error) {
	if len(s) > 64 {
		return USD{}, fmt.Errorf("money of %d characters; at most 64 are allowed", len(s))
	}
	d, err := decimal.NewFromString(s)
	if err != nil || !plain.MatchString(s) {
		return USD{}, fmt.Errorf("%q is not an amount of dollars; write a decimal number such as \"0.25\"", s)
	}
	if e := d.Exponent(); e < leastExponent || e > 15 {
		return USD{}, fmt.Errorf("%q is outside the range of an amount of dollars", s)
	}
	return USD{narrow(d)}, nil
}

// Must is Parse for constants; it panics on a malformed one.
func Must(s string) USD {
	m, err := Parse(s)
	if err != nil {
		panic(err)
	}
	return m
}

// Plus returns m + n.
func (m USD) Plus(n USD) USD { return USD{m.v.plus(n.v)} }

// Minus returns m - n.
func (m USD) Minus(n USD) USD { return USD{m.v.minus(n.v)} }

// Times returns m multiplied by a whole number, such as a count of tokens.
func (m USD) Times(n int64) USD { return USD{m.v.times(n)} }

// Scale returns m multiplied by an exact factor, such as a contract's 0.875.
func (m USD) Scale(f Factor) USD { return USD{m.v.mul(f.v)} }

// PerMillion returns m / 1,000,000, which is exact: it moves the decimal point.
func (m USD) PerMillion() USD { return USD{m.v.shifted(6)} }

// PerThousand returns m / 1,000, which is exact: it moves the decimal point.
func (m USD) PerThousand() USD { return USD{m.v.shifted(3)} }

// Cmp returns -1, 0 or 1 as m is less than, equal to or more than n.
func (m USD) Cmp(n USD) int { return m.v.cmp(n.v) }

// IsZero reports whether m is zero dollars.
func (m USD) IsZero() bool { return m.v.sign() == 0 }

// IsNegative reports whether m is below zero.
func (m USD) IsNegative() bool { return m.v.sign() < 0 }

// Equal reports whether two amounts are the same number; 1.0 equals 1.
func (m USD) Equal(n USD) bool { return m.v.cmp(n.v) == 0 }

// Apart reports whether two amounts differ by more than a hundredth of b.
func Apart(a, b USD) bool {
	d := a.v.minus(b.v).decimal().Abs()
	return d.Shift(2).Cmp(b.v.decimal().Abs()) > 0
}

// String returns every digit, without exponent, trailing zeros or currency sign. Only package report rounds.
func (m USD) String() string { return m.v.decimal().String() }

// Fixed returns m rounded half to even to the given number of decimals. It is for package report.
func (m USD) Fixed(places int32) string { return m.v.decimal().StringFixedBank(places) }

// Micros returns m in millionths of a dollar, and whether it is a whole number of them of 0 or more and below 2^53.
func (m USD) Micros() (n int64, ok bool) {
	f := m.v
	if f.wide != nil || f.neg || f.hi != 0 || f.places > 6 {
		return 0, false
	}
	_, lo, ok := times10(0, f.lo, 6-f.places)
	return int64(lo), ok && lo < 1<<53
}

// Decimal returns n with the point moved to the left by so many places, at most 40. Neither is below 0.
func Decimal(n int64, places int) USD {
	return USD{fixed{lo: uint64(max(n, 0)), places: uint8(min(max(places, 0), -leastExponent))}}
}

// FromPicos returns n millionths of a millionth of a dollar, n at least 0.
func FromPicos(n int64) USD { return USD{fixed{lo: uint64(max(n, 0)), places: 12}} }

// Float64 returns the nearest float64. It is for package stats, and for nothing that is shown or added up.
func (m USD) Float64() float64 { return m.v.float() }

// MarshalJSON writes a decimal string, never a JSON number.
func (m USD) MarshalJSON() ([]byte, error) { return json.Marshal(m.String()) }

// UnmarshalJSON reads a decimal string. A JSON number is refused: it may have passed through a float.
func (m *USD) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("money must be a decimal string such as \"0.25\", not %s", b)
	}
	v, err := Parse(s)
	if err != nil {
		return err
	}
	*m = v
	return nil
}

// Factor is an exact multiplier of money, such as a discount. The zero value multiplies by zero.
type Factor struct{ v fixed }

// ParseFactor reads a decimal number of at least zero.
func ParseFactor(s string) (Factor, error) {
	m, err := Parse(s)
	if err != nil || m.IsNegative() {
		return Factor{}, fmt.Errorf("%q is not a factor; write a decimal number of 0 or more such as \"0.875\"", s)
	}
	return Factor(m), nil
}

// String returns every digit.
func (f Factor) String() string { return f.v.decimal().String() }

// IsZero reports whether the factor is zero, which nothing should be multiplied by.
func (f Factor) IsZero() bool { return f.v.sign() == 0 }
