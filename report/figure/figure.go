// Package figure holds how a number is written: with every digit in JSON, and rounded for people.
//
// It knows significant digits, thousands, units, the signs of money and percent, what infinite and unknown look
// like, and that rounding never moves a ratio across its threshold. It refuses to know what a number is the
// answer to, the formats that it ends up in, and where it comes from. It is the only package that rounds.
// Everything it writes is plain text of digits, letters, spaces and ".,+-$%", safe in every format. All of it is safe
// for concurrent use.
package figure

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Unknown is how a number that is not known is written. It is never written as 0.
const Unknown = "unknown"

// Significant writes f with the given number of significant digits, 1 to 15, as a plain decimal with thousands
// separated; from 1e15 on with an exponent. It is Unknown for NaN and infinities. strconv rounds the exact value
// half to even.
func Significant(f float64, digits int) string {
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return Unknown
	case f == 0:
		return "0"
	}
	rounded := round(f, digits)
	if math.Abs(rounded) >= 1e15 {
		return strconv.FormatFloat(rounded, 'e', digits-1, 64)
	}
	exponent := int(math.Floor(math.Log10(math.Abs(rounded))))
	places := digits - 1 - exponent
	if places > 12 {
		return tiny(f)
	}
	return thousands(strconv.FormatFloat(rounded, 'f', max(places, 0), 64))
}

// tiny stands for what is too close to 0 to write out.
func tiny(f float64) string {
	if f < 0 {
		return "over -0.000001"
	}
	return "under 0.000001"
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

// Count writes a number of tokens with 3 significant digits, such as 812, 12.3k or 1.23M.
func Count(n Number) string {
	f := float64(n)
	if math.IsNaN(f) || math.IsInf(f, 0) || f < 0 {
		return Unknown
	}
	f = round(f, 3)
	switch {
	case f >= 1e9:
		return Significant(f/1e9, 3) + "B"
	case f >= 1e6:
		return Significant(f/1e6, 3) + "M"
	case f >= 1e3:
		return Significant(f/1e3, 3) + "k"
	case f == math.Trunc(f):
		return strconv.FormatFloat(f, 'f', 0, 64)
	}
	return Significant(f, 3)
}

// maxSeconds is where whole minutes no longer say anything, and an int may no longer hold them.
const maxSeconds = 1e12

// Duration writes seconds, such as "48.6 s", "2 min 3 s" or "1 h 7 min".
func Duration(n Number) string {
	f := float64(n)
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0) || f < 0:
		return Unknown
	case f < 59.95:
		return Significant(f, 3) + " s"
	case f < 3599.5:
		s := int(math.RoundToEven(f))
		return fmt.Sprintf("%d min %d s", s/60, s%60)
	case f >= maxSeconds:
		return Significant(f/3600, 3) + " h"
	}
	m := int(math.RoundToEven(f / 60))
	return fmt.Sprintf("%s h %d min", thousands(strconv.Itoa(m/60)), m%60)
}

// Whole writes a whole number with thousands separated.
func Whole(n int) string { return thousands(strconv.Itoa(n)) }

// Plural writes a number of things, such as "1 trial" or "1,200 trials".
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Whole(n) + " " + noun + "s"
}
