package stats_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/pertask/pertask/stats"
)

// trials draws n trials of a task with the given mean cost and completion rate.
func trials(r *rand.Rand, n int, cost, rate float64) []stats.Obs {
	out := make([]stats.Obs, n)
	for i := range out {
		out[i] = stats.Obs{Cost: cost * math.Exp(0.4*r.NormFloat64()), Completed: r.Float64() < rate}
	}
	return out
}

func fold(observed []stats.Obs) stats.Cell {
	var c stats.Cell
	for _, o := range observed {
		c.Add(o)
	}
	return c
}

func TestCell(t *testing.T) {
	var c stats.Cell
	if c.Trials() != 0 || c.Completed() != 0 || !math.IsNaN(c.MeanCost()) || !math.IsNaN(c.Rate()) {
		t.Errorf("the zero value has %d trials, %d completed, mean %v, rate %v", c.Trials(), c.Completed(), c.MeanCost(), c.Rate())
	}
	c = cell([2]float64{0.5, 1}, [2]float64{1, 0}, [2]float64{1.5, 1}, [2]float64{0, 0})
	if c.Trials() != 4 || c.Completed() != 2 || c.MeanCost() != 0.75 || c.Rate() != 0.5 {
		t.Errorf("got %d trials, %d completed, mean %v, rate %v, want 4, 2, 0.75, 0.5", c.Trials(), c.Completed(), c.MeanCost(), c.Rate())
	}
}

// everything is every number of a comparison, for comparing two of them.
func everything(t *testing.T, base, head []stats.Cell) []float64 {
	t.Helper()
	s, err := stats.CompareSuite(base, head)
	if err != nil {
		t.Fatal(err)
	}
	p, err := stats.ComparePopulation(base, head)
	if err != nil {
		t.Fatal(err)
	}
	i, j := s.Interval(0.95), p.Interval(0.95)
	return append(p.LeaveOneOut, s.A, s.B, s.VA, s.VB, s.VAB, s.DF, s.SE, i.Low, i.High, p.SE, p.KEff, j.Low, j.High)
}

func TestOrderOfTrialsDoesNotMatter(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		var first, shuffled [2][]stats.Cell
		for range 4 {
			for arm := range first {
				o := trials(r, 2+r.IntN(6), math.Exp(r.NormFloat64()), 0.7)
				first[arm] = append(first[arm], fold(o))
				r.Shuffle(len(o), func(i, j int) { o[i], o[j] = o[j], o[i] })
				shuffled[arm] = append(shuffled[arm], fold(o))
			}
		}
		got, want := everything(t, shuffled[0], shuffled[1]), everything(t, first[0], first[1])
		for i := range want {
			if !same(got[i], want[i], 1e-12) {
				t.Fatalf("number %d is %v in another order, want %v", i, got[i], want[i])
			}
		}
	}
}

func TestMergeIsAddingAll(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 50 {
		var merged, added [2][]stats.Cell
		for range 4 {
			for arm := range merged {
				o := trials(r, 2+r.IntN(6), math.Exp(r.NormFloat64()), 0.7)
				cut := r.IntN(len(o) + 1) // an empty part is one case
				merged[arm] = append(merged[arm], fold(o[:cut]).Merge(fold(o[cut:])))
				added[arm] = append(added[arm], fold(o))
			}
		}
		got, want := everything(t, merged[0], merged[1]), everything(t, added[0], added[1])
		for i := range want {
			if !same(got[i], want[i], 1e-12) {
				t.Fatalf("number %d is %v merged, want %v", i, got[i], want[i])
			}
		}
	}
}

