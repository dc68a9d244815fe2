package fakeagent

import (
	"encoding/json"
	"net/http"

	"github.com/pertask/pertask/usage"
)

// dialect is how a wire format asks and answers.
type dialect struct {
	path  func(*agent) string
	auth  func(h http.Header, key string)
	body  func(*agent) any
	whole func(data []byte, t *turn) error
	event func(data []byte, t *turn) error
}

var dialects = map[API]dialect{
	Chat:      {fixed("/chat/completions"), bearer, chatBody, chatAnswer, chatAnswer},
	Responses: {fixed("/responses"), bearer, responsesBody, responsesAnswer, responsesEvent},
	Messages:  {fixed("/v1/messages"), xAPIKey, messagesBody, messagesAnswer, messagesEvent},
	Generate:  {generatePath, xGoogAPIKey, generateBody, generateAnswer, generateAnswer},
}

func fixed(path string) func(*agent) string { return func(*agent) string { return path } }

func bearer(h http.Header, key string)      { h.Set("Authorization", "Bearer "+key) }
func xAPIKey(h http.Header, key string)     { h.Set("X-Api-Key", key) }
func xGoogAPIKey(h http.Header, key string) { h.Set("X-Goog-Api-Key", key) }

type object = map[string]any

// The agent's only tool.
const (
	toolName = "write_file"
	toolText = "Writes a text into a file of the folder."
)

func schema() object {
	text := object{"type": "string"}
	return object{"type": "object", "properties": object{"path": text, "content": text}, "required": []string{"path", "content"}}
}

func (c toolCall) args() object { return object{"path": c.file, "content": c.text} }

// arguments is args as JSON in a string.
func (c toolCall) arguments() string {
	text, err := json.Marshal(c.args())
	if err != nil {
		return "{}" // strings always have a JSON form
	}
	return string(text)
}

// split makes disjoint classes of counts in which the input contains the cache.
func split(input, read, written, output, reasoning int64) usage.Tokens {
	t := usage.None()
	t.Input, t.CacheRead, t.CacheCreation = usage.Known(input-read-written), usage.Known(read), usage.Known(written)
	t.Output, t.Reasoning = usage.Known(output), usage.Known(reasoning)
	return t
}
