package series

import "math"

// columns is how many columns a fit has at most: the level, the step, the size and the drift.
const columns = 4

// gram is the matrix of the products of all columns, the explained one last.
type gram [columns + 1][columns + 1]float64

// add adds the products of two rows of n numbers.
func (g *gram) add(v, w *[columns + 1]float64, n int) {
	for i := range n {
		for j := range n {
			g[i][j] += v[i] * w[j]
		}
	}
}

// solution is a least-squares fit.
type solution struct {
	beta    [columns]float64
	rss     float64 // the sum of squares that is left
	logDet  float64 // of the matrix of the explaining columns
	inverse [columns]float64
}

// solve fits the column after the first p by those, by Cholesky's decomposition. Only
// the part up to the diagonal is read. It is false when these are (nearly) not
// independent.
func (g gram) solve(p int) (solution, bool) {
	var l gram
	for i := range p {
		for j := 0; j <= i; j++ {
			sum := g[i][j]
			for k := range j {
				sum -= l[i][k] * l[j][k]
			}
			if i != j {
				l[i][j] = sum / l[j][j]
				continue
			}
			if !(sum > 1e-10*g[i][i]) {
				return solution{}, false
			}
			l[i][i] = math.Sqrt(sum)
		}
	}
	var s solution
	var z [columns]float64
	s.rss = g[p][p]
	for i := range p {
		z[i] = g[p][i]
		for k := range i {
			z[i] -= l[i][k] * z[k]
		}
		z[i] /= l[i][i]
		s.rss -= z[i] * z[i]
		s.logDet += 2 * math.Log(l[i][i])
	}
	for i := p - 1; i >= 0; i-- {
		s.beta[i] = z[i]
		for k := i + 1; k < p; k++ {
			s.beta[i] -= l[k][i] * s.beta[k]
		}
		s.beta[i] /= l[i][i]
	}
	s.rss = max(s.rss, 0)
	for c := range p {
		s.inverse[c] = diagonal(&l, p, c)
	}
	return s, true
}

// diagonal returns the c-th number on the diagonal of the inverse, from Cholesky's factor.
func diagonal(l *gram, p, c int) float64 {
	var z [columns]float64
	sum := 0.0
	for i := c; i < p; i++ {
		if i == c {
			z[i] = 1
		}
		for k := c; k < i; k++ {
			z[i] -= l[i][k] * z[k]
		}
		z[i] /= l[i][i]
		sum += z[i] * z[i]
	}
	return sum
}
