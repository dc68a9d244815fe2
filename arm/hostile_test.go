package arm_test

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/pertask/pertask/arm"
)

func TestHostileTrees(t *testing.T) {
	file := &fstest.MapFile{Data: []byte("model: x\n")}
	link := &fstest.MapFile{Data: []byte("real.yaml"), Mode: fs.ModeSymlink}
	tests := []struct {
		name string
		fsys fs.FS
		want string // "" for an absent file
	}{
		{"absent", fstest.MapFS{}, ""},
		{"file for a folder", fstest.MapFS{"d": file}, ""},
		{"link", fstest.MapFS{"d/a.yaml": link, "d/real.yaml": file}, "d/a.yaml is a symbolic link"},
		{"dangling link", fstest.MapFS{"d/a.yaml": link}, "d/a.yaml is a symbolic link"},
		{"link of a folder", fstest.MapFS{"d": &fstest.MapFile{Data: []byte("e"), Mode: fs.ModeSymlink}, "e/a.yaml": file}, "d is a symbolic link"},
		{"link, plain file system", plainFS{fstest.MapFS{"d/a.yaml": link, "d/real.yaml": file}}, "d/a.yaml is a symbolic link"},
		{"absent, plain file system", plainFS{fstest.MapFS{"d/b.yaml": file}}, ""},
		{"folder", fstest.MapFS{"d/a.yaml/x": file}, "a folder; a regular file is allowed"},
		{"device", fstest.MapFS{"d/a.yaml": &fstest.MapFile{Mode: fs.ModeDevice}}, "not a regular file"},
		{"size that lies", lyingFS{fstest.MapFS{"d/a.yaml": &fstest.MapFile{Data: make([]byte, 2<<20)}}}, "larger than 1 MiB"},
		{"broken", brokenFS{}, "looking at d"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, err := arm.Read(tt.fsys, []arm.Watch{model("d/a.yaml", "")})
			if tt.want == "" {
				if err != nil || len(a.Settings) != 0 {
					t.Errorf("got %v, error %v, want nothing", a, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, error %v, want %q", a, err, tt.want)
			}
			if e := asError(t, err); e.Source.Path != "d/a.yaml" {
				t.Errorf("got path %q in the error", e.Source.Path)
			}
		})
	}
}

// TestFolderOnDisk reads a real folder, whose links could lead out of it.
func TestFolderOnDisk(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(t.TempDir(), "secret.yaml")
	if err := os.WriteFile(secret, []byte("model: secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(dir, "a.yaml")); err != nil {
		t.Skip(err)
	}
	_, err := arm.Read(os.DirFS(dir), []arm.Watch{model("a.yaml", "")})
	if err == nil || !strings.Contains(err.Error(), "symbolic link") {
		t.Errorf("got %v, want the link refused", err)
	}
}

// plainFS is a file system that cannot say what a link is but by the entries of its folder.
type plainFS struct{ inner fs.FS }

func (p plainFS) Open(name string) (fs.File, error) { return p.inner.Open(name) }

// lyingFS has files that say that they are small.
type lyingFS struct{ fstest.MapFS }

func (l lyingFS) Open(name string) (fs.File, error) {
	f, err := l.MapFS.Open(name)
	return lyingFile{f}, err
}

type lyingFile struct{ fs.File }

func (l lyingFile) Stat() (fs.FileInfo, error) {
	info, err := l.File.Stat()
	return lyingInfo{info}, err
}

func (l lyingFile) Read(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, io.ErrShortBuffer
	}
	return l.File.Read(b)
}

type lyingInfo struct{ fs.FileInfo }

func (lyingInfo) Size() int64 { return 10 }

type brokenFS struct{}

func (brokenFS) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
}

// stubbornFS has one file, of which one step of reading breaks or lies.
type stubbornFS struct {
	fstest.MapFS
	step string
}

type stubbornFile struct {
	fs.File
	step string
}

func (s stubbornFS) Open(name string) (fs.File, error) {
	if s.step == "open" {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	f, err := s.MapFS.Open(name)
	return stubbornFile{f, s.step}, err
}

func (f stubbornFile) Stat() (fs.FileInfo, error) {
	if f.step == "stat" {
		return nil, fs.ErrClosed
	}
	info, err := f.File.Stat()
	return stubbornInfo{info, f.step}, err
}

func (f stubbornFile) Read(b []byte) (int, error) {
	if f.step == "read" {
		return 0, io.ErrUnexpectedEOF
	}
	return f.File.Read(b)
}

type stubbornInfo struct {
	fs.FileInfo
	step string
}

func (i stubbornInfo) Mode() fs.FileMode {
	switch i.step {
	case "folder":
		return fs.ModeDir
	case "link":
		return fs.ModeSymlink
	}
	return i.FileInfo.Mode()
}

func (i stubbornInfo) Size() int64 {
	if i.step == "size" {
		return 2 << 20
	}
	return i.FileInfo.Size()
}

// TestStubbornFiles breaks each step after the first look at a file, which then was a regular one: a tree may
// change while it is read.
func TestStubbornFiles(t *testing.T) {
	for step, want := range map[string]string{
		"open":   "a.yaml: opening the file: open a.yaml: permission denied",
		"stat":   "a.yaml: asking for the file's size: file already closed",
		"read":   "a.yaml: reading the file: unexpected EOF",
		"folder": "a.yaml: a folder; a regular file is allowed",
		"link":   "a.yaml: a symbolic link; a regular file is allowed",
		"size":   "a.yaml: larger than 1 MiB; a settings file is at most 1 MiB",
	} {
		t.Run(step, func(t *testing.T) {
			_, err := arm.Read(stubbornFS{one("a.yaml", "model: x\n"), step}, []arm.Watch{model("a.yaml", "")})
			if err == nil || err.Error() != want {
				t.Fatalf("got %v, want %s", err, want)
			}
			if e := asError(t, err); e.Source != (arm.Source{Path: "a.yaml"}) || e.Side != "" {
				t.Errorf("got %+v, want the file as a whole on no side", e)
			}
		})
	}
}

// TestManySuspects says how many findings there are at most about changes that may be about a model, and compares a file
// that has a hundred long keys above each of many values.
func TestManySuspects(t *testing.T) {
	codex := arm.ForAgent(arm.WellKnown(), "codex")
	var base, head strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&base, "model_x%d = 1\n", i)
		fmt.Fprintf(&head, "model_x%d = 2\n", i)
	}
	p := compareFiles(t, ".codex/config.toml", base.String(), head.String(), codex)
	if len(p.Findings) != 10 || len(p.NotApplied) != 51 {
		t.Errorf("got %d findings and %d changes that are not applied, want 10 and 51", len(p.Findings), len(p.NotApplied))
	}
	deep := func(value string) string {
		return strings.Repeat(`{"`+strings.Repeat("Ab", 45)+`": `, 95) + "[" + strings.Repeat(value+",", 150_000) + value + "]" + strings.Repeat("}", 95)
	}
	start := time.Now()
	p = compareFiles(t, "opencode.json", deep("1"), deep("2"), arm.ForAgent(arm.WellKnown(), "opencode"))
	t.Logf("%d bytes in %v", len(deep("1")), time.Since(start))
	if len(p.Findings) != 0 || len(p.NotApplied) != 51 {
		t.Errorf("got %d findings and %d changes that are not applied, want 0 and 51", len(p.Findings), len(p.NotApplied))
	}
}
