package format

import (
	"github.com/pertask/pertask/meter/anthropic"
	"github.com/pertask/pertask/meter/openai"
	"github.com/pertask/pertask/usage"
)

// common are the routes that every dialect has: a compatible server may speak both.
var common = []route{
	{Format{openai.Chat, openChat, openaiError}, []string{"/chat/completions"}},
	{Format{openai.Responses, openResponses, openaiError}, []string{"/responses", "/responses/compact"}},
	{Format{anthropic.Messages, openMessages, anthropicError}, []string{"/messages"}},
}

// openChat and openResponses read OpenAI's own form.
var openChat, openResponses = chatOf(openai.Plain), responsesOf(openai.Plain)

func openMessages(q Request) (Exchange, error) {
	r, err := anthropic.ReadRequest(q.Body)
	return Exchange{Model: r.Model, Tier: r.Tier, Stream: r.Stream, Body: q.Body,
		Read:   func(b []byte) usage.Reading { return anthropic.Read(b, r.TTL) },
		Events: func() Stream { return &anthropic.Stream{TTL: r.TTL} }}, err
}
