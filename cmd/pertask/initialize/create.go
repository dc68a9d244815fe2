package initialize

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path"

	"github.com/pertask/pertask/setup"
)

// create writes a file that is not there, as a whole or not at all. Something that is there, a link that leads nowhere
// included, is an os.ErrExist. No link is followed out of the repository: the root refuses it.
func create(root *os.Root, f setup.File) (err error) {
	if f.Exists {
		return os.ErrExist
	}
	dir := path.Dir(f.Path)
	if err := root.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the folder %s: %w", dir, err)
	}
	temporary := path.Join(dir, ".pertask-init-"+rand.Text()) // nobody else's
	if err := write(root, temporary, f.Content); err != nil {
		return fmt.Errorf("writing %s: %w", f.Path, errors.Join(err, remove(root, temporary)))
	}
	// A link is made only where nothing is, which a rename does not promise.
	err = root.Link(temporary, f.Path)
	if gone := remove(root, temporary); gone != nil {
		err = errors.Join(err, gone)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", f.Path, err)
	}
	return nil
}

func write(root *os.Root, name, content string) error {
	file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = file.WriteString(content)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

func remove(root *os.Root, name string) error {
	if err := root.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
