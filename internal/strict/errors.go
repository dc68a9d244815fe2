package strict

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Bounds on errors: how many are kept, and how many of those are shown.
const (
	maxKept  = 1000
	maxShown = 20
)

// Error is one thing that is wrong with a file, at its place.
type Error struct {
	Path    string // as given to Parse
	Line    int    // 1-based
	Column  int    // 1-based, in characters
	Problem string // what is wrong
	Allowed string // what is allowed, or what to do; "" when the problem says it
}

// Error returns "path:line:col: problem; allowed".
func (e *Error) Error() string {
	s := fmt.Sprintf("%s:%d:%d: %s", e.Path, e.Line, e.Column, oneLine(e.Problem))
	if e.Allowed != "" {
		s += "; " + oneLine(e.Allowed)
	}
	return s
}

// oneLine keeps an error on one line, whatever it repeats from a file.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}

// Errors is everything that is wrong with a file, in the order of the file. It is never empty where it is
// returned as an error.
type Errors []*Error

// Error returns one line for each of the first 20 errors, and one that counts the rest.
func (es Errors) Error() string {
	var lines []string
	for i, e := range es {
		if i == maxShown {
			atLeast := ""
			if len(es) >= maxKept {
				atLeast = "at least "
			}
			lines = append(lines, fmt.Sprintf("%s: and %s%d more errors", e.Path, atLeast, len(es)-i))
			break
		}
		lines = append(lines, e.Error())
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives errors.As each error.
func (es Errors) Unwrap() []error {
	out := make([]error, len(es))
	for i, e := range es {
		out[i] = e
	}
	return out
}

func (es Errors) sorted() Errors {
	out := slices.Clone(es)
	slices.SortStableFunc(out, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return out
}
