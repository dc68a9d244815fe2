package figure

import (
	"math"
	"strconv"
	"strings"
)

// Percent writes a share with at most one decimal; a share that is not quite none or all never reads as such.
func Percent(n Number) string {
	f := float64(n)
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return Unknown
	case f > 0 && f < 0.0005:
		return "under 0.1 %"
	case f < 1 && f >= 0.9995:
		return "over 99.9 %"
	}
	return oneDecimal(f*100) + " %"
}

// Sureness writes a confidence that follows from trials, of 0 to 1, as Percent does, but never as none or certain.
func Sureness(n Number) string {
	switch f := float64(n); {
	case !(f >= 0 && f <= 1):
		return Unknown
	case f < 0.0005:
		return "under 0.1 %"
	case f >= 0.9995:
		return "over 99.9 %"
	}
	return Percent(n)
}

// Points writes a difference of shares, such as "-14.5 points".
func Points(n Number) string {
	f := float64(n)
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return Unknown
	case f == 0:
		return "same"
	case math.Abs(f) < 0.0005:
		return "under 0.1 points"
	}
	return signed(f) + " points"
}

// signed writes a share in points with its sign.
func signed(f float64) string {
	s := oneDecimal(f * 100)
	if f > 0 && s != "0" && s != Unknown {
		s = "+" + s
	}
	return s
}

func oneDecimal(f float64) string {
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return Unknown
	case math.Abs(f) >= 1e15:
		return Significant(f, 3)
	case math.Abs(f) < 0.05:
		return "0"
	}
	return strings.TrimSuffix(strconv.FormatFloat(f, 'f', 1, 64), ".0")
}

// Drop writes the size of a difference of shares without its sign, such as "10 points".
func Drop(share float64) string { return oneDecimal(share*100) + " points" }

// Within writes a difference of shares with its interval, such as "-14.5 points, 95 % -24 to -5".
func Within(estimate, low, high Number, confidence float64) string {
	if math.IsNaN(float64(low)) || math.IsNaN(float64(high)) {
		return Points(estimate)
	}
	return Points(estimate) + ", " + Level(confidence) + " " + signed(float64(low)) + " to " + signed(float64(high))
}

// Probability writes a p-value or a chance of 0 to 1 with 2 significant digits, such as "0.0063"; anything else is Unknown.
func Probability(n Number) string {
	f := float64(n)
	switch {
	case !(f >= 0 && f <= 1):
		return Unknown
	case f > 0 && f < 0.0001:
		return "under 0.0001"
	}
	return Significant(f, 2)
}
