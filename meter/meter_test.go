package meter_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/klauspost/compress/zstd"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/meter/format"
	"github.com/pertask/pertask/usage"
)

func TestChatCallIsForwardedAndCounted(t *testing.T) {
	answer := chatAnswer(12, 5)
	r := newRig(t, answers(200, jsonType, answer))
	resp, body := r.post("openai", "/chat/completions?a=1&key=zz&b=%2F", `{"model":"gpt-5.5","service_tier":"flex"}`)
	if resp.StatusCode != 200 || body != answer {
		t.Errorf("client got %d %q, want the provider's bytes", resp.StatusCode, body)
	}
	got := r.one()
	want := usage.Call{
		Schema: usage.CallSchema, ID: got.ID, Trial: "head/task/0", State: usage.Ended,
		Upstream: "openai", Provider: "openai", Format: "openai.chat", Path: "/chat/completions", Status: 200,
		RequestedModel: "gpt-5.5", ServedModel: "gpt-5.5-2026-04-23", RequestedTier: "flex", ServedTier: "default",
		Coverage: usage.Complete, ResponseID: "chatcmpl-1", Tokens: usage.None(),
		Raw: json.RawMessage(`{"prompt_tokens":12,"completion_tokens":5,"total_tokens":17}`),
	}
	want.Tokens.Input, want.Tokens.Output, want.Tokens.Reasoning = usage.Known(12), usage.Known(5), usage.Count{}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(usage.Call{}, "Time", "Seconds")); diff != "" {
		t.Errorf("call differs (-want +got):\n%s", diff)
	}
	seen, _ := r.requests()
	if got, want := seen[0].URL.String(), "/base/chat/completions?a=1&b=%2F"; got != want {
		t.Errorf("provider was asked for %q, want %q", got, want)
	}
	var states []usage.State
	for _, c := range r.records() {
		states = append(states, c.State)
		if c.ID != got.ID {
			t.Errorf("record has id %q, want %q", c.ID, got.ID)
		}
	}
	if diff := cmp.Diff([]usage.State{usage.Admitted, usage.Ended}, states); diff != "" {
		t.Errorf("records differ (-want +got):\n%s", diff)
	}
}

func TestKeysAreInjectedAndCredentialsDropped(t *testing.T) {
	cases := []struct{ upstream, path, header, value string }{
		{"openai", "/chat/completions", "Authorization", "Bearer " + realKey},
		{"anthropic", "/v1/messages", "X-Api-Key", realKey + "-a"},
		{"google", "/chat/completions", "X-Goog-Api-Key", realKey + "-g"},
		{"local", "/chat/completions", "", ""},
	}
	for _, c := range cases {
		t.Run(c.upstream, func(t *testing.T) {
			r := newRig(t, answers(200, jsonType, chatAnswer(1, 1)))
			token := r.session.Token()
			q := r.request(http.MethodPost, c.upstream, c.path+"?key="+token, `{"model":"m"}`)
			for _, h := range []string{"X-Api-Key", "X-Goog-Api-Key", "Api-Key"} {
				q.Header.Set(h, token)
			}
			q.Header.Set("Cookie", "a="+token)
			q.Header.Set("Proxy-Authorization", "Basic "+token)
			q.Header.Set("Connection", "X-Hop")
			q.Header.Set("X-Hop", "1")
			q.Header.Set("X-Http-Method-Override", "DELETE")
			q.Header.Set("Accept-Encoding", "gzip, br")
			q.Header.Set("Idempotency-Key", "once")
			q.Header.Set("Anthropic-Version", "2023-06-01")
			if resp, body := r.do(q); resp.StatusCode != 200 {
				t.Fatalf("got %d %s", resp.StatusCode, body)
			}
			seen, _ := r.requests()
			var dump bytes.Buffer
			_ = seen[0].Header.Write(&dump)
			if strings.Contains(dump.String()+seen[0].URL.String(), token) {
				t.Errorf("the client's token reached the provider:\n%s%s", dump.String(), seen[0].URL)
			}
			if c.header != "" && seen[0].Header.Get(c.header) != c.value {
				t.Errorf("%s is %q, want the real key", c.header, seen[0].Header.Get(c.header))
			}
			keys := 1
			if c.header == "" {
				keys = 0
			}
			if n := strings.Count(dump.String(), realKey); n != keys {
				t.Errorf("the key is there %d times, want %d:\n%s", n, keys, dump.String())
			}
			for name, value := range map[string]string{"X-Hop": "", "X-Http-Method-Override": "", "Accept-Encoding": "identity",
				"Anthropic-Version": "2023-06-01", "Idempotency-Key": "once", "Cookie": ""} {
				if got := seen[0].Header.Get(name); got != value {
					t.Errorf("%s reached the provider as %q, want %q", name, got, value)
				}
			}
		})
	}
}

