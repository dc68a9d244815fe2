// Package bedrock reads the wire formats of Amazon Bedrock: Converse as one JSON body and as a stream, and the
// binary framing that carries the streams of Converse and InvokeModel.
//
// It knows Converse's field names, that cache reads and writes stand beside the input and not inside it, AWS's
// framing, and which words in front of a model's id are an inference profile. It refuses to know what is in the
// bodies that InvokeModel carries, HTTP, keys and money. Field names and meanings are those of the service's model
// in AWS's SDKs (TokenUsage, CacheDetail, ConverseStreamMetadataEvent, PayloadPart; botocore 1.43.11).
package bedrock

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/pertask/pertask/meter/wire"
	"github.com/pertask/pertask/usage"
)

// The names of the formats in a call.
const (
	Converse = "bedrock.converse"
	Invoke   = "bedrock.invoke"
)

// answer is the part of a Converse response, or of the metadata at the end of a stream, that tells what was
// consumed.
type answer struct {
	Usage       json.RawMessage `json:"usage"`
	Tier        json.RawMessage `json:"serviceTier"`
	Performance json.RawMessage `json:"performanceConfig"`
	Trace       json.RawMessage `json:"trace"`
}

// ReadConverse reads the body of a Converse response.
func ReadConverse(body []byte, asked ConverseRequest) usage.Reading {
	var a answer
	if err := json.Unmarshal(body, &a); err != nil {
		return usage.Reading{Problem: "the answer is not the JSON of a Converse response"}
	}
	return a.read(asked)
}

func (a answer) read(asked ConverseRequest) usage.Reading {
	var r usage.Reading
	if wire.IsNull(a.Usage) {
		r.Problem = "the answer has no usage object"
	} else if err := readUsage(a.Usage, asked, &r); err != nil {
		r = usage.Reading{Problem: "reading the usage object: " + err.Error()}
	}
	if !wire.IsNull(a.Usage) {
		r.Raw = slices.Clone(a.Usage)
	}
	r.ServedTier = field(a.Tier, "type")
	if latency := field(a.Performance, "latency"); latency != "" && latency != "standard" {
		r.Attributes = map[string]string{"latency": latency}
	}
	var trace struct {
		Guardrail json.RawMessage `json:"guardrail"`
		Router    json.RawMessage `json:"promptRouter"`
	}
	_ = json.Unmarshal(a.Trace, &trace) // without one, nothing was traced
	r.ServedModel = field(trace.Router, "invokedModelId")
	if asked.Guardrail || !wire.IsNull(trace.Guardrail) {
		lower(&r, "a guardrail is billed besides the tokens, and its use is not counted")
	}
	return r
}

// field returns a text in a JSON object; "" when there is none.
func field(text json.RawMessage, name string) string {
	o, err := wire.ReadObject(text)
	if err != nil {
		return ""
	}
	return wire.String(o.Raw(name))
}

// lower marks a complete reading as a part of the truth. It leaves a reading alone that is already less.
func lower(r *usage.Reading, why string) {
	if r.Coverage == usage.Complete {
		r.Coverage, r.Problem = usage.Partial, why
	}
}

// ConverseStream reads the events of a streamed Converse response. The zero value is ready; Asked is what the
// request asked for. It is not safe for concurrent use.
type ConverseStream struct {
	Asked ConverseRequest

	last    usage.Reading
	told    bool
	problem string
}

// Event takes the next event. Its data is not kept. Only the metadata at the end tells anything.
func (s *ConverseStream) Event(name string, data []byte) {
	switch name {
	case "metadata":
		s.last, s.told = ReadConverse(data, s.Asked), true
	case Error:
		s.problem = ended(data)
	}
}

// Reading returns what was read so far: nothing until the metadata has come.
func (s *ConverseStream) Reading() usage.Reading {
	r := s.last
	if !s.told {
		r.Problem = "the stream ended before its metadata, which has the usage"
	}
	return weaken(r, s.problem)
}

// ended says that a stream ended with an exception.
func ended(data []byte) string {
	return "the provider ended the stream with an error: " + strings.ToValidUTF8(field(data, "type"), "?")
}

// weaken lowers a reading for a reason, if there is one.
func weaken(r usage.Reading, why string) usage.Reading {
	if why == "" {
		return r
	}
	lower(&r, why)
	if r.Problem != why {
		r.Problem = why + "; " + r.Problem
	}
	return r
}
