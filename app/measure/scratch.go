package measure

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Scratch is a folder for the trials of this process. A process that dies leaves its own behind; the next one that starts
// removes it.
type Scratch struct {
	root, dir string
	lock      *os.File
}

const (
	processPrefix = "process-"
	lockName      = "lock"
)

// OpenScratch makes a folder for this process below root, and removes those of processes that have gone. The second value is
// how many were.
func OpenScratch(root string) (*Scratch, int, error) {
	root, err := filepath.Abs(root)
	if err == nil {
		err = os.MkdirAll(root, 0o700)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("making the folder of trials: %w", err)
	}
	swept, err := sweep(root)
	if err != nil {
		return nil, swept, fmt.Errorf("removing what an earlier process has left: %w", err)
	}
	dir, err := os.MkdirTemp(root, processPrefix)
	if err != nil {
		return nil, swept, fmt.Errorf("making the folder of trials: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err == nil {
		err = lock(f)
	}
	if err != nil {
		return nil, swept, fmt.Errorf("taking the folder of trials: %w", err)
	}
	return &Scratch{root: root, dir: dir, lock: f}, swept, nil
}

// sweep removes the folders that no process holds. One that was made this very moment, and is not held yet, has no lock file.
func sweep(root string) (n int, err error) {
	if !canLock {
		return 0, nil
	}
	dirs, err := filepath.Glob(filepath.Join(root, processPrefix+"*"))
	if err != nil {
		return 0, err
	}
	var errs []error
	for _, dir := range dirs {
		f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR, 0)
		if err != nil {
			continue
		}
		if lock(f) == nil {
			n++
			errs = append(errs, removeAll(dir))
		}
		_ = f.Close()
	}
	return n, errors.Join(errs...)
}

// New makes a folder for one review, which the returned function removes.
func (s *Scratch) New(id string) (dir string, remove func(), err error) {
	dir, err = os.MkdirTemp(s.dir, "review-"+id+"-")
	if err != nil {
		return "", func() {}, fmt.Errorf("making a folder for trials: %w", err)
	}
	return dir, func() { _ = removeAll(dir) }, nil // what is left goes with the process's folder
}

// Root is the folder of all processes.
func (s *Scratch) Root() string { return s.root }

// Close removes the folder of this process.
func (s *Scratch) Close() error {
	err := removeAll(s.dir)
	return errors.Join(err, s.lock.Close())
}

// removeAll removes a folder, also where a program of a trial has taken its own right to write away.
func removeAll(dir string) error {
	if err := os.RemoveAll(dir); err == nil {
		return nil
	}
	_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if d != nil && d.IsDir() {
			_ = os.Chmod(path, 0o700)
		}
		return nil
	})
	return os.RemoveAll(dir)
}