func TestTokenIsRequired(t *testing.T) {
	r := newRig(t, answers(200, jsonType, chatAnswer(1, 1)))
	other := r.proxy.Open("base/task/0")
	token := r.session.Token()
	set := func(header, value string) func(*http.Request) {
		return func(q *http.Request) { q.Header.Set(header, value) }
	}
	cases := []struct {
		name   string
		set    func(*http.Request)
		status int
	}{
		{"bearer", set("Authorization", "Bearer "+token), 200},
		{"lower-case bearer", set("Authorization", "bearer "+token), 200},
		{"x-api-key", set("X-Api-Key", token), 200},
		{"x-goog-api-key", set("X-Goog-Api-Key", token), 200},
		{"query", func(q *http.Request) { q.URL.RawQuery = "key=" + token }, 200},
		{"none", func(*http.Request) {}, 401},
		{"empty", set("X-Api-Key", ""), 401},
		{"another session's", set("X-Api-Key", other.Token()), 401},
		{"one more letter", set("X-Api-Key", token+"0"), 401},
		{"one less letter", set("X-Api-Key", token[:len(token)-1]), 401},
		{"basic", set("Authorization", "Basic "+token), 401},
		{"the real key", set("X-Api-Key", realKey), 401},
		{"no such session", func(q *http.Request) {
			q.URL.Path = "/t/0123456789abcdef/openai/chat/completions"
			q.Header.Set("X-Api-Key", token)
		}, 401},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			q := r.request(http.MethodPost, "openai", "/chat/completions", `{"model":"m"}`)
			q.Header.Del("Authorization")
			c.set(q)
			before, _ := r.requests()
			resp, body := r.do(q)
			if resp.StatusCode != c.status {
				t.Errorf("got %d %s, want %d", resp.StatusCode, body, c.status)
			}
			after, _ := r.requests()
			if forwarded := len(after) > len(before); forwarded != (c.status == 200) {
				t.Errorf("forwarded: %t with status %d", forwarded, c.status)
			}
		})
	}
	if token == other.Token() || !strings.HasPrefix(token, "ptk_") {
		t.Errorf("tokens are %q and %q", token, other.Token())
	}
}

func TestRefusedPaths(t *testing.T) {
	r := newRig(t, answers(200, jsonType, chatAnswer(1, 1)))
	cases := []struct {
		method, path string
		status       int
		message      string
	}{
		{"POST", "openai/embeddings", 404, "pertask cannot meter this endpoint"},
		{"POST", "openai/batches", 404, "pertask cannot meter this endpoint"},
		{"POST", "anthropic/v1/messages/batches", 404, "pertask cannot meter this endpoint"},
		{"POST", "openai/chat/completions/", 404, "pertask cannot meter this endpoint"},
		{"POST", "openai/", 404, "pertask cannot meter this endpoint"},
		{"POST", "openai//chat/completions", 404, "pertask cannot meter this endpoint"},
		{"POST", "openai/responses%2Finput_tokens", 404, "pertask cannot meter this endpoint"},
		{"POST", "openai/x/../chat/completions", 404, "pertask: "},
		{"GET", "openai/%2e%2e/admin", 404, "pertask: "},
		{"GET", "openai/files", 404, "pertask: an agent may look up models"},
		{"GET", "openai/organization/users", 404, "pertask: an agent may look up models"},
		{"GET", "openai/responses/resp_of_another", 404, "pertask: an agent may look up models"},
		{"GET", "openai/models%2F..%2Fadmin", 404, "pertask: "},
		{"DELETE", "openai/files/file-1", 404, "pertask cannot meter this endpoint"},
		{"PUT", "openai/chat/completions", 404, "pertask cannot meter this endpoint"},
		{"POST", "nobody/chat/completions", 404, `pertask: there is no upstream "nobody"`},
	}
	for _, c := range cases {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			q := r.request(c.method, "openai", "/", `{"model":"m"}`)
			at, err := url.Parse(strings.TrimSuffix(r.session.URL("openai"), "openai") + c.path)
			if err != nil {
				t.Fatal(err)
			}
			q.URL = at
			resp, body := r.do(q)
			if resp.StatusCode != c.status || !strings.HasPrefix(messageOf(t, body), c.message) {
				t.Errorf("got %d %s, want %d and a message that starts with %q", resp.StatusCode, body, c.status, c.message)
			}
		})
	}
	q := r.request("GET", "openai", "/", "")
	q.URL.Path = "/elsewhere"
	if resp, _ := r.do(q); resp.StatusCode != 404 {
		t.Errorf("outside of any session: got %d, want 404", resp.StatusCode)
	}
	if seen, _ := r.requests(); len(seen) != 0 {
		t.Errorf("%d requests were forwarded, want none", len(seen))
	}
}

