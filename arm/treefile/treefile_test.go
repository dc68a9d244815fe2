package treefile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pertask/pertask/arm/treefile"
	"github.com/pertask/pertask/internal/document"
)

func TestRead(t *testing.T) {
	file := &fstest.MapFile{Data: []byte("x")}
	link := &fstest.MapFile{Data: []byte("real"), Mode: fs.ModeSymlink}
	tests := []struct {
		name string
		fsys fs.FS
		path string
		want string // the error; "" for none
		text string
	}{
		{"file", fstest.MapFS{"d/a": file}, "d/a", "", "x"},
		{"absent", fstest.MapFS{}, "d/a", "", ""},
		{"file for a folder", fstest.MapFS{"d": file}, "d/a", "", ""},
		{"link", fstest.MapFS{"d/a": link, "d/real": file}, "d/a", "d/a: d/a is a symbolic link", ""},
		{"link of a folder", fstest.MapFS{"d": &fstest.MapFile{Data: []byte("e"), Mode: fs.ModeSymlink}, "e/a": file}, "d/a", "d/a: d is a symbolic link", ""},
		{"folder", fstest.MapFS{"d/a/b": file}, "d/a", "d/a: a folder; a regular file is allowed", ""},
		{"device", fstest.MapFS{"a": &fstest.MapFile{Mode: fs.ModeDevice}}, "a", "a: not a regular file", ""},
		{"large", fstest.MapFS{"a": &fstest.MapFile{Data: make([]byte, document.MaxBytes+1)}}, "a", "a: larger than 1 MiB", ""},
		{"out of the tree", fstest.MapFS{}, "../a", `path "../a" is not allowed`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := treefile.Read(tt.fsys, tt.path)
			if tt.want == "" {
				if err != nil || string(got) != tt.text {
					t.Errorf("got %q, error %v, want %q", got, err, tt.text)
				}
				if there, err := treefile.Exists(tt.fsys, tt.path); err != nil || there != (tt.text != "") {
					t.Errorf("it is there: %v, error %v", there, err)
				}
				return
			}
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) || got != nil {
				t.Fatalf("got %q, error %v, want %q", got, err, tt.want)
			}
			if e := (*document.Error)(nil); tt.path != "../a" && !errors.As(err, &e) {
				t.Errorf("error %v is of type %T", err, err)
			}
		})
	}
}

// TestReadOnDisk reads a real folder, whose links could lead out of it.
func TestReadOnDisk(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "a"), filepath.Join(dir, "b")); err != nil {
		t.Skip(err)
	}
	if got, err := treefile.Read(os.DirFS(dir), "a"); err != nil || string(got) != "x" {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := treefile.Read(os.DirFS(dir), "b"); err == nil {
		t.Errorf("a link is followed: %q", got)
	}
}

func TestFollow(t *testing.T) {
	file := &fstest.MapFile{Data: []byte("x")}
	tree := fstest.MapFS{"a.yaml": file, "d/b.yml": file, "link.yaml": &fstest.MapFile{Data: []byte("a.yaml"), Mode: fs.ModeSymlink}}
	tests := []struct{ name, path, other, want string }{
		{"there", "a.yaml", "d/b.yml", "a.yaml"},
		{"renamed", "old.yaml", "d/b.yml", "d/b.yml"},
		{"renamed to what is not there", "old.yaml", "new.yaml", "new.yaml"},
		{"another format", "old.yaml", "b.json", "old.yaml"},
		{"no format", "old.yaml", "b.txt", "old.yaml"},
		{"no format before", "old.txt", "b.txt", "old.txt"},
	}
	for _, tt := range tests {
		if got, err := treefile.Follow(tree, tt.path, tt.other); got != tt.want || err != nil {
			t.Errorf("%s: got %q, error %v, want %q", tt.name, got, err, tt.want)
		}
	}
	if _, err := treefile.Follow(tree, "link.yaml", "a.yaml"); err == nil {
		t.Error("a link is no error")
	}
}

func TestInverted(t *testing.T) {
	got := treefile.Inverted(map[string]string{"c": "a", "b": "a", "y": "x"})
	if len(got) != 2 || got["a"] != "b" || got["x"] != "y" {
		t.Errorf("got %v", got)
	}
}
