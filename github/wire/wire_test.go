package wire_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/github/wire"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// server answers requests from a list and remembers them; when the list is at its end, with 200 and "{}".
type server struct {
	answers []answer
	got     []string
	waits   []time.Duration
}

type answer struct {
	status int // 0 cuts the connection
	header string
	body   string
}

func (s *server) RoundTrip(req *http.Request) (*http.Response, error) {
	body := ""
	if req.Body != nil {
		b, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		body = string(b)
	}
	s.got = append(s.got, strings.TrimSpace(fmt.Sprintf("%s %s %s|%s %s", req.Method, req.URL.Path, req.Header.Get("Authorization"), req.UserAgent(), body)))
	a := answer{200, "", "{}"}
	if len(s.answers) > 0 {
		a, s.answers = s.answers[0], s.answers[1:]
	}
	if a.status == 0 {
		return nil, errors.New("connection cut")
	}
	h := http.Header{}
	for field := range strings.SplitSeq(a.header, "; ") {
		if k, v, ok := strings.Cut(field, ": "); ok {
			h.Set(k, v)
		}
	}
	return &http.Response{StatusCode: a.status, Header: h, Request: req, Body: io.NopCloser(strings.NewReader(a.body))}, nil
}

func address(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func (s *server) transport(t *testing.T, change ...func(*wire.Config)) *wire.Transport {
	t.Helper()
	cfg := wire.Config{
		REST: address(t, "https://ghes.example/api/v3/"), GraphQL: address(t, "https://ghes.example/api/graphql"), Token: "ghs_secret_token",
		Next: s, Now: func() time.Time { return noon }, Agent: "pertask-test", Retries: 3, MaxWait: 15 * time.Minute,
		Sleep: func(ctx context.Context, d time.Duration) error { s.waits = append(s.waits, d); return ctx.Err() },
	}
	for _, f := range change {
		f(&cfg)
	}
	tr, err := wire.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// send makes a request, with a body where it has one, and returns the body of the answer.
func send(t *testing.T, tr http.RoundTripper, method, url, body string) (string, error) {
	t.Helper()
	var r io.Reader
	if body != "" {
		r = strings.NewReader(body)
	}
	req, err := http.NewRequest(method, url, r)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := tr.RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	out, err := io.ReadAll(resp.Body)
	return string(out), err
}

const (
	rest  = "https://ghes.example/api/v3/"
	graph = "https://ghes.example/api/graphql"
)

func TestCredentialsGoToTheConfiguredServerOnly(t *testing.T) {
	s := &server{}
	tr := s.transport(t)
	for _, u := range []string{graph, rest + "x", "https://codeload.example/x", "http://ghes.example/x", "https://ghes.example:444/x", "https://ghes.example.evil/x"} {
		if _, err := send(t, tr, "GET", u, ""); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{
		"GET /api/graphql Bearer ghs_secret_token|pertask-test", "GET /api/v3/x Bearer ghs_secret_token|pertask-test",
		"GET /x |pertask-test", "GET /x |pertask-test", "GET /x |pertask-test", "GET /x |pertask-test",
	}
	if diff := cmp.Diff(s.got, want); diff != "" {
		t.Errorf("got-want:\n%s", diff)
	}
}

func TestWhatIsRepeated(t *testing.T) {
	for _, tt := range []struct {
		name, method, url string
		answers           []answer
		attempts          int
		fails             bool
	}{
		{"a read after 502", "GET", rest + "x", []answer{{502, "", ""}, {503, "", ""}}, 3, false},
		{"a read after a cut", "GET", rest + "x", []answer{{}}, 2, false},
		{"a read for ever", "GET", rest + "x", []answer{{500, "", ""}, {500, "", ""}, {500, "", ""}, {500, "", ""}, {500, "", ""}}, 4, true},
		{"a delete", "DELETE", rest + "x", []answer{{502, "", ""}}, 2, false},
		{"a query", "POST", graph, []answer{{502, "", ""}, {}}, 3, false},
		{"a query whose answer is no JSON", "POST", graph, []answer{{200, "", "<html>"}}, 2, false},
		{"a query that is limited inside", "POST", graph, []answer{{200, "", `{"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded"}]}`}}, 2, false},
		{"a token of an installation", "POST", rest + "app/installations/7/access_tokens", []answer{{502, "", ""}}, 2, false},
		{"a write after 502", "POST", rest + "x", []answer{{502, "", ""}}, 1, true},
		{"a write after a cut", "PATCH", rest + "x", []answer{{}}, 1, true},
		{"a write after a rate limit, which was not executed", "POST", rest + "x", []answer{{429, "", ""}, {403, "Retry-After: 1", ""}}, 3, false},
		{"a read after 404", "GET", rest + "x", []answer{{404, "", ""}}, 1, true},
		{"a read after 403 without a limit", "GET", rest + "x", []answer{{403, "", `{"message":"no"}`}}, 1, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &server{answers: tt.answers}
			body := ""
			if tt.method != "GET" && tt.method != "DELETE" {
				body = `{"a":1}`
			}
			_, err := send(t, s.transport(t), tt.method, tt.url, body)
			if (err != nil) != tt.fails || len(s.got) != tt.attempts || len(s.waits) != tt.attempts-1 {
				t.Errorf("got %v after %d attempts and %d waits, want %d attempts, an error: %v", err, len(s.got), len(s.waits), tt.attempts, tt.fails)
			}
			for _, r := range s.got {
				if r != s.got[0] {
					t.Errorf("attempts differ: %q and %q", s.got[0], r)
				}
			}
		})
	}
}

func TestLongWaitsAreErrors(t *testing.T) {
	s := &server{answers: []answer{{429, "Retry-After: 901", ""}}}
	_, err := send(t, s.transport(t), "GET", rest+"x", "")
	var e *wire.Error
	if !errors.Is(err, wire.ErrRateLimited) || !errors.As(err, &e) || !e.Until.Equal(noon.Add(901*time.Second)) || len(s.waits) != 0 {
		t.Errorf("got %v after %v, want ErrRateLimited at once", err, s.waits)
	}
}

func TestErrors(t *testing.T) {
	for _, tt := range []struct {
		name    string
		answer  answer
		cause   error
		unclear bool
		text    string
	}{
		{"401", answer{401, "", `{"message":"Bad credentials"}`}, wire.ErrAuth, false, `bad credentials: GitHub answered 401 "Bad credentials"`},
		{"404", answer{404, "X-GitHub-Request-Id: AB:12", `{"message":"Not Found"}`}, wire.ErrNotFound, false,
			`not found, or not visible to this token: GitHub answered 404 "Not Found" (request AB:12)`},
		{"410", answer{410, "", ""}, wire.ErrNotFound, false, "GitHub answered 410"},
		{"permission", answer{403, "X-Accepted-GitHub-Permissions: pull_requests=write", `{"message":"Resource not accessible by integration"}`},
			wire.ErrPermission, false, `add the permission "pull-requests: write"`},
		{"permission that is none", answer{403, "X-Accepted-GitHub-Permissions: <b>x</b>", `{"message":"Resource not accessible by integration"}`},
			wire.ErrPermission, false, `add the permission "the: step's"`},
		{"another App's check run", answer{403, "", "{\"message\":\"Invalid app_id `1` - check run can only be modified\"}"}, wire.ErrCheckForbidden, false, "check run belongs"},
		{"too long", answer{422, "", `{"message":"Validation Failed","errors":[{"field":"data","code":"x","message":"Body is too long"},"and more"]}`},
			wire.ErrTooLong, false, `"Validation Failed: data x Body is too long: and more"`},
		{"422", answer{422, "", `{"message":"no"}`}, nil, false, `GitHub answered 422 "no"`},
		{"500", answer{500, "", "<html>"}, nil, true, "GitHub answered 500"},
		{"a line break and a token", answer{422, "", `{"message":"a\nghs_secret_token ghp_0123456789abc"}`}, nil, false, `"a *** ***"`},
		{"cut", answer{}, nil, true, "connection cut"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &server{answers: []answer{tt.answer}}
			tr := s.transport(t)
			_, err := send(t, tr, "PATCH", rest+"x", "{}")
			err = tr.Wrap(err, "the: step's", "doing %s", "it")
			if err == nil || !strings.HasPrefix(err.Error(), "doing it: ") || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("got %v, want %q", err, tt.text)
			}
			if tt.cause != nil && !errors.Is(err, tt.cause) {
				t.Errorf("got %v, want the cause %v", err, tt.cause)
			}
			if got := wire.Unclear(err); got != tt.unclear {
				t.Errorf("unclear %v, want %v", got, tt.unclear)
			}
		})
	}
	for _, err := range []error{context.Canceled, fmt.Errorf("x: %w", context.DeadlineExceeded)} {
		if wire.Unclear(err) {
			t.Errorf("%v is unclear; the caller has given up", err)
		}
	}
}

