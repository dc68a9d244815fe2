// Package tree is a read-only file tree of one commit, as an fs.FS.
//
// It knows paths, modes and where to get contents. It refuses to know where the tree comes from, and it never
// follows a symbolic link: Lstat and ReadDir show one as what it is, and opening it is an error.
package tree

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// Tree is a file tree. It implements fs.FS, fs.ReadDirFS, fs.StatFS and fs.ReadLinkFS. After the last Add it
// is safe for concurrent use when the functions that give the contents are.
type Tree struct{ nodes map[string]*node }

type node struct {
	name     string
	mode     fs.FileMode
	size     int64
	content  func() ([]byte, error)
	children []string // names, for folders
}

// New returns an empty tree.
func New() *Tree {
	return &Tree{nodes: map[string]*node{".": {name: ".", mode: fs.ModeDir | 0o755}}}
}

// Add adds a file, a symbolic link (whose content is its target) or an empty folder (which has no content), and
// the folders above it. What is neither, such as a submodule, is there but cannot be opened. The content is
// asked for when the file is read, and must then have the given size. A path that fs.ValidPath refuses, that
// is there already or that lies below a file is an error.
func (t *Tree) Add(name string, mode fs.FileMode, size int64, content func() ([]byte, error)) error {
	if !fs.ValidPath(name) || name == "." {
		return fmt.Errorf("adding %q to a tree: not a path inside it", name)
	}
	if _, twice := t.nodes[name]; twice {
		return fmt.Errorf("adding %q to a tree: it is there already", name)
	}
	if err := t.addFolder(path.Dir(name)); err != nil {
		return fmt.Errorf("adding %q to a tree: %w", name, err)
	}
	t.put(name, &node{name: path.Base(name), mode: mode, size: size, content: content})
	return nil
}

func (t *Tree) addFolder(name string) error {
	if n, ok := t.nodes[name]; ok {
		if !n.mode.IsDir() {
			return fmt.Errorf("%q is not a folder", name)
		}
		return nil
	}
	if err := t.addFolder(path.Dir(name)); err != nil {
		return err
	}
	t.put(name, &node{name: path.Base(name), mode: fs.ModeDir | 0o755})
	return nil
}

func (t *Tree) put(name string, n *node) {
	t.nodes[name] = n
	parent := t.nodes[path.Dir(name)]
	at, _ := slices.BinarySearch(parent.children, n.name)
	parent.children = slices.Insert(parent.children, at, n.name)
}

func (t *Tree) find(op, name string) (*node, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	n, ok := t.nodes[name]
	if !ok {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
	}
	return n, nil
}

// Open implements fs.FS. A symbolic link is not followed: opening one is an error.
func (t *Tree) Open(name string) (fs.File, error) {
	n, err := t.find("open", name)
	if err != nil {
		return nil, err
	}
	if n.mode.IsDir() {
		entries, err := t.ReadDir(name)
		return &folder{info: info{n}, entries: entries}, err
	}
	if !n.mode.IsRegular() {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fmt.Errorf("%s is not followed", kind(n.mode))}
	}
	data, err := n.content()
	if err == nil && int64(len(data)) != n.size {
		err = fmt.Errorf("%d bytes where %d were announced", len(data), n.size)
	}
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return &file{info: info{n}, Reader: bytes.NewReader(data)}, nil
}

func kind(m fs.FileMode) string {
	if m&fs.ModeSymlink != 0 {
		return "a symbolic link"
	}
	return "a file of this kind"
}

// Lstat implements fs.ReadLinkFS.
func (t *Tree) Lstat(name string) (fs.FileInfo, error) {
	n, err := t.find("lstat", name)
	if err != nil {
		return nil, err
	}
	return info{n}, nil
}

// Stat implements fs.StatFS. Since links are not followed it is Lstat.
func (t *Tree) Stat(name string) (fs.FileInfo, error) { return t.Lstat(name) }

// ReadLink implements fs.ReadLinkFS.
func (t *Tree) ReadLink(name string) (string, error) {
	n, err := t.find("readlink", name)
	if err != nil {
		return "", err
	}
	if n.mode&fs.ModeSymlink == 0 {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	target, err := n.content()
	return string(target), err
}

// ReadDir implements fs.ReadDirFS: the entries by name.
func (t *Tree) ReadDir(name string) ([]fs.DirEntry, error) {
	n, err := t.find("readdir", name)
	if err != nil {
		return nil, err
	}
	if !n.mode.IsDir() {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fmt.Errorf("not a folder")}
	}
	entries := make([]fs.DirEntry, len(n.children))
	for i, child := range n.children {
		entries[i] = fs.FileInfoToDirEntry(info{t.nodes[path.Join(name, child)]})
	}
	return entries, nil
}

type info struct{ n *node }

func (i info) Name() string       { return i.n.name }
func (i info) Size() int64        { return i.n.size }
func (i info) Mode() fs.FileMode  { return i.n.mode }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return i.n.mode.IsDir() }
func (i info) Sys() any           { return nil }

type file struct {
	info
	*bytes.Reader
}

func (f *file) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *file) Close() error               { return nil }
func (f *file) Size() int64                { return f.info.Size() }

type folder struct {
	info
	entries []fs.DirEntry
}

func (d *folder) Stat() (fs.FileInfo, error) { return d.info, nil }
func (d *folder) Close() error               { return nil }
func (d *folder) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.Name(), Err: fmt.Errorf("is a folder")}
}

// ReadDir implements fs.ReadDirFile.
func (d *folder) ReadDir(n int) ([]fs.DirEntry, error) {
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

// clean takes the slash at the end of a folder's name and a "./" at its beginning away.
func clean(name string) string { return strings.TrimPrefix(strings.TrimSuffix(name, "/"), "./") }
