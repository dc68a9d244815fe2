package config

import (
	"errors"
	"fmt"
	"math"

	"github.com/pertask/pertask/internal/strict"
	"github.com/pertask/pertask/stats"
	"github.com/pertask/pertask/verdict"
)

// Plan is how a suite is tested under a configuration.
type Plan struct {
	// Looks are the numbers of trials of each task under each arm at which the verdict is tested, growing.
	Looks []int
	// Findings are settings that have no effect on a suite of this size.
	Findings []verdict.Finding
}

// fewestForPopulation is how many tasks a verdict about tasks like these needs, at least.
const fewestForPopulation = 10

// alpha is the error of a whole test.
const alpha = 0.05

// Plan plans the test of a suite of so many tasks; path is its file's. A policy that no trials of such a suite could ever
// fulfil is a mistake in the configuration, as a strict.Errors at the key that would have to change: nobody should pay for
// an answer that cannot come.
func (c *Config) Plan(path string, tasks int) (Plan, error) {
	looks, err := c.looks(path, tasks)
	if err != nil {
		return Plan{}, err
	}
	p := perfect{tasks: tasks, policy: c.Verdict, single: c.Run.MaxTrials == 1}
	reach, err := p.at(looks)
	if err != nil {
		return Plan{}, c.mistake("cannot be tested: "+err.Error(), "other looks", "run.max_trials", suiteKey(path))
	}
	if !reach.decides {
		return Plan{}, c.mistake(fmt.Sprintf("extension_reserve: %g of the error of %g leaves so little that no difference could be shown", c.Verdict.ExtensionReserve, alpha),
			"a smaller reserve", "verdict.extension_reserve", "run.max_trials", suiteKey(path))
	}
	if c.Verdict.PassGuardStrict && !(reach.drop < c.Verdict.MaxCompletionDrop) {
		return Plan{}, c.mistake(fmt.Sprintf(
			"max_completion_drop: with pass_guard strict no verdict is ever switch: even when all of %s of each of %s complete in both arms, a drop of %.3g is not excluded",
			plural(looks[len(looks)-1], "trial"), plural(tasks, "task"), reach.drop), c.waysToExclude(p, reach.drop),
			"verdict.max_completion_drop", "verdict.pass_guard")
	}
	plan := Plan{Looks: looks}
	if m := c.Verdict.EquivalenceMargin; m > 0 && !(reach.margin <= m) {
		f := verdict.Finding{Code: "equivalence-out-of-reach", Path: c.Path, Text: fmt.Sprintf(
			"`equivalence_margin` is %g and has no effect: %s of each of %s show a ratio within a margin of %.3g at best, if all complete at the same cost. "+
				"More tasks or a higher `run.max_trials` narrow it.", m, plural(looks[len(looks)-1], "trial"), plural(tasks, "task"), reach.margin)}
		if at, ok := c.places["verdict.equivalence_margin"]; ok {
			f.Line = at.Line
		}
		plan.Findings = append(plan.Findings, f)
	}
	return plan, nil
}

// looks plans the looks, or says why there are too few tasks or trials.
func (c *Config) looks(path string, tasks int) ([]int, error) {
	most := c.Run.MaxTrials
	if c.Verdict.Scope == verdict.PopulationScope && tasks < fewestForPopulation {
		return nil, c.mistake(fmt.Sprintf("scope: %s can decide nothing about tasks like these", plural(tasks, "task")),
			fmt.Sprintf("scope: suite, or %d tasks or more", fewestForPopulation), "verdict.scope")
	}
	if most == 1 {
		if tasks < fewestForPopulation {
			return nil, c.mistake(fmt.Sprintf("max_trials: 1 trial of each task speaks about tasks like these only, and %s can decide nothing about those", plural(tasks, "task")),
				fmt.Sprintf("max_trials of %d or more, or %d tasks or more", stats.LeastTrials(max(1, tasks)), fewestForPopulation), "run.max_trials", suiteKey(path))
		}
		return []int{1}, nil
	}
	looks, err := stats.Schedule(tasks, most)
	if errors.Is(err, stats.ErrTooFew) {
		return nil, c.mistake(fmt.Sprintf("max_trials: %s of each of %s can decide nothing", plural(most, "trial"), plural(tasks, "task")),
			waysToSchedule(tasks, most), "run.max_trials", suiteKey(path))
	}
	return looks, err
}

