//go:build linux

package trial_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
)

// TestKilledHelper is no test: it is the process that TestKilledRunner kills.
func TestKilledHelper(t *testing.T) {
	dir := os.Getenv("TRIAL_TEST_KILLED")
	if dir == "" {
		t.Skip("this is the process that TestKilledRunner starts")
	}
	j := openFile(t, filepath.Join(dir, "trials.jsonl"))
	l := newLab(t, nil, command("quick", "true", "true"), command("long", "echo $$ > "+dir+"/pids; exec sleep 600", "true"))
	l.Journal, l.Scratch = j, dir
	l.proxy.calls = func(id string) []usage.Call { return []usage.Call{call(id+"-1", id, usage.Ended)} }
	if err := j.AppendCall(call("early", "base/long/0", usage.Admitted)); err != nil { // as the proxy does
		t.Fatal(err)
	}
	_ = l.runner(t).Run(t.Context(), []trial.Slot{{Arm: trial.Base, Task: "quick"}, {Arm: trial.Base, Task: "long"}})
}

// When this process is killed without a chance to clean up, its agents die with it, and the journal holds what
// was finished and takes the rest later.
func TestKilledRunner(t *testing.T) {
	dir := t.TempDir()
	pids := filepath.Join(dir, "pids")
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledHelper$")
	cmd.Env = append(os.Environ(), "TRIAL_TEST_KILLED="+dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for range 3000 {
		if b, _ := os.ReadFile(pids); strings.HasSuffix(string(b), "\n") {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	b, err := os.ReadFile(pids)
	if err != nil {
		t.Fatal(err)
	}
	for range 3000 { // the kernel does it, in its own time
		if !alive(strings.TrimSpace(string(b))) {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	noneAlive(t, pids, 1)

	j := openFile(t, filepath.Join(dir, "trials.jsonl"))
	want := []string{"result base/quick/0 completed base/quick/0-1:ended", "open early"}
	if diff := cmp.Diff(want, outline(load(t, j))); diff != "" {
		t.Errorf("after the end (-want +got):\n%s", diff)
	}
	must(t, j, call("late", "base/long/0", usage.Ended), finished("base", "long", 0, trial.Failed))
	want = []string{want[0], "result base/long/0 failed late:ended", "open early"}
	if diff := cmp.Diff(want, outline(load(t, j))); diff != "" {
		t.Errorf("after the next process (-want +got):\n%s", diff)
	}
}

func TestFileHasOneWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trials.jsonl")
	one, two := openFile(t, path), openFile(t, path)
	must(t, one, finished("base", "x", 0, trial.Completed))
	if err := two.AppendTrial(finished("base", "x", 1, trial.Completed)); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("error %v, want one about another process", err)
	}
	if got := len(load(t, two).Results); got != 1 {
		t.Errorf("the second reads %d trials, want 1", got)
	}
	one.Close()
	must(t, two, finished("base", "x", 1, trial.Completed))
	if got := len(load(t, two).Results); got != 2 {
		t.Errorf("after the first has gone there are %d trials, want 2", got)
	}
}
