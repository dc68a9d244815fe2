package histories

import (
	"math"
	"runtime"
	"slices"
	"sync"

	"github.com/pertask/pertask/stats/series"
)

// Method works out an effect; nil when the history cannot tell.
type Method func([]series.Point) *series.Effect

// Options are the comparison of a made-up history: the switch is at day 0.
func Options() series.Options { return series.Options{Switch: 0} }

// Compare is the method of package series.
func Compare(points []series.Point) *series.Effect { return series.Compare(points, Options()).Effect }

// Count is what came of many histories of one world.
type Count struct {
	World  World
	Runs   int
	Told   int // histories that could tell
	Held   int // intervals that hold the truth
	Claims int // intervals that exclude 1
	// Factor is the median of how far an interval's ends are from its middle, as a factor.
	Factor float64
	// Bias is the mean of the logarithm of the estimate divided by the truth.
	Bias float64
}

// Coverage is the share of the intervals that hold the truth; NaN of none.
func (c Count) Coverage() float64 { return float64(c.Held) / float64(c.Told) }

// Claimed is the share of all histories of which an effect was claimed.
func (c Count) Claimed() float64 { return float64(c.Claims) / float64(c.Runs) }

// Of counts what a method makes of many histories of a world.
func Of(w World, method Method, runs int, seed uint64) Count {
	r := w.random(seed)
	c := Count{World: w, Runs: runs}
	var factors []float64
	for range runs {
		points, truth := w.Draw(r)
		e := method(points)
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
		c.Bias += e.Log - math.Log(truth)
	}
	c.Bias /= float64(c.Told)
	c.Factor = median(factors)
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

// median returns the middle number, NaN of none.
func median(x []float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	slices.Sort(x)
	return x[len(x)/2]
}
