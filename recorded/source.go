package recorded

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"path"

	"github.com/pertask/pertask/recorded/excerpt"
)

// Limits on what is read of others' files.
const (
	maxFile    = 4 << 30 // bytes of one file
	maxFiles   = 200_000 // entries of a folder, at all depths
	maxFolders = 16      // depth of a folder
	maxHead    = 64 << 20
)

// Source is a file or folder to read.
type Source struct {
	FS   fs.FS
	Name string // of the file or folder in FS
	Path string // how messages name it
}

// Sub is a file or folder below a folder.
func (s Source) Sub(name string) Source {
	return Source{s.FS, path.Join(s.Name, name), path.Join(s.Path, name)}
}

// Dir is the folder that the file is in.
func (s Source) Dir() Source { return Source{s.FS, path.Dir(s.Name), path.Dir(s.Path)} }

// Open opens a file of at most 4 GiB.
func (s Source) Open() (fs.File, error) {
	f, err := s.FS.Open(s.Name)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", s.Path, err)
	}
	st, err := f.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = &Error{Path: s.Path, Problem: "this is neither a file nor a folder"}
	}
	if err == nil && st.Size() > maxFile {
		err = &Error{Path: s.Path, Problem: fmt.Sprintf("the file has %d bytes", st.Size()), Allowed: fmt.Sprintf("at most %d", int64(maxFile))}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// JSON reads what is wanted of the one JSON value that the file holds.
func (s Source) JSON(want *excerpt.Shape) (excerpt.Value, error) {
	f, err := s.Open()
	if err != nil {
		return excerpt.Value{}, err
	}
	defer f.Close()
	v, err := excerpt.Read(io.LimitReader(f, maxFile), want)
	return v, Syntax(s.Path, err)
}

// IsFolder reports whether the source is a folder.
func (s Source) IsFolder() (bool, error) {
	st, err := fs.Stat(s.FS, s.Name)
	if err != nil {
		return false, fmt.Errorf("reading %s: %w", s.Path, err)
	}
	return st.IsDir(), nil
}

// Files lists the files that a folder holds at any depth and whose names are wanted, the shallow ones first and
// otherwise in the order of their names; a file is its own list. Links are not followed.
func (s Source) Files(want func(name string) bool) ([]Source, error) {
	folder, err := s.IsFolder()
	if err != nil || !folder {
		return []Source{s}, err
	}
	var out []Source
	seen, level := 0, []Source{s}
	for depth := 0; len(level) > 0; depth++ {
		if depth > maxFolders {
			return nil, &Error{Path: s.Path, Problem: fmt.Sprintf("the folder is more than %d folders deep", maxFolders)}
		}
		var next []Source
		for _, dir := range level {
			entries, err := fs.ReadDir(s.FS, dir.Name)
			if err != nil {
				return nil, fmt.Errorf("reading %s: %w", dir.Path, err)
			}
			if seen += len(entries); seen > maxFiles {
				return nil, &Error{Path: s.Path, Problem: fmt.Sprintf("the folder has more than %d entries", maxFiles)}
			}
			for _, e := range entries {
				switch sub := dir.Sub(e.Name()); {
				case e.IsDir():
					next = append(next, sub)
				case e.Type().IsRegular() && want(e.Name()):
					out = append(out, sub)
				}
			}
		}
		level = next
	}
	return out, nil
}

// Head reads the beginning of the file. A file that breaks off or is no JSON has what was there.
func (s Source) Head() (Head, error) {
	f, err := s.Open()
	if err != nil {
		return Head{}, err
	}
	defer f.Close()
	var start [4]byte
	n, err := io.ReadFull(f, start[:])
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return Head{}, fmt.Errorf("reading %s: %w", s.Path, err)
	}
	if string(start[:n]) == "PK\x03\x04" {
		return Head{Zip: true}, nil
	}
	rest := io.MultiReader(bytes.NewReader(start[:n]), io.LimitReader(f, maxHead))
	v, _ := excerpt.NewReader(rest).Next(&excerpt.Shape{Any: excerpt.Leaf})
	h := Head{JSON: v.Kind == excerpt.Object, Keys: map[string]excerpt.Kind{}}
	for _, name := range v.Names() {
		h.Keys[name] = v.Get(name).Kind
	}
	return h, nil
}
