//go:build unix

package journal_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
	"github.com/pertask/pertask/trial/journal/journaltest"
)

func TestFileHasOneWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trials.jsonl")
	one, two := openFile(t, path), openFile(t, path)
	journaltest.Append(t, one, journaltest.Trial("base", "x", 0, trial.Completed))
	if err := two.AppendTrial(journaltest.Trial("base", "x", 1, trial.Completed)); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("error %v, want one about another process", err)
	}
	if got := len(load(t, two).Results); got != 1 {
		t.Errorf("the second reads %d trials, want 1", got)
	}
	one.Close()
	journaltest.Append(t, two, journaltest.Trial("base", "x", 1, trial.Completed))
	if got := len(load(t, two).Results); got != 2 {
		t.Errorf("after the first has gone there are %d trials, want 2", got)
	}
}

// Who claims a journal has it alone from then on: what it loads cannot grow behind its back.
func TestClaimIsForOneProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trials.jsonl")
	one, two := openFile(t, path), openFile(t, path)
	if err := one.Claim(journal.Subject{Key: "k"}); err != nil {
		t.Fatal(err)
	}
	if err := two.Claim(journal.Subject{Key: "k"}); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("error %v, want one about another process", err)
	}
	if err := one.Claim(journal.Subject{Key: "k"}); err != nil {
		t.Errorf("claimed twice by one: %v", err)
	}
	one.Close()
	if err := two.Claim(journal.Subject{Key: "k"}); err != nil {
		t.Errorf("after the first one has ended: %v", err)
	}
}
