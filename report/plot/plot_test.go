package plot_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/report/plot"
)

func words(v float64) string { return fmt.Sprint(v) }

// of are the marks of a kind.
func of(d plot.Drawing, k plot.Kind, class string) []plot.Mark {
	var out []plot.Mark
	for _, m := range d.Marks {
		if m.Kind == k && (m.Class == class || strings.HasPrefix(m.Class, class+" ")) {
			out = append(out, m)
		}
	}
	return out
}

// ticks are the words of an axis.
func ticks(d plot.Drawing) []string {
	var out []string
	for _, m := range of(d, plot.Text, "tick") {
		out = append(out, m.Words)
	}
	return out
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		name         string
		scale        plot.Scale
		wide, narrow []string
	}{
		{"dollars", plot.Linear([]float64{0, 0.489}), []string{"0", "0.1", "0.2", "0.3", "0.4", "0.5"}, []string{"0", "0.1", "0.2", "0.3", "0.4", "0.5"}},
		{"nothing", plot.Linear(nil), []string{"0", "0.2", "0.4", "0.6", "0.8", "1"}, []string{"0", "0.2", "0.4", "0.6", "0.8", "1"}},
		{"below 0", plot.Linear([]float64{-3, 7}), []string{"-2", "0", "2", "4", "6"}, []string{"-2", "0", "2", "4", "6"}},
		{"a ratio", plot.Log([]float64{1, 2.2, 2.4}), []string{"1", "1.5", "2"}, []string{"1", "1.5", "2"}},
		{"close to 1", plot.Log([]float64{0.98, 1, 1.03}), []string{"0.95", "1", "1.05"}, []string{"0.95", "1", "1.05"}},
		{"a decade", plot.Log([]float64{0.3, 3}), []string{"0.3", "1", "3"}, []string{"0.3", "1", "3"}},
		{"seven decades", plot.Log([]float64{0.0001, 1000}), []string{"0.0001", "0.01", "1", "100"}, []string{"0.0001", "0.01", "1", "100"}},
		{"equal", plot.Log([]float64{2, 2}), nil, nil},
		{"nothing above 0", plot.Log([]float64{0, -1, math.NaN(), math.Inf(1)}), nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			for width, want := range map[float64][]string{720: c.wide, 328: c.narrow} {
				d := plot.Chart{Scale: c.scale, Tick: words, Rows: []plot.Row{{Label: "a"}}}.Draw(width)
				if diff := cmp.Diff(want, ticks(d)); diff != "" && want != nil {
					t.Errorf("%v pixels (-want +got):\n%s", width, diff)
				}
				if n := len(ticks(d)); n < 2 {
					t.Errorf("%v pixels: %d ticks", width, n)
				}
			}
		})
	}
}

// TestMarks holds where a mark of a value stands, and what becomes of one that has no place.
func TestMarks(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	row := plot.Row{Label: "suite", Figure: "2x", Spans: []plot.Span{{From: 1, To: 4, Class: "bar"}, {From: 4, To: 1, Class: "back"}, {From: 0.5, To: inf, Class: "open", Thin: true},
		{From: 0, To: 2, Class: "from0", Thin: true}, {From: 1, To: 2, Class: "closed", Thin: true}, {From: nan, To: 2, Class: "none"}, {From: 50, To: 90, Class: "beyond", Thin: true}},
		Dots: []plot.Dot{{At: 2, Class: "dot"}, {At: nan, Class: "lost"}, {At: 1000, Class: "lost"}}}
	d := plot.Chart{Scale: plot.Log([]float64{1, 4, 0.5, 8}), Tick: words, Rows: []plot.Row{row}, Rules: []plot.Rule{{At: 1, Words: "one", Class: "equal"}, {At: nan, Words: "lost"}, {At: 99, Words: "lost"}, {At: 1.01, Words: "run into", Class: "close"}}}.Draw(720)
	bar, back := of(d, plot.Rect, "bar"), of(d, plot.Rect, "back")
	if len(bar) != 1 || len(back) != 1 || bar[0].X != back[0].X || bar[0].X2 != back[0].X2 || bar[0].X2 <= 0 {
		t.Errorf("a bar and the same backwards: %v, %v", bar, back)
	}
	dot := of(d, plot.Circle, "dot")
	if middle := bar[0].X + bar[0].X2/2; len(dot) != 1 || math.Abs(dot[0].X-middle) > 0.2 {
		t.Errorf("2 is not half way from 1 to 4: %v, %v", dot, middle)
	}
	for class, want := range map[string][2]int{"open": {2, 1}, "from0": {2, 1}, "closed": {3, 0}, "none": {0, 0}, "beyond": {0, 0}} {
		lines, arrows := of(d, plot.Line, "interval "+class), of(d, plot.Arrow, "arrow "+class)
		if len(lines) != want[0] || len(arrows) != want[1] {
			t.Errorf("%s: %d lines and %d arrows, want %v", class, len(lines), len(arrows), want)
		}
	}
	if open, from := of(d, plot.Arrow, "arrow open"), of(d, plot.Arrow, "arrow from0"); open[0].X2 != 1 || from[0].X2 != -1 || open[0].X <= from[0].X {
		t.Errorf("arrows point to %v and %v", open, from)
	}
	if n := len(of(d, plot.Circle, "lost")) + len(of(d, plot.Text, "lost")); n > 0 {
		t.Errorf("%d marks without a place", n)
	}
	if rules, said := of(d, plot.Line, "rule"), of(d, plot.Text, "rule-words"); len(rules) != 2 || len(said) != 1 || said[0].Words != "one" {
		t.Errorf("rules %v, words %v", rules, said)
	}
	if got := (plot.Mark{X: 10, Y: 20, X2: 1}).Tip(); got != "12,20 3,15 3,25" {
		t.Errorf("an arrow is %q", got)
	}
}

