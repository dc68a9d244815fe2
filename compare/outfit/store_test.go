package outfit_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/compare/outfit"
	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/ledger/dirstore"
	"github.com/pertask/pertask/ledger/ledgertest"
)

func openStore(t *testing.T, dir, secret string) *outfit.Store {
	t.Helper()
	s, err := outfit.OpenStore(dir, []byte(secret), "acme/agent")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// It is a store as every other.
func TestStoreConforms(t *testing.T) {
	ledgertest.Run(t, func(t *testing.T) func() ledgertest.Ledger {
		dir := t.TempDir()
		return func() ledgertest.Ledger { return openStore(t, dir, "") }
	})
}

// A file that somebody else has put there is said to all who read it, and the next process finds an empty store.
func TestStoreMends(t *testing.T) {
	dir := t.TempDir()
	forged := openStore(t, dir, "")
	if err := forged.AddBaseTrials(t.Context(), "k", ledger.BaseTrial{Task: "a", Completed: true, Time: time.Now()}); err != nil {
		t.Fatal(err)
	}
	if err := forged.SaveTest(t.Context(), ledger.Test{Key: "k", Looks: []ledger.Look{{Trials: 5, Time: time.Now()}}, Finished: true, Verdict: 1, Time: time.Now()}); err != nil {
		t.Fatal(err)
	}
	s := openStore(t, dir, "a secret of 16 bytes")
	if _, _, err := s.Test(t.Context(), "k"); !errors.Is(err, dirstore.ErrSeal) || !strings.Contains(err.Error(), "it was removed") {
		t.Errorf("a test without a seal: %v", err)
	}
	if trials, err := s.BaseTrials(t.Context(), "k"); !errors.Is(err, dirstore.ErrSeal) || len(trials) != 0 { // gone with the test: the key was the same
		t.Errorf("whoever reads it after that: %d trials, %v", len(trials), err)
	}
	left, _ := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if len(left) != 0 {
		t.Errorf("left are %q", left)
	}
	if err := s.AddBaseTrials(t.Context(), "k", ledger.BaseTrial{Task: "b", Completed: true, Time: time.Now()}); err != nil {
		t.Fatal(err)
	}
	next := openStore(t, dir, "a secret of 16 bytes")
	if trials, err := next.BaseTrials(t.Context(), "k"); err != nil || len(trials) != 1 || trials[0].Task != "b" {
		t.Errorf("the next process finds %+v, %v", trials, err)
	}
}

func TestStorePrunes(t *testing.T) {
	s := openStore(t, t.TempDir(), "")
	for i, age := range []time.Duration{time.Hour, 20 * 24 * time.Hour} {
		if err := s.AddBaseTrials(t.Context(), "k", ledger.BaseTrial{Task: "a", Index: i, Completed: true, Time: time.Now().Add(-age)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Prune(t.Context(), time.Now(), ledger.DefaultMaxAge); err != nil {
		t.Fatal(err)
	}
	if trials, err := s.BaseTrials(t.Context(), "k"); err != nil || len(trials) != 1 || trials[0].Index != 0 {
		t.Errorf("%+v, %v", trials, err)
	}
}

func TestOpenStoreRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := outfit.OpenStore(file, nil, ""); err == nil {
		t.Error("a file was opened as a folder")
	}
	if _, err := outfit.OpenStore(t.TempDir(), []byte("short"), ""); err == nil {
		t.Error("a short secret was taken")
	}
}
