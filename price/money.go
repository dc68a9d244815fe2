// Package price turns tokens into exact dollars with a dated price book.
//
// It knows rates, dates, tiers, discounts and exact money. It refuses to know HTTP, arms, tasks and GitHub.
// No other package does arithmetic on money, and nothing here rounds or touches a float: float64 exists for
// statistics only (see Money.Float64), and only package report rounds.
package price

import (
	"encoding/json"
	"fmt"
	"regexp"

	"github.com/shopspring/decimal"
)

// Money is an exact amount of US dollars. The zero value is zero dollars. Adding and multiplying decimals
// never rounds, so there is no division and no way in from a float.
type Money struct{ d decimal.Decimal }

// plain is the grammar of a JSON number, in which providers report costs. An exponent is a part of it: a cost
// of 1e-05 dollars is a figure that has been seen.
var plain = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

// ParseMoney reads a decimal number such as "0.00375", written as JSON writes numbers. It refuses signs other
// than a leading minus, exponents beyond what a price can need, and anything that is not a number.
func ParseMoney(s string) (Money, error) {
	if len(s) > 64 {
		return Money{}, fmt.Errorf("money of %d characters; at most 64 are allowed", len(s))
	}
	d, err := decimal.NewFromString(s)
	if err != nil || !plain.MatchString(s) {
		return Money{}, fmt.Errorf("%q is not an amount of dollars; write a decimal number such as \"0.25\"", s)
	}
	if e := d.Exponent(); e < -40 || e > 15 {
		return Money{}, fmt.Errorf("%q is outside the range of an amount of dollars", s)
	}
	return Money{d}, nil
}

// MustMoney is ParseMoney for constants; it panics on a malformed one.
func MustMoney(s string) Money {
	m, err := ParseMoney(s)
	if err != nil {
		panic(err)
	}
	return m
}

// Plus returns m + n.
func (m Money) Plus(n Money) Money { return Money{m.d.Add(n.d)} }

// Minus returns m - n.
func (m Money) Minus(n Money) Money { return Money{m.d.Sub(n.d)} }

// Times returns m multiplied by a whole number, such as a count of tokens.
func (m Money) Times(n int64) Money { return Money{m.d.Mul(decimal.NewFromInt(n))} }

// Scale returns m multiplied by an exact factor, such as a contract's 0.875.
func (m Money) Scale(f Factor) Money { return Money{m.d.Mul(f.d)} }

// PerMillion returns m / 1,000,000, which is exact: it moves the decimal point.
func (m Money) PerMillion() Money { return Money{m.d.Shift(-6)} }

// PerThousand returns m / 1,000, which is exact: it moves the decimal point.
func (m Money) PerThousand() Money { return Money{m.d.Shift(-3)} }

// Cmp returns -1, 0 or 1 as m is less than, equal to or more than n.
func (m Money) Cmp(n Money) int { return m.d.Cmp(n.d) }

// IsZero reports whether m is zero dollars.
func (m Money) IsZero() bool { return m.d.IsZero() }

// IsNegative reports whether m is below zero.
func (m Money) IsNegative() bool { return m.d.IsNegative() }

// Equal reports whether two amounts are the same number; 1.0 equals 1.
func (m Money) Equal(n Money) bool { return m.d.Equal(n.d) }

// String returns every digit, without exponent, trailing zeros or currency sign. Only package report rounds.
func (m Money) String() string { return m.d.String() }

// Fixed returns m rounded half to even to the given number of decimals. It is for package report.
func (m Money) Fixed(places int32) string { return m.d.StringFixedBank(places) }

// Float64 returns the nearest float64. It is for package stats, and for nothing that is shown or added up.
func (m Money) Float64() float64 { f, _ := m.d.Float64(); return f }

// MarshalJSON writes a decimal string, never a JSON number.
func (m Money) MarshalJSON() ([]byte, error) { return json.Marshal(m.String()) }

// UnmarshalJSON reads a decimal string. A JSON number is refused: it may have passed through a float.
func (m *Money) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("money must be a decimal string such as \"0.25\", not %s", b)
	}
	v, err := ParseMoney(s)
	if err != nil {
		return err
	}
	*m = v
	return nil
}

// Factor is an exact multiplier of money, such as a discount. The zero value multiplies by zero.
type Factor struct{ d decimal.Decimal }

// ParseFactor reads a decimal number of at least zero.
func ParseFactor(s string) (Factor, error) {
	m, err := ParseMoney(s)
	if err != nil || m.IsNegative() {
		return Factor{}, fmt.Errorf("%q is not a factor; write a decimal number of 0 or more such as \"0.875\"", s)
	}
	return Factor(m), nil
}

// String returns every digit.
func (f Factor) String() string { return f.d.String() }
