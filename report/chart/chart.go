// Package chart draws lines over categories for GitHub, which renders Mermaid.
//
// It knows Mermaid's xychart, what its parser and its axes do not stand, and how many categories a reader can tell apart.
// It refuses to know what the numbers mean. A chart stands below a table that says the same, since a reader may not see
// it. All of it is safe for concurrent use.
package chart

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Series is one line, or the bars, of a chart.
type Series struct {
	Bars   bool
	Values []float64 // one for each category
}

// XY is a chart. Its title and the name of its axis are our own words.
type XY struct {
	Title, Axis string
	Categories  []string // whatever others wrote
	Series      []Series
}

// Most is how many categories are drawn. Least is how many it takes to draw any.
const (
	Most  = 20
	Least = 2
)

// maxLabel is the length of a category's name in characters.
const maxLabel = 16

// Fence returns the chart as a fenced block; "" when it has fewer than two categories, a series of another length, or a
// number that is not finite. Categories after the twentieth are left out.
func (c XY) Fence() string {
	n := min(len(c.Categories), Most)
	if n < Least {
		return ""
	}
	low, high := 0.0, 0.0 // the axis begins at 0: a bar is as long as what it stands for
	var lines []string
	for _, s := range c.Series {
		if len(s.Values) != len(c.Categories) {
			return ""
		}
		var numbers []string
		for _, v := range s.Values[:n] {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return ""
			}
			low, high = min(low, v), max(high, v)
			numbers = append(numbers, number(v))
		}
		kind := "line"
		if s.Bars {
			kind = "bar"
		}
		lines = append(lines, "    "+kind+" ["+strings.Join(numbers, ", ")+"]")
	}
	if high == low {
		return ""
	}
	head := []string{
		"```mermaid", "xychart-beta",
		`    title "` + word(c.Title, 100) + `"`,
		"    x-axis [" + strings.Join(labels(c.Categories[:n]), ", ") + "]",
		fmt.Sprintf(`    y-axis "%s" %s --> %s`, word(c.Axis, 60), number(low*1.05), number(high*1.05)),
	}
	return strings.Join(append(append(head, lines...), "```"), "\n")
}

// number is a plain decimal: the parser knows no exponents.
func number(f float64) string {
	digits := 3
	if f != 0 {
		digits = max(0, 3-int(math.Floor(math.Log10(math.Abs(f)))))
	}
	s := strconv.FormatFloat(f, 'f', min(digits, 12), 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// labels are the categories in quotes, each another one: equal ones would share a place.
func labels(names []string) []string {
	seen, out := map[string]bool{}, make([]string, len(names))
	for i, n := range names {
		l := word(n, maxLabel)
		for k := 2; l == "" || seen[l]; k++ {
			l = strings.TrimSpace(word(n, maxLabel-5) + " " + strconv.Itoa(k))
		}
		seen[l] = true
		out[i] = `"` + l + `"`
	}
	return out
}

// word keeps what can neither end a quoted string nor mean anything in one: Mermaid knows no escape that holds in all its
// versions. Runs of anything else become one underscore.
func word(s string, most int) string {
	var b strings.Builder
	other := false
	for _, r := range s {
		if b.Len() >= most {
			break
		}
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune(" .,()/-", r):
			b.WriteRune(r)
			other = false
		case !other:
			b.WriteByte('_')
			other = true
		}
	}
	return strings.TrimSpace(b.String())
}
