package journal_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
	"github.com/pertask/pertask/usage"
)

func call(id, of string, state usage.State) usage.Call {
	return usage.Call{ID: id, Trial: of, State: state, Upstream: "openai", Status: 200, Tokens: usage.None(), Time: time.Unix(1e9, 0).UTC()}
}

func finished(side trial.Side, task string, index int, outcome trial.Outcome) trial.Trial {
	slot := trial.Slot{Arm: side, Task: task, Index: index}
	s := 1.5
	return trial.Trial{ID: slot.ID(), Slot: slot, EvidenceKey: "k", Origin: trial.Fresh, Outcome: outcome, Harness: "command", Seconds: &s}
}

// must appends calls and trials.
func must(t *testing.T, j trial.Journal, records ...any) {
	t.Helper()
	for _, r := range records {
		var err error
		switch r := r.(type) {
		case usage.Call:
			err = j.AppendCall(r)
		case trial.Trial:
			err = j.AppendTrial(r)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// outline writes evidence down in short, to compare it.
func outline(ev trial.Evidence) []string {
	var out []string
	list := func(what string, results []trial.Result) {
		for _, r := range results {
			line := what + " " + r.Trial.ID + " " + string(r.Trial.Outcome)
			for _, c := range r.Calls {
				line += " " + c.ID + ":" + string(c.State)
			}
			out = append(out, line)
		}
	}
	list("result", ev.Results)
	list("replaced", ev.Replaced)
	for _, c := range ev.Open {
		out = append(out, "open "+c.ID)
	}
	for _, c := range ev.Stray {
		out = append(out, "stray "+c.ID)
	}
	return out
}

func load(t *testing.T, j trial.Journal) trial.Evidence {
	t.Helper()
	ev, err := j.Load()
	if err != nil {
		t.Fatal(err)
	}
	return ev
}

// again is an attempt at a trial that came to nothing at its own time.
func again(id string, second int64) trial.Trial {
	task, _, _ := strings.Cut(strings.TrimPrefix(id, "base/"), "/")
	t := finished("base", task, 0, trial.Void)
	t.Start = time.Unix(second, 0).UTC()
	return t
}

// Every journal passes these.
func conformance(t *testing.T, open func(*testing.T) trial.Journal) {
	const x, y = "base/x/0", "head/y/1"
	tests := []struct {
		name    string
		records []any
		want    []string
	}{
		{"nothing", nil, nil},
		{"a trial without calls", []any{finished("base", "x", 0, trial.Failed)}, []string{"result base/x/0 failed"}},
		{
			"a call is recorded twice and counts once",
			[]any{call("1", x, usage.Admitted), call("1", x, usage.Ended), finished("base", "x", 0, trial.Completed)},
			[]string{"result base/x/0 completed 1:ended"},
		},
		{
			"calls are in the order of admission",
			[]any{call("2", x, usage.Admitted), call("1", x, usage.Admitted), call("1", x, usage.Ended), call("2", x, usage.Ended), finished("base", "x", 0, trial.Completed)},
			[]string{"result base/x/0 completed 2:ended 1:ended"},
		},
		{
			"trials at the same time keep their calls apart",
			[]any{call("1", x, usage.Ended), call("2", y, usage.Ended), finished("head", "y", 1, trial.Failed), call("3", x, usage.Ended), finished("base", "x", 0, trial.Completed)},
			[]string{"result head/y/1 failed 2:ended", "result base/x/0 completed 1:ended 3:ended"},
		},
		{
			"a call that never ended is open, also in its trial",
			[]any{call("1", x, usage.Admitted), finished("base", "x", 0, trial.Void), call("2", y, usage.Admitted)},
			[]string{"result base/x/0 void 1:admitted", "open 1", "open 2"},
		},
		{
			"a call may end after its trial",
			[]any{call("1", x, usage.Admitted), finished("base", "x", 0, trial.Failed), call("1", x, usage.Ended)},
			[]string{"result base/x/0 failed 1:ended"},
		},
		{
			"calls without a trial are strays",
			[]any{call("1", x, usage.Ended)},
			[]string{"stray 1"},
		},
		{
			"the last record of a trial counts, with its own calls",
			[]any{call("1", x, usage.Ended), finished("base", "x", 0, trial.Void), finished("head", "y", 1, trial.Failed), call("2", x, usage.Ended), finished("base", "x", 0, trial.Completed)},
			[]string{"result head/y/1 failed", "result base/x/0 completed 2:ended", "replaced base/x/0 void 1:ended", "stray 1"},
		},
		{
			"every attempt is there once, also when it is copied",
			[]any{again(x, 1), again(x, 2), finished("head", "y", 1, trial.Void), again(x, 1), again(x, 2), again(x, 3)},
			[]string{"result head/y/1 void", "result base/x/0 void", "replaced base/x/0 void", "replaced base/x/0 void"},
		},
		{
			"a trial that is copied with its calls stays what it was",
			[]any{call("1", x, usage.Ended), finished("base", "x", 0, trial.Failed), call("1", x, usage.Ended), finished("base", "x", 0, trial.Failed)},
			[]string{"result base/x/0 failed 1:ended"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			j := open(t)
			must(t, j, tt.records...)
			if diff := cmp.Diff(tt.want, outline(load(t, j))); diff != "" {
				t.Errorf("evidence (-want +got):\n%s", diff)
			}
		})
	}

	t.Run("nothing is lost of a record", func(t *testing.T) {
		j := open(t)
		c := call("1", x, usage.Ended)
		c.Raw, c.Requests, c.Attributes = []byte(`{"a":1}`), map[string]int64{"web_search": 2}, map[string]string{"speed": "fast"}
		c.Tokens.Output, c.Coverage, c.ReportedUSD = usage.Count{}, usage.Partial, "0.001"
		tr := finished("base", "x", 0, trial.Failed)
		tr.Start, tr.Cause, tr.Detail, tr.Shard, tr.Look = time.Unix(1e9, 5).UTC(), trial.CauseTimeout, "agent: out of time", 3, 2
		must(t, j, c, tr)
		c.Schema, tr.Schema = usage.CallSchema, trial.Schema
		want := trial.Evidence{Results: []trial.Result{{Trial: tr, Calls: []usage.Call{c}}}}
		if diff := cmp.Diff(want, load(t, j), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("evidence (-want +got):\n%s", diff)
		}
	})
	t.Run("records without an identity are refused", func(t *testing.T) {
		j := open(t)
		if err := j.AppendCall(usage.Call{ID: "1"}); err == nil {
			t.Error("a call without a trial was taken")
		}
		if err := j.AppendCall(usage.Call{Trial: x}); err == nil {
			t.Error("a call without an id was taken")
		}
		if err := j.AppendTrial(trial.Trial{Outcome: trial.Completed}); err == nil {
			t.Error("a trial without a slot was taken")
		}
		if got := outline(load(t, j)); got != nil {
			t.Errorf("the journal holds %q, want nothing", got)
		}
	})
	t.Run("concurrent use", func(t *testing.T) {
		j := open(t)
		var all sync.WaitGroup
		for task := range 20 {
			all.Go(func() {
				tr := finished("head", fmt.Sprint("t", task), 0, trial.Completed)
				for n := range 5 {
					c := call(fmt.Sprintf("%d-%d", task, n), tr.ID, usage.Admitted)
					if err := j.AppendCall(c); err != nil {
						t.Error(err)
					}
					c.State = usage.Ended
					if err := j.AppendCall(c); err != nil {
						t.Error(err)
					}
				}
				if err := j.AppendTrial(tr); err != nil {
					t.Error(err)
				}
				if _, err := j.Load(); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		ev := load(t, j)
		if len(ev.Results) != 20 || len(ev.Open)+len(ev.Stray) != 0 {
			t.Fatalf("%d results, %d open, %d stray; want 20, 0, 0", len(ev.Results), len(ev.Open), len(ev.Stray))
		}
		for _, r := range ev.Results {
			if len(r.Calls) != 5 {
				t.Errorf("%s has %d calls, want 5", r.Trial.ID, len(r.Calls))
			}
		}
	})
}

func TestMemory(t *testing.T) {
	conformance(t, func(*testing.T) trial.Journal { return journal.NewMemory() })
}

func TestFile(t *testing.T) {
	conformance(t, func(t *testing.T) trial.Journal { return openFile(t, filepath.Join(t.TempDir(), "trials.jsonl")) })
}

// A journal that is closed and opened before each look at it says the same.
func TestFileReopened(t *testing.T) {
	conformance(t, func(t *testing.T) trial.Journal {
		return reopening{t, openFile(t, filepath.Join(t.TempDir(), "trials.jsonl"))}
	})
}

type reopening struct {
	t *testing.T
	*journal.File
}

func (r reopening) Load() (trial.Evidence, error) {
	other, err := journal.Open(r.File.Path())
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

// What was said of a call is not written twice, until its trial is recorded.
func TestFileSaysNothingTwice(t *testing.T) {
	j := openFile(t, filepath.Join(t.TempDir(), "trials.jsonl"))
	ended := call("1", "base/x/0", usage.Ended)
	told := ended
	told.Coverage = usage.Complete
	for _, step := range []struct {
		record any
		lines  int
	}{
		{call("1", "base/x/0", usage.Admitted), 2}, {ended, 3}, {ended, 3}, {told, 4}, {ended, 5}, {ended, 5},
		{call("1", "head/x/0", usage.Ended), 6}, {ended, 6}, {finished("base", "x", 0, trial.Failed), 7}, {ended, 8}, {finished("base", "x", 0, trial.Failed), 9},
	} {
		must(t, j, step.record)
		if data, _ := os.ReadFile(j.Path()); bytes.Count(data, []byte("\n")) != step.lines {
			t.Errorf("after %+v there are %d lines, want %d", step.record, bytes.Count(data, []byte("\n")), step.lines)
		}
	}
}

func TestFileKilledBetweenCallAndTrial(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trials.jsonl")
	j := openFile(t, path)
	must(t, j, call("1", "base/x/0", usage.Ended), call("2", "base/x/0", usage.Admitted))
	j.Close() // as a killed process would, before the trial is recorded

	j = openFile(t, path)
	must(t, j, call("3", "base/x/0", usage.Ended), finished("base", "x", 0, trial.Completed))
	want := []string{"result base/x/0 completed 3:ended", "open 2", "stray 1"}
	if diff := cmp.Diff(want, outline(load(t, j))); diff != "" {
		t.Errorf("evidence (-want +got):\n%s", diff)
	}
}

// Whatever part of the last line is on the disk, what was there before counts and the journal goes on.
func TestFileTornAnywhere(t *testing.T) {
	dir := t.TempDir()
	j := openFile(t, filepath.Join(dir, "whole.jsonl"))
	must(t, j, call("1", "base/x/0", usage.Ended), finished("base", "x", 0, trial.Completed))
	before, err := os.ReadFile(j.Path())
	if err != nil {
		t.Fatal(err)
	}
	must(t, j, finished("head", "x", 0, trial.Failed))
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
		if diff := cmp.Diff(want, outline(load(t, torn))); diff != "" {
			t.Fatalf("cut after %d bytes (-want +got):\n%s", size, diff)
		}
		must(t, torn, finished("head", "x", 1, trial.Void))
		want = append(want, "result head/x/1 void")
		if diff := cmp.Diff(want, outline(load(t, torn))); diff != "" {
			t.Fatalf("cut after %d bytes and appended to (-want +got):\n%s", size, diff)
		}
		torn.Close()
	}
}

func TestFileConcatenated(t *testing.T) {
	dir := t.TempDir()
	var all []byte
	for i, records := range [][]any{
		{call("1", "base/x/0", usage.Ended), finished("base", "x", 0, trial.Completed), call("2", "base/x/1", usage.Ended)},
		{call("3", "base/x/1", usage.Ended), finished("base", "x", 1, trial.Failed)},
	} {
		j := openFile(t, filepath.Join(dir, fmt.Sprint(i)))
		must(t, j, records...)
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
	if diff := cmp.Diff(want, outline(load(t, openFile(t, path)))); diff != "" {
		t.Errorf("evidence (-want +got):\n%s", diff)
	}
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
			if err := j.AppendTrial(finished("base", "x", 0, trial.Failed)); err == nil {
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
