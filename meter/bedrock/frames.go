package bedrock

import (
	"bytes"
	"encoding/binary"
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"
)

const (
	// prelude is how many bytes tell the lengths of a message, with their checksum.
	prelude = 12
	// least is the length of a message with nothing in it.
	least = prelude + 4
	// DefaultMax is the largest message in bytes when Frames.Max is 0. The service's own limit is 24 MiB of
	// payload and 128 KiB of headers.
	DefaultMax = 32 << 20
)

// Error is the name under which Frames hands on an exception. Its data is {"type": ...} with the exception's name.
const Error = "error"

// Frames splits a stream in AWS's binary framing (application/vnd.amazon.eventstream) into events. The checksums
// are those of the SDK's decoder. The zero value is ready, but for Handle. It is not safe for concurrent use.
type Frames struct {
	// Handle is called for each message, with its event type and its payload, which is valid until Handle
	// returns. An exception is handed on as Error.
	Handle func(name string, data []byte)
	// Max is the largest message in bytes; DefaultMax when 0.
	Max int

	held    []byte // the start of a message that is not whole yet
	dropped bool
}

// Write takes the next bytes of the stream. It never fails. Behind a message that is too large or broken, nothing
// more is read: there is no telling where the next one starts.
func (f *Frames) Write(b []byte) (int, error) {
	n := len(b)
	for len(b) > 0 && !f.dropped {
		b = b[f.take(b):]
	}
	return n, nil
}

// take moves bytes into the message that is being held, and hands it on when it is whole. It returns how many.
func (f *Frames) take(b []byte) int {
	missing := prelude - len(f.held)
	if missing <= 0 {
		missing = f.total() - len(f.held)
	}
	n := min(missing, len(b))
	f.held = append(f.held, b[:n]...)
	switch {
	case len(f.held) < prelude:
	case f.total() < least || f.total() > f.max():
		f.drop()
	case len(f.held) == f.total():
		f.handle()
	}
	return n
}

// total is the length of the message that is being held, as its first four bytes tell it.
func (f *Frames) total() int { return int(binary.BigEndian.Uint32(f.held)) }

func (f *Frames) max() int {
	if f.Max > 0 {
		return f.Max
	}
	return DefaultMax
}

func (f *Frames) drop() { f.dropped, f.held = true, nil }

// handle decodes the whole message that is held.
func (f *Frames) handle() {
	in := bytes.NewReader(f.held)
	m, err := eventstream.NewDecoder().Decode(in, nil)
	if err != nil || in.Len() > 0 {
		f.drop()
		return
	}
	f.held = f.held[:0]
	if f.Handle == nil {
		return
	}
	switch header(m, ":message-type") {
	case "event":
		f.Handle(header(m, ":event-type"), m.Payload)
	case "exception":
		f.Handle(Error, exception(header(m, ":exception-type")))
	default: // "error", and whatever is not known
		f.Handle(Error, exception(header(m, ":error-code")))
	}
}

// header returns a header that is a text; "" when it is absent or something else.
func header(m eventstream.Message, name string) string {
	text, _ := m.Headers.Get(name).(eventstream.StringValue)
	return string(text)
}

func exception(name string) []byte {
	b, _ := json.Marshal(map[string]string{"type": name}) // a map of texts always encodes
	return b
}

// End says that the stream is over. A message that was cut is dropped.
func (f *Frames) End() {
	if len(f.held) > 0 {
		f.drop()
	}
}

// Dropped reports whether a message was too large, broken or cut.
func (f *Frames) Dropped() bool { return f.dropped }
