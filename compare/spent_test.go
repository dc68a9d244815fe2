package compare_test

import (
	"strings"
	"testing"

	"github.com/pertask/pertask/internal/need"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/trial"
)

// Once the budget is spent nothing more is started. What is left is recorded as not run, and is carried out by a run with
// a larger budget.
func TestRunStartsNothingWithoutMoney(t *testing.T) {
	l := newLab(t, promptSuite)
	l.opts.Budget = price.Known(price.MustMoney("0.05"))
	l.bench.Concurrency = 1
	l.measure(t)
	evidence, err := l.journal.Load()
	if err != nil {
		t.Fatal(err)
	}
	ran, notRun := 0, 0
	for _, r := range evidence.Results {
		switch {
		case r.Trial.Outcome != trial.Void && len(r.Calls) == 1:
			ran++
		case r.Trial.Cause == trial.CauseBudget && strings.HasPrefix(r.Trial.Detail, "not run: budget: ") && len(r.Calls) == 0:
			notRun++
		default:
			t.Errorf("%s is %s (%s) with %d calls: %s", r.Trial.ID, r.Trial.Outcome, r.Trial.Cause, len(r.Calls), r.Trial.Detail)
		}
	}
	if ran == 0 || notRun == 0 || ran+notRun != 32 || l.provider.calls.Load() != int64(ran) {
		t.Errorf("%d trials ran and %d did not, with %d calls", ran, notRun, l.provider.calls.Load())
	}
	l.opts.Budget = price.Known(price.MustMoney("100"))
	if r := l.measure(t); r.Base.Trials != 16 || r.Head.Trials != 16 || r.Base.Voids+r.Head.Voids != 0 || l.provider.calls.Load() != 32 {
		t.Errorf("with more money: %d and %d trials after %d calls; want 16, 16 and 32", r.Base.Trials, r.Head.Trials, l.provider.calls.Load())
	}
}

// An agent that asks on after it has passed its cost cap is ended.
func TestRunEndsAnAgentPastItsCap(t *testing.T) {
	need.Program(t, "curl")
	suite := strings.Replace(cappedSuite, "for i in 1 2 3; do", "while true; do sleep 0.2;", 1)
	suite = strings.Replace(strings.Replace(suite, "%", "0.001", 1), ", {id: b, grade: {contains: billing}, max_cost: 5}", "", 1)
	l := newLab(t, suite)
	l.opts.Looks = []int{1}
	r := l.measure(t)
	if r.Base.Trials != 1 || r.Head.Trials != 1 || r.Base.Completed+r.Head.Completed != 0 || l.provider.calls.Load() != 2 {
		t.Errorf("%d and %d trials after %d calls; want one failed one each, and one call each", r.Base.Trials, r.Head.Trials, l.provider.calls.Load())
	}
	evidence, err := l.journal.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, res := range evidence.Results {
		if want := "agent: ended by us, since its calls were refused"; res.Trial.Cause != trial.CauseCost || res.Trial.Detail != want {
			t.Errorf("%s is %s (%s): %q, want %q", res.Trial.ID, res.Trial.Outcome, res.Trial.Cause, res.Trial.Detail, want)
		}
	}
}
