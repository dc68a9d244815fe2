package github_test

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/githubtest"
)

func TestFiles(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	base := w.Commit(w.name, nil, githubtest.Text(map[string]string{
		"a.yaml": "model: m1\nx: 1\n", "old.yaml": "one\ntwo\nthree\nfour\n", "gone.txt": "bye\n", "same": "same\n", "bin": "\x00\x01",
	}))
	head := w.Commit(w.name, []string{base}, githubtest.Text(map[string]string{
		"a.yaml": "model: m2\nx: 1\n", "new.yaml": "one\ntwo\nthree\n4\n", "added.txt": "hi\n", "same": "same\n", "bin": "\x00\x02",
	}))
	n := w.OpenPull(w.name, base, head)
	got, truncated, err := w.c.Files(bg(), acme, n)
	if err != nil || truncated {
		t.Fatalf("got truncated %v, %v", truncated, err)
	}
	for i := range got {
		if len(got[i].SHA) != 40 {
			t.Errorf("%s has SHA %q", got[i].Path, got[i].SHA)
		}
		got[i].SHA = ""
	}
	want := []github.File{
		{Path: "a.yaml", Status: "modified", Patch: "@@ -1,2 +1,2 @@\n-model: m1\n+model: m2\n x: 1", Changes: 2},
		{Path: "added.txt", Status: "added", Patch: "@@ -0,0 +1 @@\n+hi", Changes: 1},
		{Path: "bin", Status: "modified"},
		{Path: "gone.txt", Status: "removed", Patch: "@@ -1 +0,0 @@\n-bye", Changes: 1},
		{Path: "new.yaml", PreviousPath: "old.yaml", Status: "renamed", Patch: "@@ -1,4 +1,4 @@\n one\n two\n three\n-four\n+4", Changes: 2},
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("got-want:\n%s", diff)
	}
}

// TestFilesCountChangesWithoutAPatch: GitHub leaves the patch of a large change out, and counts its lines.
func TestFilesCountChangesWithoutAPatch(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	base := w.Commit(w.name, nil, githubtest.Text(map[string]string{"a.go": strings.Repeat("x\n", 3000), "moved.go": "package x\n"}))
	head := w.Commit(w.name, []string{base}, githubtest.Text(map[string]string{"a.go": strings.Repeat("y\n", 3000), "here.go": "package x\n"}))
	got, _, err := w.c.Files(bg(), acme, w.OpenPull(w.name, base, head))
	if err != nil || len(got) != 2 {
		t.Fatalf("got %+v, %v, want two files", got, err)
	}
	if got[0].Patch != "" || got[0].Changes != 6000 {
		t.Errorf("got a patch of %d bytes and %d changes, want none and 6000", len(got[0].Patch), got[0].Changes)
	}
	if got[1].PreviousPath != "moved.go" || got[1].Patch != "" || got[1].Changes != 0 {
		t.Errorf("a rename alone: got %+v, want no changes", got[1])
	}
}

func TestFilesPagesAndLimit(t *testing.T) {
	for _, tt := range []struct {
		n, want   int
		truncated bool
		requests  int
	}{{100, 100, false, 1}, {101, 101, false, 2}, {2999, 2999, false, 30}, {3100, 3000, true, 30}} {
		w := newWorld(t, githubtest.Options{})
		files := map[string]string{}
		for i := range tt.n {
			files[fmt.Sprintf("f%04d", i)] = "x\n"
		}
		base := w.Commit(w.name, nil, nil)
		n := w.OpenPull(w.name, base, w.Commit(w.name, []string{base}, githubtest.Text(files)))
		got, truncated, err := w.c.Files(bg(), acme, n)
		if err != nil || len(got) != tt.want || truncated != tt.truncated {
			t.Errorf("%d files: got %d, %v, %v", tt.n, len(got), truncated, err)
		}
		if got := w.Count("GET", "/files$"); got != tt.requests {
			t.Errorf("%d files: %d requests, want %d", tt.n, got, tt.requests)
		}
	}
}

