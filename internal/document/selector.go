package document

import (
	"fmt"
	"iter"
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

// segment is one step of a selector: a key of a mapping, or an index of a sequence.
type segment struct {
	name    string
	index   int
	isIndex bool
}

// ParseSelector reads a selector: "$.a.b", "$.a[0].b", "$['a b'].c" or "$["a.b"]". The leading "$." may be left
// out, so that the name of a dotenv variable or a top-level key of a TOML file is a selector as it stands. In a
// quoted key, a backslash stands before a quote or a backslash that belongs to the key. There are no wildcards
// and no filters: a selector is the place of at most one value. The error says at which byte (from 1) the text
// is wrong and what is allowed there; it does not repeat the text.
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
	if q := p.text[p.at]; q == '\'' || q == '"' {
		s.name, err = p.quoted(q)
	} else {
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

// Keys yields the keys on the way, from the root down, without the indexes between them.
func (s Selector) Keys() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, x := range s.segments {
			if !x.isIndex && !yield(x.name) {
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
		case s.name != "" && strings.IndexFunc(s.name, isNotNameRune) < 0:
			b.WriteString("." + s.name)
		default:
			b.WriteString("['" + selectorEscaper.Replace(s.name) + "']")
		}
	}
	return b.String()
}

var selectorEscaper = strings.NewReplacer(`\`, `\\`, `'`, `\'`)
