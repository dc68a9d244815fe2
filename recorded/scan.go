package recorded

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
)

// scanner reads the records of a CSV text as package csv does. A line without a quote is cut at its commas; whatever else
// there is, such as a quoted field with a line break, is left to package csv, which reads from the same buffer.
type scanner struct {
	in     *bufio.Reader
	lines  int    // that were read
	line   []byte // of the record, or its fields one after the other where it is slow
	spans  [columns + 1]span
	number int // of fields; spans has those that there is room for

	quoted *csv.Reader
	slow   bool // the record is from quoted
	offset int  // lines before the first one that quoted read
	behind int  // lines that quoted has read
	text   []byte
}

// span is where a field is in the line.
type span struct{ start, end int }

const scanBuffer = 64 << 10

func newScanner(r io.Reader) *scanner {
	s := &scanner{in: bufio.NewReaderSize(r, scanBuffer)}
	s.quoted = csv.NewReader(s.in)
	s.quoted.ReuseRecord, s.quoted.FieldsPerRecord = true, -1
	return s
}

// next reads a record, which is overwritten by the next one. Its error is io.EOF after the last one.
func (s *scanner) next() error {
	for {
		line, err := s.peek()
		switch {
		case err != nil && err != bufio.ErrBufferFull:
			return err
		case err != nil, bytes.IndexByte(line, '"') >= 0:
			return s.nextQuoted()
		}
		n := len(line)
		s.lines++
		line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
		if len(line) > 0 {
			s.cut(line)
		}
		if _, err := s.in.Discard(n); err != nil || len(line) > 0 {
			return err // the bytes stay in the buffer until the next peek
		}
	}
}

// peek returns the next line with its end. The last one of a text may have none.
func (s *scanner) peek() ([]byte, error) {
	for {
		n := s.in.Buffered()
		buf, err := s.in.Peek(n)
		if err != nil {
			return nil, err
		}
		if i := bytes.IndexByte(buf, '\n'); i >= 0 {
			return buf[:i+1], nil
		}
		if _, err = s.in.Peek(n + 1); err == nil {
			continue
		}
		if err == io.EOF && n > 0 {
			return s.in.Peek(n)
		}
		return nil, err
	}
}

func (s *scanner) cut(line []byte) {
	s.slow, s.line = false, line
	n, start := 0, 0
	for i := 0; i < len(line); i++ {
		if line[i] != ',' {
			continue
		}
		if n < len(s.spans) {
			s.spans[n] = span{start, i}
		}
		n, start = n+1, i+1
	}
	if n < len(s.spans) {
		s.spans[n] = span{start, len(line)}
	}
	s.number = n + 1
}

// at returns a field of those that there are spans of.
func (s *scanner) at(i int) []byte { return s.line[s.spans[i].start:s.spans[i].end] }

// nextQuoted has package csv read the record.
func (s *scanner) nextQuoted() error {
	s.offset = s.lines - s.behind
	record, err := s.quoted.Read()
	if err != nil {
		var pe *csv.ParseError
		if errors.As(err, &pe) {
			pe.Line += s.offset
		}
		return err
	}
	s.slow, s.text, s.number = true, s.text[:0], len(record)
	for i, f := range record {
		start := len(s.text)
		if s.text = append(s.text, f...); i < len(s.spans) {
			s.spans[i] = span{start, len(s.text)}
		}
	}
	s.line = s.text
	last, _ := s.quoted.FieldPos(len(record) - 1)
	s.behind = last + strings.Count(record[len(record)-1], "\n")
	s.lines = s.offset + s.behind
	return nil
}

// place is the line and column, from 1, at which a field of the record begins.
func (s *scanner) place(field int) (line, column int) {
	if s.slow {
		line, column = s.quoted.FieldPos(field)
		return line + s.offset, column
	}
	return s.lines, s.spans[field].start + 1
}
