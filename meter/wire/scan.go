package wire

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math/bits"
)

// maxDepth is how deep values may nest, as in encoding/json.
const maxDepth = 10_000

// scan finds the ends of the values of a JSON text and checks them on the way, in one pass: a prompt of many
// kilobytes is looked at once. It accepts exactly what encoding/json does. Its methods return -1 where the text is
// not valid.
type scan []byte

// space returns the first place from at on that is not white space; the end of the text when there is none.
func (s scan) space(at int) int {
	for at < len(s) && (s[at] == ' ' || s[at] == '\n' || s[at] == '\t' || s[at] == '\r') {
		at++
	}
	return at
}

// members calls found with the name, quotes included, and the value of every member of the object that starts at a
// place, and returns its end. The name in the member is left empty.
func (s scan) members(at int, found func(name []byte, m Member)) int {
	if at = s.space(at + 1); at < len(s) && s[at] == '}' {
		return at + 1
	}
	for more := true; more; {
		nameEnd, start := s.name(at)
		if nameEnd < 0 {
			return -1
		}
		end := s.value(start, 1)
		if end < 0 {
			return -1
		}
		found(s[at:nameEnd], Member{Start: start, End: end, Value: json.RawMessage(s[start:end:end])})
		more, at = s.next(end, '}')
	}
	return at
}

// value returns the end of the value that starts at a place.
func (s scan) value(at, depth int) int {
	if at >= len(s) {
		return -1
	}
	switch c := s[at]; {
	case c == '"':
		return s.quoted(at)
	case c == '{' || c == '[':
		return s.nested(at, depth+1)
	case c == 't':
		return s.word(at, "true")
	case c == 'f':
		return s.word(at, "false")
	case c == 'n':
		return s.word(at, "null")
	default:
		return s.number(at)
	}
}

// nested returns the end of the object or list that starts at a place.
func (s scan) nested(at, depth int) int {
	object := s[at] == '{'
	end := s[at] + 2 // the closing bracket of either
	if depth > maxDepth {
		return -1
	}
	if at = s.space(at + 1); at < len(s) && s[at] == end {
		return at + 1
	}
	for {
		if object {
			if _, at = s.name(at); at < 0 {
				return -1
			}
		}
		if at = s.value(at, depth); at < 0 {
			return -1
		}
		more, next := s.next(at, end)
		if !more {
			return next
		}
		at = next
	}
}

// name returns the end of the name at a place, and the start of its value.
func (s scan) name(at int) (end, value int) {
	if at >= len(s) || s[at] != '"' {
		return -1, -1
	}
	if end = s.quoted(at); end < 0 {
		return -1, -1
	}
	colon := s.space(end)
	if colon >= len(s) || s[colon] != ':' {
		return -1, -1
	}
	return end, s.space(colon + 1)
}

// next tells what follows a value: with more, the place of the next one; else the place behind the closing bracket.
func (s scan) next(at int, end byte) (more bool, _ int) {
	at = s.space(at)
	switch {
	case at < len(s) && s[at] == ',':
		return true, s.space(at + 1)
	case at < len(s) && s[at] == end:
		return false, at + 1
	}
	return false, -1
}

// quoted returns the end of the string that starts at a place.
func (s scan) quoted(at int) int {
	for at++; ; {
		at += plainRun(s[at:])
		switch {
		case at >= len(s) || s[at] < ' ':
			return -1
		case s[at] == '"':
			return at + 1
		}
		if at = s.escape(at); at < 0 {
			return -1
		}
	}
}

// escape returns the end of the escape that starts at a place.
func (s scan) escape(at int) int {
	if at+1 >= len(s) {
		return -1
	}
	switch s[at+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return at + 2
	case 'u':
		return s.hex(at + 2)
	}
	return -1
}

// hex returns the end of the four digits at a place.
func (s scan) hex(at int) int {
	if at+4 > len(s) {
		return -1
	}
	for _, c := range s[at : at+4] {
		if (c < '0' || c > '9') && (c|' ' < 'a' || c|' ' > 'f') {
			return -1
		}
	}
	return at + 4
}

func (s scan) word(at int, word string) int {
	if !bytes.HasPrefix(s[at:], []byte(word)) {
		return -1
	}
	return at + len(word)
}

// number returns the end of the number that starts at a place.
func (s scan) number(at int) int {
	if s[at] == '-' {
		at++
	}
	whole := at
	if at = s.digits(at); at < 0 || at > whole+1 && s[whole] == '0' {
		return -1
	}
	if at < len(s) && s[at] == '.' {
		if at = s.digits(at + 1); at < 0 {
			return -1
		}
	}
	if at < len(s) && s[at]|' ' == 'e' {
		at++
		if at < len(s) && (s[at] == '+' || s[at] == '-') {
			at++
		}
		at = s.digits(at)
	}
	return at
}

// digits returns the end of the digits at a place, of which there is at least one.
func (s scan) digits(at int) int {
	start := at
	for at < len(s) && s[at] >= '0' && s[at] <= '9' {
		at++
	}
	if at == start {
		return -1
	}
	return at
}

// plainRun returns how many bytes stand before the first one that means something within a JSON string: a quote, a
// backslash or a control character. Most of a request is such runs.
func plainRun(text []byte) int {
	at := 0
	for ; len(text)-at >= 32; at += 32 { // four words whose loads do not wait for each other
		four := (*[32]byte)(text[at:])
		if (special(four[:8]) | special(four[8:16]) | special(four[16:24]) | special(four[24:])) != 0 {
			break
		}
	}
	for ; len(text)-at >= 8; at += 8 {
		if hit := special(text[at:]); hit != 0 {
			return at + bits.TrailingZeros64(hit)/8
		}
	}
	for ; at < len(text) && text[at] >= ' ' && text[at] != '"' && text[at] != '\\'; at++ {
	}
	return at
}

// special looks at eight bytes at once. The lowest bit of its result is the high bit of the first byte that ends a
// run; bits above that one mean nothing, and a result of zero means that there is none. With its second bit turned
// over, a quote comes right after the control characters, and a space and what follows it come later: one comparison
// finds both kinds.
func special(text []byte) uint64 {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	w := binary.LittleEndian.Uint64(text)
	turned, backslash := w^ones*('"'^' '), w^ones*'\\'
	return ((turned - ones*(' '+1)) | (backslash - ones)) &^ w & highs
}
