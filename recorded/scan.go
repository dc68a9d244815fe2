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
	in     *bufio.Reader // nil where the text is in rest
	lines  int           // that were read
	line   []byte        // of the record, or its fields one after the other where it is slow
	spans  [columns + 1]span
	number int    // of fields; spans has those that there is room for
	rest   []byte // of what is in the buffer, after the line
	used   int    // of the buffer, with the line

	expected string // what the next line may begin with: fields and the comma after them
	fields   int    // that are in expected
	met      bool   // the line begins with expected, so that only the first of these fields' starts and the last one's end are told

	quoted *csv.Reader
	slow   bool // the record is from quoted
	offset int  // lines before the first one that quoted read
	behind int  // lines that quoted has read
	text   []byte
}

// span is where a field is in the line.
type span struct {
	start, end int
	number     int64 // the field's digits without the point, where it is nothing but a few of them
	places     int   // digits after the point; notDigits where the field is anything else
}

// notDigits says of a field that there is more to it than digits and a point within, or nothing.
const notDigits = -1

// mostDigits are as many as surely fit into a number, and their point.
const mostDigits = 18

func (s *span) whole() bool { return s.places == 0 }

const scanBuffer = 64 << 10

func newScanner(r io.Reader) *scanner {
	s := &scanner{in: bufio.NewReaderSize(r, scanBuffer)}
	s.quoted = csv.NewReader(s.in)
	s.quoted.ReuseRecord, s.quoted.FieldsPerRecord = true, -1
	return s
}

// over has the scanner read whole lines without a quote.
func (s *scanner) over(lines []byte) { *s = scanner{rest: lines} }

// next reads a record, which is overwritten by the next one. Its error is io.EOF after the last one.
func (s *scanner) next() error {
	for {
		line, err := s.peek()
		switch {
		case err != nil && err != bufio.ErrBufferFull:
			return err
		case err != nil, s.in != nil && bytes.IndexByte(line, '"') >= 0:
			return s.nextQuoted()
		}
		s.rest, s.used = s.rest[len(line):], s.used+len(line)
		s.lines++
		line = line[:len(line)-endOfLine(line)]
		if len(line) > 0 {
			s.cut(line)
			return nil // the bytes stay in the buffer until the next peek
		}
	}
}

// endOfLine is how many bytes of a line are its end.
func endOfLine(line []byte) int {
	n := 0
	if n < len(line) && line[len(line)-1] == '\n' {
		n++
	}
	if n < len(line) && line[len(line)-1-n] == '\r' {
		n++
	}
	return n
}

// peek returns the next line with its end. The last one of a text may have none.
func (s *scanner) peek() ([]byte, error) {
	if i := bytes.IndexByte(s.rest, '\n'); i >= 0 {
		return s.rest[:i+1], nil
	}
	if s.in == nil {
		if len(s.rest) == 0 {
			return nil, io.EOF
		}
		return s.rest, nil
	}
	s.release()
	for {
		n := s.in.Buffered()
		buf, err := s.in.Peek(n)
		if err != nil {
			return nil, err
		}
		if i := bytes.IndexByte(buf, '\n'); i >= 0 {
			s.rest = buf
			return buf[:i+1], nil
		}
		if _, err = s.in.Peek(n + 1); err == nil {
			continue
		}
		if err == io.EOF && n > 0 {
			s.rest, err = s.in.Peek(n)
			return s.rest, err
		}
		return nil, err
	}
}

// release gives what was read of the buffer back to it.
func (s *scanner) release() {
	s.in.Discard(s.used) // it is there
	s.rest, s.used = nil, 0
}

// cut finds the fields of a line, and the numbers among them.
func (s *scanner) cut(line []byte) {
	s.slow, s.line = false, line
	n, start := 0, 0
	if s.met = s.fields > 0 && len(line) >= len(s.expected) && string(line[:len(s.expected)]) == s.expected; s.met {
		n, start = s.fields, len(s.expected)
		s.spans[0].start, s.spans[n-1].end = 0, start-1
	}
	for ; ; n++ {
		to := &s.spans[min(n, len(s.spans)-1)]
		to.digits(line, start)
		if to.end == len(line) {
			break
		}
		start = to.end + 1
	}
	s.number = n + 1
}

// digits finds the field that begins at start, and reads it where it is a number.
func (s *span) digits(line []byte, start int) {
	n, i, point := int64(0), start, 0
	for ; i < len(line) && line[i]-'0' <= 9; i++ {
		n = n*10 + int64(line[i]-'0') // what does not fit is not used
	}
	if i < len(line) && line[i] == '.' && i > start {
		point = i
		for i++; i < len(line) && line[i]-'0' <= 9; i++ {
			n = n*10 + int64(line[i]-'0')
		}
	}
	s.start, s.end, s.number, s.places = start, i, n, 0
	if point > 0 {
		s.places = i - 1 - point
	}
	if i < len(line) && line[i] != ',' {
		s.places = notDigits
		if s.end = bytes.IndexByte(line[i:], ','); s.end < 0 {
			s.end = len(line) - i
		}
		s.end += i
	}
	if i == start || i-start > mostDigits || point > 0 && point == i-1 {
		s.places = notDigits
	}
}

// at returns a field of those that there are spans of.
func (s *scanner) at(i int) []byte { return s.line[s.spans[i].start:s.spans[i].end] }

// nextQuoted has package csv read the record.
func (s *scanner) nextQuoted() error {
	s.release()
	s.met, s.offset = false, s.lines-s.behind
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
			s.spans[i] = span{start: start, end: len(s.text), places: notDigits}
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