func TestMergeBase(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	tip := w.Commit(w.name, []string{w.base}, githubtest.Text(map[string]string{"main": "moved on\n"}))
	w.SetBranch(w.name, "main", tip)
	for _, base := range []string{tip, "main"} {
		got, err := w.c.MergeBase(bg(), acme, base, w.head)
		if err != nil || got != w.base {
			t.Errorf("from %s: got %s, %v, want %s", base, got, err, w.base)
		}
	}
	other := w.Commit(w.name, nil, githubtest.Text(map[string]string{"other": "root\n"}))
	_, err := w.c.MergeBase(bg(), acme, other, w.head)
	if !errors.Is(err, github.ErrNotFound) || !strings.HasPrefix(err.Error(), "reading merge base of "+other) {
		t.Errorf("no common ancestor: got %v", err)
	}
	fork := w.AddFork(w.name, "eve", "agent")
	w.SetBranch(fork, "feature/x", w.head)
	if got, err := w.c.MergeBase(bg(), acme, "main", "eve:feature/x"); err != nil || got != w.base {
		t.Errorf("from a fork: got %s, %v, want %s", got, err, w.base)
	}
}

func treeWorld(t *testing.T, opt githubtest.Options) (*world, string) {
	w := newWorld(t, opt)
	sha := w.Commit(w.name, nil, map[string]githubtest.File{
		"agents.yaml":        {Content: "model: m1\n"},
		"run.sh":             {Content: "#!/bin/sh\n", Mode: githubtest.Executable},
		"link.yaml":          {Content: "/etc/passwd", Mode: githubtest.Symlink},
		"dirlink":            {Content: "config", Mode: githubtest.Symlink},
		"config/deep/a.yaml": {Content: "a\n"},
		"config/deep/b.yaml": {Content: "b\n"},
		"config/other.yaml":  {Content: "not asked for\n"},
		"vendored":           {Content: strings.Repeat("1", 40), Mode: githubtest.Submodule},
		"big.yaml":           {Content: strings.Repeat("x", github.MaxFile+1)},
		"edge.yaml":          {Content: strings.Repeat("x", github.MaxFile)},
		"empty.yaml":         {},
	})
	return w, sha
}

func TestBlobs(t *testing.T) {
	many := []string{}
	for i := range 10 {
		many = append(many, fmt.Sprintf("no/such%d/file", i))
	}
	for _, tt := range []struct {
		name      string
		opt       githubtest.Options
		extra     []string
		recursive int
	}{
		{"directory by directory", githubtest.Options{}, nil, 0},
		{"whole tree", githubtest.Options{}, many, 1},
		{"whole tree is too large", githubtest.Options{TreeLimit: 3}, many, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, sha := treeWorld(t, tt.opt)
			fsys, err := w.c.Blobs(bg(), acme, sha, append([]string{
				"agents.yaml", "run.sh", "link.yaml", "dirlink/other.yaml", "config/deep/a.yaml", "config/deep/b.yaml", "vendored/x",
				"big.yaml", "edge.yaml", "empty.yaml", "missing.yaml", "agents.yaml/below", "config/deep",
			}, tt.extra...))
			if err != nil {
				t.Fatal(err)
			}
			checkTree(t, fsys)
			n := 0
			for _, r := range w.Requests() {
				if strings.Contains(r.Query, "recursive") {
					n++
				}
			}
			if n != tt.recursive {
				t.Errorf("%d recursive requests, want %d", n, tt.recursive)
			}
		})
	}
}

func checkTree(t *testing.T, fsys fs.FS) {
	t.Helper()
	modes := map[string]fs.FileMode{}
	if err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		modes[p] = info.Mode()
		return err
	}); err != nil {
		t.Fatal(err)
	}
	want := map[string]fs.FileMode{
		".": fs.ModeDir | 0o755, "agents.yaml": 0o644, "run.sh": 0o755, "link.yaml": fs.ModeSymlink | 0o777, "dirlink": fs.ModeSymlink | 0o777,
		"config": fs.ModeDir | 0o755, "config/deep": fs.ModeDir | 0o755, "config/deep/a.yaml": 0o644, "config/deep/b.yaml": 0o644,
		"vendored": fs.ModeIrregular, "big.yaml": 0o644, "edge.yaml": 0o644, "empty.yaml": 0o644,
	}
	if diff := cmp.Diff(modes, want); diff != "" {
		t.Errorf("got-want:\n%s", diff)
	}
	if got, err := fs.ReadFile(fsys, "config/deep/b.yaml"); err != nil || string(got) != "b\n" {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := fs.ReadLink(fsys, "link.yaml"); err != nil || got != "/etc/passwd" {
		t.Errorf("link: got %q, %v", got, err)
	}
	for _, p := range []string{"link.yaml", "dirlink", "dirlink/other.yaml", "vendored", "big.yaml", "missing.yaml", "config/other.yaml"} {
		if _, err := fs.ReadFile(fsys, p); err == nil {
			t.Errorf("%s can be read", p)
		}
	}
	if _, err := fs.ReadFile(fsys, "big.yaml"); !errors.Is(err, github.ErrTooLong) {
		t.Errorf("big.yaml: got %v, want ErrTooLong", err)
	}
	if info, err := fs.Stat(fsys, "big.yaml"); err != nil || info.Size() != github.MaxFile+1 {
		t.Errorf("big.yaml: %v, %v", info, err)
	}
	if _, err := fs.Stat(fsys, "missing.yaml"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing.yaml: got %v, want not exist", err)
	}
}

