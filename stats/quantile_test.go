package stats_test

import (
	"math"
	"testing"

	"github.com/pertask/pertask/stats"
)

func TestNormalQuantileInvertsTheCDF(t *testing.T) {
	for _, p := range []float64{1e-300, 1e-100, 1e-20, 1e-6, 0.99e-5, 1.01e-5, 1e-3, 0.2, 0.5, 0.9, 1 - 1e-9} {
		z := stats.NormalQuantile(p)
		if got := stats.NormalCDF(z); math.Abs(got-p) > 1e-10*p {
			t.Errorf("NormalCDF(NormalQuantile(%v) = %v) = %v", p, z, got)
		}
	}
	// The smallest float64 above 0 has few digits; its quantile is known to about as many.
	if z := stats.NormalQuantile(5e-324); math.Abs(z+38.5) > 1 {
		t.Errorf("NormalQuantile(5e-324) = %v, want about -38.5", z)
	}
}

func TestQuantilesOutsideTheirRange(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	tests := []struct {
		name      string
		got, want float64
	}{
		{"normal at 0", stats.NormalQuantile(0), -inf},
		{"normal below 0", stats.NormalQuantile(-1), -inf},
		{"normal at 1", stats.NormalQuantile(1), inf},
		{"normal at NaN", stats.NormalQuantile(nan), nan},
		{"t at 0", stats.TQuantileUpper(0, 3), inf},
		{"t at 1", stats.TQuantileUpper(1, 3), -inf},
		{"t at NaN", stats.TQuantileUpper(nan, 3), nan},
		{"t without df", stats.TQuantileUpper(0.1, 0), nan},
		{"t with NaN df", stats.TQuantileUpper(0.1, nan), nan},
		{"t past the range of a float64", stats.TQuantileUpper(0.01, 0.001), inf},
		{"tail at infinity", stats.TUpper(inf, 3), 0},
		{"tail at minus infinity", stats.TUpper(-inf, 3), 1},
		{"tail at 0", stats.TUpper(0, 3), 0.5},
		{"tail at a tiny t", stats.TUpper(1e-300, 3), 0.5},
		{"tail at a huge t", stats.TUpper(1e300, 3), 0},
		{"tail at a huge t with many df", stats.TUpper(1e300, 1e9), 0},
		{"tail at NaN", stats.TUpper(nan, 3), nan},
		{"tail without df", stats.TUpper(1, -1), nan},
		{"upper limit without trials", stats.ZeroPassUpper(0, 0.025), 1},
		{"upper limit without error", stats.ZeroPassUpper(3, 0), 1},
		{"upper limit with a wrong error", stats.ZeroPassUpper(3, nan), 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if !same(test.got, test.want, 1e-15) {
				t.Errorf("got %v, want %v", test.got, test.want)
			}
		})
	}
}

// The distribution is known in closed form for 1 and 2 degrees of freedom and in the limit.
func TestTClosedForms(t *testing.T) {
	for _, x := range []float64{1e-6, 0.01, 0.5, 1, 3, 50, 1e4} {
		want := map[float64]float64{
			1:           math.Atan2(1, x) / math.Pi,
			2:           1 / (x*x + 2) / (1 + x/math.Sqrt(x*x+2)),
			math.Inf(1): stats.NormalCDF(-x),
		}
		for df, w := range want {
			if got := stats.TUpper(x, df); math.Abs(got-w) > 1e-12*w {
				t.Errorf("TUpper(%v, %v) = %v, want %v", x, df, got, w)
			}
		}
		if got, want := stats.TUpper(-x, 5)+stats.TUpper(x, 5), 1.0; math.Abs(got-want) > 1e-14 {
			t.Errorf("both tails at %v add up to %v, want 1", x, got)
		}
	}
	for _, df := range []float64{1e5, 0.99e7, 1.01e7, 1e12} {
		// The first correction of the normal quantile is (z³+z)/(4 df).
		z := stats.NormalQuantile(0.975)
		want := z + (z*z*z+z)/(4*df)
		if got := stats.TQuantileUpper(0.025, df); math.Abs(got-want) > 1e-9 {
			t.Errorf("TQuantileUpper(0.025, %v) = %v, want %v", df, got, want)
		}
	}
	// The two ways to the logarithm of the gamma functions meet at 2000 degrees of freedom.
	below, above := stats.TUpper(2, 1999.999), stats.TUpper(2, 2000.001)
	if math.Abs(below-above) > 1e-9 || below < above {
		t.Errorf("the tail jumps from %v to %v at 2000 degrees of freedom", below, above)
	}
}

func TestTQuantileInvertsTheTail(t *testing.T) {
	for _, df := range []float64{0.7, 1, 1.5, 4, 33.3, 1000, 1e6} {
		for _, q := range []float64{1e-12, 1e-4, 0.025, 0.3, 0.5, 0.8, 0.99} {
			x := stats.TQuantileUpper(q, df)
			if got := stats.TUpper(x, df); math.Abs(got-q) > 1e-12*max(q, 0.1) && math.Abs(got-q) > 1e-9*q {
				t.Errorf("TUpper(TQuantileUpper(%v, %v) = %v) = %v", q, df, x, got)
			}
		}
	}
}

func BenchmarkTQuantileUpper(b *testing.B) {
	for b.Loop() {
		stats.TQuantileUpper(0.025, 11.39)
	}
}
