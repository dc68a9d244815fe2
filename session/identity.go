package session

import (
	"io"
	"os"

	"github.com/pertask/pertask/session/record"
)

// What of a file is compared to know it again: its first bytes, and the last ones that were read.
const (
	headSize = 1024
	tailSize = 256
)

// same reports whether a file still begins with what was read of it, as far as that is looked at.
func (r *read) same(f *os.File) bool {
	head, ok1 := keyAt(f, 0, r.HeadSize)
	tail, ok2 := keyAt(f, r.Offset-r.TailSize, r.TailSize)
	return ok1 && ok2 && head == r.Head && tail == r.Tail
}

// keyAt is the key of some bytes of a file; 0 of none.
func keyAt(f *os.File, at, n int64) (uint64, bool) {
	if n == 0 {
		return 0, true
	}
	if at < 0 || n < 0 || n > headSize {
		return 0, false
	}
	b := make([]byte, n)
	if _, err := f.ReadAt(b, at); err != nil && err != io.EOF {
		return 0, false
	}
	return record.Key(string(b)), true
}

// grow takes over whole lines that were read, of which data are the last bytes.
func (r *read) grow(data []byte, n int64) {
	if n == 0 {
		return
	}
	if r.Offset == 0 && int64(len(data)) == n {
		head := data[:min(len(data), headSize)]
		r.Head, r.HeadSize = record.Key(string(head)), int64(len(head))
	}
	r.Offset += n
	tail := data[max(0, len(data)-tailSize):]
	if r.Tail, r.TailSize = 0, int64(len(tail)); len(tail) > 0 {
		r.Tail = record.Key(string(tail))
	}
}
