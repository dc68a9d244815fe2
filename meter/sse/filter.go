package sse

import "bytes"

// Filter passes a stream on event by event and leaves out the events that a function names. Everything else goes
// through byte for byte, comments and line ends included. It holds an event back until it is whole, or too large to
// be one that is left out. It is not safe for concurrent use.
type Filter struct {
	// May returns the place in events, as they stand on the wire, from which on drop may accept one of them; -1 when it
	// accepts none. It spares most of a stream a closer look. Nil is everywhere.
	May func(events []byte) int

	drop func(data []byte) bool

	parser  Parser
	block   []byte // bytes since the last event ended
	out     bool   // the event that just ended is to be left out
	blank   bool   // the current line is empty so far
	lineCR  bool   // the last byte was a carriage return
	dropped bool   // the last block was left out: so is the newline that belongs to it
	through bool   // the current event is too large to be held back; the parser has what there is of it
}

// maxHeld is how much of an event is held back. The events that a proxy leaves out are far smaller.
const maxHeld = 1 << 20

// NewFilter returns a filter that leaves out the events whose data drop accepts. The data is valid until drop
// returns.
func NewFilter(drop func(data []byte) bool) *Filter {
	f := &Filter{drop: drop, blank: true}
	f.parser.Handle = func(_ string, data []byte) { f.out = f.drop(data) }
	return f
}

// Pass appends to dst what may be sent on after the next bytes of the stream, and returns it.
func (f *Filter) Pass(dst, b []byte) []byte {
	asked := false
	for seen, at := newPlaces(b), 0; at < len(b); {
		if f.lineCR && b[at] == '\n' {
			f.lineCR = false
			dst = f.straggler(dst, b[at:at+1])
			at++
			continue
		}
		if !asked && f.between(b[at]) {
			asked = true // once, so that no byte is looked at more often
			if n := f.harmless(b[at:]); n > 0 {
				f.lineCR, f.dropped, f.parser.started = false, false, true
				dst, at = append(dst, b[at:at+n]...), at+n
				continue
			}
		}
		if end := f.plain(&seen, at); end > at {
			f.lineCR = false
			dst, at = f.decide(dst, b[at:end]), end
			continue
		}
		end := seen.lineEnd(at)
		if end < 0 {
			f.lineCR, f.blank = false, false
			return f.hold(dst, b[at:])
		}
		empty := f.blank && end == at
		f.lineCR, f.blank = b[end] == '\r', true
		dst, at = f.hold(dst, b[at:end+1]), end+1
		if empty {
			dst = f.flush(dst)
		}
	}
	return dst
}

// Between reports whether the next byte begins an event, and not the first of the stream.
func (f *Filter) Between() bool {
	return len(f.block) == 0 && !f.through && f.blank && !f.lineCR && f.parser.started
}

// Passed says that whole events, from one place between two of them to another, were passed on without the filter.
func (f *Filter) Passed() { f.dropped = false }

// between reports whether an event begins with the next byte.
func (f *Filter) between(next byte) bool {
	return len(f.block) == 0 && !f.through && f.blank && next != '\n' && next != '\r'
}

// harmless returns the length of the whole events that stand first in b and of which none can be one to leave out.
func (f *Filter) harmless(b []byte) int {
	if f.May == nil {
		return 0
	}
	if at := f.May(b); at >= 0 {
		b = b[:at]
	}
	return Whole(b)
}

// Whole returns the length of the whole events that stand first in a text which begins between two events, as far as
// they have no line ends but newlines.
func Whole(text []byte) int {
	n := bytes.LastIndex(text, []byte("\n\n")) + 2
	if n < 2 || bytes.IndexByte(text[:n], '\r') >= 0 {
		return 0
	}
	return n
}

// plain returns the end of the event that stands first from at on, when it is all there, begins and ends there, and has
// no line ends but newlines: most are so, and need not be copied to be looked at. Else it returns at.
func (f *Filter) plain(seen *places, at int) int {
	if !f.between(seen.text[at]) {
		return at
	}
	end := seen.find(&seen.pair, at, "\n\n") + 2
	if end > len(seen.text) || bytes.IndexByte(seen.text[at:end], '\r') >= 0 {
		return at
	}
	return end
}

// hold keeps bytes of the current event back, unless there are too many.
func (f *Filter) hold(dst, b []byte) []byte {
	f.block = append(f.block, b...)
	if !f.through && len(f.block) <= maxHeld {
		return dst
	}
	_, _ = f.parser.Write(f.block) // it never fails
	dst = append(dst, f.block...)
	f.block, f.through, f.dropped = f.block[:0], true, false
	return dst
}

// straggler places the newline of a carriage return and newline pair: with the line that it ends.
func (f *Filter) straggler(dst, newline []byte) []byte {
	if len(f.block) > 0 {
		f.block = append(f.block, newline...)
		return dst
	}
	if f.dropped {
		return dst
	}
	return append(dst, newline...)
}

// flush decides about the block that just ended.
func (f *Filter) flush(dst []byte) []byte {
	dst = f.decide(dst, f.block)
	f.block, f.through = f.block[:0], false
	return dst
}

// decide appends an event, or the rest of one, unless it is left out.
func (f *Filter) decide(dst, event []byte) []byte {
	f.out = false
	if f.through || f.May == nil || f.May(event) >= 0 {
		_, _ = f.parser.Write(event) // it never fails
	}
	f.parser.started = true
	if f.dropped = f.out; f.dropped {
		return dst
	}
	return append(dst, event...)
}

// End appends what was held back when the stream ended. Ending again does nothing.
func (f *Filter) End(dst []byte) []byte {
	dst = f.decideLast(dst)
	f.block = nil
	return dst
}

func (f *Filter) decideLast(dst []byte) []byte {
	f.out = false
	_, _ = f.parser.Write(f.block) // it never fails
	f.parser.End()
	if f.out {
		return dst
	}
	return append(dst, f.block...)
}
