//go:build unix

package gitdir

import "syscall"

// nonblock keeps the opening of a FIFO from waiting for somebody to write to it.
const nonblock = syscall.O_NONBLOCK
