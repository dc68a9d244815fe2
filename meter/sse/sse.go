// Package sse splits a stream of server-sent events into events, byte by byte.
//
// It knows the text/event-stream format of the HTML standard, section 9.2. It refuses to know what the events
// mean, and it reads nothing by itself: bytes are written to it as they come, in pieces of any size.
package sse

import "bytes"

// DefaultMax is how many bytes of data one event may have when Parser.Max is 0.
const DefaultMax = 32 << 20

// Parser turns bytes into events. The zero value is ready, but for Handle. It is not safe for concurrent use.
type Parser struct {
	// Handle is called for each event that has data, with its type ("" when the stream names none) and its data
	// lines joined by newlines. The data is valid until Handle returns.
	Handle func(name string, data []byte)
	// Max is the largest data of one event in bytes; DefaultMax when 0. A larger event is dropped.
	Max int

	line    []byte // the unfinished line
	name    string
	data    []byte
	hasData bool
	tooLong bool // the current event passed Max
	dropped bool
	afterCR bool // the last byte was a carriage return: a newline that follows belongs to it
	started bool // the first line is behind us: a byte order mark is data from here on
}

// Between reports whether the next byte begins an event, and not the first of the stream.
func (p *Parser) Between() bool {
	return p.started && !p.afterCR && len(p.line) == 0 && p.name == "" && !p.hasData && !p.tooLong
}

// Dropped reports whether an event was too large and was not handled.
func (p *Parser) Dropped() bool { return p.dropped }

// Write takes the next bytes of the stream. It never fails.
func (p *Parser) Write(b []byte) (int, error) {
	n := len(b)
	if p.afterCR && n > 0 {
		p.afterCR = false
		if b[0] == '\n' {
			b = b[1:]
		}
	}
	for seen, at := newPlaces(b), 0; at < len(b); {
		i := seen.lineEnd(at)
		if i < 0 {
			p.keep(b[at:])
			break
		}
		p.endLine(b[at:i])
		at = i + 1
		if b[i] == '\r' {
			if at == len(b) {
				p.afterCR = true
			} else if b[at] == '\n' {
				at++
			}
		}
	}
	return n, nil
}

// places finds places in a text from left to right. It remembers what was found ahead, so that no byte is searched
// twice for the same thing, whatever the text is.
type places struct {
	text          []byte
	newline, pair int // the next newline and the next two of them; len(text) when there is none, -1 before a search
}

func newPlaces(text []byte) places { return places{text, -1, -1} }

// lineEnd returns the place of the first line end from at on, or -1. Two searches for one byte each are much faster
// than one for either.
func (s *places) lineEnd(at int) int {
	newline := s.find(&s.newline, at, "\n")
	if cr := bytes.IndexByte(s.text[at:newline], '\r'); cr >= 0 {
		return at + cr
	}
	if newline == len(s.text) {
		return -1
	}
	return newline
}

// find returns the place of the first of something from at on; the length of the text when there is none.
func (s *places) find(found *int, at int, what string) int {
	if *found < at {
		*found = len(s.text)
		if i := bytes.Index(s.text[at:], []byte(what)); i >= 0 {
			*found = at + i
		}
	}
	return *found
}

// End says that the stream is over. An event that lacks only its closing blank line is still handled, because
// some servers end so; one that was cut within its JSON is for the decoder to refuse.
func (p *Parser) End() {
	if len(p.line) > 0 {
		p.endLine(nil)
	}
	p.dispatch()
}

func (p *Parser) max() int {
	if p.Max > 0 {
		return p.Max
	}
	return DefaultMax
}

// keep stores a part of a line whose end has not come yet.
func (p *Parser) keep(b []byte) {
	const field = len("data: ")
	if len(p.line)+len(b) > p.max()+field {
		p.tooLong = true
		b = b[:max(0, p.max()+field-len(p.line))]
	}
	p.line = append(p.line, b...)
}

// endLine handles a line that ends in rest, without copying it when it came in one piece.
func (p *Parser) endLine(rest []byte) {
	line := rest
	if len(p.line) > 0 {
		p.keep(rest)
		line = p.line
	}
	p.field(line)
	p.line = p.line[:0]
}

func (p *Parser) field(line []byte) {
	if !p.started {
		p.started = true
		line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
	}
	if len(line) == 0 {
		p.dispatch()
		return
	}
	name, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.TrimPrefix(value, []byte(" "))
	switch string(name) { // a comment has the name ""
	case "event":
		p.name = string(value)
	case "data":
		if p.hasData {
			p.data = append(p.data, '\n')
		}
		p.hasData = true
		if p.tooLong = p.tooLong || len(p.data)+len(value) > p.max(); !p.tooLong {
			p.data = append(p.data, value...)
		}
	}
}

// dispatch ends the current event.
func (p *Parser) dispatch() {
	name, data, has, tooLong := p.name, p.data, p.hasData, p.tooLong
	p.name, p.data, p.hasData, p.tooLong = "", p.data[:0], false, false
	switch {
	case tooLong:
		p.dropped = true
	case has && p.Handle != nil:
		p.Handle(name, data)
	}
}
