// Package step reads and writes the way to a value in a settings file, step by step.
//
// It knows the text of a selector. It refuses to know files and what stands in them.
package step

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of a selector. They are far above what a settings file needs.
const (
	maxBytes = 1024
	maxSteps = 64
	maxIndex = 99_999
)

// Step is a key of a mapping, an index of a list, or what the one element of a list that is meant has: a filter.
type Step struct {
	Name    string // the key, or the value of a filter
	Index   int    // from 0
	IsIndex bool
	Filter  string // the keys of a filter with dots between them; "" when the step is none
}

// Parse reads a selector. The error says at which byte (from 1) the text is wrong and what is allowed there; it does
// not repeat the text.
func Parse(s string) ([]Step, error) {
	if s == "" {
		return nil, fmt.Errorf("selector is empty; write it as $.key or $.key[0].key")
	}
	if len(s) > maxBytes {
		return nil, fmt.Errorf("selector is longer than %d bytes", maxBytes)
	}
	if !utf8.ValidString(s) || strings.IndexFunc(s, unicode.IsControl) >= 0 {
		return nil, fmt.Errorf("selector has control characters or is not UTF-8")
	}
	p := parser{text: s}
	if strings.HasPrefix(s, "$") {
		p.at = 1
	} else if err := p.name(); err != nil {
		return nil, err
	}
	for p.at < len(s) {
		if err := p.step(); err != nil {
			return nil, err
		}
	}
	if len(p.out) == 0 {
		return nil, fmt.Errorf("selector names the whole file; name one value, such as $.model")
	}
	return p.out, nil
}

type parser struct {
	text string
	at   int
	out  []Step
}

func (p *parser) errorf(format string, args ...any) error {
	return fmt.Errorf("selector, byte %d: %s", p.at+1, fmt.Sprintf(format, args...))
}

func (p *parser) add(s Step) error {
	if len(p.out) == maxSteps {
		return p.errorf("more than %d steps", maxSteps)
	}
	p.out = append(p.out, s)
	return nil
}

func (p *parser) step() error {
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
func (p *parser) name() error {
	n := strings.IndexFunc(p.text[p.at:], isNotNameRune)
	if n < 0 {
		n = len(p.text) - p.at
	}
	if n == 0 {
		return p.errorf("a key is missing; letters, digits, '_' and '-' are allowed, other keys as ['key']")
	}
	name := p.text[p.at : p.at+n]
	if err := p.add(Step{Name: name}); err != nil {
		return err
	}
	p.at += n
	return nil
}

func isNotNameRune(r rune) bool {
	return r != '_' && r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
}

// bracket reads the inside of [0] or ['key'] and the closing bracket.
func (p *parser) bracket() error {
	if p.at == len(p.text) {
		return p.errorf("an index or a quoted key is missing after '['")
	}
	var s Step
	var err error
	switch q := p.text[p.at]; q {
	case '\'', '"':
		s.Name, err = p.quoted(q)
	case '?':
		p.at++
		s, err = p.filter()
	default:
		s.IsIndex = true
		s.Index, err = p.number()
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
func (p *parser) filter() (Step, error) {
	start := p.at
	end := strings.IndexByte(p.text[start:], '=')
	if end < 0 {
		return Step{}, p.errorf("a filter is [?key=value]")
	}
	for key := range strings.SplitSeq(p.text[start:start+end], ".") {
		if key == "" || strings.IndexFunc(key, isNotNameRune) >= 0 {
			return Step{}, p.errorf("not the key of a filter; letters, digits, '_' and '-' are allowed, with dots between keys")
		}
		p.at += len(key) + len(".")
	}
	s := Step{Filter: p.text[start : start+end]}
	if p.at == len(p.text) {
		return Step{}, p.errorf("the value of the filter is missing")
	}
	if q := p.text[p.at]; q == '\'' || q == '"' {
		var err error
		s.Name, err = p.quoted(q)
		return s, err
	}
	n := strings.IndexFunc(p.text[p.at:], isNotValueRune)
	if n < 0 {
		n = len(p.text) - p.at
	}
	if n == 0 {
		return Step{}, p.errorf("the value of the filter is missing; others than letters, digits and - _ . : / stand in quotes")
	}
	s.Name = p.text[p.at : p.at+n]
	p.at += n
	return s, nil
}

// isNotValueRune reports what stands in quotes in the value of a filter.
func isNotValueRune(r rune) bool { return isNotNameRune(r) && r != '.' && r != ':' && r != '/' }

func (p *parser) number() (int, error) {
	start := p.at
	for p.at < len(p.text) && p.text[p.at] >= '0' && p.text[p.at] <= '9' {
		p.at++
	}
	digits := p.text[start:p.at]
	n, err := strconv.Atoi(digits)
	if err != nil || n > maxIndex || (len(digits) > 1 && digits[0] == '0') {
		p.at = start
		return 0, p.errorf("not an index; a whole number from 0 to %d or a quoted key is allowed, wildcards are not", maxIndex)
	}
	return n, nil
}

func (p *parser) quoted(quote byte) (string, error) {
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

// Text writes steps in their canonical form, which Parse reads back to the same steps.
func Text(steps []Step) string {
	var b strings.Builder
	b.WriteByte('$')
	for _, s := range steps {
		switch {
		case s.IsIndex:
			fmt.Fprintf(&b, "[%d]", s.Index)
		case s.Filter != "" && s.Name != "" && strings.IndexFunc(s.Name, isNotValueRune) < 0:
			b.WriteString("[?" + s.Filter + "=" + s.Name + "]")
		case s.Filter != "":
			b.WriteString("[?" + s.Filter + "='" + escaper.Replace(s.Name) + "']")
		case s.Name != "" && strings.IndexFunc(s.Name, isNotNameRune) < 0:
			b.WriteString("." + s.Name)
		default:
			b.WriteString("['" + escaper.Replace(s.Name) + "']")
		}
	}
	return b.String()
}

var escaper = strings.NewReplacer(`\`, `\\`, `'`, `\'`)
