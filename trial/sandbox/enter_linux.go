package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/pertask/pertask/trial/process"
)

// Numbers of the files that the inner part inherits after the standard ones.
const (
	reportFile  = 3 // it writes how the program does
	controlFile = 4 // it reads what to do: process.LeashAsk asks the program to end, the end of it ends everything
	specFD      = 5 // in bubblewrap: what it is told
)

// enter is the outer part. It starts the inner one in namespaces of its own, carries the leash and signals to it, and
// writes down how the program ended. Everything inside ends with it: by the control pipe, and by the kernel.
func enter(x spec, file string) int {
	runtime.LockOSThread() // the kernel takes the death of the starting thread for the parent's
	asked := make(chan os.Signal, 8)
	signal.Notify(asked, unix.SIGTERM, unix.SIGINT, unix.SIGHUP)
	s, err := x.carry(file, asked)
	if err != nil {
		s.Problem = err.Error()
	}
	text, err := json.Marshal(s)
	if err == nil {
		err = os.WriteFile(x.Status, text, 0o644)
	}
	switch {
	case err != nil || !s.Started:
		return statusBroken
	case s.Signal != 0:
		return 128 + s.Signal
	}
	return s.Exit
}

// carry starts the inner part and returns what it reports.
func (x spec) carry(file string, asked <-chan os.Signal) (status, error) {
	leash, err := os.OpenFile(x.Leash, os.O_RDONLY|unix.O_NONBLOCK, 0) // without a holder it is at its end at once
	if err != nil {
		return status{}, fmt.Errorf("opening the leash: %w", err)
	}
	defer leash.Close()
	report, reporter, err := os.Pipe()
	if err != nil {
		return status{}, err
	}
	defer report.Close()
	controlled, control, err := os.Pipe()
	if err != nil {
		return status{}, err
	}
	defer control.Close()
	cmd, err := x.command(file) // its files are closed with this process
	if err != nil {
		return status{}, err
	}
	said := &head{}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if x.Way == byBwrap {
		cmd.Stderr = said // bubblewrap says there why it does not work
	}
	cmd.Dir, cmd.Env = "/", []string{}
	cmd.ExtraFiles = append([]*os.File{reporter, controlled}, cmd.ExtraFiles...)
	err = cmd.Start()
	reporter.Close()
	controlled.Close()
	if err != nil {
		return status{}, err
	}
	go func() {
		for range asked {
			_, _ = control.Write([]byte{process.LeashAsk}) // it may be gone
		}
	}()
	go func() {
		_, _ = io.Copy(control, leash)
		control.Close()
		_ = cmd.Process.Kill() // it may be gone
	}()
	s, err := readReport(report)
	wait := cmd.Wait() // nothing inside is left after it
	if err == nil && !s.Started && s.Problem == "" {
		err = fmt.Errorf("it ended before the program was started: %v: %s", wait, said.kept)
	}
	return s, err
}

// head keeps the first bytes of what is written to it.
type head struct{ kept []byte }

func (h *head) Write(b []byte) (int, error) {
	const most = 300
	h.kept = append(h.kept, b[:min(len(b), most-len(h.kept))]...)
	return len(b), nil
}

// readReport reads what the inner part reports until it is gone. When it goes without a word after the program was
// started, then it was killed, and the program with it.
func readReport(r io.Reader) (s status, err error) {
	for d := json.NewDecoder(r); ; {
		switch err := d.Decode(&s); {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			if s.Started && s.Exit < 0 {
				s.Exit, s.Signal = 0, int(unix.SIGKILL)
			}
			return s, nil
		case err != nil:
			return s, fmt.Errorf("reading the sandbox's report: %w", err)
		}
	}
}

// command returns the inner part in the namespaces of its way.
func (x spec) command(file string) (*exec.Cmd, error) {
	if x.Way == byBwrap {
		return x.bubble(file)
	}
	cmd := exec.Command(x.Self, Command, "inner", file)
	attr := &syscall.SysProcAttr{
		Setsid: true, Pdeathsig: unix.SIGKILL,
		Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWNET | unix.CLONE_NEWPID | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS,
	}
	if x.Way == byUserns {
		attr.Cloneflags |= unix.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: x.UID, HostID: os.Getuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: x.GID, HostID: os.Getgid(), Size: 1}}
		for c := range uintptr(unix.CAP_LAST_CAP + 1) {
			attr.AmbientCaps = append(attr.AmbientCaps, c) // the inner part needs them, and drops them for the program
		}
	}
	cmd.SysProcAttr = attr
	return cmd, nil
}
