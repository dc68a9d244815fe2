package meter_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/usage"
)

// raw sends a request of which every byte is the test's, and returns the status; 0 for no answer.
func (r *rig) raw(method, target, host, body string) int {
	r.t.Helper()
	c, err := net.Dial("tcp", r.proxy.Addr())
	if err != nil {
		r.t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(30 * time.Second))
	fmt.Fprintf(c, "%s %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
		method, target, host, r.session.Token(), len(body), body)
	resp, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: method})
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

// guard is a transport that fails the test when a request leaves the upstream.
func guard(t *testing.T, host func() string) roundTrip {
	return func(q *http.Request) (*http.Response, error) {
		if q.URL.Host != host() || q.Host != host() || q.URL.User != nil || q.URL.Scheme != "http" {
			t.Errorf("a request went to %s with host %q, want host %s only", q.URL, q.Host, host())
		}
		return http.DefaultTransport.RoundTrip(q)
	}
}

// elsewhere is a server that nothing may reach.
func elsewhere(t *testing.T) string {
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		t.Errorf("%s %s reached a server that is no upstream", q.Method, q.URL)
	}))
	t.Cleanup(s.Close)
	at, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return at.Host
}

// TestRequestsStayAtTheUpstream tries what a request can say about where it wants to go. Below, S stands for the
// session's path and HOST for the host of a server elsewhere.
func TestRequestsStayAtTheUpstream(t *testing.T) {
	host := elsewhere(t)
	for _, c := range []struct {
		name, method, target, host string
		want                       int
		path                       string // at the provider; "" when nothing may come there
	}{
		{"plain", "POST", "S/openai/chat/completions", "", 200, "/base/chat/completions"},
		{"another host", "POST", "S/openai/chat/completions", "HOST", 200, "/base/chat/completions"},
		{"as to a forward proxy", "POST", "http://HOST/S/openai/chat/completions", "HOST", 200, "/base/chat/completions"},
		{"as to one, with a password", "POST", "http://u:p@HOST/S/openai/chat/completions", "HOST", 200, "/base/chat/completions"},
		{"as to one, with https", "POST", "https://HOST/S/openai/chat/completions", "HOST", 200, "/base/chat/completions"},
		{"as to one, without our path", "POST", "http://HOST/chat/completions", "HOST", 404, ""},
		{"a tunnel", "CONNECT", "HOST", "HOST", 404, ""},
		{"a tunnel to a path", "CONNECT", "S/openai/models", "HOST", 404, ""},
		{"the whole server", "OPTIONS", "*", "", 200, ""},
		{"slashes before everything", "POST", "//HOST/S/openai/chat/completions", "", 404, ""},
		{"an empty session", "POST", "/t//openai/chat/completions", "", 401, ""},
		{"an empty upstream", "POST", "S//openai/chat/completions", "", 404, ""},
		{"a host after double slashes", "POST", "S/openai//HOST/chat/completions", "", 404, ""},
		{"double slashes", "POST", "S/openai//chat/completions", "", 404, ""},
		{"a probe of double slashes", "HEAD", "S/local//HOST/x", "", 200, "//HOST/x"},
		{"a user in front", "HEAD", "S/local/@HOST/x", "", 200, "/@HOST/x"},
		{"a host in place of an upstream", "HEAD", "S/HOST/models", "", 404, ""},
		{"an upstream with a host behind", "HEAD", "S/local@HOST/models", "", 404, ""},
		{"an upstream with a port behind", "HEAD", "S/local:80/models", "", 404, ""},
		{"an upstream in escapes", "GET", "S/%6fpenai/models", "", 404, ""},
		{"a URL in place of a path", "HEAD", "S/local/http://HOST/", "", 200, "/http://HOST/"},
		{"a fragment", "HEAD", "S/local/x#@HOST/", "", 200, "/x%23@HOST/"},
		{"a question mark in escapes", "HEAD", "S/local/x%3f@HOST/", "", 200, "/x%3f@HOST/"},
		{"dots", "HEAD", "S/openai/../admin", "", 404, ""},
		{"dots at the end", "HEAD", "S/openai/models/..", "", 404, ""},
		{"one dot", "POST", "S/openai/./chat/completions", "", 404, ""},
		{"dots in escapes", "HEAD", "S/openai/%2e%2E/admin", "", 404, ""},
		{"one dot in escapes", "HEAD", "S/openai/.%2e/admin", "", 404, ""},
		{"dots and a slash in escapes", "HEAD", "S/openai/models%2f..%2fadmin", "", 404, ""},
		{"dots with parameters", "GET", "S/openai/models/..;x=1/files", "", 404, ""},
		{"dots in escapes of escapes", "GET", "S/openai/models/%252e%252e/files", "", 404, ""},
		{"a slash in escapes of escapes", "GET", "S/openai/models/..%252ffiles", "", 404, ""},
		{"a backslash", "GET", `S/openai/models/..\files`, "", 404, ""},
		{"a backslash in escapes", "GET", "S/openai/models/..%5Cfiles", "", 404, ""},
		{"a zero byte", "GET", "S/openai/models/x%00", "", 404, ""},
		{"a line end", "GET", "S/openai/models/x%0d%0aHost:%20HOST", "", 404, ""},
		{"an escaped slash in a route", "POST", "S/openai/chat%2fcompletions", "", 404, ""},
		{"an escaped colon in a model", "GET", "S/openai/models/a%20b", "", 200, "/base/models/a%20b"},
		{"an escaped letter in a route", "POST", "S/openai/chat/%63ompletions", "", 200, "/base/chat/%63ompletions"},
		{"broken escapes", "GET", "S/openai/models/%zz", "", 400, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var r *rig
			r = newRig(t, answers(200, jsonType, chatAnswer(1, 2)), func(cfg *meter.Config) {
				cfg.Transport = guard(t, func() string { return strings.TrimPrefix(r.provider.URL, "http://") })
			})
			at, err := url.Parse(r.session.URL("x"))
			if err != nil {
				t.Fatal(err)
			}
			fill := strings.NewReplacer("/S/", strings.TrimSuffix(at.Path, "x"), "S/", strings.TrimSuffix(at.Path, "x"), "HOST", host)
			body := `{"model":"m"}`
			if c.method != "POST" {
				body = ""
			}
			if c.host == "" {
				c.host = r.proxy.Addr()
			}
			if got := r.raw(c.method, fill.Replace(c.target), fill.Replace(c.host), body); got != c.want {
				t.Errorf("got status %d, want %d", got, c.want)
			}
			seen, _ := r.requests()
			switch {
			case len(seen) != min(1, len(c.path)):
				t.Errorf("%d requests were forwarded", len(seen))
			case c.path != "" && seen[0].RequestURI != fill.Replace(c.path):
				t.Errorf("the provider was asked for %s, want %s", seen[0].RequestURI, fill.Replace(c.path))
			}
		})
	}
}