// inside holds that no mark leaves its drawing and that every place is a number.
func inside(t *testing.T, name string, d plot.Drawing) {
	t.Helper()
	for _, m := range d.Marks {
		right, bottom := m.X, m.Y
		if m.Kind == plot.Line {
			right, bottom = max(m.X, m.X2), max(m.Y, m.Y2)
		}
		if m.Kind == plot.Rect {
			right, bottom = m.X+m.X2-1.1, m.Y+m.Y2
		}
		if !(m.X >= 0 && m.Y >= 0 && right <= d.Width && bottom <= d.Height) || math.IsNaN(m.X2+m.Y2) {
			t.Errorf("%s: a mark leaves %v x %v: %+v", name, d.Width, d.Height, m)
		}
	}
}

func TestEverythingIsInside(t *testing.T) {
	extreme := []float64{0, 1, -1, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, 1e-9, 1e9}
	for _, a := range extreme {
		for _, b := range extreme {
			for name, s := range map[string]plot.Scale{"linear": plot.Linear([]float64{a, b}), "log": plot.Log([]float64{a, b}), "zero": {}} {
				row := plot.Row{Label: strings.Repeat("W\u4e2d", 200), Figure: "1.00x", Spans: []plot.Span{{From: a, To: b}, {From: a, To: b, Thin: true}}, Dots: []plot.Dot{{At: a}, {At: b}}}
				for _, width := range []float64{328, 720} {
					c := plot.Chart{Scale: s, Tick: words, Rows: []plot.Row{row, row}, Rules: []plot.Rule{{At: a, Words: "a"}, {At: b, Words: "b"}}}
					inside(t, fmt.Sprint(name, " ", a, " ", b), c.Draw(width))
					inside(t, fmt.Sprint("points ", name, " ", a, " ", b), plot.Scatter{Scale: s, Tick: words, Points: []plot.Point{{X: a, Y: b}, {X: b, Y: a}}}.Draw(width))
				}
			}
		}
	}
}

// TestLabels holds that a label is cut where it has no room, by how broad its letters are, and that a figure never is.
func TestLabels(t *testing.T) {
	for label, want := range map[string]string{
		"fix-date-parser":             "fix-date-parser",
		strings.Repeat("a", 60):       strings.Repeat("a", 24) + "\u2026",
		strings.Repeat("W", 60):       strings.Repeat("W", 14) + "\u2026",
		strings.Repeat("\u4e2d", 100): strings.Repeat("\u4e2d", 12) + "\u2026",
		"":                            "",
	} {
		d := plot.Chart{Scale: plot.Linear(nil), Tick: words, Rows: []plot.Row{{Label: label, Figure: "2.31x (2.20-2.42)"}}}.Draw(720)
		if got := of(d, plot.Text, "label")[0].Words; got != want {
			t.Errorf("%q: got %q, want %q", label, got, want)
		}
		if got := of(d, plot.Text, "figure")[0].Words; got != "2.31x (2.20-2.42)" {
			t.Errorf("the figure is %q", got)
		}
	}
	d := plot.Chart{Scale: plot.Linear(nil), Tick: words, Rows: []plot.Row{{Label: "task", Figure: strings.Repeat("9", 60)}}}.Draw(328)
	if got := of(d, plot.Text, "label")[0].Words; got != "" {
		t.Errorf("a label without any room: %q", got)
	}
}

// TestScatter holds that equal values lie on the line, and dearer ones above it.
func TestScatter(t *testing.T) {
	d := plot.Scatter{Scale: plot.Log([]float64{0.01, 10}), Tick: words, XAxis: "base", YAxis: "head",
		Points: []plot.Point{{X: 1, Y: 1, Class: "same"}, {X: 1, Y: 5, Class: "dearer"}, {X: math.NaN(), Y: 1, Class: "none"}}}.Draw(720)
	line, same, dearer := of(d, plot.Line, "rule")[0], of(d, plot.Circle, "same")[0], of(d, plot.Circle, "dearer")[0]
	on := line.Y + (same.X-line.X)*(line.Y2-line.Y)/(line.X2-line.X)
	if math.Abs(on-same.Y) > 0.3 || dearer.Y >= same.Y || dearer.X != same.X {
		t.Errorf("line %+v, same %+v, dearer %+v", line, same, dearer)
	}
	if n := len(of(d, plot.Circle, "none")); n > 0 {
		t.Errorf("%d points without a place", n)
	}
}
