package document

import (
	"iter"
	"slices"
	"strings"

	"github.com/pertask/pertask/internal/document/step"
)

// Selector is the place of one value in a settings file: keys and indexes from the root of the file. The zero
// value selects nothing.
type Selector struct {
	segments []segment
}

type segment = step.Step

// ParseSelector reads a selector: "$.a.b", "$.a[0].b", "$['a b'].c" or "$["a.b"]". The leading "$." may be left
// out, so that the name of a dotenv variable or a top-level key of a TOML file is a selector as it stands. In a
// quoted key, a backslash stands before a quote or a backslash that belongs to the key.
//
// An element of a list that has a name is best selected by it, since its index changes with the order:
// "$.models[?name=gpt].model", "$.models[?name='gpt 5'].model" or "$.list[?match.model=a].x". The name is the text
// of a single value; without quotes it has letters, digits and - _ . : / only. A filter that more than one element
// fits selects none of them, and reading it is an error: a selector is the place of at most one value, and there are
// no wildcards. The error says at which byte (from 1) the text is wrong and what is allowed there; it does not
// repeat the text.
func ParseSelector(s string) (Selector, error) {
	steps, err := step.Parse(s)
	return Selector{steps}, err
}

// String returns the selector in its canonical form, which ParseSelector reads back to the same selector.
func (s Selector) String() string { return step.Text(s.segments) }

// Below returns the place that a selector has which starts at the place of s instead of at the root.
func (s Selector) Below(rest Selector) Selector {
	return Selector{segments: slices.Concat(s.segments, rest.segments)}
}

// Element returns the place of the one element of the list at s that has a text at the keys of name.
func (s Selector) Element(name Selector, text string) Selector {
	var keys []string
	for key := range name.Keys() {
		keys = append(keys, key)
	}
	return s.below(segment{Filter: strings.Join(keys, "."), Name: text})
}

// Key returns the place of a key of the mapping at s.
func (s Selector) Key(name string) Selector { return s.below(segment{Name: name}) }

// In reports whether the place is that of another selector or below it.
func (s Selector) In(other Selector) bool {
	n := len(other.segments)
	return len(s.segments) >= n && slices.Equal(s.segments[:n], other.segments)
}

func (s Selector) below(x segment) Selector {
	return Selector{segments: append(slices.Clip(slices.Clone(s.segments)), x)}
}

// Keys yields the keys on the way, from the root down, without the indexes and the filters between them.
func (s Selector) Keys() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, x := range s.segments {
			if !x.IsIndex && x.Filter == "" && !yield(x.Name) {
				return
			}
		}
	}
}

// Steps yields the keys on the way, from the root down, with true; for an index or a filter it yields "" and false.
func (s Selector) Steps() iter.Seq2[string, bool] {
	return func(yield func(string, bool) bool) {
		for _, x := range s.segments {
			isKey := !x.IsIndex && x.Filter == ""
			name := x.Name
			if !isKey {
				name = ""
			}
			if !yield(name, isKey) {
				return
			}
		}
	}
}
