// Package journaltest has the tests that every trial.Journal passes.
//
// It knows what the interface and package trial/journal promise. It refuses to know where an implementation keeps its records.
package journaltest

import (
	"errors"
	"fmt"
	"io"
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

// Key is the evidence key of the tests' trials.
const Key = "k"

// Call returns a call of a trial, without a schema as whoever journals it has it.
func Call(id, of string, state usage.State) usage.Call {
	return usage.Call{ID: id, Trial: of, State: state, Upstream: "openai", Status: 200, Tokens: usage.None(), Time: time.Unix(1e9, 0).UTC()}
}

// Trial returns a trial of Key.
func Trial(side trial.Side, task string, index int, outcome trial.Outcome) trial.Trial {
	slot := trial.Slot{Arm: side, Task: task, Index: index}
	s := 1.5
	return trial.Trial{ID: slot.ID(), Slot: slot, EvidenceKey: Key, Origin: trial.Fresh, Outcome: outcome, Harness: "command", Seconds: &s}
}

// Append appends calls and trials.
func Append(t testing.TB, j trial.Journal, records ...any) {
	t.Helper()
	for _, r := range records {
		var err error
		switch r := r.(type) {
		case usage.Call:
			err = j.AppendCall(r)
		case trial.Trial:
			err = j.AppendTrial(r)
		default:
			t.Fatalf("a %T is no record", r)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Outline writes what a journal says down in short, to compare it.
func Outline(t testing.TB, j trial.Journal) []string {
	t.Helper()
	ev, err := j.Load()
	if err != nil {
		t.Fatal(err)
	}
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

// Says fails the test if a journal does not say what is wanted, in the words of Outline.
func Says(t testing.TB, j trial.Journal, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, Outline(t, j), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("evidence (-want +got):\n%s", diff)
	}
}

// again is an attempt at a trial that came to nothing at its own time.
func again(id string, second int64) trial.Trial {
	task, _, _ := strings.Cut(strings.TrimPrefix(id, "base/"), "/")
	t := Trial(trial.Base, task, 0, trial.Void)
	t.Start = time.Unix(second, 0).UTC()
	return t
}

const x, y = "base/x/0", "head/y/1"

// folds says what records come to in the end.
var folds = []struct {
	name    string
	records []any
	want    []string
}{
	{"nothing", nil, nil},
	{"a trial without calls", []any{Trial("base", "x", 0, trial.Failed)}, []string{"result base/x/0 failed"}},
	{
		"a call is recorded twice and counts once",
		[]any{Call("1", x, usage.Admitted), Call("1", x, usage.Ended), Trial("base", "x", 0, trial.Completed)},
		[]string{"result base/x/0 completed 1:ended"},
	},
	{
		"calls are in the order of admission",
		[]any{Call("2", x, usage.Admitted), Call("1", x, usage.Admitted), Call("1", x, usage.Ended), Call("2", x, usage.Ended), Trial("base", "x", 0, trial.Completed)},
		[]string{"result base/x/0 completed 2:ended 1:ended"},
	},
	{
		"trials at the same time keep their calls apart",
		[]any{Call("1", x, usage.Ended), Call("2", y, usage.Ended), Trial("head", "y", 1, trial.Failed), Call("3", x, usage.Ended), Trial("base", "x", 0, trial.Completed)},
		[]string{"result head/y/1 failed 2:ended", "result base/x/0 completed 1:ended 3:ended"},
	},
	{
		"a call that never ended is open, also in its trial",
		[]any{Call("1", x, usage.Admitted), Trial("base", "x", 0, trial.Void), Call("2", y, usage.Admitted)},
		[]string{"result base/x/0 void 1:admitted", "open 1", "open 2"},
	},
	{
		"a call may end after its trial",
		[]any{Call("1", x, usage.Admitted), Trial("base", "x", 0, trial.Failed), Call("1", x, usage.Ended)},
		[]string{"result base/x/0 failed 1:ended"},
	},
	{"calls without a trial are strays", []any{Call("1", x, usage.Ended)}, []string{"stray 1"}},
	{
		"the last record of a trial counts, with its own calls",
		[]any{Call("1", x, usage.Ended), Trial("base", "x", 0, trial.Void), Trial("head", "y", 1, trial.Failed), Call("2", x, usage.Ended), Trial("base", "x", 0, trial.Completed)},
		[]string{"result head/y/1 failed", "result base/x/0 completed 2:ended", "replaced base/x/0 void 1:ended", "stray 1"},
	},
	{
		"every attempt is there once, also when it is copied",
		[]any{again(x, 1), again(x, 2), Trial("head", "y", 1, trial.Void), again(x, 1), again(x, 2), again(x, 3)},
		[]string{"result head/y/1 void", "result base/x/0 void", "replaced base/x/0 void", "replaced base/x/0 void"},
	},
	{
		"a trial that is copied with its calls stays what it was",
		[]any{Call("1", x, usage.Ended), Trial("base", "x", 0, trial.Failed), Call("1", x, usage.Ended), Trial("base", "x", 0, trial.Failed)},
		[]string{"result base/x/0 failed 1:ended"},
	},
	{
		"what was said of a call is said again after its trial",
		[]any{Call("1", x, usage.Ended), Call("1", x, usage.Ended), Trial("base", "x", 0, trial.Void), Call("1", x, usage.Ended), again(x, 1)},
		[]string{"result base/x/0 void 1:ended", "replaced base/x/0 void"},
	},
}

// Run tests an implementation. place makes an empty journal and returns a function that opens it, for one process after
// another: what it returned before was closed, if it is an io.Closer, or is loaded only.
func Run(t *testing.T, place func(t *testing.T) (open func() trial.Journal)) {
	for _, tt := range folds {
		t.Run(tt.name, func(t *testing.T) {
			open := place(t)
			j := open()
			Append(t, j, tt.records...)
			Says(t, j, tt.want...)
			finish(t, j)
			j = open()
			Says(t, j, tt.want...)
			finish(t, j)
		})
	}
	for name, test := range map[string]func(*testing.T, func() trial.Journal){
		"nothing is lost of a record":              whole,
		"records without an identity are refused":  refused,
		"concurrent use":                           concurrent,
		"a copy is returned":                       copies,
		"what a process left open is left to none": processes,
		"claims": claims,
	} {
		t.Run(name, func(t *testing.T) { test(t, place(t)) })
	}
}

// finish ends a process's use of a journal.
func finish(t *testing.T, j trial.Journal) {
	t.Helper()
	if c, ok := j.(io.Closer); ok {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func whole(t *testing.T, open func() trial.Journal) {
	j := open()
	c := Call("1", x, usage.Ended)
	c.Raw, c.Requests, c.Attributes = []byte(`{"a":"<b>\u0000"}`), map[string]int64{"web_search": 2}, map[string]string{"speed": "fast"}
	c.Tokens.Output, c.Coverage, c.ReportedUSD = usage.Count{}, usage.Partial, "0.001"
	tr := Trial("base", "x", 0, trial.Failed)
	tr.Start, tr.Cause, tr.Detail, tr.Shard, tr.Look = time.Unix(1e9, 5).UTC(), trial.CauseTimeout, "agent: \x00 œ \u2028", 3, 2
	Append(t, j, c, tr)
	c.Schema, tr.Schema = usage.CallSchema, trial.Schema
	want := trial.Evidence{Results: []trial.Result{{Trial: tr, Calls: []usage.Call{c}}}}
	got, err := j.Load()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(got.Results); n == 1 && len(got.Results[0].Calls) == 1 { // letters that JSON may escape are the same in another form
		raw := &got.Results[0].Calls[0].Raw
		*raw = []byte(strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(string(*raw)))
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("evidence (-want +got):\n%s", diff)
	}
	finish(t, j)
}

func refused(t *testing.T, open func() trial.Journal) {
	j := open()
	if err := j.AppendCall(usage.Call{ID: "1"}); err == nil {
		t.Error("a call without a trial was taken")
	}
	if err := j.AppendCall(usage.Call{Trial: x}); err == nil {
		t.Error("a call without an id was taken")
	}
	if err := j.AppendTrial(trial.Trial{Outcome: trial.Completed}); err == nil {
		t.Error("a trial without a slot was taken")
	}
	Says(t, j)
	finish(t, j)
}

func concurrent(t *testing.T, open func() trial.Journal) {
	j := open()
	var all sync.WaitGroup
	for task := range 20 {
		all.Go(func() {
			tr := Trial("head", fmt.Sprint("t", task), 0, trial.Completed)
			for n := range 5 {
				c := Call(fmt.Sprintf("%d-%d", task, n), tr.ID, usage.Admitted)
				err := j.AppendCall(c)
				c.State = usage.Ended
				if err := errors.Join(err, j.AppendCall(c)); err != nil {
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
	ev, err := j.Load()
	if err != nil || len(ev.Results) != 20 || len(ev.Open)+len(ev.Stray) != 0 {
		t.Fatalf("%d results, %d open, %d stray, %v; want 20, 0, 0", len(ev.Results), len(ev.Open), len(ev.Stray), err)
	}
	for _, r := range ev.Results {
		if len(r.Calls) != 5 {
			t.Errorf("%s has %d calls, want 5", r.Trial.ID, len(r.Calls))
		}
	}
	finish(t, j)
}

func copies(t *testing.T, open func() trial.Journal) {
	j := open()
	c, tr := Call("1", x, usage.Ended), Trial("base", "x", 0, trial.Completed)
	Append(t, j, c, tr)
	got, err := j.Load()
	if err != nil || len(got.Results) != 1 || len(got.Results[0].Calls) != 1 {
		t.Fatalf("evidence %+v, %v", got, err)
	}
	got.Results[0].Trial.Outcome, got.Results[0].Calls[0].State = trial.Void, usage.Admitted
	Says(t, j, "result base/x/0 completed 1:ended")
	finish(t, j)
}

// processes goes on where another process was killed: what that one left unfinished, it left for good.
func processes(t *testing.T, open func() trial.Journal) {
	j := open()
	if _, lasting := j.(io.Closer); !lasting {
		t.Skip("it lasts as long as the process")
	}
	Append(t, j, Call("1", x, usage.Ended), Call("2", x, usage.Admitted))
	finish(t, j)
	j = open()
	Append(t, j, Call("3", x, usage.Ended), Trial("base", "x", 0, trial.Completed))
	want := []string{"result base/x/0 completed 3:ended", "open 2", "stray 1"}
	Says(t, j, want...)
	finish(t, j)
	j = open()
	Append(t, j, Call("2", x, usage.Ended))
	Says(t, j, want[0], "stray 1", "stray 2")
	finish(t, j)
}

func claims(t *testing.T, open func() trial.Journal) {
	j := open()
	c, ok := j.(journal.Claimant)
	if !ok {
		t.Skip("it cannot be claimed")
	}
	mine := journal.Subject{Key: Key, Facts: map[string]string{"model of the head": "m-2"}}
	if err := c.Claim(mine); err != nil {
		t.Fatal(err)
	}
	Says(t, j)
	Append(t, j, Call("1", x, usage.Ended), Trial("base", "x", 0, trial.Failed))
	finish(t, j)
	for _, tt := range []struct {
		name string
		of   journal.Subject
		want bool
	}{
		{"the same subject", mine, true},
		{"the same key with other facts", journal.Subject{Key: Key}, true},
		{"another key", journal.Subject{Key: "other", Facts: mine.Facts}, false},
	} {
		j := open()
		err := j.(journal.Claimant).Claim(tt.of)
		var other *journal.OtherError
		if tt.want && err != nil || !tt.want && (!errors.As(err, &other) || other.Have.Key != Key || other.Want.Key != tt.of.Key) {
			t.Errorf("%s: error %v", tt.name, err)
		}
		Says(t, j, "result base/x/0 failed 1:ended")
		finish(t, j)
	}
	j = open() // whatever was refused, the journal goes on
	Append(t, j, Trial("head", "x", 0, trial.Completed))
	foreign := Trial("head", "x", 1, trial.Completed)
	foreign.EvidenceKey = "other"
	Append(t, j, foreign)
	finish(t, j)
	j = open()
	var other *journal.OtherError
	if err := j.(journal.Claimant).Claim(mine); !errors.As(err, &other) {
		t.Errorf("error %v, want an OtherError: a trial in it is of another key", err)
	}
	finish(t, j)
}
