// Package doctor says what is wrong with a repository's set-up of pertask.
//
// It knows the shape of a workflow that works, what configuration, suite and workflow demand of each other, and what the
// rules of a branch mean for a check. It refuses to know how these facts are found out: it is given file trees and plain
// values, runs nothing and asks nobody.
package doctor

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/pertask/pertask/internal/document"
	"github.com/pertask/pertask/internal/strict"
)

// Level is how bad a finding is.
type Level string

// The levels. Only an error makes the set-up unfit for use.
const (
	Error   Level = "error"
	Warning Level = "warning"
)

// Finding is one thing that is wrong, with its place where it has one.
type Finding struct {
	Level  Level  `json:"level"`
	Path   string `json:"path,omitempty"` // slash-separated, from the root of the repository
	Line   int    `json:"line,omitempty"` // 1-based; 0 when the file as a whole is meant
	Column int    `json:"column,omitempty"`
	What   string `json:"what"`         // what is wrong, in one line
	Do     string `json:"do,omitempty"` // what to do about it
}

// String returns the finding in one line, "level: file:line:col: what is wrong; what to do".
func (f Finding) String() string {
	place := ""
	if f.Path != "" {
		place = f.Path + ": "
		if f.Line > 0 {
			place = fmt.Sprintf("%s:%d:%d: ", f.Path, f.Line, f.Column)
		}
	}
	do := ""
	if f.Do != "" {
		do = "; " + f.Do
	}
	return fmt.Sprintf("%s: %s%s%s", f.Level, place, f.What, do)
}

// Sort orders findings: errors first, then by place.
func Sort(fs []Finding) {
	slices.SortStableFunc(fs, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// Failed reports whether there is an error among the findings.
func Failed(fs []Finding) bool {
	return slices.ContainsFunc(fs, func(f Finding) bool { return f.Level == Error })
}

// mistakes turns an error about a file into findings, with the places that it has.
func mistakes(path string, err error) []Finding {
	var all strict.Errors
	if errors.As(err, &all) {
		var out []Finding
		for _, e := range all {
			out = append(out, Finding{Error, e.Path, e.Line, e.Column, clean(e.Problem), clean(e.Allowed)})
		}
		return out
	}
	return []Finding{{Level: Error, Path: path, What: clean(err.Error())}}
}

// maxText is the length of the longest text of a finding, in bytes. What it repeats of a file is cut short by whoever has
// read that.
const maxText = 600

// clean makes a text fit for one line of a terminal.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
	return document.Shorten(s, maxText)
}
