package report

import (
	"fmt"
	"math"
	"strconv"
)

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
