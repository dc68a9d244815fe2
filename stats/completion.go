package stats

import "math"

// Difference is a difference of two arms, head minus base.
type Difference struct {
	Estimate float64
	SE       float64 // +Inf when one task leaves nothing to estimate it from
	DF       float64
}

// Interval returns the interval of the given confidence (0.95 for 95 %) by Student's t. It is not cut off at the
// values that are possible. It is unbounded on both sides for a confidence that is not between 0 and 1 and when
// SE is +Inf.
func (d Difference) Interval(confidence float64) Interval {
	half := math.Inf(1)
	if !math.IsInf(d.SE, 1) && confidence > 0 && confidence < 1 {
		half = twoSided(confidence, d.DF) * d.SE
	}
	if math.IsNaN(half) {
		half = math.Inf(1)
	}
	return Interval{Low: d.Estimate - half, High: d.Estimate + half}
}

// CompletionDifference returns the change of the share of completed trials on exactly these tasks. Each arm's
// variance is the larger of the raw and the smoothed one, so it is never 0. Errors are ErrShape and
// ErrNoReplicates.
func CompletionDifference(base, head []Cell) (Difference, error) {
	b, h, err := sides(base, head)
	if err != nil {
		return Difference{}, err
	}
	vb, vh := max(b.raw.p, b.smoothed.p), max(h.raw.p, h.smoothed.p)
	return Difference{
		Estimate: h.P - b.P,
		SE:       math.Sqrt(vb + vh),
		DF:       satterthwaite(vb, float64(b.DF), vh, float64(h.DF)),
	}, nil
}

// PopulationCompletionDifference returns the change of the share of completed trials for tasks like these, by
// leaving one task out at a time. One trial per task is enough. Where every task changes alike, as when all
// complete in both arms, leaving one out shows no spread at all; the smoothed variances of the trials then
// stand in, because that few tasks do not prove a change of exactly so much. The error is ErrShape.
func PopulationCompletionDifference(base, head []Cell) (Difference, error) {
	if err := check(base, head); err != nil {
		return Difference{}, err
	}
	b, h := means(base), means(head)
	k := float64(len(base))
	d := Difference{Estimate: h.P - b.P, SE: math.Inf(1), DF: max(1, k-1)}
	if len(base) == 1 {
		return d, nil
	}
	without := make([]float64, len(base))
	sum := d.Estimate * k
	for i := range base {
		without[i] = (sum - (head[i].Rate() - base[i].Rate())) / (k - 1)
	}
	d.SE = jackknifeSE(without)
	if d.SE < minLogSE {
		d.SE = math.Sqrt(smoothedCov(base, base, b).p + smoothedCov(head, head, h).p)
	}
	return d, nil
}

// ZeroPassUpper returns the upper limit, with one-sided error alpha, of the share of trials that complete after
// none of so many trials did: 1 - alpha^(1/trials). It is 1 when there are no trials or alpha is not between
// 0 and 1.
func ZeroPassUpper(trials int, alpha float64) float64 {
	if trials <= 0 || !(alpha > 0 && alpha < 1) {
		return 1
	}
	return -math.Expm1(math.Log(alpha) / float64(trials))
}
