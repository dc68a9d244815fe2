package format

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/usage"
)

func TestGeminiRoutes(t *testing.T) {
	const publisher = "/publishers/google/models/gemini-2.5-pro"
	cases := []struct {
		dialect Dialect
		path    string
		want    string // the format; "" when it is not metered
		free    bool
	}{
		{Gemini, "/v1beta/models/gemini-3.8-flash:generateContent", "gemini.generate", false},
		{Gemini, "/v1/models/gemini-3.8-flash:streamGenerateContent", "gemini.generate", false},
		{Gemini, "/models/gemini-3.8-flash:streamGenerateContent", "gemini.generate", false},
		{Gemini, "/v1beta/interactions", "gemini.interactions", false},
		{Gemini, "/v1beta/interactions/v1_a", "", false},
		{Gemini, "/v1beta/interactions/v1_a/cancel", "", false},
		{Gemini, "/v1beta/models/gemini-3.8-flash:countTokens", "", true},
		{Gemini, "/v1beta/models/gemini-3.8-flash:computeTokens", "", true},
		{Gemini, "/v1beta/models/gemini-3.8-flash:embedContent", "", false},
		{Gemini, "/v1beta/models/gemini-3.8-flash:batchGenerateContent", "", false},
		{Gemini, "/v1beta/models/imagen-4.0-generate-001:predict", "", false},
		{Gemini, "/v1beta/models/m:generateContent:countTokens", "", false},
		{Gemini, "/v1beta/cachedContents", "", false},
		{Gemini, "/v1beta/tunedModels/t:generateContent", "", false},
		{Gemini, "/v1beta/openai/chat/completions", "openai.chat", false},
		{Gemini, "/chat/completions", "", false},
		{Gemini, "/messages", "", false},
		{Vertex, "/v1/projects/example.org:p/locations/global" + publisher + ":generateContent", "vertex.generate", false},
		{Vertex, "/v1beta1/projects/p/locations/eu" + publisher + ":streamGenerateContent", "vertex.generate", false},
		{Vertex, "/v1" + publisher + ":generateContent", "vertex.generate", false},
		{Vertex, "/v1beta1" + publisher + ":streamGenerateContent", "vertex.generate", false},
		{Vertex, "/v1/projects/p/locations/eu" + publisher + ":countTokens", "", true},
		{Vertex, "/v1" + publisher + ":computeTokens", "", true},
		{Vertex, "/v1/projects/p/locations/eu" + publisher + ":predict", "", false},
		{Vertex, "/v1/projects/p/locations/eu/publishers/other/models/m:generateContent", "", false},
		{Vertex, "/v1/projects/p/locations/eu/cachedContents", "", false},
		{OpenAI, "/v1beta/models/m:generateContent", "", false},
		{OpenAI, "/v1beta/models/m:countTokens", "", false},
		{Compatible, "/interactions", "", false},
	}
	for _, c := range cases {
		f, metered := Find(c.dialect, c.path)
		if f.Name != c.want || metered != (c.want != "") || IsFree(c.dialect, c.path) != c.free {
			t.Errorf("%q: %s is read as %q, free %t; want %q, %t", c.dialect, c.path, f.Name, IsFree(c.dialect, c.path), c.want, c.free)
		}
	}
}

const (
	geminiAnswer = `{"candidates":[{"finishReason":"STOP"}],"modelVersion":"gemini-2.5-pro","responseId":"r","usageMetadata":
		{"promptTokenCount":10,"cachedContentTokenCount":4,"candidatesTokenCount":2,"thoughtsTokenCount":3,"totalTokenCount":15,"serviceTier":"flex"}}`
	geminiInteraction = `{"id":"v1_a","status":"completed","model":"gemini-2.5-pro","service_tier":"flex","usage":
		{"total_input_tokens":10,"total_cached_tokens":4,"total_output_tokens":2,"total_thought_tokens":3,"total_tokens":15}}`
)

// openGemini finds and opens a request; the test ends when that fails.
func openGemini(t *testing.T, d Dialect, q Request) Exchange {
	t.Helper()
	f, ok := Find(d, q.Path)
	if !ok {
		t.Fatalf("%q: %s has no format", d, q.Path)
	}
	x, err := f.Open(q)
	if err != nil {
		t.Fatalf("%q: opening %s: %v", d, q.Path, err)
	}
	return x
}

