package suite

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// Limits of the files of a suite, all tasks together.
const (
	MaxFiles = 50_000
	MaxBytes = 100 << 20
)

// digestVersion is the first thing that is hashed. Stored evidence depends on it and on the encoding below: a
// change of either makes every stored base trial useless.
const digestVersion = "pertask.suite/1\n"

// files are the files that a digest covers. Nothing is followed: a symbolic link anywhere is an error.
type files struct {
	fsys    fs.FS
	seen    map[string]file
	parents map[string]bool // folders that have at least one file
	folders map[string]error
	links   map[string]error // folders whose own path was looked at
	bytes   int64
}

type file struct {
	executable bool
	sum        [sha256.Size]byte
}

func newFiles(fsys fs.FS) *files {
	return &files{fsys: fsys, seen: map[string]file{}, parents: map[string]bool{}, folders: map[string]error{}, links: map[string]error{}}
}

// digest returns the digest of all files: SHA-256 over digestVersion and then, for each file in the byte order
// of the paths,
//
//	8 bytes   length of the path, big endian
//	          the path, slash-separated from the root of the repository
//	1 byte    'x' when the file is executable by anyone, '-' when not
//	32 bytes  SHA-256 of the contents
//
// in hexadecimal after "sha256:". Owners, times and the other bits of the mode are left out, as in git.
func (f *files) digest() string {
	h := sha256.New()
	io.WriteString(h, digestVersion)
	for _, name := range f.list() {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(name))))
		io.WriteString(h, name)
		mode := byte('-')
		if f.seen[name].executable {
			mode = 'x'
		}
		h.Write([]byte{mode})
		sum := f.seen[name].sum
		h.Write(sum[:])
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// list returns the paths of all files, sorted.
func (f *files) list() []string { return slices.Sorted(maps.Keys(f.seen)) }

// has reports whether a path is one of the files or a folder above one.
func (f *files) has(name string) bool {
	_, ok := f.seen[name]
	return ok || f.parents[name]
}

// read adds one file and returns its contents, which are at most the given number of bytes long.
func (f *files) read(name string, most int64) ([]byte, error) {
	if err := f.plainFolder(path.Dir(name)); err != nil {
		return nil, err
	}
	info, err := fs.Lstat(f.fsys, name)
	if err != nil {
		return nil, reason(name, err)
	}
	var b strings.Builder
	if err := f.add(name, info, &b, most); err != nil {
		return nil, err
	}
	return []byte(b.String()), nil
}

// addFolder adds every file below a folder.
func (f *files) addFolder(name string) error {
	err, known := f.folders[name]
	if !known {
		err = f.walk(name)
		f.folders[name] = err
	}
	return err
}

func (f *files) walk(folder string) error {
	if err := f.plainFolder(folder); err != nil {
		return err
	}
	found := false
	err := fs.WalkDir(f.fsys, folder, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return reason(name, err)
		}
		if d.IsDir() {
			return nil
		}
		found = true
		if _, known := f.seen[name]; known {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return reason(name, err)
		}
		return f.add(name, info, io.Discard, MaxBytes)
	})
	if err == nil && !found {
		return fmt.Errorf("%s has no files, so git does not keep it and the key has to go", folder)
	}
	return err
}

// plainFolder reports an error unless the path and every folder above it are folders and not links to one.
func (f *files) plainFolder(name string) error {
	if name == "." {
		return nil
	}
	if err, known := f.links[name]; known {
		return err
	}
	err := f.plainFolder(path.Dir(name))
	if err == nil {
		err = f.plainOne(name)
	}
	f.links[name] = err
	return err
}

func (f *files) plainOne(name string) error {
	info, err := fs.Lstat(f.fsys, name)
	switch {
	case err != nil:
		return reason(name, err)
	case info.Mode()&fs.ModeSymlink != 0:
		return fmt.Errorf("%s is a symbolic link", name)
	case !info.IsDir():
		return fmt.Errorf("%s is not a folder", name)
	}
	return nil
}

// add takes a file into the digest and copies its contents to w.
func (f *files) add(name string, info fs.FileInfo, w io.Writer, most int64) error {
	switch mode := info.Mode(); {
	case mode&fs.ModeSymlink != 0:
		return fmt.Errorf("%s is a symbolic link", name)
	case !mode.IsRegular():
		return fmt.Errorf("%s is not a plain file", name)
	case strings.ContainsFunc(name, unprintable):
		return fmt.Errorf("%q has characters that cannot be printed in its name", name)
	case len(f.seen) >= MaxFiles:
		return fmt.Errorf("the suite has more than %d files", MaxFiles)
	}
	h := sha256.New()
	n, err := f.copy(name, h, w, min(most, MaxBytes-f.bytes))
	if err != nil {
		return err
	}
	entry := file{executable: info.Mode()&0o111 != 0}
	copy(entry.sum[:], h.Sum(nil))
	if _, known := f.seen[name]; !known {
		f.bytes += n
	}
	f.seen[name] = entry
	for p := path.Dir(name); p != "." && !f.parents[p]; p = path.Dir(p) {
		f.parents[p] = true
	}
	return nil
}

func (f *files) copy(name string, h hash.Hash, w io.Writer, most int64) (int64, error) {
	r, err := f.fsys.Open(name)
	if err != nil {
		return 0, reason(name, err)
	}
	defer r.Close()
	n, err := io.Copy(io.MultiWriter(h, w), io.LimitReader(r, most+1))
	switch {
	case err != nil:
		return 0, reason(name, err)
	case n > most && most < MaxBytes-f.bytes:
		return 0, fmt.Errorf("%s is longer than %d bytes", name, most)
	case n > most:
		return 0, fmt.Errorf("the files of the suite have more than %d MiB in all", MaxBytes>>20)
	}
	return n, nil
}

// reason names the file once and says what is wrong with it in our own words where that is possible, because
// the text of a missing file differs from one system to the next.
func reason(name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return &missing{name}
	}
	return fmt.Errorf("%s: %w", name, err)
}

// missing is the error of a file that is not there; it is an fs.ErrNotExist.
type missing struct{ name string }

func (m *missing) Error() string { return m.name + " does not exist" }

// Unwrap makes errors.Is find fs.ErrNotExist.
func (m *missing) Unwrap() error { return fs.ErrNotExist }
