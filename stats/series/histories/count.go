package histories

import (
	"math"
	"runtime"
	"slices"
	"sync"

	"github.com/pertask/pertask/stats/series"
)

// Method compares a history whose switch is at day 0.
type Method func([]series.Point) series.Result

// With returns the method of package series, with a trend.
func With(trend series.Trend) Method {
	return func(points []series.Point) series.Result { return series.Compare(points, series.Options{Trend: trend}) }
}

// Count is what came of many histories of one world.
type Count struct {
	World    World
	Runs     int
	Told     int // histories that could tell
	Held     int // intervals that hold the truth
	Claims   int // intervals that exclude 1
	Drifting int // histories that were said to drift
	// Factor is the median of how far an interval's ends are from its middle, as a factor.
	Factor float64
	// Resolves is the ratio below 1 of which the interval would exclude 1 in 80 of 100 histories that could tell.
	Resolves float64
	// Bias is the mean of the logarithm of the estimate divided by the truth.
	Bias float64
}

// Coverage is the share of the intervals that hold the truth; NaN of none.
func (c Count) Coverage() float64 { return float64(c.Held) / float64(c.Told) }

// Claimed is the share of all histories of which an effect was claimed.
func (c Count) Claimed() float64 { return float64(c.Claims) / float64(c.Runs) }

// Noticed is the share of all histories that were said to drift.
func (c Count) Noticed() float64 { return float64(c.Drifting) / float64(c.Runs) }

// Of counts what a method makes of many histories of a world.
func Of(w World, method Method, runs int, seed uint64) Count {
	r := w.Random(seed)
	c := Count{World: w, Runs: runs}
	var factors, above []float64
	for range runs {
		points, truth := w.Draw(r)
		result := method(points)
		if result.Drifting {
			c.Drifting++
		}
		e := result.Effect
		if e == nil {
			continue
		}
		c.Told++
		if e.Holds(truth) {
			c.Held++
		}
		if !e.Holds(1) {
			c.Claims++
		}
		factors = append(factors, math.Sqrt(e.High/e.Low))
		above = append(above, math.Log(e.High/truth))
		c.Bias += e.Log - math.Log(truth)
	}
	c.Bias /= float64(c.Told)
	c.Factor, c.Resolves = quantile(factors, 0.5), math.Exp(-quantile(above, 0.8))
	return c
}

// OfEach is Of for each world, in their order, on every processor.
func OfEach(worlds []World, method Method, runs int, seed uint64) []Count {
	out := make([]Count, len(worlds))
	next := make(chan int)
	var wait sync.WaitGroup
	for range min(len(worlds), runtime.GOMAXPROCS(0)) {
		wait.Go(func() {
			for i := range next {
				out[i] = Of(worlds[i], method, runs, seed)
			}
		})
	}
	for i := range worlds {
		next <- i
	}
	close(next)
	wait.Wait()
	return out
}

// quantile returns the number with a share of the numbers below it, NaN of none. It sorts them.
func quantile(x []float64, share float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	slices.Sort(x)
	return x[min(len(x)-1, int(share*float64(len(x))))]
}
