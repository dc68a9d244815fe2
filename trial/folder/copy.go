// Package folder writes, copies and removes trees of files below an os.Root, so that no symbolic link that an agent
// left behind leads out of the folder.
//
// It knows files, links, modes and how to read without waiting. It refuses to know tasks, trials and processes.
package folder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// Copier writes files of a source tree into a folder.
type Copier struct {
	Source fs.FS
	Root   *os.Root
	Skip   string // folder of the source that is left out; "" for none
}

// Copy writes the file, link or folder from of the source to the path to in the folder. Files and links take
// the place of whatever is there; folders are merged into folders. Modes are kept the way git keeps them: a
// file is executable or it is not.
func (c Copier) Copy(ctx context.Context, from, to string) error {
	info, err := fs.Lstat(c.Source, from)
	if err != nil {
		return err
	}
	if err := unclose(c.Root); err != nil {
		return err
	}
	if err := c.Parents(to); err != nil {
		return err
	}
	return c.entry(ctx, from, to, info.Mode())
}

func (c Copier) entry(ctx context.Context, from, to string, mode fs.FileMode) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	switch {
	case mode.IsDir():
		return c.folder(ctx, from, to)
	case mode.IsRegular():
		return c.file(from, to)
	case mode.Type() == fs.ModeSymlink:
		return c.link(from, to)
	}
	return fmt.Errorf("%q is neither a file, a folder nor a symbolic link", from)
}

func (c Copier) folder(ctx context.Context, from, to string) error {
	if err := ensureFolder(c.Root, to); err != nil {
		return err
	}
	entries, err := fs.ReadDir(c.Source, from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		child := path.Join(from, e.Name())
		// No tree of a commit can hold a folder .git, so it is no part of a suite either.
		if e.Name() == ".git" || c.Skip != "" && child == c.Skip {
			continue
		}
		if err := c.entry(ctx, child, path.Join(to, e.Name()), e.Type()); err != nil {
			return err
		}
	}
	return nil
}

func (c Copier) file(from, to string) error {
	in, err := c.Source.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	// The type of an entry has no permissions; those are in the file's own information.
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := create(c.Root, to, info.Mode())
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// link writes a symbolic link whose target lies in the folder. Others are refused: they would lead an agent,
// or a grader, to files that do not belong to the task.
func (c Copier) link(from, to string) error {
	target, err := fs.ReadLink(c.Source, from)
	if err != nil {
		return err
	}
	if path.IsAbs(target) || filepath.IsAbs(target) || !filepath.IsLocal(filepath.FromSlash(path.Join(path.Dir(to), target))) {
		return fmt.Errorf("the symbolic link %q leads out of its workspace", from)
	}
	if err := Remove(c.Root, to); err != nil {
		return err
	}
	return c.Root.Symlink(filepath.FromSlash(target), filepath.FromSlash(to))
}

// Parents makes real folders of everything above a path.
func (c Copier) Parents(to string) error {
	dir := path.Dir(to)
	if dir == "." {
		return nil
	}
	if err := c.Parents(dir); err != nil {
		return err
	}
	return ensureFolder(c.Root, dir)
}

// ensureFolder makes a folder, in the place of a file or link if need be.
func ensureFolder(root *os.Root, name string) error {
	if name == "." {
		return nil
	}
	name = filepath.FromSlash(name)
	info, err := root.Lstat(name)
	if err == nil && info.IsDir() {
		if info.Mode().Perm()&0o700 != 0o700 {
			return root.Chmod(name, 0o700)
		}
		return nil
	}
	if err == nil {
		if err := root.Remove(name); err != nil {
			return err
		}
	}
	return root.Mkdir(name, 0o755)
}

// create opens a new file, in the place of whatever is there. The file gets an inode of its own: a hard link
// that an agent made of the old one keeps the old contents.
func create(root *os.Root, name string, mode fs.FileMode) (*os.File, error) {
	if err := Remove(root, name); err != nil {
		return nil, err
	}
	perm := fs.FileMode(0o644)
	if mode&0o111 != 0 {
		perm = 0o755
	}
	return root.OpenFile(filepath.FromSlash(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
}

// Write creates a file with the given contents, and the folders above it.
func Write(root *os.Root, name string, data []byte, mode fs.FileMode) error {
	if err := (Copier{Root: root}).Parents(name); err != nil {
		return err
	}
	f, err := create(root, name, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// Remove deletes a file, a link or a folder with all that is in it, also where folders have been made
// read-only or closed. It is no error when there is nothing.
func Remove(root *os.Root, name string) error {
	name = filepath.FromSlash(name)
	switch _, err := root.Lstat(name); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.Is(err, fs.ErrPermission):
		if err := unclose(root); err != nil {
			return err
		}
	}
	if root.RemoveAll(name) == nil {
		return nil
	}
	unlock(root, name, 0)
	return root.RemoveAll(name)
}

// unlock gives the owner all rights to a folder and those below it, as far as possible.
func unlock(root *os.Root, name string, depth int) {
	info, err := root.Lstat(name)
	if err != nil || !info.IsDir() || depth > maxDepth {
		return
	}
	_ = root.Chmod(name, 0o700) // the removal after it tells
	dir, err := root.Open(name)
	if err != nil {
		return
	}
	entries, _ := dir.ReadDir(-1) // what could be read is unlocked
	dir.Close()
	for _, e := range entries {
		if e.IsDir() {
			unlock(root, filepath.Join(name, e.Name()), depth+1)
		}
	}
}

// Empty deletes everything in a folder.
func Empty(root *os.Root) error {
	if err := unclose(root); err != nil {
		return err
	}
	if info, err := root.Lstat("."); err == nil {
		defer enter(root, ".", info.Mode())()
	}
	names, err := list(root, ".")
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := Remove(root, name); err != nil {
			return err
		}
	}
	return nil
}
