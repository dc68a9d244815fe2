package session

import (
	"bytes"
	"errors"
	"io"
	"os"

	"github.com/pertask/pertask/session/record"
)

const (
	// rangeSize is how much of a log one worker reads before the next one may go on behind it.
	rangeSize = 2 << 20
	// bufferSize is how much is looked at at once. A line that is longer makes the buffer grow, up to maxLine.
	bufferSize = 64 << 10
	maxLine    = 16 << 20
	// readSize is how much is read at once. Go's scheduler takes the processor away from a thread that is in the system
	// for longer than some 20 microseconds, and on a busy machine that thread waits to get one again.
	readSize = 32 << 10
	// chunkLines is how many lines are handed on at once, of those that say something.
	chunkLines = 512
)

// job is a log, or a range of a log of lines: the lines that begin in it.
type job struct {
	log      *log
	read     *read
	file     *os.File // nil for what is read at one go, and where there is nothing to read
	from, to int64
	idle     bool // nothing is new, but what was read before may be settled by now
	first    bool // of its log
	last     bool // of its log
	err      error

	out chan *chunk // what the lines say, in order; closed behind the last
}

// chunk is what some lines of a job say.
type chunk struct {
	lines []record.Line
	count int64 // lines that were looked at
	skip  map[record.Reason]int64
	// end is where the last line ended that was whole, in the last chunk of a job; 0 where none did. Of a log that is
	// read at one go it is how many bytes there were.
	end int64
	err error
}

func (c *chunk) left(why record.Reason) {
	if c.skip == nil {
		c.skip = map[record.Reason]int64{}
	}
	c.skip[why]++
}

// worker looks at lines. It keeps its buffer from job to job.
type worker struct {
	names record.Names
	buf   []byte
	line  record.Line
	chunk *chunk
	job   *job
	// put hands a chunk on and returns an empty one; nil when nobody wants more.
	put func(*job, *chunk) *chunk
}

// errEnough ends a job that nobody wants more of.
var errEnough = errors.New("enough")

// do carries a job out.
func (w *worker) do(j *job) {
	defer close(j.out)
	w.job = j
	var end int64
	err := j.err
	switch whole := j.log.whole(); {
	case err != nil || j.idle:
	case whole != nil:
		end, err = whole(j.log, &w.names, w.whole)
	case j.file != nil:
		end, err = w.lines(j)
	}
	if w.chunk == nil {
		return
	}
	w.chunk.end, w.chunk.err = end, err
	w.flush()
}

// flush hands the chunk on.
func (w *worker) flush() { w.chunk = w.put(w.job, w.chunk) }

// whole takes what a log says that is read at one go.
func (w *worker) whole(l record.Line, why record.Reason) bool {
	w.chunk.count++
	if why != record.None {
		w.chunk.left(why)
	} else if l.Kind != record.Nothing {
		w.chunk.lines = append(w.chunk.lines, l)
	}
	if len(w.chunk.lines) >= chunkLines {
		w.flush()
	}
	return w.chunk != nil
}

// lines looks at the lines that begin in a range. A last line without an end is left: its writer may be in the middle of
// it.
func (w *worker) lines(j *job) (end int64, err error) {
	if len(w.buf) != bufferSize {
		w.buf = make([]byte, bufferSize) // what had to grow is not kept
	}
	at, n := j.from, 0 // where the buffer begins in the file, and how much is in it
	seeking := !j.first
	if seeking {
		at-- // a line that ended just before the range
	}
	for at < j.to {
		got, err := j.file.ReadAt(w.buf[n:min(len(w.buf), n+readSize)], at+int64(n))
		n += got
		if err != nil && !errors.Is(err, io.EOF) {
			return end, err
		}
		data := w.buf[:n]
		used := 0
		if seeking {
			if used = bytes.IndexByte(data, '\n') + 1; used > 0 {
				seeking = false
			}
		}
		switch {
		case seeking: // all of it is of a line that began before the range
			at, n = at+int64(n), 0
		default:
			whole := w.part(data[used:], j.to-at-int64(used))
			if w.chunk == nil {
				return end, errEnough
			}
			if used += whole; whole > 0 {
				end = at + int64(used)
			}
			at, n = at+int64(used), copy(w.buf, data[used:])
		}
		if err != nil {
			return end, nil // the file's end
		}
		if n == len(w.buf) {
			if n < maxLine {
				w.buf = append(w.buf, make([]byte, n)...)
				continue
			}
			if at, err = w.pass(j, at+int64(n)); err != nil {
				return end, notEnd(err)
			}
			end, n = at, 0
		}
	}
	return end, nil
}

func notEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// pass returns the end of a line that is too long. The error is io.EOF where it has none.
func (w *worker) pass(j *job, at int64) (int64, error) {
	for {
		n, err := j.file.ReadAt(w.buf[:readSize], at)
		if end := bytes.IndexByte(w.buf[:n], '\n') + 1; end > 0 {
			w.chunk.count++
			w.chunk.left(record.TooLong)
			return at + int64(end), nil
		}
		if at += int64(n); err != nil {
			return at, err
		}
	}
}

// part looks at the whole lines of a text that begin before a place of it, and returns how many bytes they are.
func (w *worker) part(data []byte, before int64) (used int) {
	read := formats[w.job.log.home.Harness].read
	for int64(used) < before {
		n := bytes.IndexByte(data[used:], '\n')
		if n < 0 {
			return used
		}
		line := data[used : used+n]
		used += n + 1
		w.chunk.count++
		for len(line) > 0 && (line[len(line)-1] == '\r' || line[len(line)-1] == ' ') {
			line = line[:len(line)-1]
		}
		if len(line) == 0 {
			continue
		}
		if line[0] != '{' || line[len(line)-1] != '}' {
			w.chunk.left(record.Malformed)
			continue
		}
		if why := read(line, &w.names, &w.line); why != record.None {
			w.chunk.left(why)
			w.line = record.Line{}
		} else if w.line.Kind != record.Nothing {
			w.chunk.lines = append(w.chunk.lines, w.line)
			w.line = record.Line{}
			if len(w.chunk.lines) >= chunkLines {
				if w.flush(); w.chunk == nil {
					return used
				}
			}
		}
	}
	return used
}
