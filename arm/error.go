package arm

import (
	"errors"
	"fmt"

	"github.com/pertask/pertask/internal/document"
)

// Error is what is wrong in a settings file, with its place. Its text starts with file:line:column.
type Error struct {
	Source Source // Line and Column are 0 when the file as a whole is meant
	Side   string // "the base", "the merge base" or "the head"; "" when only one tree was read
	What   string // what is wrong; what is allowed
}

// Error returns "file:line:column: what is wrong; what is allowed".
func (e *Error) Error() string {
	what := e.What
	if e.Side != "" {
		what = "in " + e.Side + ": " + what
	}
	return (&document.Error{Source: e.Source, What: what}).Error()
}

// onSide makes an error about a file, from wherever it comes, an Error that names the tree.
func onSide(err error, side string) error {
	var e *document.Error
	switch {
	case errors.As(err, &e):
		return &Error{Source: e.Source, Side: side, What: e.What}
	case err == nil || side == "":
		return err
	}
	return fmt.Errorf("reading %s: %w", side, err)
}
