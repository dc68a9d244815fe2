//go:build !unix

package fakeagent

import "os/exec"

// alone does nothing where there are no sessions.
func alone(*exec.Cmd) {}
