package simulation

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/pertask/pertask/stats"
)

// sentinels is how many new trials of each task watch over the stored ones: two where one of so few tasks would tell
// little.
func sentinels(tasks int) int {
	if tasks < 5 {
		return 2
	}
	return 1
}

// storedTrials is how many stored trials of each task a base has that is not measured again.
const storedTrials = 12

// Design is a way to spend trials.
type Design int

// The designs.
const (
	Plain   Design = iota // the sequential rule
	Futile                // which also stops where going on is not worth it
	Reused                // and measures the head alone, against stored trials of the base
	Watched               // with two new trials of the base as well, and the stored ones dropped when those differ
	designs
)

// Designs is how many there are.
const Designs = int(designs)

// String returns what a table's head says.
func (d Design) String() string {
	return [...]string{"rule", "+ futility", "+ stored base", "+ sentinels"}[d]
}

// Played is how often one design was right, and what it cost.
type Played struct {
	// Wrong are verdicts on the wrong side of the threshold, and all verdicts where the ratio is the threshold.
	Wrong Share
	Right Share
	// Missed are intervals, shown when the sequence ends, that do not hold the truth.
	Missed Share
	// Spend is the mean cost, in rounds: what one trial of every task under both arms costs.
	Spend float64
}

// end adds one comparison to what was played.
func (p *Played) end(truth float64, e ending) {
	p.Wrong.count(e.side != 0 && e.side != sideOf(truth))
	p.Right.count(e.side != 0 && e.side == sideOf(truth))
	p.Missed.count(!e.held)
	p.Spend += e.spend
}

// ending is how one comparison ended.
type ending struct {
	side  int // -1 switch, 1 don't switch, 0 neither
	spend float64
	held  bool // the interval holds the truth
}

// sideOf returns on which side of 1 a ratio is.
func sideOf(ratio float64) int {
	switch {
	case ratio < 1:
		return -1
	case ratio > 1:
		return 1
	}
	return 0
}

// field is one suite with its trials, of which every design plays the first ones.
type field struct {
	*suite
	stored  []stats.Cell
	watch   []stats.Cell   // the sentinels
	bases   [][]stats.Cell // after so many rounds
	heads   [][]stats.Cell
	perHead float64 // share of a round's cost that is the head's
}

// lay draws all trials that any design may need.
func lay(r *rand.Rand, s *suite, rounds int) *field {
	f := &field{suite: s, perHead: s.headCost / (s.baseCost + s.headCost)}
	f.stored, _ = s.trials(r, storedTrials)
	f.watch, _ = s.trials(r, sentinels(len(s.tasks)))
	k := len(s.tasks)
	base, head := make([]stats.Cell, k), make([]stats.Cell, k)
	f.bases, f.heads = append(f.bases, nil), append(f.heads, nil)
	for range rounds {
		s.round(r, base, head)
		f.bases, f.heads = append(f.bases, append([]stats.Cell(nil), base...)), append(f.heads, append([]stats.Cell(nil), head...))
	}
	return f
}

// play runs one design to its end, with the threshold at 1.
func (f *field) play(seq *stats.Sequence, d Design) ending {
	bounds := seq.Bounds()
	b := f.base(d)
	for look, bound := range bounds {
		if b.stored != nil && bound.Trials < stats.LeastAgainstStored {
			continue
		}
		c, err := stats.CompareSuite(b.after(bound.Trials), f.heads[bound.Trials])
		if err != nil {
			panic(err) // every task has two trials at the first look
		}
		test := c.Test(1)
		var step stats.Step
		if b.stored != nil {
			step = seq.AtPlanned(look, test, c.DF, c.SE, storedPlan(c, bounds, look))
		} else {
			step = seq.At(look, test, c.DF, c.SE)
		}
		if !step.Done() {
			continue
		}
		spend := float64(bound.Trials)*f.perHead + b.trials(bound.Trials)*(1-f.perHead)
		e := ending{spend: spend, held: holds(c.Interval(step.Confidence), f.ratio)}
		if step.Crossed {
			e.side = int(math.Copysign(1, test.T))
		}
		return e
	}
	panic("simulation: a sequence without a last look")
}

