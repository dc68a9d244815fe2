package github_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/githubtest"
)

func TestPull(t *testing.T) {
	no := false
	for _, tt := range []struct {
		name   string
		change func(*githubtest.Pull)
		want   func(*github.Pull)
	}{
		{"usual", func(*githubtest.Pull) {}, func(*github.Pull) {}},
		{"draft with labels", func(p *githubtest.Pull) { p.Draft, p.Labels = true, []string{"pertask", "a b"} },
			func(p *github.Pull) { p.Draft, p.Labels = true, []string{"pertask", "a b"} }},
		{"conflicting", func(p *githubtest.Pull) { p.Mergeable = &no }, func(p *github.Pull) { p.Mergeable, p.Conflicts = &no, true }},
		{"merged", func(p *githubtest.Pull) { p.Merged, p.State = true, "closed" }, func(p *github.Pull) { p.Merged, p.State = true, "closed" }},
		{"of a fork", func(p *githubtest.Pull) { p.HeadRepo = "eve/agent" }, func(p *github.Pull) { p.Fork, p.HeadRepo = true, "eve/agent" }},
		{"of a fork that is gone", func(p *githubtest.Pull) { p.HeadRepo = "" }, func(p *github.Pull) { p.Fork, p.HeadRepo = true, "" }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, githubtest.Options{})
			w.AddFork(w.name, "eve", "agent")
			w.ChangePull(w.name, w.pull, tt.change)
			want := github.Pull{
				Number: w.pull, BaseSHA: w.base, BaseRef: "main", HeadSHA: w.head, HeadRef: "change", HeadRepo: "acme/agent", State: "open", Author: "ada",
			}
			tt.want(&want)
			got, err := w.c.Pull(bg(), acme, w.pull)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(got, want); diff != "" {
				t.Errorf("got-want:\n%s", diff)
			}
		})
	}
}

func TestPullRefusals(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	if _, err := w.c.Pull(bg(), acme, 99); !errors.Is(err, github.ErrNotFound) {
		t.Errorf("got %v of a pull request that is not there, want ErrNotFound", err)
	}
	if _, err := w.c.Pull(bg(), acme, 0); err == nil {
		t.Error("number 0 was asked for")
	}
	if _, err := w.c.Pull(bg(), github.Repo{Owner: "..", Name: "x"}, 1); err == nil {
		t.Error("a bad repository was asked for")
	}
	if got := w.Count("", ""); got != 1 {
		t.Errorf("%d requests, want 1: what is wrong is not asked", got)
	}
}

// TestHeadOfIsCheap polls: what has not changed is not counted by GitHub, and what has is seen at once.
func TestHeadOfIsCheap(t *testing.T) {
	w := newWorld(t, githubtest.Options{Hourly: 3})
	head := func() string {
		t.Helper()
		got, err := w.c.HeadOf(bg(), acme, w.pull)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	for range 10 {
		if got := head(); got != w.head {
			t.Fatalf("got %s, want %s", got, w.head)
		}
	}
	next := w.Commit(w.name, []string{w.head}, githubtest.Text(map[string]string{"a": "b"}))
	w.ChangePull(w.name, w.pull, func(p *githubtest.Pull) { p.Head = next })
	for range 10 {
		if got := head(); got != next {
			t.Fatalf("got %s after a push, want %s", got, next)
		}
	}
	statuses := map[int]int{}
	for _, r := range w.Requests() {
		statuses[r.Status]++
	}
	if diff := cmp.Diff(statuses, map[int]int{http.StatusOK: 2, http.StatusNotModified: 18}); diff != "" {
		t.Errorf("got-want:\n%s", diff)
	}
}

func TestPullsOf(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	second := w.Commit(w.name, []string{w.head}, githubtest.Text(map[string]string{"a": "b"}))
	other := w.OpenPull(w.name, w.base, second)
	merge := w.Commit(w.name, []string{w.base, w.head}, githubtest.Text(map[string]string{"c": "d"}))
	w.ChangePull(w.name, w.pull, func(p *githubtest.Pull) { p.MergeSHA, p.Merged, p.State = merge, true, "closed" })
	for name, tt := range map[string]struct {
		sha  string
		want []int
	}{
		"of both": {w.head, []int{w.pull, other}}, "of one": {second, []int{other}}, "merge": {merge, []int{w.pull}},
		"none": {w.base, nil}, "not there": {strings.Repeat("ab", 20), nil},
	} {
		got, err := w.c.PullsOf(bg(), acme, tt.sha)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(got, tt.want); diff != "" {
			t.Errorf("%s: got-want:\n%s", name, diff)
		}
	}
	if _, err := w.c.PullsOf(bg(), acme, "main"); err == nil {
		t.Error("a name was taken for a commit")
	}
}

func TestPullsOfPages(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	for range 120 {
		w.OpenPull(w.name, w.base, w.head)
	}
	got, err := w.c.PullsOf(bg(), acme, w.head)
	if err != nil || len(got) != 121 || got[120] != 121 {
		t.Errorf("got %v and %v, want 1 to 121", got, err)
	}
}

func TestBetween(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	files := map[string]string{"agents.yaml": "model: m3\n"}
	tip, commits := w.base, []string{}
	for i := range 205 {
		files[fmt.Sprintf("f%03d", i)] = "x\n"
		tip = w.Commit(w.name, []string{tip}, githubtest.Text(files))
		commits = append(commits, tip)
	}
	got, ids, truncated, err := w.c.Between(bg(), acme, w.base, tip)
	if err != nil || truncated {
		t.Fatalf("got truncated %v and %v", truncated, err)
	}
	if diff := cmp.Diff(ids, commits); diff != "" {
		t.Errorf("commits: got-want:\n%s", diff)
	}
	if len(got) != 208 { // 205 new ones, agents.yaml, and two that are gone
		t.Errorf("got %d files, want 208", len(got))
	}
	if n := w.Count("GET", "/compare/"); n != 3 {
		t.Errorf("%d requests, want 3", n)
	}
	same, ids, truncated, err := w.c.Between(bg(), acme, tip, tip)
	if err != nil || truncated || len(same) != 0 || len(ids) != 0 {
		t.Errorf("got %v %v %v %v of the same commit, want nothing", same, ids, truncated, err)
	}
	if _, _, _, err := w.c.Between(bg(), acme, "main", tip); err == nil {
		t.Error("a name was taken for a commit")
	}
}

// TestBetweenSaysThatFilesAreMissing is GitHub's limit of 300 files, which no page gets around.
func TestBetweenSaysThatFilesAreMissing(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	files := map[string]string{}
	for i := range 400 {
		files[fmt.Sprintf("f%03d", i)] = "x\n"
	}
	tip := w.Commit(w.name, []string{w.base}, githubtest.Text(files))
	got, _, truncated, err := w.c.Between(bg(), acme, w.base, tip)
	if err != nil || !truncated || len(got) != 300 {
		t.Errorf("got %d files, truncated %v and %v, want 300 and true", len(got), truncated, err)
	}
}
