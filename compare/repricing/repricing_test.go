package repricing_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/compare/repricing"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/verdict"
)

const key = "sha256:evidence"

func result(side trial.Side, task string, index int) trial.Result {
	return trial.Result{Trial: trial.Trial{EvidenceKey: key, Slot: trial.Slot{Arm: side, Task: task, Index: index}}}
}

func TestFindings(t *testing.T) {
	old := &report.Report{Findings: []verdict.Finding{{Code: "unknown-cost"}, {Code: "suite-touched"}, {Code: "few-passes"}, {Code: "fork"}}}
	got := repricing.Findings(old)
	if diff := cmp.Diff([]verdict.Finding{{Code: "suite-touched"}, {Code: "fork"}}, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if len(old.Findings) != 4 || old.Findings[0].Code != "unknown-cost" {
		t.Errorf("the report's own findings were changed: %v", old.Findings)
	}
}

func TestSuite(t *testing.T) {
	old := &report.Report{Suite: "tickets", SuiteDigest: "sha256:s", Tasks: []report.Task{{ID: "b", Labels: []string{"slow"}}, {ID: "a"}}}
	want := &suite.Suite{Name: "tickets", Digest: "sha256:s", Tasks: []suite.Task{{ID: "b", Labels: []string{"slow"}}, {ID: "a"}}}
	if diff := cmp.Diff(want, repricing.Suite(old)); diff != "" {
		t.Errorf("suite (-want +got):\n%s", diff)
	}
}

func TestAbout(t *testing.T) {
	stored := result(trial.Base, "a", 0)
	stored.Trial.Origin = trial.Stored
	other := result(trial.Base, "a", 0)
	other.Trial.EvidenceKey = "sha256:other"
	look := func(trials int, stopped string) *report.Sequence {
		return &report.Sequence{Trials: trials, Stopped: stopped}
	}
	for _, c := range []struct {
		name   string
		r      trial.Result
		s      *report.Sequence
		stored *report.Stored
		want   bool
	}{
		{"of another comparison", other, nil, nil, false},
		{"without looks", result(trial.Head, "a", 7), nil, nil, true},
		{"of the look that decided", result(trial.Head, "a", 2), look(3, content.StoppedDecided), nil, true},
		{"of a later look", result(trial.Head, "a", 3), look(3, content.StoppedDecided), nil, false},
		{"of a look that the budget cut short", result(trial.Head, "a", 3), look(3, content.StoppedBudget), nil, true},
		{"of a look that was interrupted", result(trial.Head, "a", 3), look(3, content.StoppedInterrupted), nil, true},
		{"stored, and the report has none", stored, nil, nil, false},
		{"stored", stored, nil, &report.Stored{Trials: 1}, true},
		{"stored, after it was dropped", stored, nil, &report.Stored{Trials: 1, Dropped: "drifted"}, false},
	} {
		old := &report.Report{EvidenceKey: key, Sequence: c.s}
		old.Base.Stored = c.stored
		if got := repricing.About(old, c.r); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestComplete(t *testing.T) {
	old := &report.Report{Tasks: []report.Task{{ID: "a", Base: report.TaskSide{Trials: 1, Voids: 1}, Head: report.TaskSide{Trials: 1}}}}
	all := []trial.Result{result(trial.Base, "a", 0), result(trial.Base, "a", 1), result(trial.Head, "a", 0)}
	if err := repricing.Complete(old, all); err != nil {
		t.Errorf("all trials: %v", err)
	}
	for _, c := range []struct {
		trials []trial.Result
		want   string
	}{
		{all[1:], "counts 2 trials of base/a, the journal has 1"},
		{all[:2], "counts 1 trials of head/a, the journal has 0"},
		{append(all[:3:3], result(trial.Head, "a", 1)), "counts 1 trials of head/a, the journal has 2"},
	} {
		if err := repricing.Complete(old, c.trials); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}

func TestNotes(t *testing.T) {
	book := price.Embedded()
	old := &report.Report{Notes: []string{"Cold caches."}, PriceBook: report.PriceBook{AsOf: book.AsOf(), Digest: book.Digest()}}
	at := price.Pricing{Book: book, At: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}
	once := repricing.Notes(old, at)
	if len(once) != 2 || once[0] != "Cold caches." || !strings.Contains(once[1], "2026-11-01 00:00 UTC") || strings.Contains(once[1], "differ") {
		t.Errorf("notes %q", once)
	}
	again := *old
	again.Notes, again.PriceBook.Digest = once, "sha256:another"
	if twice := repricing.Notes(&again, at); len(twice) != 2 || !strings.HasSuffix(twice[1], "The two books differ.") {
		t.Errorf("notes of a second time: %q; want one note in place of the first", twice)
	}
}

// TestTimeless tells a report of recorded trials from one whose arms lack evidence.
func TestTimeless(t *testing.T) {
	none := report.Number(math.NaN())
	r := report.Report{Base: report.Arm{SecondsPerTrial: none}, Head: report.Arm{SecondsPerTrial: none}, Tasks: []report.Task{{Base: report.TaskSide{Seconds: none}, Head: report.TaskSide{Seconds: none}}}}
	if !repricing.Timeless(&r) {
		t.Error("a report without any time has none")
	}
	r.Tasks[0].Base.Seconds = 1
	if repricing.Timeless(&r) {
		t.Error("a task has a time")
	}
	r.Tasks, r.Head.SecondsPerTrial = nil, 2
	if repricing.Timeless(&r) {
		t.Error("an arm has a time")
	}
}
