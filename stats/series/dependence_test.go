package series

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/pertask/pertask/stats"
)

// dense is the variance of n observations under a dependence, each divided by the scale of its side.
func dense(c dependence, n, before int, scale [2]float64) [][]float64 {
	v := make([][]float64, n)
	for i := range v {
		v[i] = make([]float64, n)
		for j := range v[i] {
			v[i][j] = c.share * math.Pow(c.memory, math.Abs(float64(i-j)))
			if c.memory == 0 && i == j {
				v[i][j] = c.share
			}
			if i == j {
				v[i][j] += 1 - c.share
			}
			v[i][j] *= scale[index(i >= before)] * scale[index(j >= before)]
		}
	}
	return v
}

// eliminate solves v x = y for each column of y by Gauss's elimination, and returns the logarithm of the determinant.
func eliminate(v, y [][]float64) (x [][]float64, logDet float64) {
	n := len(v)
	for k := range n {
		logDet += math.Log(v[k][k])
		for i := range n {
			if i == k {
				continue
			}
			f := v[i][k] / v[k][k]
			for j := k; j < n; j++ {
				v[i][j] -= f * v[k][j]
			}
			for j := range y[i] {
				y[i][j] -= f * y[k][j]
			}
		}
	}
	for i := range n {
		for j := range y[i] {
			y[i][j] /= v[i][i]
		}
	}
	return y, logDet
}

// The filter gives what the whole matrix of variances gives, for every dependence of the grid and unequal spreads.
func TestWhitenIsGeneralisedLeastSquares(t *testing.T) {
	const n, before, cols = 17, 7, columns + 1
	r := rand.New(rand.NewPCG(3, 3))
	rows := make([][cols]float64, n)
	for i := range rows {
		for j := range rows[i] {
			rows[i][j] = r.NormFloat64()
		}
	}
	scale := [2]float64{0.7, 1.9}
	for _, c := range dependences {
		white := c.whiten(rows, cols, before)
		got := white.scaled(scale, cols)
		y := make([][]float64, n)
		for i := range y {
			y[i] = append([]float64(nil), rows[i][:]...)
		}
		x, logDet := eliminate(dense(c, n, before, scale), y)
		if got := white.logDet + 2*before*math.Log(scale[0]) + 2*(n-before)*math.Log(scale[1]); math.Abs(got-logDet) > 1e-9 {
			t.Errorf("%+v: logarithm of the determinant %v, want %v", c, got, logDet)
		}
		for i := range cols {
			for j := 0; j <= i; j++ {
				want := 0.0
				for k := range n {
					want += rows[k][i] * x[k][j]
				}
				if math.Abs(got[i][j]-want) > 1e-9*(1+math.Abs(want)) {
					t.Errorf("%+v: product of %d and %d is %v, want %v", c, i, j, got[i][j], want)
				}
			}
		}
	}
}

// Least squares by hand: y = 1 + 2 step, with residuals of 1 and -1 in each of four pairs.
func TestSolve(t *testing.T) {
	var g gram
	for i, y := range []float64{2, 0, 2, 0, 4, 2, 4, 2} {
		v := [columns + 1]float64{1, float64(i / 4), y}
		g.add(&v, &v, 3)
	}
	s, ok := g.solve(2)
	if !ok || math.Abs(s.beta[0]-1) > 1e-12 || math.Abs(s.beta[1]-2) > 1e-12 || math.Abs(s.rss-8) > 1e-12 {
		t.Errorf("%+v, %v", s, ok)
	}
	// The matrix is [8 4; 4 4]: its determinant is 16, and its inverse [1/4 -1/4; -1/4 1/2].
	if math.Abs(s.logDet-math.Log(16)) > 1e-12 || math.Abs(s.inverse[0]-0.25) > 1e-12 || math.Abs(s.inverse[1]-0.5) > 1e-12 {
		t.Errorf("%+v", s)
	}
	var twice gram
	for range 5 {
		v := [columns + 1]float64{1, 1, 3}
		twice.add(&v, &v, 3)
	}
	if _, ok := twice.solve(2); ok {
		t.Error("columns that are the same are solved for")
	}
}

