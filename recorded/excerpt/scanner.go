package excerpt

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// scanner reads bytes and knows where it is.
type scanner struct {
	r     io.Reader
	buf   []byte
	pos   int
	off   int // bytes before buf
	line  int
	bol   int // offset of the line's first byte
	err   error
	sum   hash.Hash // of what is read, while a digest is wanted
	mark  int       // where in buf the unsummed part begins
	nodes int
}

func (s *scanner) fail(format string, args ...any) error {
	return &SyntaxError{s.line, s.off + s.pos - s.bol + 1, fmt.Sprintf(format, args...)}
}

// fill reads more; it returns false at the end or on an error, which s.err holds.
func (s *scanner) fill() bool {
	s.flush()
	s.off += s.pos
	s.buf, s.pos, s.mark = s.buf[:0], 0, 0
	for tries := 0; len(s.buf) == 0 && s.err == nil; tries++ {
		var n int
		n, s.err = s.r.Read(s.buf[:cap(s.buf)])
		s.buf = s.buf[:n]
		if tries == 100 {
			s.err = io.ErrNoProgress
		}
	}
	return len(s.buf) > 0
}

// flush adds what was read to the digest.
func (s *scanner) flush() {
	if s.sum != nil {
		s.sum.Write(s.buf[s.mark:s.pos])
		s.mark = s.pos
	}
}

func (s *scanner) peek() (byte, error) {
	if s.pos == len(s.buf) && !s.fill() {
		return 0, s.err
	}
	return s.buf[s.pos], nil
}

func (s *scanner) next() (byte, error) {
	c, err := s.peek()
	if err == nil {
		s.pos++
	}
	return c, err
}

// token passes over white space and returns the byte after it without taking it.
func (s *scanner) token() (byte, error) {
	for {
		c, err := s.peek()
		if err != nil {
			return 0, err
		}
		switch c {
		case '\n':
			s.line, s.bol = s.line+1, s.off+s.pos+1
		case ' ', '\t', '\r':
		case 0xEF: // a byte order mark at the start
			if s.off+s.pos > 2 {
				return c, nil
			}
		case 0xBB, 0xBF:
			if s.off+s.pos > 2 || s.off+s.pos == 0 {
				return c, nil
			}
		default:
			return c, nil
		}
		s.pos++
	}
}

// value reads a value and keeps what is wanted; nil wants nothing.
func (s *scanner) value(want *Shape, at string, depth int) (Value, error) {
	c, err := s.token()
	if err != nil {
		return Value{}, err
	}
	if depth > maxDepth {
		return Value{}, s.fail("lists and objects are nested deeper than %d", maxDepth)
	}
	if want != nil {
		if s.nodes++; s.nodes > maxNodes {
			return Value{}, s.fail("more than %d values matter at a time", maxNodes)
		}
		if want.Digest && s.sum == nil {
			return s.digest(at, depth)
		}
	}
	switch {
	case c == '{':
		return s.object(want, at, depth)
	case c == '[':
		return s.list(want, at, depth)
	case c == '"':
		s.pos++
		if want == nil {
			return Value{}, s.skipString()
		}
		text, err := s.text()
		return Value{Kind: String, Text: text, At: at}, err
	case c == '-' || c >= '0' && c <= '9':
		return s.number(at)
	}
	return s.word(at)
}

func (s *scanner) digest(at string, depth int) (Value, error) {
	s.sum, s.mark = sha256.New(), s.pos
	_, err := s.value(nil, at, depth)
	s.flush()
	text := hex.EncodeToString(s.sum.Sum(nil))
	s.sum = nil
	return Value{Kind: Digest, Text: text, At: at}, err
}

func (s *scanner) object(want *Shape, at string, depth int) (Value, error) {
	v := Value{Kind: Object, At: at}
	s.pos++
	for first := true; ; first = false {
		more, err := s.another('}', first)
		if err != nil || !more {
			return v, err
		}
		if c, err := s.token(); err != nil || c != '"' {
			return v, or(err, s.fail("a member of an object must begin with a name in double quotes"))
		}
		s.pos++
		name, member, err := s.name(want)
		if err != nil {
			return v, err
		}
		if c, err := s.token(); err != nil || c != ':' {
			return v, or(err, s.fail("a colon must follow a name"))
		}
		if member != nil && v.member(name).Kind != Missing {
			return v, s.fail("%s is there twice", strconv.QuoteToASCII(name))
		}
		s.pos++
		place := at
		if member != nil {
			place += step(name)
		}
		got, err := s.value(member, place, depth+1)
		if member != nil {
			v.keep(name, got) // of a text that breaks off as far as it goes
		}
		if err != nil {
			return v, err
		}
	}
}

// name reads a member's name and looks up what is wanted of it.
func (s *scanner) name(want *Shape) (string, *Shape, error) {
	if want == nil || want.Keys == nil && want.Any == nil {
		return "", nil, s.skipString()
	}
	name, err := s.text()
	if m, ok := want.Keys[name]; ok {
		return name, m, err
	}
	return name, want.Any, err
}

func (s *scanner) list(want *Shape, at string, depth int) (Value, error) {
	v := Value{Kind: List, At: at}
	var elem *Shape
	var each func(Value) error
	if want != nil {
		elem, each = want.Elem, want.Each
	}
	s.pos++
	for i := 0; ; i++ {
		more, err := s.another(']', i == 0)
		if err != nil || !more {
			return v, err
		}
		place := at
		if elem != nil {
			place += "[" + strconv.Itoa(i) + "]"
		}
		nodes := s.nodes
		got, err := s.value(elem, place, depth+1)
		if err != nil {
			return v, err
		}
		switch {
		case each != nil:
			s.nodes = nodes
			if err := each(got); err != nil {
				return v, err
			}
		case elem != nil:
			v.Items = append(v.Items, got)
		}
	}
}

