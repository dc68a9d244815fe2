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
	"maps"
	"slices"
	"strconv"
	"strings"
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

// repeated returns a name that is there twice.
func repeated(members []Member) (name string, twice bool) {
	const few = 16 // as many are compared with each other faster than they are put into a map
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
	var out []Member
	if at = s.space(at + 1); at < len(text) && text[at] == '}' {
		at++
	} else {
		out, at = s.members(at)
	}
	if at < 0 || s.space(at) != len(text) {
		return nil, errInvalid
	}
	return out, nil
}

// members reads the members of the outermost object from the first one on, and returns its end.
func (s scan) members(at int) (out []Member, end int) {
	out = make([]Member, 0, 8)
	for more := true; more; {
		nameEnd, start := s.name(at)
		if nameEnd < 0 {
			return nil, -1
		}
		valueEnd := s.value(start, 1)
		if valueEnd < 0 {
			return nil, -1
		}
		out = append(out, Member{Name: String(json.RawMessage(s[at:nameEnd])), Start: start, End: valueEnd,
			Value: json.RawMessage(s[start:valueEnd:valueEnd])})
		if more, at = s.next(valueEnd, '}'); at < 0 {
			return nil, -1
		}
	}
	return out, at
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

// IsNull reports whether a value is absent or null: providers use both for "not told".
func IsNull(text json.RawMessage) bool {
	return len(text) == 0 || string(bytes.TrimSpace(text)) == "null"
}

// Object is a JSON object whose counts are read by path. The zero value is an empty object. The values are parts
// of the text that was read and not copies. Of a name that is there twice the last value counts.
type Object struct {
	at     string
	fields map[string]json.RawMessage
}

// ReadObject reads a JSON object. A text that is absent or null is an empty object.
func ReadObject(text json.RawMessage) (Object, error) { return readObject("", text) }

func readObject(at string, text json.RawMessage) (Object, error) {
	o := Object{at: at}
	if IsNull(text) {
		return o, nil
	}
	members, err := split(text)
	if err != nil {
		return o, fmt.Errorf("%q is not an object", strings.TrimSuffix(at, "."))
	}
	o.fields = make(map[string]json.RawMessage, len(members))
	for _, m := range members {
		o.fields[m.Name] = m.Value
	}
	return o, nil
}

// Names lists the fields, sorted.
func (o Object) Names() []string { return slices.Sorted(maps.Keys(o.fields)) }

// Raw returns a field's text; nil when it is absent.
func (o Object) Raw(name string) json.RawMessage { return o.fields[name] }

// Object returns a field that is itself an object; an empty one when it is absent or null.
func (o Object) Object(name string) (Object, error) { return readObject(o.at+name+".", o.fields[name]) }

// Count returns a field that is a count. The field may be absent or null: then known is false. Anything but a
// whole number from 0 on is an error, never a zero.
func (o Object) Count(name string) (n int64, known bool, err error) {
	text := o.fields[name]
	if n, known, err = count(text); err != nil {
		return 0, false, fmt.Errorf("%q is %.40s; a count is a whole number from 0 on", o.at+name, text)
	}
	return n, known, nil
}

func count(text json.RawMessage) (n int64, known bool, err error) {
	if IsNull(text) {
		return 0, false, nil
	}
	n, err = strconv.ParseInt(string(text), 10, 64)
	if err == nil && (n < 0 || n > maxCount) {
		err = strconv.ErrRange
	}
	return n, err == nil, err
}
