// Package numbers works out what statistics say about the tallies of two arms, and the facts that a verdict rests on.
//
// It knows which tasks can be counted, and estimates. It refuses to know what is declared, where trials come from, and
// how a number is shown.
package numbers

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/pertask/pertask/compare/tally"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/stats"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/verdict"
)

// Alpha is the two-sided error of a test and 1 - Alpha the confidence of an interval over all the looks together: with
// one look it is the level of that, with more each has a part of it.
const Alpha = 0.05

// Numbers are everything that statistics say about the tasks that were kept.
type Numbers struct {
	tasks    []*tally.Task
	unknowns bool // a task with an unknown is left out
	policy   verdict.Policy
	alpha    float64

	Kept       []*tally.Task
	LeftOut    []report.LeftOut
	Known      bool // every cost in both arms is known: a ratio exists
	Single     bool // no task has two trials in some arm: only the population scope exists
	Suite      stats.Suite
	Population stats.Population
	Completion stats.Difference
	Scope      verdict.Scope
	// The numbers of the scope that decides; NaN, and no zero, while a cost is not known.
	Test     stats.Test
	Interval stats.Interval
	Ratio    float64
}

// Count works out the numbers from the tallies. With unknowns set, a task with a single unknown outcome or cost is left
// out, and void trials are no reason to withhold a verdict; without, an unknown cost makes every number unknown. The
// two-sided level alpha is that of the look at which the trials are counted: the tests are made at it, and the
// intervals of all looks together have the confidence of 1 - Alpha.
func Count(tasks []*tally.Task, unknowns bool, p verdict.Policy, alpha float64) (Numbers, error) {
	n := Numbers{tasks: tasks, unknowns: unknowns, policy: p, alpha: alpha}
	for _, t := range tasks {
		if why := t.LeaveOut(unknowns); why != "" {
			n.LeftOut = append(n.LeftOut, report.LeftOut{Task: t.Task.ID, Reason: why})
			continue
		}
		n.Kept = append(n.Kept, t)
	}
	n.Known = len(n.Kept) > 0
	var base, head []stats.Cell
	for _, t := range n.Kept {
		if t.Base.Unknown+t.Head.Unknown > 0 {
			n.Known = false
		}
		base, head = append(base, t.Base.Cell), append(head, t.Head.Cell)
	}
	if !n.Known {
		nan := math.NaN()
		n.Ratio, n.Interval, n.Test = nan, stats.Interval{Low: nan, High: nan}, stats.Test{T: nan, P: nan}
		return n, nil
	}
	return n, n.compare(base, head, p)
}

func (n *Numbers) compare(base, head []stats.Cell, p verdict.Policy) error {
	var err error
	if n.Population, err = stats.ComparePopulation(base, head); err != nil {
		return fmt.Errorf("comparing tasks like these: %w", err)
	}
	n.Suite, err = stats.CompareSuite(base, head)
	switch {
	case errors.Is(err, stats.ErrNoReplicates):
		n.Single = true
		n.Completion, err = stats.PopulationCompletionDifference(base, head)
	case err == nil:
		n.Completion, err = stats.CompletionDifference(base, head)
	}
	if err != nil {
		return fmt.Errorf("comparing the suite: %w", err)
	}
	r0 := p.MaxCostRatio
	n.Scope, n.Ratio = verdict.PopulationScope, n.Population.Ratio
	if n.Single || p.Scope == verdict.PopulationScope {
		n.Test, n.Interval = n.Population.Test(r0), n.Population.Interval(n.confidence())
		return nil
	}
	n.Scope, n.Ratio = verdict.SuiteScope, n.Suite.Ratio
	n.Test, n.Interval = n.Suite.Test(r0), n.Suite.Interval(n.confidence())
	return nil
}

// Precision returns the degrees of freedom and the standard error of the log ratio, in the scope that decides. They are
// NaN where no cost is known.
func (n Numbers) Precision() (df, se float64) {
	switch {
	case !n.Known:
		return math.NaN(), math.NaN()
	case n.Scope == verdict.SuiteScope:
		return n.Suite.DF, n.Suite.SE
	}
	return n.Population.DF, n.Population.SE
}

