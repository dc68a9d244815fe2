// Package series tells from a history of amounts whether their level changed at a given moment: an interrupted time series.
//
// It knows points in time with an amount and a size, how outliers, neighbours that are alike, unequal spreads, sizes and a
// drift make a comparison of before and after uncertain, and when a history cannot tell. It refuses to know what the
// amounts are of, in which currency they are, what happened at the moment, and what day it is.
//
// Docs/design/015-followup.md says how the method was chosen, and docs/followup.md what simulated histories say about it.
// All of it is a function of its arguments alone, without random numbers, and safe for concurrent use.
package series

import (
	"math"
	"slices"
)

// Point is one amount.
type Point struct {
	// Day is when, in days since any moment that all points share. It is finite. Points of the same moment count in the
	// order in which they are given, which must have nothing to do with their amounts.
	Day float64
	// Spend is the amount: finite and at least 0. A 0 has no logarithm: it counts in Result.Share and in no ratio.
	Spend float64
	// Size is how much was done for the amount, such as changed lines: finite and at least 0 where Sized is set. Without
	// Sized it is unknown, whatever it says.
	Size  float64
	Sized bool
}

// Trend says what is done about a drift that goes on through the whole history, switch or not.
type Trend int

// The ways. Bounded is the zero value.
const (
	// Bounded takes a drift for possible: one of DriftSD is usual, and a strong one is believed when the history shows it.
	Bounded Trend = iota
	// LevelOnly takes it that there is none. The interval is wrong when there is one.
	LevelOnly
	// LevelAndSlope works a drift of any size out of the history. The interval is some twice as wide.
	LevelAndSlope
)

// DriftSD is the standard deviation of the drift that Bounded takes for usual: a factor of 1.1 within DriftDays.
const (
	DriftSD   = 0.0953
	DriftDays = 28
)

// DefaultLeast is how many amounts each side needs, unless Options say otherwise: simulation covers no fewer.
const DefaultLeast = 12

// DefaultDays is how many days each side's amounts must reach, unless Options say otherwise.
const DefaultDays = 14

// Options say what is compared. The zero value of each but Switch is a default.
type Options struct {
	Switch float64 // the day on which the level may have changed; a point of that very moment is after it
	// Settle is for how many days from the switch on points count for neither side, since what ended then began before.
	Settle float64
	// Others are the days of other switches. Points before the last one that is before Switch do not count, nor do those
	// after the first one that is later.
	Others []float64
	Least  int // amounts above 0 that each side needs; 0 means DefaultLeast, and there is no less than 4
	// LeastDays is how many days there must be from the first amount to the switch, and from it to the last one; 0 means
	// DefaultDays. A week's own level does not show in less.
	LeastDays float64
	Trend     Trend
	// Confidence of the intervals, above 0 and below 1; 0 means 0.95.
	Confidence float64
}

// Reason says why a history cannot tell; the empty one is that it can.
type Reason string

// The reasons.
const (
	TooFewBefore Reason = "too-few-before" // amounts
	TooFewAfter  Reason = "too-few-after"
	// OtherBefore and OtherAfter are too few, or too short, where the points that another switch cut off would have been
	// enough, or made it longer.
	OtherBefore Reason = "other-switch-before"
	OtherAfter  Reason = "other-switch-after"
	// TooShortBefore and TooShortAfter are enough amounts within too few days.
	TooShortBefore Reason = "too-short-before"
	TooShortAfter  Reason = "too-short-after"
	NoVariation    Reason = "no-variation" // the amounts of a side hardly differ, so that nothing says how sure a ratio is
	BadPoints      Reason = "bad-points"   // a day, amount or size that is no such number
	BadOptions     Reason = "bad-options"
)

// Effect is a ratio of after to before with its uncertainty.
type Effect struct {
	Ratio     float64 // the middle of what is believed
	Low, High float64 // of the interval; both above 0 and finite
	Log       float64 // the logarithm of Ratio
	SE        float64 // the standard error of Log
}

