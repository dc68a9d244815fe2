package format

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pertask/pertask/meter/sse"
	"github.com/pertask/pertask/usage"
)

// open reads a request of a dialect; the test ends if there is no such route or the request is refused.
func open(t *testing.T, d Dialect, path, body string) (Format, Exchange) {
	t.Helper()
	f, ok := Find(d, path)
	if !ok {
		t.Fatalf("%q has no route %s", d, path)
	}
	x, err := f.Open(Request{Path: path, Body: []byte(body)})
	if err != nil {
		t.Fatalf("%q, %s: %v", d, path, err)
	}
	return f, x
}

// serverSent reads events as server-sent ones.
func serverSent(x Exchange, events ...string) usage.Reading {
	s := x.Events()
	p := sse.Parser{Handle: s.Event}
	for _, e := range events {
		_, _ = p.Write([]byte(e + "\n\n"))
	}
	p.End()
	return s.Reading()
}

func dataLines(texts ...string) []string {
	out := make([]string, len(texts))
	for i, s := range texts {
		out[i] = "data: " + s
	}
	return out
}

// summary is what tells the decoders apart.
func summary(r usage.Reading) string {
	return fmt.Sprintf("%s %v+%v/%v %s %s", r.Coverage, r.Tokens.Input, r.Tokens.CacheRead, r.Tokens.Output, r.ReportedUSD, strings.Join(r.Unclassified, ","))
}

// TestChatPicksItsOwnDecoder sends one usage object, which each dialect reads in its own way, in one piece and as a
// stream.
func TestChatPicksItsOwnDecoder(t *testing.T) {
	const told = `{"prompt_tokens":10,"completion_tokens":5,"total_tokens":%d,"prompt_cache_hit_tokens":4,"prompt_cache_miss_tokens":6,` +
		`"cache_read_input_tokens":4,"completion_tokens_details":{"reasoning_tokens":3},"cost":0.5,"cost_in_usd_ticks":7,"prompt_audio_seconds":2}`
	const read, audio = "cache_read_input_tokens", "prompt_audio_seconds"
	cases := []struct {
		dialect    Dialect
		path, name string
		total      int
		want       string
	}{
		{Compatible, "/chat/completions", "openai.chat", 15, "partial unknown+unknown/5  " + read + "," + audio},
		{OpenAI, "/v1/chat/completions", "openai.chat", 15, "partial unknown+unknown/5  " + read + "," + audio},
		{Azure, "/openai/deployments/d/chat/completions", "openai.chat", 15, "partial unknown+unknown/5  " + read + "," + audio},
		{XAI, "/v1/chat/completions", "xai.chat", 18, "partial unknown+unknown/8 0.0000000007 " + read + "," + audio},
		{DeepSeek, "/chat/completions", "deepseek.chat", 15, "partial unknown+unknown/5  " + read + "," + audio},
		{OpenRouter, "/chat/completions", "openrouter.chat", 15, "partial unknown+unknown/5 0.5 " + read + "," + audio},
		{Groq, "/chat/completions", "groq.chat", 15, "partial unknown+unknown/5  " + read + "," + audio},
		{Mistral, "/v1/chat/completions", "mistral.chat", 15, "partial unknown+unknown/5  " + read + "," + audio},
		{LiteLLM, "/chat/completions", "litellm.chat", 15, "partial 6+4/5  " + audio},
	}
	for _, c := range cases {
		t.Run(string(c.dialect)+c.path, func(t *testing.T) {
			f, x := open(t, c.dialect, c.path, `{"model":"m","stream":true,"service_tier":"flex"}`)
			if f.Name != c.name || x.Model != "m" || x.Tier != "flex" || !x.Stream || x.Split != nil {
				t.Errorf("format %q, exchange %+v", f.Name, x)
			}
			object := fmt.Sprintf(told, c.total)
			if got := summary(x.Read([]byte(`{"model":"m-1","usage":` + object + `}`))); got != c.want {
				t.Errorf("in one piece: got %q, want %q", got, c.want)
			}
			chunk := `{"model":"m-1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":` + object + `}`
			if got := summary(serverSent(x, dataLines(chunk, "[DONE]")...)); got != c.want {
				t.Errorf("streamed: got %q, want %q", got, c.want)
			}
		})
	}
}

