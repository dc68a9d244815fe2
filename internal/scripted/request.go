package scripted

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// request is what the script looks at.
type request struct {
	format, model, effort string
	stream                bool
	tools                 []tool
	done                  bool   // a tool's result is in it
	file, text            string // of its Prompt; "" where it has none
	dir                   string // the folder that the agent says it works in; "" where it does not
}

// format is one way to answer.
type format struct {
	name string
	// read reads what is the format's own: model, stream, tools and done.
	read func(path string, body node) request
	// whole is an answer in one piece, events the same one as a stream.
	whole  func(answer) any
	events func(answer) []event
}

// event is one event of a stream.
type event struct {
	name string // "" for an event without a name
	data any    // JSON, or a string that is sent as it is
}

// formats lists every format by how its paths end.
var formats = []struct {
	suffix string
	format
}{
	{"/chat/completions", format{Chat, readChat, wholeChat, chatEvents}},
	{"/responses", format{Responses, readResponses, wholeResponse, responseEvents}},
	{"/messages", format{Messages, readMessages, wholeMessage, messageEvents}},
	{":generateContent", format{Generate, readGenerate, wholeGenerate, generateEvents}},
	{":streamGenerateContent", format{Generate, readGenerate, wholeGenerate, generateEvents}},
}

// read reads a request. An error is for a path that is no call to a model, or a body that is no JSON.
func read(r *http.Request, body []byte) (request, format, error) {
	for _, f := range formats {
		if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, f.suffix) {
			continue
		}
		n, err := parse(body)
		if err != nil {
			return request{}, format{}, fmt.Errorf("reading the request: %w", err)
		}
		q := f.read(r.URL.Path, n)
		q.format = f.name
		if m := asked.FindSubmatch(body); m != nil {
			q.file, q.text = string(m[1]), string(m[2])
		}
		if m := workingIn.FindSubmatch(body); m != nil {
			q.dir = string(m[1])
		}
		return q, f.format, nil
	}
	return request{}, format{}, errUnknownPath
}

func readChat(_ string, n node) request {
	q := request{model: n.at("model").str(), stream: n.at("stream").isTrue(), effort: n.at("reasoning_effort").str()}
	if q.effort == "" {
		q.effort = n.at("reasoning", "effort").str() // as gateways have it
	}
	for _, t := range n.at("tools").list() {
		f := t.at("function")
		q.tools = append(q.tools, tool{name: f.at("name").str(), params: f.at("parameters", "properties").names()})
	}
	for _, m := range n.at("messages").list() {
		q.done = q.done || m.at("role").str() == "tool"
	}
	return q
}

func readResponses(_ string, n node) request {
	q := request{model: n.at("model").str(), stream: n.at("stream").isTrue(), effort: n.at("reasoning", "effort").str()}
	q.tools = responsesTools("", n.at("tools"))
	for _, item := range n.at("input").list() {
		switch item.at("type").str() {
		case "function_call_output", "custom_tool_call_output":
			q.done = true
		case "additional_tools":
			q.tools = append(q.tools, responsesTools("", item.at("tools"))...)
		}
	}
	return q
}

// responsesTools reads a list of tools, in which a namespace is a list again.
func responsesTools(namespace string, list node) []tool {
	var out []tool
	for _, t := range list.list() {
		name := t.at("name").str()
		switch t.at("type").str() {
		case "namespace":
			out = append(out, responsesTools(name, t.at("tools"))...)
		case "function", "custom":
			out = append(out, tool{name: name, namespace: namespace, custom: t.at("type").str() == "custom",
				params: t.at("parameters", "properties").names()})
		}
	}
	return out
}

func readMessages(_ string, n node) request {
	q := request{model: n.at("model").str(), stream: n.at("stream").isTrue(), effort: n.at("output_config", "effort").str()}
	if q.effort == "" {
		q.effort = n.at("thinking", "budget_tokens").str()
	}
	for _, t := range n.at("tools").list() {
		q.tools = append(q.tools, tool{name: t.at("name").str(), params: t.at("input_schema", "properties").names()})
	}
	for _, m := range n.at("messages").list() {
		q.done = q.done || slices.ContainsFunc(m.at("content").list(), func(b node) bool { return b.at("type").str() == "tool_result" })
	}
	return q
}

func readGenerate(path string, n node) request {
	model, method, _ := strings.Cut(path[strings.LastIndexByte(path, '/')+1:], ":")
	thinking := n.at("generationConfig", "thinkingConfig")
	q := request{model: model, stream: method == "streamGenerateContent", effort: thinking.at("thinkingLevel").str()}
	if q.effort == "" {
		q.effort = thinking.at("thinkingBudget").str()
	}
	for _, list := range n.at("tools").list() {
		for _, f := range list.at("functionDeclarations").list() {
			schema := f.at("parametersJsonSchema")
			if !schema.exists() {
				schema = f.at("parameters")
			}
			q.tools = append(q.tools, tool{name: f.at("name").str(), params: schema.at("properties").names()})
		}
	}
	for _, c := range n.at("contents").list() {
		q.done = q.done || slices.ContainsFunc(c.at("parts").list(), func(p node) bool { return p.at("functionResponse").exists() })
	}
	return q
}