func TestBlobsIsAFileSystem(t *testing.T) {
	w, sha := treeWorld(t, githubtest.Options{})
	fsys, err := w.c.Blobs(bg(), acme, sha, []string{"agents.yaml", "config/deep/a.yaml", "config/deep/b.yaml", "empty.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(fsys, "agents.yaml", "config/deep/a.yaml", "config/deep/b.yaml", "empty.yaml"); err != nil {
		t.Error(err)
	}
}

func TestBlobsAreReadOnce(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	for _, sha := range []string{w.base, w.head, w.base} {
		if _, err := w.c.Blobs(bg(), acme, sha, []string{"README.md", "agents.yaml"}); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := w.Count("GET", "/git/blobs/"), 3; got != want {
		t.Errorf("%d blobs were read, want %d different ones", got, want)
	}
}

func TestBlobsErrors(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	for _, tt := range []struct{ name, sha, path, want string }{
		{"path that climbs", w.head, "../x", "slash-separated"},
		{"branch", "main", "x", "full object id"},
		{"unknown commit", strings.Repeat("a", 40), "x", "not found"},
	} {
		if _, err := w.c.Blobs(bg(), acme, tt.sha, []string{tt.path}); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
	fsys, err := w.c.Blobs(bg(), acme, w.head, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := fs.ReadDir(fsys, "."); err != nil || len(got) != 0 {
		t.Errorf("no paths: got %v, %v, want nothing", got, err)
	}
}

func TestArchiveDoesNotSendTheToken(t *testing.T) {
	w, sha := treeWorld(t, githubtest.Options{})
	r, err := w.c.Archive(bg(), acme, sha)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	gz, err := gzip.NewReader(r)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for tr := tar.NewReader(gz); ; {
		h, err := tr.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(tr)
		if err != nil {
			t.Fatal(err)
		}
		got[h.Name] = string(data)
	}
	if top := "acme-agent-" + sha[:7] + "/"; got[top+"config/deep/a.yaml"] != "a\n" {
		t.Errorf("got %d entries without %s", len(got), top+"config/deep/a.yaml")
	}
	requests := w.Requests()
	if len(requests) != 2 || !requests[0].Authorized || !requests[1].Archive || requests[1].Authorized {
		t.Errorf("got %+v, want one with the token and one to the other server without", requests)
	}
}

func TestArchiveErrorsHideTheKey(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	if _, err := w.c.Archive(bg(), acme, strings.Repeat("a", 40)); !errors.Is(err, github.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	if _, err := w.c.Archive(bg(), acme, "main"); err == nil {
		t.Error("a branch: want an error")
	}
}

func TestCanWrite(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	for login, level := range map[string]string{"ada": "admin", "bob": "write", "mia": "maintain", "rob": "read", "nix": "none"} {
		w.SetPermission(w.name, login, level)
	}
	for login, want := range map[string]bool{"ada": true, "bob": true, "mia": true, "rob": false, "nix": false, "stranger": false} {
		if got, err := w.c.CanWrite(bg(), acme, login); err != nil || got != want {
			t.Errorf("%s: got %v, %v, want %v", login, got, err, want)
		}
	}
	for _, login := range []string{"", "a/b", "dependabot[bot]", ".."} {
		if got, err := w.c.CanWrite(bg(), acme, login); err == nil || got {
			t.Errorf("%q: got %v, %v, want an error", login, got, err)
		}
	}
}
