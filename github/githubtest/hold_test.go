package githubtest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/pertask/pertask/github/githubtest"
)

// TestViolations makes sure that what a client or this server does wrong is found on the wire.
func TestViolations(t *testing.T) {
	for _, tt := range []struct {
		name, method, path, body string
		opt                      githubtest.Options
		want                     string // of the only violation; "" is none
	}{
		{"right", "POST", "repos/acme/agent/issues/1/comments", `{"body":"x"}`, githubtest.Options{}, ""},
		{"parameter that GitHub ignores", "GET", "repos/acme/agent/issues/1/comments?sort=created", "", githubtest.Options{},
			`GET /repos/acme/agent/issues/1/comments: request: query parameter "sort" is not known`},
		{"field that GitHub ignores", "POST", "repos/acme/agent/issues/1/comments", `{"body":"x","quiet":true}`, githubtest.Options{}, `field "quiet" is not known`},
		{"the same on a server of one's own", "GET", "api/v3/repos/acme/agent/issues/1/comments?sort=created", "", githubtest.Options{}, `"sort" is not known`},
		{"address that is none", "GET", "teams/7", "", githubtest.Options{}, "no operation"},
		{"address that is none, on purpose", "GET", "teams/7", "", githubtest.Options{BadRequests: true}, ""},
		{"wrong, on purpose, and yet not refused", "GET", "repos/acme/agent/issues/1/comments?sort=created", "", githubtest.Options{BadRequests: true}, `"sort" is not known`},
		{"query", "POST", "graphql", `{"query":"{viewer{nope}}"}`, githubtest.Options{}, "nope"},
		{"query, on purpose", "POST", "graphql", `{"query":"{viewer{nope}}"}`, githubtest.Options{BadRequests: true}, ""},
		{"unchecked", "GET", "teams/7", "", githubtest.Options{Unchecked: true}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := githubtest.Start(tt.opt)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			name := s.AddRepo("acme", "agent")
			sha := s.Commit(name, nil, githubtest.Text(map[string]string{"a": "b"}))
			s.OpenPull(name, sha, sha)
			do(t, s, tt.method, tt.path, tt.body)
			got := s.Violations()
			if tt.want == "" && len(got) != 0 || tt.want != "" && (len(got) != 1 || !strings.Contains(got[0], tt.want)) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestAnswersOfFaultsAreNotHeld lets a fault answer what GitHub never would; the request is held all the same.
func TestAnswersOfFaultsAreNotHeld(t *testing.T) {
	s, err := githubtest.Start(githubtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.AddRepo("acme", "agent")
	s.Fail(githubtest.Match("", "."), http.StatusTeapot, 2, true)
	do(t, s, "GET", "repos/acme/agent", "")
	if got := s.Violations(); len(got) != 0 {
		t.Errorf("got %q of an answer that is a fault", got)
	}
	do(t, s, "GET", "repos/acme/agent?x=1", "")
	if got := s.Violations(); len(got) != 1 {
		t.Errorf("got %q, want the parameter", got)
	}
}

// reporter is a test that remembers whether it was told of a violation.
type reporter struct {
	testing.TB
	errors   []string
	cleanups []func()
}

func (r *reporter) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }
func (r *reporter) Error(args ...any) {
	for _, a := range args {
		r.errors = append(r.errors, a.(string))
	}
}

func TestAViolationFailsTheTest(t *testing.T) {
	r := &reporter{TB: t}
	s := githubtest.New(r)
	do(t, s, "GET", "teams/7", "")
	for _, f := range r.cleanups {
		f()
	}
	if len(r.errors) != 1 || !strings.Contains(r.errors[0], "GET /teams/7") {
		t.Errorf("got %q, want one error", r.errors)
	}
}

func TestConditionalRequests(t *testing.T) {
	s, _, _ := seeded(t, githubtest.Options{})
	get := func(etag string) (int, string, string) {
		t.Helper()
		req, err := http.NewRequest("GET", s.URL+"repos/acme/agent/pulls/1", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+s.Token)
		if etag != "" {
			req.Header.Set("If-None-Match", etag)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		return resp.StatusCode, resp.Header.Get("ETag"), resp.Header.Get("X-RateLimit-Used")
	}
	status, etag, used := get("")
	if status != 200 || etag == "" || used != "1" {
		t.Fatalf("got %d %q %q", status, etag, used)
	}
	for _, have := range []string{etag, strings.TrimPrefix(etag, "W/"), `"x", ` + etag} {
		if status, again, _ := get(have); status != 304 || again != etag {
			t.Errorf("%s: got %d and %s, want 304", have, status, again)
		}
	}
	if status, _, used := get(`"x"`); status != 200 || used != "2" {
		t.Errorf("got %d after %s requests that count, want 200 and 2: no 304 counts", status, used)
	}
	s.ChangePull("acme/agent", 1, func(p *githubtest.Pull) { p.Draft = true })
	if status, next, _ := get(etag); status != 200 || next == etag {
		t.Errorf("got %d and the same ETag %v after a change", status, next == etag)
	}
}
