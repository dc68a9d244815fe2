// Package tap reads what an answer consumed from a copy of its bytes, while they go to the client.
//
// It knows when an answer is events and when it is one piece, which of its bytes the client may see, and how much of it
// is kept. It refuses to know any wire format, and it never fails: a decoder that breaks loses its reading and nothing
// else.
package tap

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"

	"github.com/pertask/pertask/meter/format"
	"github.com/pertask/pertask/meter/sse"
	"github.com/pertask/pertask/meter/wire"
	"github.com/pertask/pertask/usage"
)

// The bounds of an answer in one piece. Up to largeAnswer it is kept as it is. Of a larger one strings longer than
// longString are left out, and if it has more than maxAnswer even so it is given up.
const (
	largeAnswer = 1 << 20
	longString  = 4 << 10
	maxAnswer   = 64 << 20
)

// Tap reads a copy of one answer. The zero value reads nothing. It is used by one goroutine.
type Tap struct {
	filter *sse.Filter // what the client must not see is left out; nil passes everything
	// Exactly one of these is set while something is read.
	events format.Stream
	read   func([]byte) usage.Reading

	parser format.Splitter
	sse    *sse.Parser             // parser, where it is this one
	skip   func(events []byte) int // see format.Skipper; nil where nothing is skipped
	body   []byte                  // the answer in one piece, while it is not large
	short  *wire.Shortener         // a large answer in one piece; nil before
	broken string                  // why reading was given up
	// Then, where it is set, has the last word on what was read.
	Then func(usage.Reading) usage.Reading
}

// New chooses how to read an answer: by what it says it is, and where it does not say, by what was asked for.
func New(resp *http.Response, x format.Exchange) *Tap {
	t := new(Tap)
	if e := resp.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		t.broken = fmt.Sprintf("the answer is encoded as %.40q, which is not read", e)
		return t
	}
	kind, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	if kind != "text/event-stream" && (kind == "application/json" || !x.Stream) {
		t.read = x.Read
		return t
	}
	t.events = x.Events()
	t.sse = &sse.Parser{Handle: t.events.Event}
	t.parser = t.sse
	if x.Split != nil && kind != "text/event-stream" {
		t.parser = x.Split(t.events.Event)
		return t
	}
	if s, ok := t.events.(format.Skipper); ok {
		t.skip = s.Skip
	}
	if x.Withhold != nil {
		t.filter = sse.NewFilter(func(data []byte) bool { return withheld(x, data) })
		t.filter.May = usageTold
	}
	return t
}

// usageTold spares most of a stream a closer look: only an event that tells usage is ever withheld.
var usageTold = wire.Told(`usage"`)

// withheld asks a format about an event. One that panics withholds nothing.
func withheld(x format.Exchange, data []byte) (yes bool) {
	defer func() {
		if recover() != nil {
			yes = false
		}
	}()
	return x.Withhold(data)
}

// silent returns the length of the whole events that stand first in the next bytes and that say nothing: they need
// neither be withheld nor taken.
func (t *Tap) silent(b []byte) (n int) {
	if t.skip == nil || t.broken != "" || !t.sse.Between() {
		return 0
	}
	defer t.recover()
	return t.skip(b)
}

// Filters reports whether the client may have to see less than comes: then what Pass returns is to be sent and taken, and
// not the answer as it is.
func (t *Tap) Filters() bool { return t.filter != nil }

// Streams reports whether the answer is read as events.
func (t *Tap) Streams() bool { return t.events != nil }

// Pass appends to dst what the client may see of the next bytes, and returns it with what is left to be taken of them.
// Where the events that say nothing begin only shows once the event before them has ended, so that one is taken.
func (t *Tap) Pass(dst, b []byte, last bool) (seen, rest []byte) {
	if end := bytes.Index(b, eventEnd) + len(eventEnd); t.skip != nil && !t.sse.Between() && end >= len(eventEnd) {
		dst = t.filter.Pass(dst, b[:end])
		t.Take(b[:end])
		b = b[end:]
	}
	if n := t.silent(b); n > 0 && t.filter.Between() {
		t.filter.Passed()
		dst, b = append(dst, b[:n]...), b[n:]
	}
	if dst = t.filter.Pass(dst, b); last {
		dst = t.filter.End(dst)
	}
	return dst, b
}

// Take reads the next bytes. A decoder that panics gives up its reading and nothing else.
func (t *Tap) Take(b []byte) {
	if t.broken != "" {
		return
	}
	defer t.recover()
	switch {
	case t.skip != nil:
		t.parse(b)
	case t.events != nil:
		_, _ = t.parser.Write(b) // it never fails
	case t.read != nil:
		t.keep(b)
	}
}

var eventEnd = []byte("\n\n")

// parse reads the next bytes of server-sent events. Those that tell nothing need not be taken apart.
func (t *Tap) parse(b []byte) {
	for len(b) > 0 {
		b = b[t.silent(b):]
		end := bytes.Index(b, eventEnd) + len(eventEnd)
		if end < len(eventEnd) {
			break
		}
		_, _ = t.sse.Write(b[:end]) // it never fails
		b = b[end:]
	}
	_, _ = t.sse.Write(b)
}

// keep stores a part of an answer in one piece. Of a large one only the structure and the short strings are stored:
// what is counted is among them, and the memory does not grow with the length of texts and images.
func (t *Tap) keep(b []byte) {
	if t.short == nil && len(t.body)+len(b) <= largeAnswer {
		t.body = append(t.body, b...)
		return
	}
	if t.short == nil {
		t.short = &wire.Shortener{Max: longString}
		_, _ = t.short.Write(t.body) // it never fails
		t.body = nil
	}
	if _, _ = t.short.Write(b); len(t.short.Bytes()) > maxAnswer {
		t.broken, t.short = fmt.Sprintf("the answer is larger than the %d bytes that are read", maxAnswer), nil
	}
}

// whole is the answer in one piece.
func (t *Tap) whole() []byte {
	if t.short != nil {
		return t.short.Bytes()
	}
	return t.body
}

func (t *Tap) recover() {
	if v := recover(); v != nil {
		t.broken = "the decoder broke on this answer"
	}
}

// Result returns what was read, when the answer has ended or was cut by an error.
func (t *Tap) Result(cut error) (r usage.Reading) {
	r = t.reading(cut)
	if t.broken != "" {
		r = usage.Reading{Problem: t.broken}
	}
	if cut != nil && r.Coverage != usage.Complete {
		r.Problem = strings.TrimPrefix(r.Problem+"; "+cut.Error(), "; ")
	}
	if t.Then != nil {
		r = t.Then(r)
	}
	return r
}

func (t *Tap) reading(cut error) (r usage.Reading) {
	if t.broken != "" {
		return r
	}
	defer t.recover()
	switch {
	case t.events != nil:
		t.parser.End()
		r = t.events.Reading()
		if t.parser.Dropped() && r.Coverage == usage.Complete {
			r.Coverage, r.Problem = usage.Partial, "the stream has an event that is too large or too broken to read"
		}
	case t.read != nil && cut == nil:
		r = t.read(t.whole())
	}
	return r
}
