// Package exactjson decodes JSON that must say exactly what its type knows.
//
// It knows unknown fields, fields that are given twice, and text that follows a value, and refuses all three. It
// refuses to know what the values mean.
package exactjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Decode decodes one JSON value and refuses unknown fields and anything after the value.
func Decode(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON value")
	}
	return nil
}

// Unique refuses a field that is given twice anywhere in a JSON value that Decode has accepted, which bounds
// its nesting. encoding/json would silently take the last, and does not tell upper from lower case.
func Unique(data []byte) error { return walk(json.NewDecoder(bytes.NewReader(data))) }

func walk(d *json.Decoder) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	open, isDelim := t.(json.Delim)
	if !isDelim {
		return nil
	}
	seen := map[string]bool{}
	for d.More() {
		if open == '{' {
			t, err := d.Token()
			if err != nil {
				return err
			}
			key, _ := t.(string)
			if seen[strings.ToLower(key)] {
				return fmt.Errorf("the field %q is given twice", key)
			}
			seen[strings.ToLower(key)] = true
		}
		if err := walk(d); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}
