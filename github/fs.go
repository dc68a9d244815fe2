package github

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

var (
	errSubmodule = errors.New("is a submodule")
	errSymlink   = errors.New("is a symbolic link, which is not followed")
	errDirectory = errors.New("is a directory")
)

// treeFS holds a few files of a commit in memory. It does not change after it is filled, and is then safe
// for concurrent use. It implements fs.ReadFileFS, fs.ReadDirFS, fs.StatFS and fs.ReadLinkFS; Stat does not
// follow links.
type treeFS struct{ nodes map[string]*node }

type node struct {
	name string
	mode fs.FileMode
	size int64
	data []byte
	err  error    // why it cannot be read
	kids []string // names in a directory, sorted
}

func newTreeFS() *treeFS {
	return &treeFS{nodes: map[string]*node{".": {name: ".", mode: fs.ModeDir | 0o755}}}
}

func (t *treeFS) has(p string) bool { return t.nodes[p] != nil }

func (t *treeFS) addDir(p string) {
	if !t.has(p) {
		t.add(p, &node{mode: fs.ModeDir | 0o755})
	}
}

// add puts n at p and makes the directories above it.
func (t *treeFS) add(p string, n *node) {
	n.name = path.Base(p)
	t.nodes[p] = n
	dir := path.Dir(p)
	t.addDir(dir)
	kids := &t.nodes[dir].kids
	if i, found := slices.BinarySearch(*kids, n.name); !found {
		*kids = slices.Insert(*kids, i, n.name)
	}
}

func (t *treeFS) find(op, p string) (*node, error) {
	if !fs.ValidPath(p) {
		return nil, &fs.PathError{Op: op, Path: p, Err: fs.ErrInvalid}
	}
	n := t.nodes[p]
	if n == nil {
		return nil, &fs.PathError{Op: op, Path: p, Err: fs.ErrNotExist}
	}
	return n, nil
}

// readable is find for what can be opened.
func (t *treeFS) readable(op, p string) (*node, error) {
	n, err := t.find(op, p)
	if err != nil {
		return nil, err
	}
	err = n.err
	if n.mode&fs.ModeSymlink != 0 {
		err = errSymlink
	}
	if err != nil {
		return nil, &fs.PathError{Op: op, Path: p, Err: err}
	}
	return n, nil
}

// Open opens a file or a directory. A symbolic link, a submodule and a file above MaxFile are errors.
func (t *treeFS) Open(p string) (fs.File, error) {
	n, err := t.readable("open", p)
	if err != nil {
		return nil, err
	}
	if n.mode.IsDir() {
		return &openDir{n: n, path: p, entries: t.entries(p, n)}, nil
	}
	return &openFile{n: n, path: p, r: strings.NewReader(string(n.data))}, nil
}

// ReadFile returns a copy of a file's content.
func (t *treeFS) ReadFile(p string) ([]byte, error) {
	n, err := t.readable("read", p)
	if err != nil {
		return nil, err
	}
	if n.mode.IsDir() {
		return nil, &fs.PathError{Op: "read", Path: p, Err: errDirectory}
	}
	return slices.Clone(n.data), nil
}

// Stat describes what stands at p itself: links are not followed.
func (t *treeFS) Stat(p string) (fs.FileInfo, error) {
	n, err := t.find("stat", p)
	if err != nil {
		return nil, err
	}
	return info{n}, nil
}

// Lstat is Stat.
func (t *treeFS) Lstat(p string) (fs.FileInfo, error) { return t.Stat(p) }

// ReadLink returns the target of a symbolic link, as the commit has it.
func (t *treeFS) ReadLink(p string) (string, error) {
	n, err := t.find("readlink", p)
	if err != nil {
		return "", err
	}
	if n.mode&fs.ModeSymlink == 0 || n.err != nil {
		return "", &fs.PathError{Op: "readlink", Path: p, Err: fs.ErrInvalid}
	}
	return string(n.data), nil
}

// ReadDir lists those entries of a directory that were asked for.
func (t *treeFS) ReadDir(p string) ([]fs.DirEntry, error) {
	n, err := t.find("readdir", p)
	if err != nil {
		return nil, err
	}
	if !n.mode.IsDir() {
		return nil, &fs.PathError{Op: "readdir", Path: p, Err: errors.New("is not a directory")}
	}
	return t.entries(p, n), nil
}

func (t *treeFS) entries(p string, n *node) []fs.DirEntry {
	out := make([]fs.DirEntry, 0, len(n.kids))
	for _, k := range n.kids {
		out = append(out, fs.FileInfoToDirEntry(info{t.nodes[path.Join(p, k)]}))
	}
	return out
}

// info is a node as fs.FileInfo.
type info struct{ n *node }

func (i info) Name() string       { return i.n.name }
func (i info) Size() int64        { return i.n.size }
func (i info) Mode() fs.FileMode  { return i.n.mode }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return i.n.mode.IsDir() }
func (i info) Sys() any           { return nil }

type openFile struct {
	n    *node
	path string
	r    *strings.Reader
}

func (f *openFile) Stat() (fs.FileInfo, error) { return info{f.n}, nil }
func (f *openFile) Read(b []byte) (int, error) { return f.r.Read(b) }
func (f *openFile) Close() error               { return nil }

// Seek is io.Seeker's.
func (f *openFile) Seek(offset int64, whence int) (int64, error) { return f.r.Seek(offset, whence) }

// ReadAt is io.ReaderAt's.
func (f *openFile) ReadAt(b []byte, off int64) (int, error) { return f.r.ReadAt(b, off) }

type openDir struct {
	n       *node
	path    string
	entries []fs.DirEntry
}

func (d *openDir) Stat() (fs.FileInfo, error) { return info{d.n}, nil }
func (d *openDir) Close() error               { return nil }
func (d *openDir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.path, Err: errDirectory}
}

// ReadDir is fs.ReadDirFile's.
func (d *openDir) ReadDir(n int) ([]fs.DirEntry, error) {
	if n > 0 && len(d.entries) == 0 {
		return nil, io.EOF
	}
	if n <= 0 || n > len(d.entries) {
		n = len(d.entries)
	}
	out := d.entries[:n]
	d.entries = d.entries[n:]
	return out, nil
}
