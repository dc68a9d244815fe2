//go:build unix

package process

import (
	"os"
	"syscall"
)

// signalOf returns the name of the signal that ended a process, or "".
func signalOf(s *os.ProcessState) string {
	if ws, ok := s.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return ws.Signal().String()
	}
	return ""
}
