package stats_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/pertask/pertask/stats"
)

// drawCells draws trials of tasks whose costs spread tenfold; each trial costs and completes by its own luck.
func drawCells(r *rand.Rand, tasks, trials int, spread, rate, drift float64) []stats.Cell {
	out := make([]stats.Cell, tasks)
	for i := range out {
		mean := math.Exp(2.3 * float64(i) / float64(tasks))
		for range trials {
			out[i].Add(stats.Obs{Cost: drift * mean * math.Exp(spread*r.NormFloat64()), Completed: r.Float64() < rate})
		}
	}
	return out
}

// rejected is the share of stores that are dropped.
func rejected(t *testing.T, tasks, stored, fresh int, spread, rate, drift float64) float64 {
	t.Helper()
	r := rand.New(rand.NewPCG(7, uint64(1000*tasks+10*stored+fresh)))
	const runs = 2000
	n := 0
	for range runs {
		test, err := stats.Drift(drawCells(r, tasks, stored, spread, rate, 1), drawCells(r, tasks, fresh, spread, rate, drift))
		if err != nil {
			t.Fatal(err)
		}
		if test.P <= stats.DriftLevel {
			n++
		}
	}
	return float64(n) / runs
}

// About one store in ten is dropped although nothing has changed, with one sentinel of each task as with two; where most
// trials fail, fewer are. A drift is seen the more often the larger it is.
func TestDriftIsCalibrated(t *testing.T) {
	for _, tt := range []struct {
		tasks, stored, fresh int
		spread, rate         float64
		low, high            float64
	}{
		{5, 12, 1, 0.4, 0.9, 0.06, 0.13}, {10, 12, 1, 0.4, 0.9, 0.06, 0.13}, {20, 12, 1, 0.4, 0.9, 0.06, 0.13}, {50, 12, 1, 0.4, 0.6, 0.06, 0.13},
		{10, 5, 1, 0.2, 0.9, 0.06, 0.13}, {10, 12, 1, 0.6, 0.6, 0.05, 0.13}, {10, 12, 1, 0.6, 0.3, 0.02, 0.13},
		{3, 12, 2, 0.4, 0.9, 0.04, 0.13}, {4, 12, 2, 0.4, 0.6, 0.03, 0.13}, {10, 12, 2, 0.4, 0.9, 0.06, 0.13},
	} {
		name := fmt.Sprintf("%d tasks, %d stored, %d fresh, spread %g, %g complete", tt.tasks, tt.stored, tt.fresh, tt.spread, tt.rate)
		if got := rejected(t, tt.tasks, tt.stored, tt.fresh, tt.spread, tt.rate, 1); got < tt.low || got > tt.high {
			t.Errorf("%s: %.3f are dropped, want %g to %g", name, got, tt.low, tt.high)
		}
	}
	same, some, much := rejected(t, 10, 12, 1, 0.4, 0.9, 1), rejected(t, 10, 12, 1, 0.4, 0.9, 1.3), rejected(t, 10, 12, 1, 0.4, 0.9, 2)
	if !(same < some && some < much && much > 0.9) {
		t.Errorf("%.3f are dropped without a drift, %.3f when trials cost 1.3 times as much, %.3f at twice", same, some, much)
	}
}

// Where some tasks have few stored trials and others many, each task's sentinel is as uncertain as a trial of that task: a
// store is not dropped for want of a drift, nor kept in spite of one.
func TestDriftOfUnequalStores(t *testing.T) {
	for _, tt := range []struct {
		name       string
		dear, rest int     // stored trials of the task that costs most and of each other one
		low, high  float64 // dropped without a drift
		power      float64 // dropped, at least, where trials cost three times as much
	}{
		{"the dearest task has many", 24, 3, 0.05, 0.15, 0.5},
		{"the dearest task has few", 6, 24, 0.05, 0.16, 0.5},
		{"all have as many", 12, 12, 0.05, 0.15, 0.5},
	} {
		drop := func(drift float64) float64 {
			r := rand.New(rand.NewPCG(11, uint64(tt.dear)))
			dropped := 0
			const runs = 2000
			for range runs {
				var stored, fresh []stats.Cell
				for i := range 6 {
					mean, n := 1.0, tt.rest
					if i == 0 {
						mean, n = 10, tt.dear
					}
					var s, f stats.Cell
					for range n {
						s.Add(stats.Obs{Cost: mean * math.Exp(0.4*r.NormFloat64()), Completed: true})
					}
					f.Add(stats.Obs{Cost: drift * mean * math.Exp(0.4*r.NormFloat64()), Completed: true})
					stored, fresh = append(stored, s), append(fresh, f)
				}
				test, err := stats.Drift(stored, fresh)
				if err != nil {
					t.Fatal(err)
				}
				if test.P <= stats.DriftLevel {
					dropped++
				}
			}
			return float64(dropped) / runs
		}
		same, drifted := drop(1), drop(3)
		t.Logf("%s: %.3f are dropped without a drift, %.3f with", tt.name, same, drifted)
		if same < tt.low || same > tt.high || drifted < tt.power {
			t.Errorf("%s: %.3f are dropped without a drift, want %g to %g, and %.3f with, want %g", tt.name, same, tt.low, tt.high, drifted, tt.power)
		}
	}
}

func TestDriftRefuses(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	one, two := drawCells(r, 3, 1, 0.4, 1, 1), drawCells(r, 3, 2, 0.4, 1, 1)
	if _, err := stats.Drift(one, two); !errors.Is(err, stats.ErrNoReplicates) {
		t.Errorf("a store of one trial each: %v", err)
	}
	if _, err := stats.Drift(two, two[:2]); !errors.Is(err, stats.ErrShape) {
		t.Errorf("other tasks: %v", err)
	}
	if test, err := stats.Drift(two, make([]stats.Cell, 3)); !errors.Is(err, stats.ErrShape) {
		t.Errorf("no sentinels: %v, %v", test, err)
	}
	free := drawCells(r, 3, 2, 0.4, 1, 0)
	if test, err := stats.Drift(free, free); err != nil || test.P != 1 {
		t.Errorf("trials that cost nothing: %v, %v", test, err)
	}
}
