// Package scan finds members of JSON objects in lines of logs without decoding the lines.
//
// It knows where a value of JSON ends: it looks at quotes, escapes and brackets, and leaves what is between them alone. So
// a name is found only where it is a member's name, never in a text that quotes JSON, and a line of a kilobyte costs about
// as much as looking at its bytes once. It refuses to know what any member means.
//
// It is no validator: a value that nobody asks for may hold what JSON does not allow. What is asked for is read strictly.
package scan

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// Object walks the members of an object in the order in which they stand. Its zero value has none and is bad.
//
//	o := scan.Open(line)
//	for o.Next() {
//		switch string(o.Name()) {
//		case "id":
//			id = o.Value()
//		}
//	}
//	if !o.Ended() { ... }
type Object struct {
	b     []byte
	at    int // of the next byte to look at
	name  []byte
	value bool // the value of the last name is still ahead
	first bool
	state state
}

type state int

const (
	broken state = iota
	inside
	ended
)

// Open begins at the first byte of an object; anything else is bad. White space before it is passed over.
func Open(b []byte) Object {
	at := space(b, 0)
	if at >= len(b) || b[at] != '{' {
		return Object{}
	}
	return Object{b: b, at: at + 1, first: true, state: inside}
}

// Next goes on to the next member. It is false at the object's end, and where the text is not that of an object: Ended
// tells which.
func (o *Object) Next() bool {
	if o.state != inside {
		return false
	}
	if o.value {
		o.Value()
		if o.state != inside {
			return false
		}
	}
	at := space(o.b, o.at)
	if at < len(o.b) && o.b[at] == '}' {
		o.at, o.state = at+1, ended
		return false
	}
	if !o.first {
		if at >= len(o.b) || o.b[at] != ',' {
			o.state = broken
			return false
		}
		at = space(o.b, at+1)
	}
	o.first = false
	end := text(o.b, at)
	if end < 0 {
		o.state = broken
		return false
	}
	o.name = o.b[at+1 : end-1]
	at = space(o.b, end)
	if at >= len(o.b) || o.b[at] != ':' {
		o.state = broken
		return false
	}
	o.at, o.value = space(o.b, at+1), true
	return true
}

// Name is the member's name as it is written, without its quotes. It is a part of the text.
func (o *Object) Name() []byte { return o.name }

// Value returns the text of the member's value, a part of the text that was opened; nil where it does not end.
func (o *Object) Value() []byte {
	o.value = false
	end := value(o.b, o.at)
	if end < 0 {
		o.state = broken
		return nil
	}
	v := o.b[o.at:end:end]
	o.at = end
	return v
}

// Enter walks the member's value where it is an object. Leave must be called with it before the next member.
func (o *Object) Enter() Object {
	o.value = false
	return Open(o.b[o.at:])
}

// Peek is Enter for a look ahead: Leave must not be called, and the value is still the next thing to be read.
func (o *Object) Peek() Object { return Open(o.b[o.at:]) }

// Rest is the text from the member's value on, at most so many bytes.
func (o *Object) Rest(most int) []byte { return o.b[o.at:min(len(o.b), o.at+most)] }

// Leave goes on behind the value that Enter was called for, wherever its walk has stopped. It reports whether the value is
// an object that ends.
func (o *Object) Leave(in *Object) bool {
	if in.b == nil {
		o.Value()
		return false
	}
	for in.Next() {
		in.Value()
	}
	if in.state != ended {
		o.state = broken
		return false
	}
	o.at += in.at
	return true
}

// Ended reports whether the walk has come to the object's end, and nothing but white space is behind it.
func (o *Object) Ended() bool { return o.state == ended && space(o.b, o.at) == len(o.b) }

// Elements calls found with the text of every element of a list. It reports whether the text is a list; it stops early,
// with true, when found returns false.
func Elements(b []byte, found func(element []byte) bool) bool {
	at := space(b, 0)
	if at >= len(b) || b[at] != '[' {
		return false
	}
	if at = space(b, at+1); at < len(b) && b[at] == ']' {
		return space(b, at+1) == len(b)
	}
	for {
		end := value(b, at)
		if end < 0 {
			return false
		}
		if !found(b[at:end:end]) {
			return true
		}
		at = space(b, end)
		switch {
		case at < len(b) && b[at] == ',':
			at = space(b, at+1)
		case at < len(b) && b[at] == ']':
			return space(b, at+1) == len(b)
		default:
			return false
		}
	}
}

// space returns the first place from at on that is not white space.
func space(b []byte, at int) int {
	for at < len(b) && (b[at] == ' ' || b[at] == '\t' || b[at] == '\r' || b[at] == '\n') {
		at++
	}
	return at
}

// text returns the place behind the string that starts at a place; -1 where none does, or where it does not end.
func text(b []byte, at int) int {
	if at >= len(b) || b[at] != '"' {
		return -1
	}
	for at++; ; {
		n := bytes.IndexByte(b[at:], '"')
		if n < 0 {
			return -1
		}
		at += n
		slashes := 0
		for b[at-1-slashes] == '\\' { // the opening quote stops it
			slashes++
		}
		if at++; slashes%2 == 0 {
			return at
		}
	}
}

// ends are the bytes at which a number or a word ends, and which of a nested value matter.
var (
	ends    = [256]bool{',': true, '}': true, ']': true, ' ': true, '\t': true, '\r': true, '\n': true}
	matters = [256]bool{'"': true, '{': true, '}': true, '[': true, ']': true}
)

// value returns the place behind the value that starts at a place; -1 where none does, or where it does not end.
func value(b []byte, at int) int {
	if at >= len(b) {
		return -1
	}
	switch b[at] {
	case '"':
		return text(b, at)
	case '{', '[':
		return nested(b, at)
	case ',', '}', ']', ':':
		return -1
	}
	for at++; at < len(b) && !ends[b[at]]; at++ {
	}
	return at
}

// nested counts brackets, however deep they are.
func nested(b []byte, at int) int {
	depth := 0
	for at < len(b) {
		if !matters[b[at]] {
			at++
			continue
		}
		switch b[at] {
		case '"':
			if at = text(b, at); at < 0 {
				return -1
			}
			continue
		case '{', '[':
			depth++
		default:
			if depth--; depth == 0 {
				return at + 1
			}
		}
		at++
	}
	return -1
}

// IsNull reports whether a value is absent or null.
func IsNull(v []byte) bool { return len(v) == 0 || string(v) == "null" }

// Text returns what a string says: a part of the text where it has no escapes. It is false for anything else than a
// string of JSON in UTF-8.
func Text(v []byte) (s []byte, ok bool) {
	if len(v) < 2 || v[0] != '"' || v[len(v)-1] != '"' {
		return nil, false
	}
	s = v[1 : len(v)-1]
	if plain(s) {
		return s, true
	}
	var out string
	if !utf8.Valid(s) || json.Unmarshal(v, &out) != nil {
		return nil, false
	}
	return []byte(out), true
}

// plain reports whether a string's text stands for itself.
func plain(s []byte) bool {
	for _, c := range s {
		if c < ' ' || c == '\\' || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Count returns a whole number from 0 to most. Anything else, also a fraction of zero or an exponent, is false.
func Count(v []byte, most int64) (n int64, ok bool) {
	if len(v) == 0 || len(v) > 18 || len(v) > 1 && v[0] == '0' {
		return 0, false
	}
	for _, c := range v {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, n <= most
}
