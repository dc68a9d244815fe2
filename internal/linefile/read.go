// Package linefile has what a file of lines needs that outlives the process which writes it: lines of a bounded length,
// an end that may be torn, one writer at a time, and names that a power cut does not take back.
//
// It knows files and folders. It refuses to know what a line says.
package linefile

import (
	"bufio"
	"fmt"
	"io"
)

// Reader reads lines of at most a number of bytes.
type Reader struct {
	in   *bufio.Reader
	most int
}

// NewReader returns a reader of lines that have at most the given number of bytes, without their ends.
func NewReader(r io.Reader, most int) *Reader {
	return &Reader{bufio.NewReaderSize(r, 64<<10), most}
}

// Next returns a line without its end, and whether it has one: the last line of a file whose writer was killed may have
// none. After the last line it returns an empty line without an end. A line that is too long is an error, and no more of
// it is kept than is allowed.
func (r *Reader) Next() (line []byte, ended bool, err error) {
	for {
		part, err := r.in.ReadSlice('\n')
		if got := len(line) + len(part); got > r.most+1 || got == r.most+1 && err != nil {
			return nil, false, fmt.Errorf("a line of more than %d bytes; at most that many are read", r.most)
		}
		line = append(line, part...)
		switch err {
		case nil:
			return line[:len(line)-1], true, nil
		case io.EOF:
			return line, false, nil
		case bufio.ErrBufferFull:
		default:
			return nil, false, err
		}
	}
}
