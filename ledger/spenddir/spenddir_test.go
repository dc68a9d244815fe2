package spenddir_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/ledger/spenddir"
	"github.com/pertask/pertask/ledger/spendtest"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("SPENDDIR_TEST_WRITER"); dir != "" {
		writer(dir)
	}
	os.Exit(m.Run())
}

func open(t testing.TB, dir string, o spenddir.Options) *spenddir.Store {
	t.Helper()
	s, err := spenddir.Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func add(t testing.TB, s spend.Store, entries ...spend.Entry) {
	t.Helper()
	if err := s.Add(t.Context(), entries...); err != nil {
		t.Fatal(err)
	}
}

// read returns the entries of a store and the lines that are none.
func read(t testing.TB, s spend.Store) ([]spend.Entry, spend.Skipped) {
	t.Helper()
	var out []spend.Entry
	skipped, err := spend.Each(s.Entries(t.Context(), spend.Query{}), func(e spend.Entry) error {
		out = append(out, e)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out, skipped
}

// Machines have a writer each and share a folder; processes of one machine share a writer.
func TestStore(t *testing.T) {
	for name, writer := range map[string]string{"machines": "", "processes of one machine": "machine01"} {
		t.Run(name, func(t *testing.T) {
			spendtest.Run(t, func(t *testing.T) func() spend.Store {
				dir := filepath.Join(t.TempDir(), "a", "b")
				return func() spend.Store { return open(t, dir, spenddir.Options{Writer: writer}) }
			})
		})
	}
}

func names(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func TestFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ledger")
	s := open(t, dir, spenddir.Options{Writer: "machine01"})
	add(t, s, spendtest.Entries(200)...)
	add(t, s, spendtest.Entries(200)...)
	add(t, open(t, dir, spenddir.Options{Writer: "machine02"}), spendtest.Entry(1))
	want := []string{"2026-10.machine01.jsonl", "2026-10.machine02.jsonl", "2026-11.machine01.jsonl"}
	if diff := cmp.Diff(want, names(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	lines := 0
	for _, name := range append(want, ".") {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		mode := fs.FileMode(0o600)
		if name == "." {
			mode = 0o700
		}
		if info.Mode().Perm() != mode {
			t.Errorf("%s has the mode %v, want %v", name, info.Mode(), mode)
		}
		if name != "." {
			lines += strings.Count(text(t, filepath.Join(dir, name)), "{\"schema")
		}
	}
	if lines != 201 {
		t.Errorf("%d lines of 201 entries: what is there was written again", lines)
	}
}

func text(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestOptions(t *testing.T) {
	for _, w := range []string{"short", strings.Repeat("x", 33), "Machine01", "../machine", "machine.01"} {
		if _, err := spenddir.Open(t.TempDir(), spenddir.Options{Writer: w}); err == nil || !strings.Contains(err.Error(), "writer") {
			t.Errorf("%q: error %v", w, err)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "")
	if _, err := spenddir.Open(file, spenddir.Options{}); err == nil {
		t.Error("a file was opened as a directory")
	}
	if a, b := spenddir.NewWriter(), spenddir.NewWriter(); a == b || len(a) != 16 {
		t.Errorf("writers %q and %q", a, b)
	}
}

// However much of what was added last is there, it counts for nothing until all of it is, and the next one goes on.
func TestTornEnds(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "2026-10.machine01.jsonl")
	s := open(t, dir, spenddir.Options{Writer: "machine01"})
	add(t, s, spendtest.Entry(1))
	before := text(t, path)
	add(t, s, spendtest.Entry(2), spendtest.Entry(3))
	all := text(t, path)
	cuts := []int{len(before) + 1, len(before) + 100, len(all) - 2, len(all) - 1}
	cuts = append(cuts, len(before)+strings.Index(all[len(before):], "\n")+1) // a whole line of two
	for _, cut := range cuts {
		write(t, path, all[:cut])
		got, skipped := read(t, s)
		if diff := cmp.Diff([]spend.Entry{spendtest.Entry(1)}, got); diff != "" || skipped.Torn != 1 || skipped.Lines != 1 {
			t.Errorf("cut at %d of %d: skipped %+v, (-want +got):\n%s", cut, len(all), skipped, diff)
		}
		for _, next := range []*spenddir.Store{s, open(t, dir, spenddir.Options{Writer: "machine01"})} {
			write(t, path, all[:cut])
			add(t, next, spendtest.Entry(2), spendtest.Entry(3))
			if got := text(t, path); got != all {
				t.Errorf("cut at %d of %d: after it is added again:\n%s", cut, len(all), got)
			}
		}
	}
	write(t, path, all)
	add(t, s, spendtest.Entry(2))
	if got, skipped := read(t, s); len(got) != 3 || skipped.Lines != 0 {
		t.Errorf("%d entries, skipped %+v", len(got), skipped)
	}
}

// What others put into the folder is read where it is entries, told where it is none, and ends nothing.
func TestWhatOthersWrote(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, spenddir.Options{Writer: "machine01", MaxFile: 100_000})
	add(t, s, spendtest.Entry(1))
	line, err := spend.Encode(spendtest.Entry(2))
	if err != nil {
		t.Fatal(err)
	}
	entry := string(line)
	for name, content := range map[string]string{
		"2026-10.machine02 (conflicted copy).jsonl": entry + "\n",                                            // an entry
		"2026-10.machine03.jsonl":                   "x\n" + entry + "{}\n\n",                                // two lines that are none
		"2026-10.machine04.jsonl":                   strings.Repeat("x", 100_001),                            // too large
		"2026-09.machine05.jsonl":                   entry + "\n",                                            // of another month
		"2026-10.machine06.jsonl":                   entry,                                                   // not finished
		"2026-10.machine07.jsonl":                   strings.Repeat("\n", 50_000) + strings.Repeat("y", 300), // not finished
		"2026-10.machine08.jsonl":                   "",
		"notes.txt":                                 "x",
		"2026-13.machine09.jsonl":                   "x",
		"2026-1.machine09.jsonl":                    "x",
		"2026-10.machine09.next":                    "x",
	} {
		write(t, filepath.Join(dir, name), content)
	}
	if err := os.Mkdir(filepath.Join(dir, "2026-10.machine10.jsonl"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("notes.txt", filepath.Join(dir, "2026-10.machine11.jsonl")); err != nil {
		t.Fatal(err)
	}
	got, skipped := read(t, s)
	if diff := cmp.Diff([]spend.Entry{spendtest.Entry(1), spendtest.Entry(2)}, sorted(got)); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	if skipped.Lines != 8 || skipped.Torn != 2 {
		t.Errorf("skipped %d lines, %d torn; want 8 and 2", skipped.Lines, skipped.Torn)
	}
	var told []string
	for _, err := range s.Entries(t.Context(), spend.Query{}) {
		if err != nil {
			told = append(told, err.Error())
		}
	}
	slices.Sort(told)
	for i, want := range []string{"2026-09.machine05.jsonl: an entry of another month", "2026-10.machine03.jsonl:1: ", "2026-10.machine03.jsonl:3: ", "2026-10.machine04.jsonl: the file has 100001 bytes",
		"2026-10.machine06.jsonl: ", "2026-10.machine07.jsonl: 300 bytes", "2026-10.machine10.jsonl: ", "2026-10.machine11.jsonl: "} {
		if i >= len(told) || !strings.HasPrefix(told[i], want) {
			t.Errorf("told %q, want %q in the place %d", told, want, i)
			break
		}
	}
}

func sorted(entries []spend.Entry) []spend.Entry {
	slices.SortFunc(entries, func(a, b spend.Entry) int {
		x, _ := a.Tokens.Input.Value()
		y, _ := b.Tokens.Input.Value()
		return int(x - y)
	})
	return entries
}

// Lines without number are told in part, and held in part.
func TestManyBadLines(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "2026-10.machine02.jsonl"), strings.Repeat("x\n", 5000)+"\n")
	if _, skipped := read(t, open(t, dir, spenddir.Options{})); skipped.Lines != 1001 {
		t.Errorf("%d lines, want 1001", skipped.Lines)
	}
}

func TestLimits(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, spenddir.Options{Writer: "machine01", MaxFile: 2000})
	add(t, s, spendtest.Entry(1))
	early := spendtest.Entry(2)
	early.Hour = early.Hour.AddDate(0, -1, 0)
	early.Last = early.Hour
	err := s.Add(t.Context(), append(spendtest.Entries(8), early.Complete())...)
	if err == nil || !strings.Contains(err.Error(), "at most 2000") {
		t.Errorf("error %v", err)
	}
	// None of the months has anything of it.
	if got, skipped := read(t, s); len(got) != 1 || skipped.Lines != 0 {
		t.Errorf("%d entries, skipped %+v", len(got), skipped)
	}
	add(t, s, spendtest.Entry(2))
	write(t, filepath.Join(dir, "2026-10.machine01.jsonl"), strings.Repeat("\n", 2001))
	if err := s.Add(t.Context(), spendtest.Entry(3)); err == nil {
		t.Error("a file that is too large was added to")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Add(t.Context(), spendtest.Entry(3)); err == nil {
		t.Error("a closed store was added to")
	}
	if _, err := spend.Each(s.Entries(t.Context(), spend.Query{}), func(spend.Entry) error { return nil }); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("a closed store was read: %v", err)
	}
}