func TestResponsesPickTheirOwnDecoder(t *testing.T) {
	const told = `{"model":"m-1","status":"completed","usage":{"input_tokens":10,"output_tokens":5,"total_tokens":15,"output_tokens_details":{"reasoning_tokens":3},"cost":0.5,"cost_in_usd_ticks":7}}`
	cases := []struct {
		dialect    Dialect
		path, name string
		want       string
	}{
		{Compatible, "/responses", "openai.responses", "complete 10+0/5  "},
		{OpenAI, "/v1/responses/compact", "openai.responses", "complete 10+0/5  "},
		{Azure, "/openai/responses", "openai.responses", "complete 10+0/5  "},
		{Azure, "/openai/v1/responses", "openai.responses", "complete 10+0/5  "},
		{XAI, "/v1/responses", "xai.responses", "complete 10+0/5 0.0000000007 "},
		{OpenRouter, "/responses", "openrouter.responses", "complete 10+0/5 0.5 "},
		{Groq, "/responses", "openai.responses", "complete 10+0/5  "},
	}
	for _, c := range cases {
		f, x := open(t, c.dialect, c.path, `{"model":"m","stream":true}`)
		if f.Name != c.name || x.Model != "m" || x.Withhold != nil {
			t.Errorf("%q, %s: format %q, exchange %+v", c.dialect, c.path, f.Name, x)
		}
		if got := summary(x.Read([]byte(told))); got != c.want {
			t.Errorf("%q, %s in one piece: got %q, want %q", c.dialect, c.path, got, c.want)
		}
		if got := summary(serverSent(x, "event: response.completed\ndata: {\"response\":"+told+"}")); got != c.want {
			t.Errorf("%q, %s streamed: got %q, want %q", c.dialect, c.path, got, c.want)
		}
	}
}

// TestUsageChunkIsWithheldOnlyWhereItWasAskedFor also holds that no other chunk is kept from the client.
func TestUsageChunkIsWithheldOnlyWhereItWasAskedFor(t *testing.T) {
	const injected = `{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}`
	pass := []string{
		`{"id":"","model":"","choices":[],"prompt_filter_results":[{"prompt_index":0}]}`,                                         // Azure, first
		`{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}`,          // Mistral, vLLM
		`{"choices":[{"index":0,"delta":{}}],"x_groq":{"usage":{"prompt_tokens":1,"completion_tokens":1}}}`, `[DONE]`, `{"a":1}`, // Groq and others
	}
	for _, d := range append(Dialects(), Compatible) {
		if _, ok := Find(d, "/chat/completions"); !ok {
			continue
		}
		for body, asked := range map[string]bool{`{"stream":true}`: false, `{"stream":true,"stream_options":{"include_usage":true}}`: true} {
			_, x := open(t, d, "/chat/completions", body)
			told := asked || d == OpenRouter || d == Mistral // they tell it unasked
			if (x.Withhold != nil && x.Withhold([]byte(injected))) == told {
				t.Errorf("%q, %s: the usage chunk is withheld: %t", d, body, !told)
			}
			if told && string(x.Body) != body {
				t.Errorf("%q: %s was sent on as %s", d, body, x.Body)
			}
			for _, chunk := range pass {
				if x.Withhold != nil && x.Withhold([]byte(chunk)) {
					t.Errorf("%q: %s is kept from the client", d, chunk)
				}
			}
		}
	}
}

// TestAzureDeployments keeps the names that people give to deployments away from the prices of models.
func TestAzureDeployments(t *testing.T) {
	const used = `"usage":{"prompt_tokens":1000,"completion_tokens":200,"total_tokens":1200}`
	cases := []struct{ path, body, want string }{
		{"/openai/deployments/my-prod/chat/completions", `{}`, "my-prod"},
		{"/openai/deployments/my-prod/chat/completions", `{"model":"other"}`, "other"},
		{"/openai/v1/chat/completions", `{"model":"my-prod"}`, "my-prod"},
		{"/openai/v1/chat/completions", `{}`, ""},
		{"/openai/v1/responses", `{"model":"my-prod"}`, "my-prod"},
	}
	for _, c := range cases {
		if _, x := open(t, Azure, c.path, c.body); x.Model != c.want {
			t.Errorf("%s %s: the requested model is %q, want %q", c.path, c.body, x.Model, c.want)
		}
	}

	_, x := open(t, Azure, "/openai/deployments/gpt-4o/chat/completions", `{"stream":true}`)
	filter := `{"id":"","model":"","choices":[],"prompt_filter_results":[{"prompt_index":0,"content_filter_results":{}}]}`
	last := `{"id":"c","model":"gpt-5.5-2026-04-24","choices":[],` + used + `}`
	r := serverSent(x, dataLines(filter, last, "[DONE]")...)
	if r.Coverage != usage.Complete || r.ServedModel != "gpt-5.5-2026-04-24" {
		t.Errorf("coverage %q, model %q (%s)", r.Coverage, r.ServedModel, r.Problem)
	}
	for name, r := range map[string]usage.Reading{
		"stream": serverSent(x, dataLines(filter, `{"choices":[],`+used+`}`, "[DONE]")...),
		"json":   x.Read([]byte(`{"id":"c",` + used + `}`)),
		"cut":    serverSent(x, dataLines(filter, `{"choices":[],`+used+`}`)...),
	} {
		if r.Coverage != usage.Missing || r.Tokens != (usage.Tokens{}) || r.Raw == nil || !strings.Contains(r.Problem, "deployment") {
			t.Errorf("%s: an answer of a model without a name is %q with %v tokens (%s)", name, r.Coverage, r.Tokens.Total(), r.Problem)
		}
	}
	if _, ok := Find(OpenAI, "/openai/deployments/d/chat/completions"); ok {
		t.Error("OpenAI has Azure's routes")
	}
	if _, ok := Find(Azure, "/openai/deployments/d/embeddings"); ok {
		t.Error("embeddings are metered as a chat")
	}
}

