package github_test

import (
	"errors"
	"fmt"
	"slices"
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

// Many files are read from one archive, and those that it lacks or has otherwise one by one.
func TestBranchFilesRead(t *testing.T) {
	w := newWriter(t)
	files, want := map[string]string{"large": strings.Repeat("x", github.MaxFile+1)}, map[string]string{}
	for i := range 15 {
		p := fmt.Sprintf("a/%02d", i)
		files[p], want[p] = fmt.Sprint(i), fmt.Sprint(i)
	}
	at := w.Commit(w.name, nil, githubtest.Text(files))
	b := w.c.BranchFiles(acme)
	list, err := b.List(bg(), at)
	if err != nil {
		t.Fatal(err)
	}
	list = list[:15]
	for _, tt := range []struct{ files, requests int }{{15, 2}, {3, 3}} {
		w.ResetRequests()
		got := map[string]string{}
		err := b.Read(bg(), at, list[:tt.files], func(f github.BranchFile, data []byte) error {
			got[f.Path] += string(data)
			return nil
		})
		if err != nil || len(got) != tt.files || len(w.Requests()) != tt.requests {
			t.Errorf("%d files, %d requests, %v; want %d", len(got), len(w.Requests()), err, tt.requests)
		}
		for p, text := range got {
			if text != want[p] {
				t.Errorf("%s: %q, want %q", p, text, want[p])
			}
		}
	}
	other := slices.Clone(list)
	other[4].Path, other[4].ID = "a/gone", list[5].ID // which the archive does not have under that name
	other[6].ID = list[7].ID                          // or with other content
	n := 0
	if err := b.Read(bg(), at, other, func(f github.BranchFile, data []byte) error {
		if n++; f.Path == "a/gone" && string(data) != want["a/05"] || f.Path == "a/06" && string(data) != want["a/07"] {
			t.Errorf("%s has %q", f.Path, data)
		}
		return nil
	}); err != nil || n != 15 {
		t.Errorf("%d files, %v", n, err)
	}
	stop := errors.New("stop")
	for _, k := range []int{2, 15} {
		if err := b.Read(bg(), at, list[:k], func(github.BranchFile, []byte) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("%d files: %v", k, err)
		}
	}
	if err := b.Read(bg(), "main", list, nil); err == nil {
		t.Error("a branch was taken for a commit")
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
