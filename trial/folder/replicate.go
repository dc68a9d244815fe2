package folder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A replica copies what an agent has left in its workspace to a new folder, where it is graded: a process that
// escaped its end knows, and may hold open, the files of the old one only.
//
// Times of files are kept, since build tools go by them, and rights and links are; hard links become files of
// their own. Pipes, sockets and devices are left out. All paths go through an os.Root.
type replica struct {
	ctx      context.Context
	from, to *os.Root
}

// Replicate copies a folder into an empty one. Where folders are nested deeper than any program needs the error wraps
// ErrExcess.
func Replicate(ctx context.Context, from, to *os.Root) error {
	err := unclose(from)
	if err == nil {
		err = replica{ctx, from, to}.whole()
	}
	if err != nil {
		return fmt.Errorf("copying the workspace: %w", err)
	}
	return nil
}

func (r replica) whole() error {
	info, err := r.from.Lstat(".")
	if err != nil {
		return err
	}
	return r.contents(".", info.Mode())
}

func (r replica) contents(name string, mode fs.FileMode) error {
	if strings.Count(name, string(filepath.Separator)) >= maxDepth {
		return errDeep
	}
	defer enter(r.from, name, mode)()
	names, err := list(r.from, name)
	if err != nil {
		return err
	}
	for _, child := range names {
		if err := r.entry(filepath.Join(name, child)); err != nil {
			return err
		}
	}
	return nil
}

func (r replica) entry(name string) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	info, err := r.from.Lstat(name)
	if err != nil {
		return err
	}
	switch mode := info.Mode(); {
	case mode.IsDir():
		if err = r.to.Mkdir(name, 0o700); err == nil {
			err = r.contents(name, mode)
		}
	case mode.IsRegular():
		err = r.file(name)
	case mode.Type() == fs.ModeSymlink:
		target, err := r.from.Readlink(name)
		if err != nil {
			return err
		}
		return r.to.Symlink(target, name)
	default:
		return nil
	}
	if err == nil {
		err = r.to.Chtimes(name, info.ModTime(), info.ModTime())
	}
	if err == nil {
		err = r.to.Chmod(name, info.Mode().Perm())
	}
	return err
}

func (r replica) file(name string) error {
	in, err := r.open(name)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := r.to.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	const chunk = 64 << 20 // between looks at the time
	for err == nil {
		if _, err = io.CopyN(out, in, chunk); err == nil {
			err = r.ctx.Err()
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return errors.Join(err, out.Close())
}

// open opens a file of the old workspace. It may be one that its owner has taken the rights from.
func (r replica) open(name string) (*os.File, error) {
	f, err := r.from.OpenFile(name, os.O_RDONLY|openFlag, 0)
	if !errors.Is(err, fs.ErrPermission) || r.from.Chmod(name, 0o600) != nil {
		return f, err
	}
	return r.from.OpenFile(name, os.O_RDONLY|openFlag, 0)
}
