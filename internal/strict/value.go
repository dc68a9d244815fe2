package strict

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Value is one value of a document. The zero Value is one that is not there: every method returns the zero
// value of its type and complains about nothing. A method that finds something else than it is asked for
// records an error in the document and returns the zero value.
type Value struct {
	doc  *Doc
	node *yaml.Node
	name string // for errors, such as "run.budget"; "" for the whole document
}

// Given reports whether the value is there. A key without a value is there, and its value is null.
func (v Value) Given() bool { return v.node != nil }

// Line returns the 1-based line of the value, or 0.
func (v Value) Line() int {
	if v.node == nil {
		return 0
	}
	return v.node.Line
}

// Fail records that the value is wrong. It does nothing for a value that is not there.
func (v Value) Fail(problem, allowed string) {
	if v.node != nil {
		v.doc.add(v.node.Line, v.node.Column, problem, allowed)
	}
}

// Place returns an error at the place of the value that says nothing yet, for what shows to be wrong only later; false for
// a value that is not there.
func (v Value) Place() (Error, bool) {
	if v.node == nil {
		return Error{}, false
	}
	return Error{Path: v.doc.path, Line: v.node.Line, Column: v.node.Column}, true
}

// Name returns the name of the value for errors, such as "run.budget".
func (v Value) Name() string { return v.name }

// IsMap reports whether the value is a mapping.
func (v Value) IsMap() bool { return v.node != nil && v.node.Kind == yaml.MappingNode }

// IsList reports whether the value is a list.
func (v Value) IsList() bool { return v.node != nil && v.node.Kind == yaml.SequenceNode }

// Written returns the text of a scalar as it is written, without quotes: 007 is "007" and 1.10 is "1.10", so
// that the owner of the value can parse it exactly. Null, mappings and lists are errors that say that want is
// allowed.
func (v Value) Written(want string) (text string, ok bool) {
	if v.node == nil {
		return "", false
	}
	if v.node.Kind != yaml.ScalarNode || v.node.Tag == "!!null" {
		v.mistaken(want)
		return "", false
	}
	return v.node.Value, true
}

// Peek returns the text of a scalar without complaining about anything else.
func (v Value) Peek() (text string, ok bool) {
	if v.node == nil || v.node.Kind != yaml.ScalarNode {
		return "", false
	}
	return v.node.Value, true
}

func (v Value) mistaken(want string) { v.Fail(v.title()+" is "+kind(v.node), want) }

func (v Value) title() string {
	if v.name == "" {
		return "the file"
	}
	return v.name
}

// kind says in words what a node is.
func kind(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	switch n.Tag {
	case "!!null":
		return "empty"
	case "!!bool":
		return "the truth value " + Clip(n.Value)
	case "!!int", "!!float":
		return "the number " + Clip(n.Value)
	case "!!timestamp":
		return "the date " + Clip(n.Value)
	}
	return "text"
}

// Text returns a text that is not empty. Numbers, dates and truth values without quotes are errors.
func (v Value) Text() string {
	s, ok := v.Written("text")
	switch {
	case !ok:
		return ""
	case v.node.Tag != "!!str" && v.node.Tag != "!!timestamp":
		v.mistaken("text; put it in quotes")
		return ""
	case strings.TrimSpace(s) == "":
		v.Fail(v.title()+" is empty", "text")
		return ""
	}
	return s
}

// Scalar returns a text that is not empty, or a number, date or truth value as it is written.
func (v Value) Scalar() string {
	s, ok := v.Written("text or a number")
	if ok && strings.TrimSpace(s) == "" {
		v.Fail(v.title()+" is empty", "text or a number")
		return ""
	}
	return s
}

// Enum returns a text that is one of the allowed ones.
func (v Value) Enum(allowed ...string) string {
	list := "allowed: " + strings.Join(allowed, ", ")
	s, ok := v.Written(list)
	if !ok {
		return ""
	}
	for _, a := range allowed {
		if s == a {
			return s
		}
	}
	v.Fail(fmt.Sprintf("%s: %q is not known%s", v.title(), Clip(s), didYouMean(s, allowed)), list)
	return ""
}

