//go:build !linux && !darwin

package session

import (
	"io/fs"
	"time"
)

// born is not known here: logs are read in the order of their names.
func born(_, _ string, _ fs.FileInfo) time.Time { return time.Unix(0, 0) }
