package openai

import (
	"bytes"
	"slices"

	"github.com/pertask/pertask/meter/wire"
)

// Request is what a request's body asks for.
type Request struct {
	Model string // "" when the body does not say
	Tier  string // service_tier; "" when the body does not say
	// Stream is whether the answer is to come as events.
	Stream bool
	// Body is what to send on. It differs from what came in stream_options.include_usage only.
	Body []byte
	// Search is whether a chat is to search the web, which has a fee.
	Search bool
	// Injected is whether Body asks for the usage chunk and the client had not: it must not see that chunk.
	Injected bool
}

// ReadChatRequest reads the body of a request to /chat/completions. Without include_usage a stream tells
// nothing about usage, so it is set for every stream; all other bytes stay as they are. It is an error if the
// body is no JSON object or has a name twice.
func ReadChatRequest(body []byte) (Request, error) {
	r, members, err := readRequest(body)
	if err != nil || !r.Stream {
		return r, err
	}
	options, told := wire.Find(members, "stream_options")
	if !told {
		r.Body, r.Injected = insert(body, 0, `"stream_options":{"include_usage":true}`), true
		return r, nil
	}
	if wire.IsNull(options.Value) {
		r.Body, r.Injected = replace(body, options, `{"include_usage":true}`), true
		return r, nil
	}
	inner, err := wire.Members(options.Value)
	if err != nil {
		return r, err
	}
	include, told := wire.Find(inner, "include_usage")
	switch {
	case !told:
		r.Body, r.Injected = insert(body, options.Start, `"include_usage":true`), true
	case string(include.Value) != "true":
		include.Start, include.End = options.Start+include.Start, options.Start+include.End
		r.Body, r.Injected = replace(body, include, "true"), true
	}
	return r, nil
}

// ReadResponsesRequest reads the body of a request to /responses. It is an error if the body is no JSON object
// or has a name twice.
func ReadResponsesRequest(body []byte) (Request, error) {
	r, _, err := readRequest(body)
	return r, err
}

func readRequest(body []byte) (Request, []wire.Member, error) {
	members, err := wire.Members(body)
	if err != nil {
		return Request{}, nil, err
	}
	stream, _ := wire.Find(members, "stream")
	search, _ := wire.Find(members, SearchOptions)
	return Request{
		Search: !wire.IsNull(search.Value),
		Model:  wire.Text(members, "model"),
		Tier:   wire.Text(members, "service_tier"),
		Stream: string(stream.Value) == "true",
		Body:   body,
	}, members, nil
}

// insert puts a member first into the object that starts at or after a place in the text.
func insert(text []byte, at int, member string) []byte {
	at += bytes.IndexByte(text[at:], '{') + 1
	if rest := bytes.TrimLeft(text[at:], " \t\r\n"); len(rest) > 0 && rest[0] != '}' {
		member += ","
	}
	return slices.Concat(text[:at], []byte(member), text[at:])
}

func replace(text []byte, m wire.Member, value string) []byte {
	return slices.Concat(text[:m.Start], []byte(value), text[m.End:])
}

// IsUsageChunk reports whether a chunk of a chat stream is the extra one that include_usage asks for: usage,
// and an empty list of choices.
func IsUsageChunk(data []byte) bool {
	if !bytes.Contains(data, []byte(`"usage"`)) {
		return false
	}
	choices, told := wire.Elements(wire.Value(data, "choices"))
	return told && len(choices) == 0 && !wire.IsNull(wire.Value(data, "usage"))
}