// confidence is that of every interval at this look.
func (n Numbers) confidence() float64 { return 1 - n.alpha }

// Facts puts what the decision rests on into one value. Findings from elsewhere that withhold the verdict are to be added.
func (n Numbers) Facts() verdict.Facts {
	f := verdict.Facts{
		Tasks: len(n.Kept), SingleTrial: n.Single, Scope: n.Scope, Alpha: n.alpha,
		UnknownCost: n.unknown(),
	}
	if n.Known { // else what is missing is the reason, and not that there is no statement
		f.Ratio, f.Low, f.High, f.T, f.P = n.Ratio, n.Interval.Low, n.Interval.High, n.Test.T, n.Test.P
	}
	d := n.Completion.Interval(n.confidence())
	f.CompletionDiff, f.CompletionLow, f.CompletionHigh = n.Completion.Estimate, d.Low, d.High
	var base, head []stats.Cell
	for _, t := range n.Kept {
		f.BaseTrials += t.Base.Trials
		f.HeadTrials += t.Head.Trials
		f.BaseCompleted += t.Base.Completed
		f.HeadCompleted += t.Head.Completed
		f.BaseLowerBound = f.BaseLowerBound || t.Base.Cost.Status == price.LowerBound
		f.HeadLowerBound = f.HeadLowerBound || t.Head.Cost.Status == price.LowerBound
		base, head = append(base, t.Base.Cell), append(head, t.Head.Cell)
	}
	if !n.unknowns {
		n.voids(&f)
	}
	if n.Known {
		n.influence(&f, base, head)
	}
	return f
}

// voids counts the trials that are void after every attempt, among those that were wanted, with their causes.
func (n Numbers) voids(f *verdict.Facts) {
	f.VoidCauses = map[string]int{}
	for _, t := range n.tasks {
		for _, s := range t.Sides() {
			f.Voids += s.Voids
			f.Planned += s.Voids + s.Trials
			for _, cause := range voidCauses {
				if times := s.Causes[cause]; times > 0 {
					f.VoidCauses[cause] += times
				}
			}
		}
	}
}

// voidCauses are the causes of void trials. Others are of failed ones.
var voidCauses = []string{trial.CauseProvider, trial.CauseSetup, trial.CauseStart, trial.CauseSandbox, trial.CauseGrading,
	trial.CauseBudget, trial.CauseCanceled}

// influence finds the task that holds most of an arm's cost and the one that decides the ratio.
func (n Numbers) influence(f *verdict.Facts, base, head []stats.Cell) {
	for _, arm := range []struct {
		name  string
		cells []stats.Cell
	}{{"base", base}, {"head", head}} {
		for i, share := range stats.CostShares(arm.cells) {
			if share > f.TopShare {
				f.TopShare, f.TopTask, f.TopArm = share, n.Kept[i].Task.ID, arm.name
			}
		}
	}
	// Of an arm that completed nothing no task is the reason.
	if i, crosses := n.Population.Crosses(n.policy.MaxCostRatio); crosses && n.Ratio > 0 && !math.IsInf(n.Ratio, 1) {
		f.LeaveOneOutCrosses, f.CrossTask = true, n.Kept[i].Task.ID
	}
}

// unknown lists what is missing to know every cost.
func (n Numbers) unknown() []string {
	seen := map[string]bool{}
	var out []string
	say := func(s string) {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	for _, t := range n.tasks {
		kept := slices.Contains(n.Kept, t)
		for _, s := range t.Sides() {
			if !kept && s.Uncounted == 0 {
				continue
			}
			for _, m := range slices.Sorted(maps.Keys(s.Missing)) {
				say(m)
			}
			if s.Unknown+s.Uncounted > 0 && len(s.Missing) == 0 {
				say("the provider reported no usage for some calls")
			}
		}
	}
	return out
}
