package ollama

import "bytes"

// DefaultMax is how many bytes one line may have when Lines.Max is 0.
const DefaultMax = 32 << 20

// Lines turns the bytes of newline-delimited JSON into lines. Bytes are written to it as they come, in pieces of
// any size. The zero value is ready, but for Handle. It is not safe for concurrent use.
type Lines struct {
	// Handle is called for each line that is not blank, with an empty name, since lines have none. The data is
	// valid until Handle returns.
	Handle func(name string, data []byte)
	// Max is the largest line in bytes, without its end; DefaultMax when 0. A larger line is dropped.
	Max int

	line    []byte // the unfinished line
	tooLong bool   // the unfinished line passed Max
	dropped bool
}

// Dropped reports whether a line was too large and was not handled.
func (l *Lines) Dropped() bool { return l.dropped }

// Write takes the next bytes of the stream. It never fails.
func (l *Lines) Write(b []byte) (int, error) {
	n := len(b)
	for {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			l.keep(b)
			return n, nil
		}
		l.endLine(b[:i])
		b = b[i+1:]
	}
}

// End says that the stream is over. A last line without a newline is handled; one that was cut within its JSON is
// for the decoder to refuse.
func (l *Lines) End() { l.endLine(nil) }

// keep stores a part of a line whose end has not come yet.
func (l *Lines) keep(b []byte) {
	if l.tooLong = l.tooLong || len(l.line)+len(b) > l.most(); !l.tooLong {
		l.line = append(l.line, b...)
	}
}

// endLine handles the line that ends in rest, without copying it when it came in one piece.
func (l *Lines) endLine(rest []byte) {
	line := rest
	if len(l.line) > 0 || l.tooLong || len(rest) > l.most() {
		l.keep(rest)
		line = l.line
	}
	tooLong := l.tooLong
	l.line, l.tooLong = l.line[:0], false
	if tooLong {
		l.dropped = true
		return
	}
	if line = bytes.TrimSpace(line); len(line) > 0 && l.Handle != nil {
		l.Handle("", line)
	}
}

func (l *Lines) most() int {
	if l.Max > 0 {
		return l.Max
	}
	return DefaultMax
}
