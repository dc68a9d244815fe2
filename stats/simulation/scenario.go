// Package simulation measures how often package stats is right, on made-up trials whose truth is known.
//
// It knows scenarios of tasks, arms and trials, and how often intervals cover, verdicts are wrong and money is spent in
// them. It refuses to know files, clocks and what a real trial is. Everything is a function of its seed: the same
// seed gives the same numbers on every machine and however many processors take part.
package simulation

import (
	"math"
	"math/rand/v2"

	"github.com/pertask/pertask/stats"
)

// Scenario is a world that suites are drawn from (docs/simulation.md has the model).
type Scenario struct {
	Name        string
	TaskSpread  float64 // of the log of the tasks' median costs
	TrialSpread float64 // of the log of the costs of one task's trials
	Effect      float64 // spread of the head's log cost ratio over tasks
	RateSpread  float64 // of the logit of the tasks' shares of completed trials
	RateNoise   float64 // of the head's logit against the base's, over tasks
	FailureCost float64 // a failed trial costs (1 + FailureCost) times as much
	// Heavy draws each task's TrialSpread between 0.2 and 1, and makes 3 % of the trials cost four times as much.
	Heavy              bool
	BaseRate, HeadRate float64 // share of completed trials of the median task
}

// The parts that scenarios are made of: how the tasks and trials spread, and how many trials complete.
var (
	spreads = []Scenario{
		{Name: "mild", TaskSpread: 0.5, TrialSpread: 0.2, Effect: 0.1, RateSpread: 1, RateNoise: 0.3},
		{Name: "typical", TaskSpread: 1, TrialSpread: 0.4, Effect: 0.3, RateSpread: 1.5, RateNoise: 0.5, FailureCost: 0.5},
		{Name: "wild", TaskSpread: 1.5, TrialSpread: 0.6, Effect: 0.5, RateSpread: 2, RateNoise: 0.8, FailureCost: 1},
		{Name: "heavy", TaskSpread: 1.5, Effect: 0.5, RateSpread: 2, RateNoise: 0.8, FailureCost: 1, Heavy: true},
	}
	rates = []Scenario{
		{Name: "p90", BaseRate: 0.9, HeadRate: 0.9}, {Name: "p60", BaseRate: 0.7, HeadRate: 0.6},
		{Name: "p30", BaseRate: 0.35, HeadRate: 0.3}, {Name: "p10", BaseRate: 0.1, HeadRate: 0.1},
	}
)

const (
	effect      = -0.22314355131420976 // log 0.8: what the head's trials cost of the base's before anything is scaled
	correlation = -0.3                 // of a task's log cost and its logit of completion: dear tasks complete less
	rare, large = 0.03, 4.0            // share and factor of a heavy scenario's large trials
)

// Scenarios returns all of them: mild, typical, wild and heavy spreads, with 90, 60, 30 and 10 % completed trials.
func Scenarios() []Scenario {
	var out []Scenario
	for _, s := range spreads {
		for _, r := range rates {
			s.BaseRate, s.HeadRate = r.BaseRate, r.HeadRate
			named := s
			named.Name = s.Name + "-" + r.Name
			out = append(out, named)
		}
	}
	return out
}

// Find returns the scenarios of the given names, in their order. It panics for a name that is none.
func Find(names ...string) []Scenario {
	var out []Scenario
	for _, name := range names {
		found := false
		for _, s := range Scenarios() {
			if s.Name == name {
				out, found = append(out, s), true
			}
		}
		if !found {
			panic("simulation: no scenario " + name)
		}
	}
	return out
}

// side is one task under one arm.
type side struct {
	median, spread float64 // of the log of a trial's cost
	rate           float64 // of completion
}

// cost is the expected cost of a trial.
func (s side) cost(w Scenario) float64 {
	c := math.Exp(s.median+s.spread*s.spread/2) * (1 + w.FailureCost*(1-s.rate))
	if w.Heavy {
		c *= 1 + rare*(large-1)
	}
	return c
}

// trial draws one trial.
func (s side) trial(r *rand.Rand, w Scenario) stats.Obs {
	o := stats.Obs{Cost: math.Exp(s.median + s.spread*r.NormFloat64()), Completed: r.Float64() < s.rate}
	if !o.Completed {
		o.Cost *= 1 + w.FailureCost
	}
	if w.Heavy && r.Float64() < rare {
		o.Cost *= large
	}
	return o
}

// task is one task under both arms.
type task struct{ base, head side }

// draw draws one task.
func (w Scenario) draw(r *rand.Rand) task {
	z1, z2 := r.NormFloat64(), r.NormFloat64()
	ease := correlation*z1 + math.Sqrt(1-correlation*correlation)*z2
	spread := w.TrialSpread
	if w.Heavy {
		spread = 0.2 + 0.8*r.Float64()
	}
	median := w.TaskSpread * z1
	return task{
		base: side{median, spread, logistic(logit(w.BaseRate) + w.RateSpread*ease)},
		head: side{median + effect + w.Effect*r.NormFloat64(), spread, logistic(logit(w.HeadRate) + w.RateSpread*ease + w.RateNoise*r.NormFloat64())},
	}
}

func logit(p float64) float64    { return math.Log(p / (1 - p)) }
func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// suite is tasks drawn from a scenario, and the truth about them.
type suite struct {
	world              Scenario
	tasks              []task
	baseCost, headCost float64 // expected, of a trial of each task together
	ratio              float64 // of the costs per completed task
}

// suite draws a suite.
func (w Scenario) suite(r *rand.Rand, tasks int) *suite {
	s := &suite{world: w}
	for range tasks {
		s.tasks = append(s.tasks, w.draw(r))
	}
	s.truth()
	return s
}

// truth works out what the tasks say exactly.
func (s *suite) truth() {
	var t sums
	for _, x := range s.tasks {
		t.add(x, s.world)
	}
	s.baseCost, s.headCost, s.ratio = t.baseCost, t.headCost, t.ratio()
}

// scale makes the true ratio what is asked for, by the head's costs.
func (s *suite) scale(ratio float64) {
	by := math.Log(ratio / s.ratio)
	for i := range s.tasks {
		s.tasks[i].head.median += by
	}
	s.truth()
}

// sums are expected sums over tasks.
type sums struct{ baseCost, baseRate, headCost, headRate float64 }

func (t *sums) add(x task, w Scenario) {
	t.baseCost += x.base.cost(w)
	t.headCost += x.head.cost(w)
	t.baseRate += x.base.rate
	t.headRate += x.head.rate
}

func (t *sums) ratio() float64 { return t.headCost * t.baseRate / (t.baseCost * t.headRate) }

// population returns the ratio of all the tasks of a scenario, from so many of them.
func (w Scenario) population(r *rand.Rand, tasks int) float64 {
	var t sums
	for range tasks {
		t.add(w.draw(r), w)
	}
	return t.ratio()
}
