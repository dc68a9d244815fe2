package format

import (
	"encoding/json"
	"maps"
	"path"
	"strings"

	aws "github.com/pertask/pertask/meter/bedrock"
	"github.com/pertask/pertask/usage"
)

// VertexMessages is the name of Anthropic's Messages on Vertex in a call.
const VertexMessages = "vertex.messages"

// Bedrock's formats, and Claude on Vertex.
var (
	bedrock = []route{
		{Format{aws.Converse, openConverse, awsError}, []string{"/model/*/converse", "/model/*/converse-stream"}},
		{Format{aws.Invoke, openInvoke, awsError}, []string{"/model/*/invoke", "/model/*/invoke-with-response-stream"}},
	}
	vertexClaude = []route{
		{Format{VertexMessages, openVertexMessages, anthropicError}, []string{claudePath + "*:rawPredict", claudePath + "*:streamRawPredict"}},
	}

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
	return elsewhere(x, located(q.Path)), err
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
	return elsewhere(x, served(profile)), err
}

func openInvoke(q Request) (Exchange, error) {
	model, verb := bedrockPath(q.Path)
	id, profile := aws.Model(model)
	x, err := openMessages(q)
	read, events := x.Read, x.Events
	x.Model, x.Stream, x.Split = id, verb == "invoke-with-response-stream", frames
	x.Read = func(b []byte) usage.Reading { return readInvoke(b, read) }
	x.Events = func() Stream { return &aws.Chunks{Inner: events()} }
	return elsewhere(x, served(profile)), err
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
func elsewhere(x Exchange, attributes map[string]string) Exchange {
	read, events := x.Read, x.Events
	x.Read = func(b []byte) usage.Reading { return onCloud(read(b), attributes) }
	x.Events = func() Stream { return cloudStream{events(), attributes} }
	return x
}

type cloudStream struct {
	Stream
	attributes map[string]string
}

// Reading returns what was read so far.
func (s cloudStream) Reading() usage.Reading { return onCloud(s.Stream.Reading(), s.attributes) }

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