// another reads up to the next element of a list or object; it returns false when that is closed.
func (s *scanner) another(end byte, first bool) (bool, error) {
	c, err := s.token()
	if err != nil {
		return false, err
	}
	switch {
	case c == end:
		s.pos++
		return false, nil
	case first:
		return true, nil
	case c != ',':
		return false, s.fail("a comma or %q must follow", string(end))
	}
	s.pos++
	c, err = s.token()
	if err == nil && c == end {
		err = s.fail("a value must follow a comma")
	}
	return true, err
}

// number reads a number, and -Infinity.
func (s *scanner) number(at string) (Value, error) {
	text := make([]byte, 0, 24)
	for len(text) <= maxNumber {
		c, err := s.peek()
		if err != nil && err != io.EOF {
			return Value{}, err
		}
		if err == io.EOF || !(c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E') {
			if string(text) == "-" && c == 'I' {
				v, err := s.word(at)
				v.Text = "-" + v.Text
				return v, err
			}
			if !isNumber(text) {
				return Value{}, s.fail("this is not a number")
			}
			return Value{Kind: Number, Text: string(text), At: at}, nil
		}
		text = append(text, c)
		s.pos++
	}
	return Value{}, s.fail("a number has more than %d digits", maxNumber)
}

// isNumber checks the grammar of JSON: -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?
func isNumber(b []byte) bool {
	digits := func() int {
		n := 0
		for n < len(b) && b[n] >= '0' && b[n] <= '9' {
			n++
		}
		b = b[n:]
		return n
	}
	b = bytes.TrimPrefix(b, []byte("-"))
	zero := len(b) > 0 && b[0] == '0'
	if n := digits(); n == 0 || zero && n > 1 {
		return false
	}
	if len(b) > 0 && b[0] == '.' {
		b = b[1:]
		if digits() == 0 {
			return false
		}
	}
	if len(b) > 0 && (b[0] == 'e' || b[0] == 'E') {
		b = b[1:]
		if len(b) > 0 && (b[0] == '+' || b[0] == '-') {
			b = b[1:]
		}
		if digits() == 0 {
			return false
		}
	}
	return len(b) == 0
}

func (s *scanner) word(at string) (Value, error) {
	text := make([]byte, 0, 12)
	for len(text) < 12 {
		c, err := s.peek()
		if err != nil && err != io.EOF {
			return Value{}, err
		}
		if err == io.EOF || !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z') {
			break
		}
		text = append(text, c)
		s.pos++
	}
	v := Value{Text: string(text), At: at}
	switch v.Text {
	case "true", "false":
		v.Kind = Bool
	case "null":
		v.Kind = Null
	case "NaN", "Infinity":
		v.Kind = NotFinite
	default:
		return Value{}, s.fail("a value must be here")
	}
	return v, nil
}

func (s *scanner) skipString() error {
	for {
		if s.pos == len(s.buf) && !s.fill() {
			return s.err
		}
		for s.pos < len(s.buf) {
			c := s.buf[s.pos]
			s.pos++
			switch {
			case c == '"':
				return nil
			case c == '\\':
				if _, err := s.next(); err != nil {
					return err
				}
			case c < ' ':
				return s.fail("a string has a control character in it")
			}
		}
	}
}

// text reads a string, whose opening quote is taken.
func (s *scanner) text() (string, error) {
	var out []byte
	for len(out) <= maxText {
		c, err := s.next()
		if err != nil {
			return "", err
		}
		switch {
		case c == '"':
			if !utf8.Valid(out) {
				return string([]rune(string(out))), nil // every wrong byte becomes U+FFFD, as encoding/json does it
			}
			return string(out), nil
		case c == '\\':
			if out, err = s.escape(out); err != nil {
				return "", err
			}
		case c < ' ':
			return "", s.fail("a string has a control character in it")
		default:
			out = append(out, c)
		}
	}
	return "", s.fail("a string that matters is longer than %d MiB", maxText>>20)
}

func (s *scanner) escape(out []byte) ([]byte, error) {
	c, err := s.next()
	if err != nil {
		return out, err
	}
	if c == 'u' {
		r, err := s.unit()
		if err != nil {
			return out, err
		}
		if c, err := s.peek(); err == nil && utf16.IsSurrogate(r) && c == '\\' {
			return s.pair(out, r)
		}
		return utf8.AppendRune(out, r), nil
	}
	i := bytes.IndexByte([]byte(`"\/bfnrt`), c)
	if i < 0 {
		return out, s.fail("a string has an unknown escape in it")
	}
	return append(out, "\"\\/\b\f\n\r\t"[i]), nil
}

// pair reads what follows the first half of a surrogate pair.
func (s *scanner) pair(out []byte, first rune) ([]byte, error) {
	s.pos++
	c, err := s.peek()
	if err != nil {
		return out, err
	}
	if c != 'u' {
		return s.escape(append(out, "\uFFFD"...))
	}
	s.pos++
	second, err := s.unit()
	if r := utf16.DecodeRune(first, second); r != utf8.RuneError {
		return utf8.AppendRune(out, r), err
	}
	return utf8.AppendRune(append(out, "\uFFFD"...), second), err
}

func (s *scanner) unit() (rune, error) {
	var hex [4]byte
	for i := range hex {
		c, err := s.next()
		if err != nil {
			return 0, err
		}
		hex[i] = c
	}
	n, err := strconv.ParseUint(string(hex[:]), 16, 16)
	if err != nil {
		return 0, s.fail(`\u must be followed by four hexadecimal digits`)
	}
	return rune(n), nil
}

func or(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}
