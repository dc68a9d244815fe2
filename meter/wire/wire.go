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
	if !json.Valid(text) {
		return nil, errors.New("reading a JSON object: the text is not valid JSON")
	}
	at := space(text, 0)
	if text[at] != '{' {
		return nil, errors.New("reading a JSON object: the text does not start with one")
	}
	var out []Member
	seen := make(map[string]bool)
	for at = space(text, at+1); text[at] != '}'; at = space(text, at) {
		if text[at] == ',' {
			at = space(text, at+1)
		}
		end := value(text, at)
		m := Member{Name: String(text[at:end])}
		m.Start = space(text, space(text, end)+1) // over the colon
		m.End = value(text, m.Start)
		m.Value = json.RawMessage(text[m.Start:m.End:m.End])
		if seen[m.Name] {
			return nil, fmt.Errorf("reading a JSON object: %.80q: %w", m.Name, ErrDuplicate)
		}
		seen[m.Name] = true
		out = append(out, m)
		at = m.End
	}
	return out, nil
}

// space returns the first place from at on that is not white space. The text is valid, so there is one.
func space(text []byte, at int) int {
	for at < len(text) && (text[at] == ' ' || text[at] == '\n' || text[at] == '\t' || text[at] == '\r') {
		at++
	}
	return at
}

// value returns the end of the value that starts at a place of a valid text.
func value(text []byte, at int) int {
	depth := 0
	for ; at < len(text); at++ {
		switch text[at] {
		case '"':
			at = closing(text, at)
			if depth == 0 {
				return at + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return at + 1
			}
			if depth < 0 { // the object ends, and with it a number or a word
				return at
			}
		case ',', ' ', '\n', '\t', '\r':
			if depth == 0 {
				return at
			}
		}
	}
	return at
}

// closing returns the place of the quote that ends the string which starts at a place of a valid text.
func closing(text []byte, at int) int {
	for at++; ; at++ {
		next := bytes.IndexByte(text[at:], '"')
		escape := bytes.IndexByte(text[at:at+next], '\\')
		if escape < 0 {
			return at + next
		}
		at += escape + 1 // over the backslash; the loop steps over what it escapes
	}
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

// Object is a JSON object whose counts are read by path. The zero value is an empty object.
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
	if err := json.Unmarshal(text, &o.fields); err != nil {
		return Object{at: at}, fmt.Errorf("%q is not an object", strings.TrimSuffix(at, "."))
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
	text := bytes.TrimSpace(o.fields[name])
	if IsNull(text) {
		return 0, false, nil
	}
	n, err = strconv.ParseInt(string(text), 10, 64)
	if err != nil || n < 0 || n > maxCount {
		return 0, false, fmt.Errorf("%q is %.40s; a count is a whole number from 0 on", o.at+name, text)
	}
	return n, true, nil
}

// Unclassified lists the fields below o that look like counts of tokens (their name ends in "_tokens"), are
// not zero, and are not among the known paths. A path is written "a.b_tokens"; a known path that ends in ".*"
// knows everything below it. Zero of anything costs nothing, so a zero is not listed.
func (o Object) Unclassified(known []string) []string {
	var out []string
	for name, text := range o.fields {
		path := o.at + name
		if slices.Contains(known, path+".*") || slices.Contains(known, path) {
			continue
		}
		if inner, err := o.Object(name); err == nil && inner.fields != nil {
			out = append(out, inner.Unclassified(known)...)
			continue
		}
		if n, told, err := o.Count(name); strings.HasSuffix(name, "_tokens") && !IsNull(text) && (err != nil || told && n != 0) {
			out = append(out, path)
		}
	}
	slices.Sort(out)
	return out
}