// TestRedirectsStayWithTheClient says that a redirect of a provider is an answer like an error: it is handed on and
// not followed, so that no key goes where it leads.
func TestRedirectsStayWithTheClient(t *testing.T) {
	host := elsewhere(t)
	for _, status := range []int{300, 301, 302, 303, 304, 305, 307, 308, 399} {
		for _, to := range []string{"http://" + host + "/x", "//" + host + "/x", "/x", "x"} {
			t.Run(fmt.Sprintf("%d %s", status, strings.ReplaceAll(to, host, "HOST")), func(t *testing.T) {
				var r *rig
				r = newRig(t, func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Location", to)
					w.WriteHeader(status)
				}, func(cfg *meter.Config) {
					cfg.Transport = guard(t, func() string { return strings.TrimPrefix(r.provider.URL, "http://") })
				})
				for _, q := range []*http.Request{
					r.request("POST", "openai", "/chat/completions", `{"model":"m"}`),
					r.request("POST", "openai", "/files", `{}`),
					r.request("GET", "openai", "/models", ""),
				} {
					if resp, _ := r.do(q); resp.StatusCode != status || resp.Header.Get("Location") != to {
						t.Errorf("%s %s: got %d to %q, want %d to %q", q.Method, q.URL.Path, resp.StatusCode, resp.Header.Get("Location"), status, to)
					}
				}
				for _, call := range r.close() {
					want(t, call, usage.Unbilled, 0, 0)
				}
				if seen, _ := r.requests(); len(seen) != 3 {
					t.Errorf("the provider got %d requests, want 3", len(seen))
				}
			})
		}
	}
}
