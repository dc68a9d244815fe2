package tree_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/internal/tree"
)

func add(t *testing.T, tr *tree.Tree, name string, mode fs.FileMode, text string) {
	t.Helper()
	if err := tr.Add(name, mode, int64(len(text)), func() ([]byte, error) { return []byte(text), nil }); err != nil {
		t.Fatal(err)
	}
}

func TestTreeIsAFileSystem(t *testing.T) {
	tr := tree.New()
	add(t, tr, "b/c/d.txt", 0o644, "hello")
	add(t, tr, "a.sh", 0o755, "#!/bin/sh\n")
	add(t, tr, "b/a.txt", 0o644, "")
	if err := fstest.TestFS(tr, "a.sh", "b/c/d.txt", "b/a.txt"); err != nil {
		t.Error(err)
	}
	st, err := tr.Stat("a.sh")
	if err != nil || st.Mode() != 0o755 {
		t.Errorf("mode %v, %v", st.Mode(), err)
	}
}

func TestTreeDoesNotFollowLinks(t *testing.T) {
	tr := tree.New()
	add(t, tr, "secret", 0o600, "x")
	add(t, tr, "link", fs.ModeSymlink|0o777, "secret")
	if _, err := fs.ReadFile(tr, "link"); err == nil {
		t.Error("a symbolic link was followed")
	}
	if target, err := tr.ReadLink("link"); err != nil || target != "secret" {
		t.Errorf("target %q, %v", target, err)
	}
	if st, err := tr.Lstat("link"); err != nil || st.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("Lstat shows %v, %v", st, err)
	}
}

func TestEmptyFolderAndSubmodule(t *testing.T) {
	tr := tree.New()
	for name, mode := range map[string]fs.FileMode{"empty": fs.ModeDir | 0o755, "sub": fs.ModeIrregular} {
		if err := tr.Add(name, mode, 0, nil); err != nil {
			t.Fatal(err)
		}
	}
	if entries, err := fs.ReadDir(tr, "empty"); err != nil || len(entries) != 0 {
		t.Errorf("got %v, %v, want an empty folder", entries, err)
	}
	if _, err := fs.ReadFile(tr, "sub"); err == nil {
		t.Error("a submodule was read")
	}
	add(t, tr, "empty/a", 0o644, "no longer")
	if got, err := fs.ReadFile(tr, "empty/a"); err != nil || string(got) != "no longer" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestAddRefuses(t *testing.T) {
	tr := tree.New()
	add(t, tr, "a", 0o644, "x")
	for _, name := range []string{"", ".", "/etc/passwd", "../x", "a/../b", "a", "a/b"} {
		if err := tr.Add(name, 0o644, 0, nil); err == nil {
			t.Errorf("%q was added", name)
		}
	}
}

func TestOpenRefusesAnotherSize(t *testing.T) {
	tr := tree.New()
	if err := tr.Add("a", 0o644, 5, func() ([]byte, error) { return []byte("four"), nil }); err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Open("a"); err == nil {
		t.Error("no error")
	}
}

func archive(t *testing.T, headers ...tar.Header) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range headers {
		text := h.PAXRecords["text"]
		h.PAXRecords = nil
		h.Size = int64(len(text))
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &b
}

func entry(name, text string, mode int64) tar.Header {
	return tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, PAXRecords: map[string]string{"text": text}}
}

func TestFromTar(t *testing.T) {
	in := archive(t,
		tar.Header{Typeflag: tar.TypeDir, Name: "acme-agent-1234/", Mode: 0o755},
		entry("acme-agent-1234/run.sh", "true", 0o775),
		entry("acme-agent-1234/a/b.txt", "b", 0o664),
		tar.Header{Typeflag: tar.TypeSymlink, Name: "acme-agent-1234/link", Linkname: "/etc/passwd"},
	)
	tr, err := tree.FromTar(in, true, tree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	err = fs.WalkDir(tr, ".", func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			i, _ := d.Info()
			got = append(got, i.Mode().String()+" "+p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"-rw-r--r-- a/b.txt", "Lrwxrwxrwx link", "-rwxr-xr-x run.sh"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tree (-want +got):\n%s", diff)
	}
}

func TestFromTarRefuses(t *testing.T) {
	small := tree.Limits{Files: 2, File: 4, Total: 6}
	tests := map[string]*bytes.Buffer{
		"a name outside":   archive(t, entry("top/../../etc/passwd", "x", 0o644)),
		"an absolute name": archive(t, entry("top//etc/passwd", "x", 0o644)),
		"a device":         archive(t, tar.Header{Typeflag: tar.TypeChar, Name: "top/dev"}),
		"a hard link":      archive(t, tar.Header{Typeflag: tar.TypeLink, Name: "top/hard", Linkname: "top/x"}),
		"a large file":     archive(t, entry("top/a", "12345", 0o644)),
		"too much":         archive(t, entry("top/a", "1234", 0o644), entry("top/b", "1234", 0o644)),
		"too many":         archive(t, entry("top/a", "", 0o644), entry("top/b", "", 0o644), entry("top/c", "", 0o644)),
		"the same twice":   archive(t, entry("top/a", "", 0o644), entry("top/a", "", 0o644)),
		"a torn archive":   bytes.NewBuffer(archive(t, entry("top/a", "1234", 0o644)).Bytes()[:514]),
		"something else":   bytes.NewBufferString(strings.Repeat("x", 2000)),
	}
	for name, in := range tests {
		if _, err := tree.FromTar(in, true, small); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestMissing(t *testing.T) {
	if _, err := tree.New().Open("nope"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v, want fs.ErrNotExist", err)
	}
}
