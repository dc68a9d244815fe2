package linefile

import (
	"fmt"
	"io/fs"
	"os"
)

// Open opens a file by its name in a folder, and makes it where flag says so. It must be a regular file: what leads
// elsewhere, such as a link, and what is no file, such as a pipe, is an error, and nothing waits for a pipe's other end. A
// file that is made can be read and written by the user alone.
func Open(root *os.Root, name string, flag int) (*os.File, error) {
	before, err := root.Lstat(name)
	switch {
	case err == nil && !before.Mode().IsRegular():
		return nil, &fs.PathError{Op: "open", Path: name, Err: notAFile(before)}
	case err == nil:
		flag &^= os.O_EXCL
	case os.IsNotExist(err) && flag&os.O_CREATE != 0:
		flag |= os.O_EXCL // what appears meanwhile, such as a link, is not followed
	default:
		return nil, err
	}
	f, err := root.OpenFile(name, flag|openFlag, 0o600)
	if err != nil {
		return nil, err
	}
	after, err := f.Stat()
	if err == nil && (!after.Mode().IsRegular() || before != nil && !os.SameFile(before, after)) {
		err = &fs.PathError{Op: "open", Path: name, Err: notAFile(after)}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func notAFile(info fs.FileInfo) error {
	return fmt.Errorf("it is no regular file but %v; only a regular file is opened", info.Mode().Type())
}
