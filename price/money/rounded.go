package money

import (
	"fmt"
	"strconv"
	"strings"
)

// significant is to how many digits a price file's number is rounded. Such files keep floats, some of which carry the
// noise of a computation, such as 0.7499999999999999 for 0.75; no published price has more digits.
const significant = 6

// Rounded returns the number of a price file times a power of ten, as a decimal string without exponent and without
// superfluous zeros. The point is moved and noise is rounded off half up; no float is involved. A number that
// is negative or none is an error.
func Rounded(number string, shift int) (string, error) {
	fail := func() (string, error) { return "", fmt.Errorf("%.40q is not a price", number) }
	mantissa, exponent, hasExponent := strings.Cut(strings.ToLower(number), "e")
	if hasExponent {
		n, err := strconv.Atoi(exponent)
		if err != nil || n < -30 || n > 30 {
			return fail()
		}
		shift += n
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	if whole == "" || len(digits) > 60 || strings.Trim(digits, "0123456789") != "" {
		return fail()
	}
	point := len(whole) + shift // the number is 0.digits times ten to the power of point
	trimmed := strings.TrimLeft(digits, "0")
	point -= len(digits) - len(trimmed)
	return place(round(trimmed, point)), nil
}

// round keeps the significant digits of 0.digits times ten to the power of point.
func round(digits string, point int) (string, int) {
	if len(digits) > significant {
		n, _ := strconv.Atoi(digits[:significant]) // digits only, and few
		if digits[significant] >= '5' {
			n++
		}
		rounded := strconv.Itoa(n)
		point += len(rounded) - significant
		digits = rounded
	}
	return strings.TrimRight(digits, "0"), point
}

// place writes 0.digits times ten to the power of point.
func place(digits string, point int) string {
	switch {
	case digits == "":
		return "0"
	case point <= 0:
		return "0." + strings.Repeat("0", -point) + digits
	case point >= len(digits):
		return digits + strings.Repeat("0", point-len(digits))
	}
	return digits[:point] + "." + digits[point:]
}
