package suite_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/suite"
)

const digestSuite = `name: d
harness: command
command: ./agent
tasks:
  - {id: b, workspace: w2, grade: x, grader_files: g}
  - {id: a, workspace: w1, grade: {json_schema: s.json}}
`

func digestTree() fstest.MapFS {
	return fstest.MapFS{
		"e/suite.yaml": {Data: []byte(digestSuite), Mode: 0o644},
		"e/w1/a":       {Data: []byte("one"), Mode: 0o644},
		"e/w1/b/c":     {Data: []byte("two"), Mode: 0o755},
		"e/w1/b.d":     {Data: nil, Mode: 0o644},
		"e/w2/a":       {Data: []byte("one"), Mode: 0o644},
		"e/g/t.sh":     {Data: []byte("exit 0"), Mode: 0o644},
		"e/s.json":     {Data: []byte(`{"type":"string"}`), Mode: 0o644},
		"e/unrelated":  {Data: []byte("x"), Mode: 0o644},
		"e/w3/a":       {Data: []byte("x"), Mode: 0o644},
		"readme":       {Data: []byte("x"), Mode: 0o644},
	}
}

func mustLoad(t *testing.T, fsys fs.FS) *suite.Suite {
	t.Helper()
	s, err := suite.Load(fsys, "e/suite.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestDigestEncoding computes the digest again from its documentation, and compares it with a constant: stored
// evidence depends on this number.
func TestDigestEncoding(t *testing.T) {
	fsys := digestTree()
	s := mustLoad(t, fsys)
	files := []string{"e/g/t.sh", "e/s.json", "e/suite.yaml", "e/w1/a", "e/w1/b.d", "e/w1/b/c", "e/w2/a"}
	if diff := cmp.Diff(files, s.Files); diff != "" {
		t.Errorf("files differ (-want +got):\n%s", diff)
	}
	text := "pertask.suite/1\n"
	for _, name := range files {
		var size [8]byte
		binary.BigEndian.PutUint64(size[:], uint64(len(name)))
		mode := "-"
		if fsys[name].Mode&0o111 != 0 {
			mode = "x"
		}
		sum := sha256.Sum256(fsys[name].Data)
		text += string(size[:]) + name + mode + string(sum[:])
	}
	sum := sha256.Sum256([]byte(text))
	if want := "sha256:" + hex.EncodeToString(sum[:]); s.Digest != want {
		t.Errorf("got %s, want %s", s.Digest, want)
	}
	const stored = "sha256:6f9b8d6809ae6c518bb57007b379cd7002fc996c0e0281be2c5be502c4df3449"
	if s.Digest != stored {
		t.Errorf("got %s, want %s: evidence that is stored under the old digest would be lost", s.Digest, stored)
	}
}

func TestDigestChanges(t *testing.T) {
	base := mustLoad(t, digestTree()).Digest
	for _, test := range []struct {
		name    string
		change  func(fstest.MapFS)
		changes bool
	}{
		{"nothing", func(fstest.MapFS) {}, false},
		{"a byte of the suite file", func(f fstest.MapFS) { f["e/suite.yaml"].Data = []byte(digestSuite + "#") }, true},
		{"a byte of a workspace file", func(f fstest.MapFS) { f["e/w1/a"].Data = []byte("onE") }, true},
		{"a byte of a grader file", func(f fstest.MapFS) { f["e/g/t.sh"].Data = []byte("exit 1") }, true},
		{"a byte of a schema", func(f fstest.MapFS) { f["e/s.json"].Data = []byte(`{"type":"number"}`) }, true},
		{"executable set", func(f fstest.MapFS) { f["e/w1/a"].Mode = 0o755 }, true},
		{"executable cleared", func(f fstest.MapFS) { f["e/w1/b/c"].Mode = 0o644 }, true},
		{"executable for the owner only", func(f fstest.MapFS) { f["e/w1/b/c"].Mode = 0o744 }, false},
		{"other bits of a mode", func(f fstest.MapFS) { f["e/w1/a"].Mode = 0o600 }, false},
		{"a new empty file", func(f fstest.MapFS) { f["e/w1/new"] = &fstest.MapFile{Mode: 0o644} }, true},
		{"a file removed", func(f fstest.MapFS) { delete(f, "e/w1/b.d") }, true},
		{"a file renamed", func(f fstest.MapFS) { f["e/w1/z"] = f["e/w1/a"]; delete(f, "e/w1/a") }, true},
		{"contents of two files swapped", func(f fstest.MapFS) {
			f["e/w1/a"].Data, f["e/w1/b/c"].Data = f["e/w1/b/c"].Data, f["e/w1/a"].Data
		}, true},
		{"unrelated files", func(f fstest.MapFS) {
			f["e/unrelated"].Data = []byte("y")
			f["e/w3/b"] = &fstest.MapFile{}
			delete(f, "readme")
		}, false},
		{"an empty folder", func(f fstest.MapFS) { f["e/w1/void"] = &fstest.MapFile{Mode: fs.ModeDir | 0o755} }, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := digestTree()
			test.change(f)
			if got := mustLoad(t, f).Digest; (got != base) != test.changes {
				t.Errorf("got %s, before %s, want a change: %v", got, base, test.changes)
			}
		})
	}
}

// reversed lists folders backwards: nothing may depend on the order in which a file system gives its entries.
type reversed struct{ fs.FS }

func (r reversed) ReadDir(name string) ([]fs.DirEntry, error) {
	list, err := fs.ReadDir(r.FS, name)
	slices.Reverse(list)
	return list, err
}

func (r reversed) Lstat(name string) (fs.FileInfo, error) { return fs.Lstat(r.FS, name) }
func (r reversed) ReadLink(name string) (string, error)   { return fs.ReadLink(r.FS, name) }

func TestDigestIndependentOfTheFileSystem(t *testing.T) {
	want := mustLoad(t, digestTree())
	if got := mustLoad(t, reversed{digestTree()}); got.Digest != want.Digest || !slices.Equal(got.Files, want.Files) {
		t.Errorf("read backwards: got %s, want %s", got.Digest, want.Digest)
	}
	dir := t.TempDir()
	for name, f := range digestTree() {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, f.Data, f.Mode); err != nil {
			t.Fatal(err)
		}
	}
	if got := mustLoad(t, os.DirFS(dir)); got.Digest != want.Digest {
		t.Errorf("read from disk: got %s, want %s", got.Digest, want.Digest)
	}
}

