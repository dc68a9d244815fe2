//go:build linux

package trial_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
	"github.com/pertask/pertask/usage"
)

// TestKilledHelper is no test: it is the process that TestKilledRunner kills.
func TestKilledHelper(t *testing.T) {
	dir := os.Getenv("TRIAL_TEST_KILLED")
	if dir == "" {
		t.Skip("this is the process that TestKilledRunner starts")
	}
	j := openJournal(t, dir)
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

	j := openJournal(t, dir)
	want := []string{"result base/quick/0 completed base/quick/0-1:ended", "open early"}
	if diff := cmp.Diff(want, outline(load(t, j))); diff != "" {
		t.Errorf("after the end (-want +got):\n%s", diff)
	}
	late := trial.Trial{Slot: trial.Slot{Arm: trial.Base, Task: "long"}, Outcome: trial.Failed}
	if err := errors.Join(j.AppendCall(call("late", "base/long/0", usage.Ended)), j.AppendTrial(late)); err != nil {
		t.Fatal(err)
	}
	want = []string{want[0], "result base/long/0 failed late:ended", "open early"}
	if diff := cmp.Diff(want, outline(load(t, j))); diff != "" {
		t.Errorf("after the next process (-want +got):\n%s", diff)
	}
}

func openJournal(t *testing.T, dir string) *journal.File {
	t.Helper()
	j, err := journal.Open(filepath.Join(dir, "trials.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}
