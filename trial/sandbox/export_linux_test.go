package sandbox

import (
	"io"
	"io/fs"

	"golang.org/x/sys/unix"
)

// ReadReport returns how the program ended by what the inner part reports, as exit status, signal and problem.
func ReadReport(r io.Reader) (started bool, exit, signal int, problem string, err error) {
	s, err := readReport(r)
	return s.Started, s.Exit, s.Signal, s.Problem, err
}

// NotStartable is what a shell says of a program that cannot be started; nil stands for one that was.
func NotStartable(err error) int { return notStartable(err) }

// Errors of the start.
var ErrStart, ErrNotThere = errStart, fs.ErrNotExist

// KeyFilter is the filter of system calls for an architecture of Go's, as nothing for one that has none.
func KeyFilter(goarch string) []unix.SockFilter { return keyFilter(keyCalls[goarch]) }
