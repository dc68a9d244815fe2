package stats

import (
	"math"
	"testing"
)

// The recursion reproduces the published constants of other group sequential tests: five equal looks at a two-sided
// 5 %, by Pocock 2.413 and by O'Brien and Fleming 2.040 (Jennison and Turnbull 2000, tables 2.1 and 2.3; more
// digits by the R package rpact).
func TestRecursionReproducesPublishedTests(t *testing.T) {
	for name, test := range map[string]struct {
		constant float64
		bound    func(c float64, look int) float64
	}{
		"Pocock":           {2.413176, func(c float64, _ int) float64 { return c }},
		"O'Brien, Fleming": {2.040073, func(c float64, look int) float64 { return c * math.Sqrt(5/float64(look)) }},
	} {
		spent := func(c float64) float64 {
			r, sum := newRecursion(), 0.0
			for look := 1; look <= 5; look++ {
				z, at := test.bound(c, look), float64(look)/5
				sum += r.crossing(z, at)
				r.pass(z, at)
			}
			return sum
		}
		low, high := 1.0, 4.0
		for range 60 {
			if mid := (low + high) / 2; spent(mid) > 0.05 {
				low = mid
			} else {
				high = mid
			}
		}
		if math.Abs(low-test.constant) > 1e-6 {
			t.Errorf("%s: constant %v, want %v", name, low, test.constant)
		}
	}
}

// Gauss and Legendre's rule with n nodes integrates every polynomial below degree 2n exactly.
func TestQuadratureIsExactForPolynomials(t *testing.T) {
	x, w := legendre()
	for _, degree := range []int{0, 1, 2, 3, 50, 100, 190} {
		sum := 0.0
		for i := range x {
			sum += w[i] * math.Pow(x[i], float64(degree))
		}
		want := 0.0
		if degree%2 == 0 {
			want = 2 / float64(degree+1)
		}
		if math.Abs(sum-want) > 1e-13 {
			t.Errorf("degree %d: %v, want %v", degree, sum, want)
		}
	}
}

// What crosses at each look and what is left inside add up to everything.
func TestNothingIsLost(t *testing.T) {
	r, crossed := newRecursion(), 0.0
	for _, look := range []struct{ z, t float64 }{{1, 0.1}, {0.5, 0.15}, {2, 0.6}, {0.8, 1}} {
		crossed += r.crossing(look.z, look.t)
		r.pass(look.z, look.t)
	}
	inside := 0.0
	for _, m := range r.mass {
		inside += m
	}
	if math.Abs(crossed+inside-1) > 1e-10 {
		t.Errorf("%v crossed and %v inside", crossed, inside)
	}
}
