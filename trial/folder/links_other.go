//go:build !unix

package folder

import "io/fs"

// links would return how many names a file has; there is no way to ask here.
func links(fs.FileInfo) uint64 { return 1 }
