// Package histories makes up histories of amounts with a known change of level, and counts how often an interval holds it.
//
// It knows what such histories may be like and what is promised of a method. It refuses to know how a method works.
// Everything depends on its arguments alone: the same seed makes the same numbers.
package histories

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"

	"github.com/pertask/pertask/stats/series"
)

// Tails says how far amounts are from what is usual.
type Tails int

// The tails.
const (
	Normal       Tails = iota
	Student            // Student's t with 3 degrees of freedom, scaled to the world's spread
	Contaminated       // one of ten has five times the spread
)

// Spacing says how points lie in time.
type Spacing int

// The spacings.
const (
	Random Spacing = iota // each moment is as likely as any other
	Even
	Bursts // one to six at once, with longer pauses between
)

// World is how a history comes about. Amounts are log-normal in the middle; everything is in natural logarithms.
type World struct {
	Before, After int
	Effect        float64 // the ratio that is to be found
	Spread        float64 // standard deviation of the logarithm; 0 means 0.8
	Tails         Tails
	Memory        float64 // correlation of each amount's deviation with the next one's
	Weeks         float64 // part of the variance that all amounts of a week share
	Days          float64 // part of the variance that all amounts of a day share
	SpreadAfter   float64 // how many times the spread is after the switch; 0 means 1
	Drift         float64 // change of the logarithm within 28 days, all the time
	Weekend       float64 // change of the logarithm on two days of seven
	Spacing       Spacing
	Adoption      float64 // days after the switch until everybody uses what it brought, evenly; 0 means at once
	Sizes         Sizes
	Twice         bool // the side before lasts twice as long
}

// Sizes says what amounts have to do with sizes.
type Sizes int

// The ways.
const (
	Unsized   Sizes = iota // no sizes are known
	Unrelated              // sizes are known and do not matter
	Related                // amounts grow with the 0.6th power of sizes
	Shifted                // and sizes are half as large again after the switch
)

// sideDays is how long each side lasts, in the mean.
const sideDays = 28

// Name describes the world, so that equal names are equal worlds.
func (w World) Name() string {
	s := fmt.Sprintf("%d+%d", w.Before, w.After)
	add := func(yes bool, format string, args ...any) {
		if yes {
			s += ", " + fmt.Sprintf(format, args...)
		}
	}
	add(w.Effect != 1, "effect %g", w.Effect)
	add(w.Spread != 0, "spread %g", w.Spread)
	add(w.Tails == Student, "t3")
	add(w.Tails == Contaminated, "contaminated")
	add(w.Memory != 0, "AR %g", w.Memory)
	add(w.Weeks != 0, "weeks alike %g", w.Weeks)
	add(w.Days != 0, "days alike %g", w.Days)
	add(w.SpreadAfter != 0, "spread x%g after", w.SpreadAfter)
	add(w.Drift != 0, "drift %+.0f %% in 28 days", 100*math.Expm1(w.Drift))
	add(w.Weekend != 0, "weekends %+.0f %%", 100*math.Expm1(w.Weekend))
	add(w.Spacing == Even, "even")
	add(w.Spacing == Bursts, "bursts")
	add(w.Adoption != 0, "adopted in %g days", w.Adoption)
	add(w.Sizes == Unrelated, "sizes unrelated")
	add(w.Sizes == Related, "sizes related")
	add(w.Sizes == Shifted, "sizes related and shifted")
	add(w.Twice, "56 days before")
	return s
}

