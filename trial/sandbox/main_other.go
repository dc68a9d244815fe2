//go:build !linux

package sandbox

import (
	"context"
	"errors"
)

const remedy = "there is one on Linux only"

func ways() []way { return nil }

func (w way) user() (uid, gid int) { return 0, 0 }

func (s *Sandbox) try(context.Context) error { return errors.ErrUnsupported }

func makeLeash(string) error { return errors.ErrUnsupported }

func signalName(int) string { return "" }

// Main is the part of a sandbox that the own binary is; every main calls it first, with the arguments after the
// program's name. When mine is true the process is to exit with the status. Elsewhere than on Linux it never is.
func Main([]string) (status int, mine bool) { return 0, false }
