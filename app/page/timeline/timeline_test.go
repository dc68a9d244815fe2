package timeline_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/app/page/timeline"
	"github.com/pertask/pertask/report/plot"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func day(n float64, cost float64) timeline.Point {
	return timeline.Point{At: start.Add(time.Duration(n * 24 * float64(time.Hour))), Cost: cost}
}

// words are those below and beside a drawing, the dollars first.
func words(d plot.Drawing) (dollars, dates []string) {
	for _, m := range d.Marks {
		if m.Kind == plot.Text && m.Anchor == "end" {
			dollars = append(dollars, m.Words)
		} else if m.Kind == plot.Text {
			dates = append(dates, m.Words)
		}
	}
	return dollars, dates
}

func TestTicks(t *testing.T) {
	for name, c := range map[string]struct {
		points         []timeline.Point
		dollars, dates []string
	}{
		"a month":    {[]timeline.Point{day(0, 0.2), day(31, 0.31)}, []string{"$0", "$0.1", "$0.2", "$0.3", "$0.4"}, []string{"1 Jan", "7 Jan", "13 Jan", "19 Jan", "25 Jan", "1 Feb"}},
		"a year":     {[]timeline.Point{day(0, 1), day(365, 5)}, []string{"$0", "$1", "$2", "$3", "$4", "$5"}, []string{"Jan 2026", "Mar 2026", "May 2026", "Aug 2026", "Oct 2026", "Jan 2027"}},
		"an hour":    {[]timeline.Point{day(0, 1e-6), day(1.0/24, 2e-6)}, []string{"$0", "$0.0000005", "$0.000001", "$0.0000015", "$0.000002"}, []string{"1 Jan 00:00", "1 Jan 00:12", "1 Jan 00:24", "1 Jan 00:36", "1 Jan 00:48", "1 Jan 01:00"}},
		"one":        {[]timeline.Point{day(0, 120)}, []string{"$0", "$50", "$100", "$150"}, []string{"1 Jan 2026"}},
		"two days":   {[]timeline.Point{day(0, 1), day(2, 1)}, []string{"$0", "$0.2", "$0.4", "$0.6", "$0.8", "$1"}, []string{"1 Jan", "2 Jan", "3 Jan"}},
		"free":       {[]timeline.Point{day(0, 0), day(40, 0)}, []string{"$0", "$0.2", "$0.4", "$0.6", "$0.8", "$1"}, []string{"1 Jan", "9 Jan", "17 Jan", "25 Jan", "2 Feb", "10 Feb"}},
		"nothing":    {nil, nil, nil},
		"far away":   {[]timeline.Point{day(0, 1e300), day(40, 1)}, []string{"$0", "$200000000000", "$400000000000", "$600000000000", "$800000000000", "$1000000000000"}, []string{"1 Jan", "9 Jan", "17 Jan", "25 Jan", "2 Feb", "10 Feb"}},
		"no numbers": {[]timeline.Point{day(0, math.NaN()), day(1, math.Inf(1)), day(2, -1)}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			dollars, dates := words(timeline.Draw(720, []timeline.Series{{Class: "s0", Points: c.points}}))
			if diff := cmp.Diff(c.dollars, dollars); diff != "" {
				t.Errorf("dollars (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.dates, dates); diff != "" {
				t.Errorf("dates (-want +got):\n%s", diff)
			}
		})
	}
}

// TestPlaces holds that later is to the right, dearer is higher, and that a line goes from point to point.
func TestPlaces(t *testing.T) {
	d := timeline.Draw(720, []timeline.Series{{Class: "s0", Points: []timeline.Point{day(0, 1), day(5, 2), day(6, math.NaN()), day(10, 1)}}, {Class: "s1", Points: []timeline.Point{day(5, 0)}}})
	var dots, paths []plot.Mark
	for _, m := range d.Marks {
		switch {
		case m.Kind == plot.Circle:
			dots = append(dots, m)
		case m.Class == "path s0":
			paths = append(paths, m)
		}
	}
	if len(dots) != 4 || len(paths) != 2 {
		t.Fatalf("%d dots and %d lines", len(dots), len(paths))
	}
	if middle := (dots[0].X + dots[2].X) / 2; math.Abs(dots[1].X-middle) > 0.2 || dots[0].Y != dots[2].Y || dots[1].Y >= dots[0].Y || dots[3].Y <= dots[0].Y || dots[3].X != dots[1].X {
		t.Errorf("the dots stand at %+v", dots)
	}
	if math.Abs((dots[3].Y+dots[1].Y)/2-dots[0].Y) > 0.2 {
		t.Errorf("$1 is not half way from $0 to $2: %+v", dots)
	}
	for i, p := range paths {
		if p.X != dots[i].X || p.Y != dots[i].Y || p.X2 != dots[i+1].X || p.Y2 != dots[i+1].Y {
			t.Errorf("line %d goes from %v to %v", i, p, dots)
		}
	}
}

// TestInside holds that no mark leaves its drawing, whatever it is given.
func TestInside(t *testing.T) {
	extreme := []float64{0, 1, -1, math.NaN(), math.Inf(1), math.MaxFloat64, math.SmallestNonzeroFloat64, 1e-9, 1e300, 0.3, 1e-300}
	times := []time.Time{{}, start, start.Add(1), start.AddDate(500, 0, 0), time.Unix(1<<40, 0)}
	for _, a := range extreme {
		for _, b := range extreme {
			for _, from := range times {
				for _, to := range times {
					for _, width := range []float64{328, 720} {
						d := timeline.Draw(width, []timeline.Series{{Points: []timeline.Point{{At: from, Cost: a}, {At: to, Cost: b}}}})
						if len(d.Marks) > 100 {
							t.Fatalf("%v, %v: %d marks", a, b, len(d.Marks))
						}
						for _, m := range d.Marks {
							if !(m.X >= 0 && m.X <= d.Width && m.Y >= 0 && m.Y <= d.Height && m.Y2 <= d.Height) || math.IsNaN(m.X2+m.Y2) {
								t.Fatalf("%v at %v, %v at %v: a mark leaves %v x %v: %+v", a, from, b, to, d.Width, d.Height, m)
							}
						}
					}
				}
			}
		}
	}
}

// What has no place in a chart is said to be missing, and the chart is there in words.
func TestChart(t *testing.T) {
	if c := timeline.Chart("t", "a", []timeline.Line{{Name: "m"}, {Name: "n", Points: []timeline.Point{day(0, math.NaN())}}}); c != nil {
		t.Errorf("a chart of nothing: %+v", c)
	}
	var lines []timeline.Line
	for i := range timeline.MaxLines + 2 {
		l := timeline.Line{Name: string(rune('a' + i))}
		for n := range 2 + i {
			l.Points = append(l.Points, day(float64(-n), 0.5))
		}
		lines = append(lines, l)
	}
	for n := range timeline.MaxPoints {
		lines[7].Points = append(lines[7].Points, day(float64(n+1), 1))
	}
	c := timeline.Chart("t", "Costs", lines)
	if len(c.Legend) != timeline.MaxLines || c.Legend[0].Words != "h" || c.Legend[1].Words != "g" ||
		c.Note != "2 more models with fewer points are not drawn. The newest 100 points of a model are drawn; the exports have all." {
		t.Errorf("%+v: %s", c.Legend, c.Note)
	}
	if want := "Costs: h $1.00 on 2026-01-02, $1.00 on 2026-04-11; g $0.500 on 2025-12-25, $0.500 on 2026-01-01; "; len(c.Alt) < len(want) || c.Alt[:len(want)] != want {
		t.Errorf("in words: %s", c.Alt)
	}
}
