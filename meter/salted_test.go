package meter_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/pertask/pertask/usage"
)

func TestSaltedSessions(t *testing.T) {
	r := newRig(t, answers(200, jsonType, chatAnswer(1, 2)))
	const body, path = `{"model":"m","messages":[{"role":"user","content":"hi"}]}`, "/chat/completions"
	for _, salt := range []string{"trialA", "trialB"} {
		r.session = r.proxy.OpenSalted("head/task/0", salt)
		for range 2 {
			if resp, answer := r.post("openai", path, body); resp.StatusCode != 200 {
				t.Errorf("got %d %s", resp.StatusCode, answer)
			}
		}
		if resp, answer := r.post("openai", "/responses", `{"prompt":{"id":"p"}}`); resp.StatusCode != 400 || !strings.Contains(answer, "cache: cold") {
			t.Errorf("a stored prompt: got %d %s", resp.StatusCode, answer)
		}
		calls := r.close()
		if len(calls) != 3 || calls[2].Coverage != usage.Unbilled || calls[0].RequestedModel != "m" {
			t.Errorf("calls are %+v", calls)
		}
	}
	r.session = r.proxy.OpenSalted("head/task/1", "")
	if resp, answer := r.post("openai", path, body); resp.StatusCode != 400 || !strings.Contains(answer, "cache: cold") {
		t.Errorf("without a salt: got %d %s", resp.StatusCode, answer)
	}
	_, bodies := r.requests()
	var want []string
	for _, salt := range []string{"trialA", "trialA", "trialB", "trialB"} {
		want = append(want, strings.Replace(body, "hi", salt+`\nhi`, 1))
	}
	if strings.Join(bodies, "\n") != strings.Join(want, "\n") {
		t.Errorf("the provider got %q, want %q", bodies, want)
	}
	_ = r.proxy.Close(context.Background())
	if resp := r.proxy.OpenSalted("late", "x").Close(context.Background()); len(resp) > 0 {
		t.Error("a session of a closed proxy has calls")
	}
}

// TestRequestsOfAgents is what the command-line agents send besides their calls, and how they write those.
func TestRequestsOfAgents(t *testing.T) {
	r := newRig(t, answers(200, jsonType, `{}`))
	const anthropic, openai, google = `{"model":"m","messages":[]}`, `{"model":"m","input":"a"}`, `{"contents":[]}`
	for name, c := range map[string]struct {
		method, upstream, path, body, header string
		want                                 int
	}{
		"codex":                        {"POST", "openai", "/responses", openai, "Authorization", 200},
		"codex, WebSocket":             {"GET", "openai", "/responses", "", "Upgrade", 426},
		"claude":                       {"POST", "anthropic", "/v1/messages?beta=true", anthropic, "X-Api-Key", 200},
		"claude with a bearer token":   {"POST", "anthropic", "/v1/messages?beta=true", anthropic, "Authorization", 200},
		"claude asks whether it is up": {"HEAD", "anthropic", "/api/hello", "", "X-Api-Key", 200},
		"an older claude does":         {"HEAD", "anthropic", "/", "", "X-Api-Key", 200},
		"an unknown path":              {"POST", "openai", "/telemetry", "{}", "Authorization", 404},
		"a path to look up":            {"GET", "openai", "/files/f", "", "Authorization", 404},
		"models":                       {"GET", "openai", "/models", "", "Authorization", 200},
		"no token":                     {"HEAD", "anthropic", "/api/hello", "", "", 401},
		"google's own, by header":      {"GET", "google", "/v1beta/models", "", "X-Goog-Api-Key", 200},
		"google's own, by query":       {"GET", "google", "/v1beta/models?key=", "", "", 200},
		"a stream of google's":         {"POST", "google", "/v1beta/models/m:streamGenerateContent?alt=sse", google, "X-Goog-Api-Key", 404},
	} {
		path, token := c.path, r.session.Token()
		if strings.HasSuffix(path, "key=") {
			path += token
		}
		q := r.request(c.method, c.upstream, path, c.body)
		q.Header = http.Header{}
		switch c.header {
		case "":
		case "Upgrade":
			q.Header.Set("Authorization", "Bearer "+token)
			q.Header.Set("Connection", "Upgrade")
			q.Header.Set("Upgrade", "websocket")
			q.Header.Set("Sec-Websocket-Version", "13")
			q.Header.Set("OpenAI-Beta", "responses_websockets=2026-02-06")
		case "Authorization":
			q.Header.Set("Authorization", "Bearer "+token)
		default:
			q.Header.Set(c.header, token)
		}
		if resp, body := r.do(q); resp.StatusCode != c.want {
			t.Errorf("%s: got %d %s, want %d", name, resp.StatusCode, body, c.want)
		}
	}
	seen, _ := r.requests()
	for _, q := range seen {
		if strings.Contains(q.RequestURI, "ptk_") {
			t.Errorf("the provider got the token in %s", q.RequestURI)
		}
	}
}
