package anthropic

import (
	"encoding/json"
	"slices"

	"github.com/pertask/pertask/meter/wire"
	"github.com/pertask/pertask/usage"
)

// Messages is the name of the Messages format in a call.
const Messages = "anthropic.messages"

// message is the part of a message object that tells what it consumed.
type message struct {
	ID    string          `json:"id"`
	Model string          `json:"model"`
	Usage json.RawMessage `json:"usage"`
}

// Read reads the body of a message. The time to live is what the request asked for.
func Read(body []byte, ttl TTL) usage.Reading {
	var m message
	if err := json.Unmarshal(body, &m); err != nil {
		return usage.Reading{Problem: "the answer is not the JSON of a message"}
	}
	r := read(m.Usage, ttl)
	r.ResponseID, r.ServedModel = m.ID, m.Model
	return r
}

// Stream reads the events of a streamed message. The zero value is ready; TTL is what the request asked for.
// It is not safe for concurrent use.
type Stream struct {
	TTL TTL

	id, model string
	// usage holds the last value of each field that was not null: deltas are cumulative, name only some
	// fields, and null means that the earlier value stays.
	usage   map[string]json.RawMessage
	final   bool // a delta has told the output
	stopped bool // the last event was seen
	problem string
}

type event struct {
	Type    string          `json:"type"`
	Message message         `json:"message"`
	Usage   json.RawMessage `json:"usage"`
}

// telling are the events that say something about usage, or whether there is more to come.
var telling = []string{"message_start", "message_delta", "message_stop", "error"}

// Event takes the next event. Its data is not kept. Servers that do not name their events say the type in the
// data.
func (s *Stream) Event(name string, data []byte) {
	switch name {
	case "content_block_start", "content_block_delta", "content_block_stop", "ping":
		return // the many that hold a word of text
	}
	if s.stopped {
		return
	}
	var e event
	if json.Unmarshal(data, &e) != nil {
		if name != "" && !slices.Contains(telling, name) {
			return // an event of another kind, which later versions may add
		}
		s.problem = "the stream has an event that is not JSON"
		return
	}
	if e.Type == "" {
		e.Type = name
	}
	switch e.Type {
	case "message_start":
		s.id, s.model = e.Message.ID, e.Message.Model
		s.merge(e.Message.Usage)
	case "message_delta":
		if fields := s.merge(e.Usage); !wire.IsNull(fields["output_tokens"]) {
			s.final = true
		}
	case "message_stop":
		s.stopped = true
	case "error":
		s.problem = "the provider ended the stream with an error"
	}
}

// merge takes over every field that is not null and returns all that were there.
func (s *Stream) merge(raw json.RawMessage) map[string]json.RawMessage {
	if wire.IsNull(raw) {
		return nil
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		s.problem = "the stream has a usage that is not an object"
		return nil
	}
	if s.usage == nil {
		s.usage = make(map[string]json.RawMessage)
	}
	for name, value := range fields {
		if !wire.IsNull(value) {
			s.usage[name] = slices.Clone(value)
		}
	}
	return fields
}

// Reading returns what was read so far. It is complete only behind the last event, and only if a delta told
// the output: the start has a placeholder there. Raw is the usage as merged from all events.
func (s *Stream) Reading() usage.Reading {
	var r usage.Reading
	if s.usage == nil {
		r.Problem = "the stream ended without usage"
	} else if raw, err := json.Marshal(s.usage); err != nil {
		r.Problem = "the usage cannot be written as JSON"
	} else {
		r = read(raw, s.TTL)
	}
	r.ResponseID, r.ServedModel = s.id, s.model
	if s.problem != "" {
		lower(&r, s.problem)
		if r.Coverage == usage.Missing {
			r.Problem = s.problem + "; " + r.Problem
		}
	}
	switch {
	case !s.stopped:
		lower(&r, "the stream was cut before its end; the output is what was told at the start or by a delta")
	case !s.final:
		lower(&r, "the stream ended without the final output count")
	}
	return r
}
