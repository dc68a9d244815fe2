package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// want is which parts of a value of JSON are read.
type want struct {
	whole  bool
	fields map[string]*want // of an object
	item   *want            // of a list
}

// wanted is what of a payload is read: the fields of eventJSON, a hundredth of most payloads.
var wanted = wantOf(reflect.TypeFor[eventJSON]())

func wantOf(t reflect.Type) *want {
	switch t.Kind() {
	case reflect.Pointer:
		return wantOf(t.Elem())
	case reflect.Slice:
		if t.Elem().Kind() != reflect.Uint8 { // else a json.RawMessage
			return &want{item: wantOf(t.Elem())}
		}
	case reflect.Struct:
		w := &want{fields: map[string]*want{}}
		for i := range t.NumField() {
			name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
			w.fields[name] = wantOf(t.Field(i).Type)
		}
		return w
	}
	return &want{whole: true}
}

// skim decodes a payload. It is json.Unmarshal, but several times as fast, since it passes over what nobody wants without
// looking inside: there, what is no JSON is not found. A wanted field must have the very name, and be there once.
func skim(payload []byte) (eventJSON, error) {
	s := skimmer{in: payload, out: make([]byte, 0, 4<<10)}
	var j eventJSON
	if err := s.value(wanted); err != nil {
		return j, fmt.Errorf("%w at byte %d", err, s.at)
	}
	if s.space(); s.at < len(s.in) {
		return j, fmt.Errorf("%w at byte %d", errSyntax, s.at)
	}
	err := json.Unmarshal(s.out, &j)
	return j, err
}

var (
	errSyntax = errors.New("not JSON")
	errTwice  = errors.New("a field is there twice")
)

// skimmer copies what is wanted from in to out.
type skimmer struct {
	in, out []byte
	at      int
}

// peek returns the next byte that is no space, 0 at the end.
func (s *skimmer) peek() byte {
	s.space()
	if s.at < len(s.in) {
		return s.in[s.at]
	}
	return 0
}

func (s *skimmer) space() {
	for s.at < len(s.in) && (s.in[s.at] == ' ' || s.in[s.at] == '\n' || s.in[s.at] == '\r' || s.in[s.at] == '\t') {
		s.at++
	}
}

// value copies a value. It goes no deeper than what is wanted.
func (s *skimmer) value(w *want) error {
	switch c := s.peek(); {
	case c == '{' && w.fields != nil:
		return s.object(w)
	case c == '[' && w.item != nil:
		return s.list(w)
	}
	from := s.at
	if err := s.pass(); err != nil {
		return err
	}
	s.out = append(s.out, s.in[from:s.at]...)
	return nil
}

func (s *skimmer) object(w *want) error {
	s.at++
	s.out = append(s.out, '{')
	var seen []*want
	if s.peek() == '}' {
		s.at++
		s.out = append(s.out, '}')
		return nil
	}
	for {
		below, raw, err := s.field(w)
		if err != nil {
			return err
		}
		for _, o := range seen {
			if below != nil && o == below {
				return errTwice
			}
		}
		if below == nil {
			err = s.pass()
		} else {
			if len(seen) > 0 {
				s.out = append(s.out, ',')
			}
			seen = append(seen, below)
			s.out = append(append(s.out, raw...), ':')
			err = s.value(below)
		}
		if err != nil {
			return err
		}
		if more, err := s.more('}'); !more || err != nil {
			return err
		}
	}
}

// field reads the name of a field and the colon, and returns what of it is wanted, nil for nothing.
func (s *skimmer) field(w *want) (below *want, raw []byte, err error) {
	if s.peek() != '"' {
		return nil, nil, errSyntax
	}
	from := s.at
	if err := s.text(); err != nil {
		return nil, nil, err
	}
	raw = s.in[from:s.at]
	if s.peek() != ':' {
		return nil, nil, errSyntax
	}
	s.at++
	if bytes.IndexByte(raw, '\\') < 0 {
		return w.fields[string(raw[1:len(raw)-1])], raw, nil
	}
	var name string
	if json.Unmarshal(raw, &name) != nil {
		return nil, nil, errSyntax
	}
	return w.fields[name], raw, nil
}

func (s *skimmer) list(w *want) error {
	s.at++
	s.out = append(s.out, '[')
	if s.peek() == ']' {
		s.at++
		s.out = append(s.out, ']')
		return nil
	}
	for first := true; ; first = false {
		if !first {
			s.out = append(s.out, ',')
		}
		if err := s.value(w.item); err != nil {
			return err
		}
		if more, err := s.more(']'); !more || err != nil {
			return err
		}
	}
}

// more reads a comma, or the end of an object or list, which it copies.
func (s *skimmer) more(end byte) (bool, error) {
	switch s.peek() {
	case ',':
		s.at++
		return true, nil
	case end:
		s.at++
		s.out = append(s.out, end)
		return false, nil
	}
	return false, errSyntax
}

// text passes over a text, from its first quotation mark to behind its last.
func (s *skimmer) text() error {
	for at := s.at + 1; ; {
		n := bytes.IndexByte(s.in[at:], '"')
		if n < 0 {
			return errSyntax
		}
		end := at + n
		escapes := 0
		for end-escapes > at && s.in[end-escapes-1] == '\\' {
			escapes++
		}
		at = end + 1
		if escapes%2 == 0 {
			s.at = at
			return nil
		}
	}
}

// pass passes over a value.
func (s *skimmer) pass() error {
	depth := 0
	for {
		c := s.peek()
		switch c {
		case 0:
			return errSyntax
		case '"':
			if err := s.text(); err != nil {
				return err
			}
		case '{', '[':
			depth++
			s.at++
		case '}', ']':
			if depth--; depth < 0 {
				return errSyntax
			}
			s.at++
		case ',', ':':
			if depth == 0 {
				return errSyntax
			}
			s.at++
		default:
			s.word()
		}
		if depth == 0 {
			return nil
		}
	}
}

// word passes over a number, true, false, null, or what stands in their place.
func (s *skimmer) word() {
	if n := bytes.IndexAny(s.in[s.at:], ",:{}[]\" \n\r\t\x00"); n > 0 {
		s.at += n
		return
	}
	s.at = len(s.in)
}
