package session

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"os"
	"sync"

	"github.com/pertask/pertask/session/record"
)

// cutter cuts a file into pieces of whole lines. A last line without an end is left: its writer may be in the middle of it.
type cutter struct {
	log  *log
	read *read
	from int64
	file *os.File
	free *sync.Pool

	n       int   // bytes in the piece's room
	skipped int64 // bytes of a line that is too long and has not ended
	err     error
}

// piece takes one from those that are free.
func (c *cutter) piece() *piece {
	p := c.free.Get().(*piece)
	p.log, p.read, p.from, p.done = c.log, c.read, c.from, make(chan struct{})
	return p
}

// pieces yields the pieces of the file. There is a last one, whatever happens; it has the error.
func (c *cutter) pieces(err error) iter.Seq[*piece] {
	return func(yield func(*piece) bool) {
		if c.file != nil {
			defer c.file.Close()
		}
		p := c.piece()
		p.first = true
		if read := c.log.whole(); read != nil && err == nil {
			c.whole(p, read, yield)
			return
		}
		for c.err = err; c.err == nil; {
			end := c.fill(p)
			p.data = p.buf[:end]
			if c.err != nil {
				break // what is behind the last line's end is left
			}
			if end == 0 {
				continue
			}
			next := c.piece()
			if rest := c.n - end; rest > len(next.buf) {
				next.buf = make([]byte, 2*rest)
			}
			c.n = copy(next.buf, p.buf[end:c.n])
			if !yield(p) {
				return
			}
			p = next
		}
		if !errors.Is(c.err, io.EOF) {
			p.err = c.err
		}
		p.last = true
		yield(p)
	}
}

// fill reads until the piece is full, or there is no more, and returns the end of its last whole line; 0 where none ends.
func (c *cutter) fill(p *piece) (end int) {
	for c.err == nil && c.n < len(p.buf) {
		var got int
		got, c.err = c.file.Read(p.buf[c.n:])
		c.n += got
		if c.skipped > 0 {
			c.pass(p)
		}
	}
	if end = bytes.LastIndexByte(p.buf[:c.n], '\n') + 1; end > 0 || c.err != nil {
		return end
	}
	if len(p.buf) < maxLine {
		p.buf = append(p.buf, make([]byte, len(p.buf))...)
		return 0
	}
	c.skipped, c.n = int64(c.n), 0
	return 0
}

// pass goes on behind a line that is too long.
func (c *cutter) pass(p *piece) {
	end := bytes.IndexByte(p.buf[:c.n], '\n') + 1
	if end == 0 {
		c.skipped, c.n = c.skipped+int64(c.n), 0
		return
	}
	p.past += c.skipped + int64(end)
	p.count++
	p.left(record.TooLong)
	c.skipped, c.n = 0, copy(p.buf, p.buf[end:c.n])
}

// batchLines is how many calls of a log that is no file of lines a piece has.
const batchLines = 1024

// whole yields the pieces of a log that is read at one go.
func (c *cutter) whole(p *piece, read whole, yield func(*piece) bool) {
	var names record.Names
	more := true
	n, err := read(c.log, &names, func(l record.Line, why record.Reason) bool {
		p.count++
		if why != record.None {
			p.left(why)
		} else if l.Kind != record.Nothing {
			p.lines = append(p.lines, l)
		}
		if len(p.lines) >= batchLines {
			more = yield(p)
			p = c.piece()
		}
		return more
	})
	if !more {
		return
	}
	p.past, p.err, p.last = n, err, true
	yield(p)
}
