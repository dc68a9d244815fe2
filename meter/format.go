package meter

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/pertask/pertask/meter/anthropic"
	"github.com/pertask/pertask/meter/openai"
	"github.com/pertask/pertask/usage"
)

// Stream reads the events of one answer, in order. It is used by one goroutine.
type Stream interface {
	// Event takes the next event; it must not keep the data.
	Event(name string, data []byte)
	// Reading returns what was read so far.
	Reading() usage.Reading
}

// format is one wire format. A new one is a new line in the table of formats and nothing else.
type format struct {
	name string
	// paths are the routes below an upstream whose POST requests are of this format, without a leading /v1.
	paths []string
	// open reads a request's body. An error is the client's fault.
	open func(body []byte) (exchange, error)
	// refusal words an error as the provider would.
	refusal func(kind, message string) any
}

// exchange is one request, and how to read its answer.
type exchange struct {
	model, tier string
	stream      bool                            // the answer is to come as events
	body        []byte                          // what to send on
	withhold    func(data []byte) bool          // events that the client must not see; nil for none
	read        func(body []byte) usage.Reading // for an answer in one piece
	events      func() Stream                   // for a streamed answer
}

var formats = []format{
	{openai.Chat, []string{"/chat/completions"}, openChat, openaiError},
	{openai.Responses, []string{"/responses", "/responses/compact"}, openResponses, openaiError},
	{anthropic.Messages, []string{"/messages"}, openMessages, anthropicError},
}

// freePaths are routes whose POST requests consume nothing that is billed. They are told by path and never by
// the shape of the answer: a counted prompt looks like usage.
var freePaths = []string{"/messages/count_tokens", "/responses/input_tokens", "/files"}

// findFormat returns the format of a POST to a path below an upstream.
func findFormat(path string) (format, bool) {
	path = unversioned(path)
	i := slices.IndexFunc(formats, func(f format) bool { return slices.Contains(f.paths, path) })
	if i < 0 {
		return format{refusal: anyError}, false
	}
	return formats[i], true
}

func isFree(path string) bool { return slices.Contains(freePaths, unversioned(path)) }

// isModels reports whether a path is the list of models or one of them.
func isModels(path string) bool {
	path = unversioned(path)
	return path == "/models" || strings.HasPrefix(path, "/models/")
}

// unversioned takes off the version that some clients put into the path and others into the base URL.
func unversioned(path string) string {
	if rest, ok := strings.CutPrefix(path, "/v1/"); ok {
		return "/" + rest
	}
	return path
}

// meteredPaths lists every route that can be metered, for people.
func meteredPaths() string {
	var all []string
	for _, f := range formats {
		all = append(all, f.paths...)
	}
	return strings.Join(all, ", ")
}

func openChat(body []byte) (exchange, error) {
	r, err := openai.ReadChatRequest(body)
	x := exchange{model: r.Model, tier: r.Tier, stream: r.Stream, body: r.Body, read: openai.ReadChat,
		events: func() Stream { return new(openai.ChatStream) }}
	if r.Injected {
		x.withhold = openai.IsUsageChunk
	}
	return x, err
}

func openResponses(body []byte) (exchange, error) {
	r, err := openai.ReadResponsesRequest(body)
	return exchange{model: r.Model, tier: r.Tier, stream: r.Stream, body: r.Body, read: openai.ReadResponse,
		events: func() Stream { return new(openai.ResponsesStream) }}, err
}

func openMessages(body []byte) (exchange, error) {
	r, err := anthropic.ReadRequest(body)
	return exchange{model: r.Model, tier: r.Tier, stream: r.Stream, body: body,
		read:   func(b []byte) usage.Reading { return anthropic.Read(b, r.TTL) },
		events: func() Stream { return &anthropic.Stream{TTL: r.TTL} }}, err
}

type object map[string]any

func openaiError(kind, message string) any {
	return object{"error": object{"message": message, "type": kind, "param": nil, "code": "pertask"}}
}

func anthropicError(kind, message string) any {
	return object{"type": "error", "error": object{"type": kind, "message": message}}
}

// anyError is for routes of no format: clients of either provider find their fields in it.
func anyError(kind, message string) any {
	return object{"type": "error", "error": object{"message": message, "type": kind, "param": nil, "code": "pertask"}}
}

// encode writes an error body. The values are strings and nil, which always encode.
func encode(body any) []byte {
	b, _ := json.Marshal(body)
	return b
}
