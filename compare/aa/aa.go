// Package aa says how a suite does when nothing changes: base against base.
//
// It knows how to repeat the whole sequential test on trials drawn from those of one arm, and the record of such runs in a
// repository. It refuses to know how trials are carried out, prices and GitHub.
package aa

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/pertask/pertask/compare/looks"
	"github.com/pertask/pertask/compare/numbers"
	"github.com/pertask/pertask/compare/tally"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/stats"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/verdict"
)

// Task is what one arm's trials of a task came to.
type Task struct {
	ID  string
	Obs []stats.Obs
}

// Question is what to simulate.
type Question struct {
	Tasks  []Task
	Looks  []int          // trials of each task under each arm, growing
	Policy verdict.Policy // its thresholds apply, but for MaxCostRatio: equal arms are held against 1
	Runs   int            // of the whole test, 1 to MaxRuns
	Seed   uint64
}

// MaxRuns bounds the work of a simulation.
const MaxRuns = 100_000

// leastTrials is how many trials of each task there have to be to draw from.
const leastTrials = 3

// Simulation is what came of it.
type Simulation struct {
	Runs int `json:"runs"`
	// Switch and DontSwitch are the runs that ended in these verdicts; both are false.
	Switch     int `json:"switch"`
	DontSwitch int `json:"dont_switch"`
	// Rate is the share of false verdicts, and SE its standard error.
	Rate float64 `json:"rate"`
	SE   float64 `json:"se"`
	// Rounds is how many trials of each task under each arm a run took on average, and Trials those of both arms and all
	// tasks; Dollars is what those cost.
	Rounds  float64 `json:"rounds"`
	Trials  float64 `json:"trials"`
	Dollars float64 `json:"dollars"`
	// Factor is that of the interval at the last look: the ratio, multiplied and divided by it. Resolves is the smallest
	// factor between two arms that is shown with 80 % power by then. Null where there is none.
	Factor   figure.Number `json:"factor"`
	Resolves figure.Number `json:"resolves"`
	Looks    []int         `json:"looks"`
	// Fewest is how many trials there were to draw from, of the task with the fewest.
	Fewest int `json:"fewest"`
}

// Simulate repeats the whole test: both arms draw their trials, with replacement and task by task, from the same ones, so
// that every verdict is a false one. The same question has the same answer on every machine.
func Simulate(q Question) (Simulation, error) {
	out := Simulation{Runs: q.Runs, Looks: q.Looks, Fewest: math.MaxInt}
	if q.Runs < 1 || q.Runs > MaxRuns {
		return out, fmt.Errorf("%d runs; 1 to %d are allowed", q.Runs, MaxRuns)
	}
	if len(q.Tasks) == 0 {
		return out, errors.New("there are no trials to draw from")
	}
	for _, t := range q.Tasks {
		if out.Fewest = min(out.Fewest, len(t.Obs)); len(t.Obs) < leastTrials {
			return out, fmt.Errorf("task %q has %d trials with a known cost to draw from; %d are needed", t.ID, len(t.Obs), leastTrials)
		}
	}
	q.Policy.MaxCostRatio = 1
	course, err := looks.New(q.Looks, q.Policy.ExtensionReserve, 0)
	if err != nil {
		return out, err
	}
	for run := range q.Runs {
		r := runner{Question: q, course: course, rng: rand.New(rand.NewPCG(q.Seed, uint64(run)))}
		v, err := r.run()
		if err != nil {
			return out, err
		}
		switch v {
		case verdict.Switch:
			out.Switch++
		case verdict.DontSwitch:
			out.DontSwitch++
		}
		out.Rounds += float64(r.trials)
		out.Dollars += r.dollars
	}
	n := float64(q.Runs)
	out.Rate = float64(out.Switch+out.DontSwitch) / n
	out.SE = math.Sqrt(out.Rate * (1 - out.Rate) / n)
	out.Rounds, out.Dollars = out.Rounds/n, out.Dollars/n
	out.Trials = 2 * out.Rounds * float64(len(q.Tasks))
	out.Factor, out.Resolves = q.reach(course)
	return out, nil
}

// Reach returns the factor of the interval at the last look, and the smallest one that is shown by then with 80 % power, by
// the spread of the trials; NaN where there is none to tell.
func (q Question) Reach() (factor, resolves figure.Number) {
	course, err := looks.New(q.Looks, q.Policy.ExtensionReserve, 0)
	if err != nil {
		return figure.Number(math.NaN()), figure.Number(math.NaN())
	}
	return q.reach(course)
}

func (q Question) reach(course *looks.Course) (factor, resolves figure.Number) {
	none := figure.Number(math.NaN())
	var cells []stats.Cell
	n := 0.0
	for _, t := range q.Tasks {
		var c stats.Cell
		for _, o := range t.Obs {
			c.Add(o)
		}
		cells, n = append(cells, c), n+float64(len(t.Obs))/float64(len(q.Tasks))
	}
	same, err := stats.CompareSuite(cells, cells)
	last := q.Looks[len(q.Looks)-1]
	if err != nil || q.Policy.Scope == verdict.PopulationScope || last < 2 {
		return none, none
	}
	level := course.Level(len(q.Looks) - 1)
	se, df := same.SE*math.Sqrt(n/float64(last)), same.DF*float64(last-1)/(n-1)
	return figure.Number(math.Exp(stats.TQuantileUpper(level/2, df) * se)), figure.Number(stats.Detectable(1-level, se, df))
}

// runner is one run of the test.
type runner struct {
	Question
	course  *looks.Course
	rng     *rand.Rand
	trials  int
	dollars float64
}

func (r *runner) run() (verdict.Verdict, error) {
	tasks := make([]*tally.Task, len(r.Tasks))
	for i, t := range r.Tasks {
		tasks[i] = tally.New(suite.Task{ID: t.ID})
	}
	for look, n := range r.Looks {
		for i, t := range tasks {
			for _, side := range t.Sides() {
				r.draw(side, r.Tasks[i].Obs, n-r.trials)
			}
		}
		r.trials = n
		counted, err := numbers.Count(tasks, false, r.Policy, r.course.Level(look))
		if err != nil {
			return verdict.Inconclusive, err
		}
		d := verdict.Decide(r.Policy, counted.Facts())
		seen := looks.Seen{Decision: d, Test: counted.Test}
		seen.DF, seen.SE = counted.Precision()
		if l := r.course.At(look, seen); l.Stopped != "" {
			return d.Verdict, nil
		}
	}
	return verdict.Inconclusive, nil
}

// draw adds trials to one arm's side of a task.
func (r *runner) draw(side *tally.Side, from []stats.Obs, n int) {
	for range n {
		o := from[r.rng.IntN(len(from))]
		side.Cell.Add(o)
		side.Trials++
		if o.Completed {
			side.Completed++
		}
		r.dollars += o.Cost
	}
}
