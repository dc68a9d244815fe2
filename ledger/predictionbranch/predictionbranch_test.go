package predictionbranch_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/branch"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/ledger/prediction"
	"github.com/pertask/pertask/ledger/predictionbranch"
	"github.com/pertask/pertask/ledger/predictiontest"
)

const shop = "github.com/acme/shop"

var acme = github.Repo{Owner: "acme", Name: "shop"}

// world is a server with a repository of code.
type world struct {
	*githubtest.Server
	repo, base string
}

func newWorld(t testing.TB) *world {
	t.Helper()
	opt := githubtest.Options{Unchecked: true, Hourly: 1 << 30, Actor: githubtest.WorkflowActor()}
	opt.Actor.Permissions["contents"] = "write"
	w := &world{Server: githubtest.NewWith(t, opt)}
	w.repo = w.AddRepo(acme.Owner, acme.Name)
	w.base = w.Commit(w.repo, nil, githubtest.Text(map[string]string{"main.go": "package main\n"}))
	w.SetBranch(w.repo, "main", w.base)
	return w
}

// brief waits a hundredth of the time: the server's requests take about a hundredth of GitHub's.
func brief(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d / 100):
		return nil
	}
}

func (w *world) files(t testing.TB) github.BranchFiles {
	t.Helper()
	c, err := github.New(github.Config{BaseURL: w.URL, GraphQLURL: w.GraphQLURL, Token: w.Token, Sleep: brief})
	if err != nil {
		t.Fatal(err)
	}
	return c.BranchFiles(acme)
}

// open is another process: a client and a store of its own.
func (w *world) open(t testing.TB) *predictionbranch.Store {
	t.Helper()
	return predictionbranch.New(w.files(t), predictionbranch.Options{Sleep: brief})
}

// put puts files on the branch that nobody checked, in the place of all others.
func (w *world) put(files map[string]string) {
	var parents []string
	if log := w.Log(w.repo, predictionbranch.DefaultBranch); len(log) > 0 {
		parents = log[:1]
	}
	w.SetBranch(w.repo, predictionbranch.DefaultBranch, w.Commit(w.repo, parents, githubtest.Text(files)))
}

// text is a file of the branch, "" where there is none.
func (w *world) text(t testing.TB, path string) (out string) {
	t.Helper()
	files := w.files(t)
	at, err := files.Ref(t.Context(), predictionbranch.DefaultBranch)
	if err != nil {
		t.Fatal(err)
	}
	list, err := files.List(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		if f.Path == path {
			data, err := files.Content(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			out = string(data)
		}
	}
	return out
}

// read returns what is there, and the places of what cannot be read.
func read(t testing.TB, s prediction.Store) (records []prediction.Record, bad []string) {
	t.Helper()
	for r, err := range s.Records(t.Context(), "") {
		var line *predictionbranch.LineError
		switch {
		case errors.As(err, &line):
			bad = append(bad, fmt.Sprintf("%s:%d", line.Path, line.Line))
		case err != nil:
			t.Fatal(err)
		default:
			records = append(records, r)
		}
	}
	return records, bad
}

func predicted(t testing.TB, p prediction.Prediction) string {
	t.Helper()
	b, err := prediction.EncodePrediction(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(b) + "\n"
}

func TestStore(t *testing.T) {
	predictiontest.Run(t, func(t *testing.T) func() prediction.Store {
		w := newWorld(t)
		return func() prediction.Store { return w.open(t) }
	})
}

// Fifty writers at once, some of whose requests are not answered: no line is lost, and none is there twice.
func TestFiftyWriters(t *testing.T) {
	w := newWorld(t)
	w.Fail(githubtest.Match("PATCH", "/git/refs/"), 502, 3, true)
	w.Fail(githubtest.Match("PATCH", "/git/refs/"), 500, 3, false)
	w.Fail(githubtest.Match("POST", "/git/refs$"), 0, 1, true)
	w.Fail(githubtest.Match("POST", "/git/trees$"), 500, 2, false)
	w.Fail(githubtest.Match("GET", "/git/ref/"), 503, 2, false)
	const writers = 50
	shared := predictiontest.Predicted(shop, writers+1, "a")
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() {
			s := w.open(t)
			for _, p := range []prediction.Prediction{predictiontest.Predicted(shop, i+1, "a"), shared} {
				if err := s.Predict(t.Context(), p); err != nil {
					t.Errorf("writer %d: %v", i, err)
				}
			}
		})
	}
	group.Wait()
	got, bad := read(t, w.open(t))
	if len(got) != writers+1 || len(bad) > 0 {
		t.Errorf("%d records and %q, want %d and none", len(got), bad, writers+1)
	}
	if n := strings.Count(w.text(t, "predictions/2026-09.jsonl"), "\n"); n != writers+1 {
		t.Errorf("%d lines, want %d", n, writers+1)
	}
	if log := w.Log(w.repo, predictionbranch.DefaultBranch); len(log) != writers+1 {
		t.Errorf("%d commits, want one for each line: %d", len(log), writers+1)
	}
	t.Logf("%d requests for %d predictions", len(w.Requests()), 2*writers)
	if w.Log(w.repo, "main")[0] != w.base {
		t.Error("the code was touched")
	}
}