func TestGeminiExchanges(t *testing.T) {
	tokens := usage.None()
	tokens.Input, tokens.CacheRead = usage.Known(6), usage.Known(4)
	tokens.Output, tokens.Reasoning = usage.Known(5), usage.Known(3)
	cases := []struct {
		dialect                   Dialect
		path, query, body, answer string
		event                     string // around the answer in a stream, as a %s
		stream                    bool
	}{
		{Gemini, "/v1beta/models/gemini-pro:generateContent", "", `{"service_tier":"FLEX"}`, geminiAnswer, "%s", false},
		{Gemini, "/v1beta/models/gemini-pro:streamGenerateContent", "alt=sse", `{"serviceTier":"flex"}`, "[" + geminiAnswer + "]", "%s", true},
		{Vertex, "/v1/projects/p/locations/l/publishers/google/models/gemini-pro:streamGenerateContent", "", `{"serviceTier":"flex"}`, "[" + geminiAnswer + "]", "%s", true},
		{Gemini, "/v1beta/interactions", "", `{"model":"gemini-pro","stream":true,"service_tier":"flex"}`, geminiInteraction,
			`{"event_type":"interaction.completed","interaction":%s}`, true},
	}
	for _, c := range cases {
		x := openGemini(t, c.dialect, Request{Path: c.path, Query: c.query, Body: []byte(c.body)})
		if x.Model != "gemini-pro" || x.Tier != "flex" || x.Stream != c.stream || string(x.Body) != c.body || x.Split != nil || x.Withhold != nil {
			t.Errorf("%s: the request was read as %+v", c.path, x)
		}
		s := x.Events()
		s.Event("", []byte(strings.Replace(c.event, "%s", strings.Trim(c.answer, "[]"), 1)))
		for kind, r := range map[string]usage.Reading{"answer": x.Read([]byte(c.answer)), "stream": s.Reading()} {
			if diff := cmp.Diff(tokens, r.Tokens); diff != "" || r.Coverage != usage.Complete {
				t.Errorf("%s: the %s has coverage %q (%s), tokens differ (-want +got):\n%s", c.path, kind, r.Coverage, r.Problem, diff)
			}
			if r.ServedModel != "gemini-2.5-pro" || r.ServedTier != "flex" || r.ResponseID == "" {
				t.Errorf("%s: the %s is by %q, tier %q, id %q", c.path, kind, r.ServedModel, r.ServedTier, r.ResponseID)
			}
		}
	}
}

// TestGeminiCaches is what only the request tells.
func TestGeminiCaches(t *testing.T) {
	x := openGemini(t, Gemini, Request{Path: "/models/m:generateContent", Body: []byte(`{"cachedContent":"cachedContents/c"}`)})
	if r := x.Read([]byte(geminiAnswer)); r.Coverage != usage.Partial || !strings.Contains(r.Problem, "cache") {
		t.Errorf("coverage is %q (%s), want a partial one", r.Coverage, r.Problem)
	}
}

func TestGeminiRequestsThatAreRefused(t *testing.T) {
	for _, q := range []Request{
		{Path: "/models/m:generateContent", Body: []byte(`[]`)},
		{Path: "/models/m:generateContent", Query: "fields=candidates", Body: []byte(`{}`)},
		{Path: "/interactions", Query: "alt=proto", Body: []byte(`{}`)},
	} {
		f, _ := Find(Gemini, q.Path)
		if _, err := f.Open(q); err == nil {
			t.Errorf("%s?%s with %s was opened", q.Path, q.Query, q.Body)
		}
	}
}

func TestGeminiErrors(t *testing.T) {
	generate, _ := Find(Gemini, "/models/m:generateContent")
	interactions, _ := Find(Gemini, "/interactions")
	cases := []struct {
		format     Format
		kind, want string
	}{
		{generate, "invalid_request_error", `{"error":{"code":400,"message":"no","status":"INVALID_ARGUMENT"}}`},
		{generate, "anything", `{"error":{"code":400,"message":"no","status":"INVALID_ARGUMENT"}}`},
		{generate, "authentication_error", `{"error":{"code":401,"message":"no","status":"UNAUTHENTICATED"}}`},
		{generate, "rate_limit_error", `{"error":{"code":429,"message":"no","status":"RESOURCE_EXHAUSTED"}}`},
		{generate, "api_error", `{"error":{"code":502,"message":"no","status":"UNAVAILABLE"}}`},
		{interactions, "invalid_request_error", `{"error":{"code":"invalid_request","message":"no"}}`},
	}
	for _, c := range cases {
		got, err := json.Marshal(c.format.Refuse(c.kind, "no"))
		if err != nil || string(got) != c.want {
			t.Errorf("%s words %s as %s, %v; want %s", c.format.Name, c.kind, got, err, c.want)
		}
	}
}
