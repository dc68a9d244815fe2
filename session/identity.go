package session

import (
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
	if got, _ := f.ReadAt(b, at); got < len(b) {
		return 0, false
	}
	return record.Key(string(b)), true
}

// mark remembers what the file has where it was read. It is false where that is there no more.
func (r *read) mark(f *os.File) bool {
	var ok1, ok2 bool
	r.HeadSize, r.TailSize = min(r.Offset, headSize), min(r.Offset, tailSize)
	r.Head, ok1 = keyAt(f, 0, r.HeadSize)
	r.Tail, ok2 = keyAt(f, r.Offset-r.TailSize, r.TailSize)
	return ok1 && ok2
}
