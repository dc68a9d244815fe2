package format

import (
	"github.com/pertask/pertask/meter/anthropic"
	"github.com/pertask/pertask/meter/openai"
	"github.com/pertask/pertask/usage"
)

// The formats of OpenAI and Anthropic, as their own API and servers that follow them to the letter speak them.
var (
	chat      = route{Format{openai.Chat, openChat, openaiError, saltChat.Put}, chatPaths}
	responses = route{Format{openai.Responses, openResponses, openaiError, saltResponses.Put}, responsesPaths}
	messages  = route{Format{anthropic.Messages, openMessages, anthropicError, saltMessages.Put}, []string{"/messages"}}
	// anthropicElsewhere is Anthropic's API at those who put it beside their own.
	anthropicElsewhere = route{Format{anthropic.Messages, openMessages, anthropicError, saltMessages.Put}, []string{"/messages", "/anthropic/v1/messages"}}

	// common are the routes of a server of which nothing is known: it may speak all of them.
	common = []route{chat, responses, messages}
)

// openChat and openResponses read OpenAI's own form.
var openChat, openResponses = chatOf(openai.Plain), responsesOf(openai.Plain)

func openMessages(q Request) (Exchange, error) {
	r, err := anthropic.ReadRequest(q.Body)
	return Exchange{Model: r.Model, Tier: r.Tier, Stream: r.Stream, Body: q.Body,
		Read:   func(b []byte) usage.Reading { return anthropic.Read(b, r.TTL) },
		Events: func() Stream { return &anthropic.Stream{TTL: r.TTL} }}, err
}
