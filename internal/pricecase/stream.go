package pricecase

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/pertask/pertask/meter/format"
	"github.com/pertask/pertask/meter/sse"
	"github.com/pertask/pertask/usage"
)

// interruptions are the members of response_extra by which a case says that the client did not see the end.
var interruptions = []string{"aborted", "client_closed", "stream_aborted", "interrupted", "truncated", "disconnected", "client_disconnected", "cut"}

// listen reads events the way the meter does: as the bytes of a stream, split into pieces by cut. Events that travel in
// frames instead of lines are handed over as they are.
func listen(p protocol, x format.Exchange, events []string, cut func([]byte) [][]byte) usage.Reading {
	s := x.Events()
	if x.Split != nil && p != ollamaChat && p != ollamaGenerate { // Bedrock's frames are binary
		for _, e := range events {
			s.Event(frame(e))
		}
		return s.Reading()
	}
	var splitter format.Splitter = &sse.Parser{Handle: s.Event}
	text := sseText(events)
	if x.Split != nil {
		splitter, text = x.Split(s.Event), []byte(strings.Join(events, "\n")+"\n")
	}
	for _, piece := range cut(text) {
		_, _ = splitter.Write(piece) // it never fails
	}
	splitter.End()
	return s.Reading()
}

func whole(text []byte) [][]byte { return [][]byte{text} }

// sseText writes events as a server does, each with its name where its data tells one.
func sseText(events []string) []byte {
	var b bytes.Buffer
	for _, e := range events {
		if strings.HasPrefix(e, "data:") || strings.HasPrefix(e, "event:") || strings.HasPrefix(e, ":") {
			b.WriteString(strings.TrimRight(e, "\r\n") + "\n\n")
			continue
		}
		if name := typeOf(e); name != "" {
			b.WriteString("event: " + name + "\n")
		}
		for line := range strings.SplitSeq(e, "\n") {
			b.WriteString("data: " + strings.TrimSuffix(line, "\r") + "\n")
		}
		b.WriteString("\n")
	}
	return b.Bytes()
}

// typeOf returns the name that an event's data gives it.
func typeOf(event string) string {
	var e struct {
		Type      string `json:"type"`
		EventType string `json:"event_type"`
	}
	if json.Unmarshal([]byte(event), &e) != nil || strings.ContainsAny(e.Type+e.EventType, "\r\n") {
		return ""
	}
	if e.Type != "" {
		return e.Type
	}
	return e.EventType
}

// frame returns the name and the data of an event of Bedrock. Client libraries show it as {"metadata": {...}}; on the
// wire the name stands in the frame's header.
func frame(event string) (name string, data []byte) {
	var fields object
	if json.Unmarshal([]byte(event), &fields) != nil {
		return "", []byte(event)
	}
	if name := typeOf(event); name != "" && isNull(fields["chunk"]) {
		if slices.Contains(frames, name) {
			return name, []byte(event)
		}
		return "chunk", encode(map[string][]byte{"bytes": []byte(event)}) // an event of the model behind InvokeModel
	}
	for name, inner := range fields {
		if len(fields) == 1 && slices.Contains(frames, name) {
			return name, inner
		}
	}
	if !isNull(fields["usage"]) {
		return "metadata", []byte(event)
	}
	return "", []byte(event)
}

// frames are the names of the events of ConverseStream, and of InvokeModelWithResponseStream.
var frames = []string{"messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata", "chunk"}

// synthesize writes the stream that the provider would have sent around a usage object; aborted is cut before its
// end. What a provider tells only at the end is not in an aborted one.
func (c Case) synthesize(p protocol, usage json.RawMessage, aborted bool) []string {
	a := c.answer(p, usage)
	switch p {
	case chat:
		return c.chatStream(a, usage, aborted)
	case responses, codex, compaction:
		return responsesStream(a, aborted)
	case messages:
		return messagesStream(a, usage, aborted)
	case gemini:
		if aborted {
			delete(a, "candidates")
		}
		return []string{string(encode(a))}
	case interactions:
		return interactionsStream(a, aborted)
	case converse:
		return converseStream(a, aborted)
	case invoke:
		var out []string
		for _, e := range messagesStream(a, usage, aborted) {
			out = append(out, string(encode(map[string]any{"chunk": map[string][]byte{"bytes": []byte(e)}})))
		}
		return out
	case ollamaChat, ollamaGenerate:
		first := object{"done": json.RawMessage("false"), "model": encode(c.Served)}
		if aborted {
			return []string{string(encode(first))}
		}
		return []string{string(encode(first)), string(encode(a))}
	}
	return nil
}

