package session

import (
	"io/fs"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// born returns when a file was made, the zero time where the file system does not keep it.
func born(dir, name string, _ fs.FileInfo) time.Time {
	var x unix.Statx_t
	err := unix.Statx(unix.AT_FDCWD, filepath.Join(dir, name), unix.AT_SYMLINK_NOFOLLOW, unix.STATX_BTIME, &x)
	if err != nil || x.Mask&unix.STATX_BTIME == 0 {
		return time.Unix(0, 0)
	}
	return time.Unix(x.Btime.Sec, int64(x.Btime.Nsec))
}
