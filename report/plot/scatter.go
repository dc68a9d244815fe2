package plot

import "math"

// Point is a value on each of two axes.
type Point struct {
	X, Y  float64
	Class string
}

// Scatter is points between two axes of the same scale, with a line where both values are equal.
type Scatter struct {
	Scale        Scale
	Tick         func(float64) string
	Points       []Point
	XAxis, YAxis string // our own words
}

// Draw lays the points out.
func (c Scatter) Draw(width float64) Drawing {
	const axis, foot, top = 62.0, 46.0, 24.0
	side := min(width-axis-edge, 440)
	left := axis + (width-axis-edge-side)/2
	d := Drawing{Width: width, Height: top + side + foot}
	x, y := c.Scale.over(left, left+side), c.Scale.over(top+side, top)
	bottom := top + side
	for _, t := range x.ticks(gap) {
		at, up := x.at(t), y.at(t)
		d.add(Mark{Kind: Line, Class: "grid", X: at, Y: top, X2: at, Y2: bottom})
		d.add(Mark{Kind: Line, Class: "grid", X: left, Y: up, X2: left + side, Y2: up})
		d.add(Mark{Kind: Text, Class: "tick", X: at, Y: bottom + 17, Words: c.Tick(t), Anchor: "middle"})
		d.add(Mark{Kind: Text, Class: "tick", X: left - 7, Y: up + 4, Words: c.Tick(t), Anchor: "end"})
	}
	d.add(Mark{Kind: Line, Class: "rule equal", X: left, Y: bottom, X2: left + side, Y2: top})
	for _, p := range c.Points {
		if !math.IsNaN(p.X) && !math.IsNaN(p.Y) {
			d.add(Mark{Kind: Circle, Class: p.Class, X: x.at(p.X), Y: y.at(p.Y), X2: 4})
		}
	}
	d.add(Mark{Kind: Text, Class: "axis", X: left + side/2, Y: bottom + 38, Words: c.XAxis, Anchor: "middle"})
	d.add(Mark{Kind: Text, Class: "axis", X: left - axis, Y: 14, Words: c.YAxis, Anchor: "start"})
	return d
}
