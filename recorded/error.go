package recorded

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pertask/pertask/recorded/excerpt"
)

// Error is a mistake in a file, at a place.
type Error struct {
	Path         string
	Line, Column int // from 1; the column counts bytes
	Problem      string
	Allowed      string // what would be right; "" when the problem says it
	// At is the place within a JSON text, such as $.results[3].cost, when that says it better than a line does.
	At string
}

// Error implements the forms `file:line:col: what is wrong; what is allowed` and `file: $.place: ...`. A mistake
// that is about the whole file has neither.
func (e *Error) Error() string {
	s := e.Path + ": "
	switch {
	case e.At != "":
		s += e.At + ": "
	case e.Line > 0:
		s = fmt.Sprintf("%s:%d:%d: ", e.Path, e.Line, e.Column)
	}
	s += e.Problem
	if e.Allowed != "" {
		s += "; " + e.Allowed
	}
	return s
}

func mistake(path string, line, col int, problem, allowed string) *Error {
	return &Error{Path: path, Line: line, Column: col, Problem: problem, Allowed: allowed}
}

// Syntax turns an error of reading a JSON text into one that names the file.
func Syntax(path string, err error) error {
	var s *excerpt.SyntaxError
	var e *Error
	switch {
	case errors.As(err, &s):
		return mistake(path, s.Line, s.Column, s.Problem, "the file must be JSON")
	case err == nil, errors.As(err, &e):
		return err
	}
	return fmt.Errorf("reading %s: %w", path, err)
}

// maxProblems bounds how many mistakes one reading collects before it gives up.
const maxProblems = 20

// NotFound is the error for a value that no row of a file has, such as a dataset; it names those that are there.
func NotFound(path, column, value string, have []string) error {
	return mistake(path, 1, 1, fmt.Sprintf("no row has %s %q", column, value), "there are "+strings.Join(have, ", "))
}