func TestShape(t *testing.T) {
	good := cell([2]float64{1, 1}, [2]float64{2, 0})
	refused := func(cost float64) []stats.Cell {
		c := good
		c.Add(stats.Obs{Cost: cost})
		return []stats.Cell{c}
	}
	merged := good.Merge(refused(-1)[0])
	one := []stats.Cell{good}
	tests := []struct {
		name       string
		base, head []stats.Cell
	}{
		{"no tasks", nil, nil},
		{"no head", one, nil},
		{"more tasks at base", []stats.Cell{good, good}, one},
		{"more tasks at head", one, []stats.Cell{good, good}},
		{"a task without trials", one, []stats.Cell{{}}},
		{"NaN", refused(math.NaN()), one},
		{"negative", one, refused(-0.01)},
		{"infinite", one, refused(math.Inf(1))},
		{"minus infinite", one, refused(math.Inf(-1))},
		{"too large", refused(1e51), one},
		{"too small", refused(1e-51), one},
		{"merged with a negative one", one, []stats.Cell{merged}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, suite := stats.CompareSuite(test.base, test.head)
			_, population := stats.ComparePopulation(test.base, test.head)
			_, difference := stats.CompletionDifference(test.base, test.head)
			_, jackknife := stats.PopulationCompletionDifference(test.base, test.head)
			_, benefit := stats.NetBenefit(test.base, test.head, 1)
			for i, err := range []error{suite, population, difference, jackknife, benefit} {
				if !errors.Is(err, stats.ErrShape) {
					t.Errorf("comparison %d: error %v, want ErrShape", i, err)
				}
			}
		})
	}
	if !math.IsNaN(refused(-1)[0].MeanCost()) {
		t.Error("a cell with a refused cost has a mean, want NaN")
	}
}

func TestOneTrialPerTask(t *testing.T) {
	single := []stats.Cell{cell([2]float64{1, 1}), cell([2]float64{2, 1}), cell([2]float64{4, 1})}
	double := []stats.Cell{cell([2]float64{1, 1}, [2]float64{3, 1}), cell([2]float64{2, 1}), cell([2]float64{4, 1})}
	for name, arms := range map[string][2][]stats.Cell{
		"both arms": {single, single}, "base": {single, double}, "head": {double, single},
	} {
		t.Run(name, func(t *testing.T) {
			_, suite := stats.CompareSuite(arms[0], arms[1])
			_, difference := stats.CompletionDifference(arms[0], arms[1])
			_, benefit := stats.NetBenefit(arms[0], arms[1], 1)
			for i, err := range []error{suite, difference, benefit} {
				if !errors.Is(err, stats.ErrNoReplicates) || errors.Is(err, stats.ErrShape) {
					t.Errorf("comparison %d: error %v, want ErrNoReplicates only", i, err)
				}
			}
			if p, err := stats.ComparePopulation(arms[0], arms[1]); err != nil || p.Undefined {
				t.Errorf("population: %+v, %v; want a defined one", p, err)
			}
			if _, err := stats.PopulationCompletionDifference(arms[0], arms[1]); err != nil {
				t.Error(err)
			}
		})
	}
	if _, err := stats.CompareSuite(double, double); err != nil {
		t.Errorf("one task with two trials: %v, want none", err)
	}
}

func TestCostShares(t *testing.T) {
	// The first task has more trials and no more weight for it.
	got := stats.CostShares([]stats.Cell{cell([2]float64{1, 1}, [2]float64{1, 0}, [2]float64{1, 1}), cell([2]float64{3, 0})})
	if len(got) != 2 || got[0] != 0.25 || got[1] != 0.75 {
		t.Errorf("got %v, want 0.25 and 0.75", got)
	}
	if got := stats.CostShares([]stats.Cell{cell([2]float64{0, 1}), cell([2]float64{0, 1})}); got[0] != 0 || got[1] != 0 {
		t.Errorf("got %v without costs, want zeros", got)
	}
	if got := stats.CostShares(nil); len(got) != 0 {
		t.Errorf("got %v of no tasks, want none", got)
	}
	if got := stats.CostShares([]stats.Cell{{}, cell([2]float64{1, 1})}); !math.IsNaN(got[0]) || !math.IsNaN(got[1]) {
		t.Errorf("got %v with a task without trials, want NaN", got)
	}
}

// BenchmarkCellAdd is to be read beside BenchmarkPlainSum: their ratio is the price of the variances.
func BenchmarkCellAdd(b *testing.B) {
	o := trials(rand.New(rand.NewPCG(5, 6)), 1024, 1, 0.7)
	var c stats.Cell
	for i := 0; b.Loop(); i++ {
		c.Add(o[i%len(o)])
	}
}

func BenchmarkPlainSum(b *testing.B) {
	o := trials(rand.New(rand.NewPCG(5, 6)), 1024, 1, 0.7)
	sum, completed := 0.0, 0
	for i := 0; b.Loop(); i++ {
		sum += o[i%len(o)].Cost
		if o[i%len(o)].Completed {
			completed++
		}
	}
	if sum < 0 || completed < 0 {
		b.Fatal("the sums are used")
	}
}
