package folder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// entering is what it takes to list a folder and to reach what is in it. Its owner may have taken that from itself.
const entering fs.FileMode = 0o500

// enter gives the owner the rights to list a folder and to reach what is in it. The function that it returns takes them
// back, unless somebody else has changed them meanwhile.
func enter(root *os.Root, name string, mode fs.FileMode) (leave func()) {
	const kept = fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky
	mode &= kept
	if mode&entering == entering || root.Chmod(name, mode|entering) != nil { // without the rights the listing tells
		return func() {}
	}
	return func() {
		if info, err := root.Lstat(name); err == nil && info.IsDir() && info.Mode()&kept == mode|entering {
			_ = root.Chmod(name, mode) // a folder that stays open loses nothing
		}
	}
}

// unclose gives the owner all rights to the folder that a root is, which an agent may have closed while it was held
// open. From inside of a closed folder not even its own rights can be changed.
func unclose(root *os.Root) error {
	if _, err := root.Lstat("."); !errors.Is(err, fs.ErrPermission) {
		return nil
	}
	above, err := os.OpenRoot(filepath.Dir(root.Name()))
	if err != nil {
		return err
	}
	defer above.Close()
	name := filepath.Base(root.Name())
	there, err := above.Lstat(name)
	if err != nil {
		return err
	}
	if !there.IsDir() {
		return fmt.Errorf("opening the closed folder %q: something else is in its place", root.Name())
	}
	if err := above.Chmod(name, 0o700); err != nil {
		return err
	}
	_, err = root.Lstat(".")
	return err
}

// maxDepth is how deep folders are looked into. Programs that use paths get no deeper than about 2,000, and sound trees
// have a tenth of this. Who opens one folder from within the other gets as deep as it likes.
const maxDepth = 512

// ErrExcess is wrapped by errors about a folder that has more in it, or deeper, than this package goes through.
var ErrExcess = errors.New("the folder has too much in it")

// errDeep is what visit gets for a folder at maxDepth, in place of what is in it.
var errDeep = fmt.Errorf("%w: folders are nested more than %d deep", ErrExcess, maxDepth)

// visitor is told of a path: the folder that it lies in, its name there, and its whole name for messages.
type visitor func(dir *os.Root, base, name string, info fs.FileInfo, err error) error

// walk calls visit for a path and for everything below it, folders before what is in them, and enters closed folders.
// Where something cannot be looked at or listed, visit gets the error. It stops when visit or the context returns one.
// Each folder is opened from the one above it: with whole paths the depth would count twice, and an agent decides on that.
func walk(ctx context.Context, root *os.Root, name string, visit visitor) error {
	return walkAt(ctx, root, name, name, 0, visit)
}

func walkAt(ctx context.Context, dir *os.Root, base, name string, depth int, visit visitor) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	info, err := dir.Lstat(base)
	if err := visit(dir, base, name, info, err); err != nil || info == nil || !info.IsDir() {
		return err
	}
	if depth == maxDepth {
		return visit(dir, base, name, nil, errDeep)
	}
	leave := enter(dir, base, info.Mode())
	defer leave()
	inner, err := dir.OpenRoot(base)
	if err != nil {
		return visit(dir, base, name, nil, err)
	}
	defer inner.Close()
	names, err := list(inner, ".")
	if err != nil {
		return visit(dir, base, name, nil, err)
	}
	for _, child := range names {
		if err := walkAt(ctx, inner, child, filepath.Join(name, child), depth+1, visit); err != nil {
			return err
		}
	}
	return nil
}

func list(root *os.Root, name string) ([]string, error) {
	dir, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	return dir.Readdirnames(-1)
}

// errFull ends a walk that has seen enough.
var errFull = errors.New("the limit is exceeded")

// Size adds up the bytes of a path and of everything below it, until they exceed the limit or the context ends. Each
// file and folder counts as a block at least, so that a limit bounds their number as well. Folders that their owner has
// closed are opened for as long as it takes; what cannot be read all the same counts as a block. Folders that are nested
// deeper than any program needs exceed every limit: they would take longer to count than to make.
func Size(ctx context.Context, root *os.Root, name string, limit int64) (sum int64) {
	const block = 4096
	_ = walk(ctx, root, name, func(_ *os.Root, _, _ string, info fs.FileInfo, err error) error {
		if errors.Is(err, errDeep) {
			sum = max(sum, limit) + 1
			return errFull
		}
		if err != nil {
			return nil // it is gone, or counted already
		}
		size := int64(block)
		if info.Mode().IsRegular() {
			size = max(size, info.Size())
		}
		if sum += size; sum > limit {
			return errFull
		}
		return nil
	})
	return sum
}
