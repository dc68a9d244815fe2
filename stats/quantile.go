package stats

import "math"

// NormalCDF returns the probability that a standard normal variable is at most z. It is NaN for NaN.
func NormalCDF(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }

// NormalQuantile returns the z at which NormalCDF is p: -Inf for p <= 0, +Inf for p >= 1, NaN for NaN.
func NormalQuantile(p float64) float64 {
	switch {
	case math.IsNaN(p):
		return p
	case p <= 0:
		return math.Inf(-1)
	case p >= 1:
		return math.Inf(1)
	case p >= 1e-5:
		return math.Sqrt2 * math.Erfinv(2*p-1)
	}
	// 2p-1 has lost the digits of a small p: solve log NormalCDF(z) = log p by Newton instead. The logarithm is
	// concave, so the steps come from one side after the first and cannot run away.
	z := -math.Sqrt(-2 * math.Log(p))
	for range 20 {
		cdf := NormalCDF(z)
		if cdf == 0 {
			break // below the smallest float64: the start value is as near as p itself tells
		}
		step := (math.Log(cdf) - math.Log(p)) * cdf / (math.Exp(-z*z/2) / math.Sqrt(2*math.Pi))
		z -= step
		if math.Abs(step) <= 1e-14*math.Abs(z) {
			break
		}
	}
	return z
}

// TUpper returns the probability that a Student t variable with df degrees of freedom (any number above 0, also
// +Inf) is above t. It is NaN when t or df is NaN or df is not above 0.
func TUpper(t, df float64) float64 {
	switch {
	case math.IsNaN(t) || math.IsNaN(df) || df <= 0:
		return math.NaN()
	case t < 0:
		return 1 - TUpper(-t, df)
	case math.IsInf(t, 1):
		return 0
	case df > 1e7:
		// The continued fraction needs some sqrt(df) steps. This is closer than 1e-9 here
		// (Abramowitz and Stegun, 26.7.8).
		return NormalCDF(-t * (1 - 1/(4*df)) / math.Hypot(1, t/math.Sqrt(2*df)))
	}
	// With x = df/(df+t²) the tail is half of I_x(df/2, 1/2). Both x and 1-x are formed without cancellation.
	r := t / math.Sqrt(df)
	y := 1 / (1 + 1/r/r)
	return incompleteBeta(1/(1+r*r), y, df/2) / 2
}

// TQuantileUpper returns the t at which TUpper is q: +Inf for q <= 0, -Inf for q >= 1, NaN when q
// or df is NaN or df is not above 0.
func TQuantileUpper(q, df float64) float64 {
	switch {
	case math.IsNaN(q) || math.IsNaN(df) || df <= 0:
		return math.NaN()
	case q <= 0:
		return math.Inf(1)
	case q >= 1:
		return math.Inf(-1)
	case q > 0.5:
		return -TQuantileUpper(1-q, df)
	}
	low, high := 0.0, 1.0
	for TUpper(high, df) > q {
		low, high = high, 2*high
		if math.IsInf(high, 1) {
			return high
		}
	}
	// Newton's method on the logarithm of the tail, by bisection wherever it would leave the bracket.
	t := low + (high-low)/2
	for range 200 {
		tail := TUpper(t, df)
		if tail > q {
			low = t
		} else {
			high = t
		}
		next := t + math.Log(tail/q)*tail/tDensity(t, df)
		if !(next >= low && next <= high) {
			next = low + (high-low)/2
		}
		step := math.Abs(next - t)
		t = next
		if step <= 1e-11*(1+t) {
			break // the error is the square of the step's: below what a float64 can tell
		}
	}
	return t
}

// tDensity returns the density of Student's t with df degrees of freedom.
func tDensity(t, df float64) float64 {
	return math.Exp(logGammaRatio(df/2)-(df+1)/2*math.Log1p(t*t/df)) / math.Sqrt(df)
}

// incompleteBeta returns the regularised incomplete beta function I_x(a, 1/2), with y = 1-x.
func incompleteBeta(x, y, a float64) float64 {
	const b = 0.5
	if x <= 0 {
		return 0
	}
	if y <= 0 {
		return 1
	}
	logX := math.Log(x)
	if y < 0.5 {
		logX = math.Log1p(-y)
	}
	front := math.Exp(logGammaRatio(a) + a*logX + b*math.Log(y))
	if x < (a+1)/(a+b+2) {
		return front * betaFraction(x, a, b) / a
	}
	return max(0, 1-front*betaFraction(y, b, a)/b)
}

// logGammaRatio returns log(Γ(a+1/2) / (Γ(a) Γ(1/2))).
func logGammaRatio(a float64) float64 {
	const logSqrtPi = 0.5723649429247001
	if a > 1000 {
		// The difference of two large logarithms would lose digits; the asymptotic series does not.
		return math.Log(a)/2 - 1/(8*a) + 1/(192*a*a*a) - logSqrtPi
	}
	above, _ := math.Lgamma(a + 0.5)
	at, _ := math.Lgamma(a)
	return above - at - logSqrtPi
}

// betaFraction returns the continued fraction of the incomplete beta function by Lentz's method
// (Press et al., Numerical Recipes, section 6.4).
func betaFraction(x, a, b float64) float64 {
	const tiny = 1e-300
	nonZero := func(v float64) float64 {
		if math.Abs(v) < tiny {
			return tiny
		}
		return v
	}
	c := 1.0
	d := 1 / nonZero(1-(a+b)*x/(a+1))
	h := d
	for i := 1; i <= 10000; i++ {
		m := float64(i)
		even := m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		d = 1 / nonZero(1+even*d)
		c = nonZero(1 + even/c)
		h *= d * c
		odd := -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		d = 1 / nonZero(1+odd*d)
		c = nonZero(1 + odd/c)
		h *= d * c
		if math.Abs(d*c-1) < 4e-16 {
			break
		}
	}
	return h
}
