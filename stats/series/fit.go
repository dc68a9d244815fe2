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
	tail := (1 - confidence) / 2
	low, high := f.believed.quantile(tail), f.believed.quantile(1-tail)
	e := Effect{Log: f.believed.mean(), SE: f.believed.sd()}
	if f.free != nil {
		width := high - low
		low, high = min(low, f.free.quantile(tail)), max(high, f.free.quantile(1-tail))
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
	ridges, _ := d.ridges()
	s, ok := robust(d.y, d.x, d.after, d.drift, ridges[len(ridges)-1])
	if !ok {
		return fit{}, false
	}
	f := fit{outliers: s.outliers, neighbours: neighbours(s), drift: 1}
	if f.believed, ok = d.believe(s); !ok || d.drift == 0 {
		return f, ok
	}
	f.drift = math.Exp(f.believed.drift / d.months)
	if d.trend == Bounded {
		f.free = d.free(s)
	}
	return f, true
}

// free is what is believed when nothing is expected of the drift; nil where that shows no likely one.
func (d *layout) free(s steady) *mixture {
	free := *d
	free.trend = LevelAndSlope
	m, ok := free.believe(s)
	if !ok || !(math.Abs(m.drift) > likelyDrift*m.driftSD) {
		return nil
	}
	return &m
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

// ridges are what the expectations of no drift add to the diagonal of the drift's column, and their weights: one over the
// variance of the whole history's drift. One of 0 expects nothing.
func (d *layout) ridges() (ridge, weight []float64) {
	if d.drift == 0 || d.trend != Bounded {
		return []float64{0}, []float64{1}
	}
	for _, e := range expectations {
		ridge = append(ridge, 1/square(DriftSD*d.months*e.times))
		weight = append(weight, e.weight)
	}
	return ridge, weight
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
