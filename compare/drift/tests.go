package drift

import (
	"fmt"
	"math"

	"github.com/pertask/pertask/stats"
)

// confidence is the level of the intervals, which are for people: what is told is decided by the tests.
const confidence = 0.95

// costs are those of trials of a task.
type costs struct {
	cell stats.Cell // all count as completed: it is the cost of a trial that is tested, and completion by itself
	// n trials that cost something, with the sum and the sum of squares of the logarithms of their costs.
	n           int
	sum, square float64
}

func (c *costs) add(usd float64) {
	c.cell.Add(stats.Obs{Cost: usd, Completed: true})
	if usd > 0 {
		l := math.Log(usd)
		c.n, c.sum, c.square = c.n+1, c.sum+l, c.square+l*l
	}
}

func (c costs) merge(d costs) costs {
	return costs{c.cell.Merge(d.cell), c.n + d.n, c.sum + d.sum, c.square + d.square}
}

func (c costs) mean() float64 { return c.sum / float64(c.n) }

// residual is the sum of squares around the mean.
func (c costs) residual() float64 { return max(0, c.square-c.sum*c.mean()) }

// compareCosts tests what a trial costs.
func compareCosts(pairs []*pair) (Change, error) {
	c := Change{Ratio: math.NaN(), Low: math.NaN(), High: math.NaN()}
	var stored, fresh []stats.Cell
	for _, p := range pairs {
		stored, fresh = append(stored, p.storedCost.cell), append(fresh, p.freshCost.cell)
		c.Stored += p.storedCost.cell.MeanCost() / float64(len(pairs))
		c.Fresh += p.freshCost.cell.MeanCost() / float64(len(pairs))
	}
	test, err := testCosts(pairs, stored, fresh)
	if err != nil {
		return Change{}, fmt.Errorf("%w: %w", ErrTooFew, err)
	}
	c.P, c.Up = test.P, test.T > 0
	if c.Stored > 0 {
		c.Ratio = c.Fresh / c.Stored
	}
	if s, err := stats.CompareSuite(stored, fresh); err == nil && !s.Undefined {
		i := s.Interval(confidence)
		c.Low, c.High = i.Low, i.High
	}
	return c, nil
}

// testCosts tests the costs of trials as they are on a scale of factors: Student's test of the mean difference of their
// logarithms over the tasks, with the spread within tasks that both sides share when nothing has changed. Costs of trials
// are skewed, and those of a suite's tasks far apart: comparisons have to test means of dollars, where a rise of a third in
// all tasks drowns in the most expensive one; a watch need not. Where a trial cost nothing it is the test of dollars.
func testCosts(pairs []*pair, stored, fresh []stats.Cell) (stats.Test, error) {
	var weights, sum, squares, size float64
	df := 0
	for _, p := range pairs {
		s, f := p.storedCost, p.freshCost
		if s.n < s.cell.Trials() || f.n < f.cell.Trials() {
			return stats.Drift(stored, fresh)
		}
		w := 1 / (1/float64(s.n) + 1/float64(f.n))
		weights, sum = weights+w, sum+w*(f.mean()-s.mean())
		squares, size = squares+s.residual()+f.residual(), size+s.square+f.square
		df += s.n - 1 + f.n - 1
	}
	if df == 0 {
		return stats.Test{}, stats.ErrNoReplicates
	}
	difference := sum / weights
	// What is left of squares of equal numbers is rounding: trials of a task that cost the same to the cent have no noise.
	spread := math.Sqrt(max(squares/float64(df), 1e-15*size))
	t := difference * math.Sqrt(weights) / max(spread, 1e-9)
	return stats.Test{T: t, P: min(1, 2*stats.TUpper(math.Abs(t), float64(df)))}, nil
}

// stratum is the trials of one task, and how many of them completed.
type stratum struct{ stored, fresh, storedDone, freshDone int }

// completions tests whether fresh trials complete as often as stored ones: the exact conditional test of a common odds
// ratio of 1 over the tasks (Cox, "A simple example of a comparison involving quantal data", Biometrika 1966). Given how
// many trials of a task completed in all, how many of these are fresh is hypergeometric; over the tasks these add up. P is
// twice the lesser tail. Nothing is approximated, so a task that always completes is no special case, and neither is a
// single sentinel.
func completions(strata []stratum) Change {
	c := Change{Ratio: math.NaN(), Low: math.NaN(), High: math.NaN()}
	dist, seen := []float64{1}, 0
	for _, s := range strata {
		c.Stored += float64(s.storedDone) / float64(s.stored) / float64(len(strata))
		c.Fresh += float64(s.freshDone) / float64(s.fresh) / float64(len(strata))
		dist = convolve(dist, hypergeometric(s.stored+s.fresh, s.storedDone+s.freshDone, s.fresh))
		seen += s.freshDone
	}
	var lower, upper float64
	for k, p := range dist {
		if k <= seen {
			lower += p
		}
		if k >= seen {
			upper += p
		}
	}
	c.P, c.Up = min(1, 2*min(lower, upper)), upper < lower
	return c
}

// hypergeometric is the distribution of how many of so many drawn are marked, from 0 to drawn.
func hypergeometric(all, marked, drawn int) []float64 {
	out := make([]float64, drawn+1)
	for k := range out {
		if k <= marked && drawn-k <= all-marked {
			out[k] = math.Exp(choose(marked, k) + choose(all-marked, drawn-k) - choose(all, drawn))
		}
	}
	return out
}

// choose is the logarithm of a binomial coefficient.
func choose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}

func convolve(a, b []float64) []float64 {
	out := make([]float64, len(a)+len(b)-1)
	for i, x := range a {
		for j, y := range b {
			out[i+j] += x * y
		}
	}
	return out
}