// Bool returns true or false.
func (v Value) Bool() bool {
	s, ok := v.Written("true or false")
	if !ok {
		return false
	}
	if v.node.Tag == "!!bool" {
		switch s {
		case "true":
			return true
		case "false":
			return false
		}
	}
	v.Fail(fmt.Sprintf("%s: %q is not a truth value", v.title(), Clip(s)), "true or false")
	return false
}

var wholeNumber = regexp.MustCompile(`^(0|[1-9][0-9]{0,17})$`)

// Int returns a whole number from low to high, both of at least zero.
func (v Value) Int(low, high int64) int64 {
	want := fmt.Sprintf("a whole number from %d to %d", low, high)
	s, ok := v.Written(want)
	if !ok {
		return 0
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || v.quoted() || !wholeNumber.MatchString(s) || n < low || n > high {
		v.Fail(fmt.Sprintf("%s: %s is out of range or not a whole number", v.title(), v.shown()), want)
		return 0
	}
	return n
}

var plainNumber = regexp.MustCompile(`^[0-9]{1,12}(\.[0-9]{1,18})?$`)

// Float returns a plain decimal number from low to high. It is for settings of statistics, never for money.
func (v Value) Float(low, high float64) float64 {
	want := fmt.Sprintf("a number from %g to %g", low, high)
	s, ok := v.Written(want)
	if !ok {
		return 0
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || v.quoted() || !plainNumber.MatchString(s) || math.IsNaN(f) || f < low || f > high {
		v.Fail(fmt.Sprintf("%s: %s is out of range or not a plain number", v.title(), v.shown()), want)
		return 0
	}
	return f
}

func (v Value) quoted() bool {
	return v.node.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0
}

// shown is a scalar as an error repeats it.
func (v Value) shown() string { return strconv.Quote(Clip(v.node.Value)) }

// Duration returns a length of time from low to high, written as in 90s, 10m, 1h30m or 14d.
func (v Value) Duration(low, high time.Duration) time.Duration {
	want := fmt.Sprintf("a time from %s to %s, such as 90s, 10m, 1h30m or 2d", short(low), short(high))
	s, ok := v.Written(want)
	if !ok {
		return 0
	}
	d, err := ParseDuration(s)
	if err != nil || d < low || d > high {
		v.Fail(fmt.Sprintf("%s: %s is out of range or not a length of time", v.title(), v.shown()), want)
		return 0
	}
	return d
}

var durationForm = regexp.MustCompile(`^(?:([0-9]{1,6})d)?((?:[0-9]{1,9}(?:h|m|s|ms))*)$`)

// ParseDuration reads a length of time in whole days, hours, minutes, seconds and milliseconds, such as 14d or
// 1h30m. A day has 24 hours. A number needs a unit, and there is no sign.
func ParseDuration(s string) (time.Duration, error) {
	m := durationForm.FindStringSubmatch(s)
	if s == "" || m == nil {
		return 0, fmt.Errorf("%q is not a length of time", Clip(s))
	}
	var total time.Duration
	if m[1] != "" {
		days, err := strconv.Atoi(m[1])
		if err != nil || days > 100_000 {
			return 0, fmt.Errorf("%q is too long", Clip(s))
		}
		total = time.Duration(days) * 24 * time.Hour
	}
	if m[2] != "" {
		rest, err := time.ParseDuration(m[2])
		if err != nil || total+rest < total {
			return 0, fmt.Errorf("%q is too long", Clip(s))
		}
		total += rest
	}
	return total, nil
}

// short writes a duration without its zero parts: 1h0m0s is 1h.
func short(d time.Duration) string {
	if d > 0 && d%(24*time.Hour) == 0 {
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
