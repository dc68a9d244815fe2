package suite

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const (
	maxSchema = 1 << 20
	// schemaURL is where a schema pretends to be, so that references inside it can be resolved.
	schemaURL = "pertask:///schema.json"
	// maxExponent bounds numbers in answers: the validator works with exact fractions, whose size grows with it.
	maxExponent = 1000
)

// nothing refuses to load any schema: neither the network nor the disk is looked at.
type nothing struct{}

func (nothing) Load(url string) (any, error) {
	return nil, errors.New("references outside the schema are not allowed")
}

// compileSchema compiles a schema that stands alone. A panic of the library is an error like any other.
func compileSchema(text []byte) (s *jsonschema.Schema, err error) {
	defer func() {
		if p := recover(); p != nil {
			s, err = nil, errors.New("a schema that cannot be compiled")
		}
	}()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	if !modest(doc) {
		return nil, fmt.Errorf("a number with an exponent beyond %d", maxExponent)
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(nothing{})
	if err := c.AddResource(schemaURL, doc); err != nil {
		return nil, plain(err)
	}
	if s, err = c.Compile(schemaURL); err != nil {
		return nil, plain(err)
	}
	return s, nil
}

// plain makes one short line of an error of the library.
func plain(err error) error {
	text := strings.ReplaceAll(err.Error(), schemaURL, "")
	text = strings.Join(strings.Fields(text), " ")
	const most = 300
	if r := []rune(text); len(r) > most {
		text = string(r[:most]) + "..."
	}
	return errors.New(text)
}

// acceptJSON decides whether the answer is one JSON value that the schema accepts.
func acceptJSON(schema, answer []byte) (ok bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			ok, err = false, fmt.Errorf("grading with json_schema: %v", p)
		}
	}()
	s, err := compileSchema(schema)
	if err != nil {
		return false, fmt.Errorf("grading with json_schema: %w", err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(answer))
	if err != nil || !modest(doc) {
		return false, nil // the answer is wrong, not the grader
	}
	return s.Validate(doc) == nil, nil
}

// modest reports whether every number in a JSON value has an exponent that can be computed with.
func modest(v any) bool {
	switch v := v.(type) {
	case json.Number:
		s := strings.ToLower(v.String())
		_, exponent, has := strings.Cut(s, "e")
		n, err := strconv.Atoi(exponent)
		return len(s) <= maxExponent && (!has || err == nil && n <= maxExponent && n >= -maxExponent)
	case []any:
		for _, x := range v {
			if !modest(x) {
				return false
			}
		}
	case map[string]any:
		for _, x := range v {
			if !modest(x) {
				return false
			}
		}
	}
	return true
}
