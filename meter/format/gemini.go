package format

import (
	google "github.com/pertask/pertask/meter/gemini"
	"github.com/pertask/pertask/meter/openai"
	"github.com/pertask/pertask/usage"
)

// Gemini's formats, at the Gemini API and on Vertex. The short paths of Vertex are those of its express mode.
var (
	gemini = []route{
		{Format{google.Generate, openGenerate, googleError, saltGenerate.Put}, []string{
			"/models/*:generateContent", "/models/*:streamGenerateContent"}},
		{Format{google.Interactions, openInteraction, interactionError, saltInteraction.Put}, []string{"/interactions"}},
		{Format{openai.Chat, openChat, openaiError, saltChat.Put}, []string{"/openai/chat/completions"}},
	}
	vertexGemini = []route{
		{Format{google.VertexGenerate, openGenerate, googleError, saltGenerate.Put}, []string{
			vertexModel + ":generateContent", vertexModel + ":streamGenerateContent",
			expressModel + ":generateContent", expressModel + ":streamGenerateContent"}},
	}
)

const (
	expressModel = "/publishers/google/models/*"
	vertexModel  = "/projects/*/locations/*" + expressModel
)

// geminiFree are the routes that count tokens. What is not here and has no format is refused: making a cache,
// embeddings, predictions and batches are all billed.
var geminiFree = []string{
	"/models/*:countTokens", "/models/*:computeTokens",
	vertexModel + ":countTokens", vertexModel + ":computeTokens",
	expressModel + ":countTokens", expressModel + ":computeTokens",
}

func openGenerate(q Request) (Exchange, error) {
	r, err := google.ReadGenerateRequest(q.Path, q.Query, q.Body)
	return Exchange{Model: r.Model, Tier: r.Tier, Stream: r.Stream, Body: q.Body,
		Read:   func(b []byte) usage.Reading { return google.Read(b, r.Asked) },
		Events: func() Stream { return &google.Stream{Asked: r.Asked} }}, err
}

func openInteraction(q Request) (Exchange, error) {
	r, err := google.ReadInteractionRequest(q.Query, q.Body)
	return Exchange{Model: r.Model, Tier: r.Tier, Stream: r.Stream, Body: q.Body,
		Read:   func(b []byte) usage.Reading { return google.ReadInteraction(b, r.Asked) },
		Events: func() Stream { return &google.InteractionStream{Asked: r.Asked} }}, err
}

// googleCodes are Google's codes for the kinds of errors. Of anything else the request is taken to be at fault:
// clients repeat a request for most other codes.
var googleCodes = map[string]struct {
	code   int
	status string
}{
	"authentication_error": {401, "UNAUTHENTICATED"},
	"permission_error":     {403, "PERMISSION_DENIED"},
	"not_found_error":      {404, "NOT_FOUND"},
	"rate_limit_error":     {429, "RESOURCE_EXHAUSTED"},
	"api_error":            {502, "UNAVAILABLE"},
}

func googleError(kind, message string) any {
	c, known := googleCodes[kind]
	if !known {
		c.code, c.status = 400, "INVALID_ARGUMENT"
	}
	return object{"error": object{"code": c.code, "message": message, "status": c.status}}
}

// interactionError words an error of the Interactions API, whose codes are words.
func interactionError(kind, message string) any {
	if kind == "invalid_request_error" {
		kind = "invalid_request"
	}
	return object{"error": object{"code": kind, "message": message}}
}