// source is where the base's trials come from.
type source struct {
	stored []stats.Cell // all there are; nil when they are made as the head's are
	paid   float64      // trials of each task that were paid for before the first look
	made   [][]stats.Cell
}

// base returns the source of a design's base trials.
func (f *field) base(d Design) source {
	switch d {
	case Reused:
		return source{stored: f.stored}
	case Watched:
		paid := float64(f.watch[0].Trials())
		drift, err := stats.Drift(f.stored, f.watch)
		if err != nil {
			panic(err) // every task has 12 stored trials
		}
		if drift.P <= stats.DriftLevel {
			return source{made: f.bases, paid: paid}
		}
		all := make([]stats.Cell, len(f.watch))
		for i := range all {
			all[i] = f.stored[i].Merge(f.watch[i])
		}
		return source{stored: all, paid: paid}
	}
	return source{made: f.bases}
}

// after returns the base's trials at a look.
func (s source) after(rounds int) []stats.Cell {
	if s.stored != nil {
		return s.stored
	}
	return s.made[rounds]
}

// trials returns how many trials of each of the base's tasks were paid for by then.
func (s source) trials(rounds int) float64 {
	if s.stored != nil {
		return s.paid
	}
	return s.paid + float64(rounds)
}

// storedPlan is the standard error at the later looks when only the head's trials grow.
func storedPlan(c stats.Suite, bounds []stats.Bound, look int) []float64 {
	var later []float64
	for _, b := range bounds[look+1:] {
		later = append(later, stats.StoredSE(c.Base, c.Head, 1, 1, float64(bounds[look].Trials), float64(b.Trials)))
	}
	return later
}

// fixed returns how a comparison of so many rounds with a single test ends.
func (f *field) fixed(rounds int) int {
	c, err := stats.CompareSuite(f.bases[rounds], f.heads[rounds])
	if err != nil {
		panic(err)
	}
	if t := c.Test(1); t.P <= 0.05 {
		return int(math.Copysign(1, t.T))
	}
	return 0
}

// plan is the sequences of the designs for a suite of some number of tasks.
type plan [designs]*stats.Sequence

// plans returns the plan for each number of tasks.
func plans(tasks ...int) map[int]plan {
	out := map[int]plan{}
	for _, k := range tasks {
		if _, done := out[k]; done {
			continue
		}
		looks, err := stats.Schedule(k, mostRounds)
		if err != nil {
			panic(err) // the sizes are chosen here
		}
		rule := stats.DefaultRule(looks)
		futile, err := stats.NewSequence(rule)
		if err != nil {
			panic(err)
		}
		rule.Futility = 0
		plain, err := stats.NewSequence(rule)
		if err != nil {
			panic(err)
		}
		out[k] = plan{Plain: plain, Futile: futile, Reused: futile, Watched: futile}
	}
	return out
}

// mostRounds is the cap of every sequence that is played; Schedule lowers it for many tasks.
const mostRounds = 20

// Errors is how often each design is wrong when the true ratio is the given one.
type Errors struct {
	Scenario Scenario
	Tasks    int
	Ratio    float64
	Played   [designs]Played
}

// Err plays the designs at one true ratio, for each scenario and number of tasks; 1 is the threshold.
func Err(scenarios []Scenario, tasks []int, ratio float64, runs int, seed uint64) []Errors {
	out := make([]Errors, len(scenarios)*len(tasks))
	seqs := plans(tasks...)
	each(len(out), func(i int) {
		e := Errors{Scenario: scenarios[i/len(tasks)], Tasks: tasks[i%len(tasks)], Ratio: ratio}
		seqs := seqs[e.Tasks]
		bounds := seqs[Plain].Bounds()
		r := random(seed, fmt.Sprintf("error %s %d %g", e.Scenario.Name, e.Tasks, ratio))
		for range runs {
			s := e.Scenario.suite(r, e.Tasks)
			s.scale(ratio)
			s.ratio = ratio // without what scaling rounds
			f := lay(r, s, bounds[len(bounds)-1].Trials)
			for d := range designs {
				e.Played[d].end(ratio, f.play(seqs[d], d))
			}
		}
		for d := range designs {
			e.Played[d].Spend /= float64(runs)
		}
		out[i] = e
	})
	return out
}
