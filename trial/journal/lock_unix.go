//go:build unix

package journal

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// openAsItIs is for files that others may have put there: a link at the end of the path is an error, and nothing waits
// for another end, as opening a pipe does.
const openAsItIs = unix.O_NOFOLLOW | unix.O_NONBLOCK

// lock takes a file for this process alone; the kernel gives it up when the file is closed.
func lock(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) }

// syncFolder makes the names in a folder outlive a power cut, where its file system can.
func syncFolder(dir string) error {
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