// messageOf returns the message of an error body in the providers' shapes.
func messageOf(t *testing.T, body string) string {
	t.Helper()
	var e struct {
		Error struct{ Type, Message string }
	}
	if err := json.Unmarshal([]byte(body), &e); err != nil || e.Error.Type == "" {
		t.Errorf("%q is no error body: %v", body, err)
	}
	return e.Error.Message
}

func TestWebSocketIsRefusedAtOnce(t *testing.T) {
	r := newRig(t, answers(200, jsonType, `{}`))
	q := r.request("GET", "openai", "/responses", "")
	q.Header.Set("Connection", "Upgrade")
	q.Header.Set("Upgrade", "websocket")
	if resp, body := r.do(q); resp.StatusCode != http.StatusUpgradeRequired {
		t.Errorf("got %d %s, want 426", resp.StatusCode, body)
	}
	if seen, _ := r.requests(); len(seen) != 0 {
		t.Error("the upgrade was forwarded")
	}
}

func TestRefusedAdmission(t *testing.T) {
	for upstream, c := range map[string]struct{ path, top string }{
		"openai":    {"/chat/completions", `{"error":`},
		"anthropic": {"/v1/messages", `{"error":{"message":"pertask: the budget is spent","type":"invalid_request_error"},"type":"error"}`},
	} {
		t.Run(upstream, func(t *testing.T) {
			var asked usage.Call
			r := newRig(t, answers(200, jsonType, chatAnswer(1, 1)), func(cfg *meter.Config) {
				cfg.Admit = func(_ context.Context, c usage.Call) error {
					asked = c
					return errors.New("the budget is spent")
				}
			})
			resp, body := r.post(upstream, c.path, `{"model":"m-1","stream":true}`)
			if resp.StatusCode != 400 || messageOf(t, body) != "pertask: the budget is spent" || !strings.HasPrefix(body, c.top) {
				t.Errorf("got %d %s", resp.StatusCode, body)
			}
			if asked.RequestedModel != "m-1" || asked.Trial != "head/task/0" || asked.Upstream != upstream {
				t.Errorf("admission was asked about %+v", asked)
			}
			call := r.one()
			want(t, call, usage.Unbilled, 0, 0)
			if call.Status != 0 || call.Problem != "not forwarded: the budget is spent" {
				t.Errorf("call has status %d and problem %q", call.Status, call.Problem)
			}
			if n := len(r.records()); n != 1 {
				t.Errorf("%d records, want the end only", n)
			}
			if seen, _ := r.requests(); len(seen) != 0 {
				t.Error("a refused call was forwarded")
			}
		})
	}
}

func TestCallThatCannotBeRecordedIsRefused(t *testing.T) {
	r := newRig(t, answers(200, jsonType, chatAnswer(1, 1)), func(cfg *meter.Config) {
		cfg.Record = func(usage.Call) error { return errors.New("disk full near " + realKey) }
	})
	resp, body := r.post("openai", "/chat/completions", `{"model":"m"}`)
	if resp.StatusCode != 400 || !strings.Contains(body, "disk full near [redacted key]") {
		t.Errorf("got %d %s", resp.StatusCode, body)
	}
	if seen, _ := r.requests(); len(seen) != 0 {
		t.Error("a call that is in no journal was forwarded")
	}
	want(t, r.one(), usage.Unbilled, 0, 0)
}

