package sse

// Filter passes a stream on event by event and leaves out the events that Drop names. Everything else goes
// through byte for byte, comments and line ends included. It holds an event back until it is whole.
// It is not safe for concurrent use.
type Filter struct {
	// Drop decides about one event by its data.
	Drop func(data []byte) bool

	parser  Parser
	block   []byte // bytes since the last event ended
	drop    bool   // the event that just ended is to be left out
	blank   bool   // the current line is empty so far
	lineCR  bool   // the last byte was a carriage return
	dropped bool   // the last block was left out: so is the newline that belongs to it
}

// NewFilter returns a filter that leaves out the events whose data drop accepts.
func NewFilter(drop func(data []byte) bool) *Filter {
	f := &Filter{Drop: drop, blank: true}
	f.parser.Handle = func(_ string, data []byte) { f.drop = f.Drop(data) }
	return f
}

// Pass appends to dst what may be sent on after the next bytes of the stream, and returns it.
func (f *Filter) Pass(dst, b []byte) []byte {
	for i, c := range b {
		if c == '\n' && f.lineCR {
			f.lineCR = false
			dst = f.straggler(dst, b[i:i+1])
			continue
		}
		f.lineCR = c == '\r'
		f.block = append(f.block, c)
		end := c == '\n' || c == '\r'
		if end && f.blank {
			dst = f.flush(dst)
		}
		f.blank = end
	}
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
	f.drop = false
	f.parser.Write(f.block)
	f.dropped = f.drop
	if !f.drop {
		dst = append(dst, f.block...)
	}
	f.block = f.block[:0]
	return dst
}

// End appends what was held back when the stream ended.
func (f *Filter) End(dst []byte) []byte {
	f.drop = false
	f.parser.Write(f.block)
	f.parser.End()
	if !f.drop {
		dst = append(dst, f.block...)
	}
	f.block = nil
	return dst
}
