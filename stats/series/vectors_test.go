package series_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/pertask/pertask/internal/golden"
	"github.com/pertask/pertask/stats/series"
	"github.com/pertask/pertask/stats/series/histories"
)

// What is said of fixed histories does not change unless the method is meant to: outcomes that were said before would differ
// from those that are said now.
func TestVectors(t *testing.T) {
	var b strings.Builder
	for _, w := range []histories.World{
		{Before: 12, After: 12, Effect: 1}, {Before: 25, After: 14, Effect: 0.5, Tails: histories.Student},
		{Before: 40, After: 40, Effect: 1.4, Memory: 0.5, Tails: histories.Contaminated}, {Before: 60, After: 30, Effect: 0.7, Sizes: histories.Shifted},
		{Before: 30, After: 30, Effect: 1, Drift: 1, Spread: 0.4}, {Before: 20, After: 50, Effect: 2, SpreadAfter: 2, Spacing: histories.Bursts},
	} {
		points, _ := w.Draw(w.Random(5))
		fmt.Fprintln(&b, w.Name())
		for _, trend := range []series.Trend{series.Bounded, series.LevelOnly, series.LevelAndSlope} {
			r := series.Compare(points, series.Options{Trend: trend})
			line(&b, fmt.Sprintf("trend %d", trend), r.Effect)
			line(&b, "  plain", r.Plain)
			line(&b, "  sizes", r.SizeEffect)
			fmt.Fprintf(&b, "  drift %.5f (%v), neighbours %.5f, outliers %d\n", r.Drift, r.Drifting, r.Autocorrelation, r.Outliers)
		}
	}
	golden.Check(t, "testdata/vectors.txt", b.String())
}

func line(b *strings.Builder, name string, e *series.Effect) {
	if e != nil {
		fmt.Fprintf(b, "%s: %.5f of %.5f to %.5f, se %.5f\n", name, e.Ratio, e.Low, e.High, e.SE)
	}
}

// Where everything is as a t test wants it, the level alone is that of the t test, and the interval is wider by no more than
// what it allows for.
func TestBesideStudent(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 11))
	for range 20 {
		var points []series.Point
		var sums, squares [2]float64
		const n = 100
		for i := range 2 * n {
			y := 0.5 * r.NormFloat64()
			points = append(points, series.Point{Day: float64(i-n) / 2, Spend: math.Exp(y)})
			sums[i/n] += y / n
			squares[i/n] += y * y
		}
		se := math.Sqrt((squares[0] + squares[1] - n*sums[0]*sums[0] - n*sums[1]*sums[1]) / (2*n - 2) * 2 / n)
		got := compare(t, points, series.Options{Trend: series.LevelOnly}).Effect
		if apart := math.Abs(got.Log - (sums[1] - sums[0])); apart > se {
			t.Errorf("estimate %v, and %v by means", got.Log, sums[1]-sums[0])
		}
		if got.SE < 0.85*se || got.SE > 2*se {
			t.Errorf("standard error %v, and %v by the t test", got.SE, se)
		}
	}
}

// Points that count for neither side change nothing.
func TestWhatDoesNotCount(t *testing.T) {
	points := unsized(drawn(8, 30))
	o := series.Options{Settle: 2, Others: []float64{-25, 28}}
	want := compare(t, points, o)
	wild := change(points, func(_ int, p *series.Point) {
		if p.Day < -25 || p.Day >= 28 || p.Day >= 0 && p.Day < 2 {
			p.Spend *= 1e6
		}
	})
	if got := compare(t, wild, o); *got.Effect != *want.Effect {
		t.Errorf("%+v, want %+v", *got.Effect, *want.Effect)
	}
	var kept []series.Point
	for _, p := range points {
		if p.Day >= -25 && p.Day < 28 && (p.Day < 0 || p.Day >= 2) {
			kept = append(kept, p)
		}
	}
	if got := compare(t, kept, series.Options{}); *got.Effect != *want.Effect {
		t.Errorf("%+v, want %+v", *got.Effect, *want.Effect)
	}
}

// Sizes in another unit than lines change little: their logarithm is what counts.
func TestUnitOfSizes(t *testing.T) {
	points := change(drawn(12, 30), func(_ int, p *series.Point) { p.Size *= 100 })
	want := compare(t, points, series.Options{})
	got := compare(t, change(points, func(_ int, p *series.Point) { p.Size *= 50 }), series.Options{})
	near(t, "ratio", got.Effect.Log, want.Effect.Log, 1e-3)
	near(t, "standard error", got.Effect.SE, want.Effect.SE, 1e-3)
}

// More points make the interval narrower, and a wider spread makes it wider.
func TestWidths(t *testing.T) {
	width := func(n int, spread float64) float64 {
		w := histories.World{Before: n, After: n, Effect: 1, Spread: spread}
		return math.Log(histories.Of(w, histories.With(series.LevelOnly), 60, 1).Factor)
	}
	few, many, wide := width(20, 0.5), width(60, 0.5), width(20, 1)
	if ratio := few / many; ratio < 1.4 || ratio > 2.6 {
		t.Errorf("half-widths %v of 20 and %v of 60", few, many)
	}
	if ratio := wide / few; ratio < 1.8 || ratio > 2.2 {
		t.Errorf("half-widths %v of a spread of 0.5 and %v of 1", few, wide)
	}
}

// An outlier on either side, in either direction, moves the ratio by less the farther it is out: beyond some distance not at
// all.
func TestOutliersAreBounded(t *testing.T) {
	points := unsized(drawn(13, 25))
	for _, at := range []int{3, 40} {
		for _, factor := range []float64{1e-6, 1e6} {
			move := func(by float64) series.Result {
				return compare(t, change(points, func(i int, p *series.Point) {
					if i == at {
						p.Spend *= by
					}
				}), series.Options{Trend: series.LevelOnly})
			}
			near, far := move(factor), move(factor*factor)
			if math.Abs(near.Effect.Log-far.Effect.Log) > 1e-6 || far.Outliers == 0 {
				t.Errorf("point %d times %v: %v, and %v for its square", at, factor, near.Effect.Log, far.Effect.Log)
			}
		}
	}
}
