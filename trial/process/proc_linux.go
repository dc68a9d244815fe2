package process

import (
	"bytes"
	"os"
	"strconv"
)

// entry is what /proc says about a process.
type entry struct {
	pid, parent, session int
	dead                 bool // it has ended and waits for its parent to notice
}

// processes lists what /proc shows. Without one it is empty.
func processes() []entry {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1) // what could be read counts
	var out []entry
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + name + "/stat")
		if err != nil {
			continue // it is gone
		}
		if e, ok := parseStat(pid, stat); ok {
			out = append(out, e)
		}
	}
	return out
}

// statFields splits /proc/PID/stat, as proc(5) describes it, after the program's name in parentheses, which may
// hold anything. The first field is the one that proc(5) numbers 3.
func statFields(stat []byte) [][]byte {
	return bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
}

func parseStat(pid int, stat []byte) (entry, bool) {
	f := statFields(stat)
	if len(f) < 18 {
		return entry{}, false
	}
	parent, err1 := strconv.Atoi(string(f[1]))
	session, err2 := strconv.Atoi(string(f[3]))
	threads, err3 := strconv.Atoi(string(f[17]))
	if err1 != nil || err2 != nil || err3 != nil {
		return entry{}, false
	}
	// A process whose first thread has ended looks like a zombie while others of its threads go on.
	ended := (f[0][0] == 'Z' || f[0][0] == 'X') && threads <= 1
	return entry{pid, parent, session, ended}, true
}

// markOf returns the value of the variable Mark that a process was started with, or "".
func markOf(pid int) string { return variable(pid, Mark) }
