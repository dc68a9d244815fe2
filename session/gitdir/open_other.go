//go:build !unix

package gitdir

const nonblock = 0