func TestWrapHidesAddresses(t *testing.T) {
	tr := (&server{}).transport(t)
	if err := tr.Wrap(nil, "x", "doing it"); err != nil {
		t.Errorf("got %v, want nil to stay nil", err)
	}
	inner := errors.New("no such host")
	err := tr.Wrap(&url.Error{Op: "Get", URL: "https://codeload.example/x?token=KEY12345", Err: inner}, "", "reading x?token=KEY12345 there")
	if got, want := err.Error(), "reading x?token=*** there: no such host"; got != want || !errors.Is(err, inner) {
		t.Errorf("got %q, want %q", got, want)
	}
	if ue := (*url.Error)(nil); errors.As(err, &ue) {
		t.Errorf("the address can be taken out of it: %v", ue)
	}
}

func TestQueryErrorsAreHandedOn(t *testing.T) {
	s := &server{answers: []answer{{200, "", `{"data":{},"errors":[{"type":"FORBIDDEN","message":"no ghs_secret_token","path":["a",1]}]}`}}}
	tr := s.transport(t)
	var got []wire.QueryError
	req, err := http.NewRequestWithContext(wire.WithQueryErrors(context.Background(), &got), "POST", graph, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := tr.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	want := []wire.QueryError{{Type: "FORBIDDEN", Message: "no ghs_secret_token", Path: []any{"a", 1.0}}}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Fatalf("got-want:\n%s", diff)
	}
	if e := tr.Refusal(got[0]); !errors.Is(e, wire.ErrPermission) || strings.Contains(e.Error(), "secret") {
		t.Errorf("got %v, want ErrPermission without the token", e)
	}
	if e := tr.Refusal(wire.QueryError{Type: "NOT_FOUND", Message: "x"}); !errors.Is(e, wire.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", e)
	}
	if e := tr.Refusal(wire.QueryError{Message: "x"}); errors.Unwrap(e) != nil {
		t.Errorf("got %v, want no cause", e)
	}
}

