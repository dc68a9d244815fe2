package numbers_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/compare/numbers"
	"github.com/pertask/pertask/compare/tally"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/verdict"
)

// filled is a task whose trials cost the given dollars and complete; a void one is "".
func filled(id string, base, head []string) *tally.Task {
	t := tally.New(suite.Task{ID: id})
	for s, costs := range map[*tally.Side][]string{t.Base: base, t.Head: head} {
		for _, usd := range costs {
			if usd == "" {
				s.Add(trial.Trial{Outcome: trial.Void, Cause: trial.CauseGrading}, tally.Priced{})
				continue
			}
			p := tally.Priced{Calls: 1}
			if usd != "?" {
				p.Cost = price.Cost{Amount: price.Known(price.MustMoney(usd)), Status: price.Exact}
			}
			s.Add(trial.Trial{Outcome: trial.Completed}, p)
		}
	}
	return t
}

func TestCount(t *testing.T) {
	two := []*tally.Task{filled("a", []string{"1", "1.2", ""}, []string{"2", "2.4"}), filled("b", []string{"3", "3.3"}, []string{"6", "6.6"})}
	n, err := numbers.Count(two, false, verdict.DefaultPolicy(), numbers.Alpha)
	if err != nil {
		t.Fatal(err)
	}
	f := n.Facts()
	if math.Abs(f.Ratio-2) > 1e-12 || f.Scope != verdict.SuiteScope || f.Tasks != 2 || f.BaseTrials != 4 || f.HeadCompleted != 4 || f.TopTask != "b" {
		t.Errorf("%+v", f)
	}
	if f.Voids != 1 || f.Planned != 9 {
		t.Errorf("%d voids of %d", f.Voids, f.Planned)
	}
	if diff := cmp.Diff(map[string]int{trial.CauseGrading: 1}, f.VoidCauses); diff != "" {
		t.Errorf("causes of voids (-want +got):\n%s", diff)
	}
	if n, _ := numbers.Count(two, true, verdict.DefaultPolicy(), numbers.Alpha); n.Facts().Voids != 0 {
		t.Error("voids of recorded trials were counted")
	}
}

// A task decides where the ratio without it is on the other side; that of an arm without a completed trial has no other side.
func TestOneTaskDecides(t *testing.T) {
	failed := func(x *tally.Task, s *tally.Side) *tally.Task {
		for range 2 {
			s.Add(trial.Trial{Outcome: trial.Failed}, tally.Priced{Calls: 1, Cost: price.Cost{Amount: price.Known(price.MustMoney("1")), Status: price.Exact}})
		}
		return x
	}
	cheap, dear := filled("a", []string{"1", "1.2"}, []string{"0.2", "0.3"}), filled("b", []string{"1", "1.1"}, []string{"9", "9.9"})
	a, b, c, d := filled("a", []string{"1", "1.2"}, nil), filled("b", []string{"1", "1.1"}, nil), filled("a", nil, []string{"1", "1.2"}), filled("b", nil, []string{"1", "1.1"})
	for name, tt := range map[string]struct {
		tasks []*tally.Task
		want  string
	}{
		"one is dearer":              {[]*tally.Task{cheap, dear}, "b"},
		"the head completed nothing": {[]*tally.Task{failed(a, a.Head), failed(b, b.Head)}, ""},
		"the base completed nothing": {[]*tally.Task{failed(c, c.Base), failed(d, d.Base)}, ""},
	} {
		n, err := numbers.Count(tt.tasks, false, verdict.DefaultPolicy(), numbers.Alpha)
		if err != nil {
			t.Fatal(err)
		}
		if f := n.Facts(); f.CrossTask != tt.want || f.LeaveOneOutCrosses != (tt.want != "") {
			t.Errorf("%s: %q, %v; ratio %v", name, f.CrossTask, f.LeaveOneOutCrosses, f.Ratio)
		}
	}
}

func TestCountWithUnknowns(t *testing.T) {
	tasks := []*tally.Task{filled("a", []string{"1", "?"}, []string{"1", "1"}), filled("b", []string{"1", "1"}, []string{"1", "1"})}
	n, err := numbers.Count(tasks, false, verdict.DefaultPolicy(), numbers.Alpha)
	if err != nil || n.Known || len(n.Kept) != 2 || len(n.Facts().UnknownCost) != 1 {
		t.Errorf("%v: %+v, unknown %q", err, n.Kept, n.Facts().UnknownCost)
	}
	for name, got := range map[string]float64{"ratio": n.Ratio, "low": n.Interval.Low, "high": n.Interval.High, "t": n.Test.T, "p": n.Test.P} {
		if !math.IsNaN(got) {
			t.Errorf("%s is %v while a cost is not known: a p of 0 would be the strongest evidence there is", name, got)
		}
	}
	if n, err = numbers.Count(tasks, true, verdict.DefaultPolicy(), numbers.Alpha); err != nil || !n.Known || len(n.LeftOut) != 1 || n.LeftOut[0].Task != "a" {
		t.Errorf("%v: left out %+v", err, n.LeftOut)
	}
}

// A void trial whose cost nobody could tell withholds the verdict, in a task that is left out too.
func TestUncountedIsUnknown(t *testing.T) {
	left := tally.New(suite.Task{ID: "z"})
	left.Base.Add(trial.Trial{Outcome: trial.Void, Cause: trial.CauseBudget}, tally.Priced{Missing: []string{"a price for x"}})
	tasks := []*tally.Task{left, filled("b", []string{"1", "1"}, []string{"1", "1"})}
	n, err := numbers.Count(tasks, false, verdict.DefaultPolicy(), numbers.Alpha)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a price for x"}, n.Facts().UnknownCost); diff != "" {
		t.Errorf("unknown (-want +got):\n%s", diff)
	}
}
