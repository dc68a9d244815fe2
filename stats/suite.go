package stats

import (
	"fmt"
	"math"
)

// Suite compares two arms on exactly these tasks: only the trials are random. Its interval and test are the
// guarded stratified Fieller method. A and B carry the ratio, so that an arm without completed trials needs
// no division by zero.
type Suite struct {
	Base, Head Estimate
	A          float64 // Head.C · Base.P
	B          float64 // Base.C · Head.P
	VA, VB     float64 // variances of A and B
	VAB        float64 // covariance of A and B
	DF         float64 // Satterthwaite's, for log Ratio; 0 when Undefined
	// Ratio is A/B, head against base: +Inf when no trial of the head completed, NaN when none of either did.
	Ratio float64
	SE    float64 // of log Ratio, with half a completed trial where there is none; +Inf when Undefined
	// Undefined is set when an arm costs nothing: there is no ratio to test then, only a net benefit.
	Undefined bool
}

// CompareSuite compares two arms whose tasks are in the same order. Errors are ErrShape and ErrNoReplicates.
func CompareSuite(base, head []Cell) (Suite, error) {
	b, h, err := sides(base, head)
	if err != nil {
		return Suite{}, err
	}
	s := Suite{
		Base: b.Estimate, Head: h.Estimate,
		A: h.C * b.P, B: b.C * h.P,
		VA:  b.P*b.P*h.VC + h.C*h.C*b.VP,
		VB:  h.P*h.P*b.VC + b.C*b.C*h.VP,
		VAB: b.P*b.C*h.CP + h.C*h.P*b.CP,
	}
	s.Ratio = s.A / s.B
	if b.C == 0 || h.C == 0 {
		s.Undefined = true
		s.SE = math.Inf(1)
		return s, nil
	}
	s.DF = satterthwaite(b.LogVar, float64(b.DF), h.LogVar, float64(h.DF))
	s.SE = math.Sqrt(max(0, b.LogVar+h.LogVar))
	return s, nil
}

// sides folds both arms for a comparison of suite scope.
func sides(base, head []Cell) (b, h side, err error) {
	if err := check(base, head); err != nil {
		return side{}, side{}, err
	}
	b, h = newSide(base), newSide(head)
	if b.DF == 0 || h.DF == 0 {
		return side{}, side{}, fmt.Errorf("%w: %d trials at base and %d at head of %d tasks", ErrNoReplicates, b.Trials, h.Trials, len(base))
	}
	return b, h, nil
}

// Test tests whether the true ratio is r0, which must be above 0. T has the distribution of Student's t with DF
// degrees of freedom when it is. Where nothing can be concluded T is 0 and P is 1: when Undefined, when no
// trial of either arm completed, and for an r0 that is not above 0.
//
// P is that of T, or more: at a level at which Interval excludes no ratio, no ratio is rejected. Where A and B are both
// too uncertain, T alone would reject some ratios between others that it does not, and its decision would be beside an
// interval that holds the threshold.
func (s Suite) Test(r0 float64) Test {
	t := s.wald(r0)
	if most := max(s.A/math.Sqrt(s.VA), s.B/math.Sqrt(s.VB)); math.Abs(t.T) > most {
		t.P = max(t.P, studentTest(most, s.DF).P)
	}
	return t
}

// wald is Test with the P of T, whatever Interval excludes.
func (s Suite) wald(r0 float64) Test {
	if s.Undefined || !usable(r0) {
		return noEvidence
	}
	v := s.VA - 2*r0*s.VAB + r0*r0*s.VB
	if !(v > 0) {
		return noEvidence // rounding has left no variance to measure the difference by
	}
	return studentTest((s.A-r0*s.B)/math.Sqrt(v), s.DF)
}

// Interval returns every ratio that Test does not reject at the given confidence (0.95 for 95 %), by Fieller's
// method. High is +Inf when the head may complete nothing; [0, +Inf) says that nothing is excluded, which is
// also the answer when Undefined and for a confidence that is not between 0 and 1.
func (s Suite) Interval(confidence float64) Interval {
	t := twoSided(confidence, s.DF)
	if s.Undefined || math.IsNaN(t) || math.IsInf(t, 0) {
		return everyRatio()
	}
	// The ratios r with (A - rB)² <= t² Var(A - rB): a r² - 2 b r + c <= 0.
	a := s.B*s.B - t*t*s.VB
	b := s.A*s.B - t*t*s.VAB
	c := s.A*s.A - t*t*s.VA
	i := fieller(a, b, c)
	if s.Ratio >= 0 && (s.Ratio < i.Low || s.Ratio > i.High) {
		// The estimate is never rejected; only rounding can leave it outside.
		i = Interval{Low: min(i.Low, s.Ratio), High: max(i.High, s.Ratio)}
	}
	return i
}

// fieller solves a r² - 2 b r + c <= 0 for r >= 0.
func fieller(a, b, c float64) Interval {
	disc := b*b - a*c
	if !(disc >= 0) {
		return everyRatio()
	}
	root := math.Sqrt(disc)
	i := everyRatio()
	switch {
	case a > 0:
		if c > 0 {
			i.Low = (b - root) / a
		}
		i.High = (b + root) / a
	case c > 0 && b <= 0:
		i.Low = (b - root) / a
	case c > 0:
		i.Low = c / (b + root)
	}
	if !(i.Low > 0) || math.IsInf(i.Low, 1) {
		i.Low = 0
	}
	if !(i.High >= i.Low) {
		return everyRatio()
	}
	return i
}