func TestScrub(t *testing.T) {
	tr := (&server{}).transport(t)
	for _, token := range []string{
		"ghs_secret_token", "ghp_0123456789abcdef", "gho_0123456789abcdef", "github_pat_11AAAAAAA_abc", "ghs_15368_eyJhbGci.eyJpc3M.c2ln-_",
		"eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiI3NyJ9.c2lnbmF0dXJl",
	} {
		if got, want := tr.Scrub("before "+token+" after"), "before *** after"; got != want {
			t.Errorf("%s: got %q, want %q", token, got, want)
		}
	}
	for _, text := range []string{"", "ghs_short", "a github_pat is a token", "weights", "?token="} {
		if got := tr.Scrub(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestClip(t *testing.T) {
	for _, tt := range []struct {
		in   string
		n    int
		want string
	}{{"abc", 3, "abc"}, {"abcd", 3, "abc"}, {"aé", 2, "a"}, {"a\nb\x7f", 9, "a b "}, {"\xff", 9, "\uFFFD"}, {"é", 1, ""}} {
		if got := wire.Clip(tt.in, tt.n); got != tt.want {
			t.Errorf("%q to %d: got %q, want %q", tt.in, tt.n, got, tt.want)
		}
	}
}

func TestBackoffGrowsAndEnds(t *testing.T) {
	for attempt, low := range map[int]time.Duration{0: time.Second, 1: 2 * time.Second, 6: 64 * time.Second, 60: 64 * time.Second} {
		for range 20 {
			if d := wire.Backoff(attempt); d < low || d >= low*3/2 {
				t.Errorf("attempt %d: %v, want %v and up to half more", attempt, d, low)
			}
		}
	}
}
