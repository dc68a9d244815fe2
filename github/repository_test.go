package github_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/githubtest"
)

// newWriter is a world whose token may write contents.
func newWriter(t *testing.T, change ...func(*github.Config)) *world {
	a := githubtest.WorkflowActor()
	a.Permissions["contents"] = "write"
	return newWorld(t, githubtest.Options{Actor: a}, change...)
}

const spend, month = "pertask/spend", "spend/2026-11.jsonl"

func (w *world) branchText(t *testing.T) string {
	t.Helper()
	data, version, err := w.c.ReadBranch(bg(), acme, spend, month)
	if err != nil || (version == "") != (data == nil) {
		t.Fatalf("got %q at %q and %v", data, version, err)
	}
	return string(data)
}

func TestAppendBranch(t *testing.T) {
	w := newWriter(t, func(cfg *github.Config) {
		cfg.Redact = func(s string) string { return strings.ReplaceAll(s, "sk-secret", "***") }
	})
	if got := w.branchText(t); got != "" {
		t.Errorf("got %q of no branch", got)
	}
	want := ""
	for i := range 3 {
		line := fmt.Sprintf(`{"n":%d,"key":"sk-secret"}`, i)
		for range 2 { // the second time it is there already
			if err := w.c.AppendBranch(bg(), acme, spend, month, line, "spend: sk-secret"); err != nil {
				t.Fatal(err)
			}
		}
		want += fmt.Sprintf(`{"n":%d,"key":"***"}`, i) + "\n"
		if diff := cmp.Diff(w.branchText(t), want); diff != "" {
			t.Errorf("got-want:\n%s", diff)
		}
	}
	if err := w.c.AppendBranch(bg(), acme, spend, "spend/2026-12.jsonl", "x", "spend"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(w.branchText(t), want); diff != "" {
		t.Errorf("another file has changed this one: got-want:\n%s", diff)
	}
	if log := w.Log(w.name, spend); len(log) != 4 || slices.Contains(log, w.base) {
		t.Errorf("got %v, want four commits that share nothing with the code", log)
	}
	for _, r := range w.Requests() {
		if strings.Contains(r.Body, "sk-secret") {
			t.Errorf("%s %s sends a secret", r.Method, r.Path)
		}
	}
}

// TestAppendBranchTogether lets eight processes race, through lost answers.
func TestAppendBranchTogether(t *testing.T) {
	w := newWriter(t)
	w.Fail(githubtest.Match("PATCH", "/git/refs/"), 502, 2, true)
	w.Fail(githubtest.Match("POST", "/git/refs$"), 0, 1, true)
	w.Fail(githubtest.Match("POST", "/git/trees$"), 500, 1, false)
	w.Fail(githubtest.Match("GET", "/git/ref/"), 503, 2, false)
	const processes, each = 4, 2
	var wg sync.WaitGroup
	for p := range processes {
		c := newClient(t, w.Server)
		wg.Go(func() {
			for i := range each {
				if err := c.AppendBranch(bg(), acme, spend, month, fmt.Sprintf("%d.%d", p, i), "spend"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	got := strings.Fields(w.branchText(t))
	slices.Sort(got)
	var want []string
	for p := range processes {
		for i := range each {
			want = append(want, fmt.Sprintf("%d.%d", p, i))
		}
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("got-want:\n%s", diff)
	}
}

func TestAppendBranchRefusals(t *testing.T) {
	w := newWorld(t, githubtest.Options{}) // contents: read
	err := w.c.AppendBranch(bg(), acme, spend, month, "x", "spend")
	if !errors.Is(err, github.ErrPermission) || !strings.Contains(err.Error(), `add the permission "contents: write"`) {
		t.Errorf("got %v without the permission", err)
	}
	if n := w.Count("POST", ""); n != 1 {
		t.Errorf("%d writes, want 1: a refusal is not tried again", n)
	}
	v := newWriter(t)
	if err := v.c.AppendBranch(bg(), acme, spend, month, "x", "spend"); err != nil {
		t.Fatal(err)
	}
	v.Inject(githubtest.Fault{Match: githubtest.Match("PATCH", "/git/refs/"), Status: 422, Message: "Repository rule violations found", Times: -1})
	if err := v.c.AppendBranch(bg(), acme, spend, month, "y", "spend"); err == nil || !strings.Contains(err.Error(), "rule violations") {
		t.Errorf("got %v of a branch that rules protect", err)
	}
	if n := v.Count("PATCH", ""); n != 1 {
		t.Errorf("%d moves, want 1", n)
	}
	ctx, cancel := context.WithCancel(bg())
	cancel()
	if err := v.c.AppendBranch(ctx, acme, spend, month, "z", "spend"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v of a cancelled context", err)
	}
}

func TestRepository(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	got, err := w.c.Repository(bg(), acme)
	want := github.Repository{DefaultBranch: "main", Permissions: map[string]bool{"admin": false, "maintain": false, "push": false, "triage": false, "pull": true}}
	if diff := cmp.Diff(got, want); err != nil || diff != "" {
		t.Errorf("got %v, got-want:\n%s", err, diff)
	}
	if _, err := w.c.Repository(bg(), github.Repo{Owner: "acme", Name: "gone"}); !errors.Is(err, github.ErrNotFound) {
		t.Errorf("got %v of no repository", err)
	}
}

func TestBranchRules(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	for name, tt := range map[string]struct {
		rules githubtest.Rules
		want  github.BranchRules
	}{
		"none":  {githubtest.Rules{}, github.BranchRules{}},
		"queue": {githubtest.Rules{MergeQueue: true}, github.BranchRules{MergeQueue: true}},
		"both kinds, each check once, with its App where one is named": {
			githubtest.Rules{
				Required:  []githubtest.Required{{Name: "test"}, {Name: "pertask", App: 7}},
				Protected: []githubtest.Required{{Name: "pertask"}, {Name: "lint"}, {Name: "test", App: 15368}},
			},
			github.BranchRules{Required: []github.RequiredCheck{{Name: "lint"}, {Name: "pertask", App: 7}, {Name: "test", App: 15368}}},
		},
	} {
		w.SetRules(w.name, "main", tt.rules)
		got, err := w.c.BranchRules(bg(), acme, "main")
		if diff := cmp.Diff(got, tt.want); err != nil || diff != "" {
			t.Errorf("%s: %v, got-want:\n%s", name, err, diff)
		}
	}
	if _, err := w.c.BranchRules(bg(), acme, "no/such"); !errors.Is(err, github.ErrNotFound) {
		t.Errorf("got %v of no branch", err)
	}
	w.SetBranch(w.name, "release/1.0 β", w.base)
	if _, err := w.c.BranchRules(bg(), acme, "release/1.0 β"); err != nil {
		t.Error(err)
	}
}

func TestRepoFile(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	odd := w.Commit(w.name, nil, map[string]githubtest.File{
		"link": {Content: "agents.yaml", Mode: githubtest.Symlink}, "dir/x": {Content: "x"}, "agents.yaml": {Content: "a"},
		"big": {Content: strings.Repeat("x", github.MaxFile+1)},
	})
	w.SetBranch(w.name, "odd/one", odd)
	for _, ref := range []string{"main", w.base} {
		got, err := w.c.RepoFile(bg(), acme, ref, "agents.yaml")
		if err != nil || string(got) != "model: m1\neffort: low\n" {
			t.Errorf("%s: got %q and %v", ref, got, err)
		}
	}
	if got, err := w.c.RepoFile(bg(), acme, "odd/one", "dir/x"); err != nil || string(got) != "x" {
		t.Errorf("got %q and %v on a branch with a slash", got, err)
	}
	for path, want := range map[string]error{"gone": fs.ErrNotExist, "link": nil, "dir": nil, "big": github.ErrTooLong} {
		got, err := w.c.RepoFile(bg(), acme, "odd/one", path)
		if err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: got %q and %v, want %v", path, got, err, want)
		}
	}
	if _, err := w.c.RepoFile(bg(), acme, "nowhere", "x"); err == nil {
		t.Error("a file was read on no branch")
	}
}
