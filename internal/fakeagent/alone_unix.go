//go:build unix

package fakeagent

import (
	"os/exec"
	"syscall"
)

// alone puts a program into a session of its own.
func alone(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
