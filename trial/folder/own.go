package folder

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Own makes what is in a folder independent of what is outside of it, and gives it to a user. Of a file with hard links
// the folder gets a copy, with its time and rights: whoever writes to it, or owns it, changes nothing elsewhere. Two names
// of one file in the folder become two files. What is neither file, folder nor symbolic link and has hard links keeps its
// owner. With a negative user the owners stay. Beyond most entries it
// fails with an error that wraps ErrExcess. No agent may run in the folder yet.
func Own(ctx context.Context, root *os.Root, uid, gid, most int) error {
	n := 0
	return walk(ctx, root, ".", func(dir *os.Root, base, name string, info fs.FileInfo, err error) error {
		if uid < 0 && errors.Is(err, fs.ErrPermission) {
			return nil // nor gets a program of the same user there
		}
		if err != nil {
			return err
		}
		if n++; n > most {
			return fmt.Errorf("%w: %q holds more than %d files", ErrExcess, root.Name(), most)
		}
		if !info.IsDir() && links(info) > 1 {
			switch {
			case info.Mode().IsRegular():
				err = inPlace(dir, base, func(temp string) error { return copyFile(dir, base, temp, info) })
			case info.Mode().Type() == fs.ModeSymlink:
				err = inPlace(dir, base, func(temp string) error { return copyLink(dir, base, temp) })
			default:
				return nil
			}
			if err != nil {
				return fmt.Errorf("copying the hard link %q: %w", name, err)
			}
		}
		if uid < 0 {
			return nil
		}
		return dir.Lchown(base, uid, gid)
	})
}

// inPlace makes something new beside a file and puts it into the file's place.
func inPlace(dir *os.Root, name string, make func(temp string) error) error {
	temp := ".pertask-" + rand.Text()
	err := make(temp)
	if err == nil {
		err = dir.Rename(temp, name)
	}
	if err != nil {
		_ = dir.Remove(temp) // it may not be there
	}
	return err
}

func copyFile(root *os.Root, name, temp string, info fs.FileInfo) error {
	in, err := root.OpenFile(name, os.O_RDONLY|openFlag, 0)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	err = errors.Join(err, out.Chmod(info.Mode().Perm()), out.Close()) // and no set-user bit
	if err == nil {
		err = root.Chtimes(temp, info.ModTime(), info.ModTime())
	}
	return err
}

func copyLink(root *os.Root, name, temp string) error {
	target, err := root.Readlink(name)
	if err != nil {
		return err
	}
	return root.Symlink(target, temp)
}
