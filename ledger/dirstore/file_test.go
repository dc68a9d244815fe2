package dirstore_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/ledger/dirstore"
	"github.com/pertask/pertask/ledger/ledgertest"
	"github.com/pertask/pertask/verdict"
)

// trialsFile returns the file of the one key with trials in a directory, testFile that of the one test.
func trialsFile(t *testing.T, dir string) string { return onlyFile(t, dir, "base-trials-*.jsonl") }

func testFile(t *testing.T, dir string) string { return onlyFile(t, dir, "test-*.jsonl") }

func onlyFile(t *testing.T, dir, pattern string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(names) != 1 {
		t.Fatalf("%d files %s, %v; want 1", len(names), pattern, err)
	}
	return names[0]
}

func add(t *testing.T, s *dirstore.Store, key string, trials ...ledger.BaseTrial) {
	t.Helper()
	if err := s.AddBaseTrials(t.Context(), key, trials...); err != nil {
		t.Fatal(err)
	}
}

// indices returns the indices of the trials of a key.
func indices(t *testing.T, s *dirstore.Store, key string) []int {
	t.Helper()
	got, err := s.BaseTrials(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	var out []int
	for _, b := range got {
		out = append(out, b.Index)
	}
	return out
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// looked returns a test of the key k.
func looked(trials ...int) ledger.Test {
	t := ledger.Test{Key: "k", Time: ledgertest.Noon}
	for _, n := range trials {
		p := 0.01
		t.Looks = append(t.Looks, ledger.Look{Trials: n, Time: ledgertest.Noon, P: &p})
	}
	return t
}

func decided(v verdict.Verdict, trials ...int) ledger.Test {
	t := looked(trials...)
	t.Finished, t.Verdict = true, v
	return t
}

// Stored files are read by later versions: their form must not change.
func TestForm(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, dirstore.Options{})
	b := ledger.BaseTrial{Task: "x", Index: 0, Cause: "timeout", Time: ledgertest.Noon}
	add(t, s, "k", b)
	if err := s.DropBaseTrials(t.Context(), "k", "drift"); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveTest(t.Context(), looked(2)); err != nil {
		t.Fatal(err)
	}
	// The names are the SHA-256 of "k".
	const digest = "8254c329a92850f6d539dd376f4816ee2764517da5e0235514af433164480d7a"
	lines := strings.Split(string(read(t, filepath.Join(dir, "base-trials-"+digest+".jsonl"))), "\n")
	want := []string{
		`{"opened":{"schema":"pertask.ledger/1","kind":"base-trials","key":"k"}}`,
		`{"trial":{"schema":"pertask.base-trial/1","task":"x","index":0,"id":"base/x/0","completed":false,"cause":"timeout","seconds":null,"time":"2026-06-01T12:00:00Z","calls":[]}}`,
		`,"trials":[{"task":"x","id":"base/x/0","time":"2026-06-01T12:00:00Z"}]}}`,
		``,
	}
	if _, after, ok := strings.Cut(lines[2], `,"trials"`); ok && strings.HasPrefix(lines[2], `{"dropped":{"why":"drift","time":"2`) {
		lines[2] = `,"trials"` + after // without the time of the drop
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("trials (-want +got):\n%s", diff)
	}
	wantTest := `{"opened":{"schema":"pertask.ledger/1","kind":"test","key":"k"}}` + "\n" +
		`{"test":{"schema":"pertask.test/1","key":"k","looks":[{"trials":2,"time":"2026-06-01T12:00:00Z","p":0.01}],"finished":false,"verdict":"inconclusive","extensions":0,"alpha_spent":0,"time":"2026-06-01T12:00:00Z"}}` + "\n"
	if diff := cmp.Diff(wantTest, string(read(t, filepath.Join(dir, "test-"+digest+".jsonl")))); diff != "" {
		t.Errorf("test (-want +got):\n%s", diff)
	}
}

// Only the user may read what is stored, and reading makes no file.
func TestFilesArePrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ledger")
	s := openStore(t, dir, dirstore.Options{})
	if got := indices(t, s, "k"); got != nil {
		t.Errorf("trials %v", got)
	}
	if _, _, err := s.Test(t.Context(), "k"); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(dir); len(entries) != 0 || err != nil {
		t.Errorf("%d files after reading, %v", len(entries), err)
	}
	add(t, s, "a key that says something", ledgertest.Trial("x", 0))
	for _, path := range []string{dir, trialsFile(t, dir), filepath.Join(dir, "lock")} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v; want it for the user alone", path, info.Mode(), err)
		}
		if strings.Contains(path, "says") {
			t.Errorf("%s has the key in it", path)
		}
	}
}

