package suite_test

import (
	"strings"
	"testing"

	"github.com/pertask/pertask/suite"
)

func TestAccept(t *testing.T) {
	equals := suite.Grader{Kind: suite.GradeEquals, Value: "billing\n"}
	contains := suite.Grader{Kind: suite.GradeContains, Value: "a b"}
	matches := suite.Grader{Kind: suite.GradeMatches, Value: `(?i)^yes\b`}
	schema := suite.Grader{Kind: suite.GradeJSONSchema, SchemaJSON: []byte(`{
		"type": "object", "required": ["n"], "additionalProperties": false,
		"properties": {"n": {"type": "integer", "minimum": 1, "multipleOf": 0.5}, "s": {"pattern": "^a+$"}}}`)}
	for _, test := range []struct {
		name, answer string
		grader       suite.Grader
		want         bool
	}{
		{"equals", "billing", equals, true},
		{"equals with white space around", "\n billing\t\r\n", equals, true},
		{"equals in another case", "Billing", equals, false},
		{"equals with more", "billing.", equals, false},
		{"equals nothing", "", equals, false},
		{"contains", "xa by", contains, true},
		{"contains across lines", "a\nb", contains, false},
		{"contains nothing", "", contains, false},
		{"matches", "YES, of course", matches, true},
		{"matches at the start only", "oh yes", matches, false},
		{"matches no half word", "yesterday", matches, false},
		{"schema", `{"n": 3, "s": "aaa"}`, schema, true},
		{"schema with white space around", "\n{\"n\": 1}\n", schema, true},
		{"schema, whole number as fraction", `{"n": 3.0}`, schema, true},
		{"schema, wrong type", `{"n": "3"}`, schema, false},
		{"schema, too small", `{"n": 0}`, schema, false},
		{"schema, missing", `{}`, schema, false},
		{"schema, extra", `{"n": 1, "m": 2}`, schema, false},
		{"schema, pattern", `{"n": 1, "s": "b"}`, schema, false},
		{"schema, not JSON", `n = 3`, schema, false},
		{"schema, JSON in a code fence", "```json\n{\"n\": 3}\n```", schema, false},
		{"schema, two values", `{"n": 3} {"n": 4}`, schema, false},
		{"schema, nothing", ``, schema, false},
		{"schema, huge exponent", `{"n": 1e999999999}`, schema, false},
		{"schema, huge exponent outside the properties", `{"n": 1, "m": [{"x": 1E+99999999999999999999}]}`, schema, false},
		{"schema, tiny exponent", `{"n": 1e-999999999}`, schema, false},
		{"schema, long number", `{"n": ` + strings.Repeat("9", 100_000) + `}`, schema, false},
		{"schema, deep", strings.Repeat("[", 100_000), schema, false},
		{"schema, invalid UTF-8", "{\"n\": 3, \"s\": \"\xff\"}", schema, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.grader.Accept([]byte(test.answer))
			if err != nil || got != test.want {
				t.Errorf("got %v, %v, want %v", got, err, test.want)
			}
		})
	}
}

// TestAcceptBroken says that a grader that cannot decide says so, and accepts nothing.
func TestAcceptBroken(t *testing.T) {
	for _, g := range []suite.Grader{
		{},
		{Kind: "other", Value: "x"},
		{Kind: suite.GradeCommand, Value: "true"},
		{Kind: suite.GradeContains},
		{Kind: suite.GradeMatches},
		{Kind: suite.GradeMatches, Value: "("},
		{Kind: suite.GradeJSONSchema},
		{Kind: suite.GradeJSONSchema, SchemaJSON: []byte(`{"type": 5}`)},
		{Kind: suite.GradeJSONSchema, SchemaJSON: []byte(`{"$ref": "https://example.com/s.json"}`)},
	} {
		if got, err := g.Accept([]byte("{}")); err == nil || got {
			t.Errorf("%+v: got %v, %v, want an error", g, got, err)
		}
	}
}

func TestRecursiveSchema(t *testing.T) {
	g := suite.Grader{Kind: suite.GradeJSONSchema, SchemaJSON: []byte(`{"$ref": "#"}`)}
	if got, err := g.Accept([]byte(`1`)); got {
		t.Errorf("a schema that is only itself accepted an answer (%v); it can decide nothing", err)
	}
	g.SchemaJSON = []byte(`{"type": "array", "items": {"$ref": "#"}}`)
	for answer, want := range map[string]bool{`[[], [[]]]`: true, `[[], [1]]`: false} {
		if got, err := g.Accept([]byte(answer)); err != nil || got != want {
			t.Errorf("%s: got %v, %v, want %v", answer, got, err, want)
		}
	}
}

func FuzzAccept(f *testing.F) {
	f.Add([]byte(`{"type": "object", "properties": {"n": {"$ref": "#/properties/n"}}}`), []byte(`{"n": 1e5}`))
	f.Add([]byte(`{"multipleOf": 0.1, "uniqueItems": true}`), []byte(`[1, 1.0]`))
	f.Add([]byte(`true`), []byte(`1`))
	f.Fuzz(func(t *testing.T, schema, answer []byte) {
		g := suite.Grader{Kind: suite.GradeJSONSchema, SchemaJSON: schema}
		if ok, err := g.Accept(answer); ok && err != nil {
			t.Errorf("accepted with an error: %v", err)
		}
	})
}
