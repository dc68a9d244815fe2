package figure

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// Number is a float64 whose JSON form is a number, the string "Inf" or "-Inf", or null for NaN (no statement).
type Number float64

// MarshalJSON implements the form that the type's comment gives.
func (n Number) MarshalJSON() ([]byte, error) {
	f := float64(n)
	switch {
	case math.IsInf(f, 1):
		return []byte(`"Inf"`), nil
	case math.IsInf(f, -1):
		return []byte(`"-Inf"`), nil
	case math.IsNaN(f):
		return []byte("null"), nil
	}
	return json.Marshal(f)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (n *Number) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case `"Inf"`:
		*n = Number(math.Inf(1))
	case `"-Inf"`:
		*n = Number(math.Inf(-1))
	case "null":
		*n = Number(math.NaN())
	default:
		var f float64
		if err := json.Unmarshal(b, &f); err != nil {
			return fmt.Errorf("%s is not a number, \"Inf\" or null", b)
		}
		*n = Number(f)
	}
	return nil
}

// Quotient is dollars per something, from statistics: a decimal string in JSON, "Inf", or null for NaN.
type Quotient float64

// MarshalJSON implements the form that the type's comment gives.
func (q Quotient) MarshalJSON() ([]byte, error) {
	f := float64(q)
	switch {
	case math.IsInf(f, 1):
		return []byte(`"Inf"`), nil
	case math.IsNaN(f), math.IsInf(f, -1):
		return []byte("null"), nil
	}
	return json.Marshal(decimal(f))
}

// UnmarshalJSON reads what MarshalJSON writes.
func (q *Quotient) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*q = Quotient(math.NaN())
		return nil
	}
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("%s is not a decimal string, \"Inf\" or null", b)
	}
	f, err := parseDecimal(s)
	if err != nil {
		return err
	}
	*q = Quotient(f)
	return nil
}

// decimal writes f as a plain decimal number with 15 significant digits.
func decimal(f float64) string {
	if f == 0 {
		return "0"
	}
	digits := 14 - int(math.Floor(math.Log10(math.Abs(f))))
	return strconv.FormatFloat(f, 'f', max(digits, 0), 64)
}

// parseDecimal reads what decimal writes, and "Inf".
func parseDecimal(s string) (float64, error) {
	if s == "Inf" {
		return math.Inf(1), nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, fmt.Errorf("%q is not a decimal number or \"Inf\"", s)
	}
	return f, nil
}
