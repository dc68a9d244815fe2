package linefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// ErrNotAFile is wrapped by errors of Open about what is no regular file.
var ErrNotAFile = errors.New("it is no regular file; only a regular file is opened")

// Open opens a file by its name in a folder, and makes it where flag says so. It must be a regular file: what leads
// elsewhere, such as a link, and what is no file, such as a pipe, is an error, and nothing waits for a pipe's other end. A
// file that is made can be read and written by the user alone. Another process may put another file in its place
// meanwhile.
func Open(root *os.Root, name string, flag int) (*os.File, error) {
	const tries = 10
	for try := 1; ; try++ {
		f, again, err := open(root, name, flag)
		if !again || try == tries {
			return f, err
		}
	}
}

// open is one attempt. Again is set when the file became another one in the middle of it.
func open(root *os.Root, name string, flag int) (f *os.File, again bool, err error) {
	before, err := root.Lstat(name)
	switch {
	case err == nil && !before.Mode().IsRegular():
		return nil, false, notAFile(name, before)
	case err == nil:
		flag &^= os.O_CREATE | os.O_EXCL
	case os.IsNotExist(err) && flag&os.O_CREATE != 0:
		flag |= os.O_EXCL // what appears meanwhile, such as a link, is not followed
	default:
		return nil, false, err
	}
	if f, err = root.OpenFile(name, flag|openFlag, 0o600); err != nil {
		return nil, errors.Is(err, fs.ErrExist) || before != nil && errors.Is(err, fs.ErrNotExist), err
	}
	after, err := f.Stat()
	if err == nil && (!after.Mode().IsRegular() || before != nil && !os.SameFile(before, after)) {
		again, err = true, notAFile(name, after)
	}
	if err != nil {
		f.Close()
		return nil, again, err
	}
	return f, false, nil
}

func notAFile(name string, info fs.FileInfo) error {
	return &fs.PathError{Op: "open", Path: name, Err: fmt.Errorf("%w, and this is %v", ErrNotAFile, info.Mode())}
}
