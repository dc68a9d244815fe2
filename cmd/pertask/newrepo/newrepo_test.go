package newrepo_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/pertask/pertask/cmd/pertask/newrepo"
	"github.com/pertask/pertask/internal/gitrepo"
	"github.com/pertask/pertask/internal/need"
)

func TestRepo(t *testing.T) {
	need.Program(t, "git")
	// What a user has set up must not come into it.
	home := t.TempDir()
	hook := filepath.Join(home, "hooks", "pre-commit")
	if err := os.MkdirAll(filepath.Dir(hook), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(hook, []byte("#!/bin/sh\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	settings := filepath.Join(home, "gitconfig")
	if err := os.WriteFile(settings, []byte("[core]\n\thooksPath = "+filepath.Dir(hook)+"\n[commit]\n\tgpgSign = true\n[init]\n\tdefaultBranch = trunk\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GIT_CONFIG_GLOBAL", settings)
	t.Setenv("GIT_DIR", filepath.Join(home, "elsewhere"))

	ctx, dir := t.Context(), t.TempDir()
	r, err := newrepo.Init(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	steps := []error{
		r.Commit(ctx, map[string]string{"a/b.txt": "1\n", "c.txt": "2\n"}, "base"), r.Branch(ctx, "head"),
		r.Commit(ctx, map[string]string{"c.txt": "3\n"}, "head"), newrepo.At(dir).Checkout(ctx, "main"),
		newrepo.At(dir).Commit(ctx, map[string]string{"d.txt": "4\n"}, "more"),
	}
	for i, err := range steps {
		if err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
	}
	if err := os.Unsetenv("GIT_DIR"); err != nil {
		t.Fatal(err)
	}
	made, err := gitrepo.Open(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	for ref, files := range map[string]map[string]string{
		"main": {"a/b.txt": "1\n", "c.txt": "2\n", "d.txt": "4\n"},
		"head": {"a/b.txt": "1\n", "c.txt": "3\n", "d.txt": ""},
	} {
		sha, err := made.Resolve(ref)
		if err != nil {
			t.Fatal(err)
		}
		tree, err := made.Tree(sha)
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range files {
			if got, err := fs.ReadFile(tree, name); string(got) != want || (err != nil) != (want == "") {
				t.Errorf("%s at %s is %q, %v; want %q", name, ref, got, err, want)
			}
		}
	}
	for name, err := range map[string]error{
		"a branch that is there":     r.Branch(ctx, "head"),
		"a branch that is not there": r.Checkout(ctx, "tail"),
		"nothing new":                r.Commit(ctx, nil, "again"),
		"a file over a folder":       r.Commit(ctx, map[string]string{"a": "5\n"}, "over"),
		"a folder over a file":       r.Commit(ctx, map[string]string{"c.txt/e": "5\n"}, "over"),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
