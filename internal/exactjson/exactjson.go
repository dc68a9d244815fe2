// Package exactjson decodes JSON that must say exactly what its type knows.
//
// It knows unknown fields, fields that are given twice or in other letters, and text that follows a value, and
// refuses all of them. It refuses to know what the values mean.
package exactjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// Decode decodes one JSON value. It refuses anything after the value, a field that the type does not have by
// exactly that name, and a name that an object has twice, in whatever case. What is decoded into a
// json.RawMessage is not looked into: that is done when it is decoded itself.
func Decode(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON value")
	}
	return walk(json.NewDecoder(bytes.NewReader(data)), reflect.TypeOf(into))
}

var raw = reflect.TypeFor[json.RawMessage]()

// walk reads one value that has been decoded into the type, which bounds its nesting. A nil type stands for a value
// whose names are its own, such as one that decodes itself.
func walk(d *json.Decoder, t reflect.Type) error {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == raw {
		var skip json.RawMessage
		return d.Decode(&skip)
	}
	token, err := d.Token()
	if err != nil {
		return err
	}
	open, isDelim := token.(json.Delim)
	if !isDelim {
		return nil
	}
	seen := map[string]bool{}
	for d.More() {
		inner := element(t)
		if open == '{' {
			token, err := d.Token()
			if err != nil {
				return err
			}
			key, _ := token.(string)
			if inner, err = field(t, key); err != nil {
				return err
			}
			if seen[fold(key)] {
				return fmt.Errorf("the field %q is given twice", key)
			}
			seen[fold(key)] = true
		}
		if err := walk(d, inner); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}

// element is the type of what a list or an object with any names has in it; nil when that is not told.
func element(t reflect.Type) reflect.Type {
	if t != nil && slices.Contains([]reflect.Kind{reflect.Map, reflect.Slice, reflect.Array}, t.Kind()) {
		return t.Elem()
	}
	return nil
}

// field is the type of what an object has under a name. encoding/json takes a name in other letters for a field's:
// RATES, and even "rate" with a long s at its end, for rates. No reader of the text would.
func field(t reflect.Type, name string) (reflect.Type, error) {
	if t == nil || t.Kind() != reflect.Struct || reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		return element(t), nil
	}
	for _, f := range reflect.VisibleFields(t) {
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if tag == name || tag == "" && f.Name == name && !f.Anonymous {
			return f.Type, nil
		}
	}
	return nil, fmt.Errorf("unknown field %q; upper and lower case matter", name)
}

// fold makes names equal that differ in case only, by the simple folding of Unicode as encoding/json does: the
// lowest of the runes that fold to each other stands for all of them.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		lowest := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			lowest = min(lowest, next)
		}
		return lowest
	}, name)
}
