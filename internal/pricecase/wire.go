package pricecase

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/pertask/pertask/meter/format"
)

// route returns the paths under which a protocol may be found, the most particular first.
func route(p protocol, d format.Dialect, model, location string, stream bool) []string {
	if location == "" {
		location = "global"
	}
	deployment := "/openai/deployments/" + segment(model)
	vertex := "/projects/p/locations/" + segment(location) + "/publishers/"
	google, claude, bedrock := ":generateContent", ":rawPredict", []string{"/converse", "/invoke"}
	if stream {
		google, claude, bedrock = ":streamGenerateContent", ":streamRawPredict", []string{"/converse-stream", "/invoke-with-response-stream"}
	}
	switch p {
	case chat:
		return []string{deployment + "/chat/completions", "/chat/completions"}
	case responses, codex:
		return []string{"/openai/responses", "/responses"}
	case compaction:
		return []string{"/responses/compact"}
	case messages:
		if d == format.Bedrock {
			return []string{"/model/" + segment(model) + bedrock[1], "/messages"}
		}
		return []string{vertex + "anthropic/models/" + segment(model) + claude, "/messages"}
	case gemini:
		return []string{vertex + "google/models/" + segment(model) + google, "/models/" + segment(model) + google}
	case interactions:
		return []string{"/interactions"}
	case converse:
		return []string{"/model/" + segment(model) + bedrock[0]}
	case invoke:
		return []string{"/model/" + segment(model) + bedrock[1]}
	case ollamaChat:
		return []string{"/api/chat"}
	case ollamaGenerate:
		return []string{"/api/generate"}
	}
	return nil
}

// segment makes a model's name fit into one segment of a path: names such as an ARN end behind the last slash.
func segment(s string) string {
	s = s[strings.LastIndexByte(s, '/')+1:]
	if s == "" {
		return "model"
	}
	return s
}

// fallback is the dialect in which a protocol is found when the provider's own dialect does not have it.
var fallback = map[protocol]format.Dialect{
	gemini: format.Gemini, interactions: format.Gemini, converse: format.Bedrock, invoke: format.Bedrock,
	ollamaChat: format.Ollama, ollamaGenerate: format.Ollama,
}

// find returns the format of a protocol, and the path at which it was found.
func find(p protocol, d format.Dialect, model, location string, stream bool) (format.Format, string, bool) {
	for _, in := range []format.Dialect{d, fallback[p]} {
		for _, path := range route(p, in, model, location, stream) {
			if f, ok := format.Find(in, path); ok {
				return f, path, true
			}
		}
	}
	return format.Format{}, "", false
}

// body builds the request's body as the client would have sent it.
func (c Case) body(p protocol, stream bool) []byte {
	b := object{}.with(c.Request)
	for _, ours := range []string{"base_url_host", "base_url", "host"} {
		delete(b, ours)
	}
	switch p {
	case gemini, converse, invoke: // the model is in the path
	default:
		b["model"] = encode(c.Model)
	}
	if stream {
		b["stream"] = json.RawMessage("true")
	} else {
		delete(b, "stream")
	}
	for i, ttl := range c.lifetimes() {
		b["case_cache_"+string(rune('a'+i))] = encode(map[string]any{"cache_control": map[string]string{"type": "ephemeral", "ttl": ttl}})
	}
	return encode(b)
}

// lifetimes are the times to live that the request asks for in words of the case's author, such as
// "cache_ttls": ["1h"]. Real cache controls are found by the decoders.
func (c Case) lifetimes() []string {
	found := map[string]bool{}
	for name, value := range c.Request {
		lifetimesIn(strings.Contains(strings.ToLower(name), "ttl"), value, found)
	}
	out := slices.Sorted(maps.Keys(found))
	return out[:min(len(out), 8)]
}

// lifetimesIn collects the texts below members whose name says that they are a time to live.
func lifetimesIn(ttl bool, value json.RawMessage, found map[string]bool) {
	var text string
	var list []json.RawMessage
	var fields object
	switch {
	case json.Unmarshal(value, &text) == nil:
		if ttl && text != "" {
			found[text] = true
		}
	case json.Unmarshal(value, &list) == nil:
		for _, v := range list {
			lifetimesIn(ttl, v, found)
		}
	case json.Unmarshal(value, &fields) == nil:
		for name, v := range fields {
			lifetimesIn(ttl || strings.Contains(strings.ToLower(name), "ttl"), v, found)
		}
	}
}

// answer builds the answer in one piece around a usage object.
func (c Case) answer(p protocol, usage json.RawMessage) object {
	var fixed map[string]any
	at := "usage"
	switch p {
	case chat:
		fixed = map[string]any{"id": "case", "object": "chat.completion", "choices": []any{map[string]any{"index": 0, "finish_reason": "stop",
			"message": map[string]any{"role": "assistant", "content": "."}}}}
	case responses, codex:
		fixed = map[string]any{"id": "case", "object": "response", "status": "completed", "output": []any{}}
	case compaction:
		fixed = map[string]any{"id": "case", "object": "response.compaction", "output": []any{}}
	case messages, invoke:
		fixed = map[string]any{"id": "case", "type": "message", "role": "assistant", "content": []any{}, "stop_reason": "end_turn"}
	case gemini:
		fixed, at = map[string]any{"responseId": "case", "candidates": []any{map[string]any{"index": 0, "finishReason": "STOP"}}}, "usageMetadata"
	case interactions:
		fixed = map[string]any{"id": "case", "object": "interaction", "status": "completed", "outputs": []any{}}
	case converse:
		fixed = map[string]any{"output": map[string]any{"message": map[string]any{"role": "assistant", "content": []any{}}}, "stopReason": "end_turn"}
	case ollamaChat, ollamaGenerate:
		fixed, at = map[string]any{"done": true, "done_reason": "stop"}, ""
	}
	a := object{}
	for name, value := range fixed {
		a[name] = encode(value)
	}
	if c.Served != "" && p != converse {
		name := "model"
		if p == gemini {
			name = "modelVersion"
		}
		a[name] = encode(c.Served)
	}
	a = a.with(c.Extra)
	for _, ours := range interruptions {
		delete(a, ours)
	}
	switch {
	case isNull(usage):
	case at == "":
		var counts object
		_ = json.Unmarshal(usage, &counts) // Parse took it as an object
		a = a.with(counts)
	default:
		a[at] = encode(objectOf(c.Extra[at]).with(objectOf(usage)))
	}
	return a
}

// objectOf reads an object; an empty one from anything else.
func objectOf(raw json.RawMessage) object {
	var o object
	if json.Unmarshal(raw, &o) != nil {
		return object{}
	}
	return o
}
