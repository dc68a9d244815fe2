// Package cost says what something cost, and how far that is known.
//
// It knows amounts that may be unknown, and how costs add up. It refuses to know rates, tokens, and where a figure is from beyond
// its status. Package price has its names as its own.
package cost

import (
	"encoding/json"
	"fmt"

	"github.com/pertask/pertask/price/money"
)

// Amount is an exact amount of money that may be unknown. The zero value is unknown, which is not zero: a
// sum that contains it is unknown.
type Amount struct {
	m     money.USD
	known bool
}

// Known returns the amount m.
func Known(m money.USD) Amount { return Amount{m, true} }

// Value returns the money and whether it is known.
func (a Amount) Value() (m money.USD, known bool) { return a.m, a.known }

// IsKnown reports whether the amount is known.
func (a Amount) IsKnown() bool { return a.known }

// Plus adds two amounts; unknown when either is.
func (a Amount) Plus(b Amount) Amount {
	if !a.known || !b.known {
		return Amount{}
	}
	return Known(a.m.Plus(b.m))
}

// Equal reports whether both are unknown or both the same amount.
func (a Amount) Equal(b Amount) bool { return a.known == b.known && (!a.known || a.m.Equal(b.m)) }

// String returns every digit, or "unknown".
func (a Amount) String() string {
	if !a.known {
		return "unknown"
	}
	return a.m.String()
}

// MarshalJSON writes a decimal string, or null when unknown.
func (a Amount) MarshalJSON() ([]byte, error) {
	if !a.known {
		return []byte("null"), nil
	}
	return a.m.MarshalJSON()
}

// UnmarshalJSON reads a decimal string, or null.
func (a *Amount) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*a = Amount{}
		return nil
	}
	a.known = true
	return a.m.UnmarshalJSON(b)
}

// Status says how far a cost can be trusted. The zero value is Unknown. The order is from worst to best, and
// a sum keeps the worst.
type Status int

// The statuses.
const (
	Unknown          Status = iota // a model, rate or usage is not known; the amount is null
	LowerBound                     // at least this much, such as a stream that was cut
	ProviderReported               // the provider's own figure
	Exact                          // every token and every rate is known
)

var statusNames = [...]string{"unknown", "lower_bound", "provider_reported", "exact"}

// String returns the name used in JSON: exact, provider_reported, lower_bound or unknown.
func (s Status) String() string {
	if s < 0 || int(s) >= len(statusNames) {
		return statusNames[Unknown]
	}
	return statusNames[s]
}

// MarshalText writes the name.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a name.
func (s *Status) UnmarshalText(b []byte) error {
	for i, n := range statusNames {
		if n == string(b) {
			*s = Status(i)
			return nil
		}
	}
	return fmt.Errorf("cost status %q; allowed are exact, provider_reported, lower_bound and unknown", b)
}

// Worse returns the worse of two statuses.
func (s Status) Worse(t Status) Status { return min(s, t) }

// Cost is what something cost. The zero value is unknown.
//
// Amount is the figure that the verdict uses. List is tokens at list price. Billed is what the provider charges
// after contract discounts, or as it reported it; null when that is not known apart from List. List and Billed
// are never mixed in one sum.
type Cost struct {
	Amount Amount `json:"amount"`
	Status Status `json:"status"`
	List   Amount `json:"list"`
	Billed Amount `json:"billed"`
}

// Nothing is a cost of exactly zero dollars: the sum to start from.
func Nothing() Cost {
	zero := Known(money.USD{})
	return Cost{Amount: zero, Status: Exact, List: zero, Billed: zero}
}

// Plus adds two costs field by field and keeps the worse status. An unknown amount makes the sum's unknown.
func (c Cost) Plus(d Cost) Cost {
	sum := Cost{
		Amount: c.Amount.Plus(d.Amount),
		Status: c.Status.Worse(d.Status),
		List:   c.List.Plus(d.List),
		Billed: c.Billed.Plus(d.Billed),
	}
	if !sum.Amount.known {
		sum.Status = Unknown
	}
	return sum
}

// Sum adds costs up, from Nothing. List and Billed are each the sum over all costs or unknown: a sum of which
// a part was billed at a known discount and a part was not has no billed figure.
func Sum(costs ...Cost) Cost {
	sum := Nothing()
	for _, c := range costs {
		sum = sum.Plus(c)
	}
	return sum
}

// UnmarshalJSON refuses a cost whose status contradicts its amount.
func (c *Cost) UnmarshalJSON(b []byte) error {
	type plain Cost
	var p plain
	if err := json.Unmarshal(b, &p); err != nil {
		return err
	}
	if p.Amount.known == (p.Status == Unknown) {
		return fmt.Errorf("a cost of amount %s with status %s: an unknown cost has amount null, every other has an amount", p.Amount, p.Status)
	}
	*c = Cost(p)
	return nil
}