// waysToSchedule says what would make a schedule possible.
func waysToSchedule(tasks, most int) string {
	ways := fmt.Sprintf("max_trials of %d or more", stats.LeastTrials(max(1, tasks)))
	for more := tasks + 1; more <= fewestForPopulation; more++ {
		if stats.LeastTrials(more) <= most {
			return ways + fmt.Sprintf(", or %d tasks or more", more)
		}
	}
	return ways
}

// waysToExclude says what would exclude a drop of the completion rate as large as is allowed.
func (c *Config) waysToExclude(p perfect, drop float64) string {
	ways := fmt.Sprintf("a max_completion_drop of %g or more, pass_guard: lenient", math.Floor(drop*100+1)/100)
	for n := c.Run.MaxTrials + 1; n <= maxTrials; n++ {
		p.single = false
		looks, err := stats.Schedule(p.tasks, n)
		if err != nil || looks[len(looks)-1] < n {
			continue // more of them are not carried out
		}
		if r, err := p.at(looks); err == nil && r.drop < c.Verdict.MaxCompletionDrop {
			return ways + fmt.Sprintf(", or max_trials of %d or more", n)
		}
	}
	return ways + ", or more tasks"
}

// mistake is a mistake that shows once the suite is known, at the place of the first of some keys that is written.
func (c *Config) mistake(problem, allowed string, keys ...string) error {
	e := strict.Error{Path: c.Path, Line: 1, Column: 1}
	if e.Path == "" {
		e.Path = Path
	}
	for _, key := range keys {
		if at, ok := c.places[key]; ok {
			e = at
			break
		}
	}
	e.Problem, e.Allowed = problem, allowed
	return strict.Errors{&e}
}

// suiteKey names the place of a suite's path among Config.places.
func suiteKey(path string) string { return "suite " + path }

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// perfect is a suite whose trials all complete, at costs without noise: what it cannot show, nothing can.
type perfect struct {
	tasks  int
	policy verdict.Policy
	single bool // one trial of each task
}

// reach is what a perfect suite shows at its last look.
type reach struct {
	decides bool    // a cost of a millionth, and of a million times as much, is told from the threshold
	drop    float64 // largest drop of the completion rate that is not excluded
	margin  float64 // smallest margin that an interval lies within; 0 where trials do not limit it
}

func (p perfect) at(looks []int) (reach, error) {
	rule := stats.DefaultRule(looks)
	rule.Alpha = alpha - p.policy.ExtensionReserve
	s, err := stats.NewSequence(rule)
	if err != nil {
		return reach{}, err
	}
	bounds := s.Bounds()
	last := bounds[len(bounds)-1]
	base := p.cells(1, last.Trials)
	if p.single {
		d, err := stats.PopulationCompletionDifference(base, base)
		return reach{decides: true, drop: d.Interval(1 - last.P).High}, err
	}
	d, err := stats.CompletionDifference(base, base)
	if err != nil {
		return reach{}, err
	}
	same, err := stats.CompareSuite(base, base)
	if err != nil {
		return reach{}, err
	}
	out := reach{decides: true, drop: d.Interval(1 - last.P).High}
	if p.policy.Scope == verdict.PopulationScope {
		return out, nil
	}
	i := same.Interval(1 - last.P)
	out.margin = max(i.High, 1/i.Low) - 1
	for _, cost := range []float64{1e-6, 1e6} {
		apart, err := stats.CompareSuite(base, p.cells(cost*p.policy.MaxCostRatio, last.Trials))
		if err != nil {
			return reach{}, err
		}
		out.decides = out.decides && apart.Test(p.policy.MaxCostRatio).P <= last.P
	}
	return out, nil
}

// cells are those of an arm whose trials cost the same.
func (p perfect) cells(cost float64, trials int) []stats.Cell {
	var c stats.Cell
	for range trials {
		c.Add(stats.Obs{Cost: cost, Completed: true})
	}
	out := make([]stats.Cell, p.tasks)
	for i := range out {
		out[i] = c
	}
	return out
}
