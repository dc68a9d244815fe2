package dirstore_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/ledger/dirstore"
	"github.com/pertask/pertask/ledger/ledgertest"
	"github.com/pertask/pertask/verdict"
)

func files(t *testing.T, dir string) int {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return len(names)
}

func TestPruneBaseTrials(t *testing.T) {
	for name, o := range map[string]dirstore.Options{"plain": {}, "sealed": sealed} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := openStore(t, dir, o)
			limit := ledgertest.Noon.Add(2 * time.Minute) // the age of the trial with the index 2
			add(t, s, "some are old", ledgertest.Trial("x", 0), ledgertest.Trial("x", 2), ledgertest.Trial("x", 3))
			add(t, s, "all are old", ledgertest.Trial("x", 0), ledgertest.Trial("x", 1))
			add(t, s, "dropped", ledgertest.Trial("x", 1), ledgertest.Trial("x", 4))
			if err := s.DropBaseTrials(t.Context(), "dropped", "drift"); err != nil {
				t.Fatal(err)
			}
			if err := s.SaveTest(t.Context(), looked(2)); err != nil {
				t.Fatal(err)
			}
			for range 2 { // once is enough
				got, err := s.PruneBaseTrials(t.Context(), limit)
				if err != nil || got.Kept != 2 || got.Broken != 0 {
					t.Errorf("pruned %+v, %v; want 2 kept", got, err)
				}
			}
			for key, want := range map[string][]int{"some are old": {2, 3}, "all are old": nil, "dropped": nil} {
				if diff := cmp.Diff(want, indices(t, s, key)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", key, diff)
				}
			}
			if got := files(t, dir); got != 3 {
				t.Errorf("%d files are left, want 3", got)
			}
			// What was dropped and is not old stays dropped; what is that old is not held against anybody.
			add(t, s, "dropped", ledgertest.Trial("x", 1), ledgertest.Trial("x", 4))
			if diff := cmp.Diff([]int{1}, indices(t, s, "dropped")); diff != "" {
				t.Errorf("dropped before (-want +got):\n%s", diff)
			}
			// The files go on.
			add(t, s, "some are old", ledgertest.Trial("x", 5))
			if diff := cmp.Diff([]int{2, 3, 5}, indices(t, openStore(t, dir, o), "some are old")); diff != "" {
				t.Errorf("after pruning (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPruneTests(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, dirstore.Options{})
	for i, key := range []string{"old", "new"} {
		test := decided(verdict.DontSwitch, 2)
		test.Key, test.Time = key, ledgertest.Noon.Add(time.Duration(i)*time.Hour)
		if err := s.SaveTest(t.Context(), test); err != nil {
			t.Fatal(err)
		}
	}
	add(t, s, "old", ledgertest.Trial("x", 0))
	got, err := s.PruneTests(t.Context(), ledgertest.Noon.Add(time.Minute))
	if diff := cmp.Diff(dirstore.Pruned{Kept: 1, Removed: 1}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for key, want := range map[string]bool{"old": false, "new": true} {
		if _, found, err := s.Test(t.Context(), key); found != want || err != nil {
			t.Errorf("%s: found %v, %v; want %v", key, found, err, want)
		}
	}
	if got := indices(t, s, "old"); len(got) != 1 {
		t.Errorf("%d trials, want 1: they are not tests", len(got))
	}
}

// A file that cannot be used is removed once it is old, and keeps no other from being pruned.
func TestPruneBroken(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, dirstore.Options{})
	add(t, s, "k", ledgertest.Trial("x", 0), ledgertest.Trial("x", 5))
	good := trialsFile(t, dir)
	young, old := filepath.Join(dir, "base-trials-0.jsonl"), filepath.Join(dir, "base-trials-z.jsonl")
	write(t, young, read(t, good)) // not named after its key
	write(t, old, []byte("hello\n"))
	half := filepath.Join(dir, "base-trials-ff.jsonl")
	write(t, half, nil)
	long := ledgertest.Noon.AddDate(-1, 0, 0)
	for _, path := range []string{old, half} {
		if err := os.Chtimes(path, long, long); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.PruneBaseTrials(t.Context(), ledgertest.Noon.Add(time.Minute))
	if diff := cmp.Diff(dirstore.Pruned{Kept: 1, Removed: 1, Broken: 3}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for path, want := range map[string]bool{young: true, good: true, old: false, half: false} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s is there: %v, want %v", path, err == nil, want)
		}
	}
}

// A process that is killed while it prunes leaves a file that the next one writes over.
func TestPruneAfterAKilledOne(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, dirstore.Options{})
	add(t, s, "k", ledgertest.Trial("x", 0), ledgertest.Trial("x", 5))
	path := trialsFile(t, dir)
	write(t, filepath.Join(dir, "next-"+filepath.Base(path)), []byte("something that is longer than what comes\n"+string(read(t, path))))
	if _, err := s.PruneBaseTrials(t.Context(), ledgertest.Noon.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{5}, indices(t, s, "k")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Trials go on being stored and read while old ones are removed.
func TestPruneWhileInUse(t *testing.T) {
	dir := t.TempDir()
	const most = 40
	done := make(chan error)
	go func() {
		s := openStore(t, dir, dirstore.Options{})
		for range most {
			if _, err := s.PruneBaseTrials(t.Context(), ledgertest.Noon.Add(time.Minute)); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	s := openStore(t, dir, dirstore.Options{})
	for i := range most {
		add(t, s, "k", ledgertest.Trial("x", i+1), ledger.BaseTrial{Task: "old", Index: i, Time: ledgertest.Noon})
		got, err := s.BaseTrials(t.Context(), "k")
		if err != nil || len(got) < i+1 {
			t.Errorf("%d trials, %v; want at least %d", len(got), err, i+1)
		}
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
