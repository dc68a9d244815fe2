//go:build unix

package process_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pertask/pertask/trial/process"
)

// shell is a program that a shell runs, with a limit that no test waits for.
func shell(script string) process.Program {
	return process.Program{Argv: []string{"sh", "-c", script}, Env: []string{"PATH=" + os.Getenv("PATH")}, Keep: 1 << 10, Limit: time.Minute}
}

func run(t *testing.T, ctx context.Context, p process.Program) process.Ending {
	t.Helper()
	got, err := p.Run(ctx, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// notTimed leaves out how long a program took.
var notTimed = cmpopts.IgnoreFields(process.Ending{}, "Seconds")

func TestEndings(t *testing.T) {
	limited := func(p process.Program, d time.Duration) process.Program { p.Limit = d; return p }
	kept := func(p process.Program, n int) process.Program { p.Keep = n; return p }
	tests := []struct {
		name string
		p    process.Program
		want process.Ending
		text string
	}{
		{"accepts", shell("echo yes"), process.Ending{Output: []byte("yes\n")}, "exit status 0"},
		{"refuses", shell("echo no; exit 3"), process.Ending{Status: 3, Output: []byte("no\n")}, "exit status 3"},
		{"errors are not kept", shell("echo oops >&2; exit 1"), process.Ending{Status: 1}, "exit status 1"},
		{"nothing is kept", kept(shell("echo yes"), 0), process.Ending{}, "exit status 0"},
		{"less is kept than written", kept(shell("echo 12345"), 2), process.Ending{Output: []byte("12"), Dropped: 4}, "exit status 0"},
		{"as much is kept as written", kept(shell("echo 12345"), 6), process.Ending{Output: []byte("12345\n")}, "exit status 0"},
		{"a signal", shell("kill -KILL $$"), process.Ending{Status: -1, Signal: "killed"}, "ended by signal: killed"},
		{"out of time", limited(shell("echo early; exec sleep 600"), 300*time.Millisecond),
			process.Ending{Status: -1, Signal: "terminated", TimedOut: true, Output: []byte("early\n")}, "out of time"},
		{"out of time, and polite about it", limited(shell("trap 'exit 5' TERM; while :; do sleep 0.01; done"), 300*time.Millisecond),
			process.Ending{Status: 5, TimedOut: true}, "out of time"},
		{"out of time, and deaf", limited(shell("trap '' TERM; while :; do sleep 0.01; done"), 300*time.Millisecond),
			process.Ending{Status: -1, Signal: "killed", TimedOut: true}, "out of time"},
		{"no input", shell("cat; echo end"), process.Ending{Output: []byte("end\n")}, "exit status 0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := run(t, t.Context(), tt.p)
			if diff := cmp.Diff(tt.want, got, notTimed, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("ending (-want +got):\n%s", diff)
			}
			if got.String() != tt.text {
				t.Errorf("text %q, want %q", got, tt.text)
			}
		})
	}
}

// The folder, the environment and the input are those that are given, and no others.
func TestSurroundings(t *testing.T) {
	t.Setenv("OUTSIDE", "leaks")
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	in := filepath.Join(dir, "in")
	if err := os.WriteFile(in, []byte("from the file"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := shell(`pwd; echo "$GIVEN$OUTSIDE"; cat`)
	p.Dir, p.Stdin, p.Env = dir, in, append(p.Env, "GIVEN=arrives")
	if got, want := string(run(t, t.Context(), p).Output), dir+"\narrives\nfrom the file"; got != want {
		t.Errorf("output %q, want %q", got, want)
	}
}

func TestSeconds(t *testing.T) {
	reads := 0
	clock := func() time.Time { reads++; return time.Unix(int64(reads*5), 0) }
	got, err := shell("true").Run(t.Context(), clock)
	if err != nil || got.Seconds != 5 {
		t.Errorf("%v seconds and the error %v, want 5 and none", got.Seconds, err)
	}
}

func TestNotStarted(t *testing.T) {
	over, cancel := context.WithCancel(t.Context())
	cancel()
	missing := filepath.Join(t.TempDir(), "missing")
	witness := filepath.Join(t.TempDir(), "witness")
	tests := []struct {
		name   string
		ctx    context.Context
		change func(*process.Program)
		want   error
	}{
		{"the context has ended", over, func(*process.Program) {}, context.Canceled},
		{"no such program", t.Context(), func(p *process.Program) { p.Argv = []string{missing} }, os.ErrNotExist},
		{"no such name in PATH", t.Context(), func(p *process.Program) { p.Argv = []string{"pertask-no-such-program"} }, exec.ErrNotFound},
		{"no such folder", t.Context(), func(p *process.Program) { p.Dir = missing }, os.ErrNotExist},
		{"no such input", t.Context(), func(p *process.Program) { p.Stdin = missing }, os.ErrNotExist},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := shell("echo > " + witness)
			tt.change(&p)
			if _, err := p.Run(tt.ctx, time.Now); !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			if _, err := os.Stat(witness); err == nil {
				t.Error("the program ran")
			}
		})
	}
}

func TestCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	there := filepath.Join(t.TempDir(), "there")
	go func() {
		for range 1000 {
			if _, err := os.Stat(there); err == nil {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		cancel()
	}()
	got := run(t, ctx, shell("echo > "+there+"; exec sleep 600"))
	want := process.Ending{Status: -1, Signal: "terminated", Canceled: true}
	if diff := cmp.Diff(want, got, notTimed, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("ending (-want +got):\n%s", diff)
	}
	if got.String() != "canceled" {
		t.Errorf("text %q, want canceled", got)
	}
}

// What a program has started ends with it, before Run returns.
func TestChildrenEndToo(t *testing.T) {
	for name, script := range map[string]string{
		"a child that ignores polite words": `(trap '' TERM HUP; while :; do sleep 0.1; done) & echo $!`,
		"a child of a child":                `sh -c 'sleep 600 & echo $!'`,
	} {
		t.Run(name, func(t *testing.T) {
			got := run(t, t.Context(), shell(script))
			pid, err := strconv.Atoi(strings.TrimSpace(string(got.Output)))
			if err != nil || got.Status != 0 {
				t.Fatalf("ending %v with output %q", got, got.Output)
			}
			if _, err := exec.LookPath("ps"); err != nil {
				t.Skip("ps is needed to see whether a process is alive")
			}
			state, _ := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output() // its status says that there is none
			if s := strings.TrimSpace(string(state)); s != "" && !strings.HasPrefix(s, "Z") {
				t.Errorf("the child is alive: %s", s)
			}
		})
	}
}

// Many programs at once do not get in one another's way.
func TestConcurrentUse(t *testing.T) {
	for i := range 8 {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			got := run(t, t.Context(), shell("echo "+strconv.Itoa(i)+"; exit "+strconv.Itoa(i)))
			if got.Status != i || string(got.Output) != strconv.Itoa(i)+"\n" {
				t.Errorf("status %d and output %q, want %d", got.Status, got.Output, i)
			}
		})
	}
}
