//go:build !unix

package journal

import "os"

// lock does nothing: keeping one writer per journal is left to the caller here.
func lock(*os.File) error { return nil }