// Holds reports whether the interval holds a ratio.
func (e Effect) Holds(ratio float64) bool { return e.Low <= ratio && ratio <= e.High }

// Side is what one side has.
type Side struct {
	Amounts int // above 0, which the ratio is of
	None    int // of 0
	// Median of the amounts above 0, and of their known sizes; NaN without any.
	Median, MedianSize float64
}

// Left counts the points that are of neither side, or not in the ratio.
type Left struct {
	Settling int // in the days after the switch
	Other    int // cut off by another switch
	Unsized  int // amounts without a size, where the ratio goes by size
}

// Share compares how many of the points have an amount at all.
type Share struct {
	Before, After float64 // from 0 to 1; NaN of no points
	// Low and High are the interval of After - Before.
	Low, High float64
}

// Result is what a history says.
type Result struct {
	Effect *Effect // nil when it cannot tell: see Reason
	Reason Reason
	// Before and After describe both sides, also when there is no Effect.
	Before, After Side
	Left          Left
	Share         Share

	// Sized reports whether Effect is at equal size. SizeEffect is then how sizes themselves changed, and Plain the
	// ratio without regard to size. Both are nil otherwise.
	Sized             bool
	Plain, SizeEffect *Effect

	// Drift is the factor per DriftDays that went on through the history, as far as it shows; 1 with LevelOnly. Drifting
	// says, with Bounded, that a drift is likely, and that the interval is wider for it.
	Drift    float64
	Drifting bool
	// Autocorrelation is that of neighbouring amounts, after all that was adjusted for; from -1 to 1.
	Autocorrelation float64
	// Outliers is how many amounts are so far from the others that they count less.
	Outliers int
}

// Compare tells how the level of a history changed at the switch.
func Compare(points []Point, o Options) Result {
	o, ok := o.filled()
	if !ok {
		return Result{Reason: BadOptions}
	}
	if slices.ContainsFunc(points, Point.bad) {
		return Result{Reason: BadPoints}
	}
	h := split(points, o)
	r := Result{Before: side(h.before), After: side(h.after), Left: h.left, Share: share(h, o.Confidence), Drift: 1}
	if r.Reason = h.short(o); r.Reason != "" {
		return r
	}
	rows := h.rows()
	if sized := withSizes(rows); usable(rows, sized, o.Least) {
		r.Sized, r.Left.Unsized = true, len(rows)-len(sized)
		rows = sized
	}
	f, ok := fitRows(rows, spend, r.Sized, o)
	if !ok {
		r.Sized, r.Left.Unsized, r.Reason = false, 0, NoVariation
		return r
	}
	r.Effect, r.Outliers, r.Autocorrelation = f.effect(o.Confidence), f.outliers, f.neighbours
	r.Drift, r.Drifting = f.drift, f.free != nil
	if r.Sized {
		r.Plain, r.SizeEffect = beside(rows, spend, o), beside(rows, size, o)
	}
	return r
}

// beside is the effect on a column by itself; nil when it cannot be told.
func beside(rows []row, of column, o Options) *Effect {
	f, ok := fitRows(rows, of, false, o)
	if !ok {
		return nil
	}
	return f.effect(o.Confidence)
}

func (o Options) filled() (Options, bool) {
	if o.Least == 0 {
		o.Least = DefaultLeast
	}
	if o.LeastDays == 0 {
		o.LeastDays = DefaultDays
	}
	if o.Confidence == 0 {
		o.Confidence = 0.95
	}
	ok := finite(o.Switch) && finite(o.Settle) && o.Settle >= 0 && !slices.ContainsFunc(o.Others, func(x float64) bool { return !finite(x) }) &&
		o.Least >= 4 && o.LeastDays > 0 && finite(o.LeastDays) && o.Confidence > 0 && o.Confidence < 1 && o.Trend >= Bounded && o.Trend <= LevelAndSlope
	return o, ok
}

func (p Point) bad() bool {
	return !finite(p.Day) || !finite(p.Spend) || p.Spend < 0 || p.Sized && (!finite(p.Size) || p.Size < 0)
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
