package plot

import (
	"math"
	"strconv"
	"unicode"
)

// Kind is the shape of a mark.
type Kind string

// The kinds of marks. Templates depend on the literals.
const (
	Line   Kind = "line"   // from X, Y to X2, Y2
	Rect   Kind = "rect"   // X, Y, and X2, Y2 as width and height
	Circle Kind = "circle" // at X, Y with radius X2
	Text   Kind = "text"   // Words at X, Y
	Arrow  Kind = "arrow"  // an end that goes on: a triangle at X, Y that points to the side of X2's sign
)

// Mark is one thing on a drawing.
type Mark struct {
	Kind         Kind
	Class        string
	X, Y, X2, Y2 float64
	Words        string
	Anchor       string // of Text: "start", "middle" or "end"
}

// Drawing is marks in the order in which they are painted.
type Drawing struct {
	Width, Height float64
	Marks         []Mark
}

func (d *Drawing) add(m Mark) { d.Marks = append(d.Marks, m) }

// Span is from one value to another.
type Span struct {
	From, To float64
	Class    string
	Thin     bool // an interval rather than a bar
}

// Dot is at a value.
type Dot struct {
	At    float64
	Class string
}

// Row is one line of a chart: what it is about, its figures in words, and its marks. A mark without a statement is left out.
type Row struct {
	Label, Figure string
	Spans         []Span
	Dots          []Dot
}

// Rule is a line across all rows at a value, with its words above them.
type Rule struct {
	At    float64
	Words string
	Class string
}

// Chart is rows over one axis.
type Chart struct {
	Scale Scale
	Tick  func(float64) string
	Rows  []Row
	Rules []Rule
}

// Wide is the width from which on there is room for words beside the marks.
const Wide = 600

// Geometry, in pixels of a drawing that is shown in its own size.
const (
	wideRow, narrowRow   = 32.0, 46.0
	wideLabel, wideRight = 210.0, 180.0
	edge                 = 8.0
	ruled, bare          = 24.0, 8.0 // above the rows, with and without the words of a rule
	below                = 26.0
	thick, tip           = 14.0, 5.0
	gap                  = 54.0 // between ticks, for their words
)

// Draw lays the chart out. Below Wide a row's words stand over its marks. Words are painted last, and rules before them.
func (c Chart) Draw(width float64) Drawing {
	high, left, right, above := narrowRow, edge, width-edge, bare
	if width >= Wide {
		high, left, right = wideRow, wideLabel, width-wideRight
	}
	if len(c.Rules) > 0 {
		above = ruled
	}
	bottom := above + high*float64(len(c.Rows))
	d := Drawing{Width: width, Height: bottom + below}
	s := c.Scale.over(left, right)
	c.axis(&d, s, above, bottom)
	middle := func(i int) float64 {
		if width < Wide {
			return above + high*float64(i) + 32
		}
		return above + high*(float64(i)+0.5)
	}
	for i, r := range c.Rows {
		if y := above + high*float64(i); i > 0 {
			d.add(Mark{Kind: Line, Class: "divide", X: 0, Y: y, X2: width, Y2: y})
		}
		r.marks(&d, s, middle(i))
	}
	c.rules(&d, s, above, bottom)
	for i, r := range c.Rows {
		r.words(&d, middle(i))
	}
	return d
}

func (c Chart) axis(d *Drawing, s Scale, above, bottom float64) {
	for _, t := range s.ticks(gap) {
		x := s.at(t)
		d.add(Mark{Kind: Line, Class: "grid", X: x, Y: above, X2: x, Y2: bottom})
		anchor, words := "middle", c.Tick(t)
		half := breadth(words) / 2
		switch {
		case x-half < 0:
			anchor, x = "start", max(0, x-edge)
		case x+half > d.Width:
			anchor, x = "end", min(d.Width, x+edge)
		}
		d.add(Mark{Kind: Text, Class: "tick", X: tenth(x), Y: bottom + 17, Words: words, Anchor: anchor})
	}
}