func TestRequestsThatAreRefusedUnread(t *testing.T) {
	cases := []struct {
		name, upstream, encoding, body string
		status                         int
		message                        string
	}{
		{"an unknown encoding", "openai", "compress", "x", 415, "plain bodies, gzip, deflate, br and zstd"},
		{"not gzip", "openai", "gzip", "x", 400, "not the gzip"},
		{"too large", "openai", "", `{"model":"` + strings.Repeat("m", 4096) + `"}`, 413, "larger than the 2048 bytes"},
		{"too large inside", "openai", "gzip", string(gzipped(t, `{"model":"`+strings.Repeat("m", 4096)+`"}`)), 413, "larger than the 2048 bytes"},
		{"no object", "openai", "", `[1]`, 400, "JSON object"},
		{"two models", "openai", "", `{"model":"cheap","model":"dear"}`, 400, "twice"},
		{"no key", "keyless", "", `{"model":"m"}`, 400, "NO_SUCH_KEY"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, answers(200, jsonType, chatAnswer(1, 1)), func(cfg *meter.Config) { cfg.MaxRequest = 2048 })
			q := r.request("POST", c.upstream, "/chat/completions", c.body)
			q.Header.Set("Content-Encoding", c.encoding)
			resp, body := r.do(q)
			if m := messageOf(t, body); resp.StatusCode != c.status || !strings.Contains(m, c.message) || !strings.HasPrefix(m, "pertask: ") {
				t.Errorf("got %d %q, want %d and %q", resp.StatusCode, m, c.status, c.message)
			}
			want(t, r.one(), usage.Unbilled, 0, 0)
			if seen, _ := r.requests(); len(seen) != 0 {
				t.Error("it was forwarded")
			}
		})
	}
}

func gzipped(t *testing.T, s string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, s); err != nil || z.Close() != nil {
		t.Fatal("gzip broke")
	}
	return b.Bytes()
}

func TestCompressedRequestsAreSentOnPlain(t *testing.T) {
	const body = `{"model":"m","messages":[]}`
	var zlibbed bytes.Buffer
	z := zlib.NewWriter(&zlibbed)
	_, _ = io.WriteString(z, body)
	z.Close()
	raw := zlibbed.Bytes()[2 : zlibbed.Len()-4] // without header and checksum it is a bare deflate
	for name, c := range map[string]struct {
		encoding string
		body     []byte
	}{"gzip": {"gzip", gzipped(t, body)}, "zlib": {"deflate", zlibbed.Bytes()}, "bare deflate": {"deflate", raw}} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, answers(200, jsonType, chatAnswer(3, 4)))
			q := r.request("POST", "openai", "/chat/completions", string(c.body))
			q.Header.Set("Content-Encoding", c.encoding)
			if resp, got := r.do(q); resp.StatusCode != 200 {
				t.Fatalf("got %d %s", resp.StatusCode, got)
			}
			seen, bodies := r.requests()
			if bodies[0] != body || seen[0].Header.Get("Content-Encoding") != "" {
				t.Errorf("provider got %q encoded as %q", bodies[0], seen[0].Header.Get("Content-Encoding"))
			}
			call := r.one()
			want(t, call, usage.Complete, 3, 4)
			if call.RequestedModel != "m" {
				t.Errorf("model is %q", call.RequestedModel)
			}
		})
	}
}

func TestCompressedAnswersAreReadAndSentOnPlain(t *testing.T) {
	answer := chatAnswer(3, 4)
	var br, zst bytes.Buffer
	b, z := brotli.NewWriter(&br), must(zstd.NewWriter(&zst))
	for _, w := range []io.WriteCloser{b, z} {
		if _, err := io.WriteString(w, answer); err != nil || w.Close() != nil {
			t.Fatal("an encoder broke")
		}
	}
	for encoding, packed := range map[string]string{
		"gzip": string(gzipped(t, answer)), "X-GZIP": string(gzipped(t, answer)), "br": br.String(), "zstd": zst.String(),
		"br, gzip": string(gzipped(t, br.String())), "identity": answer,
	} {
		t.Run(encoding, func(t *testing.T) {
			r := newRig(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", jsonType)
				w.Header().Set("Content-Encoding", encoding)
				_, _ = io.WriteString(w, packed)
			})
			if _, body := r.post("openai", "/chat/completions", `{"model":"m"}`); body != answer {
				t.Errorf("client got %q", body)
			}
			want(t, r.one(), usage.Complete, 3, 4)
		})
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestAnswersInAnUnknownEncodingAreMissing(t *testing.T) {
	r := newRig(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "compress")
		_, _ = io.WriteString(w, "packed")
	})
	if _, body := r.post("openai", "/chat/completions", `{"model":"m"}`); body != "packed" {
		t.Errorf("client got %q, want the bytes as they came", body)
	}
	call := r.one()
	want(t, call, usage.Missing, 0, 0)
	if !strings.Contains(call.Problem, `"compress"`) {
		t.Errorf("problem is %q", call.Problem)
	}
}