// A mixture of one is Student's distribution, and one of two has its quantiles where both together have that share.
func TestMixture(t *testing.T) {
	for _, df := range []float64{3, 21.5, 118} {
		m := mixture{df: df, parts: []component{{mean: 2, se: 0.3}}}
		if !m.weigh() {
			t.Fatal("one component cannot be weighed")
		}
		low, high := m.interval(0.95)
		half := 0.3 * stats.TQuantileUpper(0.025, df)
		if math.Abs(low-(2-half)) > 1e-5 || math.Abs(high-(2+half)) > 1e-5 {
			t.Errorf("%v degrees of freedom: %v to %v, want 2 less and more %v", df, low, high, half)
		}
		two := mixture{df: df, parts: []component{{mean: -1, se: 0.2, log: 0}, {mean: 3, se: 1, log: math.Log(3)}, {mean: 99, se: 1, log: -30}}}
		if !two.weigh() || len(two.parts) != 2 || math.Abs(two.mean()-2) > 1e-9 {
			t.Fatalf("%+v", two)
		}
		tails := newTails(df)
		for _, p := range []float64{0.001, 0.025, 0.24, 0.5, 0.9, 0.999} {
			x := two.quantile(tails, p)
			got := 0.25*stats.TUpper((x+1)/0.2, df) + 0.75*stats.TUpper(x-3, df)
			if math.Abs(got-(1-p)) > 1e-5 {
				t.Errorf("%v degrees of freedom: %v is above the quantile of %v", df, got, p)
			}
		}
	}
	if empty := (&mixture{df: 9}); empty.weigh() {
		t.Error("nothing is weighed")
	}
	if few := (&mixture{df: 2, parts: []component{{se: 1}}}); few.weigh() {
		t.Error("two degrees of freedom have no variance")
	}
}

func TestTails(t *testing.T) {
	for _, df := range []float64{3, 9, 40, 200} {
		tails := newTails(df)
		for x := -12.0; x < 12; x += 0.0371 {
			share, density := tails.at(x)
			if want := stats.TUpper(x, df); math.Abs(share-want) > 1e-6 {
				t.Fatalf("%v degrees of freedom: %v above %v, want %v", df, share, x, want)
			}
			const h = 1e-4
			if want := (stats.TUpper(x-h, df) - stats.TUpper(x+h, df)) / (2 * h); math.Abs(density-want) > 2e-3 {
				t.Fatalf("%v degrees of freedom: density %v at %v, want %v", df, density, x, want)
			}
		}
	}
}

// The pseudo-observations have the M-estimate as their least-squares fit: nothing is left of the clipped residuals in any
// column.
func TestPseudoObservations(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	const n = 30
	var y []float64
	var after []bool
	x := [][]float64{make([]float64, n), make([]float64, n), make([]float64, n)}
	for i := range n {
		x[0][i], x[1][i], x[2][i] = 1, float64(index(i >= 12)), r.NormFloat64()
		y, after = append(y, 3+0.5*x[1][i]-x[2][i]+r.NormFloat64()), append(after, i >= 12)
	}
	y[5], y[20] = 40, -35
	s, ok := robust(y, x, after, 0, 0)
	if !ok || s.outliers < 2 || s.outliers > 4 {
		t.Fatalf("%+v, %v", s, ok)
	}
	var g gram
	for i := range y {
		v := [columns + 1]float64{x[0][i], x[1][i], x[2][i], s.pseudo[i]}
		g.add(&v, &v, 4)
	}
	sol, ok := g.solve(3)
	if !ok {
		t.Fatal("cannot be solved")
	}
	for i := range y {
		fit := sol.beta[0]*x[0][i] + sol.beta[1]*x[1][i] + sol.beta[2]*x[2][i]
		if math.Abs(y[i]-fit-s.residual[i]) > 1e-6 {
			t.Fatalf("fit %v, and %v by the M-estimate", fit, y[i]-s.residual[i])
		}
	}
	if math.Abs(sol.beta[2]+1) > 0.6 || math.Abs(sol.beta[0]-3) > 1 {
		t.Errorf("coefficients %v", sol.beta)
	}
}
