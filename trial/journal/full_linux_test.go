package journal_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
	"github.com/pertask/pertask/trial/journal/journaltest"
	"github.com/pertask/pertask/usage"
)

// Nothing is recorded on a full disk, and so nothing admitted.
func TestFullDisk(t *testing.T) {
	j := openFile(t, "/dev/full")
	for range 2 {
		if err := j.AppendCall(journaltest.Call("1", "base/x/0", usage.Admitted)); !errors.Is(err, unix.ENOSPC) {
			t.Errorf("error %v, want no space left", err)
		}
	}
}

// TestFullHelper is no test: it is a process that may write so much and no more.
func TestFullHelper(t *testing.T) {
	path := os.Getenv("JOURNAL_TEST_FULL")
	if path == "" {
		t.Skip("this is the process that TestDiskThatFills starts")
	}
	signal.Ignore(unix.SIGXFSZ)
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: 5000, Max: 5000}); err != nil {
		t.Fatal(err)
	}
	j, err := journal.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for err == nil && n < 1000 {
		if err = j.AppendTrial(journaltest.Trial("base", "x", n, trial.Completed)); err == nil {
			n++
		}
	}
	short := journaltest.Call("1", "b", usage.Admitted) // would still fit
	fmt.Println("recorded", n, "then", err != nil, j.AppendCall(short) != nil)
}

// When a write fails half way, what was recorded before stays, nothing more is taken, and the next process goes on.
func TestDiskThatFills(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trials.jsonl")
	cmd := exec.Command(os.Args[0], "-test.run=^TestFullHelper$")
	cmd.Env = append(os.Environ(), "JOURNAL_TEST_FULL="+path)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	j := openFile(t, path)
	recorded := len(load(t, j).Results)
	if want := fmt.Sprintln("recorded", recorded, "then true true"); recorded == 0 || !strings.HasPrefix(string(out), want) {
		t.Errorf("printed %q, want %q", out, want)
	}
	journaltest.Append(t, j, journaltest.Trial("head", "x", 0, trial.Completed))
	if got := len(load(t, j).Results); got != recorded+1 {
		t.Errorf("%d results, want %d", got, recorded+1)
	}
}
