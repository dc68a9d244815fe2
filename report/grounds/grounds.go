// Package grounds writes what a verdict rests on: when the trials were tested, which of them were kept from earlier, what
// a change is made of, what would flip the verdict, what completions are worth, and which kinds of task differ.
//
// It knows the words for all of that, and when nothing can be said. It refuses to know where in a rendering they stand,
// how numbers were worked out, and how a number is rounded or a string made safe: figure and markup do that. All of it
// is safe for concurrent use.
package grounds

import (
	"math"
	"strings"

	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/report/figure"
)

// Table is lines of cells that are as safe as the style makes them that they were written in. A table without rows has
// nothing to show.
type Table struct {
	Head []string
	Rows [][]string
	Left int // rows that are not among Rows
}

// First returns the table with its first n rows at most.
func (t Table) First(n int) Table {
	n = max(0, min(n, len(t.Rows)))
	return Table{Head: t.Head, Rows: t.Rows[:n], Left: t.Left + len(t.Rows) - n}
}

// finite reports whether all numbers are statements with an end.
func finite(ns ...content.Number) bool {
	for _, n := range ns {
		if math.IsNaN(float64(n)) || math.IsInf(float64(n), 0) {
			return false
		}
	}
	return true
}

// most is the highest ratio that the policy allows.
func most(r *content.Report) string { return figure.Times(content.Number(r.Policy.MaxCostRatio), 0) }

// ended is a sentence that ends in a period, whoever wrote it.
func ended(s string) string {
	if strings.HasSuffix(s, ".") || s == "" {
		return s
	}
	return s + "."
}
