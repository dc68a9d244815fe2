//go:build unix

package measure

import (
	"os"

	"golang.org/x/sys/unix"
)

// canLock says that lock tells whether a process is alive.
const canLock = true

// lock takes a file for this process alone; the kernel gives it up when the process ends.
func lock(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) }
