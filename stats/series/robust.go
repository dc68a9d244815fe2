package series

import (
	"math"
)

// huber is how many standard deviations an amount may be from what is expected before it counts less. 1.5 keeps 96 % of
// the efficiency of least squares where there are no outliers (Huber 1981, Robust Statistics, section 4.3).
const huber = 1.5

// madToSD makes a standard deviation of a median absolute deviation, for normal errors.
const madToSD = 1.482602218505602

// leastSpread is below what share of an amount a spread counts as none, and a column as constant.
const leastSpread = 1e-6

// steady is a fit that outliers hardly move.
type steady struct {
	pseudo   []float64  // observations whose least-squares fit is the robust one, with the right variance
	scale    [2]float64 // standard deviation of each side
	outliers int
	residual []float64
}

// robust fits y by columns x with Huber's M-estimator and returns pseudo-observations: the fit plus residuals that are
// clipped and divided by the share of those that are not. Least squares of them gives the same coefficients, and their
// spread the variance of the M-estimator (Huber 1981, section 7.6: sum psi² / (sum psi')²). The coefficient
// of column bound has the expectation 0 and the variance 1/ridge.
func robust(y []float64, x [][]float64, after []bool, bound int, ridge float64) (steady, bool) {
	p := len(x)
	beta := make([]float64, p)
	var s steady
	s.residual = residuals(y, x, beta)
	beta[0] = medianOf(s.residual, after, 0)
	beta[1] = medianOf(s.residual, after, 1) - beta[0]
	weights := make([]float64, len(y))
	for range 60 {
		s.residual = residuals(y, x, beta)
		if s.scale = scales(s.residual, after); !(s.scale[0] > leastSpread && s.scale[1] > leastSpread) {
			return s, false
		}
		for i, r := range s.residual {
			weights[i] = min(1, huber*s.scale[index(after[i])]/math.Abs(r))
		}
		next, ok := weighted(y, x, weights, bound, ridge*s.scale[0]*s.scale[1])
		if !ok {
			return s, false
		}
		step := 0.0
		for j := range beta {
			step = max(step, math.Abs(next[j]-beta[j]))
		}
		beta = next
		if step < 1e-9 {
			break
		}
	}
	s.residual = residuals(y, x, beta)
	s.observe(y, after, p)
	return s, true
}

// observe makes the pseudo-observations of a fit with p columns. Their residuals are a little larger for Huber's correction
// of few observations, 1 + p/n var(psi')/mean(psi')² (Huber 1981, section 7.6).
func (s *steady) observe(y []float64, after []bool, p int) {
	clipped := make([]float64, len(y))
	for i, r := range s.residual {
		limit := huber * s.scale[index(after[i])]
		if clipped[i] = max(-limit, min(limit, r)); clipped[i] != r {
			s.outliers++
		}
	}
	inside := max(0.5, 1-float64(s.outliers)/float64(len(y)))
	few := 1 + float64(p)/float64(len(y))*(1-inside)/inside
	s.outliers = 0
	s.pseudo = make([]float64, len(y))
	for i, r := range s.residual {
		s.pseudo[i] = y[i] - r + clipped[i]/inside*few
		if math.Abs(r) > outlier*s.scale[index(after[i])] {
			s.outliers++
		}
	}
}

// outlier is how many standard deviations away an amount is called an outlier. Huber's clips from 1.5 on, where one of
// seven normal amounts is: nobody would call those outliers.
const outlier = 3

func residuals(y []float64, x [][]float64, beta []float64) []float64 {
	out := make([]float64, len(y))
	for i := range y {
		out[i] = y[i]
		for j, b := range beta {
			out[i] -= b * x[j][i]
		}
	}
	return out
}

func medianOf(r []float64, after []bool, which int) float64 {
	var of []float64
	for i, v := range r {
		if index(after[i]) == which {
			of = append(of, v)
		}
	}
	return median(of)
}

// scales returns the standard deviation of each side by the median absolute residual. A dozen residuals tell it badly:
// each is drawn half way to that of both together, and is within a factor of 2 of it. A side without a spread has 0.
func scales(r []float64, after []bool) [2]float64 {
	abs := make([]float64, len(r))
	for i, v := range r {
		abs[i] = math.Abs(v)
	}
	var out [2]float64
	for i := range out {
		out[i] = madToSD * medianOf(abs, after, i)
	}
	both := madToSD * median(abs)
	for i := range out {
		if out[i] <= leastSpread {
			out[i] = 0
			continue
		}
		out[i] = math.Sqrt(max(both/2, min(2*both, out[i])) * both)
	}
	return out
}

// weighted solves weighted least squares, with a ridge for one column.
func weighted(y []float64, x [][]float64, w []float64, bound int, ridge float64) ([]float64, bool) {
	var g gram
	for i := range y {
		var v [columns + 1]float64
		root := math.Sqrt(w[i])
		for j := range x {
			v[j] = root * x[j][i]
		}
		v[len(x)] = root * y[i]
		g.add(&v, &v, len(x)+1)
	}
	g[bound][bound] += ridge
	sol, ok := g.solve(len(x))
	return sol.beta[:len(x)], ok
}
