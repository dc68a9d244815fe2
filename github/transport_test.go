package github_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/githubtest"
)

func TestNewRefuses(t *testing.T) {
	for _, tt := range []struct {
		name string
		cfg  github.Config
		want string
	}{
		{"nothing", github.Config{}, "exactly one of a token and an App"},
		{"both", github.Config{Token: "t", App: &github.AppAuth{}}, "exactly one of a token and an App"},
		{"http elsewhere", github.Config{Token: "t", BaseURL: "http://ghes.example/api/v3"}, "in the clear"},
		{"no URL", github.Config{Token: "t", BaseURL: "ghes"}, "reading BaseURL"},
		{"user in URL", github.Config{Token: "t", GraphQLURL: "https://u:p@ghes.example/"}, "reading GraphQLURL"},
		{"key", github.Config{App: &github.AppAuth{ID: 1, Installation: 1, PrivateKey: []byte("secret key")}}, "not an RSA key"},
		{"token with a line break", github.Config{Token: "ghs_secret\n"}, "characters"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := github.New(tt.cfg)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// recorder answers every request and remembers its URL.
type recorder struct{ urls []string }

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	r.urls = append(r.urls, req.Method+" "+req.URL.String())
	return nil, errors.New("offline")
}

func TestBaseURLForms(t *testing.T) {
	for _, tt := range []struct{ base, gql, rest, graph string }{
		{"", "", "https://api.github.com/repos/acme/agent/compare/main...change?per_page=1", "https://api.github.com/graphql"},
		{"https://api.github.com", "https://api.github.com/graphql", "https://api.github.com/repos/acme/agent/compare/main...change?per_page=1", "https://api.github.com/graphql"},
		{"https://ghes.example/api/v3", "", "https://ghes.example/api/v3/repos/acme/agent/compare/main...change?per_page=1", "https://ghes.example/api/graphql"},
		{"https://ghes.example/api/v3/", "https://ghes.example/api/graphql", "https://ghes.example/api/v3/repos/acme/agent/compare/main...change?per_page=1", "https://ghes.example/api/graphql"},
		{"https://api.acme.ghe.com", "", "https://api.acme.ghe.com/repos/acme/agent/compare/main...change?per_page=1", "https://api.acme.ghe.com/graphql"},
		{"http://127.0.0.1:8080", "", "http://127.0.0.1:8080/repos/acme/agent/compare/main...change?per_page=1", "http://127.0.0.1:8080/graphql"},
	} {
		rec := &recorder{}
		c, err := github.New(github.Config{BaseURL: tt.base, GraphQLURL: tt.gql, Token: "t", Transport: rec, MaxRetries: -1})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := read(bg(), c); err == nil {
			t.Error("want the transport's error")
		}
		if _, err := c.Comments(bg(), acme, 1); err == nil {
			t.Error("want the transport's error")
		}
		if diff := cmp.Diff(rec.urls, []string{"GET " + tt.rest, "POST " + tt.graph}); diff != "" {
			t.Errorf("%q: got-want:\n%s", tt.base, diff)
		}
	}
}

func TestEnterprisePaths(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	c := newClient(t, w.Server, func(cfg *github.Config) { cfg.BaseURL, cfg.GraphQLURL = w.URL+"api/v3", "" })
	if _, err := c.Facts(bg(), acme, w.pull, w.base, w.head, configPath); err != nil {
		t.Error(err)
	}
	if _, _, err := c.Files(bg(), acme, w.pull); err != nil {
		t.Error(err)
	}
}

// TestEveryRequestSaysWhoWeAre looks at each kind of request, the very first of a client included.
func TestEveryRequestSaysWhoWeAre(t *testing.T) {
	for agent, want := range map[string]string{"": "pertask", "pertask/1.2": "pertask/1.2"} {
		w := newWorld(t, githubtest.Options{})
		key := w.AddApp(77, 7, "pertask")
		set := func(c *github.Config) { c.UserAgent = agent }
		token := newClient(t, w.Server, set)
		app := newClient(t, w.Server, set, func(c *github.Config) {
			c.Token, c.App = "", &github.AppAuth{ID: 77, Installation: 7, PrivateKey: key}
		})
		for _, c := range []*github.Client{token, app} {
			if _, err := c.Facts(bg(), acme, w.pull, w.base, w.head, configPath); err != nil { // GraphQL
				t.Fatal(err)
			}
			if _, _, err := c.Files(bg(), acme, w.pull); err != nil {
				t.Fatal(err)
			}
			if _, err := c.CreateCheck(bg(), acme, github.CheckRun{Name: "n", HeadSHA: w.head}); err != nil {
				t.Fatal(err)
			}
			r, err := c.Archive(bg(), acme, w.head)
			if err != nil {
				t.Fatal(err)
			}
			r.Close()
		}
		if got := len(w.Requests()); got != 11 {
			t.Errorf("%d requests, want 5 of each and one for a token", got)
		}
		for _, r := range w.Requests() {
			if r.Agent != want {
				t.Errorf("%s %s has the User-Agent %q, want %q", r.Method, r.Path, r.Agent, want)
			}
		}
	}
}

func TestParseRepo(t *testing.T) {
	if got, err := github.ParseRepo("acme/agent.x_y-z"); err != nil || got.String() != "acme/agent.x_y-z" {
		t.Errorf("got %v, %v", got, err)
	}
	for _, s := range []string{"", "acme", "acme/", "/agent", "a/b/c", "a/..", "../b", "a b/c", "a/b?x", "a/b#1", "a/b%2f", strings.Repeat("a", 101) + "/b"} {
		if got, err := github.ParseRepo(s); err == nil {
			t.Errorf("%q: got %v, want an error", s, got)
		}
	}
}

func TestRateLimits(t *testing.T) {
	reset := noon.Add(90 * time.Second)
	files := githubtest.Match("GET", "/files$")
	graph := githubtest.Match("POST", "^/graphql$")
	create := githubtest.Match("POST", "/check-runs$")
	for _, tt := range []struct {
		name  string
		fault githubtest.Fault
		waits []time.Duration
	}{
		{"retry-after", githubtest.Fault{Match: files, Status: 429, Header: map[string]string{"Retry-After": "7"}}, []time.Duration{7 * time.Second}},
		{"primary, until the reset", githubtest.Fault{Match: files, Status: 403, Header: map[string]string{
			"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": strconv.FormatInt(reset.Unix(), 10),
		}}, []time.Duration{91 * time.Second}},
		{"reset in the past", githubtest.Fault{Match: files, Status: 403, Header: map[string]string{
			"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1",
		}}, []time.Duration{time.Second}},
		{"secondary without a header", githubtest.Fault{Match: files, Status: 403, Message: "You have exceeded a secondary rate limit.", Times: 2},
			[]time.Duration{time.Minute, 2 * time.Minute}},
		{"a write, which was not executed", githubtest.Fault{Match: create, Status: 403, Header: map[string]string{"Retry-After": "3"}, Message: "secondary rate limit"},
			[]time.Duration{3 * time.Second}},
		{"GraphQL", githubtest.Fault{Match: graph, Status: 403, Header: map[string]string{"Retry-After": "5"}}, []time.Duration{5 * time.Second}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := &naps{}
			w := newWorld(t, githubtest.Options{}, func(c *github.Config) {
				c.Sleep, c.Now = n.sleep, func() time.Time { return noon }
			})
			w.Inject(tt.fault)
			if _, _, err := w.c.Files(bg(), acme, w.pull); err != nil {
				t.Error(err)
			}
			if _, err := w.c.CreateCheck(bg(), acme, github.CheckRun{Name: "pertask", HeadSHA: w.head}); err != nil {
				t.Error(err)
			}
			if _, err := w.c.Comments(bg(), acme, w.pull); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(n.list(), tt.waits); diff != "" {
				t.Errorf("waits, got-want:\n%s", diff)
			}
			if got := len(w.Checks(w.name, w.head)); got != 1 {
				t.Errorf("%d check runs, want 1", got)
			}
		})
	}
}

func TestRateLimitThatDoesNotEnd(t *testing.T) {
	n := &naps{}
	now := noon
	w := newWorld(t, githubtest.Options{Hourly: 3, Now: func() time.Time { return noon }}, func(c *github.Config) {
		c.Sleep, c.Now = n.sleep, func() time.Time { return now }
	})
	for range 3 { // the last of them says that none remains, and is fine
		if _, err := read(bg(), w.c); err != nil {
			t.Fatal(err)
		}
	}
	_, err := read(bg(), w.c)
	var e *github.Error
	if !errors.Is(err, github.ErrRateLimited) || !errors.As(err, &e) || !e.Until.Equal(noon.Add(time.Hour+time.Second)) {
		t.Errorf("got %v, want ErrRateLimited until 13:00:01", err)
	}
	if len(n.list()) != 0 {
		t.Errorf("waited %v, want no wait of an hour", n.list())
	}
}

func TestRateLimitBeyondTheDeadline(t *testing.T) {
	n := &naps{}
	w := newWorld(t, githubtest.Options{}, func(c *github.Config) { c.Sleep = n.sleep })
	w.Inject(githubtest.Fault{Match: githubtest.Match("", "."), Status: 429, Header: map[string]string{"Retry-After": "600"}})
	ctx, cancel := context.WithTimeout(bg(), 5*time.Minute)
	defer cancel()
	if _, err := read(ctx, w.c); !errors.Is(err, github.ErrRateLimited) || len(n.list()) != 0 {
		t.Errorf("got %v after %v, want ErrRateLimited at once", err, n.list())
	}
}

func TestContentCreationLimit(t *testing.T) {
	now := noon
	w := newWorld(t, githubtest.Options{ContentLimit: 2, Now: func() time.Time { return now }})
	c := newClient(t, w.Server, func(cfg *github.Config) {
		cfg.Now = func() time.Time { return now }
		cfg.Sleep = func(_ context.Context, d time.Duration) error { now = now.Add(d); return nil }
	})
	for i := range 5 {
		if _, err := c.Post(bg(), acme, w.pull, comment(t, i, fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := now.Sub(noon), 2*time.Minute; got != want || len(w.texts()) != 5 {
		t.Errorf("%d comments took %v, want 5 in %v", len(w.texts()), got, want)
	}
}

func TestReadsAreRepeatedAndBounded(t *testing.T) {
	n := &naps{}
	w := newWorld(t, githubtest.Options{}, func(c *github.Config) { c.Sleep, c.MaxRetries = n.sleep, 3 })
	w.Fail(githubtest.Match("GET", "/compare/"), 502, 3, false)
	if _, err := read(bg(), w.c); err != nil {
		t.Errorf("three 502: %v", err)
	}
	for i, d := range n.list() {
		if low := time.Second << i; d < low || d >= low*3/2 {
			t.Errorf("wait %d is %v, want %v and up to half more", i, d, low)
		}
	}
	w.ResetRequests()
	w.Fail(githubtest.Match("GET", "/compare/"), 500, -1, false)
	var e *github.Error
	if _, err := read(bg(), w.c); !errors.As(err, &e) || e.Status != 500 {
		t.Errorf("got %v, want the 500", err)
	}
	if got := w.Count("GET", "/compare/"); got != 4 {
		t.Errorf("%d attempts, want 4", got)
	}
	w.Fail(githubtest.Match("POST", "^/graphql$"), 0, 2, false)
	if _, err := w.c.Comments(bg(), acme, w.pull); err != nil {
		t.Errorf("GraphQL after two cuts: %v", err)
	}
}

func TestErrorsCarryNoToken(t *testing.T) {
	const token = "ghs_15368_eyJhbGciOiJSUzI1NiJ9.c2VjcmV0LXBheWxvYWQ.c2lnbmF0dXJl"
	w := newWorld(t, githubtest.Options{Token: token, Actor: githubtest.WorkflowActor()})
	w.Inject(githubtest.Fault{Match: githubtest.Match("", "/compare/"), Status: 422, Message: "you sent " + token + " and ghp_abcdefghijklmnop", Times: -1})
	_, err := read(bg(), w.c)
	if err == nil {
		t.Fatal("want an error")
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		if s := fmt.Sprintf("%v %+v", e, e); strings.Contains(s, "eyJ") || strings.Contains(s, "ghp_") {
			t.Errorf("%T has the token: %s", e, s)
		}
	}
	if !strings.Contains(err.Error(), "you sent *** and ***") {
		t.Errorf("got %v", err)
	}
}

func TestWrongToken(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	c := newClient(t, w.Server, func(cfg *github.Config) { cfg.Token = "ghs_wrong_token_here" })
	_, restErr := read(bg(), c)
	_, graphErr := c.Comments(bg(), acme, w.pull)
	for _, err := range []error{restErr, graphErr} {
		if !errors.Is(err, github.ErrAuth) || strings.Contains(err.Error(), "wrong_token") {
			t.Errorf("got %v, want ErrAuth", err)
		}
	}
}

func TestAppAuthentication(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	key := w.AddApp(77, 7, "pertask")
	app := func(installation int64) *github.Client {
		return newClient(t, w.Server, func(c *github.Config) {
			c.Token, c.App = "", &github.AppAuth{ID: 77, Installation: installation, PrivateKey: key}
		})
	}
	w.Fail(githubtest.Match("POST", "/access_tokens$"), 502, 2, false)
	c := app(7)
	if res, err := c.Upsert(bg(), acme, w.pull, comment(t, 0, "from the App"), nil); err != nil || res.Action != github.Created {
		t.Errorf("got %+v, %v", res, err)
	}
	if got := w.Comments(w.name, w.pull)[0].Author; got != "pertask[bot]" {
		t.Errorf("author %q", got)
	}
	if _, err := read(bg(), app(8)); !errors.Is(err, github.ErrNotFound) {
		t.Errorf("unknown installation: got %v, want ErrNotFound", err)
	}
}

func TestAnswersThatAreNotGitHubs(t *testing.T) {
	for _, body := range []string{"", "<html>proxy</html>", "{", `{"data": 3}`, `{"data": null}`, `{"id": -1}`, `[]`, `{"errors":[{"message":"x"}]}`} {
		c, err := github.New(github.Config{Token: "t", MaxRetries: -1, Transport: answers(body)})
		if err != nil {
			t.Fatal(err)
		}
		sha := strings.Repeat("a", 40)
		if _, err := c.CreateCheck(bg(), acme, github.CheckRun{Name: "n", HeadSHA: sha}); err == nil {
			t.Errorf("%q: creating a check run: want an error", body)
		}
		if _, err := c.MergeBase(bg(), acme, "main", sha); err == nil {
			t.Errorf("%q: reading a merge base: want an error", body)
		}
	}
}

type answers string

func (a answers) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: 200, Header: http.Header{}, Request: req, Body: io.NopCloser(strings.NewReader(string(a))),
	}, nil
}

// TestEnterpriseCalls makes the calls that go by no library on a server of one's own.
func TestEnterpriseCalls(t *testing.T) {
	w := newWriter(t)
	c := newClient(t, w.Server, func(cfg *github.Config) { cfg.BaseURL, cfg.GraphQLURL = w.URL+"api/v3", "" })
	id := w.AddComment(w.name, w.pull, "ada", "/pertask run")
	for name, call := range map[string]func() error{
		"pull":       func() error { _, err := c.Pull(bg(), acme, w.pull); return err },
		"files":      func() error { _, _, err := c.Files(bg(), acme, w.pull); return err },
		"between":    func() error { _, _, _, err := c.Between(bg(), acme, w.base, w.head); return err },
		"pulls of":   func() error { _, err := c.PullsOf(bg(), acme, w.head); return err },
		"comment":    func() error { _, err := c.PersonComment(bg(), acme, id); return err },
		"reaction":   func() error { return c.React(bg(), acme, id, "eyes") },
		"branch":     func() error { return c.AppendBranch(bg(), acme, "spend", "a/b", "x", "m") },
		"repository": func() error { _, err := c.Repository(bg(), acme); return err },
		"rules":      func() error { _, err := c.BranchRules(bg(), acme, "main"); return err },
		"file":       func() error { _, err := c.RepoFile(bg(), acme, "main", "README.md"); return err },
	} {
		if err := call(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, r := range w.Requests() {
		if !r.Authorized || r.Agent != "pertask" {
			t.Errorf("%s %s is sent by %q, authorized %v", r.Method, r.Path, r.Agent, r.Authorized)
		}
	}
}

// TestOddAnswersAreErrors lets a proxy answer: nothing of it is taken for a fact.
func TestOddAnswersAreErrors(t *testing.T) {
	for name, body := range map[string]string{
		"nothing": ``, "null": `null`, "list": `[]`, "text": `"x"`, "no fields": `{}`,
		"bad ids":      `{"number":1,"id":7,"head":{"sha":"../x"},"base":{"sha":"main"},"sha":"x","object":{"sha":"HEAD"},"issue_url":"x"}`,
		"wrong number": `{"number":2,"id":8,"head":{"sha":"` + strings.Repeat("a", 40) + `"},"base":{"sha":"` + strings.Repeat("b", 40) + `"}}`,
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }))
		c, err := github.New(github.Config{BaseURL: srv.URL, Token: "ghs_x", Sleep: (&naps{}).sleep})
		if err != nil {
			t.Fatal(err)
		}
		for call, err := range map[string]error{
			"Pull":          second(c.Pull(bg(), acme, 1)),
			"HeadOf":        second(c.HeadOf(bg(), acme, 1)),
			"PersonComment": second(c.PersonComment(bg(), acme, 7)),
			"Repository":    second(c.Repository(bg(), acme)),
			"RepoFile":      second(c.RepoFile(bg(), acme, "main", "x")),
			"AppendBranch":  c.AppendBranch(bg(), acme, "b", "p", "x", "m"),
		} {
			if err == nil {
				t.Errorf("%s: %s took the answer", name, call)
			}
		}
		srv.Close()
	}
}

func second[T any](_ T, err error) error { return err }
