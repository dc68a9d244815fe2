package merged_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/github/merged"
)

var monday = time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)

var shop = github.Repo{Owner: "acme", Name: "shop"}

// world is a server with a repository, a reader of it, and a clock that the reader's waits move on.
type world struct {
	*githubtest.Server
	*merged.Reader
	t     *testing.T
	now   time.Time
	waits []time.Duration
	base  string
	heads int
}

func newWorld(t *testing.T, opt githubtest.Options, read merged.Options) *world {
	t.Helper()
	w := &world{t: t, now: monday.Add(30 * 24 * time.Hour)}
	opt.Now = func() time.Time { return w.now }
	w.Server = githubtest.NewWith(t, opt)
	w.AddRepo("acme", "shop")
	w.base = w.Commit("acme/shop", nil, githubtest.Text(map[string]string{"a": "1\n"}))
	w.Reader = w.reader(read)
	return w
}

func (w *world) reader(opt merged.Options) *merged.Reader {
	w.t.Helper()
	r, err := merged.New(github.Config{
		BaseURL: w.URL, GraphQLURL: w.GraphQLURL, Token: w.Token, Now: func() time.Time { return w.now },
		Sleep: func(ctx context.Context, d time.Duration) error {
			w.waits, w.now = append(w.waits, d), w.now.Add(d)
			return ctx.Err()
		},
	}, opt)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// open opens a pull request at an hour after monday.
func (w *world) open(hour int, change ...func(*githubtest.Pull)) int {
	w.heads++
	head := w.Commit("acme/shop", []string{w.base}, githubtest.Text(map[string]string{"a": fmt.Sprintf("1\n%d\n", w.heads)}))
	at := monday.Add(time.Duration(hour) * time.Hour)
	return w.OpenPull("acme/shop", w.base, head, append([]func(*githubtest.Pull){func(p *githubtest.Pull) {
		p.HeadRef, p.Created, p.Updated = fmt.Sprintf("fix-%d", p.Number), at, at
	}}, change...)...)
}

// end closes a pull request at an hour after monday, merged or not.
func (w *world) end(number, hour int, is bool) {
	at := monday.Add(time.Duration(hour) * time.Hour)
	w.ChangePull("acme/shop", number, func(p *githubtest.Pull) {
		p.State, p.Closed, p.Updated = "closed", at, at
		if is {
			p.Merged, p.MergedAt, p.MergeSHA = true, at, w.base
		}
	})
}

// merged makes n pull requests, number i of which is merged i hours after monday.
func (w *world) merged(n int) {
	for i := range n {
		w.end(w.open(i), i+1, true)
	}
}

func numbers(pulls []merged.Pull) (out []int) {
	for _, p := range pulls {
		out = append(out, p.Number)
	}
	return out
}

func (w *world) all(q merged.Query) merged.Result {
	w.t.Helper()
	q.Repo = shop
	got, err := w.All(context.Background(), q)
	if err != nil {
		w.t.Fatal(err)
	}
	if got.Next != "" {
		w.t.Errorf("a whole read has a cursor %q", got.Next)
	}
	return got
}

// to returns the numbers from a to b.
func to(a, b int) (out []int) {
	for n := a; n <= b; n++ {
		out = append(out, n)
	}
	return out
}
