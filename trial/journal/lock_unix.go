//go:build unix

package journal

import (
	"os"

	"golang.org/x/sys/unix"
)

// lock takes a file for this process alone; the kernel gives it up when the file is closed.
func lock(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) }
