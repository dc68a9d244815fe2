package prediction

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/stats/series"
)

// Pull is a merged pull request with what was spent on it.
type Pull struct {
	Number int
	Merged time.Time
	// Spend is all that was spent on it: 0 is none. Where it is not known, or only that it is at least so much, it is
	// unknown, and the pull request does not count.
	Spend price.Amount
	// Lines are how many lines it changes; unknown unless Sized.
	Lines int64
	Sized bool
}

// History is what is known of a repository when an outcome is worked out.
type History struct {
	Pulls []Pull // merged ones, in any order; each number once
	// Others are the predictions of the repository, and other changes of its model settings: see Switch. The prediction
	// itself may be among them.
	Others []Switch
	Book   string // date of the price book that Spend is of
}

// Switch is a merged pull request that changed model settings, measured or not.
type Switch struct {
	Pull   int
	Merged time.Time
}

// Follow works out what came of a prediction as of a time. It is a function of its arguments; the time is taken in UTC.
func Follow(p Prediction, h History, rules Rules, now time.Time) Outcome {
	rules, now = rules.Filled(), now.UTC()
	others := h.others(p)
	o := Outcome{Schema: OutcomeSchema, Key: p.Key, AsOf: now, Relation: CannotTell}
	o.From, o.To = rules.Window(p, times(others), now)
	if o.To.Before(p.Merged) {
		o.To = p.Merged // as of a time before the merge nothing is there
	}
	if o.AsOf.Before(o.To) {
		o.AsOf = o.To
	}
	o.Days = wholeDays(p.Merged, o.To)
	points, unpriced := h.points(p, rules, others, now)
	r := series.Compare(points, series.Options{
		Switch: 0, Settle: float64(max(0, rules.SettleDays)), LeastDays: math.Min(series.DefaultDays, float64(rules.LeastDays)), Others: days(p, others),
	})
	o.Before, o.After, o.NoneBefore, o.NoneAfter = r.Before.Amounts, r.After.Amounts, r.Before.None, r.After.None
	o.Caveats = append(beside(p, h, others, o.From, o.To), shifts(r, unpriced)...)
	stage := rules.Due(p, since(points), nextSwitch(p, others), now)
	o.Final = stage == Final
	switch {
	case stage == Early:
		o.Reason, o.Caveats = TooEarly, nil
	case r.Effect == nil:
		o.Reason = string(r.Reason)
	default:
		o.relate(p, r)
	}
	return o
}

// relate sets what was observed against the prediction.
func (o *Outcome) relate(p Prediction, r series.Result) {
	observed := NewRatio(r.Effect.Ratio, r.Effect.Low, r.Effect.High)
	o.Observed, o.Sized = &observed, r.Sized
	if p.Ratio == nil {
		o.Reason = NotPredicted
		return
	}
	d, relation := Compare(*p.Ratio, observed)
	o.Difference = &d
	if !Telling(*p.Ratio, observed) {
		o.Reason = TooWide
		return
	}
	o.Relation = relation
}

// others are the switches of other pull requests, the earliest first.
func (h History) others(p Prediction) []Switch {
	out := slices.DeleteFunc(slices.Clone(h.Others), func(s Switch) bool { return s.Pull == p.Pull || s.Merged.Equal(p.Merged) })
	slices.SortFunc(out, func(a, b Switch) int {
		return cmp.Or(a.Merged.Compare(b.Merged), cmp.Compare(a.Pull, b.Pull))
	})
	return out
}

func times(switches []Switch) []time.Time {
	var out []time.Time
	for _, s := range switches {
		out = append(out, s.Merged)
	}
	return out
}

func days(p Prediction, switches []Switch) []float64 {
	var out []float64
	for _, s := range switches {
		out = append(out, daysSince(p.Merged, s.Merged))
	}
	return out
}

func nextSwitch(p Prediction, switches []Switch) time.Time {
	for _, s := range switches {
		if s.Merged.After(p.Merged) {
			return s.Merged
		}
	}
	return time.Time{}
}

// since is how many points with spend there are from the merge on.
func since(points []series.Point) int {
	n := 0
	for _, p := range points {
		if p.Day >= 0 && p.Spend > 0 {
			n++
		}
	}
	return n
}

// points are the pull requests that may count, in days from the merge, and how many others there are whose spend is not
// known. Those that another switch cuts off are among them, so that the reason can say so. The switch's own pull request is
// of neither side, and so are those of other switches.
func (h History) points(p Prediction, rules Rules, others []Switch, now time.Time) (points []series.Point, unpriced int) {
	from, to := rules.Window(p, nil, now)
	cutFrom, cutTo := rules.Window(p, times(others), now)
	skip := map[int]bool{p.Pull: true}
	for _, s := range others {
		skip[s.Pull] = true
	}
	pulls := slices.Clone(h.Pulls)
	slices.SortFunc(pulls, func(a, b Pull) int { return cmp.Or(a.Merged.Compare(b.Merged), cmp.Compare(a.Number, b.Number)) })
	within := func(at, from, to time.Time) bool { return !at.Before(from) && at.Before(to) }
	for _, x := range pulls {
		if skip[x.Number] || !within(x.Merged, from, to) {
			continue
		}
		amount, known := x.Spend.Value()
		if !known || amount.IsNegative() {
			if within(x.Merged, cutFrom, cutTo) {
				unpriced++
			}
			continue
		}
		points = append(points, series.Point{
			Day: daysSince(p.Merged, x.Merged), Spend: amount.Float64(), Size: float64(max(x.Lines, 0)), Sized: x.Sized && x.Lines >= 0,
		})
	}
	return points, unpriced
}

// beside are the caveats that do not come from the history's numbers.
func beside(p Prediction, h History, others []Switch, from, to time.Time) []Caveat {
	var out []Caveat
	var pulls []int
	for _, s := range others {
		if (s.Merged.Equal(from) || s.Merged.Equal(to)) && len(pulls) < maxPulls {
			pulls = append(pulls, s.Pull)
		}
	}
	if len(pulls) > 0 {
		out = append(out, Caveat{Code: OtherSwitch, Pulls: pulls})
	}
	if h.Book != "" && h.Book != p.Book {
		out = append(out, Caveat{Code: PricesBook, From: p.Book, To: h.Book})
	}
	return out
}

// shifts are the caveats of what else changed in the history.
func shifts(r series.Result, unpriced int) []Caveat {
	var out []Caveat
	if e := r.SizeEffect; e != nil && !e.Holds(1) {
		ratio := NewRatio(e.Ratio, e.Low, e.High)
		out = append(out, Caveat{Code: SizeShift, Ratio: &ratio})
	}
	if s := r.Share; s.Low > 0 || s.High < 0 {
		out = append(out, Caveat{Code: ShareShift, From: percent(s.Before), To: percent(s.After)})
	}
	if r.Drifting {
		out = append(out, Caveat{Code: Drift, Ratio: &Ratio{Estimate: r.Drift}})
	}
	for _, c := range []Caveat{{Code: Unpriced, Count: unpriced}, {Code: Unsized, Count: r.Left.Unsized}, {Code: Outliers, Count: r.Outliers}} {
		if c.Count > 0 {
			out = append(out, c)
		}
	}
	return out
}

func percent(share float64) string { return fmt.Sprintf("%.0f", 100*share) }
