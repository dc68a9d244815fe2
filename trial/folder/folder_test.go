package folder_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/trial/folder"
)

func open(t *testing.T) (*os.Root, string) {
	t.Helper()
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return root, dir
}

// list returns the files below a folder with their contents and whether they can be executed.
func list(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(dir, p)
		if d.Type()&fs.ModeSymlink != 0 {
			out[rel], err = os.Readlink(p)
			out[rel] = "-> " + out[rel]
			return err
		}
		b, err := os.ReadFile(p)
		out[rel] = string(b)
		if info, _ := d.Info(); info.Mode()&0o100 != 0 {
			out[rel] += " (executable)"
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var source = fstest.MapFS{
	"app/main.txt":     {Data: []byte("main"), Mode: 0o644},
	"app/bin/run":      {Data: []byte("run"), Mode: 0o755},
	"app/grader/check": {Data: []byte("check"), Mode: 0o644},
}

func TestCopyReplicateRemove(t *testing.T) {
	root, dir := open(t)
	c := folder.Copier{Source: source, Root: root, Skip: "app/grader"}
	if err := c.Copy(t.Context(), "app", "."); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"main.txt": "main", "bin/run": "run (executable)"}
	if diff := cmp.Diff(want, list(t, dir)); diff != "" {
		t.Errorf("copy differs (-want +got):\n%s", diff)
	}
	if err := os.Symlink("main.txt", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	other, otherDir := open(t)
	if err := folder.Replicate(t.Context(), root, other); err != nil {
		t.Fatal(err)
	}
	want["link"] = "-> main.txt"
	if diff := cmp.Diff(want, list(t, otherDir)); diff != "" {
		t.Errorf("replica differs (-want +got):\n%s", diff)
	}
	if err := folder.Remove(root, "bin"); err != nil {
		t.Fatal(err)
	}
	if err := folder.Empty(other); err != nil {
		t.Fatal(err)
	}
	if got := list(t, otherDir); len(got) != 0 {
		t.Errorf("an emptied folder holds %v", got)
	}
	if _, err := root.Stat("bin"); err == nil {
		t.Error("a removed folder is still there")
	}
}

// TestNothingLeavesTheFolder puts links to the outside where an agent could put them.
func TestNothingLeavesTheFolder(t *testing.T) {
	outside := t.TempDir()
	for _, link := range []string{"app", "main.txt"} {
		root, dir := open(t)
		if err := os.Symlink(outside, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
		_ = folder.Copier{Source: source, Root: root}.Copy(t.Context(), "app", "app")
		_ = folder.Write(root, "main.txt", []byte("x"), 0o644)
		_ = folder.Empty(root)
	}
	if got := list(t, outside); len(got) != 0 {
		t.Errorf("the folder outside holds %v", got)
	}
}

func TestRead(t *testing.T) {
	root, dir := open(t)
	if err := folder.Write(root, "deep/file", []byte("0123456789"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := folder.Read(root, "deep/file", 4); err != nil || string(got) != "0123" {
		t.Errorf("read %q, %v; want the first four bytes", got, err)
	}
	if _, err := folder.Read(root, "deep", 4); err == nil {
		t.Error("a folder was read as a file")
	}
	if err := os.Symlink("/etc", filepath.Join(dir, "etc")); err != nil {
		t.Fatal(err)
	}
	if _, err := folder.Read(root, "etc/hostname", 4); err == nil {
		t.Error("a link led out of the folder")
	}
}
