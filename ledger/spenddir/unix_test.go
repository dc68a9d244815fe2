//go:build unix

package spenddir_test

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/pertask/pertask/internal/linefile"
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/ledger/spenddir"
	"github.com/pertask/pertask/ledger/spendtest"
)

// A link, a pipe or a folder in the place of a file is neither read nor written to, and nothing waits for it.
func TestOnlyRegularFiles(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside")
	for name, put := range map[string]func(path string) error{
		"a link out":     func(path string) error { return os.Symlink(outside, path) },
		"a link nowhere": func(path string) error { return os.Symlink(outside+"-not", path) },
		"a pipe":         func(path string) error { return unix.Mkfifo(path, 0o600) },
		"a folder":       func(path string) error { return os.Mkdir(path, 0o700) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir, spenddir.Options{Writer: "machine01"})
			add(t, s, spendtest.Entry(1))
			path := filepath.Join(dir, "2026-10.machine01.jsonl")
			if err := os.Rename(path, outside); err != nil {
				t.Fatal(err)
			}
			before := text(t, outside)
			if err := put(path); err != nil {
				t.Fatal(err)
			}
			got, skipped := read(t, s)
			if len(got) != 0 || skipped.Lines != 1 || !errors.Is(skipped.First[0], linefile.ErrNotAFile) {
				t.Errorf("%d entries, skipped %+v", len(got), skipped)
			}
			_, compacted := s.Compact(t.Context(), true)
			for _, err := range []error{s.Add(t.Context(), spendtest.Entry(2)), compacted} {
				if !errors.Is(err, linefile.ErrNotAFile) {
					t.Errorf("error %v, want ErrNotAFile", err)
				}
			}
			if text(t, outside) != before {
				t.Error("the file outside was changed")
			}
			if _, err := os.Stat(outside + "-not"); err == nil {
				t.Error("a file outside was made")
			}
		})
	}
}

// TestFullHelper is no test: it is a process that may write so much and no more.
func TestFullHelper(t *testing.T) {
	dir := os.Getenv("SPENDDIR_TEST_FULL")
	if dir == "" {
		t.Skip("this is the process that TestDiskThatFills starts")
	}
	signal.Ignore(unix.SIGXFSZ)
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: 5000, Max: 5000}); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir, spenddir.Options{Writer: "machine01"})
	for i := range 1000 {
		early := spendtest.Entry(i)
		early.Hour = early.Hour.Add(-31 * 24 * time.Hour)
		early.Last = early.Hour
		// The month before has less in it, and does not fill up first.
		if err := s.Add(t.Context(), early.Complete(), spendtest.Entry(2*i), spendtest.Entry(2*i+1)); err != nil {
			got, skipped := read(t, s)
			if len(got) != 3*i || i == 0 || skipped.Lines != 0 || !errors.Is(err, unix.EFBIG) {
				t.Fatalf("%d entries are there after %d were stored, skipped %+v, and the error is %v", len(got), 3*i, skipped, err)
			}
			return
		}
	}
	t.Fatal("the disk did not fill")
}

// When a write fails half way, nothing of it counts, of no month, and the next process goes on.
func TestDiskThatFills(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestFullHelper$")
	cmd.Env = append(os.Environ(), "SPENDDIR_TEST_FULL="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s := open(t, dir, spenddir.Options{Writer: "machine01"})
	before, _ := read(t, s)
	add(t, s, spendtest.Entry(999))
	got, skipped := read(t, s)
	if len(before) == 0 || len(got) != len(before)+1 || skipped.Lines != 0 {
		t.Errorf("%d entries and then %d, skipped %+v", len(before), len(got), skipped)
	}
}

// Only the user reads what is in the folder, also what is put together, whatever the process's mask is.
func TestModes(t *testing.T) {
	old := unix.Umask(0)
	defer unix.Umask(old)
	dir := filepath.Join(t.TempDir(), "a", "ledger")
	s := open(t, dir, spenddir.Options{Writer: "machine01"})
	for i := range 5 {
		add(t, s, spendtest.More(spendtest.Entry(1), int64(i)))
	}
	if c, err := s.Compact(t.Context(), false); err != nil || c.Files != 1 {
		t.Fatalf("%+v, %v", c, err)
	}
	got := map[string]os.FileMode{}
	for _, name := range append(names(t, dir), ".", "..") {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		got[name] = info.Mode().Perm()
	}
	want := map[string]os.FileMode{"2026-10.machine01.jsonl": 0o600, "compact.lock": 0o600, ".": 0o700, "..": 0o700}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("modes (-want +got):\n%s", diff)
	}
	if entries := spendtest.All(t, s.Entries(t.Context(), spend.Query{})); len(entries) != 1 {
		t.Errorf("%d entries", len(entries))
	}
}
