package wire

import "bytes"

// Shortener copies a JSON text and leaves out the contents of its long strings: a string longer than Max becomes
// the empty one, and every other byte stays. So the copy has the structure of the text and all that is short in it,
// such as names, numbers and ids, in memory that does not grow with the length of its longest texts. A valid text
// stays valid; what is left out is not checked. The zero value leaves out every string. It is not safe for
// concurrent use.
type Shortener struct {
	// Max is the length of the longest string that stays, in bytes as they are written between the quotes.
	Max int

	out     []byte
	within  bool // the next byte is one of a string
	escaped bool // the last byte was a backslash in it
	long    bool // its contents are left out
	start   int  // where its contents start in out
}

// Write takes the next bytes of the text, in pieces of any size. It never fails.
func (s *Shortener) Write(b []byte) (int, error) {
	n := len(b)
	for len(b) > 0 {
		if !s.within {
			b = b[s.between(b):]
			continue
		}
		b = b[s.string(b):]
	}
	return n, nil
}

// Bytes returns the copy so far. It is valid until the next Write.
func (s *Shortener) Bytes() []byte { return s.out }

// between copies up to the start of a string, and returns how many bytes it took.
func (s *Shortener) between(b []byte) int {
	n := len(b)
	if quote := bytes.IndexByte(b, '"'); quote >= 0 {
		n, s.within = quote+1, true
	}
	s.out = append(s.out, b[:n]...)
	s.start = len(s.out)
	return n
}

// string takes the next bytes of a string up to the next one that means something, and returns how many.
func (s *Shortener) string(b []byte) int {
	if s.escaped { // whatever it is, it does not end the string
		s.escaped = false
		s.keep(b[:1])
		return 1
	}
	n := plainRun(b)
	s.keep(b[:n])
	if n == len(b) {
		return n
	}
	if b[n] == '"' {
		s.out = append(s.out, '"')
		s.within, s.long = false, false
		return n + 1
	}
	s.escaped = b[n] == '\\'
	s.keep(b[n : n+1])
	return n + 1
}

// keep copies bytes of a string, until they are too many.
func (s *Shortener) keep(b []byte) {
	if s.long {
		return
	}
	if len(s.out)-s.start+len(b) > s.Max {
		s.long = true
		s.out = s.out[:s.start]
		return
	}
	s.out = append(s.out, b...)
}
