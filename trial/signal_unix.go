//go:build unix

package trial

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// openFlag keeps an open from waiting for the other end of a pipe that an agent put in a file's place.
const openFlag = unix.O_NONBLOCK

// signalOf returns the name of the signal that ended a process, or "".
func signalOf(s *os.ProcessState) string {
	if ws, ok := s.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return ws.Signal().String()
	}
	return ""
}

// lock takes a file for this process alone; the kernel gives it up when the file is closed.
func lock(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) }
