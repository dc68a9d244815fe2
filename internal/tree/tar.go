package tree

import (
	"archive/tar"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"unicode/utf8"
)

// Limits bound what is read of an archive, so that a hostile one cannot fill the memory.
type Limits struct {
	Files int   // most files; 0 means 100,000
	File  int64 // most bytes of one file; 0 means 64 MiB
	Total int64 // most bytes of all files; 0 means 512 MiB
}

func (l Limits) withDefaults() Limits {
	if l.Files == 0 {
		l.Files = 100_000
	}
	if l.File == 0 {
		l.File = 64 << 20
	}
	if l.Total == 0 {
		l.Total = 512 << 20
	}
	return l
}

// FromTar reads a whole tar archive into memory. The first path element of every entry is dropped when strip is
// set: GitHub's archives have one folder at the top. Devices, sockets and names outside the tree are refused. A name
// that is not UTF-8 is left out: no configuration can name it.
func FromTar(r io.Reader, strip bool, limits Limits) (*Tree, error) {
	limits = limits.withDefaults()
	t := New()
	var files int
	var total int64
	for tr := tar.NewReader(r); ; {
		h, err := tr.Next()
		if err == io.EOF {
			return t, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading an archive: %w", err)
		}
		name := clean(h.Name)
		if strip {
			_, name, _ = strings.Cut(name, "/")
		}
		if h.Typeflag == tar.TypeXGlobalHeader || h.Typeflag == tar.TypeDir || name == "" || !utf8.ValidString(name) {
			continue
		}
		files++
		total += h.Size
		if files > limits.Files || h.Size > limits.File || total > limits.Total {
			return nil, fmt.Errorf("reading an archive: %q passes the limit of %d files, %d bytes a file or %d bytes in all",
				name, limits.Files, limits.File, limits.Total)
		}
		if err := t.addEntry(name, h, tr); err != nil {
			return nil, fmt.Errorf("reading an archive: %w", err)
		}
	}
}

func (t *Tree) addEntry(name string, h *tar.Header, r io.Reader) error {
	var data []byte
	mode := fs.FileMode(0o644)
	switch h.Typeflag {
	case tar.TypeSymlink:
		data, mode = []byte(h.Linkname), fs.ModeSymlink|0o777
	case tar.TypeReg:
		var err error
		if data, err = io.ReadAll(r); err != nil {
			return err
		}
		if h.Mode&0o111 != 0 {
			mode = 0o755
		}
	default:
		return fmt.Errorf("%q is neither a file, a folder nor a symbolic link", name)
	}
	return t.Add(name, mode, int64(len(data)), func() ([]byte, error) { return data, nil })
}
