package openai

import (
	"encoding/json"

	"github.com/pertask/pertask/meter/wire"
	"github.com/pertask/pertask/usage"
)

// Variant is whose form of OpenAI's formats is read. Where reasoning stands, which fields are known and what is
// told of the charge differ. The zero value is OpenAI's own form, which servers that are compatible with it share.
// A variant is chosen by who answers and never by the name of the model.
type Variant int

// The variants.
const (
	Plain      Variant = iota // OpenAI, Azure OpenAI, vLLM and others that add nothing
	XAI                       // reasoning beside the completion in Chat Completions, and the charge
	DeepSeek                  // cache hits and misses
	OpenRouter                // the charge
	Groq                      // usage below x_groq in streams
	Mistral                   // seconds of audio
	LiteLLM                   // Anthropic's cache fields, inside the prompt
)

// Names of the formats in a call, besides Chat and Responses. They are stored in journals and must not change.
const (
	XAIChat             = "xai.chat"
	XAIResponses        = "xai.responses"
	DeepSeekChat        = "deepseek.chat"
	OpenRouterChat      = "openrouter.chat"
	OpenRouterResponses = "openrouter.responses"
	GroqChat            = "groq.chat"
	MistralChat         = "mistral.chat"
	LiteLLMChat         = "litellm.chat"
)

// chat returns how a variant's usage in Chat Completions is read.
func (v Variant) chat() shape {
	s := chatShape
	switch v {
	case XAI:
		return xai(s, true)
	case DeepSeek:
		return deepseek(s)
	case OpenRouter:
		return openrouter(s)
	case Mistral:
		return mistral(s)
	case LiteLLM:
		return litellm(s)
	}
	return s
}

// responses returns how a variant's usage in Responses is read.
func (v Variant) responses() shape {
	switch v {
	case XAI:
		return xai(responsesShape, false)
	case OpenRouter:
		return openrouter(responsesShape)
	}
	return responsesShape
}

// ReadChat reads the body of a chat completion.
func (v Variant) ReadChat(body []byte) usage.Reading {
	c, err := readPart(body)
	if err != nil {
		return usage.Reading{Problem: "the answer is not the JSON of a chat completion"}
	}
	if wire.IsNull(c.Usage) && len(c.Choices) > 0 {
		c.Usage = c.Choices[0].Usage
	}
	r := v.chat().read(c.Usage)
	beyond(&r, v.untold(c, body))
	if v == OpenRouter {
		insure(&r, finishReason(c.Choices))
	}
	if citing(c.Choices) {
		Searched(&r, citations)
	}
	c.name(&r)
	return r
}

// ReadResponse reads a response object, and the answer of /responses/compact, which has the same usage.
// A response that still works in the background is missing its usage, not free of it.
func (v Variant) ReadResponse(body []byte) usage.Reading {
	var p response
	if err := json.Unmarshal(body, &p); err != nil {
		return usage.Reading{Problem: "the answer is not the JSON of a response"}
	}
	return p.reading(v)
}

// ReadChatRequest reads the body of a request to /chat/completions. Where a stream tells its usage only when it is
// asked to, it is asked; all other bytes stay as they are. It is an error if the body is no JSON object or has a
// name twice.
//
// OpenRouter and Mistral always tell the usage. OpenRouter ignores the question, so its usage chunk is none that
// only the proxy asked for, and Mistral answers the question with status 422.
func (v Variant) ReadChatRequest(body []byte) (Request, error) {
	if v == OpenRouter || v == Mistral {
		return ReadResponsesRequest(body)
	}
	return ReadChatRequest(body)
}
