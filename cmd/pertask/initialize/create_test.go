package initialize

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/setup"
)

func root(t *testing.T) (*os.Root, string) {
	t.Helper()
	dir := t.TempDir()
	r, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r, dir
}

// names lists what is in a folder, with the hidden files.
func names(t *testing.T, dir string) (out []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func TestCreate(t *testing.T) {
	r, dir := root(t)
	if err := create(r, setup.File{Path: "a/b/c.yml", Content: "x\n"}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "a/b/c.yml"))
	if err != nil || string(data) != "x\n" {
		t.Errorf("%q, %v", data, err)
	}
	if diff := cmp.Diff([]string{"c.yml"}, names(t, filepath.Join(dir, "a/b"))); diff != "" {
		t.Errorf("more than the file is left (-want +got):\n%s", diff)
	}
}

// What came between the plan and the writing stays, whatever it is.
func TestCreateReplacesNothing(t *testing.T) {
	for name, make := range map[string]func(path string) error{
		"a file":           func(p string) error { return os.WriteFile(p, []byte("theirs"), 0o644) },
		"an empty file":    func(p string) error { return os.WriteFile(p, nil, 0o644) },
		"a folder":         func(p string) error { return os.Mkdir(p, 0o755) },
		"a link":           func(p string) error { return os.Symlink("elsewhere", p) },
		"a link to itself": func(p string) error { return os.Symlink(filepath.Base(p), p) },
		"a link outside":   func(p string) error { return os.Symlink("/nowhere/at/all", p) },
	} {
		r, dir := root(t)
		path := filepath.Join(dir, "c.yml")
		if err := make(path); err != nil {
			t.Fatal(err)
		}
		before, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := create(r, setup.File{Path: "c.yml", Content: "x\n"}); !errors.Is(err, os.ErrExist) {
			t.Errorf("%s: %v", name, err)
		}
		after, err := os.Lstat(path)
		if err != nil || !os.SameFile(before, after) || before.Size() != after.Size() {
			t.Errorf("%s: it is another one now: %v", name, err)
		}
		if diff := cmp.Diff([]string{"c.yml"}, names(t, dir)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	r, dir := root(t)
	if err := create(r, setup.File{Path: "c.yml", Exists: true}); !errors.Is(err, os.ErrExist) || len(names(t, dir)) != 0 {
		t.Errorf("what the plan saw: %v", err)
	}
}

func TestCreateFails(t *testing.T) {
	r, dir := root(t)
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	outside := t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, "out")); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"file/c.yml", "out/c.yml", "out/deep/c.yml", "../c.yml"} {
		err := create(r, setup.File{Path: path, Content: "x"})
		if err == nil || errors.Is(err, os.ErrExist) && path == "out/c.yml" {
			t.Errorf("%s: %v", path, err)
		}
	}
	if got := names(t, outside); len(got) != 0 {
		t.Errorf("%q is outside", got)
	}
}

// Of several that write at once one succeeds, and the file is whole.
func TestCreateAtOnce(t *testing.T) {
	r, dir := root(t)
	const n = 8
	errs := make(chan error, n)
	for i := range n {
		go func() {
			errs <- create(r, setup.File{Path: "c.yml", Content: strings.Repeat(fmt.Sprint(i), 10_000)})
		}()
	}
	done := 0
	for range n {
		if err := <-errs; err == nil {
			done++
		} else if !errors.Is(err, os.ErrExist) {
			t.Error(err)
		}
	}
	data, err := os.ReadFile(filepath.Join(dir, "c.yml"))
	if err != nil || done != 1 || len(data) != 10_000 || strings.Trim(string(data), string(data[:1])) != "" {
		t.Errorf("%d have written, %d bytes, %v", done, len(data), err)
	}
}

func TestBuilt(t *testing.T) {
	const sha = "0123456789012345678901234567890123456789"
	for _, tt := range []struct {
		name, path, version string
		settings            map[string]string
		want                setup.Pin
	}{
		{"a release from a clean tree", "github.com/pertask/pertask/cmd/pertask", "v1.2.3", map[string]string{"vcs.revision": sha, "vcs.modified": "false"}, setup.Pin{SHA: sha, Version: "v1.2.3"}},
		{"a clean tree", "github.com/pertask/pertask/cmd/pertask", "(devel)", map[string]string{"vcs.revision": sha, "vcs.modified": "false"}, setup.Pin{SHA: sha}},
		{"a commit between releases", "github.com/pertask/pertask/cmd/pertask", "v0.0.0-20261123120000-0123456789ab", map[string]string{"vcs.revision": sha, "vcs.modified": "false"}, setup.Pin{SHA: sha}},
		{"a tree that was changed", "github.com/pertask/pertask/cmd/pertask", "v1.2.3+dirty", map[string]string{"vcs.revision": sha, "vcs.modified": "true"}, setup.Pin{}},
		{"installed by go install", "github.com/pertask/pertask/cmd/pertask", "v1.2.3", nil, setup.Pin{Version: "v1.2.3"}},
		{"another program", "example.com/fork/cmd", "v1.2.3-rc.1", map[string]string{"vcs.revision": sha}, setup.Pin{}},
		{"no commit's name", "github.com/pertask/pertask/cmd/pertask", "", map[string]string{"vcs.revision": "trunk@5"}, setup.Pin{}},
	} {
		info := &debug.BuildInfo{Path: tt.path, Main: debug.Module{Version: tt.version}}
		for k, v := range tt.settings {
			info.Settings = append(info.Settings, debug.BuildSetting{Key: k, Value: v})
		}
		if diff := cmp.Diff(tt.want, built(info)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}
