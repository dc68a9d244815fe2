package stats

import "math"

// minLogSE is the least standard error that a test of a log ratio counts with: the rounding of float64 arithmetic,
// so that tasks which agree in every digit do not make a difference in the last one significant.
const minLogSE = 1e-12

// Population compares two arms for tasks like these: the tasks are random, too. It rests on leaving one task
// out at a time (the jackknife of log Ratio), which keeps each task's two arms together.
type Population struct {
	// Ratio is the ratio of all tasks, as in Suite: +Inf when no trial of the head completed, NaN when none of
	// either did.
	Ratio float64
	SE    float64 // of log Ratio; +Inf when Undefined
	DF    float64 // max(1, KEff - 1)
	// KEff is how many tasks of equal cost the tasks are worth; 1 when an arm costs nothing.
	KEff float64
	// LeaveOneOut holds the ratio without each task, in the order of the tasks. It is NaN where it is undefined:
	// nothing else completes in an arm, or nothing else costs anything.
	LeaveOneOut []float64
	// Undefined is set when a LeaveOneOut is: the interval then excludes nothing.
	Undefined bool
}

// ComparePopulation compares two arms whose tasks are in the same order. One trial per task is enough. The error
// is ErrShape.
func ComparePopulation(base, head []Cell) (Population, error) {
	if err := check(base, head); err != nil {
		return Population{}, err
	}
	b, h := means(base), means(head)
	p := Population{Ratio: h.C * b.P / (b.C * h.P), SE: math.Inf(1), KEff: effectiveTasks(base, head)}
	p.DF = max(1, p.KEff-1)
	p.LeaveOneOut = leaveOneOut(base, head)
	logs := make([]float64, len(p.LeaveOneOut))
	for i, r := range p.LeaveOneOut {
		logs[i] = math.Log(r)
		p.Undefined = p.Undefined || math.IsNaN(r)
	}
	if !p.Undefined {
		p.SE = jackknifeSE(logs)
	}
	return p, nil
}

// Test tests whether the true ratio is r0, which must be above 0, by T = (log Ratio - log r0)/SE with DF degrees
// of freedom. T is 0 and P is 1 when Undefined and for an r0 that is not above 0.
func (p Population) Test(r0 float64) Test {
	if p.Undefined || !usable(r0) {
		return noEvidence
	}
	return studentTest((math.Log(p.Ratio)-math.Log(r0))/max(p.SE, minLogSE), p.DF)
}

// Interval returns the interval of the given confidence (0.95 for 95 %). It is [0, +Inf) when Undefined and for
// a confidence that is not between 0 and 1.
func (p Population) Interval(confidence float64) Interval {
	half := twoSided(confidence, p.DF) * max(p.SE, minLogSE)
	if p.Undefined || math.IsNaN(half) || math.IsInf(half, 1) {
		return everyRatio()
	}
	return Interval{Low: p.Ratio * math.Exp(-half), High: p.Ratio * math.Exp(half)}
}

// Range returns the least and the greatest ratio that leaving one task out gives, of those that are defined.
// Without any it returns NaN twice.
func (p Population) Range() Interval {
	r := Interval{Low: math.NaN(), High: math.NaN()}
	for _, v := range p.LeaveOneOut {
		if math.IsNaN(v) {
			continue
		}
		if !(r.Low <= v) {
			r.Low = v
		}
		if !(r.High >= v) {
			r.High = v
		}
	}
	return r
}

// MostInfluential returns the index of the task whose absence moves the ratio most, on the log scale. A task
// without which the ratio is undefined moves it most of all. It is -1 when there are no tasks.
func (p Population) MostInfluential() int {
	most, at := -1.0, -1
	for i, r := range p.LeaveOneOut {
		move := math.Abs(math.Log(r) - math.Log(p.Ratio))
		if math.IsNaN(move) {
			return i
		}
		if move > most {
			most, at = move, i
		}
	}
	return at
}

// Crosses returns the first task without which the ratio is not on the same side of r0 as with it, or is
// undefined. A ratio of exactly r0 is on no side, so nothing crosses it.
func (p Population) Crosses(r0 float64) (task int, crosses bool) {
	if p.Ratio == r0 {
		return -1, false
	}
	for i, r := range p.LeaveOneOut {
		same := p.Ratio < r0 && r < r0 || p.Ratio > r0 && r > r0
		if !same {
			return i, true
		}
	}
	return -1, false
}

// effectiveTasks is the number of tasks that count, from their shares of both arms' costs.
func effectiveTasks(base, head []Cell) float64 {
	b, h := CostShares(base), CostShares(head)
	var sum, squares float64
	for i := range b {
		w := (b[i] + h[i]) / 2
		sum += w
		squares += w * w
	}
	if sum < 0.75 { // 1/2 or 0: an arm costs nothing
		return 1
	}
	return 1 / squares
}

// leaveOneOut returns the ratio without each task. Sums from both ends, and no subtraction, keep a sum of
// nothing at exactly 0.
func leaveOneOut(base, head []Cell) []float64 {
	k := len(base)
	after := make([]sums, k+1)
	for i := k - 1; i >= 0; i-- {
		after[i] = after[i+1].plus(base[i], head[i])
	}
	out := make([]float64, k)
	var before sums
	for i := range k {
		out[i] = before.join(after[i+1]).ratio()
		before = before.plus(base[i], head[i])
	}
	return out
}

// sums are the sums over tasks that a ratio is made of.
type sums struct{ baseCost, baseRate, headCost, headRate float64 }

func (s sums) plus(b, h Cell) sums {
	return s.join(sums{b.mean, b.Rate(), h.mean, h.Rate()})
}

func (s sums) join(t sums) sums {
	return sums{s.baseCost + t.baseCost, s.baseRate + t.baseRate, s.headCost + t.headCost, s.headRate + t.headRate}
}

// ratio is NaN unless every sum is above 0.
func (s sums) ratio() float64 {
	if s.baseCost <= 0 || s.baseRate <= 0 || s.headCost <= 0 || s.headRate <= 0 {
		return math.NaN()
	}
	return s.headCost * s.baseRate / (s.baseCost * s.headRate)
}

// jackknifeSE is the standard error of an estimate from its values with one task left out. It needs at least
// two values.
func jackknifeSE(values []float64) float64 {
	k := float64(len(values))
	mean := 0.0
	for _, v := range values {
		mean += v / k
	}
	ss := 0.0
	for _, v := range values {
		ss += (v - mean) * (v - mean)
	}
	return math.Sqrt((k - 1) / k * ss)
}
