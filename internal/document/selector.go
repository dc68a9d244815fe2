package document

import (
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of a selector. They are far above what a settings file needs.
const (
	maxSelectorBytes    = 1024
	maxSelectorSegments = 64
	maxSelectorIndex    = 99_999
)

// Selector is the place of one value in a settings file: keys and indexes from the root of the file. The zero
// value selects nothing.
type Selector struct {
	segments []segment
}

// segment is one step of a selector: a key of a mapping, an index of a list, or what the one element of a list that
// is meant has: a filter.
type segment struct {
	name    string // the key, or the value of a filter
	index   int
	isIndex bool
	filter  string // the keys of a filter with dots between them; "" when the segment is none
}

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
	if s == "" {
		return Selector{}, fmt.Errorf("selector is empty; write it as $.key or $.key[0].key")
	}
	if len(s) > maxSelectorBytes {
		return Selector{}, fmt.Errorf("selector is longer than %d bytes", maxSelectorBytes)
	}
	if !utf8.ValidString(s) || strings.IndexFunc(s, unicode.IsControl) >= 0 {
		return Selector{}, fmt.Errorf("selector has control characters or is not UTF-8")
	}
	p := selectorParser{text: s}
	if strings.HasPrefix(s, "$") {
		p.at = 1
	} else if err := p.name(); err != nil {
		return Selector{}, err
	}
	for p.at < len(s) {
		if err := p.step(); err != nil {
			return Selector{}, err
		}
	}
	if len(p.out) == 0 {
		return Selector{}, fmt.Errorf("selector names the whole file; name one value, such as $.model")
	}
	return Selector{segments: p.out}, nil
}

type selectorParser struct {
	text string
	at   int
	out  []segment
}

func (p *selectorParser) errorf(format string, args ...any) error {
	return fmt.Errorf("selector, byte %d: %s", p.at+1, fmt.Sprintf(format, args...))
}

func (p *selectorParser) add(s segment) error {
	if len(p.out) == maxSelectorSegments {
		return p.errorf("more than %d steps", maxSelectorSegments)
	}
	p.out = append(p.out, s)
	return nil
}

func (p *selectorParser) step() error {
	switch p.text[p.at] {
	case '.':
		p.at++
		return p.name()
	case '[':
		p.at++
		return p.bracket()
	}
	r, _ := utf8.DecodeRuneInString(p.text[p.at:])
	return p.errorf("unexpected %q; .key, [0] or ['key'] is allowed", r)
}

// name reads an unquoted key.
func (p *selectorParser) name() error {
	n := strings.IndexFunc(p.text[p.at:], isNotNameRune)
	if n < 0 {
		n = len(p.text) - p.at
	}
	if n == 0 {
		return p.errorf("a key is missing; letters, digits, '_' and '-' are allowed, other keys as ['key']")
	}
	name := p.text[p.at : p.at+n]
	if err := p.add(segment{name: name}); err != nil {
		return err
	}
	p.at += n
	return nil
}

func isNotNameRune(r rune) bool {
	return r != '_' && r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
}

// bracket reads the inside of [0] or ['key'] and the closing bracket.
func (p *selectorParser) bracket() error {
	if p.at == len(p.text) {
		return p.errorf("an index or a quoted key is missing after '['")
	}
	var s segment
	var err error
	switch q := p.text[p.at]; q {
	case '\'', '"':
		s.name, err = p.quoted(q)
	case '?':
		p.at++
		s, err = p.filter()
	default:
		s.isIndex = true
		s.index, err = p.number()
	}
	if err != nil {
		return err
	}
	if p.at == len(p.text) || p.text[p.at] != ']' {
		return p.errorf("']' is missing")
	}
	p.at++
	return p.add(s)
}

