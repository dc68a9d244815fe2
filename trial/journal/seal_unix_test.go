//go:build unix

package journal_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
	"github.com/pertask/pertask/trial/journal/journaltest"
)

// What lies where a journal is restored can be anything. Nothing but a regular file is read, written or waited for.
func TestSealRefusesWhatIsNoFile(t *testing.T) {
	link := func(to string) func(string) error {
		return func(path string) error { return os.Symlink(to, path) }
	}
	pipe := func(path string) error { return unix.Mkfifo(path, 0o600) }
	folder := func(path string) error { return os.MkdirAll(filepath.Join(path, "x"), 0o700) }
	for _, place := range []string{"", ".seal"} {
		for name, put := range map[string]func(path string) error{
			"a pipe": pipe, "a folder": folder, "a link to another file": link("other"), "a link to nothing": link("nowhere"), "a link to itself": link("trials.jsonl" + place),
		} {
			t.Run(name+place, func(t *testing.T) {
				dir := t.TempDir()
				path, other := filepath.Join(dir, "trials.jsonl"), filepath.Join(dir, "other")
				j := openSealed(t, path)
				journaltest.Append(t, j, journaltest.Trial("base", "x", 0, trial.Failed))
				j.Close()
				// The link leads to what would hold, if it were followed.
				if err := os.Rename(path+place, other); err != nil {
					t.Fatal(err)
				}
				if err := put(path + place); err != nil {
					t.Fatal(err)
				}
				before := read(t, other)
				if _, err := testSeal.Open(path); !errors.Is(err, journal.ErrSeal) {
					t.Errorf("error %v, want ErrSeal", err)
				}
				if err := journal.RemoveSealed(path); err != nil {
					t.Fatal(err)
				}
				fresh, err := testSeal.Open(path)
				if err != nil {
					t.Fatal(err)
				}
				defer fresh.Close()
				journaltest.Append(t, fresh, journaltest.Trial("base", "x", 1, trial.Failed))
				if _, err := os.Lstat(filepath.Join(dir, "nowhere")); err == nil || read(t, other) != before {
					t.Error("a link was followed")
				}
			})
		}
	}
}

// A seal is written into a file of our own, whatever lies where it is prepared.
func TestSealFollowsNoLink(t *testing.T) {
	dir := t.TempDir()
	path, other := filepath.Join(dir, "trials.jsonl"), filepath.Join(dir, "other")
	if err := os.WriteFile(other, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".seal", ".seal.next"} {
		if err := os.Symlink(other, path+name); err != nil {
			t.Fatal(err)
		}
	}
	j := openSealed(t, path)
	journaltest.Append(t, j, journaltest.Trial("base", "x", 0, trial.Failed))
	j.Close()
	if read(t, other) != "mine" {
		t.Error("a link was followed")
	}
	if n := len(load(t, openSealed(t, path)).Results); n != 1 {
		t.Errorf("%d trials, want 1", n)
	}
}

// Who is second waits for nothing and changes nothing, before it has read anything.
func TestSealedIsForOneProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trials.jsonl")
	j := openSealed(t, path)
	journaltest.Append(t, j, journaltest.Trial("base", "x", 0, trial.Failed))
	if _, err := testSeal.Open(path); err == nil || errors.Is(err, journal.ErrSeal) {
		t.Errorf("error %v, want one that is not about the seal", err)
	}
	journaltest.Append(t, j, journaltest.Trial("base", "x", 1, trial.Failed))
	j.Close()
	if n := len(load(t, openSealed(t, path)).Results); n != 2 {
		t.Errorf("%d trials, want 2", n)
	}
}
