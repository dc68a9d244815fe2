package process_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/trial/process"
)

func needSetsid(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("setsid"); err != nil {
		t.Skip("setsid is needed to leave a session")
	}
}

// escape is a script that starts body by way of the given words, and goes on when that has written its id to
// the file pids.
func escape(by, body, pids string) string {
	return by + ` sh -c 'echo $$ >> ` + pids + `; ` + body + `' & while ! test -s ` + pids + `; do sleep 0.01; done; `
}

// nobody fails for every process of a file that is alive when Run has returned.
func nobody(t *testing.T, file string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, pid := range strings.Fields(string(b)) {
		if s := state(t, pid); s != "" {
			t.Errorf("the process %s is in state %s when Run returns", pid, s)
		}
	}
}

const (
	leave = `setsid`
	shed  = `env -i "PATH=$PATH" setsid`
	loop  = `while :; do sleep 0.05; done`
)

// What has left the session ends with the program, too, and leaves no zombie behind.
func TestEscapes(t *testing.T) {
	needSetsid(t)
	nested := func(by string) string {
		return by + ` sh -c "` + by + ` sh -c \"echo \\\$\\\$ >> pids; ` + loop + `\" & exit" & while ! test -s pids; do sleep 0.01; done; `
	}
	tests := []struct {
		name   string
		script string
		limit  time.Duration
		want   string
	}{
		{"in a new session", escape(leave, loop, "pids"), time.Minute, "exit status 0"},
		{"without the environment", escape(shed, loop, "pids"), time.Minute, "exit status 0"},
		{"twice, with its parent gone", nested(shed), time.Minute, "exit status 0"},
		{"deaf", escape(shed, `trap "" TERM HUP INT; `+loop, "pids"), time.Minute, "exit status 0"},
		{"with the output held open", escape(leave, "exec sleep 600", "pids"), time.Minute, "exit status 0"},
		{"with children of its own", escape(shed, loop+` & echo $! >> pids; wait`, "pids"), time.Minute, "exit status 0"},
		{"out of time", escape(shed, loop, "pids") + "exec sleep 600", time.Second, "out of time"},
		{"ended long before", `setsid sh -c 'echo $$ >> pids' & wait`, time.Minute, "exit status 0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := shell(tt.script)
			p.Dir, p.Limit = t.TempDir(), tt.limit
			got := run(t, t.Context(), p)
			if got.String() != tt.want || got.Left != 0 {
				t.Errorf("ending %v with %d processes left, want %s and none", got, got.Left, tt.want)
			}
			nobody(t, filepath.Join(p.Dir, "pids"))
		})
	}
}

// A process that is always another one is ended as well, or it is said that something is left.
func TestEscapeByHopping(t *testing.T) {
	needSetsid(t)
	dir := t.TempDir()
	const hop = `echo $$ > last; test -e stop || { env -i "PATH=$PATH" setsid sh hop & }`
	if err := os.WriteFile(filepath.Join(dir, "hop"), []byte(hop), 0o600); err != nil {
		t.Fatal(err)
	}
	p := shell(`setsid sh hop & while ! test -s last; do sleep 0.01; done`)
	p.Dir = dir
	got := run(t, t.Context(), p)
	before, err := os.ReadFile(filepath.Join(dir, "last"))
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	after, err := os.ReadFile(filepath.Join(dir, "last"))
	if err := errors.Join(err, os.WriteFile(filepath.Join(dir, "stop"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if got.Left == 0 && !bytes.Equal(before, after) {
		t.Error("nothing is said to be left, and yet something goes on")
	}
}

// A program's end spares what another running program has started, wherever that has gone.
func TestSweepSparesOthers(t *testing.T) {
	needSetsid(t)
	dir := t.TempDir()
	other := make(chan process.Ending)
	go func() {
		p := shell(escape(leave, `touch ready; `+loop, "pids") + `(sleep 600 & echo $! >> pids); while ! test -e stop; do sleep 0.01; done`)
		p.Dir = dir
		e, _ := p.Run(t.Context(), time.Now) // the ending says enough
		other <- e
	}()
	file := filepath.Join(dir, "pids")
	var pids []string
	for range 3000 {
		b, _ := os.ReadFile(file)
		if pids = strings.Fields(string(b)); len(pids) == 2 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	for range 5 {
		run(t, t.Context(), shell("true"))
	}
	for _, pid := range pids {
		if s := state(t, pid); s == "" || s == "Z" {
			t.Errorf("the process %s of another program is in state %q", pid, s)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "stop"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if e := <-other; e.String() != "exit status 0" || len(pids) != 2 {
		t.Errorf("the other program started %q and ended with %v", pids, e)
	}
	nobody(t, file)
}

// Children of other packages are neither killed nor robbed of their exit statuses.
func TestSweepSparesOtherPackages(t *testing.T) {
	var children []*exec.Cmd
	for i := range 8 {
		c := exec.Command("sh", "-c", fmt.Sprintf("sleep 0.%d; exit %d", i, i))
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		children = append(children, c)
	}
	for range 30 {
		run(t, t.Context(), shell("setsid true & wait"))
	}
	for i, c := range children {
		_ = c.Wait() // the status is compared
		if got := c.ProcessState.ExitCode(); got != i {
			t.Errorf("a child of another package ended with %s, want exit status %d", c.ProcessState, i)
		}
	}
}

// Orphans that end while a program runs do not use up process ids.
func TestOrphansAreBuried(t *testing.T) {
	needSetsid(t)
	p := shell(`for i in 1 2 3; do setsid sh -c 'echo $$ >> pids; exit' & done; wait
		for i in 1 2 3; do (setsid sh -c 'sleep 0.1; echo $$ >> pids' &) ; done
		for i in $(seq 1500); do n=0; for pid in $(cat pids); do test -e /proc/$pid && n=1; done
			test $(wc -l < pids) = 6 && test $n = 0 && exit 0; sleep 0.01; done; exit 1`)
	p.Dir = t.TempDir()
	if got := run(t, t.Context(), p); got.Status != 0 {
		b, _ := os.ReadFile(filepath.Join(p.Dir, "pids"))
		t.Errorf("ending %v with the orphans %q not buried", got, b)
	}
}

// The mark is random, and nobody else's environment is changed by it.
func TestMark(t *testing.T) {
	env := make([]string, 1, 8)
	env[0] = "PATH=" + os.Getenv("PATH")
	seen := map[string]bool{}
	for range 3 {
		p := shell("echo $" + process.Mark)
		p.Env = env
		mark := strings.TrimSpace(string(run(t, t.Context(), p).Output))
		if len(mark) < 20 || seen[mark] {
			t.Errorf("mark %s, want a long one that is new", strconv.Quote(mark))
		}
		seen[mark] = true
	}
	if got := env[:2][1]; got != "" {
		t.Errorf("the caller's environment got %q", got)
	}
}