// TestRunningTotals has a server that tells a usage with every chunk: only the last one counts, and only behind the
// end.
func TestRunningTotals(t *testing.T) {
	chunk := func(n int, finish string) string {
		return fmt.Sprintf(`{"model":"m-1","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":%s}],"usage":{"prompt_tokens":100,"completion_tokens":%d,"total_tokens":%d}}`, finish, n, 100+n)
	}
	events := dataLines(chunk(1, "null"), chunk(2, "null"), chunk(3, `"stop"`), "[DONE]")
	for _, d := range []Dialect{Compatible, OpenAI, Azure, XAI, DeepSeek, OpenRouter, Groq, Mistral, LiteLLM, Ollama} {
		_, x := open(t, d, "/chat/completions", `{"stream":true}`)
		for n := range events {
			if r := serverSent(x, events[:n]...); r.Coverage == usage.Complete || r.ReportedUSD != "" {
				t.Errorf("%q: the first %d chunks are %q with %v tokens", d, n, r.Coverage, r.Tokens.Total())
			}
		}
		if r := serverSent(x, events...); r.Coverage != usage.Complete || r.Tokens.Output.String() != "3" {
			t.Errorf("%q: all chunks are %q with %v output tokens", d, r.Coverage, r.Tokens.Output)
		}
	}
}

// TestOpenRouterChargesOtherFormatsToo reads Anthropic's format with OpenRouter's charge.
func TestOpenRouterChargesOtherFormatsToo(t *testing.T) {
	f, x := open(t, OpenRouter, "/v1/messages", `{"model":"anthropic/claude-haiku-4.5","stream":true}`)
	if f.Name != OpenRouterMessages {
		t.Errorf("format %q", f.Name)
	}
	r := x.Read([]byte(`{"id":"m","model":"claude","usage":{"input_tokens":3,"output_tokens":4,"cost":0.25,"is_byok":false}}`))
	if r.Coverage != usage.Complete || r.ReportedUSD != "0.25" || r.Tokens.Input.String() != "3" {
		t.Errorf("coverage %q, a charge of %q", r.Coverage, r.ReportedUSD)
	}
	events := []string{
		"event: message_start\ndata: " + `{"type":"message_start","message":{"id":"m","model":"claude","usage":{"input_tokens":3,"output_tokens":1}}}`,
		"event: message_delta\ndata: " + `{"type":"message_delta","usage":{"output_tokens":4,"cost":0.25}}`,
		"event: message_stop\ndata: " + `{"type":"message_stop"}`,
	}
	for n := range events {
		if r := serverSent(x, events[:n]...); r.ReportedUSD != "" || r.Coverage == usage.Complete {
			t.Errorf("the first %d events are %q with a charge of %q", n, r.Coverage, r.ReportedUSD)
		}
	}
	if r := serverSent(x, events...); r.ReportedUSD != "0.25" || r.Coverage != usage.Complete {
		t.Errorf("all events are %q with a charge of %q", r.Coverage, r.ReportedUSD)
	}
	for _, name := range []string{"event: message\n", ""} { // the type stands in the data
		var unnamed []string
		for _, e := range events {
			_, data, _ := strings.Cut(e, "\n")
			unnamed = append(unnamed, name+data)
		}
		if r := serverSent(x, unnamed...); r.ReportedUSD != "0.25" || r.Coverage != usage.Complete {
			t.Errorf("%q: all events are %q with a charge of %q", name, r.Coverage, r.ReportedUSD)
		}
	}
}

// TestRequestsToSearchHaveAFee: a chat that was asked to search the web costs more than its tokens.
func TestRequestsToSearchHaveAFee(t *testing.T) {
	const used = `{"model":"m-1","choices":[{"index":0,"finish_reason":"stop"}],"usage":{"prompt_tokens":8,"completion_tokens":5%s}}`
	for _, c := range []struct {
		dialect       Dialect
		options, more string
		want          string
	}{
		{OpenAI, `{}`, ``, "partial 8+0/5  web_search_options"},
		{OpenAI, `null`, ``, "complete 8+0/5  "},
		{Azure, `{"search_context_size":"low"}`, ``, "partial 8+0/5  web_search_options"},
		{OpenRouter, `{}`, `,"cost":0.5`, "complete 8+0/5 0.5 "},
		{OpenRouter, `{}`, ``, "partial 8+0/5  web_search_options"},
		{LiteLLM, `{}`, ``, "partial 8+0/5  web_search_options"},
	} {
		_, x := open(t, c.dialect, "/chat/completions", `{"model":"m","web_search_options":`+c.options+`}`)
		answer := fmt.Sprintf(used, c.more)
		if got := summary(x.Read([]byte(answer))); got != c.want {
			t.Errorf("%q %s: got %q, want %q", c.dialect, c.options, got, c.want)
		}
		if got := summary(serverSent(x, dataLines(answer, "[DONE]")...)); got != c.want {
			t.Errorf("%q %s streamed: got %q, want %q", c.dialect, c.options, got, c.want)
		}
	}
}
