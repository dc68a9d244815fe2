package format

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/pertask/pertask/meter/anthropic"
	"github.com/pertask/pertask/meter/openai"
	"github.com/pertask/pertask/usage"
)

// Dialects of OpenAI's formats.
var (
	azure = []route{
		{Format{openai.Chat, openAzureChat, openaiError, saltChat.Put}, []string{
			"/openai/deployments/*/chat/completions", "/openai/v1/chat/completions", "/deployments/*/chat/completions", "/chat/completions"}},
		{Format{openai.Responses, openAzureResponses, openaiError, saltResponses.Put}, []string{
			"/openai/responses", "/openai/v1/responses", "/openai/responses/compact", "/openai/v1/responses/compact",
			"/responses", "/responses/compact"}},
		anthropicElsewhere,
	}
	xai = []route{
		{Format{openai.XAIChat, chatOf(openai.XAI), openaiError, saltChat.Put}, chatPaths},
		{Format{openai.XAIResponses, responsesOf(openai.XAI), openaiError, saltResponses.Put}, responsesPaths},
	}
	deepseek   = []route{{Format{openai.DeepSeekChat, chatOf(openai.DeepSeek), openaiError, saltChat.Put}, chatPaths}}
	openrouter = []route{
		{Format{openai.OpenRouterChat, chatOf(openai.OpenRouter), openaiError, saltChat.Put}, chatPaths},
		{Format{openai.OpenRouterResponses, responsesOf(openai.OpenRouter), openaiError, saltResponses.Put}, responsesPaths},
		{Format{OpenRouterMessages, openRouterMessages, anthropicError, saltMessages.Put}, []string{"/messages"}},
	}
	groq    = []route{{Format{openai.GroqChat, chatOf(openai.Groq), openaiError, saltChat.Put}, chatPaths}}
	mistral = []route{{Format{openai.MistralChat, chatOf(openai.Mistral), openaiError, saltChat.Put}, chatPaths}}
	litellm = []route{{Format{openai.LiteLLMChat, openLiteLLM, openaiError, saltChat.Put}, chatPaths}}
)

var (
	chatPaths      = []string{"/chat/completions"}
	responsesPaths = []string{"/responses", "/responses/compact"}
)

// chatOf returns how a variant's requests to Chat Completions are read.
func chatOf(v openai.Variant) func(Request) (Exchange, error) {
	return func(q Request) (Exchange, error) {
		r, err := v.ReadChatRequest(q.Body)
		x := Exchange{Model: r.Model, Tier: r.Tier, Stream: r.Stream, Body: r.Body, Read: v.ReadChat,
			Events: func() Stream { return &openai.ChatStream{Variant: v} }}
		if r.Injected {
			x.Withhold = openai.IsUsageChunk
		}
		if r.Search {
			x = x.then(func(r usage.Reading) usage.Reading {
				openai.Searched(&r, openai.SearchOptions)
				return r
			})
		}
		return x, err
	}
}

// responsesOf returns how a variant's requests to Responses are read.
func responsesOf(v openai.Variant) func(Request) (Exchange, error) {
	return func(q Request) (Exchange, error) {
		r, err := openai.ReadResponsesRequest(q.Body)
		return Exchange{Model: r.Model, Tier: r.Tier, Stream: r.Stream, Body: r.Body, Read: v.ReadResponse,
			Events: func() Stream { return &openai.ResponsesStream{Variant: v} }}, err
	}
}

// openLiteLLM reads a request to LiteLLM. Where Anthropic's own counts come back, how long their writes are kept stands
// in the request, as in a request to Anthropic itself.
func openLiteLLM(q Request) (Exchange, error) {
	x, err := chatOf(openai.LiteLLM)(q)
	if err != nil {
		return x, err
	}
	asked, err := anthropic.ReadRequest(q.Body)
	return x.then(func(r usage.Reading) usage.Reading {
		if openai.WritesAreAnthropics(r.Raw) {
			asked.TTL.Place(&r)
		}
		return r
	}), err
}

// openAzureChat reads a request to Azure. Its older routes have the deployment in the path and mostly none in the
// body. The chunk with the results of the content filter at the start of a stream has no choices either, but no
// usage, so it goes through to the client.
func openAzureChat(q Request) (Exchange, error) {
	x, err := chatOf(openai.Plain)(q)
	if x.Model == "" {
		x.Model = deployment(q.Path)
	}
	return servedByName(x), err
}

func openAzureResponses(q Request) (Exchange, error) {
	x, err := responsesOf(openai.Plain)(q)
	return servedByName(x), err
}

// deployment returns the segment of a path behind "deployments"; "" when there is none.
func deployment(path string) string {
	_, rest, _ := strings.Cut(path, "/deployments/")
	name, _, _ := strings.Cut(rest, "/")
	return name
}

// servedByName makes an exchange with Azure miss its usage unless the answer names the model. What a request to
// Azure names is a deployment, in the path or in the body: whoever made it chose the name, and it may be that of
// another model than the one behind it. A price looks for the requested name where the answer has none, so an
// answer without a name must not be priced at all.
func servedByName(x Exchange) Exchange { return x.then(named) }

func named(r usage.Reading) usage.Reading {
	if r.ServedModel != "" || r.Coverage == usage.Missing {
		return r
	}
	return usage.Reading{ResponseID: r.ResponseID, Raw: r.Raw,
		Problem: "the answer does not say which model served it, and the name of a deployment is not one"}
}

// OpenRouterMessages is the name of OpenRouter's form of Anthropic's Messages in a call. It is stored in journals
// and must not change.
const OpenRouterMessages = "openrouter.messages"

// openRouterMessages reads Anthropic's format with OpenRouter's charge in its usage.
func openRouterMessages(q Request) (Exchange, error) {
	x, err := openMessages(q)
	read, events := x.Read, x.Events
	x.Read = func(body []byte) usage.Reading {
		r := read(body)
		openai.Charge(&r)
		return r
	}
	x.Events = func() Stream { return &chargedStream{Stream: events()} }
	return x, err
}

// chargedStream adds the charge once the stream is over: before that it may be a running total.
type chargedStream struct {
	Stream
	over bool
}

// Event takes the next event.
func (s *chargedStream) Event(name string, data []byte) {
	s.Stream.Event(name, data)
	s.over = s.over || name == last || (name == "" || name == "message") && bytes.Contains(data, []byte(`"`+last+`"`)) && typed(data, last)
}

const last = "message_stop"

// typed reports whether an event says in its data that it is of a type.
func typed(data []byte, want string) bool {
	var e struct {
		Type string `json:"type"`
	}
	return json.Unmarshal(data, &e) == nil && e.Type == want
}

// Reading returns what was read so far.
func (s *chargedStream) Reading() usage.Reading {
	r := s.Stream.Reading()
	if s.over {
		openai.Charge(&r)
	}
	return r
}
