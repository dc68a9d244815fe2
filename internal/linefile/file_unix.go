//go:build unix

package linefile

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// openFlag keeps an open from waiting for the other end of a pipe that stands in a file's place.
const openFlag = unix.O_NONBLOCK

// TryLock is Lock without waiting: its error wraps ErrLocked where somebody else has the file.
func TryLock(f *os.File) error {
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EWOULDBLOCK):
			return fmt.Errorf("locking %q: %w", f.Name(), ErrLocked)
		case err != nil:
			return fmt.Errorf("locking %q: %w", f.Name(), err)
		default:
			return nil
		}
	}
}

// SyncFolder makes the names in a folder outlive a power cut, where its file system can.
func SyncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOTSUP) {
		return err
	}
	return nil
}
