// Package usage holds what one provider request consumed, in disjoint classes of tokens.
//
// It knows the classes, that they are disjoint, and that a count which was not reported is unknown and
// not zero. It refuses to know money, HTTP, and any provider's JSON: package meter and its wire formats
// convert at the edge, package price multiplies.
package usage

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// Count is a number of tokens or units. The zero value is unknown, which is not zero: it cannot be priced
// and it makes every sum that contains it unknown.
type Count struct {
	n     int64
	known bool
}

// Known returns a count of n. A negative n is a programming error of the decoder that made it and yields
// an unknown count, so that it can never lower a sum.
func Known(n int64) Count {
	if n < 0 {
		return Count{}
	}
	return Count{n: n, known: true}
}

// Value returns the count and whether it is known.
func (c Count) Value() (n int64, known bool) { return c.n, c.known }

// IsKnown reports whether the count was reported.
func (c Count) IsKnown() bool { return c.known }

// Plus returns the sum of two counts. It is unknown when either is, or when the sum passes the range of an int64.
func (c Count) Plus(d Count) Count {
	if !c.known || !d.known || c.n > math.MaxInt64-d.n {
		return Count{}
	}
	return Known(c.n + d.n)
}

// String returns the decimal number, or "unknown".
func (c Count) String() string {
	if !c.known {
		return "unknown"
	}
	return strconv.FormatInt(c.n, 10)
}

// Equal reports whether two counts are both unknown or both the same number.
func (c Count) Equal(d Count) bool { return c == d }

// MarshalJSON writes the number, or null when unknown.
func (c Count) MarshalJSON() ([]byte, error) {
	if !c.known {
		return []byte("null"), nil
	}
	return strconv.AppendInt(nil, c.n, 10), nil
}

// UnmarshalJSON reads a whole number of at least zero, or null.
func (c *Count) UnmarshalJSON(b []byte) error {
	var n *int64
	if err := json.Unmarshal(b, &n); err != nil {
		return fmt.Errorf("reading a count: %w", err)
	}
	if n == nil {
		*c = Count{}
		return nil
	}
	if *n < 0 {
		return fmt.Errorf("a count of %d is negative; counts are 0 or more, or null when unknown", *n)
	}
	*c = Known(*n)
	return nil
}

// Class is one of the disjoint classes that every token of a call belongs to exactly one of.
// The names are OpenTelemetry's, but for input, which here is the uncached part only.
type Class string

// The classes. Cache creation is split by how long the provider keeps what was written, because the price
// differs; Reasoning is not a class: it is a part of output, shown and never added.
const (
	Input            Class = "input"              // uncached input
	CacheRead        Class = "cache_read"         // input served from the provider's prompt cache
	CacheCreation    Class = "cache_creation"     // input written to the cache, time to live not told
	CacheCreation5m  Class = "cache_creation_5m"  // written for 5 minutes
	CacheCreation30m Class = "cache_creation_30m" // written for 30 minutes
	CacheCreation1h  Class = "cache_creation_1h"  // written for 1 hour
	CacheCreation12h Class = "cache_creation_12h" // written for 12 hours
	Output           Class = "output"             // everything generated, reasoning included
)

// Classes lists every class in the order in which reports show them.
func Classes() []Class {
	return []Class{Input, CacheRead, CacheCreation, CacheCreation5m, CacheCreation30m, CacheCreation1h, CacheCreation12h, Output}
}

// Tokens is the consumption of one call, or of several added up. A zero Tokens is unknown in every class.
type Tokens struct {
	Input            Count `json:"input"`
	CacheRead        Count `json:"cache_read"`
	CacheCreation    Count `json:"cache_creation"`
	CacheCreation5m  Count `json:"cache_creation_5m"`
	CacheCreation30m Count `json:"cache_creation_30m"`
	CacheCreation1h  Count `json:"cache_creation_1h"`
	CacheCreation12h Count `json:"cache_creation_12h"`
	Output           Count `json:"output"`
	// Reasoning is the part of Output that was not shown as an answer; it is never added to a sum with Output.
	Reasoning Count `json:"reasoning"`
}

// None is a call that consumed nothing: every class is known to be zero.
func None() Tokens {
	z := Known(0)
	return Tokens{z, z, z, z, z, z, z, z, z}
}

// Of returns the count of one class; a class that does not exist is unknown.
func (t Tokens) Of(c Class) Count {
	if p := t.field(c); p != nil {
		return *p
	}
	return Count{}
}

// Set replaces the count of one class. A class that does not exist is ignored.
func (t *Tokens) Set(c Class, n Count) {
	if p := t.field(c); p != nil {
		*p = n
	}
}

func (t *Tokens) field(c Class) *Count {
	switch c {
	case Input:
		return &t.Input
	case CacheRead:
		return &t.CacheRead
	case CacheCreation:
		return &t.CacheCreation
	case CacheCreation5m:
		return &t.CacheCreation5m
	case CacheCreation30m:
		return &t.CacheCreation30m
	case CacheCreation1h:
		return &t.CacheCreation1h
	case CacheCreation12h:
		return &t.CacheCreation12h
	case Output:
		return &t.Output
	}
	return nil
}

// Plus adds class by class. A class that is unknown on either side is unknown in the sum.
func (t Tokens) Plus(u Tokens) Tokens {
	return Tokens{
		Input: t.Input.Plus(u.Input), CacheRead: t.CacheRead.Plus(u.CacheRead), CacheCreation: t.CacheCreation.Plus(u.CacheCreation),
		CacheCreation5m: t.CacheCreation5m.Plus(u.CacheCreation5m), CacheCreation30m: t.CacheCreation30m.Plus(u.CacheCreation30m),
		CacheCreation1h: t.CacheCreation1h.Plus(u.CacheCreation1h), CacheCreation12h: t.CacheCreation12h.Plus(u.CacheCreation12h),
		Output: t.Output.Plus(u.Output), Reasoning: t.Reasoning.Plus(u.Reasoning),
	}
}

// Written is the sum of all cache creation classes.
func (t Tokens) Written() Count {
	return t.CacheCreation.Plus(t.CacheCreation5m).Plus(t.CacheCreation30m).Plus(t.CacheCreation1h).Plus(t.CacheCreation12h)
}

// Context is all input of a request, cached or not: what a provider's long-context threshold tests.
func (t Tokens) Context() Count { return t.Input.Plus(t.CacheRead).Plus(t.Written()) }

// Total is every token once: Context plus Output.
func (t Tokens) Total() Count { return t.Context().Plus(t.Output) }