// filter reads name=value, with dots between the keys of the name, up to the closing bracket.
func (p *selectorParser) filter() (segment, error) {
	start := p.at
	end := strings.IndexByte(p.text[start:], '=')
	if end < 0 {
		return segment{}, p.errorf("a filter is [?key=value]")
	}
	for key := range strings.SplitSeq(p.text[start:start+end], ".") {
		if key == "" || strings.IndexFunc(key, isNotNameRune) >= 0 {
			return segment{}, p.errorf("not the key of a filter; letters, digits, '_' and '-' are allowed, with dots between keys")
		}
		p.at += len(key) + len(".")
	}
	s := segment{filter: p.text[start : start+end]}
	if p.at == len(p.text) {
		return segment{}, p.errorf("the value of the filter is missing")
	}
	if q := p.text[p.at]; q == '\'' || q == '"' {
		var err error
		s.name, err = p.quoted(q)
		return s, err
	}
	n := strings.IndexFunc(p.text[p.at:], isNotValueRune)
	if n < 0 {
		n = len(p.text) - p.at
	}
	if n == 0 {
		return segment{}, p.errorf("the value of the filter is missing; others than letters, digits and - _ . : / stand in quotes")
	}
	s.name = p.text[p.at : p.at+n]
	p.at += n
	return s, nil
}

// isNotValueRune reports what stands in quotes in the value of a filter.
func isNotValueRune(r rune) bool { return isNotNameRune(r) && r != '.' && r != ':' && r != '/' }

func (p *selectorParser) number() (int, error) {
	start := p.at
	for p.at < len(p.text) && p.text[p.at] >= '0' && p.text[p.at] <= '9' {
		p.at++
	}
	digits := p.text[start:p.at]
	n, err := strconv.Atoi(digits)
	if err != nil || n > maxSelectorIndex || (len(digits) > 1 && digits[0] == '0') {
		p.at = start
		return 0, p.errorf("not an index; a whole number from 0 to %d or a quoted key is allowed, wildcards are not", maxSelectorIndex)
	}
	return n, nil
}

func (p *selectorParser) quoted(quote byte) (string, error) {
	start := p.at
	p.at++
	var b strings.Builder
	for p.at < len(p.text) {
		c := p.text[p.at]
		switch {
		case c == quote:
			p.at++
			return b.String(), nil
		case c == '\\':
			p.at++
			if p.at == len(p.text) || !strings.ContainsRune(`'"\`, rune(p.text[p.at])) {
				return "", p.errorf("a backslash stands before a quote or a backslash only")
			}
			b.WriteByte(p.text[p.at])
		default:
			b.WriteByte(c)
		}
		p.at++
	}
	p.at = start
	return "", p.errorf("quoted key has no end")
}

// String returns the selector in its canonical form, which ParseSelector reads back to the same selector.
func (s Selector) String() string { return pathString(s.segments) }

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
	return s.below(segment{filter: strings.Join(keys, "."), name: text})
}

// Key returns the place of a key of the mapping at s.
func (s Selector) Key(name string) Selector { return s.below(segment{name: name}) }

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
			if !x.isIndex && x.filter == "" && !yield(x.name) {
				return
			}
		}
	}
}

func pathString(segments []segment) string {
	var b strings.Builder
	b.WriteByte('$')
	for _, s := range segments {
		switch {
		case s.isIndex:
			fmt.Fprintf(&b, "[%d]", s.index)
		case s.filter != "" && s.name != "" && strings.IndexFunc(s.name, isNotValueRune) < 0:
			b.WriteString("[?" + s.filter + "=" + s.name + "]")
		case s.filter != "":
			b.WriteString("[?" + s.filter + "='" + selectorEscaper.Replace(s.name) + "']")
		case s.name != "" && strings.IndexFunc(s.name, isNotNameRune) < 0:
			b.WriteString("." + s.name)
		default:
			b.WriteString("['" + selectorEscaper.Replace(s.name) + "']")
		}
	}
	return b.String()
}

var selectorEscaper = strings.NewReplacer(`\`, `\\`, `'`, `\'`)
