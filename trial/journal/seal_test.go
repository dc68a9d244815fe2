package journal_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
	"github.com/pertask/pertask/trial/journal/journaltest"
	"github.com/pertask/pertask/usage"
)

var testSeal = journal.Seal{Secret: []byte("0123456789abcdef"), About: "acme/agent 7"}

func openSealed(t *testing.T, path string) *journal.Sealed {
	t.Helper()
	j, err := testSeal.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

func TestSealed(t *testing.T) {
	journaltest.Run(t, func(t *testing.T) func() trial.Journal {
		path := filepath.Join(t.TempDir(), "trials.jsonl")
		return func() trial.Journal { return openSealed(t, path) }
	})
}

// Everything is sealed when it is recorded: a process that is killed loses nothing.
func TestSealedGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trials.jsonl")
	j := openSealed(t, path)
	journaltest.Append(t, j, journaltest.Call("1", "base/x/0", usage.Ended), journaltest.Trial("base", "x", 0, trial.Completed), journaltest.Call("2", "base/y/0", usage.Admitted))
	j.File.Close() // as the kernel does

	j = openSealed(t, path)
	journaltest.Append(t, j, journaltest.Call("3", "base/z/0", usage.Ended))
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	want := []string{"result base/x/0 completed 1:ended", "open 2", "stray 3"}
	journaltest.Says(t, openSealed(t, path), want...)
}

func TestSealedConcurrently(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trials.jsonl")
	j := openSealed(t, path)
	var all sync.WaitGroup
	for n := range 50 {
		all.Go(func() { journaltest.Append(t, j, journaltest.Trial("base", "x", n, trial.Failed)) })
	}
	all.Wait()
	j.File.Close()
	if n := len(load(t, openSealed(t, path)).Results); n != 50 {
		t.Errorf("%d trials, want 50", n)
	}
}

func TestSealRefuses(t *testing.T) {
	tests := []struct {
		name   string
		change func(path string) error
		seal   journal.Seal
	}{
		{"another secret", nil, journal.Seal{Secret: []byte("0123456789abcdeF"), About: testSeal.About}},
		{"another pull request", nil, journal.Seal{Secret: testSeal.Secret, About: "acme/agent 8"}},
		{"no seal", func(path string) error { return os.Remove(path + ".seal") }, testSeal},
		{"no seal, but a file", func(path string) error { return os.WriteFile(path+".seal", []byte("x"), 0o600) }, testSeal},
		{"a changed line", func(path string) error { return edit(path, `"failed"`, `"completed"`) }, testSeal},
		{"a shorter file", func(path string) error { return os.Truncate(path, 10) }, testSeal},
		{"a shorter seal", func(path string) error { return edit(path+".seal", `"bytes":`, `"bytes":1,"x":`) }, testSeal},
		{"a negative seal", func(path string) error { return edit(path+".seal", `"bytes":`, `"bytes":-`) }, testSeal},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "trials.jsonl")
			j := openSealed(t, path)
			journaltest.Append(t, j, journaltest.Trial("base", "x", 0, trial.Failed))
			j.Close()
			if tt.change != nil {
				if err := tt.change(path); err != nil {
					t.Fatal(err)
				}
			}
			before, _ := os.ReadFile(path)
			if _, err := tt.seal.Open(path); !errors.Is(err, journal.ErrSeal) {
				t.Errorf("error %v, want ErrSeal", err)
			}
			if after, _ := os.ReadFile(path); string(after) != string(before) {
				t.Error("a refused journal was changed")
			}
		})
	}
	if _, err := (journal.Seal{Secret: []byte("short")}).Open(filepath.Join(t.TempDir(), "x")); err == nil {
		t.Error("a short secret was taken")
	}
}

// A process that is killed between a line and its seal leaves what one append writes. It is cut off; more is refused.
func TestSealCutsOffWhatAKilledProcessLeft(t *testing.T) {
	const line = `{"call":{"schema":"pertask.call/1","id":"9","trial":"base/y/0"}}` + "\n"
	for name, tt := range map[string]struct {
		tail    string
		refused bool
	}{
		"nothing":           {"", false},
		"a torn line":       {line[:9], false},
		"a line":            {line, false},
		"a mark and a line": {line + line, false},
		"two and a half":    {line + line + line[:9], true},
		"three":             {line + line + line, true},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "trials.jsonl")
			j := openSealed(t, path)
			journaltest.Append(t, j, journaltest.Trial("base", "x", 0, trial.Failed))
			j.Close()
			whole := read(t, path)
			if err := os.WriteFile(path, []byte(whole+tt.tail), 0o600); err != nil {
				t.Fatal(err)
			}
			j, err := testSeal.Open(path)
			if errors.Is(err, journal.ErrSeal) != tt.refused {
				t.Fatalf("error %v, refused should be %t", err, tt.refused)
			}
			if tt.refused {
				if read(t, path) != whole+tt.tail {
					t.Error("a refused journal was changed")
				}
				return
			}
			defer j.Close()
			if got := read(t, path); got != whole {
				t.Errorf("after opening it is %q, want %q", got, whole)
			}
			journaltest.Append(t, j, journaltest.Trial("base", "x", 1, trial.Failed))
			if n := len(load(t, j).Results); n != 2 {
				t.Errorf("%d trials, want 2", n)
			}
		})
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func edit(path, from, to string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !strings.Contains(string(data), from) {
		return errors.New(path + " does not have " + from)
	}
	return os.WriteFile(path, []byte(strings.Replace(string(data), from, to, 1)), 0o600)
}
