package stats

import (
	"fmt"
	"math"
)

// Benefit is the net benefit of the head over the base for one trial of each task, given what a completed
// task is worth. It is linear in costs and completions, so it has no trouble with arms that complete nothing.
type Benefit struct {
	Value    float64 // of a completed task, dollars
	Estimate float64 // Value·(Head.P - Base.P) - (Head.C - Base.C), dollars; above 0: the head pays
	SE       float64
	DF       float64
	Accept   float64 // one-sided confidence that the head pays, from 0 to 1
	// BreakEven is the value of a completed task at which both arms are worth the same, dollars. When it is
	// above 0, a head that is cheaper and completes fewer pays below it, and one that is dearer and completes more
	// pays above it. When it is 0 or below, one arm is at least as good in both. It is NaN when both complete equally.
	BreakEven float64
}

// Interval returns the interval of the benefit at the given confidence (0.95 for 95 %).
func (b Benefit) Interval(confidence float64) Interval {
	return Difference{Estimate: b.Estimate, SE: b.SE, DF: b.DF}.Interval(confidence)
}

// NetBenefit returns the benefit on exactly these tasks when a completed one is worth value dollars, from 0 to
// 1e50. Errors are ErrShape, also for the value, and ErrNoReplicates.
func NetBenefit(base, head []Cell, value float64) (Benefit, error) {
	if !(value >= 0 && value <= maxCost) {
		return Benefit{}, fmt.Errorf("%w: a completed task is worth %g dollars; allowed are 0 and more", ErrShape, value)
	}
	b, h, err := sides(base, head)
	if err != nil {
		return Benefit{}, err
	}
	vb, vh := b.benefitVar(value), h.benefitVar(value)
	dP := h.P - b.P
	out := Benefit{
		Value: value, Estimate: value*dP - (h.C - b.C),
		SE: math.Sqrt(vb + vh), DF: satterthwaite(vb, float64(b.DF), vh, float64(h.DF)),
		BreakEven: math.NaN(),
	}
	if math.Abs(dP) > 1e-12 { // below: the rounding of equal shares
		out.BreakEven = (h.C - b.C) / dP
	}
	out.Accept = acceptability(out)
	return out, nil
}

// benefitVar is the variance of value·P - C.
func (s *side) benefitVar(value float64) float64 {
	return max(0, value*value*s.VP+s.VC-2*value*s.CP)
}

// acceptability is the share of Student's distribution in which the benefit is above 0. Costs that never vary and
// a value of 0 leave no distribution: then the benefit is as it is.
func acceptability(b Benefit) float64 {
	switch {
	case b.SE > 0:
		return TUpper(-b.Estimate/b.SE, b.DF)
	case b.Estimate > 0:
		return 1
	case b.Estimate < 0:
		return 0
	}
	return 0.5
}
