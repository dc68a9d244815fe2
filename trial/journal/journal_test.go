package journal_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
	"github.com/pertask/pertask/trial/journal/journaltest"
	"github.com/pertask/pertask/usage"
)

func TestMemory(t *testing.T) {
	journaltest.Run(t, func(*testing.T) func() trial.Journal {
		j := journal.NewMemory()
		return func() trial.Journal { return j }
	})
}

func TestFile(t *testing.T) {
	journaltest.Run(t, func(t *testing.T) func() trial.Journal {
		path := filepath.Join(t.TempDir(), "trials.jsonl")
		return func() trial.Journal { return openFile(t, path) }
	})
}

// A journal that another process reads while it is written says the same to that one.
func TestFileReadMeanwhile(t *testing.T) {
	journaltest.Run(t, func(t *testing.T) func() trial.Journal {
		path := filepath.Join(t.TempDir(), "trials.jsonl")
		return func() trial.Journal { return meanwhile{openFile(t, path)} }
	})
}

// meanwhile is a journal that is read by another process than the one that writes it.
type meanwhile struct{ *journal.File }

func (m meanwhile) Load() (trial.Evidence, error) {
	other, err := journal.Open(m.Path())
	if err != nil {
		return trial.Evidence{}, err
	}
	defer other.Close()
	return other.Load()
}

