// Package timeline draws costs over time: lines from point to point, one for each of a few series.
//
// It knows where a point stands between dates and dollars on a drawing of a given width. It refuses to know what costs so much, what a
// series is called, and colours: a series has the name of a class. All of it is safe for concurrent use.
package timeline

import (
	"math"
	"slices"
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

// Draw lays the series out. Without any point it draws nothing.
func Draw(width float64, all []Series) plot.Drawing {
	height := 280.0
	if width < plot.Wide {
		height = 220
	}
	d := plot.Drawing{Width: width, Height: height}
	all = clean(all)
	if len(all) == 0 {
		return d
	}
	a := axesOf(all, width, height)
	a.ticks(&d)
	for _, s := range all {
		for i, p := range s.Points[1:] {
			d.Marks = append(d.Marks, plot.Mark{Kind: plot.Line, Class: "path " + s.Class, X: a.x(s.Points[i].At), Y: a.y(s.Points[i].Cost), X2: a.x(p.At), Y2: a.y(p.Cost)})
		}
		for _, p := range s.Points {
			d.Marks = append(d.Marks, plot.Mark{Kind: plot.Circle, Class: "dot " + s.Class, X: a.x(p.At), Y: a.y(p.Cost), X2: 4})
		}
	}
	return d
}

// clean leaves out points that are no statement, and series without any other.
func clean(all []Series) []Series {
	var out []Series
	for _, s := range all {
		points := slices.DeleteFunc(slices.Clone(s.Points), func(p Point) bool { return !(p.Cost >= 0) || math.IsInf(p.Cost, 0) })
		if len(points) > 0 {
			out = append(out, Series{s.Class, points})
		}
	}
	return out
}

// axes map times and costs to places.
type axes struct {
	first, last              time.Time
	step, top                float64 // dollars
	left, right, over, under float64 // pixels
}

// Dollars that an axis can end at. Others are drawn at its ends.
const least, greatest = 1e-12, 1e12

func axesOf(all []Series, width, height float64) axes {
	a := axes{left: axisWidth, right: width - rightEdge, over: topEdge, under: height - foot, first: all[0].Points[0].At}
	most := 0.0
	for _, s := range all {
		for _, p := range s.Points {
			if p.At.Before(a.first) {
				a.first = p.At
			}
			if p.At.After(a.last) {
				a.last = p.At
			}
			most = max(most, p.Cost)
		}
	}
	if most == 0 {
		most = 1
	}
	most = min(max(most, least), greatest)
	a.step = stepOf(most)
	a.top = a.step * math.Ceil(most/a.step*0.999999)
	return a
}

func (a axes) x(t time.Time) float64 {
	span := a.last.Sub(a.first)
	if span <= 0 {
		return round((a.left + a.right) / 2)
	}
	return round(a.left + 6 + (a.right-a.left-12)*min(float64(t.Sub(a.first))/float64(span), 1))
}

func (a axes) y(dollars float64) float64 {
	return round(a.under - (a.under-a.over)*min(dollars/a.top, 1))
}

func (a axes) ticks(d *plot.Drawing) {
	for i := 0; i <= 6 && float64(i)*a.step <= a.top*1.0001; i++ {
		value := decimal(float64(i) * a.step)
		y := a.y(value)
		d.Marks = append(d.Marks, plot.Mark{Kind: plot.Line, Class: "grid", X: a.left, Y: y, X2: a.right, Y2: y},
			plot.Mark{Kind: plot.Text, Class: "tick", X: a.left - 8, Y: y + 4, Words: "$" + strconv.FormatFloat(value, 'f', -1, 64), Anchor: "end"})
	}
	for _, m := range dates(a.first, a.last, int((a.right-a.left)/dateGap)) {
		d.Marks = append(d.Marks, plot.Mark{Kind: plot.Text, Class: "tick", X: min(max(a.x(m.at), a.left+24), a.right-24), Y: a.under + 20, Words: m.words, Anchor: "middle"})
	}
}

// decimal is a multiple of a step without the digits that binary numbers add to it.
func decimal(f float64) float64 {
	short, err := strconv.ParseFloat(strconv.FormatFloat(f, 'g', 6, 64), 64)
	if err != nil {
		return f
	}
	return short
}

// stepOf is the distance of ticks that are easy to read, of which three to five reach most.
func stepOf(most float64) float64 {
	decade := math.Pow(10, math.Floor(math.Log10(most)))
	for _, m := range []float64{0.2, 0.5, 1, 2} {
		if most <= decade*m*5.000001 {
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
