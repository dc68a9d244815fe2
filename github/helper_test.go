package github_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/github/marker"
)

// naps records the waits of a client instead of waiting.
type naps struct {
	mu  sync.Mutex
	all []time.Duration
}

func (n *naps) sleep(ctx context.Context, d time.Duration) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all = append(n.all, d)
	return ctx.Err()
}

func (n *naps) list() []time.Duration {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]time.Duration(nil), n.all...)
}

func newClient(t testing.TB, s *githubtest.Server, change ...func(*github.Config)) *github.Client {
	t.Helper()
	cfg := github.Config{BaseURL: s.URL, GraphQLURL: s.GraphQLURL, Token: s.Token, Sleep: (&naps{}).sleep}
	for _, f := range change {
		f(&cfg)
	}
	c, err := github.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var acme = github.Repo{Owner: "acme", Name: "agent"}

// world is a server with one repository and one pull request, and a client.
type world struct {
	*githubtest.Server
	name       string
	base, head string
	pull       int
	c          *github.Client
}

func newWorld(t testing.TB, opt githubtest.Options, change ...func(*github.Config)) *world {
	t.Helper()
	w := &world{Server: githubtest.NewWith(t, opt)}
	w.name = w.AddRepo("acme", "agent")
	w.base = w.Commit(w.name, nil, githubtest.Text(map[string]string{
		".github/pertask.yml": "version: 1\n", "agents.yaml": "model: m1\neffort: low\n", "README.md": "hello\n",
	}))
	w.head = w.Commit(w.name, []string{w.base}, githubtest.Text(map[string]string{
		".github/pertask.yml": "version: 1\n", "agents.yaml": "model: m2\neffort: low\n", "README.md": "hello\n",
	}))
	w.pull = w.OpenPull(w.name, w.base, w.head)
	w.SetBranch(w.name, "change", w.head)
	w.c = newClient(t, w.Server, change...)
	return w
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// comment returns a body whose marker has the given time, in minutes after noon.
func comment(t testing.TB, minute int, text string) string {
	t.Helper()
	return marked(t, marker.Marker{Suite: "worst-three", Head: "abc", Time: noon.Add(time.Duration(minute) * time.Minute)}, text)
}

func marked(t testing.TB, m marker.Marker, text string) string {
	t.Helper()
	line, err := m.Line()
	if err != nil {
		t.Fatal(err)
	}
	return line + "\n" + text
}

// texts returns the comments of the pull request without their markers.
func (w *world) texts() []string {
	var out []string
	for _, c := range w.Comments(w.name, w.pull) {
		text := c.Body
		if _, ok := marker.Parse(text); ok {
			_, text, _ = strings.Cut(text, "\n")
		}
		out = append(out, text)
	}
	return out
}

func bg() context.Context { return context.Background() }

// read makes one request that changes nothing.
func read(ctx context.Context, c *github.Client) (string, error) {
	return c.MergeBase(ctx, acme, "main", "change")
}