func openFile(t *testing.T, path string) *journal.File {
	t.Helper()
	j, err := journal.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

func load(t *testing.T, j trial.Journal) trial.Evidence {
	t.Helper()
	ev, err := j.Load()
	if err != nil {
		t.Fatal(err)
	}
	return ev
}

// What was said of a call is not written twice, until its trial is recorded.
func TestFileSaysNothingTwice(t *testing.T) {
	j := openFile(t, filepath.Join(t.TempDir(), "trials.jsonl"))
	ended := journaltest.Call("1", "base/x/0", usage.Ended)
	told := ended
	told.Coverage = usage.Complete
	for _, step := range []struct {
		record any
		lines  int
	}{
		{journaltest.Call("1", "base/x/0", usage.Admitted), 2}, {ended, 3}, {ended, 3}, {told, 4}, {ended, 5}, {ended, 5},
		{journaltest.Call("1", "head/x/0", usage.Ended), 6}, {ended, 6}, {journaltest.Trial("base", "x", 0, trial.Failed), 7}, {ended, 8}, {journaltest.Trial("base", "x", 0, trial.Failed), 9},
	} {
		journaltest.Append(t, j, step.record)
		if data, _ := os.ReadFile(j.Path()); bytes.Count(data, []byte("\n")) != step.lines {
			t.Errorf("after %+v there are %d lines, want %d", step.record, bytes.Count(data, []byte("\n")), step.lines)
		}
	}
}

// Whatever part of the last line is on the disk, what was there before counts and the journal goes on.
func TestFileTornAnywhere(t *testing.T) {
	dir := t.TempDir()
	j := openFile(t, filepath.Join(dir, "whole.jsonl"))
	journaltest.Append(t, j, journaltest.Call("1", "base/x/0", usage.Ended), journaltest.Trial("base", "x", 0, trial.Completed))
	before, err := os.ReadFile(j.Path())
	if err != nil {
		t.Fatal(err)
	}
	journaltest.Append(t, j, journaltest.Trial("head", "x", 0, trial.Failed))
	j.Close()
	whole, err := os.ReadFile(j.Path())
	if err != nil {
		t.Fatal(err)
	}
	for size := len(before); size <= len(whole); size++ {
		path := filepath.Join(dir, fmt.Sprint(size))
		if err := os.WriteFile(path, whole[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		torn := openFile(t, path)
		want := []string{"result base/x/0 completed 1:ended"}
		if size >= len(whole)-1 { // all but the end of the line, or that too
			want = append(want, "result head/x/0 failed")
		}
		if diff := cmp.Diff(want, journaltest.Outline(t, torn)); diff != "" {
			t.Fatalf("cut after %d bytes (-want +got):\n%s", size, diff)
		}
		journaltest.Append(t, torn, journaltest.Trial("head", "x", 1, trial.Void))
		want = append(want, "result head/x/1 void")
		if diff := cmp.Diff(want, journaltest.Outline(t, torn)); diff != "" {
			t.Fatalf("cut after %d bytes and appended to (-want +got):\n%s", size, diff)
		}
		torn.Close()
	}
}

func TestFileConcatenated(t *testing.T) {
	dir := t.TempDir()
	var all []byte
	for i, records := range [][]any{
		{journaltest.Call("1", "base/x/0", usage.Ended), journaltest.Trial("base", "x", 0, trial.Completed), journaltest.Call("2", "base/x/1", usage.Ended)},
		{journaltest.Call("3", "base/x/1", usage.Ended), journaltest.Trial("base", "x", 1, trial.Failed)},
	} {
		j := openFile(t, filepath.Join(dir, fmt.Sprint(i)))
		journaltest.Append(t, j, records...)
		j.Close()
		b, err := os.ReadFile(j.Path())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	path := filepath.Join(dir, "all")
	if err := os.WriteFile(path, all, 0o600); err != nil {
		t.Fatal(err)
	}
	want := []string{"result base/x/0 completed 1:ended", "result base/x/1 failed 3:ended", "stray 2"}
	journaltest.Says(t, openFile(t, path), want...)
}

func TestFileRefusesWhatIsNoJournal(t *testing.T) {
	const good = `{"opened":{"schema":"pertask.journal/1"}}` + "\n"
	tests := []struct{ name, text, want string }{
		{"prose in the middle", good + "hello\n" + good, ":2: the line is not a JSON object"},
		{"an empty line", good + "\n" + good, ":2: the line is not a JSON object"},
		{"a list", "[]\n", ":1: the line is not a JSON object"},
		{"another kind", `{"note":{}}` + "\n", ":1: the record is of no known kind"},
		{"another kind, unended", `{"note":{}}`, ":1: the record is of no known kind"},
		{"two kinds at once", `{"opened":{"schema":"pertask.journal/1"},"trial":{"id":"a","arm":"base","task":"t","schema":"pertask.trial/1"}}` + "\n", "no known kind"},
		{"a later trial", `{"trial":{"schema":"pertask.trial/9","id":"a","arm":"base","task":"t"}}` + "\n", `the schema "pertask.trial/9" is not known`},
		{"a later call", `{"call":{"schema":"pertask.call/9","id":"a","trial":"b"}}` + "\n", `the schema "pertask.call/9" is not known`},
		{"a trial without an id", `{"trial":{"schema":"pertask.trial/1","arm":"base","task":"t"}}` + "\n", "it has no id"},
		{"a call without a trial", `{"call":{"schema":"pertask.call/1","id":"a"}}` + "\n", "both are needed"},
		{"a negative count", `{"call":{"schema":"pertask.call/1","id":"a","trial":"b","tokens":{"input":-1}}}` + "\n", "negative"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "trials.jsonl")
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			j := openFile(t, path)
			if _, err := j.Load(); err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v, want one with the path and %q", err, tt.want)
			}
			// What cannot be read is not written to either.
			if err := j.AppendTrial(journaltest.Trial("base", "x", 0, trial.Failed)); err == nil {
				t.Error("the journal was appended to")
			}
			if got, _ := os.ReadFile(path); string(got) != tt.text {
				t.Errorf("the file became %q", got)
			}
		})
	}
}

func TestFileOpenedForReadingIsNotWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trials.jsonl")
	const text = `{"opened":{"schema":"pertask.journal/1"}}` + "\n" + `{"tri`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	j := openFile(t, path)
	load(t, j)
	j.Close()
	if got, _ := os.ReadFile(path); string(got) != text {
		t.Errorf("the file became %q", got)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"opened":{"schema":"pertask.journal/1"}}` + "\n" + `{"call":{"schema":"pertask.call/1","id":"1","trial":"base/x/0","state":"ended"}}` + "\n" +
		`{"trial":{"schema":"pertask.trial/1","id":"base/x/0","arm":"base","task":"x","outcome":"completed"}}` + "\n"))
	f.Add([]byte(`{"call":{"schema":"pertask.call/1","id":"1","trial":"t"}}` + "\n" + `{"tr`))
	f.Add([]byte("\x00\x00\x00"))
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		ev, err := journal.Read(bytes.NewReader(data), "fuzz")
		if err != nil {
			if !strings.HasPrefix(err.Error(), "fuzz:") {
				t.Errorf("the error %q has no place", err)
			}
			return
		}
		// No call counts twice, but for an open one, which is in its trial too.
		seen := map[string]int{}
		for _, c := range ev.Stray {
			seen[c.ID]++
		}
		trials := map[string]bool{}
		for _, r := range ev.Results {
			if trials[r.Trial.ID] {
				t.Errorf("the trial %q is there twice", r.Trial.ID)
			}
			trials[r.Trial.ID] = true
			for _, c := range r.Calls {
				if c.State == usage.Ended {
					seen[c.ID]++
				}
			}
		}
		for _, c := range ev.Open {
			seen[c.ID]++
		}
		for id, n := range seen {
			if n > 1 {
				t.Errorf("the call %q counts %d times", id, n)
			}
		}
		// What follows a torn line is not glued to it, and what was said stays when the next process appends.
		if len(data) > 0 && data[len(data)-1] == '\n' {
			again, err := journal.Read(io.MultiReader(bytes.NewReader(data), strings.NewReader(`{"opened":{"schema":"pertask.journal/1"}}`)), "fuzz")
			if err != nil || len(again.Results) != len(ev.Results) || len(again.Open) != len(ev.Open) || len(again.Stray) != len(ev.Stray) {
				t.Errorf("with another process's mark: %v, %d results, %d open, %d stray; want %d, %d, %d",
					err, len(again.Results), len(again.Open), len(again.Stray), len(ev.Results), len(ev.Open), len(ev.Stray))
			}
		}
	})
}
