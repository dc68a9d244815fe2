package spend

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
)

// MaxLine bounds a line of JSON, its end included, in bytes. An entry within the limits of Check has fewer.
const MaxLine = 64 << 10

// ErrTorn says that the last line has no end, as when its writer was killed: it does not count.
var ErrTorn = errors.New("the line has no end")

// LineError says why a line is not an entry. Reading goes on after it.
type LineError struct {
	Name string // of the file, where there is one
	Line int    // from 1; 0 when it is about the whole file
	Err  error
}

// Error implements error.
func (e *LineError) Error() string {
	switch {
	case e.Name == "":
		return fmt.Sprintf("line %d: %v", e.Line, e.Err)
	case e.Line == 0:
		return fmt.Sprintf("%s: %v", e.Name, e.Err)
	}
	return fmt.Sprintf("%s:%d: %v", e.Name, e.Line, e.Err)
}

// Unwrap returns the reason.
func (e *LineError) Unwrap() error { return e.Err }

// Encode returns the line of an entry, with its end. The error is that of Check.
func Encode(e Entry) ([]byte, error) {
	if err := e.Check(); err != nil {
		return nil, err
	}
	line, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	return append(line, '\n'), nil
}

// Parse reads the line of an entry, with or without its end. It refuses what is not JSON, what Check refuses, and a line
// of more than MaxLine bytes. Fields that it does not know are left out, as those of a later version.
func Parse(line []byte) (Entry, error) {
	if len(line) > MaxLine {
		return Entry{}, errLong
	}
	line = bytes.TrimSpace(line)
	if !bytes.HasPrefix(line, []byte("{")) {
		return Entry{}, errors.New("the line is not a JSON object")
	}
	var e Entry
	if err := json.Unmarshal(line, &e); err != nil {
		return Entry{}, fmt.Errorf("reading an entry: %w", err)
	}
	if err := e.Check(); err != nil {
		return Entry{}, err
	}
	return e, nil
}

var errLong = fmt.Errorf("more than %d bytes; no line of an entry has that many", MaxLine)

// Decode yields the entries of JSON lines as they come, in memory that a line bounds. The error of a line is a LineError
// with the given name: reading goes on after it, and nothing that a line says ends it. A last line without an end is one
// of ErrTorn. Empty lines are left out. Every other error is the reader's, and the last.
func Decode(name string, r io.Reader) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		in := bufio.NewReaderSize(r, MaxLine)
		for number := 1; ; number++ {
			line, err := nextLine(in)
			if err == io.EOF && len(line) == 0 {
				return
			}
			var e Entry
			switch {
			case err == io.EOF:
				err = &LineError{name, number, ErrTorn}
			case errors.Is(err, errLong):
				err = &LineError{name, number, errLong}
			case err != nil:
				yield(Entry{}, err)
				return
			case len(bytes.TrimSpace(line)) == 0:
				continue
			default:
				if e, err = Parse(line); err != nil {
					err = &LineError{name, number, err}
				}
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// nextLine returns a line with its end, which is good until the next. Of one that is too long it keeps nothing.
func nextLine(in *bufio.Reader) ([]byte, error) {
	line, err := in.ReadSlice('\n')
	if err != bufio.ErrBufferFull {
		return line, err
	}
	for err == bufio.ErrBufferFull {
		_, err = in.ReadSlice('\n')
	}
	if err == nil || err == io.EOF {
		err = errLong
	}
	return nil, err
}
