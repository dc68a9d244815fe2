package openai

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pertask/pertask/usage"
)

// Responses is the name of the Responses format in a call.
const Responses = "openai.responses"

// response is the part of a response object that tells what it consumed.
type response struct {
	ID        string          `json:"id"`
	Status    string          `json:"status"`
	Model     string          `json:"model"`
	Tier      string          `json:"service_tier"`
	Usage     json.RawMessage `json:"usage"`
	ToolUsage json.RawMessage `json:"tool_usage"`
	Output    []item          `json:"output"`
}

// ReadResponse reads a response object of OpenAI's own, and the answer of /responses/compact, which has the same
// usage.
func ReadResponse(body []byte) usage.Reading { return Plain.ReadResponse(body) }

func (p response) reading(v Variant) usage.Reading {
	r := v.responses().read(p.Usage)
	r.ResponseID, r.ServedModel, r.ServedTier = p.ID, p.Model, p.Tier
	switch p.Status {
	case "queued", "in_progress":
		lower(&r, "the response was still "+p.Status)
		r.ReportedUSD, r.ReportedUpstreamUSD = "", "" // it may become more
		if r.Coverage == usage.Missing {
			r.Problem = fmt.Sprintf("the response was still %s in the background; its usage was not seen", p.Status)
		}
	case "failed", "cancelled":
		if r.Coverage == usage.Missing {
			r.Problem = fmt.Sprintf("the response is %s; %s", p.Status, r.Problem)
		}
	}
	if r.Coverage != usage.Missing {
		p.tools(v, &r)
	}
	return r
}

// ResponsesStream reads the events of a streamed response. The zero value is ready and reads OpenAI's own. It is
// not safe for concurrent use.
type ResponsesStream struct {
	Variant Variant

	first   response // what the stream began with
	reading *usage.Reading
	problem string
}

// terminal events carry the whole response with its final usage, if there is any.
var terminal = []string{"response.completed", "response.incomplete", "response.failed", "response.cancelled"}

// initial events name the response. Their service tier is what was asked for and not what was served.
var initial = []string{"response.created", "response.queued", "response.in_progress"}

// Event takes the next event. Its data is not kept. Servers that do not name their events say the type in the
// data.
func (s *ResponsesStream) Event(name string, data []byte) {
	if name == "" || name == "message" {
		var t struct {
			Type string `json:"type"`
		}
		if json.Unmarshal(data, &t) != nil {
			return // such as an end marker; without a terminal event the reading stays missing
		}
		name = t.Type
	}
	switch {
	case s.reading != nil:
	case slices.Contains(terminal, name):
		s.end(name, data)
	case slices.Contains(initial, name) && s.first.ID == "":
		var e struct {
			Response response `json:"response"`
		}
		if json.Unmarshal(data, &e) == nil {
			s.first = e.Response
		}
	case name == "error":
		s.problem = "the provider ended the stream with an error; "
	}
}

func (s *ResponsesStream) end(name string, data []byte) {
	var e struct {
		Response *response `json:"response"`
	}
	if json.Unmarshal(data, &e) != nil || e.Response == nil {
		s.problem = fmt.Sprintf("the event %s is not the JSON of a response; ", name)
		return
	}
	e.Response.Status = strings.TrimPrefix(name, "response.")
	r := e.Response.reading(s.Variant)
	s.reading = &r
}

// Reading returns what was read so far. Nothing is known of a stream before its terminal event.
func (s *ResponsesStream) Reading() usage.Reading {
	if s.reading != nil {
		return *s.reading
	}
	return usage.Reading{
		ResponseID: s.first.ID, ServedModel: s.first.Model,
		Problem: s.problem + "the stream was cut before its final event",
	}
}
