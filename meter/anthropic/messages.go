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
	ID         string          `json:"id"`
	Model      string          `json:"model"`
	StopReason string          `json:"stop_reason"`
	Content    json.RawMessage `json:"content"`
	Usage      json.RawMessage `json:"usage"`
}

// content is what a message has put out.
type content int

// The kinds of content. Only a message that says that it has none has none.
const (
	output  content = iota // or not told
	markers                // only marks where one model took over from another, which are no output of any
	nothing
)

func contentOf(raw json.RawMessage) content {
	var blocks []json.RawMessage
	if wire.IsNull(raw) || json.Unmarshal(raw, &blocks) != nil {
		return output
	}
	c := nothing
	for _, block := range blocks {
		c = min(c, kindOf(block))
	}
	return c
}

// kindOf tells the kind of a block. What cannot be read counts as output: it is billed.
func kindOf(block json.RawMessage) content {
	var b struct {
		Type string `json:"type"`
	}
	if json.Unmarshal(block, &b) != nil || b.Type != "fallback" {
		return output
	}
	return markers
}

// Read reads the body of a message. The time to live is what the request asked for.
func Read(body []byte, ttl TTL) usage.Reading {
	var m message
	if err := json.Unmarshal(body, &m); err != nil {
		return usage.Reading{Problem: "the answer is not the JSON of a message"}
	}
	r := usage.Reading{ResponseID: m.ID, ServedModel: m.Model}
	read(m.Usage, ttl, false, &r)
	if m.StopReason == refusal {
		spare(&r, contentOf(m.Content))
	}
	return r
}

const refusal = "refusal"

// spare takes the answer itself out of a reading. Anthropic's page on refusals and fallback: a refusal that
// arrives before any output is not billed, although the usage has counts; one that arrives later bills the input
// and what was put out. So there must be no content, no output but the first token, no thoughts and no requests of
// tools. Parts, such as a compaction, stay. Whether an answer is billed whose every model refused is not certain.
func spare(r *usage.Reading, c content) {
	out, told := r.Tokens.Output.Value()
	thoughts, _ := r.Tokens.Reasoning.Value()
	if c == output || r.Coverage == usage.Missing || !told || out > 1 || thoughts > 0 || len(r.Requests) > 0 {
		return
	}
	r.Tokens = usage.None()
	if c == markers {
		lower(r, "every model refused before any output, and whether that is billed is not certain")
	}
	if r.Coverage == usage.Complete && len(r.Parts) == 0 {
		r.Coverage, r.Problem = usage.Unbilled, "refused before any output, which is not billed"
	}
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
	refused bool // a delta has told that the model refused
	blocks  bool // a piece of content has begun
	output  bool // and it is output
	stopped bool // the last event was seen
	problem string
}

type event struct {
	Type    string          `json:"type"`
	Message message         `json:"message"`
	Usage   json.RawMessage `json:"usage"`
	Block   json.RawMessage `json:"content_block"`
	Delta   json.RawMessage `json:"delta"`
}

// telling are the events that say something about usage, or whether there is more to come.
var telling = []string{"message_start", "message_delta", "message_stop", "error"}

// Event takes the next event. Its data is not kept. Servers that do not name their events say the type in the
// data.
func (s *Stream) Event(name string, data []byte) {
	switch name {
	case "content_block_delta", "content_block_stop", "ping":
		return // the many that hold a word of text
	}
	if s.stopped || name == "content_block_start" && s.output {
		return
	}
	var e event
	if json.Unmarshal(data, &e) != nil {
		s.broken(name)
		return
	}
	if e.Type == "" {
		e.Type = name
	}
	switch e.Type {
	case "message_start":
		s.id, s.model = e.Message.ID, e.Message.Model
		s.merge(e.Message.Usage)
	case "content_block_start":
		s.blocks, s.output = true, s.output || kindOf(e.Block) == output
	case "message_delta":
		s.delta(e)
	case "message_stop":
		s.stopped = true
	case "error":
		s.problem = "the provider ended the stream with an error"
	}
}

// broken takes an event that is not JSON. Those of kinds that nobody has heard of may be.
func (s *Stream) broken(name string) {
	switch {
	case name == "content_block_start":
		s.blocks, s.output = true, true
	case name == "" || name == "message" || slices.Contains(telling, name):
		s.problem = "the stream has an event that is not JSON"
	}
}

func (s *Stream) delta(e event) {
	var d struct {
		StopReason string `json:"stop_reason"`
	}
	if !wire.IsNull(e.Delta) && json.Unmarshal(e.Delta, &d) == nil {
		s.refused = s.refused || d.StopReason == refusal
	}
	if fields := s.merge(e.Usage); !wire.IsNull(fields["output_tokens"]) {
		s.final = true
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
	r := usage.Reading{ResponseID: s.id, ServedModel: s.model}
	// The start names the model that declined in the middle of its output, and the iterations the one that took over.
	to := successor(s.usage["iterations"])
	moved := to != "" && to != s.model
	if moved {
		r.ServedModel = to
	}
	if s.usage == nil {
		r.Problem = "the stream ended without usage"
	} else if raw, err := json.Marshal(s.usage); err != nil {
		r.Problem = "the usage cannot be written as JSON"
	} else {
		read(raw, s.TTL, moved, &r)
	}
	s.weaken(&r)
	switch {
	case !s.refused:
	case !s.blocks:
		spare(&r, nothing)
	case !s.output:
		spare(&r, markers)
	}
	return r
}

// weaken lowers a reading of a stream that did not end as it should.
func (s *Stream) weaken(r *usage.Reading) {
	if s.problem != "" {
		lower(r, s.problem)
		if r.Coverage == usage.Missing {
			r.Problem = s.problem + "; " + r.Problem
		}
	}
	switch {
	case !s.stopped:
		lower(r, "the stream was cut before its end; the output is what was told at the start or by a delta")
	case !s.final:
		lower(r, "the stream ended without the final output count")
	}
}

// successor returns the model of the last fallback_message; "" when there is none.
func successor(iterations json.RawMessage) string {
	var all []iteration
	if json.Unmarshal(iterations, &all) != nil {
		return ""
	}
	model, _ := served(all)
	return model
}
