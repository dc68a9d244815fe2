package journal_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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
		{"shorter seals", func(path string) error { return edit(path+".seal", `"bytes":`, `"bytes":1,"x":`) }, testSeal},
		{"negative seals", func(path string) error { return edit(path+".seal", `"bytes":`, `"bytes":-`) }, testSeal},
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

// A power cut may take back what nobody waited for: calls of which the seal already speaks, their bytes but not their
// number, or the seal itself. What was on the disk with the last trial is there, and nothing that was changed.
func TestSealAfterAPowerCut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trials.jsonl")
	j := openSealed(t, path)
	journaltest.Append(t, j, journaltest.Call("1", "base/x/0", usage.Ended), journaltest.Trial("base", "x", 0, trial.Failed))
	settled, settledSeal := read(t, path), read(t, path+".seal")
	journaltest.Append(t, j, journaltest.Call("2", "base/y/0", usage.Admitted), journaltest.Call("2", "base/y/0", usage.Ended), journaltest.Call("3", "base/y/0", usage.Ended))
	whole, seal := read(t, path), read(t, path+".seal")
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	atDisk := []string{"result base/x/0 failed 1:ended"}
	all := append(slices.Clone(atDisk), "stray 2", "stray 3")
	for name, tt := range map[string]struct {
		journal, seal string
		want          []string // nil when it is refused
	}{
		"nothing is lost":              {whole, seal, all},
		"the calls are lost":           {settled, seal, atDisk},
		"a part of a call is lost":     {whole[:len(whole)-9], seal, atDisk},
		"the calls are empty":          {settled + strings.Repeat("\x00", len(whole)-len(settled)), seal, atDisk},
		"the seal is the trial's":      {settled, settledSeal, atDisk},
		"a line on the disk is lost":   {settled[:len(settled)-1], seal, nil},
		"a line on the disk is edited": {strings.Replace(settled, `"failed"`, `"completed"`, 1), seal, nil},
		"the disk's part is negative":  {settled, strings.Replace(seal, `"disk":{"bytes":`, `"disk":{"bytes":-`, 1), nil},
		"the disk's part is forged":    {settled, strings.Replace(seal, `"disk":{"bytes":`, `"disk":{"bytes":1`, 1), nil},
		"a seal of an earlier version": {settled, regexp.MustCompile(`,"disk":\{[^}]*\}`).ReplaceAllString(seal, ""), nil},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "trials.jsonl")
			for file, text := range map[string]string{path: tt.journal, path + ".seal": tt.seal} {
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			j, err := testSeal.Open(path)
			if tt.want == nil {
				if !errors.Is(err, journal.ErrSeal) || read(t, path) != tt.journal {
					t.Errorf("error %v, want ErrSeal and the journal as it was", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			journaltest.Says(t, j, tt.want...)
			journaltest.Append(t, j, journaltest.Trial("base", "z", 0, trial.Failed))
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			if n := len(load(t, openSealed(t, path)).Results); n != 2 {
				t.Errorf("%d trials with the next one, want 2", n)
			}
		})
	}
}

// BenchmarkSealed appends what a trial with three calls does.
func BenchmarkSealed(b *testing.B) {
	j, err := testSeal.Open(filepath.Join(b.TempDir(), "trials.jsonl"))
	if err != nil {
		b.Fatal(err)
	}
	defer j.Close()
	n := 0
	for b.Loop() {
		n++
		id := fmt.Sprint("base/x/", n)
		for call := range 3 {
			for _, state := range []usage.State{usage.Admitted, usage.Ended} {
				if err := j.AppendCall(journaltest.Call(fmt.Sprint(n, "-", call), id, state)); err != nil {
					b.Fatal(err)
				}
			}
		}
		if err := j.AppendTrial(journaltest.Trial("base", "x", n, trial.Completed)); err != nil {
			b.Fatal(err)
		}
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
	return os.WriteFile(path, []byte(strings.ReplaceAll(string(data), from, to)), 0o600)
}