func TestStatusesOfTheProvider(t *testing.T) {
	cases := []struct {
		status   int
		body     string
		coverage usage.Coverage
		problem  string
	}{
		{200, `{"id":"x"}`, usage.Missing, "no usage object"},
		{200, `not json`, usage.Missing, "not the JSON"},
		{200, ``, usage.Missing, "not the JSON"},
		{200, `{"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}`, usage.Complete, ""},
		{400, `{"error":{"message":"bad"}}`, usage.Unbilled, "status 400"},
		{429, `{"error":{"message":"slow down"}}`, usage.Unbilled, "status 429"},
		{500, `oops`, usage.Unbilled, "status 500"},
		{529, `{"type":"error"}`, usage.Unbilled, "status 529"},
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%d %s", c.status, c.body), func(t *testing.T) {
			r := newRig(t, answers(c.status, jsonType, c.body))
			resp, body := r.post("openai", "/chat/completions", `{"model":"m"}`)
			if resp.StatusCode != c.status || body != c.body {
				t.Errorf("client got %d %q", resp.StatusCode, body)
			}
			call := r.one()
			want(t, call, c.coverage, 0, 0)
			if call.Status != c.status || !strings.Contains(call.Problem, c.problem) {
				t.Errorf("call has status %d, problem %q", call.Status, call.Problem)
			}
			total, known := call.Tokens.Total().Value()
			if (c.coverage == usage.Missing) == known || total != 0 {
				t.Errorf("total is %v", call.Tokens.Total())
			}
		})
	}
}

func TestRetriesAreCallsOfTheirOwn(t *testing.T) {
	n := 0
	r := newRig(t, func(w http.ResponseWriter, q *http.Request) {
		if n++; n < 3 {
			answers(429, jsonType, `{}`)(w, q)
			return
		}
		answers(200, jsonType, chatAnswer(10, 20))(w, q)
	})
	for range 3 {
		r.post("openai", "/chat/completions", `{"model":"m"}`)
	}
	calls := r.close()
	if len(calls) != 3 {
		t.Fatalf("%d calls, want 3", len(calls))
	}
	want(t, calls[0], usage.Unbilled, 0, 0)
	want(t, calls[1], usage.Unbilled, 0, 0)
	want(t, calls[2], usage.Complete, 10, 20)
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	r := newRig(t, func(w http.ResponseWriter, q *http.Request) {
		http.Redirect(w, q, "https://elsewhere.example/steal", http.StatusTemporaryRedirect)
	})
	resp, _ := r.post("openai", "/chat/completions", `{"model":"m"}`)
	if resp.StatusCode != 307 || resp.Header.Get("Location") != "https://elsewhere.example/steal" {
		t.Errorf("got %d to %q", resp.StatusCode, resp.Header.Get("Location"))
	}
	if seen, _ := r.requests(); len(seen) != 1 {
		t.Errorf("%d requests, want 1", len(seen))
	}
	want(t, r.one(), usage.Unbilled, 0, 0)
}

func TestErrorsNeverShowTheKey(t *testing.T) {
	r := newRig(t, func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("X-Echo", q.Header.Get("Authorization"))
		w.Header().Set("Set-Cookie", "session=1")
		w.WriteHeader(401)
		_, _ = fmt.Fprintf(w, `{"error":{"message":"wrong key %s"}}`, q.Header.Get("Authorization"))
	})
	resp, body := r.post("openai", "/chat/completions", `{"model":"m"}`)
	if resp.StatusCode != 401 || body != `{"error":{"message":"wrong key Bearer [redacted key]"}}` {
		t.Errorf("got %d %s", resp.StatusCode, body)
	}
	if got := resp.Header.Get("X-Echo"); got != "Bearer [redacted key]" {
		t.Errorf("header is %q", got)
	}
	if resp.Header.Get("Set-Cookie") != "" {
		t.Error("the provider's cookie was passed on")
	}
}

