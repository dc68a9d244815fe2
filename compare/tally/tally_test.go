package tally_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/compare/tally"
	"github.com/pertask/pertask/compare/used"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
)

func cost(usd string) price.Cost {
	a := price.Known(price.MustMoney(usd))
	return price.Cost{Amount: a, Status: price.Exact, List: a, Billed: a}
}

func of(o trial.Outcome, cause string) trial.Trial { return trial.Trial{Outcome: o, Cause: cause} }

// A void trial is no evidence and none of the arm's cost; a failed one is both.
func TestAdd(t *testing.T) {
	s := tally.New(suite.Task{ID: "a"}).Base
	tokens := usage.None()
	tokens.Output = usage.Known(10)
	s.Add(of(trial.Completed, ""), tally.Priced{Cost: cost("1"), Tokens: tokens, Calls: 2})
	s.Add(of(trial.Failed, trial.CauseCost), tally.Priced{Cost: cost("3"), Tokens: tokens, Calls: 1, Strange: true})
	s.Add(of(trial.Void, trial.CauseProvider), tally.Priced{Cost: cost("9"), Calls: 4})
	s.Add(of(trial.Completed, ""), tally.Priced{Cost: price.Nothing()})
	if s.Trials != 3 || s.Completed != 2 || s.Voids != 1 || s.Calls != 3 || s.Cost.Amount.String() != "4" {
		t.Errorf("%+v", s)
	}
	if s.Callless != 1 || s.Costless != 1 || s.Strange != 1 || s.PerTrial(s.Tokens.Output) != 20.0/3 || s.DollarsPerTrial(s.Cost.Amount) != 4.0/3 {
		t.Errorf("%+v", s)
	}
	if diff := cmp.Diff(map[string]int{trial.CauseCost: 1, trial.CauseProvider: 1}, s.Causes); diff != "" {
		t.Errorf("causes (-want +got):\n%s", diff)
	}
	s.Replace(trial.CauseProvider)
	s.Add(of(trial.Completed, ""), tally.Priced{Cost: cost("1"), Tokens: tokens, Calls: 1})
	if s.Voids != 0 || s.Trials != 4 || len(s.Causes) != 1 {
		t.Errorf("after another attempt: %+v", s)
	}
}

// A trial that ended because its cost could not be told is void, and what is missing is remembered.
func TestAddUncounted(t *testing.T) {
	s := tally.New(suite.Task{ID: "a"}).Head
	s.Add(of(trial.Void, trial.CauseBudget), tally.Priced{Cost: price.Cost{}, Missing: []string{"a price"}})
	s.Add(of(trial.Void, trial.CauseBudget), tally.Priced{Cost: cost("1")})
	s.Add(of(trial.Void, trial.CauseProvider), tally.Priced{Cost: price.Cost{}, Missing: []string{"nothing that counts"}})
	if s.Uncounted != 1 || s.Voids != 3 || !s.Missing["a price"] || len(s.Missing) != 1 {
		t.Errorf("%+v", s)
	}
}

func TestUnknownIsNotZero(t *testing.T) {
	s := tally.New(suite.Task{ID: "a"}).Head
	if !math.IsNaN(s.SecondsPerTrial()) || !math.IsNaN(s.PerTrial(usage.Known(1))) {
		t.Error("a mean of no trial is a number")
	}
	s.Add(of(trial.Completed, ""), tally.Priced{Calls: 1})
	if s.Unknown != 1 || !math.IsNaN(s.DollarsPerTrial(s.Cost.Amount)) || !math.IsNaN(s.SecondsPerTrial()) {
		t.Errorf("%+v", s)
	}
}

func TestLeaveOut(t *testing.T) {
	task := tally.New(suite.Task{ID: "a"})
	say := func(unknowns bool, want string) {
		t.Helper()
		if got := task.LeaveOut(unknowns); got != want {
			t.Errorf("left out because of %q, want %q", got, want)
		}
	}
	say(false, "no trial of the base")
	task.Base.Add(of(trial.Completed, ""), tally.Priced{Calls: 1})
	say(false, "no trial of the head")
	task.Head.Add(of(trial.Void, trial.CauseSetup), tally.Priced{})
	say(false, "every trial of the head is void")
	task.Head.Add(of(trial.Failed, trial.CauseGrader), tally.Priced{Cost: cost("1")})
	say(false, "")
	say(true, "cost unknown in 1 of 1 trials of the base")
	for _, side := range []trial.Side{trial.Base, trial.Head} {
		if _, err := task.Side(side); err != nil {
			t.Error(err)
		}
	}
	if _, err := task.Side("third"); err == nil {
		t.Error("a third arm")
	}
}

// What trials would have cost without a cache is a tally of its own; the trials stay what they are.
func TestCold(t *testing.T) {
	task := tally.New(suite.Task{ID: "a"})
	for i, s := range task.Sides() {
		for n := range 2 + i {
			s.Add(of(trial.Completed, ""), tally.Priced{Cost: cost("1"), Used: used.Sums{Cold: float64(2 + n)}, Calls: 1})
		}
		s.Add(of(trial.Void, trial.CauseProvider), tally.Priced{Cost: cost("9"), Used: used.Sums{Cold: 99}})
	}
	cold, known := task.Cold()
	if !known || cold.Base.Cell.MeanCost() != 2.5 || cold.Head.Cell.MeanCost() != 3 || cold.Base.Trials != 2 || cold.Task.ID != "a" {
		t.Errorf("known %t, %+v", known, cold)
	}
	if task.Base.Cell.MeanCost() != 1 || task.Head.Cell.MeanCost() != 1 {
		t.Error("the task is another afterwards")
	}
	task.Head.Add(of(trial.Failed, ""), tally.Priced{Cost: cost("1"), Used: used.Sums{Unknown: true}, Calls: 1})
	if _, known := task.Cold(); known {
		t.Error("it is known with a trial of which nobody knows what it used")
	}
	priceless := tally.New(suite.Task{ID: "b"})
	priceless.Base.Add(of(trial.Completed, ""), tally.Priced{Missing: []string{"a price"}})
	if _, known := priceless.Cold(); known {
		t.Error("it is known without a price")
	}
}
