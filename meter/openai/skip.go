package openai

import "bytes"

// mold is an event that says nothing, without the word of text in it: what most of a stream looks like. Another event
// that differs from it only within that one JSON string says nothing either.
type mold struct{ head, tail []byte }

var content = []byte(`"content":"`)

// learn takes the shape of an event, its end included. An event without a word of text has none.
func (m *mold) learn(event []byte) {
	m.head, m.tail = m.head[:0], m.tail[:0]
	at := bytes.Index(event, content)
	if at < 0 {
		return
	}
	at += len(content)
	if n, ok := word(event[at:]); ok {
		m.head, m.tail = append(m.head, event[:at]...), append(m.tail, event[at+n:]...)
	}
}

// fits returns the length of the event that stands first in a text, if it is one of the mold, and 0 otherwise.
func (m *mold) fits(text []byte) int {
	if len(m.head) == 0 || !bytes.HasPrefix(text, m.head) {
		return 0
	}
	rest := text[len(m.head):]
	n, ok := word(rest)
	if !ok || !bytes.HasPrefix(rest[n:], m.tail) {
		return 0
	}
	return len(m.head) + n + len(m.tail)
}

// word returns the length of what stands before the quote that ends a JSON string. It is not ok where that is not plain
// to see: the string is not ended, has an escaped quote, or a line ends in it.
func word(text []byte) (n int, ok bool) {
	n = bytes.IndexByte(text, '"')
	return n, n == 0 || n > 0 && text[n-1] != '\\' && bytes.IndexByte(text[:n], '\n') < 0
}

// Skip returns the length of the events that stand first in a text and that worthReading would say no to.
func (s *ChatStream) Skip(text []byte) int {
	if s.unnamed() {
		return 0
	}
	n := 0
	for {
		one := s.mold.fits(text[n:])
		if one == 0 {
			one = s.boring(text[n:])
		}
		if one == 0 {
			return n
		}
		n += one
		s.ended = false
	}
}

// boring returns the length of the event that stands first in a text, if it is one line of data that says nothing, and
// makes the mold of it. It returns 0 otherwise.
func (s *ChatStream) boring(text []byte) int {
	data, found := bytes.CutPrefix(text, []byte("data: "))
	line := bytes.IndexByte(data, '\n')
	if !found || line < 0 || !bytes.HasPrefix(data[line:], []byte("\n\n")) || bytes.IndexByte(data[:line], '\r') >= 0 {
		return 0
	}
	if data = data[:line]; string(data) == "[DONE]" || s.worthReading(data) {
		return 0
	}
	event := text[:len("data: ")+line+len("\n\n")]
	s.mold.learn(event)
	return len(event)
}
