package process

import (
	"crypto/rand"
	"errors"
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// sweepLimit bounds how long what a program has left behind is hunted.
const sweepLimit = 10 * time.Second

// household is the running programs, and what they have left behind.
//
// This process is a child subreaper: whatever loses its parent below it becomes its child, also what has left
// its session by setsid(2) and has cleared its environment. Such an orphan is told from the children that other
// packages start by its session, which is not this process's own. No process can go back to a session that it
// has left.
type household struct {
	mu      sync.Mutex // held while a program is started, too: until it is in trees it looks like an orphan
	trees   map[*tree]string
	adopts  sync.Once
	tending bool
}

var running = household{trees: map[*tree]string{}}

// start starts a program as one of the household, with a mark of its own in its environment.
func (h *household) start(t *tree) error {
	h.adopts.Do(func() {
		// Without it, orphans go to another process. Sessions are all that can be swept then.
		_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	})
	mark := rand.Text()
	t.cmd.Env = slices.Concat(t.cmd.Env, []string{Mark + "=" + mark})
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := t.cmd.Start(); err != nil {
		return err
	}
	h.trees[t] = mark
	if !h.tending {
		h.tending = true
		go h.tend()
	}
	return nil
}

// finish takes the exit status of a program that has ended and been swept.
func (h *household) finish(t *tree) {
	h.mu.Lock()
	defer h.mu.Unlock()
	_ = t.cmd.Wait() // the status is read from ProcessState
	delete(h.trees, t)
}

// tend buries orphans that have ended while programs run, which would use up process ids else.
func (h *household) tend() {
	for {
		time.Sleep(time.Second)
		h.mu.Lock()
		if len(h.trees) == 0 {
			h.tending = false
			h.mu.Unlock()
			return
		}
		for _, p := range processes() {
			if p.dead && h.orphan(p) {
				bury(p.pid)
			}
		}
		h.mu.Unlock()
	}
}

// sweep kills everything that a program which has ended has left behind, and returns how many processes are
// left nonetheless. It ends when two passes in a row find nothing: a process that forks and exits all the time
// can slip through one.
func (h *household) sweep(t *tree) (left int) {
	deadline := time.Now().Add(sweepLimit)
	for clean := 0; ; {
		if left = h.pass(t); left > 0 {
			clean = 0
		} else if clean++; clean == 2 {
			return 0
		}
		if time.Now().After(deadline) {
			return left
		}
		time.Sleep(time.Millisecond)
	}
}

// pass kills what a program has left behind once, and buries what has ended of it. It returns the number of
// both. Processes of other users that this one may not kill are not counted.
func (h *household) pass(t *tree) (found int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	self := os.Getpid()
	for _, p := range h.leavings(t, processes()) {
		switch {
		case !p.dead:
			if unix.Kill(p.pid, unix.SIGKILL) == nil {
				found++
			}
		case p.parent == self:
			bury(p.pid)
			found++
		}
	}
	return found
}

// leavings picks, from all processes, those of a program's session, the orphans that no other running program
// has a claim to, and everything below them. An orphan that has shed its session and its environment belongs
// to nobody, and to whoever sweeps first.
func (h *household) leavings(t *tree, all []entry) []entry {
	sid := t.cmd.Process.Pid
	below := map[int][]entry{}
	var found []entry
	for _, p := range all {
		below[p.parent] = append(below[p.parent], p)
		if p.session == sid || h.orphan(p) && !h.claimed(p, t) {
			found = append(found, p)
		}
	}
	seen := map[int]bool{sid: true} // the program itself has ended, and its status is to be kept
	var out []entry
	for len(found) > 0 {
		p := found[0]
		found = found[1:]
		if !seen[p.pid] {
			seen[p.pid] = true
			out = append(out, p)
			found = append(found, below[p.pid]...)
		}
	}
	return out
}

// orphan reports whether a process has become a child of this one because its own parent has ended.
func (h *household) orphan(p entry) bool {
	if p.parent != os.Getpid() {
		return false
	}
	if own, err := unix.Getsid(0); err != nil || p.session == own {
		return false
	}
	for t := range h.trees {
		if t.cmd.Process.Pid == p.pid {
			return false
		}
	}
	return true
}

// claimed reports whether an orphan has the session or the mark of a running program other than t.
func (h *household) claimed(p entry, t *tree) bool {
	var mark string
	if len(h.trees) > 1 && !p.dead {
		mark = markOf(p.pid)
	}
	for other, theirs := range h.trees {
		if other != t && (p.session == other.cmd.Process.Pid || mark == theirs) {
			return true
		}
	}
	return false
}

// bury takes the exit status of an orphan that has ended, so that its process id is free again.
func bury(pid int) {
	for errors.Is(unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOHANG, nil), unix.EINTR) {
	}
}
