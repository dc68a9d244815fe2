// Package wire reads the parts of JSON that every wire format has in common: the members of a body in their
// places, and the counts of a usage object.
//
// It knows JSON texts, byte ranges and whole numbers. It refuses to know any provider's field names, and it
// never guesses: a count that is not a plain whole number is an error.
package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// maxCount is the largest count that is believed. It leaves room to add many counts without overflow.
const maxCount = 1 << 53

// Member is one name and value of a JSON object, with the places where the value stands in the text. The value
// is a part of the text and not a copy.
type Member struct {
	Name       string
	Value      json.RawMessage
	Start, End int // the value is text[Start:End]
}

// ErrDuplicate is in the chain of errors about an object that has a name twice. Readers differ in which of
// the two values counts, so such a request could be admitted for one model and served by another.
var ErrDuplicate = errors.New("a name is there twice")

// Members splits the JSON object in text into its members, in order, without looking into their values.
// The text must hold nothing but the object, and no name twice.
func Members(text []byte) ([]Member, error) {
	members, err := split(text)
	if err != nil {
		return nil, err
	}
	if name, twice := repeated(members); twice {
		return nil, fmt.Errorf("reading a JSON object: %.80q: %w", name, ErrDuplicate)
	}
	return members, nil
}

// few is how many names are compared with each other faster than they are put into a map.
const few = 16

// repeated returns a name that is there twice.
func repeated(members []Member) (name string, twice bool) {
	if len(members) <= few {
		for i, m := range members {
			if _, twice := Find(members[:i], m.Name); twice {
				return m.Name, true
			}
		}
		return "", false
	}
	seen := make(map[string]bool, len(members))
	for _, m := range members {
		if seen[m.Name] {
			return m.Name, true
		}
		seen[m.Name] = true
	}
	return "", false
}

var errInvalid = errors.New("reading a JSON object: the text is not valid JSON")

// split is Members for objects that may have a name twice.
func split(text []byte) ([]Member, error) {
	s := scan(text)
	at := s.space(0)
	switch {
	case at == len(text):
		return nil, errInvalid
	case text[at] != '{':
		return nil, errors.New("reading a JSON object: the text does not start with one")
	}
	out := make([]Member, 0, few)
	if at = s.members(at, func(name []byte, m Member) {
		m.Name = String(name)
		out = append(out, m)
	}); at < 0 || s.space(at) != len(text) {
		return nil, errInvalid
	}
	return out, nil
}

// Find returns the member of that name.
func Find(members []Member, name string) (Member, bool) {
	i := slices.IndexFunc(members, func(m Member) bool { return m.Name == name })
	if i < 0 {
		return Member{}, false
	}
	return members[i], true
}

// Text returns the string value of a member; "" when it is absent or is no string.
func Text(members []Member, name string) string {
	m, _ := Find(members, name)
	return String(m.Value)
}

// String returns the string in a JSON text; "" when the text is anything else.
func String(text json.RawMessage) string {
	if len(text) == 0 || text[0] != '"' {
		return ""
	}
	if n := plainRun(text[1:]); n == len(text)-2 && text[n+1] == '"' && utf8.Valid(text) {
		return string(text[1 : n+1])
	}
	var s string
	if json.Unmarshal(text, &s) != nil {
		return ""
	}
	return s
}

// Elements returns the values of a JSON list, which are parts of the text. It is not ok when the text is anything else.
func Elements(text json.RawMessage) (list []json.RawMessage, ok bool) {
	s := scan(text)
	at := s.space(0)
	if at == len(s) || s[at] != '[' {
		return nil, false
	}
	at = s.space(at + 1)
	more := at == len(s) || s[at] != ']'
	if !more {
		at++
	}
	for more {
		end := s.value(at, 1)
		if end < 0 {
			return nil, false
		}
		list = append(list, json.RawMessage(s[at:end:end]))
		more, at = s.next(end, ']')
	}
	return list, at >= 0 && s.space(at) == len(s)
}

// IsNull reports whether a value is absent or null: providers use both for "not told".
func IsNull(text json.RawMessage) bool {
	return len(text) == 0 || string(bytes.TrimSpace(text)) == "null"
}
