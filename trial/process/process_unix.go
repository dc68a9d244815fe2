//go:build unix && !linux

package process

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// launch starts the program in a session and with it a process group of its own, without a terminal.
func (t *tree) launch() error {
	t.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return t.cmd.Start()
}

// reap waits for the program and kills what is left of its group.
func (t *tree) reap() {
	_ = t.cmd.Wait() // the status is read from ProcessState
	t.mu.Lock()
	defer t.mu.Unlock()
	_ = unix.Kill(-t.cmd.Process.Pid, unix.SIGKILL) // the group may be gone
	t.reaped = true
}

// ask asks every process of the group to end.
func (t *tree) ask() { t.signal(unix.SIGTERM) }

// kill ends every process of the group by force.
func (t *tree) kill() { t.signal(unix.SIGKILL) }

func (t *tree) signal(sig unix.Signal) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.reaped {
		_ = unix.Kill(-t.cmd.Process.Pid, sig) // the group may be gone
	}
}
