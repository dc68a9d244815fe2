package suite

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/pertask/pertask/internal/strict"
)

// brokenGrade marks a grade that is given and in error. It never leaves Load.
const brokenGrade GraderKind = "broken"

// maxPattern bounds a regular expression, in bytes.
const maxPattern = 10_000

// grade reads a grader: a command line, or a mapping with exactly one kind.
func (l *loader) grade(v strict.Value) Grader {
	if !v.Given() {
		return Grader{}
	}
	g := Grader{Kind: GradeCommand}
	if v.IsList() {
		v.Fail(v.Name()+" is a list", "a command line, or a mapping with one of "+strings.Join(gradeKeys[:len(gradeKeys)-1], ", "))
	} else if !v.IsMap() {
		g.Value = l.shell(v)
	} else {
		g = l.gradeMap(v)
	}
	if g.Value == "" && g.SchemaJSON == nil {
		return Grader{Kind: brokenGrade}
	}
	return g
}

func (l *loader) gradeMap(v strict.Value) Grader {
	m := v.Map(gradeKeys...)
	kinds := gradeKeys[:len(gradeKeys)-1]
	var given []string
	for _, k := range kinds {
		if m.Get(k).Given() {
			given = append(given, k)
		}
	}
	if len(given) != 1 {
		problem := "no kind of grader"
		if len(given) > 1 {
			problem = strings.Join(given, " and ")
		}
		v.Fail(fmt.Sprintf("%s has %s", v.Name(), problem), "exactly one of "+strings.Join(kinds, ", "))
		return Grader{}
	}
	at := m.Get(given[0])
	g := l.gradeKind(GraderKind(given[0]), at)
	if of := m.Get("of"); of.Given() {
		if g.Kind == GradeCommand {
			of.Fail("of has no use: a command looks at whatever it wants", "leave it out")
		}
		g.Of, _ = l.insideOne(of)
	}
	return g
}

func (l *loader) gradeKind(kind GraderKind, at strict.Value) Grader {
	g := Grader{Kind: kind}
	switch kind {
	case GradeCommand:
		g.Value = l.shell(at)
	case GradeEquals, GradeContains:
		g.Value = at.Scalar()
	case GradeMatches:
		g.Value = at.Text()
		if _, err := compilePattern(g.Value); g.Value != "" && err != nil {
			at.Fail(fmt.Sprintf("%s: %v", at.Name(), err), "a regular expression in RE2 syntax")
			return Grader{}
		}
	case GradeJSONSchema:
		g.Schema, g.SchemaJSON = l.schema(at)
	}
	return g
}

func compilePattern(s string) (*regexp.Regexp, error) {
	if len(s) > maxPattern {
		return nil, fmt.Errorf("pattern is longer than %d bytes", maxPattern)
	}
	return regexp.Compile(s)
}

// schema reads a JSON Schema: the path of a file, or the schema itself.
func (l *loader) schema(v strict.Value) (name string, text []byte) {
	if v.IsMap() {
		text = v.JSON()
	} else {
		p, ok := l.relative(v)
		if !ok {
			return "", nil
		}
		name = l.place(p)
		var err error
		if text, err = l.files.read(name, maxSchema); err != nil {
			v.Fail(fmt.Sprintf("%s: %v", v.Name(), err), "a JSON file of at most 1 MiB, "+placeRule)
			return "", nil
		}
	}
	if text == nil {
		return "", nil
	}
	if _, err := compileSchema(text); err != nil {
		v.Fail(fmt.Sprintf("%s: %v", v.Name(), err), "a JSON Schema that refers to nothing outside itself")
		return "", nil
	}
	return name, text
}

// Accept decides whether an answer is accepted, for every kind but command. An error means that the grader
// itself is broken, so that there is no decision; a Grader of Load never is. It is safe for concurrent use.
func (g Grader) Accept(answer []byte) (bool, error) {
	switch g.Kind {
	case GradeEquals:
		return bytes.Equal(bytes.TrimSpace(answer), []byte(strings.TrimSpace(g.Value))), nil
	case GradeContains:
		if g.Value == "" {
			return false, fmt.Errorf("grading with contains: the text to look for is empty")
		}
		return bytes.Contains(answer, []byte(g.Value)), nil
	case GradeMatches:
		if g.Value == "" {
			return false, fmt.Errorf("grading with matches: the pattern is empty")
		}
		re, err := compilePattern(g.Value)
		if err != nil {
			return false, fmt.Errorf("grading with matches: %w", err)
		}
		return re.Match(answer), nil
	case GradeJSONSchema:
		return acceptJSON(g.SchemaJSON, answer)
	case GradeCommand:
		return false, fmt.Errorf("grading an answer with a command: a command is run, not asked")
	}
	return false, fmt.Errorf("grading with unknown kind %q", g.Kind)
}
