// Package timeline draws costs over time: lines from point to point, one for each of a few series.
//
// It knows where a point stands between dates and dollars on a drawing of a given width. It refuses to know what costs so much, what a
// series is called, and colours: a series has the name of a class. All of it is safe for concurrent use.
package timeline

import (
	"math"
	"strconv"
	"time"

	"github.com/pertask/pertask/report/plot"
)

// Point is a cost at a time.
type Point struct {
	At   time.Time
	Cost float64 // dollars, finite and at least 0; another one is left out
}

// Series is points in the order of time.
type Series struct {
	Class  string
	Points []Point
}

// Geometry of a drawing over time, in pixels.
const (
	axisWidth, rightEdge, topEdge, foot = 64.0, 14.0, 14.0, 30.0
	dateGap                             = 92.0 // for the words of a date
)

// Draw lays the series out.
func Draw(width float64, all []Series) plot.Drawing {
	height := 280.0
	if width < plot.Wide {
		height = 220
	}
	d := plot.Drawing{Width: width, Height: height}
	left, right, bottom := axisWidth, width-rightEdge, height-foot
	first, last, most := reach(all)
	x := func(t time.Time) float64 {
		span := last.Sub(first)
		if span <= 0 {
			return round((left + right) / 2)
		}
		return round(left + 6 + (right-left-12)*(float64(t.Sub(first))/float64(span)))
	}
	step := stepOf(most)
	top := step * math.Ceil(most/step)
	y := func(f float64) float64 { return round(bottom - (bottom-topEdge)*f/top) }
	for i := 0; float64(i)*step <= top*1.0001; i++ {
		value, _ := strconv.ParseFloat(strconv.FormatFloat(float64(i)*step, 'g', 6, 64), 64)
		d.Marks = append(d.Marks, plot.Mark{Kind: plot.Line, Class: "grid", X: left, Y: y(value), X2: right, Y2: y(value)},
			plot.Mark{Kind: plot.Text, Class: "tick", X: left - 8, Y: y(value) + 4, Words: "$" + strconv.FormatFloat(value, 'f', -1, 64), Anchor: "end"})
	}
	for _, m := range dates(first, last, int((right-left)/dateGap)) {
		d.Marks = append(d.Marks, plot.Mark{Kind: plot.Text, Class: "tick", X: min(max(x(m.at), left+24), right-24), Y: bottom + 20, Words: m.words, Anchor: "middle"})
	}
	for _, s := range all {
		for i, p := range s.Points {
			if i > 0 {
				d.Marks = append(d.Marks, plot.Mark{Kind: plot.Line, Class: "path " + s.Class, X: x(s.Points[i-1].At), Y: y(s.Points[i-1].Cost), X2: x(p.At), Y2: y(p.Cost)})
			}
		}
		for _, p := range s.Points {
			d.Marks = append(d.Marks, plot.Mark{Kind: plot.Circle, Class: "dot " + s.Class, X: x(p.At), Y: y(p.Cost), X2: 4})
		}
	}
	return d
}

// reach is the first and the last time, and the highest cost, which is above 0.
func reach(all []Series) (first, last time.Time, most float64) {
	for _, s := range all {
		for _, p := range s.Points {
			if first.IsZero() || p.At.Before(first) {
				first = p.At
			}
			if p.At.After(last) {
				last = p.At
			}
			most = max(most, p.Cost)
		}
	}
	if !(most > 0) {
		most = 1
	}
	return first, last, most
}

// stepOf is the distance of ticks that are easy to read, of which three to six reach most.
func stepOf(most float64) float64 {
	decade := math.Pow(10, math.Floor(math.Log10(most)))
	for _, m := range []float64{0.2, 0.5, 1, 2} {
		if most <= decade*m*5 {
			return decade * m
		}
	}
	return decade * 2
}

// date is a time below an axis.
type date struct {
	at    time.Time
	words string
}

// dates are at most so many times, the first and the last among them, none of which reads as another one.
func dates(first, last time.Time, most int) []date {
	span, form := last.Sub(first), "2 Jan"
	switch {
	case span <= 0:
		return []date{{first, first.UTC().Format("2 Jan 2006")}}
	case span < 48*time.Hour:
		form = "2 Jan 15:04"
	case span > 300*24*time.Hour:
		form = "Jan 2006"
	}
	var out []date
	most = max(min(most, 6), 2)
	for i := range most {
		t := first.Add(time.Duration(float64(span) * float64(i) / float64(most-1)))
		if w := t.UTC().Format(form); len(out) == 0 || out[len(out)-1].words != w {
			out = append(out, date{t, w})
		}
	}
	return out
}

func round(f float64) float64 { return math.Round(f*10) / 10 }
