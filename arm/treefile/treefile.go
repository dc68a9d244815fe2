// Package treefile reads one file of a tree that someone else wrote.
//
// It knows that a path can lead elsewhere, that a link can, and that a file can be larger than it says. It refuses to
// know what is in a file.
package treefile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/pertask/pertask/internal/document"
)

// fileError is an error about a file as a whole.
func fileError(path, format string, args ...any) error {
	return &document.Error{Source: document.Source{Path: path}, What: fmt.Sprintf(format, args...)}
}

// Read returns the contents of a settings file, or nil and no error when the tree has no such file. It
// follows no symbolic link, at any element of the path, and reads at most 1 MiB.
func Read(fsys fs.FS, name string) ([]byte, error) {
	if err := CheckPath(name); err != nil {
		return nil, err
	}
	there, err := Exists(fsys, name)
	if err != nil || !there {
		return nil, err
	}
	f, err := fsys.Open(name)
	if err != nil {
		return nil, fileError(name, "opening the file: %s", document.Clean(err.Error()))
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fileError(name, "asking for the file's size: %s", document.Clean(err.Error()))
	}
	if !info.Mode().IsRegular() {
		return nil, fileError(name, "%s; a regular file is allowed", modeName(info.Mode()))
	}
	if info.Size() > document.MaxBytes {
		return nil, tooLarge(name)
	}
	// What a file says about its size need not be what it holds.
	content, err := io.ReadAll(io.LimitReader(f, document.MaxBytes+1))
	if err != nil {
		return nil, fileError(name, "reading the file: %s", document.Clean(err.Error()))
	}
	if len(content) > document.MaxBytes {
		return nil, tooLarge(name)
	}
	return append([]byte{}, content...), nil
}

func tooLarge(name string) error {
	return fileError(name, "larger than 1 MiB; a settings file is at most 1 MiB")
}

// Exists looks at each element of a path without following it. It reports whether the file is there.
func Exists(fsys fs.FS, name string) (bool, error) {
	parts := strings.Split(name, "/")
	for i := range parts {
		element := strings.Join(parts[:i+1], "/")
		mode, err := lstatMode(fsys, element)
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		if err != nil {
			return false, fileError(name, "looking at %s: %s", document.Shorten(element, 200), document.Clean(err.Error()))
		}
		isLast := i == len(parts)-1
		switch {
		case mode&fs.ModeSymlink != 0:
			return false, fileError(name, "%s is a symbolic link; links are not followed, a regular file is allowed", document.Shorten(element, 200))
		case isLast && !mode.IsRegular():
			return false, fileError(name, "%s; a regular file is allowed", modeName(mode))
		case !isLast && !mode.IsDir():
			return false, nil
		}
	}
	return true, nil
}

// lstatMode returns the type of a file without following it. A file system that cannot say that by itself is
// asked for the entries of the folder, which are not followed either.
func lstatMode(fsys fs.FS, name string) (fs.FileMode, error) {
	if _, ok := fsys.(fs.ReadLinkFS); ok {
		info, err := fs.Lstat(fsys, name)
		if err != nil {
			return 0, err
		}
		return info.Mode().Type(), nil
	}
	entries, err := fs.ReadDir(fsys, path.Dir(name))
	if err != nil {
		return 0, err
	}
	i := slices.IndexFunc(entries, func(e fs.DirEntry) bool { return e.Name() == path.Base(name) })
	if i < 0 {
		return 0, fs.ErrNotExist
	}
	return entries[i].Type(), nil
}

func modeName(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a folder"
	case m&fs.ModeSymlink != 0:
		return "a symbolic link"
	}
	return "not a regular file"
}

// CheckPath refuses what could leave the tree, and what no file in git is called.
func CheckPath(p string) error {
	if !fs.ValidPath(p) || p == "." || strings.ContainsAny(p, "\x00\n\r") {
		return fmt.Errorf("path %q is not allowed; write it with slashes from the root of the repository, without '..'", document.Shorten(p, 200))
	}
	return nil
}

// Follow returns where a file stands that a change may have renamed: at its path, or at other where it is not there and
// other has the same format. Whether other is there is not looked at.
func Follow(fsys fs.FS, name, other string) (string, error) {
	there, err := Exists(fsys, name)
	if err != nil || there {
		return name, err
	}
	a, errA := document.FormatOf(name)
	if b, errB := document.FormatOf(other); errA != nil || errB != nil || a != b {
		return name, nil
	}
	return other, nil
}

// Inverted returns the inverse of renames, from a path in the merge base to the one in the head. Of several paths in the
// head the first in order counts.
func Inverted(renames map[string]string) map[string]string {
	out := map[string]string{}
	for _, head := range slices.Sorted(maps.Keys(renames)) {
		if _, ok := out[renames[head]]; !ok {
			out[renames[head]] = head
		}
	}
	return out
}
