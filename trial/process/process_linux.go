package process

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// prepare gives the command a session of its own, without a terminal, and lets the kernel kill it should this
// process die.
func prepare(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: unix.SIGKILL}
}

// reap waits for the program, kills what is left of its session, and only then takes its exit status: until
// that is taken, the kernel gives the id to nobody else.
func (t *tree) reap() {
	pid := t.cmd.Process.Pid
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	endSession(pid)
	t.mu.Lock()
	t.reaped = true
	t.mu.Unlock()
	_ = t.cmd.Wait() // the status is read from ProcessState
}

// ask asks every process of the session to end.
func (t *tree) ask() { t.signal(unix.SIGTERM) }

// kill ends every process of the session by force.
func (t *tree) kill() { t.signal(unix.SIGKILL) }

func (t *tree) signal(sig unix.Signal) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.reaped {
		return
	}
	pid := t.cmd.Process.Pid
	_ = unix.Kill(-pid, sig) // the group may be gone
	for _, member := range session(pid) {
		_ = unix.Kill(member, sig)
	}
}

// endSession kills the group of a program that has ended, and those of its session that have a group of their
// own, as the children of timeout(1) and of shells with job control have. It returns when none is left.
func endSession(sid int) {
	_ = unix.Kill(-sid, unix.SIGKILL) // the group may be gone
	deadline := time.Now().Add(grace)
	for time.Now().Before(deadline) {
		members := session(sid)
		if len(members) == 0 {
			return
		}
		for _, pid := range members {
			_ = unix.Kill(pid, unix.SIGKILL)
		}
		time.Sleep(time.Millisecond)
	}
}

// session lists the living processes of a session, by /proc. Without one it is empty: the group is all that can
// be found then.
func session(sid int) []int {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil
	}
	var out []int
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err == nil && livesIn(pid, sid) {
			out = append(out, pid)
		}
	}
	return out
}

// livesIn reads /proc/PID/stat, as proc(5) describes it: after the program's name in parentheses come state,
// parent, group and session.
func livesIn(pid, sid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return false
	}
	end := bytes.LastIndexByte(stat, ')')
	if end < 0 {
		return false
	}
	fields := bytes.Fields(stat[end+1:])
	if len(fields) < 4 || string(fields[0]) == "Z" || string(fields[0]) == "X" {
		return false
	}
	return string(fields[3]) == strconv.Itoa(sid)
}
