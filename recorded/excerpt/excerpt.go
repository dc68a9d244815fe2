// Package excerpt reads the wanted parts of a large JSON text.
//
// It knows JSON, as other people's programs write it: a text of many megabytes of which a few numbers matter, and
// Python's NaN and Infinity. What is not wanted is passed over without being kept, so that memory does not grow
// with the text; what is wanted keeps its place in the text, for messages. It refuses to know what the values
// mean.
package excerpt

import (
	"fmt"
	"io"
	"strconv"
)

// Limits on what is read: a text that passes one is refused, whatever it is.
const (
	maxDepth  = 500     // of lists and objects
	maxText   = 4 << 20 // bytes of a string that is kept
	maxNumber = 400     // bytes of a number
	maxNodes  = 1 << 20 // values kept at a time
)

// Shape says which parts of a value are wanted. An empty Shape wants numbers, strings and the like, and of lists
// and objects only that they are there.
type Shape struct {
	Keys map[string]*Shape // the members of an object that are wanted; others are passed over
	Any  *Shape            // wanted of every other member of an object; nil for nothing
	Elem *Shape            // wanted of each element of a list; nil for nothing
	// Each is called with what is wanted of each element of a list (Elem), which is then forgotten.
	Each func(Value) error
	// Digest wants only the SHA-256 of the value's text, as hexadecimal digits in Value.Text.
	Digest bool
}

// Leaf wants a number, a string, true, false or null.
var Leaf = &Shape{}

// Keys is a Shape that wants the members with the given names as leaves.
func Keys(names ...string) *Shape {
	s := &Shape{Keys: map[string]*Shape{}}
	for _, n := range names {
		s.Keys[n] = Leaf
	}
	return s
}

// With returns the shape with a member added.
func (s *Shape) With(name string, member *Shape) *Shape {
	if s.Keys == nil {
		s.Keys = map[string]*Shape{}
	}
	s.Keys[name] = member
	return s
}

// Kind is what a value is. The zero Kind is Missing: it is not there.
type Kind byte

// The kinds.
const (
	Missing Kind = iota
	Null
	Bool
	Number
	NotFinite // NaN, Infinity or -Infinity, which Python writes and JSON does not have
	String
	List
	Object
	Digest
)

// String names the kind for messages.
func (k Kind) String() string {
	return [...]string{"missing", "null", "true or false", "a number", "not a finite number", "a string", "a list", "an object", "a digest"}[k]
}

// Value is what was wanted of a value. The zero Value is one that is not there.
type Value struct {
	Kind Kind
	// Text is a number or word as written, the contents of a string, or a digest.
	Text string
	// At is the place, such as $.results[3].cost.
	At      string
	Items   []Value // elements of a list, when they were wanted
	names   []string
	members []Value
	at      map[string]int // of an object with many members: where a name is
}

// Is reports whether the value is there and not null.
func (v Value) Is() bool { return v.Kind > Null }

// Get returns a member of an object; a missing one knows its place.
func (v Value) Get(names ...string) Value {
	for _, n := range names {
		v = v.member(n)
	}
	return v
}

func (v Value) member(name string) Value {
	if v.at != nil {
		if i, ok := v.at[name]; ok {
			return v.members[i]
		}
		return Value{At: v.At + step(name)}
	}
	for i, n := range v.names {
		if n == name {
			return v.members[i]
		}
	}
	return Value{At: v.At + step(name)}
}

// few is up to how many members an object is searched one by one.
const few = 16

// keep adds a member.
func (v *Value) keep(name string, member Value) {
	v.names, v.members = append(v.names, name), append(v.members, member)
	switch {
	case v.at != nil:
		v.at[name] = len(v.names) - 1
	case len(v.names) > few:
		v.at = map[string]int{}
		for i, n := range v.names {
			v.at[n] = i
		}
	}
}

// Names are the names of the members that were kept, in the order of the text.
func (v Value) Names() []string { return v.names }

// step is a member's part of a place.
func step(name string) string {
	plain := name != "" && len(name) <= 64
	for i := 0; i < len(name) && plain; i++ {
		c := name[i]
		plain = c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' && i > 0
	}
	if plain {
		return "." + name
	}
	if len(name) > 64 {
		name = name[:64]
	}
	return "[" + strconv.QuoteToASCII(name) + "]"
}

// SyntaxError is a text that is not JSON, or passes a limit, at a place.
type SyntaxError struct {
	Line, Column int // from 1; the column counts bytes
	Problem      string
}

// Error implements the form `line:col: what is wrong`.
func (e *SyntaxError) Error() string { return fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Problem) }

// Reader reads values from a text, one after the other. It is not safe for concurrent use.
type Reader struct{ s scanner }

// NewReader returns a reader of r, which it buffers.
func NewReader(r io.Reader) *Reader {
	return &Reader{scanner{r: r, buf: make([]byte, 0, 1<<16), line: 1}}
}

// Next returns what is wanted of the next value; it returns io.EOF when there is none. A mistake in the text is a
// *SyntaxError; after any error the reader is of no use. An error of Shape.Each ends the reading and is returned.
// With an error comes what there was before it, which says what kind of text it is and nothing more.
func (r *Reader) Next(want *Shape) (Value, error) {
	if _, err := r.s.token(); err != nil {
		return Value{}, err
	}
	r.s.nodes = 0
	v, err := r.s.value(want, "$", 0)
	if err == io.EOF {
		err = r.s.fail("the text ends in the middle of a value")
	}
	return v, err
}

// Line is the line that the reader has come to, from 1.
func (r *Reader) Line() int { return r.s.line }

// Start passes over white space and returns the line that the next value starts on, or io.EOF.
func (r *Reader) Start() (int, error) {
	_, err := r.s.token()
	return r.s.line, err
}

// Read returns what is wanted of the one value that r holds. Anything after it is a *SyntaxError, and so is an
// empty text.
func Read(r io.Reader, want *Shape) (Value, error) {
	rd := NewReader(r)
	v, err := rd.Next(want)
	if err == io.EOF {
		return v, rd.s.fail("the text is empty")
	}
	if err != nil {
		return v, err
	}
	if _, err := rd.s.token(); err != io.EOF {
		if err == nil {
			err = rd.s.fail("there is more text after the value")
		}
		return v, err
	}
	return v, nil
}