func TestLinksOnDisk(t *testing.T) {
	dir := t.TempDir()
	for name, f := range digestTree() {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, f.Data, f.Mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Rename(filepath.Join(dir, "e/w2"), filepath.Join(dir, "e/real")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real", filepath.Join(dir, "e/w2")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	_, err := suite.Load(os.DirFS(dir), "e/suite.yaml")
	if err == nil || !strings.Contains(err.Error(), "e/suite.yaml:5:24: tasks[0].workspace: e/w2 is a symbolic link") {
		t.Errorf("got %v", err)
	}
}

func TestFileLimits(t *testing.T) {
	f := digestTree()
	f["e/w1/big"] = &fstest.MapFile{Data: make([]byte, suite.MaxBytes), Mode: 0o644}
	_, err := suite.Load(f, "e/suite.yaml")
	if err == nil || !strings.Contains(err.Error(), "the files of the suite have more than 100 MiB in all") {
		t.Errorf("too many bytes: got %v", err)
	}
	f = digestTree()
	for i := range suite.MaxFiles {
		f[fmt.Sprintf("e/w1/%d", i)] = &fstest.MapFile{Mode: 0o644}
	}
	_, err = suite.Load(f, "e/suite.yaml")
	if err == nil || !strings.Contains(err.Error(), "the suite has more than 50000 files") {
		t.Errorf("too many files: got %v", err)
	}
	f = digestTree()
	f["e/s.json"].Data = []byte(`"` + strings.Repeat("x", 1<<20) + `"`)
	_, err = suite.Load(f, "e/suite.yaml")
	if err == nil || !strings.Contains(err.Error(), "e/s.json is longer than 1048576 bytes") {
		t.Errorf("long schema: got %v", err)
	}
	f = digestTree()
	f["e/suite.yaml"].Data = []byte("# " + strings.Repeat("x", 1<<20))
	_, err = suite.Load(f, "e/suite.yaml")
	if err == nil || !strings.HasPrefix(err.Error(), "e/suite.yaml:1:1: file is longer than 1048576 bytes") {
		t.Errorf("long suite: got %v", err)
	}
}

// TestSharedFiles says that a file in two folders of the suite counts once against the limit.
func TestSharedFiles(t *testing.T) {
	f := digestTree()
	f["e/w1/big"] = &fstest.MapFile{Data: make([]byte, 60<<20), Mode: 0o644}
	text := digestSuite
	for i := range 5 {
		text += fmt.Sprintf("  - {id: t%d, workspace: w1, grade: x}\n", i)
	}
	f["e/suite.yaml"].Data = []byte(text)
	if got := len(mustLoad(t, f).Tasks); got != 7 {
		t.Errorf("got %d tasks, want 7", got)
	}
}

func TestManyTasks(t *testing.T) {
	text := func(n int) []byte {
		var b strings.Builder
		b.WriteString("name: d\nharness: command\ncommand: x\ngrade: x\nprotect: [a]\ntasks:\n")
		for i := range n {
			fmt.Fprintf(&b, "  - {id: t%d, workspace: w1}\n", i)
		}
		return []byte(b.String())
	}
	f := digestTree()
	f["e/suite.yaml"].Data = text(suite.MaxTasks)
	s := mustLoad(t, f)
	if len(s.Tasks) != suite.MaxTasks || s.Tasks[9999].ID != "t9999" {
		t.Errorf("got %d tasks", len(s.Tasks))
	}
	if got, ok := s.Task("t77"); !ok || got.Line != 7+77 {
		t.Errorf("got %v, %v", got, ok)
	}
	f["e/suite.yaml"].Data = text(suite.MaxTasks + 1)
	_, err := suite.Load(f, "e/suite.yaml")
	if err == nil || err.Error() != "e/suite.yaml:7:3: tasks has 10001 values; 1 to 10000" {
		t.Errorf("got %v", err)
	}
}

func TestTreeHasEveryMode(t *testing.T) {
	var modes []string
	for _, f := range maps.All(tree(t, nil)) {
		modes = append(modes, f.Mode.Type().String())
	}
	slices.Sort(modes)
	if got := slices.Compact(modes); len(got) != 4 {
		t.Errorf("the tree of the error cases has modes %q; it should have files, folders, links and a pipe", got)
	}
}
