//go:build !unix

package linefile

import "os"

// openFlag would keep an open from waiting; there are no named pipes in folders here.
const openFlag = 0

// TryLock does nothing: keeping one writer per file is left to the caller here.
func TryLock(*os.File) error { return nil }

// SyncFolder does nothing: folders cannot be synced here.
func SyncFolder(string) error { return nil }
