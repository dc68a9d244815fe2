//go:build !linux

package process

// limitFiles does nothing: the limit cannot be set for another process here.
func (t *tree) limitFiles(int64) {}

// memory is not known here, and so it is never too much.
func (t *tree) memory(int64) int64 { return 0 }
