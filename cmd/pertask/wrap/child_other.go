//go:build !unix

package wrap

import (
	"os"
	"os/exec"
	"os/signal"
)

// forwarder keeps an interrupt from ending this process before the command, which gets it by itself.
type forwarder struct{ caught chan os.Signal }

func forwarding(*exec.Cmd) *forwarder {
	f := &forwarder{make(chan os.Signal, 1)}
	signal.Notify(f.caught, os.Interrupt)
	return f
}

func (f *forwarder) begin() {}

func (f *forwarder) stop() { signal.Stop(f.caught) }

func statusOf(s *os.ProcessState) int { return s.ExitCode() }
