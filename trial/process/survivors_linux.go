package process

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// owner identifies this process among all that the machine has seen since it was started: process ids are given out
// again, and those of another namespace mean other processes.
var owner = sync.OnceValue(func() string {
	pid := strconv.Itoa(os.Getpid())
	return namespace() + "." + pid + "." + started(pid)
})

// namespace names the namespace of this process's id; "0" where /proc does not tell.
func namespace() string {
	link, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return "0"
	}
	return strings.TrimSuffix(strings.TrimPrefix(link, "pid:["), "]")
}

// started returns when a process was started, in ticks of the machine's clock, or "" when there is none that lives.
func started(pid string) string {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return ""
	}
	number, _ := strconv.Atoi(pid)
	e, ok := parseStat(number, stat)
	f := statFields(stat)
	if !ok || e.dead || len(f) < 20 {
		return ""
	}
	return string(f[19])
}

// survives reports whether a mark is of the given work and its owner has ended. Of an owner in another namespace
// nothing is known, so its programs are left alone.
func survives(mark, run string) bool {
	part := strings.Split(mark, ".")
	return len(part) == 4 && part[0] == run && part[1] == namespace() && started(part[2]) != part[3]
}

func sweepRun(run string) (killed, left int) {
	deadline := time.Now().Add(sweepLimit)
	hit := map[int]bool{}
	for clean := 0; clean < 2; {
		found := survivors(run)
		for _, p := range found {
			if unix.Kill(p.pid, unix.SIGKILL) == nil {
				hit[p.pid] = true
			}
		}
		if clean++; len(found) > 0 {
			clean = 0
		}
		if time.Now().After(deadline) {
			return len(hit), len(found)
		}
		time.Sleep(time.Millisecond)
	}
	return len(hit), 0
}

// survivors lists what is to be killed: marked processes, those in their sessions, and everything below. This process
// and those above it are none, whoever started them.
func survivors(run string) []entry {
	all := processes()
	spared := ancestors(all)
	own, _ := unix.Getsid(0) // it does not fail for the caller
	sessions, below := map[int]bool{}, map[int][]entry{}
	var found []entry
	for _, p := range all {
		below[p.parent] = append(below[p.parent], p)
		if !p.dead && !spared[p.pid] && survives(variable(p.pid, RunMark), run) {
			found = append(found, p)
			sessions[p.session] = p.session != own
		}
	}
	for _, p := range all {
		if sessions[p.session] {
			found = append(found, p)
		}
	}
	seen := map[int]bool{}
	var out []entry
	for len(found) > 0 {
		p := found[0]
		found = found[1:]
		if seen[p.pid] || spared[p.pid] {
			continue
		}
		seen[p.pid] = true
		found = append(found, below[p.pid]...)
		if !p.dead {
			out = append(out, p)
		}
	}
	return out
}

// ancestors are this process and those above it.
func ancestors(all []entry) map[int]bool {
	parent := map[int]int{}
	for _, p := range all {
		parent[p.pid] = p.parent
	}
	out := map[int]bool{}
	for pid := os.Getpid(); pid > 0 && !out[pid]; pid = parent[pid] {
		out[pid] = true
	}
	return out
}

// variable returns the value of a variable that a process was started with, or "".
func variable(pid int, name string) string {
	environ, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	if err != nil {
		return ""
	}
	for v := range bytes.SplitSeq(environ, []byte{0}) {
		if value, ok := bytes.CutPrefix(v, []byte(name+"=")); ok {
			return string(value)
		}
	}
	return ""
}
