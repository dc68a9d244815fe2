// Package bars draws the parts of a change as text: a line for each, with its figures and a bar.
//
// It knows how long a bar is and in which characters it is drawn. It refuses to know what the parts are, and makes
// nothing safe: what it is given is our own words and numbers. All of it is safe for concurrent use.
package bars

import (
	"math"
	"strings"
	"unicode/utf8"
)

// Bar is one line.
type Bar struct {
	Label  string
	Figure string  // to the right of the label
	Size   float64 // of the bar, to the left when negative; NaN and infinities draw none
	Note   string  // to the right of the bar; "" for none
}

// Set is the characters of a drawing. Each is one column wide.
type Set struct {
	full, toLeft, toRight, axis string // toLeft and toRight are halves that end a bar on that side
}

// Blocks is for where every character is known to be shown, ASCII for where it is not.
var (
	Blocks = Set{full: "█", toLeft: "▐", toRight: "▌", axis: "│"}
	ASCII  = Set{full: "#", toLeft: "", toRight: "", axis: "|"}
)

// half is how many columns the longest bar has.
const half = 14

// least is the size of the longest bar below which none is that long: a change of a few percent is to look like one.
const least = 0.2

// Draw returns a line for each bar. The longest bar has 14 columns where its size is 0.2 or more, and bars to the left end where those to the right
// begin. No line ends in white space.
func Draw(all []Bar, s Set) []string {
	label, number, most, left, right := 0, 0, least, 0, 0
	for _, b := range all {
		label, number = max(label, width(b.Label)), max(number, width(b.Figure))
		most = max(most, math.Abs(drawn(b.Size)))
	}
	for _, b := range all {
		if n := width(s.bar(b.Size, most)); b.Size < 0 {
			left = max(left, n)
		} else {
			right = max(right, n)
		}
	}
	out := make([]string, len(all))
	for i, b := range all {
		l, r := "", s.bar(b.Size, most)
		if b.Size < 0 {
			l, r = r, ""
		}
		line := b.Label + pad(label-width(b.Label)) + "  " + pad(number-width(b.Figure)) + b.Figure + "  " +
			pad(left-width(l)) + l + s.axis + r
		if b.Note != "" {
			line += pad(right-width(r)) + "  " + b.Note
		}
		out[i] = strings.TrimRight(line, " ")
	}
	return out
}

func drawn(size float64) float64 {
	if math.IsNaN(size) || math.IsInf(size, 0) {
		return 0
	}
	return size
}

// bar is as long as its share of the longest one, to the nearest half of a column where there are halves.
func (s Set) bar(size, most float64) string {
	size = drawn(size)
	if size == 0 || most == 0 {
		return ""
	}
	halves := int(math.Round(math.Abs(size) / most * half * 2))
	end := s.toRight
	if size < 0 {
		end = s.toLeft
	}
	if end == "" {
		return strings.Repeat(s.full, (halves+1)/2)
	}
	line := strings.Repeat(s.full, halves/2)
	switch {
	case halves%2 == 0:
		return line
	case size < 0:
		return end + line
	}
	return line + end
}

func width(s string) int { return utf8.RuneCountInString(s) }

func pad(n int) string { return strings.Repeat(" ", max(n, 0)) }
