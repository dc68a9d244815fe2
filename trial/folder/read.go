package folder

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Read reads the first most bytes of a regular file by its slash-separated path. It does not wait for the other end
// of a pipe that stands in a file's place.
func Read(root *os.Root, name string, most int64) ([]byte, error) {
	if err := unclose(root); err != nil {
		return nil, err
	}
	f, err := root.OpenFile(filepath.FromSlash(name), os.O_RDONLY|openFlag, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Mode().Type() != fs.FileMode(0) {
		return nil, errors.New("not a file")
	}
	return io.ReadAll(io.LimitReader(f, most))
}