// rules leave out words that would run into those before them.
func (c Chart) rules(d *Drawing, s Scale, above, bottom float64) {
	taken := [][2]float64{}
	for _, r := range c.Rules {
		if math.IsNaN(r.At) || r.At < s.low || r.At > s.high {
			continue
		}
		x := s.at(r.At)
		d.add(Mark{Kind: Line, Class: "rule " + r.Class, X: x, Y: above - 4, X2: x, Y2: bottom})
		wide := breadth(r.Words)
		start := min(max(x-wide/2, 0), d.Width-wide)
		free := start >= 0
		for _, t := range taken {
			free = free && (start > t[1] || start+wide < t[0])
		}
		if free {
			taken = append(taken, [2]float64{start, start + wide})
			d.add(Mark{Kind: Text, Class: "rule-words " + r.Class, X: tenth(start + wide/2), Y: 14, Words: r.Words, Anchor: "middle"})
		}
	}
}

// words cuts a label that has no room. The figures are never cut.
func (r Row) words(d *Drawing, middle float64) {
	y, room := middle+4.5, wideLabel-edge
	if d.Width < Wide {
		y, room = middle-15, d.Width-breadth(r.Figure)-2*edge
	}
	d.add(Mark{Kind: Text, Class: "label", X: 0, Y: y, Words: cut(r.Label, room), Anchor: "start"})
	d.add(Mark{Kind: Text, Class: "figure", X: d.Width, Y: y, Words: r.Figure, Anchor: "end"})
}

// breadth is what words take on a line, a little more than less: a browser's fonts are not known here.
func breadth(words string) float64 {
	sum := 0.0
	for _, r := range words {
		switch {
		case r == 'm' || r == 'w' || r == 'M' || r == 'W' || r == '@' || r == '%':
			sum += 12.5
		case r >= 'A' && r <= 'Z':
			sum += 9.5
		case r < unicode.MaxLatin1:
			sum += 7.5
		default:
			sum += 15
		}
	}
	return sum
}

// cut is as much of words as has room, with an ellipsis where that is not all.
func cut(words string, room float64) string {
	if breadth(words) <= room {
		return words
	}
	letters := []rune(words)
	for len(letters) > 0 && breadth(string(letters))+breadth("\u2026") > room {
		letters = letters[:len(letters)-1]
	}
	if len(letters) == 0 {
		return ""
	}
	return string(letters) + "\u2026"
}

func (r Row) marks(d *Drawing, s Scale, middle float64) {
	for _, p := range r.Spans {
		from, to := min(p.From, p.To), max(p.From, p.To)
		if math.IsNaN(from) || math.IsNaN(to) || from > s.high || to < s.low && !p.Thin {
			continue
		}
		a, b := s.at(from), s.at(to)
		if !p.Thin {
			d.add(Mark{Kind: Rect, Class: p.Class, X: a, Y: middle - thick/2, X2: tenth(max(b-a, 1)), Y2: thick})
			continue
		}
		d.add(Mark{Kind: Line, Class: "interval " + p.Class, X: a, Y: middle, X2: b, Y2: middle})
		end(d, p.Class, a, middle, -1, from < s.low)
		end(d, p.Class, b, middle, 1, to > s.high)
	}
	for _, p := range r.Dots {
		if !math.IsNaN(p.At) && p.At >= s.low && p.At <= s.high {
			d.add(Mark{Kind: Circle, Class: p.Class, X: s.at(p.At), Y: middle, X2: 5})
		}
	}
}

// end closes an interval, or says that it goes on beyond the drawing.
func end(d *Drawing, class string, x, middle, side float64, on bool) {
	if on {
		d.add(Mark{Kind: Arrow, Class: "arrow " + class, X: x, Y: middle, X2: side})
		return
	}
	d.add(Mark{Kind: Line, Class: "interval " + class, X: x, Y: middle - tip, X2: x, Y2: middle + tip})
}

// Tip is the corners of an Arrow.
func (m Mark) Tip() string {
	place := func(x, y float64) string {
		return strconv.FormatFloat(tenth(x), 'f', -1, 64) + "," + strconv.FormatFloat(tenth(y), 'f', -1, 64)
	}
	return place(m.X+m.X2*2, m.Y) + " " + place(m.X-m.X2*7, m.Y-tip) + " " + place(m.X-m.X2*7, m.Y+tip)
}
