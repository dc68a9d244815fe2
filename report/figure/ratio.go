package figure

import (
	"math"
	"strconv"
	"strings"
)

// bound writes a ratio with 3 significant digits, or as many more as it takes to keep it on its side of the
// threshold: 0.9996 against a threshold of 1 must not read as 1.00.
func bound(f, threshold float64) string { return boundFrom(3, f, threshold) }

func boundFrom(digits int, f, threshold float64) string {
	for digits < 7 && side(round(f, digits), threshold) != side(f, threshold) {
		digits++
	}
	return Significant(f, digits)
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

// Times writes a ratio, such as "2.66x", so that it reads as on the side of the threshold on
// which it is, with up to 7 digits. It is Unknown for NaN and infinities.
func Times(n Number, threshold float64) string {
	f := float64(n)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Unknown
	}
	return bound(f, threshold) + "x"
}

// Roughly is Times with 2 digits where they suffice, such as "1.6x", for what is an estimate beforehand.
func Roughly(n Number, threshold float64) string {
	f := float64(n)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Unknown
	}
	return boundFrom(2, f, threshold) + "x"
}

// Interval writes the limits of a ratio with its confidence (0.95 for 95 %), such as "95 % 1.70-4.15".
func Interval(low, high Number, confidence, threshold float64) string {
	return Level(confidence) + " " + Limits(low, high, threshold)
}

// Limits writes the limits of a ratio, such as "1.70-4.15", "at least 1.70" or "without limits".
func Limits(low, high Number, threshold float64) string {
	l, h := float64(low), float64(high)
	switch {
	case math.IsNaN(l) || math.IsNaN(h) || math.IsInf(l, 1) || math.IsInf(h, -1):
		return Unknown
	case math.IsInf(h, 1) && l <= 0:
		return "without limits"
	case math.IsInf(h, 1):
		return "at least " + bound(l, threshold)
	case l <= 0:
		return "at most " + bound(h, threshold)
	}
	return bound(l, threshold) + "-" + bound(h, threshold)
}

// Range writes the smallest and the largest of several ratios, such as "2.41-2.76".
func Range(low, high Number, threshold float64) string {
	switch {
	case math.IsNaN(float64(low)) || math.IsNaN(float64(high)) || math.IsInf(float64(low), 0) || math.IsInf(float64(high), -1):
		return Unknown
	case math.IsInf(float64(high), 1):
		return "without a limit"
	}
	return bound(float64(low), threshold) + "-" + bound(float64(high), threshold)
}

// Level writes a confidence of 0 to 1, 0.95 as "95 %"; anything else is Unknown. What is not quite certain never reads as 100 %.
func Level(confidence float64) string {
	switch {
	case !(confidence >= 0 && confidence <= 1):
		return Unknown + " %"
	case confidence < 1 && confidence >= 0.9995:
		return "over 99.9 %"
	}
	return strconv.FormatFloat(math.Round(confidence*1000)/10, 'f', -1, 64) + " %"
}

// Change writes how a quantity went from base to head: as a multiple from a factor of 2 on, below as a
// percentage; "" when there is no statement.
func Change(base, head float64) string {
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
	s := Significant(r, 3)
	if strings.HasSuffix(s, "0") && strings.Index(s, ".") == len(s)-3 {
		s = s[:len(s)-1]
	}
	return s
}
