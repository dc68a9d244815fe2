package github_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/githubtest"
)

func TestBranchFiles(t *testing.T) {
	w := newWriter(t, func(cfg *github.Config) {
		cfg.Redact = func(s string) string { return strings.ReplaceAll(s, "sk-secret", "***") }
	})
	b := w.c.BranchFiles(acme)
	if at, err := b.Ref(bg(), "data"); at != "" || err != nil {
		t.Errorf("a branch that is not there: %q, %v", at, err)
	}
	commit := func(parent string, files map[string]string, gone ...string) string {
		t.Helper()
		in := map[string][]byte{}
		for p, text := range files {
			in[p] = []byte(text)
		}
		for _, p := range gone {
			in[p] = nil
		}
		at, err := b.Commit(bg(), parent, in, "data: sk-secret")
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	first := commit("", map[string]string{"a/b": "1\n", "a/c": "2\n", "d": ""})
	if err := b.Move(bg(), "data", "", first); err != nil {
		t.Fatal(err)
	}
	if again := commit(first, map[string]string{"a/b": "1\n"}); again != first {
		t.Error("a commit without a difference was made")
	}
	second := commit(first, map[string]string{"e": "3\n"}, "a/c")
	if err := b.Move(bg(), "data", first, second); err != nil {
		t.Fatal(err)
	}
	if err := b.Move(bg(), "data", second, first); err == nil {
		t.Error("the branch was moved back")
	}
	at, err := b.Ref(bg(), "data")
	if err != nil || at != second {
		t.Fatalf("%q, %v", at, err)
	}
	list, err := b.List(bg(), at)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range list {
		text, err := b.Content(bg(), f)
		if err != nil || int64(len(text)) != f.Size {
			t.Fatalf("%q, %v", text, err)
		}
		got[f.Path] = string(text)
	}
	if diff := cmp.Diff(map[string]string{"a/b": "1\n", "d": "", "e": "3\n"}, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	for _, r := range w.Requests() {
		if strings.Contains(r.Body, "sk-secret") {
			t.Errorf("%s %s sends a secret", r.Method, r.Path)
		}
	}
	if _, err := b.Commit(bg(), second, map[string][]byte{"x": []byte("sk-secret")}, "m"); err == nil || !strings.Contains(err.Error(), "secret") {
		t.Errorf("a secret was written: %v", err)
	}
}

func TestBranchFilesRefusals(t *testing.T) {
	w := newWorld(t, githubtest.Options{}) // contents: read
	b := w.c.BranchFiles(acme)
	if _, err := b.Commit(bg(), "", map[string][]byte{"x": nil}, "m"); !errors.Is(err, github.ErrPermission) || !strings.Contains(err.Error(), `"contents: write"`) {
		t.Errorf("without the permission: %v", err)
	}
	if _, err := b.Content(bg(), github.BranchFile{Path: "x", ID: w.base, Size: github.MaxFile + 1}); !errors.Is(err, github.ErrTooLong) {
		t.Errorf("a file that is too large: %v", err)
	}
	if _, err := b.List(bg(), "main"); err == nil {
		t.Error("a branch was taken for a commit")
	}
	nobody := w.c.BranchFiles(github.Repo{})
	_, errRef := nobody.Ref(bg(), "data")
	_, errContent := nobody.Content(bg(), github.BranchFile{})
	_, errCommit := nobody.Commit(bg(), "", nil, "m")
	for _, err := range []error{errRef, errContent, errCommit, nobody.Move(bg(), "data", "", w.base)} {
		if err == nil {
			t.Error("no error without a repository")
		}
	}
}
