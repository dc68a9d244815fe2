package simulation

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/pertask/pertask/stats"
)

// random returns the generator of one cell, so that cells do not depend on the order they are worked out in.
func random(seed uint64, cell string) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprint(h, cell)
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// Share is how often something happened.
type Share struct{ Count, Of int }

// Value returns the share, NaN of nothing.
func (s Share) Value() float64 { return float64(s.Count) / float64(s.Of) }

// SE returns the standard error of a share whose true value is p.
func (s Share) SE(p float64) float64 { return math.Sqrt(p * (1 - p) / float64(s.Of)) }

func (s *Share) count(yes bool) {
	s.Of++
	if yes {
		s.Count++
	}
}

// Cell is a scenario at a size.
type Cell struct {
	Scenario Scenario
	Tasks    int
	Trials   int // per task and arm
}

// Coverage is how often 95 % intervals hold the truth. One that excludes nothing holds it.
type Coverage struct {
	Cell
	Suite Share // of these tasks; none for one trial per task
	// Bounded is how often the interval of suite scope has an upper end.
	Bounded Share
	// Completion is for the difference of the shares of completed trials, Benefit for the net benefit when a
	// completed task is worth five times what it costs.
	Completion, Benefit Share
	Population          Share // of tasks like these
	// Factor is the median of the upper end divided by the estimate, of suite scope; +Inf when most have none.
	Factor float64
	// Unit is the median of SE²·tasks·trials: the variance of the log ratio that one trial of one task in each arm has.
	Unit float64
	Rate float64 // mean share of completed trials, of both arms
}

// populationTasks is how many tasks stand for all that could be drawn: fewer where few runs are made.
func populationTasks(runs int) int { return min(1000*runs, 2_000_000) }

// Cover draws suites and trials and counts, for each of the scenarios at each size, in the order of scenarios.
func Cover(scenarios []Scenario, sizes [][2]int, runs int, seed uint64) []Coverage {
	out := make([]Coverage, len(scenarios)*len(sizes))
	truths := make([]float64, len(scenarios))
	each(len(scenarios), func(i int) {
		truths[i] = scenarios[i].population(random(seed, "population "+scenarios[i].Name), populationTasks(runs))
	})
	each(len(out), func(i int) {
		w, size := scenarios[i/len(sizes)], sizes[i%len(sizes)]
		out[i] = cover(Cell{w, size[0], size[1]}, truths[i/len(sizes)], runs, seed)
	})
	return out
}

func cover(cell Cell, population float64, runs int, seed uint64) Coverage {
	r := random(seed, fmt.Sprintf("coverage %s %d %d", cell.Scenario.Name, cell.Tasks, cell.Trials))
	out := Coverage{Cell: cell}
	var factors, units []float64
	for range runs {
		s := cell.Scenario.suite(r, cell.Tasks)
		base, head := s.trials(r, cell.Trials)
		p, err := stats.ComparePopulation(base, head)
		if err != nil {
			panic(err) // drawn cells have the shape of a comparison
		}
		out.Population.count(holds(p.Interval(0.95), population))
		c, err := stats.CompareSuite(base, head)
		if err != nil {
			continue // one trial per task
		}
		i := c.Interval(0.95)
		out.Rate += (c.Base.P + c.Head.P) / 2 / float64(runs)
		out.Suite.count(holds(i, s.ratio))
		out.Bounded.count(!math.IsInf(i.High, 1))
		factors, units = append(factors, i.High/c.Ratio), append(units, c.SE*c.SE*float64(cell.Tasks*cell.Trials))
		out.differences(s, base, head)
	}
	out.Factor, out.Unit = median(factors), median(units)
	return out
}

// differences counts the intervals of what may be below 0.
func (c *Coverage) differences(s *suite, base, head []stats.Cell) {
	var t sums
	for _, x := range s.tasks {
		t.add(x, s.world)
	}
	k := float64(len(s.tasks))
	if d, err := stats.CompletionDifference(base, head); err == nil {
		c.Completion.count(holds(d.Interval(0.95), (t.headRate-t.baseRate)/k))
	}
	value := 5 * t.baseCost / t.baseRate
	if b, err := stats.NetBenefit(base, head, value); err == nil {
		c.Benefit.count(holds(b.Interval(0.95), (value*(t.headRate-t.baseRate)-(t.headCost-t.baseCost))/k))
	}
}

// trials draws the trials of both arms.
func (s *suite) trials(r *rand.Rand, n int) (base, head []stats.Cell) {
	base, head = make([]stats.Cell, len(s.tasks)), make([]stats.Cell, len(s.tasks))
	for range n {
		s.round(r, base, head)
	}
	return base, head
}

// round adds one trial of every task to each arm.
func (s *suite) round(r *rand.Rand, base, head []stats.Cell) {
	for i, x := range s.tasks {
		base[i].Add(x.base.trial(r, s.world))
		head[i].Add(x.head.trial(r, s.world))
	}
}

func holds(i stats.Interval, truth float64) bool { return i.Low <= truth && truth <= i.High }

// median returns the middle number, NaN of none. NaN counts as the greatest.
func median(x []float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	for i, v := range x {
		if math.IsNaN(v) {
			x[i] = math.Inf(1)
		}
	}
	slices.Sort(x)
	return x[len(x)/2]
}
