// Package plot places the marks of a drawing: bars, intervals, dots and words in rows over one axis, and points between two.
//
// It knows scales, ticks, and where a mark of a value stands on a drawing of a given width. It refuses to know what the
// values mean, how a number is written (its callers bring the words), and colours: a mark has the name of a class. What
// it is given may be infinite or no statement; no mark of such a value leaves the drawing. All of it is safe for
// concurrent use.
package plot

import (
	"math"
	"strconv"
)

// Scale maps values to places on a line. Its zero value maps everything to 0.
type Scale struct {
	low, high float64 // values at the ends
	from, to  float64 // places of the ends
	log       bool
}

// Linear is a scale from 0, or below, to the highest value.
func Linear(values []float64) Scale {
	low, high := bounds(values)
	low = min(low, 0)
	if !(high > low) {
		high = low + 1
	}
	return Scale{low: low, high: low + (high-low)*1.04}
}

// Log is a logarithmic scale over all values above 0, with a little room at both ends. Two of them at least are needed for
// it to tell anything apart.
func Log(values []float64) Scale {
	var positive []float64
	for _, v := range values {
		if v > 0 {
			positive = append(positive, v)
		}
	}
	low, high := bounds(positive)
	if !(low > 0) || !(high > 0) {
		low, high = 0.5, 2
	}
	room := math.Pow(high/low, 0.06)
	if room < 1.05 {
		room = 1.05
	}
	low, high = max(low/room, math.SmallestNonzeroFloat64), min(high*room, math.MaxFloat64)
	return Scale{low: low, high: high, log: true}
}

// bounds are the lowest and the highest finite value; zeros without any.
func bounds(values []float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			low, high = min(low, v), max(high, v)
		}
	}
	if low > high {
		return 0, 0
	}
	return low, high
}

// over is the scale between two places.
func (s Scale) over(from, to float64) Scale {
	s.from, s.to = from, to
	return s
}

// at is the place of a value. What lies beyond an end, infinities included, is at that end; so is no statement, at the
// lower one.
func (s Scale) at(v float64) float64 {
	f := 0.0
	if s.log {
		f = (math.Log(v) - math.Log(s.low)) / (math.Log(s.high) - math.Log(s.low))
	} else {
		f = (v - s.low) / (s.high - s.low)
	}
	if !(f > 0) {
		f = 0
	}
	return tenth(s.from + min(f, 1)*(s.to-s.from))
}

// tenth is a place to the tenth of a pixel.
func tenth(f float64) float64 { return math.Round(f*10) / 10 }

// grid is values that are easy to read: some of each decade, or of every second or third one.
type grid struct {
	stride    int
	mantissas []float64
}

// grids are from the fewest values to the most.
var grids = []grid{
	{6, []float64{1}}, {3, []float64{1}}, {2, []float64{1}}, {1, []float64{1}}, {1, []float64{1, 3}}, {1, []float64{1, 2, 5}},
	{1, []float64{1, 1.5, 2, 3, 5, 7}}, {1, []float64{1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 4, 5, 6, 7, 8, 9}},
}

// ticks are as many values that are easy to read as there is room for, each that many pixels away from the one before.
func (s Scale) ticks(gap float64) []float64 {
	var best []float64
	keep := func(all []float64) {
		if len(all) > len(best) && s.apart(all) >= gap {
			best = all
		}
	}
	if s.log {
		for _, g := range grids {
			keep(s.decades(g))
		}
	}
	if len(best) < 2 {
		for most := 2; most <= 12; most++ {
			keep(s.steps(most))
		}
	}
	return best
}

// apart is the smallest distance between two neighbours.
func (s Scale) apart(values []float64) float64 {
	least := math.Inf(1)
	for i := 1; i < len(values); i++ {
		least = min(least, math.Abs(s.at(values[i])-s.at(values[i-1])))
	}
	return least
}

func (s Scale) decades(g grid) []float64 {
	var out []float64
	first, last := int(math.Floor(math.Log10(s.low))), int(math.Ceil(math.Log10(s.high)))
	if last-first > 60 {
		return nil
	}
	for e := first; e <= last; e++ {
		for _, m := range g.mantissas {
			if v := exactly(m, e); e%g.stride == 0 && v >= s.low && v <= s.high {
				out = append(out, v)
			}
		}
	}
	return out
}

// steps are multiples of 1, 2 or 5 times a power of ten, at most most of them.
func (s Scale) steps(most int) []float64 {
	span := s.high - s.low
	if !(span > 0) || math.IsInf(span, 0) {
		return nil
	}
	for e := int(math.Floor(math.Log10(span))) - 2; ; e++ {
		for _, m := range []float64{1, 2, 5} {
			step := exactly(m, e)
			if math.IsInf(step, 0) {
				return nil
			}
			first, last := math.Ceil(s.low/step), math.Floor(s.high/step)
			if last-first+1 > float64(most) {
				continue
			}
			var out []float64
			for k := first; k <= last; k++ {
				v, _ := strconv.ParseFloat(strconv.FormatFloat(k*step, 'g', 10, 64), 64)
				out = append(out, v)
			}
			return out
		}
	}
}

// exactly is m times ten to the e, as if it had been written down.
func exactly(m float64, e int) float64 {
	v, _ := strconv.ParseFloat(strconv.FormatFloat(m, 'g', -1, 64)+"e"+strconv.Itoa(e), 64)
	return v
}
