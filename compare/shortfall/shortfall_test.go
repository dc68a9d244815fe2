package shortfall_test

import (
	"strings"
	"testing"

	"github.com/pertask/pertask/compare/shortfall"
	"github.com/pertask/pertask/compare/tally"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/verdict"
)

// task has trials of the base that were void for these causes, and so many that completed.
func task(completed int, causes ...string) []*tally.Task {
	t := tally.New(suite.Task{ID: "a"})
	for range completed {
		t.Base.Add(trial.Trial{Outcome: trial.Completed}, tally.Priced{Cost: price.Nothing()})
	}
	for _, cause := range causes {
		t.Base.Add(trial.Trial{Outcome: trial.Void, Cause: cause}, tally.Priced{Cost: price.Nothing()})
	}
	return []*tally.Task{t}
}

func TestGaveUp(t *testing.T) {
	for name, c := range map[string]struct {
		tasks []*tally.Task
		want  bool
	}{
		"no trial":                {task(0), false},
		"the provider only":       {task(0, trial.CauseProvider, trial.CauseProvider), true},
		"and some were canceled":  {task(0, trial.CauseProvider, trial.CauseCanceled), true},
		"all were canceled":       {task(0, trial.CauseCanceled), false},
		"another cause":           {task(0, trial.CauseProvider, trial.CauseBudget), false},
		"one trial was completed": {task(1, trial.CauseProvider), false},
	} {
		if got := shortfall.GaveUp(c.tasks); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestUnserved(t *testing.T) {
	for _, c := range []struct {
		refused    map[int]int
		text, next string
	}{
		{nil, "The provider answered no call of any trial.", "Rerun when the provider is up."},
		{map[int]int{503: 2}, "The provider answered no call of any trial: it refused with status 503 (service unavailable) 2 times.", "Rerun when the provider is up."},
		{map[int]int{503: 2, 401: 6}, "The provider answered no call of any trial: it refused with status 401 (unauthorized) 6 times, status 503 (service unavailable) 2 times.",
			"Check the provider's key: a call with it was refused."},
	} {
		if f, next := shortfall.Unserved(c.refused); f.Code != shortfall.CodeGone || f.Text != c.text || next != c.next {
			t.Errorf("%v: %+v, next %q", c.refused, f, next)
		}
	}
}

func TestUnfilledSlotsWithhold(t *testing.T) {
	for _, c := range []struct {
		f          *verdict.Finding
		code, text string
	}{
		{shortfall.Gone(1), shortfall.CodeGone, "The provider stopped answering, and 1 trial was not carried out. A rerun goes on from here."},
		{shortfall.Cut(7), shortfall.CodeCut, "The run was ended, and 7 trials were not carried out. A run with the same journal goes on from here."},
	} {
		if c.f == nil || !c.f.Withhold || c.f.Code != c.code || c.f.Text != c.text {
			t.Errorf("%+v, want %s: %s", c.f, c.code, c.text)
			continue
		}
		if got := shortfall.Of(&report.Report{Findings: []verdict.Finding{{Code: "other"}, *c.f}}); got == nil || *got != *c.f {
			t.Errorf("read back: %+v, want %+v", got, c.f)
		}
	}
	if shortfall.Gone(0) != nil || shortfall.Cut(0) != nil || shortfall.Of(&report.Report{Reason: verdict.Finding{Code: "other"}}) != nil {
		t.Error("there is a finding where nothing is missing")
	}
}

func TestBroke(t *testing.T) {
	if f, ok := shortfall.Broke(task(3, trial.CauseProvider), 0, price.Known(price.Money{})); ok {
		t.Errorf("with money: %+v", f)
	}
	f, ok := shortfall.Broke(task(3, trial.CauseBudget, trial.CauseBudget), 1, price.Known(price.Money{}))
	if want := "The budget was spent: of 5 trials 1 was not run, and 1 was stopped on the way. A rerun with a higher `run.budget` goes on from here."; !ok || !f.Withhold || f.Code != shortfall.CodeBudget || f.Text != want {
		t.Errorf("%+v, want %q", f, want)
	}
	if f, _ := shortfall.Broke(task(0, trial.CauseBudget), 1, price.Amount{}); !strings.HasPrefix(f.Text, "The budget cannot be kept") || !strings.Contains(f.Text, "of 1 trial 1 was not run.") {
		t.Errorf("with an unknown sum: %+v", f)
	}
}
