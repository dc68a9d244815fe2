package format

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/pertask/pertask/usage"
)

// sample is a minimal exchange of one format: 8 tokens of input, of which 3 were cached, and 5 of output.
type sample struct {
	answer string
	// stream is the same answer as events, in the framing of the format.
	stream string
}

// sampled returns the exchanges of every format. A format without one is a failure.
func sampled(t *testing.T) map[string]sample {
	t.Helper()
	all := maps.Clone(samples)
	for name, like := range map[string]string{
		"deepseek.chat": "openai.chat", "groq.chat": "openai.chat", "litellm.chat": "openai.chat", "mistral.chat": "openai.chat",
		"openrouter.chat": "openai.chat", "xai.chat": "openai.chat",
		"openrouter.responses": "openai.responses", "xai.responses": "openai.responses",
		"openrouter.messages": "anthropic.messages", "vertex.messages": "anthropic.messages",
	} {
		all[name] = samples[like]
	}
	var events []string
	for _, line := range strings.Split(samples["anthropic.messages"].stream, "\n") {
		if data, ok := strings.CutPrefix(line, "data: "); ok {
			events = append(events, data)
		}
	}
	all["bedrock.invoke"] = sample{
		strings.Replace(samples["anthropic.messages"].answer, `{`, `{"type":"message",`, 1),
		string(bytes.Join(awsChunks(t, events), nil)),
	}
	const converse = `{"usage":{"inputTokens":5,"cacheReadInputTokens":3,"outputTokens":5,"totalTokens":13}}`
	all["bedrock.converse"] = sample{converse, string(awsFrame(t, "event", "messageStop", `{"stopReason":"end_turn"}`)) + string(awsFrame(t, "event", "metadata", converse))}
	return all
}

// samples are those that are told by their text.
var samples = map[string]sample{
	"openai.chat": {
		`{"id":"c","model":"m","usage":{"prompt_tokens":8,"prompt_tokens_details":{"cached_tokens":3},"completion_tokens":5,"total_tokens":13}}`,
		`data: {"id":"c","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

data: {"id":"c","model":"m","choices":[],"usage":{"prompt_tokens":8,"prompt_tokens_details":{"cached_tokens":3},"completion_tokens":5,"total_tokens":13}}

data: [DONE]

`},
	"openai.responses": {
		`{"id":"resp_1","status":"completed","model":"m","usage":{"input_tokens":8,"input_tokens_details":{"cached_tokens":3},"output_tokens":5,"total_tokens":13}}`,
		`event: response.completed
data: {"type":"response.completed","response":{"id":"resp_1","status":"completed","model":"m","usage":{"input_tokens":8,"input_tokens_details":{"cached_tokens":3},"output_tokens":5,"total_tokens":13}}}

`},
	"anthropic.messages": {
		`{"id":"msg_1","model":"m","usage":{"input_tokens":5,"cache_read_input_tokens":3,"output_tokens":5}}`,
		`event: message_start
data: {"type":"message_start","message":{"id":"msg_1","model":"m","usage":{"input_tokens":5,"cache_read_input_tokens":3,"output_tokens":1}}}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":5}}

event: message_stop
data: {"type":"message_stop"}

`},
	"ollama.chat":     {ollamaSample, ollamaSample + "\n"},
	"ollama.generate": {ollamaSample, ollamaSample + "\n"},
	"gemini.generate": {geminiSample, "data: " + geminiSample + "\n\n"},
	"vertex.generate": {geminiSample, "data: " + geminiSample + "\n\n"},
	"gemini.interactions": {
		`{"id":"v1_a","status":"completed","usage":{"total_input_tokens":8,"total_cached_tokens":3,"total_output_tokens":5,"total_tokens":13}}`,
		`event: interaction.completed
data: {"event_type":"interaction.completed","interaction":{"id":"v1_a","status":"completed","usage":{"total_input_tokens":8,"total_cached_tokens":3,"total_output_tokens":5,"total_tokens":13}}}

`},
}

const ollamaSample = `{"model":"m","done":true,"done_reason":"stop","prompt_eval_count":8,"prompt_eval_cached_count":3,"eval_count":5}`

const geminiSample = `{"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":8,"cachedContentTokenCount":3,"candidatesTokenCount":5,"totalTokenCount":13}}`

// holds checks what is true of every reading of every format.
func holds(t *testing.T, r usage.Reading) {
	t.Helper()
	switch r.Coverage {
	case usage.Complete:
		for _, c := range usage.Classes() {
			if !r.Tokens.Of(c).IsKnown() {
				t.Errorf("a complete reading does not know %s", c)
			}
		}
		if !r.Tokens.Total().IsKnown() || r.Problem != "" || len(r.Unclassified) > 0 {
			t.Errorf("a complete reading has %v tokens, the problem %q and %q unclassified", r.Tokens.Total(), r.Problem, r.Unclassified)
		}
	case usage.Partial:
		if r.Problem == "" {
			t.Error("a partial reading does not say why")
		}
	case usage.Missing:
		if r.Tokens != (usage.Tokens{}) || r.Problem == "" {
			t.Errorf("a missing reading has %v tokens and the problem %q", r.Tokens, r.Problem)
		}
	default:
		t.Errorf("the coverage is %q", r.Coverage)
	}
	if r.Raw != nil && !json.Valid(r.Raw) {
		t.Errorf("the raw usage %q is not JSON", r.Raw)
	}
}