const done = "[DONE]"

func (c Case) chatStream(a object, usage json.RawMessage, aborted bool) []string {
	delta := a.with(object{"object": encode("chat.completion.chunk"), "usage": nil,
		"choices": json.RawMessage(`[{"index":0,"delta":{"role":"assistant","content":"."},"finish_reason":null}]`)})
	delete(delta, "usage")
	out := []string{string(encode(delta))}
	if !isNull(usage) {
		last := a.with(object{"object": encode("chat.completion.chunk"), "choices": json.RawMessage("[]")})
		out = append(out, string(encode(last)))
	}
	if !aborted {
		out = append(out, done)
	}
	return out
}

func responsesStream(a object, aborted bool) []string {
	status := a.text("status")
	if status == "" {
		status = "completed"
	}
	begun := a.with(object{"status": encode("in_progress")})
	delete(begun, "usage")
	delete(begun, "tool_usage")
	out := []string{string(encode(map[string]any{"type": "response.created", "response": begun}))}
	if aborted || status == "in_progress" || status == "queued" {
		return out
	}
	return append(out, string(encode(map[string]any{"type": "response." + status, "response": a})))
}

func messagesStream(a object, usage json.RawMessage, aborted bool) []string {
	out := []string{string(encode(map[string]any{"type": "message_start", "message": a}))}
	if aborted {
		return out
	}
	delta := map[string]any{"type": "message_delta", "delta": map[string]any{"stop_reason": "end_turn"}}
	if !isNull(usage) {
		delta["usage"] = usage
	}
	return append(out, string(encode(delta)), `{"type":"message_stop"}`)
}

func interactionsStream(a object, aborted bool) []string {
	begun := a.with(object{"status": encode("in_progress")})
	delete(begun, "usage")
	out := []string{string(encode(map[string]any{"event_type": "interaction.start", "interaction": begun}))}
	if aborted {
		return out
	}
	return append(out, string(encode(map[string]any{"event_type": "interaction.complete", "interaction": a})))
}

func converseStream(a object, aborted bool) []string {
	out := []string{`{"messageStart":{"role":"assistant"}}`}
	if aborted {
		return out
	}
	out = append(out, `{"messageStop":{"stopReason":"end_turn"}}`)
	delete(a, "output")
	delete(a, "stopReason")
	return append(out, string(encode(map[string]any{"metadata": a})))
}

// closed returns the events with what says that the stream is over, and whether a protocol has such a thing.
func closed(p protocol, events []string) ([]string, bool) {
	switch p {
	case chat:
		return append(slices.Clone(events), done), true
	case messages:
		return append(slices.Clone(events), `{"type":"message_stop"}`), true
	case gemini:
		out := slices.Clone(events)
		var last object
		if json.Unmarshal([]byte(out[len(out)-1]), &last) != nil || last == nil || !isNull(last["candidates"]) {
			return nil, false
		}
		out[len(out)-1] = string(encode(last.with(object{"candidates": json.RawMessage(`[{"index":0,"finishReason":"STOP"}]`)})))
		return out, true
	}
	return nil, false
}

// stream reads the events of the case. Who writes a case down leaves out events that say nothing of usage, the end
// among them; it is put back when the events have told all that the case's usage object tells.
func (c Case) stream(p protocol, x format.Exchange, events []string, told json.RawMessage, cut func([]byte) [][]byte) usage.Reading {
	if p == chat {
		events = c.named(events)
	}
	r := listen(p, x, events, cut)
	if r.Coverage != usage.Partial || isNull(told) || c.aborted() {
		return r
	}
	events, ok := closed(p, events)
	if !ok {
		return r
	}
	full := listen(p, x, events, cut)
	one := x.Read(encode(c.answer(p, told)))
	if full.Coverage == usage.Complete && one.Coverage == usage.Complete && full.Tokens == one.Tokens {
		return full
	}
	return r
}

// named puts the model that served into the chunks of a chat, where the case's author has left it out of every one.
// Azure's answers are worth nothing without it.
func (c Case) named(events []string) []string {
	out := slices.Clone(events)
	for i, e := range events {
		var fields object
		if json.Unmarshal([]byte(e), &fields) != nil || fields == nil {
			continue
		}
		if fields.text("model") != "" {
			return events
		}
		if c.Served != "" && !isNull(fields["choices"]) {
			out[i] = string(encode(fields.with(object{"model": encode(c.Served)})))
		}
	}
	return out
}

func (c Case) aborted() bool { return c.Extra.yes(interruptions...) }
