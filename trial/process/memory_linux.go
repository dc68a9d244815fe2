package process

import (
	"bytes"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// limitFiles bounds each file that the program writes. A process that the program has started within the first
// moments may have escaped it.
func (t *tree) limitFiles(bytes int64) {
	if bytes <= 0 {
		return
	}
	l := unix.Rlimit{Cur: uint64(bytes), Max: uint64(bytes)}
	_ = unix.Prlimit(t.cmd.Process.Pid, unix.RLIMIT_FSIZE, &l, nil) // it may have ended, or be sudo
}

// memory adds up the resident memory of the program and everything that it has started, in bytes. Pages that several
// processes share are counted for each of them, unless that exceeds the limit: then each gets its share.
func (t *tree) memory(limit int64) int64 {
	pids := running.members(t)
	if sum := add(pids, resident); sum <= limit {
		return sum
	}
	return add(pids, proportional)
}

func add(pids []int, of func(pid int) int64) (sum int64) {
	for _, pid := range pids {
		sum += of(pid)
	}
	return sum
}

// members lists the program and everything that it has started, also what has left its session.
func (h *household) members(t *tree) []int {
	h.mu.Lock()
	defer h.mu.Unlock()
	pids := []int{t.cmd.Process.Pid}
	all := processes()
	below := map[int][]int{}
	for _, p := range all {
		below[p.parent] = append(below[p.parent], p.pid)
	}
	// Its orphans are children of this process now. One that has shed session and environment may be another
	// program's: it is counted for neither while there are several.
	for _, p := range all {
		if h.orphan(p) && (p.session == pids[0] || len(h.trees) == 1 || markOf(p.pid) == h.trees[t]) {
			pids = append(pids, p.pid)
		}
	}
	for i := 0; i < len(pids); i++ {
		pids = append(pids, below[pids[i]]...)
	}
	return pids
}

// resident reads a process's resident memory from /proc/PID/statm; 0 when it is gone.
func resident(pid int) int64 {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/statm")
	if err != nil {
		return 0
	}
	f := bytes.Fields(b)
	if len(f) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(string(f[1]), 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}

// proportional reads a process's resident memory with shared pages divided by the number of those that share them. It
// takes the kernel longer; where it is not to be read, it is the resident memory.
func proportional(pid int) int64 {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/smaps_rollup")
	if err != nil {
		return resident(pid)
	}
	for line := range bytes.Lines(b) {
		if rest, ok := bytes.CutPrefix(line, []byte("Pss:")); ok {
			kib, err := strconv.ParseInt(string(bytes.TrimSuffix(bytes.TrimSpace(rest), []byte(" kB"))), 10, 64)
			if err != nil {
				break
			}
			return kib << 10
		}
	}
	return resident(pid)
}
