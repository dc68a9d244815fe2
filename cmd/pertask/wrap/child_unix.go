//go:build unix

package wrap

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// passed are the signals that a command is to see as if nobody stood between it and its user.
var passed = []os.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGWINCH, syscall.SIGCONT}

// forwarder hands signals on to a command.
type forwarder struct {
	cmd     *exec.Cmd
	sharing bool // the command is in this process's group, in the foreground of a terminal
	caught  chan os.Signal
	done    chan struct{}
}

// forwarding catches the signals of this process, so that none of them ends it before the command.
//
// In the foreground of a terminal the command stays in this process's group, which is the terminal's: what is typed
// there, such as Ctrl-C, reaches the command by itself, and Ctrl-Z stops both. Elsewhere the command gets a group of
// its own, to which everything is handed on.
func forwarding(cmd *exec.Cmd) *forwarder {
	f := &forwarder{cmd: cmd, sharing: foreground(), caught: make(chan os.Signal, 16), done: make(chan struct{})}
	if !f.sharing {
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	}
	signal.Notify(f.caught, passed...)
	return f
}

// foreground reports whether this process's group is in the foreground of a terminal.
func foreground() bool {
	tty, err := os.Open("/dev/tty")
	if err != nil {
		return false
	}
	defer tty.Close()
	group, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

// begin hands signals on, when the command has started.
func (f *forwarder) begin() {
	pid := f.cmd.Process.Pid
	go func() {
		for {
			select {
			case s := <-f.caught:
				f.pass(pid, s)
			case <-f.done:
				return
			}
		}
	}()
}

func (f *forwarder) pass(pid int, s os.Signal) {
	sig, ok := s.(syscall.Signal)
	switch {
	case !ok:
	case !f.sharing:
		_ = unix.Kill(-pid, sig) // the group may be gone
	case sig == syscall.SIGTERM || sig == syscall.SIGHUP || sig == syscall.SIGUSR1 || sig == syscall.SIGUSR2:
		_ = f.cmd.Process.Signal(sig) // the terminal sends the others to the whole group
	}
}

func (f *forwarder) stop() {
	signal.Stop(f.caught)
	close(f.done)
}

// statusOf returns the exit status as a shell has it.
func statusOf(s *os.ProcessState) int {
	if ws, ok := s.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return s.ExitCode()
}
