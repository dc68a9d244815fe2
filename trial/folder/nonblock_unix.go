//go:build unix

package folder

import "golang.org/x/sys/unix"

// openFlag keeps an open from waiting for the other end of a pipe that an agent put in a file's place.
const openFlag = unix.O_NONBLOCK
