package format

import (
	"encoding/json"
	"maps"
	"net/http"
	"path"
	"strings"

	aws "github.com/pertask/pertask/meter/bedrock"
	"github.com/pertask/pertask/meter/openai"
	"github.com/pertask/pertask/usage"
)

// VertexMessages is the name of Anthropic's Messages on Vertex in a call.
const VertexMessages = "vertex.messages"

// Bedrock's formats, and Claude on Vertex.
var (
	bedrock = []route{
		{Format{aws.Converse, openConverse, awsError, saltConverse.Put}, []string{"/model/*/converse", "/model/*/converse-stream"}},
		{Format{aws.Invoke, openInvoke, awsError, saltInvoke.Put}, []string{"/model/*/invoke", "/model/*/invoke-with-response-stream"}},
		{Format{openai.Chat, openBedrockChat, openaiError, saltChat.Put}, []string{"/openai/v1/chat/completions"}},
	}
	vertexClaude = []route{
		{Format{VertexMessages, openVertexMessages, anthropicError, saltMessages.Put}, []string{claudePath + "*:rawPredict", claudePath + "*:streamRawPredict"}},
	}
	vertexChat = []route{{Format{openai.Chat, openVertexChat, openaiError, saltChat.Put}, []string{"/projects/*/locations/*/endpoints/openapi/chat/completions"}}}

	bedrockFree = []string{"/model/*/count-tokens"}
	// To count tokens is a "model" too.
	vertexClaudeFree = []string{claudePath + "count-tokens:rawPredict"}
)

const claudePath = "/projects/*/locations/*/publishers/anthropic/models/"

func openVertexMessages(q Request) (Exchange, error) {
	model, verb, _ := strings.Cut(path.Base(q.Path), ":")
	x, err := openMessages(q)
	x.Model = model
	x.Stream = x.Stream || verb == "streamRawPredict"
	return x.elsewhere(located(q.Path)), err
}

// located are the attributes of where a model of Vertex runs: regional endpoints cost more than the global one.
func located(p string) map[string]string {
	_, rest, _ := strings.Cut(p, "/locations/")
	location, _, _ := strings.Cut(rest, "/")
	if location == "" {
		return nil
	}
	return map[string]string{"location": location}
}

func openConverse(q Request) (Exchange, error) {
	model, verb := bedrockPath(q.Path)
	id, profile := aws.Model(model)
	r, err := aws.ReadConverseRequest(q.Body)
	x := Exchange{Model: id, Tier: r.Tier, Stream: verb == "converse-stream", Body: q.Body, Split: frames,
		Read:   func(b []byte) usage.Reading { return aws.ReadConverse(b, r) },
		Events: func() Stream { return &aws.ConverseStream{Asked: r} }}
	return x.elsewhere(served(profile)), err
}

func openInvoke(q Request) (Exchange, error) {
	model, verb := bedrockPath(q.Path)
	id, profile := aws.Model(model)
	x, err := openMessages(q)
	read, events := x.Read, x.Events
	x.Model, x.Stream, x.Split = id, verb == "invoke-with-response-stream", frames
	x.Read = func(b []byte) usage.Reading { return readInvoke(b, read) }
	x.Events = func() Stream { return &aws.Chunks{Inner: events()} }
	attributes := served(profile)
	if latency := strings.ToLower(q.Header.Get("X-Amzn-Bedrock-PerformanceConfig-Latency")); latency != "" && latency != "standard" {
		if attributes == nil {
			attributes = make(map[string]string)
		}
		attributes["latency"] = latency
	}
	return x.asked(q.Header).elsewhere(attributes), err
}

// asked applies what a request to InvokeModel asks for in its header, where the body is the model's own. The tier that
// served is not in the body of the answer: what Anthropic calls a tier there is not Bedrock's.
func (x Exchange) asked(h http.Header) Exchange {
	tier := strings.ToLower(h.Get("X-Amzn-Bedrock-Service-Tier"))
	guarded := h.Get("X-Amzn-Bedrock-GuardrailIdentifier") != ""
	if tier != "" {
		x.Tier = tier
	}
	return x.then(func(r usage.Reading) usage.Reading {
		if tier != "" {
			r.ServedTier = ""
		}
		if guarded && (r.Coverage == usage.Complete || r.Coverage == usage.Unbilled) {
			r.Coverage, r.Problem = usage.Partial, "a guardrail is billed besides the tokens, and its use is not counted"
		}
		return r
	})
}

// openBedrockChat reads a request to Bedrock's form of OpenAI's chat, with the model in the body.
func openBedrockChat(q Request) (Exchange, error) {
	x, err := openChat(q)
	id, profile := aws.Model(x.Model)
	x.Model = id
	return x.elsewhere(served(profile)), err
}

// openVertexChat reads a request to Vertex's form of OpenAI's chat.
func openVertexChat(q Request) (Exchange, error) {
	x, err := openChat(q)
	return x.elsewhere(located(q.Path)), err
}

// bedrockPath takes the path /model/<id>/<verb> apart.
func bedrockPath(p string) (model, verb string) {
	rest, verb := path.Split(p)
	return path.Base(rest), verb
}

func frames(handle func(name string, data []byte)) Splitter { return &aws.Frames{Handle: handle} }

// served are the attributes of an inference profile.
func served(profile string) map[string]string {
	if profile == "" {
		return nil
	}
	return map[string]string{"inference_profile": profile}
}

// readInvoke reads the answer of a model of Anthropic. Other models have bodies of their own, some of which look
// like it.
func readInvoke(body []byte, read func([]byte) usage.Reading) usage.Reading {
	var m struct {
		Type string `json:"type"`
	}
	if json.Unmarshal(body, &m) != nil || m.Type != "message" {
		return usage.Reading{Problem: "the answer is not a message of Anthropic; other models' answers to InvokeModel are not read"}
	}
	return read(body)
}

// elsewhere adds to what is read from an answer what is particular to a cloud.
func (x Exchange) elsewhere(attributes map[string]string) Exchange {
	return x.then(func(r usage.Reading) usage.Reading { return onCloud(r, attributes) })
}

// onCloud adds attributes. What Anthropic says that it does not bill, a cloud may.
func onCloud(r usage.Reading, attributes map[string]string) usage.Reading {
	if r.Coverage == usage.Unbilled {
		r.Coverage = usage.Partial
		r.Problem = "refused before any output, which Anthropic does not bill; whether the cloud does is not known"
	}
	if len(attributes) > 0 {
		all := maps.Clone(attributes)
		maps.Copy(all, r.Attributes)
		r.Attributes = all
	}
	return r
}

// awsError words an error as AWS's services do: its SDKs find the kind in __type.
func awsError(kind, message string) any {
	name := "ValidationException"
	switch kind {
	case "authentication_error":
		name = "AccessDeniedException"
	case "api_error":
		name = "InternalServerException"
	}
	return object{"__type": name, "message": message}
}