func TestUnreachableProvider(t *testing.T) {
	r := newRig(t, answers(200, jsonType, `{}`))
	r.provider.Close()
	resp, body := r.post("openai", "/chat/completions", `{"model":"m"}`)
	if resp.StatusCode != 502 || !strings.HasPrefix(messageOf(t, body), "pertask: ") {
		t.Errorf("got %d %s, want 502", resp.StatusCode, body)
	}
	call := r.one()
	want(t, call, usage.Unbilled, 0, 0)
	if call.Status != 0 || !strings.Contains(call.Problem, "not reached") {
		t.Errorf("status %d, problem %q", call.Status, call.Problem)
	}
}

func TestConnectionThatBreaksAfterTheRequestIsMissing(t *testing.T) {
	r := newRig(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			conn.Close()
		}
	})
	q := r.request("POST", "openai", "/chat/completions", `{"model":"m"}`)
	q.Header.Set("Idempotency-Key", "1") // with which a transport would try again by itself
	if resp, body := r.do(q); resp.StatusCode != 502 {
		t.Errorf("got %d %s, want 502", resp.StatusCode, body)
	}
	call := r.one()
	want(t, call, usage.Missing, 0, 0)
	if seen, _ := r.requests(); len(seen) != 1 {
		t.Errorf("the provider got %d requests, want 1", len(seen))
	}
	if call.Tokens.Total().IsKnown() || !strings.Contains(call.Problem, "after the request was sent") {
		t.Errorf("total %v, problem %q", call.Tokens.Total(), call.Problem)
	}
}

func TestFreeEndpoints(t *testing.T) {
	cases := []struct{ method, upstream, path, asked string }{
		{"POST", "anthropic", "/v1/messages/count_tokens", "/v1/messages/count_tokens"},
		{"POST", "openai", "/responses/input_tokens", "/base/responses/input_tokens"},
		{"POST", "openai", "/files", "/base/files"},
		{"GET", "openai", "/models", "/base/models"},
		{"HEAD", "anthropic", "/api/hello", "/api/hello"},
		{"HEAD", "anthropic", "", "/"},
	}
	for _, c := range cases {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			r := newRig(t, answers(200, jsonType, `{"input_tokens":48211}`), func(cfg *meter.Config) {
				cfg.Admit = func(context.Context, usage.Call) error { return errors.New("no budget") }
			})
			resp, _ := r.do(r.request(c.method, c.upstream, c.path, ""))
			if resp.StatusCode != 200 {
				t.Errorf("got %d, want 200 without admission", resp.StatusCode)
			}
			seen, _ := r.requests()
			if seen[0].URL.Path != c.asked {
				t.Errorf("provider was asked for %q, want %q", seen[0].URL.Path, c.asked)
			}
			call := r.one()
			want(t, call, usage.Unbilled, 0, 0)
			if call.Problem != "a free endpoint" || call.Status != 200 {
				t.Errorf("problem %q, status %d", call.Problem, call.Status)
			}
		})
	}
}