// Whatever part of the last line is on the disk, what was there before counts and the file goes on.
func TestTornAnywhere(t *testing.T) {
	for name, o := range map[string]dirstore.Options{"plain": {}, "sealed": {Secret: secret}} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := openStore(t, dir, o)
			b := ledger.BaseTrial{Task: "x", Time: ledgertest.Noon}
			add(t, s, "k", b)
			path := trialsFile(t, dir)
			before := read(t, path)
			b.Index = 1
			add(t, s, "k", b)
			whole := read(t, path)
			first := bytes.IndexByte(before, '\n') + 1
			for size := range whole {
				for _, tail := range []string{"", "\x00\x00"} { // some file systems leave zeros
					write(t, path, append(bytes.Clone(whole[:size]), tail...))
					want := []int(nil)
					if size >= len(before) {
						want = append(want, 0)
					}
					if size < first && tail != "" {
						continue // below
					}
					if diff := cmp.Diff(want, indices(t, s, "k")); diff != "" {
						t.Fatalf("cut after %d bytes (-want +got):\n%s", size, diff)
					}
					if size%20 != 0 && size < len(whole)-2 {
						continue // each append waits for the disk
					}
					b.Index = 2
					add(t, s, "k", b)
					if diff := cmp.Diff(append(want, 2), indices(t, s, "k")); diff != "" {
						t.Fatalf("cut after %d bytes and appended to (-want +got):\n%s", size, diff)
					}
				}
			}
		})
	}
}

