package openai

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/pertask/pertask/meter/wire"
	"github.com/pertask/pertask/usage"
)

// groqPart is what Groq adds to a chat completion and to a chunk of it. Field names are those of its own client
// library.
type groqPart struct {
	Usage, Breakdown, Error json.RawMessage
}

func readGroq(text json.RawMessage) (groqPart, error) {
	o, err := wire.ReadObject(text)
	return groqPart{o.Raw("usage"), o.Raw("usage_breakdown"), o.Raw("error")}, err
}

// counts returns the usage object below x_groq. In an answer in one piece the object of that name has statistics
// of the hardware's caches instead, which are no part of the bill.
func (g groqPart) counts() json.RawMessage {
	if wire.IsNull(g.Usage) {
		return nil
	}
	o, err := wire.ReadObject(g.Usage)
	if err == nil && wire.IsNull(o.Raw(chatShape.input)) && wire.IsNull(o.Raw(chatShape.output)) {
		return nil
	}
	return g.Usage
}

// untold lists what Groq bills besides the tokens of the served model: models behind a compound one, each at its
// own rates, and tools that ran at Groq.
func (v Variant) untold(c chatPart, data []byte) []string {
	if v != Groq {
		return nil
	}
	var out []string
	if !wire.IsNull(c.Breakdown) || !wire.IsNull(c.Groq.Breakdown) {
		out = append(out, "usage_breakdown")
	}
	if ranTools(data) {
		out = append(out, "executed_tools")
	}
	return out
}

// beyond marks a reading of which a part of the bill is not told.
func beyond(r *usage.Reading, paths []string) {
	if r.Coverage != usage.Missing && len(paths) > 0 {
		for _, path := range paths {
			r.Unclassified = wire.Note(r.Unclassified, path)
		}
		lower(r, "the answer has a cost that is not told: "+strings.Join(paths, ", "))
	}
}

func ranTools(data []byte) bool {
	if !bytes.Contains(data, []byte(`"executed_tools"`)) {
		return false
	}
	type message struct {
		Tools []json.RawMessage `json:"executed_tools"`
	}
	var c struct {
		Choices []struct {
			Message message `json:"message"`
			Delta   message `json:"delta"`
		} `json:"choices"`
	}
	if json.Unmarshal(data, &c) != nil {
		return true // something of that name is there
	}
	for _, choice := range c.Choices {
		if len(choice.Message.Tools)+len(choice.Delta.Tools) > 0 {
			return true
		}
	}
	return false
}