// What others put on the branch is left out and told, and what can be read counts.
func TestHostileBranch(t *testing.T) {
	p, late := predictiontest.Predicted(shop, 1, "a"), predictiontest.Predicted(shop, 2, "a")
	forged := p
	r := prediction.NewRatio(0.1, 0.05, 0.2)
	forged.Ratio = &r
	observed, err := prediction.EncodeOutcome(predictiontest.Observed(late, 28))
	if err != nil {
		t.Fatal(err)
	}
	good := predicted(t, p)
	for _, tt := range []struct {
		name  string
		files map[string]string
		bad   []string
		want  int
	}{
		{"other files", map[string]string{"README.md": "x", "predictions/a.jsonl": "x", "predictions/2026-13.jsonl": "x", "x/predictions/2026-09.jsonl": "x", "entries/2026-09/a.0.jsonl": "x"}, nil, 0},
		{"no JSON", map[string]string{"predictions/2026-09.jsonl": "x\n" + good + "\n\x00\n{}\nnull\n[]\n"}, []string{"predictions/2026-09.jsonl:1", "predictions/2026-09.jsonl:3", "predictions/2026-09.jsonl:4", "predictions/2026-09.jsonl:5", "predictions/2026-09.jsonl:6", "predictions/2026-09.jsonl:7"}, 1},
		{"another field", map[string]string{"predictions/2026-09.jsonl": strings.Replace(good, `"pull"`, `"command":"x","pull"`, 1)}, []string{"predictions/2026-09.jsonl:1"}, 0},
		{"a field twice", map[string]string{"predictions/2026-09.jsonl": strings.Replace(good, `"pull":1`, `"pull":1,"pull":2`, 1)}, []string{"predictions/2026-09.jsonl:1"}, 0},
		{"a line break in a text", map[string]string{"predictions/2026-09.jsonl": strings.Replace(good, `"suite":"a"`, `"suite":"a\n# b"`, 1)}, []string{"predictions/2026-09.jsonl:1"}, 0},
		{"no number", map[string]string{"predictions/2026-09.jsonl": strings.Replace(good, `0.62`, `-1`, 1)}, []string{"predictions/2026-09.jsonl:1"}, 0},
		{"another month's file, to come first", map[string]string{"predictions/2000-01.jsonl": predicted(t, forged), "predictions/2026-09.jsonl": good}, []string{"predictions/2000-01.jsonl:1"}, 1},
		{"another word about the same", map[string]string{"predictions/2026-09.jsonl": good + predicted(t, forged)}, []string{"predictions/2026-09.jsonl:2"}, 1},
		{"an outcome of nothing", map[string]string{"predictions/2026-09.jsonl": good + string(observed) + "\n"}, []string{"predictions/2026-09.jsonl:2"}, 1},
		{"a long line", map[string]string{"predictions/2026-09.jsonl": strings.Repeat("9", 100<<10) + "\n" + good}, []string{"predictions/2026-09.jsonl:1"}, 1},
		{"a large file", map[string]string{"predictions/2026-09.jsonl": strings.Repeat("{}\n", branch.MaxFile/3+1), "predictions/2026-10.jsonl": "x"}, []string{"predictions/2026-09.jsonl:0", "predictions/2026-10.jsonl:1"}, 0},
		{"cut off", map[string]string{"predictions/2026-09.jsonl": good + good[:len(good)/2]}, []string{"predictions/2026-09.jsonl:2"}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.put(tt.files)
			got, bad := read(t, w.open(t))
			if diff := cmp.Diff(tt.bad, bad); diff != "" || len(got) != tt.want {
				t.Errorf("%d records, want %d; what cannot be read, -want +got:\n%s", len(got), tt.want, diff)
			}
			for _, r := range got {
				if diff := cmp.Diff(p, r.Prediction); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
			}
		})
	}
}