// A file that another one wrote, or somebody by hand, is no evidence. It is refused with its place, and is not written to.
func TestRefusesWhatIsNotOurs(t *testing.T) {
	const open = `{"opened":{"schema":"pertask.ledger/1","kind":"base-trials","key":"k"}}` + "\n"
	const trial = `{"trial":{"schema":"pertask.base-trial/1","task":"x","index":0,"id":"base/x/0","completed":true,"seconds":null,"time":"2026-06-01T12:00:00Z","calls":[]}}` + "\n"
	tests := []struct{ name, text, want string }{
		{"prose", "hello\n", ":1: the stored file is not usable: the line is not a JSON object"},
		{"an empty line", open + "\n" + trial, ":2: the stored file is not usable: the line is not a JSON object"},
		{"zeros", open + strings.Repeat("\x00", 100) + "\n", "not a JSON object"},
		{"a list", open + "[]\n", "not a JSON object"},
		{"nesting", open + strings.Repeat(`{"trial":`, 20_000) + "\n", "not a JSON object"},
		{"another key", strings.Replace(open, `"k"`, `"other"`, 1) + trial, `:1: the stored file is not usable: the file is of "base-trials" and the key "other"`},
		{"another kind", strings.Replace(open, `base-trials`, `test`, 1), `the file is of "test"`},
		{"another version", strings.Replace(open, `ledger/1`, `ledger/2`, 1) + trial, `the schema "pertask.ledger/2" is not known; this version reads "pertask.ledger/1"`},
		{"no first line", trial, ":1: the stored file is not usable: the first line of a stored file says what it is"},
		{"two first lines", open + open, ":2: the stored file is not usable: the first line"},
		{"no kind", open + "{}\n", "no kind"},
		{"another kind of record", open + `{"note":{}}` + "\n", "no kind"},
		{"two kinds at once", open + strings.Replace(trial, "{", `{"dropped":{},`, 1), "no kind"},
		{"a test among trials", open + `{"test":{"schema":"pertask.test/1"}}` + "\n", "no kind"},
		{"a later trial", open + strings.Replace(trial, "base-trial/1", "base-trial/2", 1), `the schema "pertask.base-trial/2" is not known; this version reads "pertask.base-trial/1"`},
		{"a trial without a version", open + strings.Replace(trial, `"schema":"pertask.base-trial/1",`, "", 1), "without a schema"},
		{"a trial without an id", open + strings.Replace(trial, `"id":"base/x/0",`, "", 1), "without a schema or an id"},
		{"a trial without a time", open + strings.Replace(trial, `,"time":"2026-06-01T12:00:00Z"`, "", 1), "no time"},
		{"a trial before the first", open + strings.Replace(trial, `"index":0`, `"index":-1`, 1), "the index -1"},
		{"a share of an index", open + strings.Replace(trial, `"index":0`, `"index":0.5`, 1), "cannot unmarshal"},
		{"a call without a version", open + strings.Replace(trial, `[]`, `[{"id":"1"}]`, 1), "a stored call without a schema"},
		{"a negative count", open + strings.Replace(trial, `[]`, `[{"schema":"pertask.call/1","id":"1","tokens":{"input":-1}}]`, 1), "negative"},
		{"a huge count", open + strings.Replace(trial, `[]`, `[{"schema":"pertask.call/1","id":"1","tokens":{"input":1e30}}]`, 1), "cannot unmarshal"},
		{"a line too long", open + `{"trial":"` + strings.Repeat("x", 17<<20) + `"}` + "\n", "a line of more than 16777216 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			s := openStore(t, dir, dirstore.Options{})
			add(t, s, "k", ledgertest.Trial("x", 0))
			path := trialsFile(t, dir)
			write(t, path, []byte(tt.text))
			_, err := s.BaseTrials(t.Context(), "k")
			if !errors.Is(err, dirstore.ErrBroken) || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v, want ErrBroken with the path and %q", err, tt.want)
			}
			if strings.Contains(tt.name, "another version") != errors.Is(err, ledger.ErrSchema) && !strings.Contains(tt.name, "later") {
				t.Errorf("error %v is ErrSchema: %v", err, errors.Is(err, ledger.ErrSchema))
			}
			for _, err := range []error{s.AddBaseTrials(t.Context(), "k", ledgertest.Trial("x", 1)), s.DropBaseTrials(t.Context(), "k", "why")} {
				if !errors.Is(err, dirstore.ErrBroken) {
					t.Errorf("error %v when writing, want ErrBroken", err)
				}
			}
			if got := read(t, path); string(got) != tt.text {
				t.Errorf("the file became %.200q", got)
			}
			if err := s.Discard(t.Context(), "k"); err != nil {
				t.Fatal(err)
			}
			add(t, s, "k", ledgertest.Trial("x", 7))
			if diff := cmp.Diff([]int{7}, indices(t, s, "k")); diff != "" {
				t.Errorf("after it was discarded (-want +got):\n%s", diff)
			}
		})
	}
}

// The history of a test is one that could have been saved.
func TestRefusesAHistoryThatCannotBe(t *testing.T) {
	const open = `{"opened":{"schema":"pertask.ledger/1","kind":"test","key":"k"}}` + "\n"
	line := func(key string, finished bool, verdict string, looks ...int) string {
		var l []string
		for _, n := range looks {
			l = append(l, fmt.Sprintf(`{"trials":%d,"time":"2026-06-01T12:00:00Z","p":null}`, n))
		}
		return fmt.Sprintf(`{"test":{"schema":"pertask.test/1","key":%q,"looks":[%s],"finished":%v,"verdict":%q,"time":"2026-06-01T12:00:00Z"}}`, key, strings.Join(l, ","), finished, verdict) + "\n"
	}
	tests := []struct {
		name, text string
		want       string
		is         error
	}{
		{"as it is saved", open + line("k", false, "inconclusive", 2) + line("k", true, "switch", 2, 3), "", nil},
		{"another verdict after the first", open + line("k", true, "dont-switch", 2) + line("k", true, "switch", 2), ":3: ", ledger.ErrFinal},
		{"starting over", open + line("k", false, "inconclusive", 2) + line("k", false, "inconclusive"), ":3: ", ledger.ErrBehind},
		{"a test of another key", open + line("other", false, "inconclusive", 2), `:2: the stored file is not usable: the test is of the key "other"`, nil},
		{"an unknown verdict", open + line("k", true, "yes", 2), `:2: the stored file is not usable: reading a record: verdict "yes"`, nil},
		{"a verdict before the end", open + line("k", false, "switch", 2), "it is not finished", nil},
		{"a test without a version", open + strings.Replace(line("k", true, "switch", 2), "pertask.test/1", "", 1), "a stored test without a schema", nil},
		{"a later version", open + strings.Replace(line("k", true, "switch", 2), "test/1", "test/9", 1), "this version reads", ledger.ErrSchema},
		{"a trial", open + `{"trial":{}}` + "\n", "no kind", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			s := openStore(t, dir, dirstore.Options{})
			if err := s.SaveTest(t.Context(), looked(2)); err != nil {
				t.Fatal(err)
			}
			path := testFile(t, dir)
			write(t, path, []byte(tt.text))
			got, found, err := s.Test(t.Context(), "k")
			if tt.want == "" {
				if err != nil || !found || got.Verdict != verdict.Switch {
					t.Errorf("%+v, %v, %v", got, found, err)
				}
				return
			}
			if !errors.Is(err, dirstore.ErrBroken) || !strings.Contains(err.Error(), tt.want) || tt.is != nil && !errors.Is(err, tt.is) || found || got.Key != "" {
				t.Errorf("%+v, %v, error %v; want ErrBroken with %q", got, found, err, tt.want)
			}
			if err := s.SaveTest(t.Context(), looked(2, 3)); !errors.Is(err, dirstore.ErrBroken) {
				t.Errorf("error %v when saving, want ErrBroken", err)
			}
			if got := read(t, path); string(got) != tt.text {
				t.Errorf("the file became %q", got)
			}
		})
	}
}

