package openai

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/pertask/pertask/meter/wire"
	"github.com/pertask/pertask/usage"
)

// Chat is the name of the Chat Completions format in a call.
const Chat = "openai.chat"

// chatPart is a whole chat completion, or one chunk of it.
type chatPart struct {
	ID    string          `json:"id"`
	Model string          `json:"model"`
	Tier  string          `json:"service_tier"`
	Usage json.RawMessage `json:"usage"`
	Error json.RawMessage `json:"error"`
	XGroq *struct {
		Usage json.RawMessage `json:"usage"`
	} `json:"x_groq"`
}

// ReadChat reads the body of a chat completion.
func ReadChat(body []byte) usage.Reading {
	var c chatPart
	if err := json.Unmarshal(body, &c); err != nil {
		return usage.Reading{Problem: "the answer is not the JSON of a chat completion"}
	}
	r := chatShape.read(c.Usage)
	r.ResponseID, r.ServedModel, r.ServedTier = c.ID, c.Model, c.Tier
	return r
}

// ChatStream reads the chunks of a chat completion. The zero value is ready. It is not safe for concurrent use.
type ChatStream struct {
	last    chatPart // the last value of each field that was told
	looked  int      // chunks decoded in search of the model
	done    bool     // the end marker was seen
	problem string   // what went wrong within the stream
}

// Event takes the next event. Its data is not kept.
func (s *ChatStream) Event(_ string, data []byte) {
	data = bytes.TrimSpace(data)
	switch {
	case s.done:
	case string(data) == "[DONE]":
		s.done = true
	case s.worthReading(data):
		s.chunk(data)
	}
}

// worthReading tells the few chunks that say something from the many that hold a word of text.
func (s *ChatStream) worthReading(data []byte) bool {
	const first = 8 // some servers send chunks without a model before the first real one
	if s.last.Model == "" && s.looked < first {
		s.looked++
		return true
	}
	return bytes.Contains(data, []byte(`"error"`)) || hasUsage(data)
}

// hasUsage reports whether there may be a usage object: most chunks have a null there, or nothing.
func hasUsage(data []byte) bool {
	for {
		_, rest, found := bytes.Cut(data, []byte(`"usage"`))
		if !found {
			return false
		}
		if !bytes.HasPrefix(rest, []byte(":null")) {
			return true
		}
		data = rest
	}
}

// chunk keeps what a chunk tells. The last usage that is not null counts, whatever else is in the chunk:
// servers put it on a chunk without choices, on the last one with them, or on every one as a running total.
func (s *ChatStream) chunk(data []byte) {
	var c chatPart
	if json.Unmarshal(data, &c) != nil {
		s.problem = "the stream has an event that is not JSON"
		return
	}
	keep(&s.last.ID, c.ID)
	keep(&s.last.Model, c.Model)
	keep(&s.last.Tier, c.Tier)
	if !wire.IsNull(c.Error) {
		s.problem = "the provider ended the stream with an error"
	}
	switch {
	case !wire.IsNull(c.Usage):
		s.last.Usage = slices.Clone(c.Usage)
	case c.XGroq != nil && !wire.IsNull(c.XGroq.Usage):
		s.last.Usage = slices.Clone(c.XGroq.Usage)
	}
}

func keep(old *string, told string) {
	if told != "" {
		*old = told
	}
}

// Reading returns what was read so far. It is complete only behind the end marker: before it, a usage object
// may be a running total.
func (s *ChatStream) Reading() usage.Reading {
	var r usage.Reading
	if s.last.Usage == nil {
		r.Problem = "the stream ended without usage"
	} else {
		r = chatShape.read(s.last.Usage)
	}
	r.ResponseID, r.ServedModel, r.ServedTier = s.last.ID, s.last.Model, s.last.Tier
	if s.problem != "" {
		lower(&r, s.problem)
		if r.Coverage == usage.Missing {
			r.Problem = s.problem + "; " + r.Problem
		}
	}
	if !s.done {
		lower(&r, "the stream was cut before its end")
	}
	return r
}