// Random returns the generator of one world, so that worlds do not depend on the order they are worked out in.
func (w World) Random(seed uint64) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprint(h, w.Name())
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// Draw makes up one history with the switch at day 0, and says what the ratio of its points is in truth: the effect, or
// what of it is there in the mean of the points after the switch while it is being adopted.
func (w World) Draw(r *rand.Rand) (points []series.Point, truth float64) {
	n := w.Before + w.After
	days := w.days(r)
	deviation := w.deviations(r, days)
	points = make([]series.Point, n)
	effect, phase := 0.0, r.IntN(7)
	for i, day := range days {
		y := 1 + deviation[i]*w.spread(day) + w.Drift*day/28
		if weekday := (int(math.Floor(day)) + 700 + phase) % 7; weekday >= 5 {
			y += w.Weekend
		}
		if day >= 0 {
			e := math.Log(w.Effect)
			if w.Adoption > 0 {
				e *= min(1, day/w.Adoption)
			}
			y += e
			effect += e / float64(w.After)
		}
		points[i] = series.Point{Day: day}
		if w.Sizes != Unsized {
			s := 4 + 1.2*r.NormFloat64()
			if w.Sizes == Shifted && day >= 0 {
				s += math.Log(1.5)
			}
			points[i].Size, points[i].Sized = math.Round(math.Exp(s)), true
			if w.Sizes != Unrelated {
				y += 0.6 * (math.Log1p(points[i].Size) - 4)
			}
		}
		points[i].Spend = math.Exp(y)
	}
	return points, math.Exp(effect)
}

// spread is the standard deviation on a day.
func (w World) spread(day float64) float64 {
	s := w.Spread
	if s == 0 {
		s = 0.8
	}
	if day >= 0 && w.SpreadAfter != 0 {
		s *= w.SpreadAfter
	}
	return s
}

// days returns when the points are, in order: Before of them below 0.
func (w World) days(r *rand.Rand) []float64 {
	out := make([]float64, w.Before+w.After)
	gaps := w.gaps(r, w.Before)
	if w.Twice {
		for i := range gaps {
			gaps[i] *= 2
		}
	}
	for i, t := w.Before-1, 0.0; i >= 0; i-- {
		t -= gaps[i]
		out[i] = t - 1e-9
	}
	gaps = w.gaps(r, w.After)
	for i, t := 0, 0.0; i < w.After; i++ {
		t += gaps[i]
		out[w.Before+i] = t
	}
	return out
}

// gaps returns the days between points.
func (w World) gaps(r *rand.Rand, n int) []float64 {
	out := make([]float64, n)
	left, mean := 0, sideDays/float64(n)
	for i := range out {
		switch w.Spacing {
		case Even:
			out[i] = mean
		case Bursts:
			if left == 0 {
				left = 1 + r.IntN(6)
				out[i] = r.ExpFloat64() * 3.5 * mean
			}
			left--
		default:
			out[i] = r.ExpFloat64() * mean
		}
	}
	return out
}

// deviations returns how far each point is from what is usual, with variance 1.
func (w World) deviations(r *rand.Rand, days []float64) []float64 {
	out := make([]float64, len(days))
	last, week, day := 0.0, math.Inf(-1), math.Inf(-1)
	ofWeek, ofDay := 0.0, 0.0
	for i, d := range days {
		e := w.shock(r)
		if i == 0 {
			last = e
		} else {
			last = w.Memory*last + math.Sqrt(1-w.Memory*w.Memory)*e
		}
		if f := math.Floor(d / 7); f != week {
			week, ofWeek = f, r.NormFloat64()
		}
		if f := math.Floor(d); f != day {
			day, ofDay = f, r.NormFloat64()
		}
		out[i] = math.Sqrt(1-w.Weeks-w.Days)*last + math.Sqrt(w.Weeks)*ofWeek + math.Sqrt(w.Days)*ofDay
	}
	return out
}

// shock draws one deviation of variance 1.
func (w World) shock(r *rand.Rand) float64 {
	switch w.Tails {
	case Student:
		// The variance of Student's t with 3 degrees of freedom is 3.
		chi := square(r.NormFloat64()) + square(r.NormFloat64()) + square(r.NormFloat64())
		return r.NormFloat64() / math.Sqrt(chi/3) / math.Sqrt(3)
	case Contaminated:
		x := r.NormFloat64() / math.Sqrt(0.9+0.1*25)
		if r.IntN(10) == 0 {
			return 5 * x
		}
		return x
	}
	return r.NormFloat64()
}

func square(x float64) float64 { return x * x }