// opener opens a request of a route.
type opener func(body string) (Exchange, error)

// must opens a request that no format refuses.
func (o opener) must(t *testing.T) Exchange {
	t.Helper()
	x, err := o(`{"model":"m"}`)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// exchanges calls a test for every path of every dialect, with what opens a request to it.
func exchanges(t *testing.T, test func(t *testing.T, d Dialect, f Format, open opener)) {
	for _, d := range append(Dialects(), Compatible) {
		for _, r := range d.routes() {
			for _, pattern := range r.paths {
				path := strings.ReplaceAll(pattern, "*", "anthropic.claude-x")
				t.Run(fmt.Sprintf("%s %s", d, pattern), func(t *testing.T) {
					f, ok := Find(d, path)
					if !ok {
						t.Fatalf("%s is not found", path)
					}
					test(t, d, f, func(body string) (Exchange, error) { return f.Open(Request{Path: path, Body: []byte(body)}) })
				})
			}
		}
	}
}

func streamed(x Exchange, text string) usage.Reading {
	r, _ := flow(x, []byte(text))
	return r
}

// TestBrokenAnswersOfEveryRoute is what no format may take for usage.
func TestBrokenAnswersOfEveryRoute(t *testing.T) {
	exchanges(t, func(t *testing.T, _ Dialect, _ Format, open opener) {
		x := open.must(t)
		for _, body := range []string{"", "x", "null", "[]", "{}", `{"error":{"message":"m"}}`, `{"input_tokens":7}`, `{"totalTokens":7}`,
			`{"usage":null}`, `{"usage":[]}`, `{"usage":7,"usageMetadata":7}`} {
			r := x.Read([]byte(body))
			holds(t, r)
			if r.Coverage != usage.Missing {
				t.Errorf("the answer %q is read as %q", body, r.Coverage)
			}
			r = streamed(x, "data: "+body+"\n\n")
			holds(t, r)
			if r.Coverage != usage.Missing {
				t.Errorf("a stream of %q is read as %q", body, r.Coverage)
			}
		}
	})
}

// TestSamplesOfEveryRoute reads the minimal answers, whole and cut at every byte.
func TestSamplesOfEveryRoute(t *testing.T) {
	tested, samples := map[string]bool{}, sampled(t)
	exchanges(t, func(t *testing.T, _ Dialect, f Format, open opener) {
		s, ok := samples[f.Name]
		if !ok {
			t.Fatalf("there is no sample of %s", f.Name)
		}
		tested[f.Name] = true
		x := open.must(t)
		for kind, r := range map[string]usage.Reading{"answer": x.Read([]byte(s.answer)), "stream": streamed(x, s.stream)} {
			holds(t, r)
			if r.Coverage != usage.Complete {
				t.Errorf("the %s is read as %q (%s)", kind, r.Coverage, r.Problem)
			}
			if n, known := r.Tokens.Total().Value(); r.Coverage == usage.Complete && (!known || n != 13 || r.Tokens.CacheRead != usage.Known(3)) {
				t.Errorf("the %s has %d tokens, %v of them read from a cache; want 13 and 3", kind, n, r.Tokens.CacheRead)
			}
		}
		cut(t, x, s)
	})
	for name := range samples {
		if !tested[name] {
			t.Errorf("no route has the format %s", name)
		}
	}
}

// cut ends a sample early: nothing of it may be complete with other counts.
func cut(t *testing.T, x Exchange, s sample) {
	t.Helper()
	for i := range s.answer {
		r := x.Read([]byte(s.answer[:i]))
		if holds(t, r); r.Coverage == usage.Complete {
			t.Fatalf("the first %d bytes of the answer are read as complete", i)
		}
	}
	for i := range s.stream {
		r := streamed(x, s.stream[:i])
		if holds(t, r); r.Coverage == usage.Complete && r.Tokens.Total() != usage.Known(13) {
			t.Fatalf("the first %d bytes of the stream are read as complete with %v tokens", i, r.Tokens.Total())
		}
	}
}

// TestRefusalsOfEveryRoute keeps the message in the words of every provider.
func TestRefusalsOfEveryRoute(t *testing.T) {
	exchanges(t, func(t *testing.T, _ Dialect, f Format, _ opener) {
		for _, kind := range []string{"invalid_request_error", "authentication_error", "api_error"} {
			b, err := json.Marshal(f.Refuse(kind, "pertask: no"))
			if err != nil || !strings.Contains(string(b), "pertask: no") {
				t.Errorf("%s words an error as %s, %v", f.Name, b, err)
			}
		}
	})
}

// TestRequestsOfEveryRoute opens a plain request, and refuses a body in which two readers could find two things.
func TestRequestsOfEveryRoute(t *testing.T) {
	exchanges(t, func(t *testing.T, _ Dialect, f Format, open opener) {
		if x := open.must(t); x.Model == "" || !json.Valid(x.Body) || x.Read == nil || x.Events == nil {
			t.Errorf("%s opens a request as %+v", f.Name, x)
		}
		for _, body := range []string{"", "[]", "x", `{"model":"a","model":"b"}`, `{"a":1}{}`} {
			if _, err := open(body); err == nil {
				t.Errorf("%s opens the body %q", f.Name, body)
			}
		}
	})
}
