package stats_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/pertask/pertask/stats"
)

// dearlyDone is an arm of some tasks in which completing may cost several times what failing does.
func dearlyDone(r *rand.Rand, means []float64, rate, dearer, spread float64) []stats.Cell {
	out := make([]stats.Cell, len(means))
	for i, mean := range means {
		for range 2 + r.IntN(6) {
			o := stats.Obs{Cost: mean * math.Exp(spread*r.NormFloat64()), Completed: r.Float64() < rate}
			if o.Completed {
				o.Cost *= 1 + dearer
			}
			out[i].Add(o)
		}
	}
	return out
}

// A threshold is rejected at a level where, and only where, the interval of that level excludes it: no verdict stands
// beside an interval that holds the threshold.
func TestTestAndIntervalAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	excluded, kept := 0, 0 // of intervals that exclude nothing, thresholds that T alone would reject
	for range 4000 {
		means := make([]float64, 1+r.IntN(6))
		for i := range means {
			means[i] = math.Exp(r.NormFloat64())
		}
		dearer, spread := 6*r.Float64(), 0.8*r.Float64()
		s, err := stats.CompareSuite(dearlyDone(r, means, r.Float64(), dearer, spread), dearlyDone(r, means, r.Float64(), dearer, spread))
		if err != nil {
			t.Fatal(err)
		}
		for _, level := range []float64{0.05, 0.02, 0.005} {
			i := s.Interval(1 - level)
			for _, r0 := range []float64{0.5, 0.8, 1, 1.3} {
				test := s.Test(r0)
				outside := r0 < i.Low || r0 > i.High
				if math.Abs(r0-i.Low) > 1e-9 && math.Abs(r0-i.High) > 1e-9 && outside != (test.P <= level) {
					t.Fatalf("at %g: the threshold %g has p %g and the interval is %v", level, r0, test.P, i)
				}
				if outside {
					excluded++
				} else if 2*stats.TUpper(math.Abs(test.T), s.DF) <= level {
					kept++
				}
			}
		}
	}
	if excluded == 0 || kept == 0 {
		t.Errorf("%d thresholds were excluded, and %d kept by the interval alone; the test tells nothing", excluded, kept)
	}
}
