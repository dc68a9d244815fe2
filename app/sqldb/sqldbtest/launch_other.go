//go:build !linux

package sqldbtest

import (
	"os"
	"os/exec"
)

// quit makes PostgreSQL stop.
var quit = os.Interrupt

// as returns a command. Only root on Linux starts servers as somebody else; elsewhere PostgreSQL itself refuses root.
func as(_, _ int, dir, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	return cmd
}

func launch(cmd *exec.Cmd) error { return cmd.Start() }