// Errors of lines are bounded, however many bad ones there are.
func TestManyBadLines(t *testing.T) {
	w := newWorld(t)
	files := map[string]string{}
	for m := range 12 {
		files[fmt.Sprintf("predictions/2026-%02d.jsonl", m+1)] = strings.Repeat("x\n", 1000)
	}
	w.put(files)
	if got, bad := read(t, w.open(t)); len(got) != 0 || len(bad) != 101 {
		t.Errorf("%d records and %d errors, want 0 and 101", len(got), len(bad))
	}
}

// What others have put into a file stays as it is; where nothing can be added to it, that is an error.
func TestAddsBehindOthers(t *testing.T) {
	p := predictiontest.Predicted(shop, 1, "a")
	good := predicted(t, p)
	const file = "predictions/2026-09.jsonl"
	large := newWorld(t) // which the client does not read either
	large.put(map[string]string{file: strings.Repeat("x\n", branch.MaxFile/2+1)})
	if err := large.open(t).Predict(t.Context(), p); err == nil || !strings.Contains(err.Error(), "more than 1048576 bytes") {
		t.Errorf("a file that is too large: error %v", err)
	}
	for _, tt := range []struct{ name, have, want, err string }{
		{"nothing", "", good, ""},
		{"a line without its end", "x", "x\n" + good, ""},
		{"lines of others", "x\r\ny\n", "x\r\ny\n" + good, ""},
		{"a full file", strings.Repeat("x\n", branch.MaxFile/2), "", "more than 1048576 bytes"},
		{"no text", "\xff\n", "", "not UTF-8"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.put(map[string]string{file: tt.have, "other": "stays"})
			err := w.open(t).Predict(t.Context(), p)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) || w.text(t, file) != tt.have {
					t.Errorf("error %v, want %q, and the file as it was", err, tt.err)
				}
				return
			}
			if got := w.text(t, file); err != nil || got != tt.want || w.text(t, "other") != "stays" {
				t.Errorf("error %v, and the file is %q, want %q", err, got, tt.want)
			}
		})
	}
}

// Without the permission to write, the error says which one is needed, and reading goes on.
func TestPermission(t *testing.T) {
	w := newWorld(t)
	p := predictiontest.Predicted(shop, 1, "a")
	if err := w.open(t).Predict(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	w.AddToken("reader", githubtest.ReadOnlyActor())
	c, err := github.New(github.Config{BaseURL: w.URL, GraphQLURL: w.GraphQLURL, Token: "reader", Sleep: brief})
	if err != nil {
		t.Fatal(err)
	}
	s := predictionbranch.New(c.BranchFiles(acme), predictionbranch.Options{Sleep: brief})
	if err := s.Predict(t.Context(), p); err != nil {
		t.Errorf("what is there already: %v", err)
	}
	if err := s.Predict(t.Context(), predictiontest.Predicted(shop, 2, "a")); !errors.Is(err, github.ErrPermission) || !strings.Contains(err.Error(), "contents: write") {
		t.Errorf("error %v, want that contents: write is missing", err)
	}
	if got, bad := read(t, s); len(got) != 1 || len(bad) != 0 {
		t.Errorf("%d records, %q", len(got), bad)
	}
}

// The months of a file are those of UTC, whatever the time's zone.
func TestMonths(t *testing.T) {
	w := newWorld(t)
	s := w.open(t)
	p := predictiontest.Predicted(shop, 1, "a")
	p.Merged = time.Date(2026, 9, 30, 23, 59, 59, 0, time.UTC)
	if err := s.Predict(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	o := predictiontest.Observed(p, 28)
	if err := s.Observe(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	line, err := prediction.EncodeOutcome(o)
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{"predictions/2026-09.jsonl": predicted(t, p), "predictions/2026-10.jsonl": string(line) + "\n"} {
		if got := w.text(t, file); got != want {
			t.Errorf("%s is %q, want %q", file, got, want)
		}
	}
	if got, _ := read(t, s); !bytes.Contains(line, []byte(`"outcome"`)) || len(got) != 1 || len(got[0].Outcomes) != 1 {
		t.Errorf("got %+v", got)
	}
}
