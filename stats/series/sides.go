package series

import (
	"cmp"
	"math"
	"slices"

	"github.com/pertask/pertask/stats"
)

// history is the points of both sides in the order of their days.
type history struct {
	before, after []Point
	left          Left
	// cutBefore and cutAfter are how many amounts above 0 other switches took from each side.
	cutBefore, cutAfter int
}

// split sorts points into sides.
func split(points []Point, o Options) history {
	from, to := math.Inf(-1), math.Inf(1)
	for _, x := range o.Others {
		if x < o.Switch {
			from = max(from, x)
		} else if x > o.Switch {
			to = min(to, x)
		}
	}
	sorted := slices.Clone(points)
	slices.SortStableFunc(sorted, func(a, b Point) int {
		return cmp.Compare(a.Day, b.Day)
	})
	var h history
	for _, p := range sorted {
		amount := 0
		if p.Spend > 0 {
			amount = 1
		}
		switch {
		case p.Day < from:
			h.left.Other++
			h.cutBefore += amount
		case p.Day >= to:
			h.left.Other++
			h.cutAfter += amount
		case p.Day < o.Switch:
			h.before = append(h.before, p)
		case p.Day < o.Switch+o.Settle:
			h.left.Settling++
		default:
			h.after = append(h.after, p)
		}
	}
	return h
}

// short returns which side has too little, and why.
func (h history) short(o Options) Reason {
	b, a := amounts(h.before), amounts(h.after)
	switch {
	case a < o.Least && a+h.cutAfter >= o.Least:
		return OtherAfter
	case a < o.Least:
		return TooFewAfter
	case b < o.Least && b+h.cutBefore >= o.Least:
		return OtherBefore
	case b < o.Least:
		return TooFewBefore
	case reach(h.after, o.Switch) < o.LeastDays:
		return either(h.cutAfter > 0, OtherAfter, TooShortAfter)
	case reach(h.before, o.Switch) < o.LeastDays:
		return either(h.cutBefore > 0, OtherBefore, TooShortBefore)
	}
	return ""
}

func either(first bool, a, b Reason) Reason {
	if first {
		return a
	}
	return b
}

// reach is how many days there are between the switch and the amount that is farthest from it.
func reach(points []Point, at float64) float64 {
	most := 0.0
	for _, p := range points {
		if p.Spend > 0 {
			most = max(most, math.Abs(p.Day-at))
		}
	}
	return most
}

func amounts(points []Point) int {
	n := 0
	for _, p := range points {
		if p.Spend > 0 {
			n++
		}
	}
	return n
}

// side describes points.
func side(points []Point) Side {
	var s Side
	var spent, sizes []float64
	for _, p := range points {
		if p.Spend == 0 {
			s.None++
			continue
		}
		s.Amounts++
		spent = append(spent, p.Spend)
		if p.Sized {
			sizes = append(sizes, p.Size)
		}
	}
	s.Median, s.MedianSize = median(spent), median(sizes)
	return s
}

// median returns the middle of numbers, NaN of none. It sorts them.
func median(x []float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	slices.Sort(x)
	m := len(x) / 2
	if len(x)%2 == 1 {
		return x[m]
	}
	return x[m-1] + (x[m]-x[m-1])/2
}

// share compares how many points have an amount, with the interval of Agresti and Caffo (2000): one is added to the
// successes and to the failures of each side, which keeps it right for few points and shares near 0 and 1.
func share(h history, confidence float64) Share {
	b, a := float64(amounts(h.before)), float64(amounts(h.after))
	nb, na := float64(len(h.before)), float64(len(h.after))
	s := Share{Before: math.NaN(), After: math.NaN(), Low: -1, High: 1}
	if nb > 0 {
		s.Before = b / nb
	}
	if na > 0 {
		s.After = a / na
	}
	if nb == 0 || na == 0 {
		return s
	}
	pb, pa := (b+1)/(nb+2), (a+1)/(na+2)
	half := stats.NormalQuantile(1-(1-confidence)/2) * math.Sqrt(pb*(1-pb)/(nb+2)+pa*(1-pa)/(na+2))
	s.Low, s.High = max(-1, pa-pb-half), min(1, pa-pb+half)
	return s
}

// row is one amount as it is fitted: logarithms, and the day from the switch.
type row struct {
	after       bool
	day         float64
	spend, size float64
	sized       bool
}

// column picks what is explained.
type column func(row) float64

func spend(r row) float64 { return r.spend }
func size(r row) float64  { return r.size }

// rows are the amounts above 0 in order. A size may be 0, such as that of a file that was only renamed: 1 is added.
func (h history) rows() []row {
	var out []row
	for i, points := range [][]Point{h.before, h.after} {
		for _, p := range points {
			if p.Spend > 0 {
				out = append(out, row{after: i == 1, day: p.Day, spend: math.Log(p.Spend), size: math.Log1p(p.Size), sized: p.Sized})
			}
		}
	}
	return out
}

func withSizes(rows []row) []row {
	return slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return !r.sized })
}

// leastSized is the share of each side's amounts that must have a size. Those that have none are left out then.
const leastSized = 0.8

// usable reports whether the rows with sizes are enough for a ratio at equal size: nearly all of each side, no fewer than
// any ratio needs, and sizes that differ.
func usable(rows, sized []row, least int) bool {
	var all, n [2]int
	for _, r := range rows {
		all[index(r.after)]++
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, r := range sized {
		n[index(r.after)]++
		low, high = min(low, r.size), max(high, r.size)
	}
	for i := range n {
		if n[i] < least || float64(n[i]) < leastSized*float64(all[i]) {
			return false
		}
	}
	return high-low > leastSpread
}

func index(after bool) int {
	if after {
		return 1
	}
	return 0
}
