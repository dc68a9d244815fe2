package session

import (
	"io/fs"
	"syscall"
	"time"
)

// born returns when a file was made.
func born(_, _ string, info fs.FileInfo) time.Time {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return time.Unix(0, 0)
	}
	return time.Unix(s.Birthtimespec.Sec, s.Birthtimespec.Nsec)
}
