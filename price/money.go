// Package price turns tokens into exact dollars with a dated price book.
//
// It knows rates, dates, tiers, discounts and exact money. It refuses to know HTTP, arms, tasks and GitHub.
// No other package does arithmetic on money, and nothing here rounds or touches a float: float64 exists for
// statistics only (see Money.Float64), and only package report rounds.
package price

import "github.com/pertask/pertask/price/money"

// Money is an exact amount of US dollars. The zero value is zero dollars. Adding and multiplying decimals
// never rounds, so there is no division and no way in from a float.
type Money = money.USD

// Factor is an exact multiplier of money, such as a discount. The zero value multiplies by zero.
type Factor = money.Factor

// ParseMoney reads a decimal number such as "0.00375", written as JSON writes numbers. It refuses signs other
// than a leading minus, exponents beyond what a price can need, and anything that is not a number.
func ParseMoney(s string) (Money, error) { return money.Parse(s) }

// Decimal is ParseMoney for a number of which the digits are known: n with the point moved to the left by so many
// places, at most 40. Neither is below 0.
func Decimal(n int64, places int) Money { return money.Decimal(n, places) }

// MustMoney is ParseMoney for constants; it panics on a malformed one.
func MustMoney(s string) Money { return money.Must(s) }

// ParseFactor reads a decimal number of at least zero.
func ParseFactor(s string) (Factor, error) { return money.ParseFactor(s) }
