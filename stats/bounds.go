package stats

import "math"

// nodes is how many points the density of the running sum is kept at. 96 give the boundaries to 1e-9 and better.
const nodes = 96

// recursion follows the density of S = Z·sqrt(t) among the paths that have crossed no boundary so far, for a
// Brownian motion without drift (Armitage, McPherson and Rowe 1969; Jennison and Turnbull 2000, chapter 19).
type recursion struct {
	x, w [nodes]float64 // Gauss and Legendre's on [-1, 1]
	at   []float64      // values of S
	mass []float64      // density there times quadrature weight
	t    float64        // of the last look
}

// newRecursion starts before the first look, with all mass at 0.
func newRecursion() *recursion {
	r := &recursion{at: []float64{0}, mass: []float64{1}}
	r.x, r.w = legendre()
	return r
}

// crossing returns the probability of first being at or above z, or at or below -z, at time t.
func (r *recursion) crossing(z, t float64) float64 {
	b, s := z*math.Sqrt(t), math.Sqrt(t-r.t)
	sum := 0.0
	for i, u := range r.at {
		sum += r.mass[i] * (NormalCDF((u-b)/s) + NormalCDF((-b-u)/s))
	}
	return sum
}

// boundary returns the z that is crossed at time t with probability alpha, by bisection.
func (r *recursion) boundary(alpha, t float64) float64 {
	low, high := 0.0, 1.0
	for r.crossing(high, t) > alpha && high < 64 {
		low, high = high, 2*high
	}
	for range 200 {
		mid := low + (high-low)/2
		if mid <= low || mid >= high {
			break
		}
		if r.crossing(mid, t) > alpha {
			low = mid
		} else {
			high = mid
		}
	}
	return low + (high-low)/2
}

// pass moves the density to time t, keeping what lies inside the boundary z.
func (r *recursion) pass(z, t float64) {
	b, s := z*math.Sqrt(t), math.Sqrt(t-r.t)
	at, mass := make([]float64, nodes), make([]float64, nodes)
	for i := range nodes {
		at[i] = b * r.x[i]
		for j, u := range r.at {
			mass[i] += r.mass[j] * normalDensity((at[i]-u)/s) / s
		}
		mass[i] *= b * r.w[i]
	}
	r.at, r.mass, r.t = at, mass, t
}

// normalDensity is the density of a standard normal variable.
func normalDensity(z float64) float64 { return math.Exp(-z*z/2) / math.Sqrt(2*math.Pi) }

// legendre returns the nodes and weights of Gauss and Legendre's quadrature on [-1, 1], by Newton's method on the
// polynomial's three-term recurrence (Press et al., Numerical Recipes, section 4.6).
func legendre() (x, w [nodes]float64) {
	const n = float64(nodes)
	for i := range (nodes + 1) / 2 {
		z := math.Cos(math.Pi * (float64(i) + 0.75) / (n + 0.5))
		var slope float64
		for range 100 {
			p, before := 1.0, 0.0
			for j := range nodes {
				k := float64(j)
				p, before = ((2*k+1)*z*p-k*before)/(k+1), p
			}
			slope = n * (z*p - before) / (z*z - 1)
			step := p / slope
			z -= step
			if math.Abs(step) < 1e-15 {
				break
			}
		}
		weight := 2 / ((1 - z*z) * slope * slope)
		x[i], x[nodes-1-i] = -z, z
		w[i], w[nodes-1-i] = weight, weight
	}
	return x, w
}
