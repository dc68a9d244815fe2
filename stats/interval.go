package stats

import "math"

// Interval is a range that holds the true value with a stated confidence. Low <= High.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"` // may be +Inf, which JSON does not have
}

// Test is the outcome of testing one threshold.
type Test struct {
	T float64 // below 0: the head is cheaper than the threshold allows; above 0: dearer
	P float64 // two-sided, from 0 to 1
}

// noEvidence is the test of which nothing can be concluded.
var noEvidence = Test{T: 0, P: 1}

// everyRatio is the interval that excludes no ratio.
func everyRatio() Interval { return Interval{Low: 0, High: math.Inf(1)} }

// twoSided returns the t that a two-sided interval of this confidence uses: +Inf for a confidence that is not
// between 0 and 1, which no finite interval has.
func twoSided(confidence, df float64) float64 {
	if !(confidence > 0 && confidence < 1) {
		return math.Inf(1)
	}
	return TQuantileUpper((1-confidence)/2, df)
}

// studentTest returns the test for t = estimate/se with df degrees of freedom.
func studentTest(t, df float64) Test {
	p := 2 * TUpper(math.Abs(t), df)
	if math.IsNaN(p) {
		return noEvidence
	}
	return Test{T: t, P: min(p, 1)}
}

// usable reports whether a threshold of a ratio can be tested: above 0 and finite.
func usable(r0 float64) bool { return r0 > 0 && !math.IsInf(r0, 1) }

// satterthwaite returns the degrees of freedom of the sum of two independent variances. When both variances are
// 0 the sum is known as well as both together.
func satterthwaite(v1, d1, v2, d2 float64) float64 {
	den := v1*v1/d1 + v2*v2/d2
	if !(den > 0) {
		return d1 + d2
	}
	return (v1 + v2) * (v1 + v2) / den
}
