//go:build unix

package dirstore_test

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/pertask/pertask/ledger/dirstore"
	"github.com/pertask/pertask/ledger/ledgertest"
)

// A link, a pipe or a folder in the place of a file is neither read nor written to, and nothing waits for it.
func TestOnlyRegularFiles(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside")
	tests := map[string]func(path string) error{
		"a link out":     func(path string) error { return os.Symlink(outside, path) },
		"a link inside":  func(path string) error { return os.Symlink("lock", path) },
		"a link nowhere": func(path string) error { return os.Symlink(outside+"-not", path) },
		"a pipe":         func(path string) error { return unix.Mkfifo(path, 0o600) },
		"a folder":       func(path string) error { return os.Mkdir(path, 0o700) },
	}
	for name, put := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := openStore(t, dir, dirstore.Options{})
			add(t, s, "k", ledgertest.Trial("x", 0))
			path := trialsFile(t, dir)
			if err := os.Rename(path, outside); err != nil {
				t.Fatal(err)
			}
			before := read(t, outside)
			if err := put(path); err != nil {
				t.Fatal(err)
			}
			_, err := s.BaseTrials(t.Context(), "k")
			for _, err := range []error{err, s.AddBaseTrials(t.Context(), "k", ledgertest.Trial("x", 1))} {
				if !errors.Is(err, dirstore.ErrBroken) || !strings.Contains(err.Error(), "regular file") {
					t.Errorf("error %v, want ErrBroken", err)
				}
			}
			if got := read(t, outside); string(got) != string(before) {
				t.Error("the file outside was changed")
			}
			if _, err := os.Stat(outside + "-not"); err == nil {
				t.Error("a file outside was made")
			}
			if err := s.Discard(t.Context(), "k"); err != nil {
				t.Fatal(err)
			}
			add(t, s, "k", ledgertest.Trial("x", 2))
			if diff := cmp.Diff([]int{2}, indices(t, s, "k")); diff != "" {
				t.Errorf("after it was discarded (-want +got):\n%s", diff)
			}
		})
	}
}

// TestFullHelper is no test: it is a process that may write so much and no more.
func TestFullHelper(t *testing.T) {
	dir := os.Getenv("DIRSTORE_TEST_FULL")
	if dir == "" {
		t.Skip("this is the process that TestDiskThatFills starts")
	}
	signal.Ignore(unix.SIGXFSZ)
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: 5000, Max: 5000}); err != nil {
		t.Fatal(err)
	}
	s := openStore(t, dir, dirstore.Options{})
	for i := range 1000 {
		if err := s.AddBaseTrials(t.Context(), "k", ledgertest.Trial("x", i), ledgertest.Trial("y", i)); err != nil {
			if got := indices(t, s, "k"); len(got) != 2*i || i == 0 || !errors.Is(err, unix.EFBIG) {
				t.Fatalf("%d trials are there after %d were stored, and the error is %v", len(got), 2*i, err)
			}
			return
		}
	}
	t.Fatal("the disk did not fill")
}

// When a write fails half way, nothing of it counts, what was stored before stays, and the next process goes on.
func TestDiskThatFills(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestFullHelper$")
	cmd.Env = append(os.Environ(), "DIRSTORE_TEST_FULL="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s := openStore(t, dir, dirstore.Options{})
	before := len(indices(t, s, "k"))
	add(t, s, "k", ledgertest.Trial("z", 0))
	if got := len(indices(t, s, "k")); before == 0 || got != before+1 {
		t.Errorf("%d trials and then %d", before, got)
	}
}
