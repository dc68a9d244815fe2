package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Object is a JSON object whose counts are read by path. The zero value is an empty object. The values are parts
// of the text that was read and not copies. Of a name that is there twice the last value counts.
type Object struct {
	at     string
	fields []field // no name twice
}

type field struct {
	name  []byte
	value json.RawMessage
}

// ReadObject reads a JSON object. A text that is absent or null is an empty object.
func ReadObject(text json.RawMessage) (Object, error) { return readObject("", text) }

func readObject(at string, text json.RawMessage) (Object, error) {
	o := Object{at: at}
	if IsNull(text) {
		return o, nil
	}
	s := scan(text)
	start, end := s.space(0), -1
	fields := make([]field, 0, few/2)
	if start < len(s) && s[start] == '{' {
		end = s.members(start, func(name []byte, m Member) { fields = append(fields, field{unquoted(name), m.Value}) })
	}
	if end < 0 || s.space(end) != len(s) {
		return o, fmt.Errorf("%q is not an object", strings.TrimSuffix(at, "."))
	}
	o.fields = lastOfEach(fields)
	return o, nil
}

// Value returns a member's text in a JSON object, the last one of that name; nil when there is none, and when the text
// is anything but an object.
func Value(text json.RawMessage, name string) (value json.RawMessage) {
	s := scan(text)
	start := s.space(0)
	if start == len(s) || s[start] != '{' {
		return nil
	}
	end := s.members(start, func(quoted []byte, m Member) {
		if string(unquoted(quoted)) == name {
			value = m.Value
		}
	})
	if end < 0 || s.space(end) != len(s) {
		return nil
	}
	return value
}

// unquoted returns the text that a JSON string stands for.
func unquoted(text []byte) []byte {
	if inner := text[1 : len(text)-1]; bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return inner
	}
	return []byte(String(text))
}

// lastOfEach keeps the last field of each name, in place.
func lastOfEach(fields []field) []field {
	if len(fields) > few {
		last := make(map[string]int, len(fields))
		for i, f := range fields {
			last[string(f.name)] = i
		}
		kept := fields[:0]
		for i, f := range fields {
			if last[string(f.name)] == i {
				kept = append(kept, f)
			}
		}
		return kept
	}
	kept := fields[:0]
	for i, f := range fields {
		if !slices.ContainsFunc(fields[i+1:], func(later field) bool { return bytes.Equal(later.name, f.name) }) {
			kept = append(kept, f)
		}
	}
	return kept
}

// Names lists the fields, sorted.
func (o Object) Names() []string {
	var names []string
	for _, f := range o.fields {
		names = append(names, string(f.name))
	}
	slices.Sort(names)
	return names
}

// Raw returns a field's text; nil when it is absent.
func (o Object) Raw(name string) json.RawMessage {
	for _, f := range o.fields {
		if string(f.name) == name {
			return f.value
		}
	}
	return nil
}

// Object returns a field that is itself an object; an empty one when it is absent or null.
func (o Object) Object(name string) (Object, error) { return readObject(o.at+name+".", o.Raw(name)) }

// Count returns a field that is a count. The field may be absent or null: then known is false. Anything but a
// whole number from 0 on is an error, never a zero.
func (o Object) Count(name string) (n int64, known bool, err error) {
	text := o.Raw(name)
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
