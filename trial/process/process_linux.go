package process

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

// launch starts the program in a session of its own, without a terminal, and lets the kernel kill it should this
// process die.
func (t *tree) launch() error {
	t.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: unix.SIGKILL}
	return running.start(t)
}

// reap waits for the program, kills what it has left behind, and only then takes its exit status: until that is
// taken, the kernel gives the id to nobody else.
func (t *tree) reap() {
	pid := t.cmd.Process.Pid
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	_ = unix.Kill(-pid, unix.SIGKILL) // the group may be gone; without /proc it is all that can be found
	t.left = running.sweep(t)
	t.mu.Lock()
	t.reaped = true
	t.mu.Unlock()
	running.finish(t)
}

// ask asks every process of the session to end.
func (t *tree) ask() { t.signal(unix.SIGTERM) }

// kill ends every process of the session by force, and with it the program. What has left the session is swept
// after that.
func (t *tree) kill() { t.signal(unix.SIGKILL) }

// signal reaches also those of the session that have a group of their own, as the children of timeout(1) and of
// shells with job control have.
func (t *tree) signal(sig unix.Signal) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.reaped {
		return
	}
	pid := t.cmd.Process.Pid
	_ = unix.Kill(-pid, sig) // the group may be gone
	for _, p := range processes() {
		if p.session == pid && !p.dead {
			_ = unix.Kill(p.pid, sig)
		}
	}
}
