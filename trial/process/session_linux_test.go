package process_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/trial/process"
)

// state returns the state of a process as /proc has it, "Z" for one that nobody waits for, and "" for none.
func state(t *testing.T, pid string) string {
	t.Helper()
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return ""
	}
	_, after, _ := bytes.Cut(stat, []byte(") "))
	return string(after[:1])
}

// gone waits until a process has ended: the kernel does it, in its own time.
func gone(t *testing.T, pid string) bool {
	t.Helper()
	for range 3000 {
		if s := state(t, pid); s == "" || s == "Z" {
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}

func pidOf(t *testing.T, output []byte) string {
	t.Helper()
	pid := strings.TrimSpace(string(output))
	if _, err := strconv.Atoi(pid); err != nil {
		t.Fatalf("output %q, want a process id", output)
	}
	return pid
}

// A child with a process group of its own is in the session all the same, and ends with it: when the program
// ends by itself, and when its time is up.
func TestChildInItsOwnGroup(t *testing.T) {
	const child = `set -m; (trap '' TERM HUP; while :; do sleep 0.1; done) & echo $!; `
	for name, tt := range map[string]struct {
		script   string
		limit    time.Duration
		timedOut bool
	}{
		"after the program":   {child, time.Minute, false},
		"when the time is up": {child + "exec sleep 600", 300 * time.Millisecond, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := shell(tt.script)
			p.Limit = tt.limit
			got := run(t, t.Context(), p)
			if s := state(t, pidOf(t, got.Output)); s != "" && s != "Z" {
				t.Errorf("the child is in state %s when Run returns", s)
			}
			if got.TimedOut != tt.timedOut {
				t.Errorf("ending %v, want out of time: %v", got, tt.timedOut)
			}
		})
	}
}

// TestKilledHelper is no test: it is the process that TestKilled kills.
func TestKilledHelper(t *testing.T) {
	file := os.Getenv("PROCESS_TEST_KILLED")
	if file == "" {
		t.Skip("this is the process that TestKilled starts")
	}
	_, _ = process.Program{Argv: []string{"sh", "-c", "echo $$ > " + file + "; exec sleep 600"}, Env: os.Environ(), Limit: time.Hour}.Run(t.Context(), time.Now)
}

// When this process is killed without a chance to clean up, the program dies with it.
func TestKilled(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pid")
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledHelper$")
	cmd.Env = append(os.Environ(), "PROCESS_TEST_KILLED="+file)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var b []byte
	for range 3000 {
		if b, _ = os.ReadFile(file); bytes.HasSuffix(b, []byte("\n")) {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	if pid := pidOf(t, b); !gone(t, pid) {
		t.Errorf("the program %s outlived the process that started it", pid)
	}
}
