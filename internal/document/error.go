package document

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Source is the place of a value in a file.
type Source struct {
	Path     string `json:"path"`     // slash-separated, from the root of the repository
	Line     int    `json:"line"`     // 1-based; 0 when the file has no such line
	Column   int    `json:"column"`   // 1-based, in bytes
	Selector string `json:"selector"` // the key in the file, such as "$.coder.model"
}

// Error is what is wrong in a file, with its place.
type Error struct {
	Source Source // Line and Column are 0 when the file as a whole is meant
	What   string // what is wrong; what is allowed
}

// Error returns "file:line:column: what is wrong; what is allowed".
func (e *Error) Error() string {
	if e.Source.Line == 0 {
		return e.Source.Path + ": " + e.What
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.Source.Path, e.Source.Line, e.Source.Column, e.What)
}

// errorf is an error about the file as a whole.
func (d *Document) errorf(format string, args ...any) error {
	return &Error{Source: Source{Path: d.path}, What: fmt.Sprintf(format, args...)}
}

func (d *Document) errorAt(off int, format string, args ...any) error {
	return &Error{Source: d.source(off), What: fmt.Sprintf(format, args...)}
}

func (d *Document) tooDeep(off int) error {
	return d.errorAt(off, "nested more than %d levels deep; a settings file is flatter", maxDepth)
}

// syntaxError is what a parser says about a line and a column, from 1.
func (d *Document) syntaxError(line, column int, message, allowed string) error {
	return &Error{Source: Source{Path: d.path, Line: max(line, 1), Column: max(column, 1)},
		What: Clean(message) + "; " + allowed}
}

// Shorten cuts a text to at most n bytes (n at least 3), at a character.
func Shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	cut := n - len("...")
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "..."
}

// Clean makes a message, which may repeat what is in a file, fit for one line: at most 200 bytes that print.
func Clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
	return Shorten(s, 200)
}
