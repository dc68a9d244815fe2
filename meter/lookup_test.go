package meter_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/meter/format"
	"github.com/pertask/pertask/usage"
)

// newGemini starts a rig whose upstream "google" is Google's own API.
func newGemini(t *testing.T, handler http.HandlerFunc) *rig {
	return newRig(t, handler, func(cfg *meter.Config) {
		for i := range cfg.Upstreams {
			if cfg.Upstreams[i].Name == "google" {
				cfg.Upstreams[i].Dialect = format.Gemini
			}
		}
	})
}

// gemini builds a request as clients of Google send it.
func (r *rig) gemini(method, path, body string) *http.Request {
	q := r.request(method, "google", path, body)
	q.Header.Del("Authorization")
	q.Header.Set("X-Goog-Api-Key", r.session.Token())
	return q
}

// TestLookUpsOfGemini says what a client may look up at Google's API: models, and nothing else that the key can read.
func TestLookUpsOfGemini(t *testing.T) {
	for _, c := range []struct {
		method, path string
		want         int
	}{
		{"GET", "/models", 200},
		{"GET", "/v1beta/models", 200},
		{"GET", "/v1beta/models?pageSize=50&pageToken=x", 200},
		{"GET", "/v1beta/models/gemini-3-flash", 200},
		{"GET", "/v1/models/gemini-3-flash", 200},
		{"HEAD", "/v1beta/models/gemini-3-flash", 200},
		{"POST", "/v1beta/models/gemini-3-flash:countTokens", 200},
		{"GET", "/v1beta/models/gemini-3-flash:generateContent", 404},
		{"GET", "/v1beta/files", 404},
		{"GET", "/v1beta/cachedContents", 404},
		{"GET", "/v1beta/tunedModels/x", 404},
		{"GET", "/v1beta/batches/x", 404},
		{"GET", "/v1beta/interactions", 404},
		{"GET", "/v1beta/interactions/v1_of_another", 404},
		{"POST", "/v1beta/models/gemini-3-flash:embedContent", 404},
		{"POST", "/v1beta/models/gemini-3-flash:batchGenerateContent", 404},
		{"POST", "/v1beta/cachedContents", 404},
		{"POST", "/v1beta/interactions/v1_a/cancel", 404},
		{"DELETE", "/v1beta/interactions/v1_a", 404},
		{"PATCH", "/v1beta/models/gemini-3-flash", 404},
	} {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			r := newGemini(t, answers(200, jsonType, `{"name":"models/gemini-3-flash","totalTokens":31}`))
			if resp, body := r.do(r.gemini(c.method, c.path, "")); resp.StatusCode != c.want {
				t.Errorf("got %d %s, want %d", resp.StatusCode, body, c.want)
			}
			seen, _ := r.requests()
			if c.want != 200 {
				if len(seen) != 0 {
					t.Error("it was forwarded")
				}
				return
			}
			if len(seen) != 1 || seen[0].RequestURI != c.path || seen[0].Header.Get("X-Goog-Api-Key") != realKey+"-g" {
				t.Errorf("the provider got %v", seen)
			}
			want(t, r.one(), usage.Unbilled, 0, 0)
		})
	}
}

func TestPolledInteractionsAreCountedOnce(t *testing.T) {
	const usageOf = `{"total_input_tokens":10,"total_output_tokens":2,"total_thought_tokens":3,"total_tokens":15}`
	interaction := func(status, consumed string) string {
		return fmt.Sprintf(`{"id":"v1_a","status":%q,"model":"gemini-3-flash","usage":%s}`, status, consumed)
	}
	for name, posted := range map[string]string{
		"answered at once":  interaction("completed", usageOf),
		"in the background": interaction("in_progress", "null"),
	} {
		t.Run(name, func(t *testing.T) {
			polled := 0
			r := newGemini(t, func(w http.ResponseWriter, q *http.Request) {
				answer := interaction("completed", usageOf)
				if q.Method == "POST" {
					answer = posted
				} else if polled++; polled == 1 {
					answer = interaction("in_progress", "null")
				}
				answers(200, jsonType, answer)(w, q)
			})
			r.do(r.gemini("POST", "/v1beta/interactions", `{"model":"gemini-3-flash","input":"hi","background":true}`))
			for _, path := range []string{"/v1beta/interactions/v1_a", "/v1beta/interactions/v1_a", "/interactions/v1_a"} {
				if resp, body := r.do(r.gemini("GET", path, "")); resp.StatusCode != 200 || !strings.Contains(body, `"v1_a"`) {
					t.Errorf("GET %s: got %d %s", path, resp.StatusCode, body)
				}
			}
			if resp, _ := r.do(r.gemini("GET", "/v1beta/interactions/v1_b", "")); resp.StatusCode != 404 {
				t.Errorf("an interaction of somebody else: got %d, want 404", resp.StatusCode)
			}
			calls := r.close()
			if len(calls) != 4 {
				t.Fatalf("%d calls, want 4", len(calls))
			}
			want(t, calls[0], usage.Complete, 10, 5)
			for _, c := range calls[1:] {
				want(t, c, usage.Unbilled, 0, 0)
			}
		})
	}
}

// TestInteractionThatIsNeverFinishedIsMissing says that looking at work in progress does not make it free.
func TestInteractionThatIsNeverFinishedIsMissing(t *testing.T) {
	r := newGemini(t, answers(200, jsonType, `{"id":"v1_a","status":"in_progress","model":"gemini-3-flash"}`))
	r.do(r.gemini("POST", "/v1beta/interactions", `{"model":"gemini-3-flash","background":true}`))
	r.do(r.gemini("GET", "/v1beta/interactions/v1_a", ""))
	calls := r.close()
	if len(calls) != 2 {
		t.Fatalf("%d calls, want 2", len(calls))
	}
	want(t, calls[0], usage.Missing, 0, 0)
	want(t, calls[1], usage.Unbilled, 0, 0)
}

// TestModelsInBedrockPaths is about clients of AWS, which escape the colon of a model's version.
func TestModelsInBedrockPaths(t *testing.T) {
	const answer = `{"output":{},"stopReason":"end_turn","usage":{"inputTokens":7,"outputTokens":2,"totalTokens":9}}`
	for _, path := range []string{"/model/us.anthropic.claude-haiku-4-5-20251001-v1:0/converse", "/model/us.anthropic.claude-haiku-4-5-20251001-v1%3A0/converse"} {
		t.Run(path, func(t *testing.T) {
			r := newRig(t, answers(200, jsonType, answer), func(cfg *meter.Config) { cfg.Upstreams[0].Dialect = format.Bedrock })
			if resp, body := r.post("openai", path, `{"messages":[]}`); resp.StatusCode != 200 {
				t.Errorf("got %d %s", resp.StatusCode, body)
			}
			if seen, _ := r.requests(); len(seen) != 1 || seen[0].RequestURI != "/base"+path {
				t.Errorf("the provider got %v", seen)
			}
			call := r.one()
			want(t, call, usage.Complete, 7, 2)
			if got, want := call.RequestedModel, "anthropic.claude-haiku-4-5-20251001-v1:0"; got != want {
				t.Errorf("model is %q, want %q", got, want)
			}
		})
	}
}
