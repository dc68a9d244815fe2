package meter_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/usage"
)

const realKey = "sk-real-0123456789abcdefghij"

// rig is a proxy before a scripted provider on this machine.
type rig struct {
	t        *testing.T
	proxy    *meter.Proxy
	session  *meter.Session
	provider *httptest.Server

	mu      sync.Mutex
	journal []usage.Call
	seen    []*http.Request // as the provider got them
	bodies  []string
}

// newRig starts both. The provider's handler finds the body already read in the rig.
func newRig(t *testing.T, handler http.HandlerFunc, adjust ...func(*meter.Config)) *rig {
	t.Helper()
	r := &rig{t: t}
	r.provider = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		r.mu.Lock()
		r.seen, r.bodies = append(r.seen, q), append(r.bodies, string(body))
		r.mu.Unlock()
		q.Body = io.NopCloser(bytes.NewReader(body))
		handler(w, q)
	}))
	ups := []meter.Upstream{
		{Name: "openai", URL: r.provider.URL + "/base", Auth: meter.Bearer, KeyEnv: "OPENAI_API_KEY"},
		{Name: "anthropic", URL: r.provider.URL, Auth: meter.XAPIKey, KeyEnv: "ANTHROPIC_API_KEY"},
		{Name: "google", URL: r.provider.URL, Auth: meter.XGoog, KeyEnv: "GEMINI_API_KEY"},
		{Name: "local", URL: r.provider.URL, Auth: meter.NoAuth},
		{Name: "keyless", URL: r.provider.URL, Auth: meter.Bearer, KeyEnv: "NO_SUCH_KEY"},
	}
	env := map[string]string{"OPENAI_API_KEY": realKey, "ANTHROPIC_API_KEY": realKey + "-a", "GEMINI_API_KEY": realKey + "-g"}
	cfg := meter.Config{
		Upstreams: ups,
		Keys:      meter.KeysFromEnv(func(name string) string { return env[name] }, ups),
		Admit:     admitAll,
		Record: func(c usage.Call) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.journal = append(r.journal, c)
			return nil
		},
		Drain: 5 * time.Second,
	}
	for _, f := range adjust {
		f(&cfg)
	}
	var err error
	if r.proxy, err = meter.Start(cfg); err != nil {
		t.Fatal(err)
	}
	r.session = r.proxy.Open("head/task/0")
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := r.proxy.Close(ctx); err != nil {
			t.Errorf("closing the proxy: %v", err)
		}
		r.provider.CloseClientConnections()
		r.provider.Close()
	})
	return r
}

func admitAll(context.Context, usage.Call) error { return nil }

// request builds a request to the session that presents its token.
func (r *rig) request(method, upstream, path, body string) *http.Request {
	r.t.Helper()
	q, err := http.NewRequest(method, r.session.URL(upstream)+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	q.Header.Set("Authorization", "Bearer "+r.session.Token())
	return q
}

// do sends a request and reads the answer to its end.
func (r *rig) do(q *http.Request) (*http.Response, string) {
	r.t.Helper()
	resp, err := http.DefaultTransport.RoundTrip(q) // no redirect is followed
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatalf("reading the answer: %v", err)
	}
	return resp, string(body)
}

func (r *rig) post(upstream, path, body string) (*http.Response, string) {
	r.t.Helper()
	return r.do(r.request(http.MethodPost, upstream, path, body))
}

// close closes the session and returns its calls.
func (r *rig) close() []usage.Call {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return r.session.Close(ctx)
}

// one closes the session and returns its only call.
func (r *rig) one() usage.Call {
	r.t.Helper()
	calls := r.close()
	if len(calls) != 1 {
		r.t.Fatalf("got %d calls, want 1: %+v", len(calls), calls)
	}
	return calls[0]
}

func (r *rig) requests() ([]*http.Request, []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seen, r.bodies
}

func (r *rig) records() []usage.Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.journal
}

// answers is a handler that gives the same answer to everything.
func answers(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// streams is a handler that sends events one by one.
func streams(events ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		for _, e := range events {
			_, _ = fmt.Fprintf(w, "data: %s\n\n", e)
			w.(http.Flusher).Flush()
		}
	}
}

const (
	jsonType = "application/json"
	sseType  = "text/event-stream"
)

func chatAnswer(in, out int) string {
	return fmt.Sprintf(`{"id":"chatcmpl-1","model":"gpt-5.5-2026-04-23","service_tier":"default","choices":[{"message":{"content":"hi"}}],`+
		`"usage":{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d}}`, in, out, in+out)
}

// want checks what was counted of a call.
func want(t *testing.T, c usage.Call, coverage usage.Coverage, in, out int64) {
	t.Helper()
	gotIn, _ := c.Tokens.Input.Value()
	gotOut, _ := c.Tokens.Output.Value()
	if c.State != usage.Ended || c.Coverage != coverage || gotIn != in || gotOut != out {
		t.Errorf("call is %s, coverage %q, %v input, %v output (%s); want ended, %q, %d, %d",
			c.State, c.Coverage, c.Tokens.Input, c.Tokens.Output, c.Problem, coverage, in, out)
	}
}
