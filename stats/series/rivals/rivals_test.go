package rivals_test

import (
	"math"
	"testing"

	"github.com/pertask/pertask/stats/series"
	"github.com/pertask/pertask/stats/series/rivals"
)

// points are amounts whose logarithms are given, one each day.
func points(before, after []float64) []series.Point {
	var out []series.Point
	for i, y := range before {
		out = append(out, series.Point{Day: float64(i - len(before)), Spend: math.Exp(y)})
	}
	for i, y := range after {
		out = append(out, series.Point{Day: float64(i), Spend: math.Exp(y)})
	}
	return out
}

var (
	before = []float64{1, 2, 3, 2, 1, 2, 3, 2}
	after  = []float64{2, 3, 5, 3, 2, 3, 4, 2}
)

// By hand: means of 2 and 3, sums of squares of 4 and 8, and of 1 and 1.5 over the means of blocks of two.
func TestByHand(t *testing.T) {
	want := map[string]struct{ log, se float64 }{
		"least squares":             {1, math.Sqrt(12.0 / 14 / 4)},
		"block means":               {1, math.Sqrt(1.0/4/3 + 1.5/4/3)},
		"Hodges-Lehmann":            {1, 0},
		"block permutation":         {1, 0},
		"least squares, Newey-West": {1, 0},
		"Huber, Newey-West":         {0, 0},
		"Prais-Winsten":             {0, 0},
	}
	for _, m := range rivals.All() {
		w, ok := want[m.Name]
		if !ok {
			t.Errorf("%s is not tested", m.Name)
		}
		e := m.Effect(points(before, after))
		if e == nil || !(e.Low < e.Ratio && e.Ratio < e.High) || e.Ratio < 1.5 || e.Ratio > 4 {
			t.Errorf("%s: %+v", m.Name, e)
			continue
		}
		if w.log != 0 && math.Abs(e.Log-w.log) > 1e-9 || w.se != 0 && math.Abs(e.SE-w.se) > 1e-9 {
			t.Errorf("%s: %v with %v, want %v with %v", m.Name, e.Log, e.SE, w.log, w.se)
		}
		half := m.Effect(points(before, shift(after, -math.Ln2)))
		if math.Abs(half.Ratio*2-e.Ratio) > 1e-6 || math.Abs(half.High*2-e.High) > 1e-6 {
			t.Errorf("%s: %+v of half of it, and %+v", m.Name, *half, *e)
		}
	}
}

func shift(x []float64, by float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = v + by
	}
	return out
}

// One that is far off moves the robust ones by little.
func TestOutlier(t *testing.T) {
	for _, m := range rivals.All() {
		far := append(append([]float64(nil), after...), 30)
		moved := m.Effect(points(before, far)).Log - m.Effect(points(before, after)).Log
		robust := m.Name == "Huber, Newey-West" || m.Name == "Hodges-Lehmann"
		if robust != (moved < 1) {
			t.Errorf("%s moved by %v", m.Name, moved)
		}
	}
}

func TestCannotTell(t *testing.T) {
	for _, m := range rivals.All() {
		if m.Name == "Hodges-Lehmann" || m.Name == "block permutation" {
			continue
		}
		if e := m.Effect(points([]float64{1, 1, 1, 1, 1}, []float64{2, 2, 2, 2, 2})); e != nil && !math.IsNaN(e.High) {
			t.Errorf("%s: %+v of no variation", m.Name, *e)
		}
	}
}

// With no correlation of neighbours at all Prais and Winsten's is least squares, and with a positive one it is wider.
func TestPraisWinsten(t *testing.T) {
	find := func(name string) func([]series.Point) *series.Effect {
		for _, m := range rivals.All() {
			if m.Name == name {
				return m.Effect
			}
		}
		t.Fatalf("no method %q", name)
		return nil
	}
	alike := points([]float64{1, 1.2, 1.4, 2, 2.1, 2.4, 2, 1.5, 1.2, 1}, []float64{2, 2.3, 2.2, 3, 3.1, 3.4, 3, 2.5, 2.2, 2})
	if ls, pw := find("least squares")(alike), find("Prais-Winsten")(alike); pw.SE < 1.3*ls.SE {
		t.Errorf("standard error %v, and %v by least squares", pw.SE, ls.SE)
	}
	if ls, nw := find("least squares")(alike), find("least squares, Newey-West")(alike); nw.SE < 1.1*ls.SE {
		t.Errorf("standard error %v, and %v by least squares", nw.SE, ls.SE)
	}
	// Newey and West's at lag 0 to 2 by hand, for 4 and 4: lags are int(4 (8/100)^(2/9)) = 2, with weights 2/3 and 1/3.
	few := points([]float64{0, 2, 0, 2}, []float64{1, 1, 5, 5})
	u := []float64{0.25, -0.25, 0.25, -0.25, -0.5, -0.5, 0.5, 0.5}
	variance := 0.0
	for lag, weight := range []float64{0.5, 2.0 / 3, 1.0 / 3} {
		for i := lag; i < len(u); i++ {
			variance += 2 * weight * u[i] * u[i-lag]
		}
	}
	if got, want := find("least squares, Newey-West")(few).SE, math.Sqrt(variance*8/6); math.Abs(got-want) > 1e-12 {
		t.Errorf("standard error %v, want %v", got, want)
	}
}

// Zeros have no logarithm and are left out by all.
func TestZeros(t *testing.T) {
	for _, m := range rivals.All() {
		want := m.Effect(points(before, after))
		got := m.Effect(append(points(before, after), series.Point{Day: -3.5}, series.Point{Day: 2.5}))
		if *got != *want {
			t.Errorf("%s: %+v, want %+v", m.Name, *got, *want)
		}
	}
}