func TestPolledResponsesAreCountedOnce(t *testing.T) {
	const done = `{"id":"resp_1","status":"completed","model":"m","usage":{"input_tokens":10,"output_tokens":20,"total_tokens":30}}`
	cases := []struct{ name, posted string }{
		{"answered at once", done},
		{"in the background", `{"id":"resp_1","status":"queued","model":"m","usage":null}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, func(w http.ResponseWriter, q *http.Request) {
				if q.Method == "POST" {
					answers(200, jsonType, c.posted)(w, q)
					return
				}
				answers(200, jsonType, done)(w, q)
			})
			r.post("openai", "/responses", `{"model":"m"}`)
			r.do(r.request("GET", "openai", "/responses/resp_1", ""))
			r.do(r.request("GET", "openai", "/responses/resp_1", ""))
			if resp, _ := r.do(r.request("GET", "openai", "/responses/resp_2", "")); resp.StatusCode != http.StatusNotFound {
				t.Errorf("someone else's response: got %d, want 404", resp.StatusCode)
			}
			calls := r.close()
			if len(calls) != 3 {
				t.Fatalf("%d calls, want 3", len(calls))
			}
			want(t, calls[0], usage.Complete, 10, 20)
			for i, problem := range []string{"already counted in call " + calls[0].ID, "already counted in call " + calls[0].ID} {
				want(t, calls[i+1], usage.Unbilled, 0, 0)
				if calls[i+1].Problem != problem {
					t.Errorf("problem is %q, want %q", calls[i+1].Problem, problem)
				}
			}
			last := map[string]usage.Call{}
			for _, rec := range r.records() {
				last[rec.ID] = rec
			}
			want(t, last[calls[0].ID], usage.Complete, 10, 20)
		})
	}
}

func TestBackgroundResponseThatIsNeverPolledIsMissing(t *testing.T) {
	r := newRig(t, answers(200, jsonType, `{"id":"resp_1","status":"queued","model":"m","usage":null}`))
	r.post("openai", "/responses", `{"model":"m","background":true}`)
	call := r.one()
	want(t, call, usage.Missing, 0, 0)
	if call.Tokens.Total().IsKnown() || !strings.Contains(call.Problem, "background") {
		t.Errorf("total %v, problem %q", call.Tokens.Total(), call.Problem)
	}
}

func TestDataResidencyIsAnAttribute(t *testing.T) {
	transport := roundTrip(func(q *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {jsonType}},
			Body: io.NopCloser(strings.NewReader(chatAnswer(1, 2))), ContentLength: -1}, nil
	})
	for host, region := range map[string]string{"eu.api.openai.com": "eu", "api.openai.com": ""} {
		ups := []meter.Upstream{{Name: "openai", URL: "https://" + host + "/v1", Auth: meter.Bearer, KeyEnv: "K"}}
		r := newRig(t, answers(200, jsonType, `{}`), func(cfg *meter.Config) {
			cfg.Upstreams, cfg.Transport = ups, transport
			cfg.Keys = meter.KeysFromEnv(func(string) string { return realKey }, ups)
		})
		r.post("openai", "/chat/completions", `{"model":"m"}`)
		call := r.one()
		want(t, call, usage.Complete, 1, 2)
		if got := call.Attributes["data_residency"]; got != region {
			t.Errorf("%s: region is %q, want %q", host, got, region)
		}
	}
}

func TestClaimsOfAGateway(t *testing.T) {
	for _, c := range []struct {
		dialect      format.Dialect
		stream       bool
		header, want string
	}{
		{format.LiteLLM, false, "0.00123", "0.00123"},
		{format.LiteLLM, true, "3.45e-05", "3.45e-05"},
		{format.LiteLLM, false, "0", "0"},
		{format.LiteLLM, false, "", ""},
		{format.LiteLLM, false, "None", ""},
		{format.LiteLLM, false, "-1", ""},
		{format.LiteLLM, false, "1.", ""},
		{format.LiteLLM, false, "0." + strings.Repeat("1", 63), ""},
		{format.Compatible, false, "0.00123", ""},
	} {
		t.Run(string(c.dialect)+" "+c.header, func(t *testing.T) {
			r := newRig(t, func(w http.ResponseWriter, q *http.Request) {
				w.Header().Set("X-Litellm-Response-Cost", c.header)
				w.Header().Set("Openai-Processing-Ms", "12")
				if c.stream {
					streams(chatEvents(2, 1)...)(w, q)
					return
				}
				answers(200, jsonType, chatAnswer(1, 2))(w, q)
			}, func(cfg *meter.Config) {
				for i := range cfg.Upstreams {
					cfg.Upstreams[i].Dialect = c.dialect
				}
			})
			r.post("local", "/chat/completions", fmt.Sprintf(`{"model":"m","stream":%t}`, c.stream))
			call := r.one()
			want(t, call, usage.Complete, 1, 2)
			claims := map[string]string{"x-litellm-response-cost": c.want}
			if c.want == "" {
				claims = nil
			}
			if diff := cmp.Diff(claims, call.Claims); diff != "" {
				t.Errorf("claims differ (-want +got):\n%s", diff)
			}
		})
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(q *http.Request) (*http.Response, error) { return f(q) }

func TestClockIsTheConfigs(t *testing.T) {
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.FixedZone("x", 3600))
	ticks := 0
	r := newRig(t, answers(200, jsonType, chatAnswer(1, 1)), func(cfg *meter.Config) {
		cfg.Now = func() time.Time { ticks++; return at.Add(time.Duration(ticks) * time.Second) }
	})
	r.post("openai", "/chat/completions", `{"model":"m"}`)
	call := r.one()
	if want := at.Add(3 * time.Second).UTC(); !call.Time.Equal(want) || call.Time.Location() != time.UTC || call.Seconds != 1 {
		t.Errorf("ended at %v after %v s, want %v after 1 s", call.Time, call.Seconds, want)
	}
}
