package series

import (
	"math"
)

// fit is what a column says about the step.
type fit struct {
	believed   mixture
	free       *mixture // without an expectation of the drift, where one is likely
	outliers   int
	neighbours float64
	drift      float64 // factor within DriftDays
}

// effect is the step with its interval. Where a drift is likely the interval is from the lower of both low ends to the
// higher of both high ends: believing in a drift that only neighbours' likeness shows would be as wrong as believing in
// none, and a history cannot always tell which it is.
func (f fit) effect(confidence float64) *Effect {
	low, high := f.believed.interval(confidence)
	e := Effect{Log: f.believed.mean(), SE: f.believed.sd()}
	if f.free != nil {
		width := high - low
		freeLow, freeHigh := f.free.interval(confidence)
		low, high = min(low, freeLow), max(high, freeHigh)
		e.Log, e.SE = low+(high-low)/2, e.SE*(high-low)/width
	}
	e.Ratio, e.Low, e.High = math.Exp(e.Log), math.Exp(low), math.Exp(high)
	return &e
}

// likelyDrift is from how many standard errors on a drift is likely. One of three histories without any has as much.
const likelyDrift = 1

// fitRows explains a column by a level, a step at the switch, the sizes where they are asked for, and a drift where it is
// allowed. It is false when nothing says how sure the step is.
func fitRows(rows []row, of column, sized bool, o Options) (fit, bool) {
	d := layOut(rows, of, sized, o.Trend)
	s, ok := robust(d.y, d.x, d.after, d.drift, d.loosest())
	if !ok {
		return fit{}, false
	}
	believed, free, ok := d.believe(s)
	f := fit{believed: believed, outliers: s.outliers, neighbours: neighbours(s), drift: 1}
	if d.drift > 0 {
		f.drift = math.Exp(believed.drift / d.months)
	}
	if math.Abs(free.drift) > likelyDrift*free.driftSD {
		f.free = &free
	}
	return f, ok
}

// layout is the columns of a fit.
type layout struct {
	y      []float64
	x      [][]float64
	after  []bool
	n      [2]float64
	drift  int     // the column of the drift, which goes from -1/2 to 1/2; 0 means that there is none
	months float64 // how often DriftDays is in the history
	trend  Trend
}

func layOut(rows []row, of column, sized bool, trend Trend) *layout {
	d := &layout{trend: trend}
	level, step, sizes, days := make([]float64, len(rows)), make([]float64, len(rows)), make([]float64, len(rows)), make([]float64, len(rows))
	first, last := rows[0].day, rows[len(rows)-1].day
	mean := 0.0
	for _, r := range rows {
		mean += r.size / float64(len(rows))
	}
	for i, r := range rows {
		d.y, d.after = append(d.y, of(r)), append(d.after, r.after)
		d.n[index(r.after)]++
		level[i], step[i], sizes[i] = 1, float64(index(r.after)), r.size-mean
		if last > first {
			days[i] = (r.day-first)/(last-first) - 0.5
		}
	}
	d.x = [][]float64{level, step}
	if sized {
		d.x = append(d.x, sizes)
	}
	if trend != LevelOnly && last > first {
		d.drift, d.months = len(d.x), (last-first)/DriftDays
		d.x = append(d.x, days)
	}
	return d
}

// expectation is one strength of the drift that is thought possible.
type expectation struct {
	times  float64 // DriftSD
	weight float64
}

// expectations are those of Bounded: mostly a usual drift, and now and then a strong one, so that a history that shows
// one is believed.
var expectations = []expectation{{1, 0.65}, {4, 0.35}}

// expected is an expectation for one history: what it adds to the diagonal of the drift's column, which is one over the
// variance of the whole history's drift, and the logarithm of how much it counts.
type expected struct{ ridge, log float64 }

// expected returns the expectations of Bounded, and none for the other trends.
func (d *layout) expected() []expected {
	if d.drift == 0 || d.trend != Bounded {
		return nil
	}
	var out []expected
	for _, e := range expectations {
		ridge := 1 / square(DriftSD*d.months*e.times)
		out = append(out, expected{ridge, math.Log(e.weight) + math.Log(ridge)/2})
	}
	return out
}

// loosest is the ridge of the strongest drift that is thought possible; 0 is none.
func (d *layout) loosest() float64 {
	ridge := 0.0
	for _, e := range d.expected() {
		ridge = e.ridge
	}
	return ridge
}

// neighbours is the correlation of neighbouring residuals, each counted by no more than an outlier's limit.
func neighbours(s steady) float64 {
	var both, each float64
	scale := (s.scale[0] + s.scale[1]) / 2
	z := make([]float64, len(s.residual))
	for i, r := range s.residual {
		z[i] = max(-huber, min(huber, r/scale))
		each += z[i] * z[i]
		if i > 0 {
			both += z[i] * z[i-1]
		}
	}
	return both / each
}

func square(x float64) float64 { return x * x }
