package sse

// Filter passes a stream on event by event and leaves out the events that Drop names. Everything else goes
// through byte for byte, comments and line ends included. It holds an event back until it is whole, or too large to
// be one that is left out. It is not safe for concurrent use.
type Filter struct {
	// Drop decides about one event by its data.
	Drop func(data []byte) bool

	parser  Parser
	block   []byte // bytes since the last event ended
	drop    bool   // the event that just ended is to be left out
	blank   bool   // the current line is empty so far
	lineCR  bool   // the last byte was a carriage return
	dropped bool   // the last block was left out: so is the newline that belongs to it
	through bool   // the current event is too large to be held back
}

// maxHeld is how much of an event is held back. The events that a proxy leaves out are far smaller.
const maxHeld = 1 << 20

// NewFilter returns a filter that leaves out the events whose data drop accepts.
func NewFilter(drop func(data []byte) bool) *Filter {
	f := &Filter{Drop: drop, blank: true}
	f.parser.Handle = func(_ string, data []byte) { f.drop = f.Drop(data) }
	return f
}

// Pass appends to dst what may be sent on after the next bytes of the stream, and returns it.
func (f *Filter) Pass(dst, b []byte) []byte {
	for len(b) > 0 {
		if f.lineCR && b[0] == '\n' {
			f.lineCR = false
			dst, b = f.straggler(dst, b[:1]), b[1:]
			continue
		}
		end := lineEnd(b)
		if end < 0 {
			f.lineCR, f.blank = false, false
			return f.hold(dst, b)
		}
		empty := f.blank && end == 0
		f.lineCR, f.blank = b[end] == '\r', true
		dst, b = f.hold(dst, b[:end+1]), b[end+1:]
		if empty {
			dst = f.flush(dst)
		}
	}
	return dst
}

// hold keeps bytes of the current event back, unless there are too many.
func (f *Filter) hold(dst, b []byte) []byte {
	f.block = append(f.block, b...)
	if len(f.block) <= maxHeld {
		return dst
	}
	f.through, f.dropped = true, false
	dst = append(dst, f.block...)
	f.block = f.block[:0]
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
	f.dropped = f.drops()
	if !f.dropped {
		dst = append(dst, f.block...)
	}
	f.block, f.through = f.block[:0], false
	return dst
}

// drops reports whether the block that just ended is to be left out.
func (f *Filter) drops() bool {
	if f.through {
		return false
	}
	f.drop = false
	_, _ = f.parser.Write(f.block) // it never fails
	return f.drop
}

// End appends what was held back when the stream ended.
func (f *Filter) End(dst []byte) []byte {
	drop := f.drops()
	if !f.through {
		f.parser.End()
		drop = f.drop
	}
	if !drop {
		dst = append(dst, f.block...)
	}
	f.block = nil
	return dst
}