// A file that would not be read back is not written.
func TestFilesAreBounded(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, dirstore.Options{MaxFile: 2000})
	n := 0
	for ; n < 100; n++ {
		if err := s.AddBaseTrials(t.Context(), "k", ledgertest.Trial("x", n)); err != nil {
			if !strings.Contains(err.Error(), "at most 2000 are read back") {
				t.Errorf("error %v", err)
			}
			break
		}
	}
	if got := len(indices(t, s, "k")); n == 0 || n == 100 || got != n {
		t.Errorf("%d trials are there of %d that were stored", got, n)
	}
	less := openStore(t, dir, dirstore.Options{MaxFile: 500})
	if _, err := less.BaseTrials(t.Context(), "k"); !errors.Is(err, dirstore.ErrBroken) || !strings.Contains(err.Error(), "at most 500 are read") {
		t.Errorf("error %v, want ErrBroken with the limit", err)
	}
	b := ledgertest.Trial("x", 0)
	b.Calls[0].Raw = fmt.Appendf(nil, "%q", strings.Repeat("x", 17<<20))
	if err := openStore(t, t.TempDir(), dirstore.Options{}).AddBaseTrials(t.Context(), "k", b); err == nil || !strings.Contains(err.Error(), "at most 16777216 are read back") {
		t.Errorf("error %v for a huge trial", err)
	}
}

// Thousands of trials are dropped in lines that can be read back.
func TestManyAreDropped(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, dirstore.Options{})
	var many []ledger.BaseTrial
	for i := range 2500 {
		many = append(many, ledger.BaseTrial{Task: "a task", Index: i, Time: ledgertest.Noon})
	}
	add(t, s, "k", many...)
	if got := len(indices(t, s, "k")); got != len(many) {
		t.Fatalf("%d trials", got)
	}
	if err := s.DropBaseTrials(t.Context(), "k", "drift"); err != nil {
		t.Fatal(err)
	}
	add(t, s, "k", many...)
	if got := indices(t, s, "k"); got != nil {
		t.Errorf("%d trials are left", len(got))
	}
	if got := bytes.Count(read(t, trialsFile(t, dir)), []byte(`{"dropped"`)); got != 3 {
		t.Errorf("%d lines, want 3 of at most 1000 trials", got)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "file"), nil)
	if _, err := dirstore.Open(filepath.Join(dir, "file"), dirstore.Options{}); err == nil {
		t.Error("a file was taken for a directory")
	}
	if _, err := dirstore.Open(filepath.Join(dir, "new"), dirstore.Options{Secret: []byte("short")}); err == nil || !strings.Contains(err.Error(), "at least 16") {
		t.Errorf("error %v for a short secret", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "new")); err == nil {
		t.Error("a directory was made for a store that was refused")
	}
}
