package prediction

import (
	"math"
	"time"
)

// Rules say when an outcome is due and what it is of. The zero value of each field means its default.
type Rules struct {
	Days      int // after the merge an outcome is due; the default is 28, a billing cycle
	Pulls     int // or so many merged pull requests with spend after it, whichever is first; the default is 40
	LeastDays int // but not before so many days: a week's own level does not show in less; the default is 14
	// FinalDays after the merge, or at another switch, the last outcome is due; the default is twice Days.
	FinalDays int
	// BeforeDays before the merge are compared with; the default is twice Days.
	BeforeDays int
	// SettleDays after the merge count for neither side, since what is merged then was begun before; the default is 2,
	// and a negative number means none.
	SettleDays int
}

// DefaultRules are what the zero value means.
func DefaultRules() Rules { return Rules{}.Filled() }

// Filled returns the rules with defaults in the place of zeros.
func (r Rules) Filled() Rules {
	fill := func(x *int, to int) {
		if *x == 0 {
			*x = to
		}
	}
	fill(&r.Days, 28)
	fill(&r.Pulls, 40)
	fill(&r.LeastDays, 14)
	fill(&r.FinalDays, 2*r.Days)
	fill(&r.BeforeDays, 2*r.Days)
	fill(&r.SettleDays, 2)
	return r
}

// Stage is how far an outcome is due.
type Stage int

// The stages. The zero value is that nothing is due.
const (
	Early Stage = iota
	First       // enough days or pull requests
	Final       // nothing later will be observed
)

// Due says how far the outcome of a prediction is due at a time, with so many merged pull requests with spend since the
// merge; next is when the next switch in the repository was merged, or the zero time.
func (r Rules) Due(p Prediction, pulls int, next, now time.Time) Stage {
	r = r.Filled()
	days := daysSince(p.Merged, now)
	closed := next.After(p.Merged) && !next.After(now)
	switch {
	case closed, days >= float64(r.FinalDays):
		return Final
	case days >= float64(r.Days), pulls >= r.Pulls && days >= float64(r.LeastDays):
		return First
	}
	return Early
}

// Window bounds the merged pull requests that an outcome is of: those of [from, to). It ends at the next switch and begins
// at the one before, since other settings made those pull requests.
func (r Rules) Window(p Prediction, switches []time.Time, now time.Time) (from, to time.Time) {
	r = r.Filled()
	from = p.Merged.AddDate(0, 0, -r.BeforeDays)
	if to = p.Merged.AddDate(0, 0, r.FinalDays); now.Before(to) {
		to = now
	}
	for _, s := range switches {
		if s.Before(p.Merged) && s.After(from) {
			from = s
		}
		if s.After(p.Merged) && s.Before(to) {
			to = s
		}
	}
	return from, to
}

// daysSince is how many days there are from one time to another.
func daysSince(from, to time.Time) float64 { return to.Sub(from).Hours() / 24 }

// wholeDays is daysSince without a part of a day, at least 0.
func wholeDays(from, to time.Time) int { return int(max(0, math.Floor(daysSince(from, to)))) }
