package timeline

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pertask/pertask/app/page/layout"
	"github.com/pertask/pertask/app/page/sheet"
	"github.com/pertask/pertask/report/figure"
)

// What a drawing has at most: classes of marks that a reader can tell apart, and points of a line.
const (
	MaxLines  = 6
	MaxPoints = 100
)

// Line is what something of a name, such as a model, cost over time. Its points are in any order.
type Line struct {
	Name   string
	Points []Point
}

// Chart draws lines, those with the most points first, and says in words what of them has no place; nil without any point. about
// says what is drawn, for those who cannot see it. The lines are sorted by it.
func Chart(title, about string, lines []Line) *layout.Chart {
	lines = slices.DeleteFunc(slices.Clone(lines), func(l Line) bool { return len(clean([]Series{{Points: l.Points}})) == 0 })
	if len(lines) == 0 {
		return nil
	}
	slices.SortFunc(lines, func(a, b Line) int {
		return cmp.Or(cmp.Compare(len(b.Points), len(a.Points)), strings.Compare(a.Name, b.Name))
	})
	var notes []string
	if left := len(lines) - MaxLines; left > 0 {
		lines = lines[:MaxLines]
		notes = append(notes, figure.Plural(left, "more model")+" with fewer points are not drawn.")
	}
	if len(lines[0].Points) > MaxPoints {
		notes = append(notes, fmt.Sprintf("The newest %d points of a model are drawn; the exports have all.", MaxPoints))
	}
	c := &layout.Chart{Title: title, Note: strings.Join(notes, " ")}
	var all []Series
	for i, l := range lines {
		s := Series{Class: "s" + strconv.Itoa(i), Points: newest(l.Points)}
		all = append(all, s)
		c.Legend = append(c.Legend, layout.Mark{Class: s.Class, Words: sheet.Show(l.Name)})
	}
	c.Alt, c.Wide, c.Narrow = spoken(about, lines, all), Draw(layout.Wide, all), Draw(layout.Narrow, all)
	return c
}

// newest are the last points that are drawn, in the order of time.
func newest(points []Point) []Point {
	p := clean([]Series{{Points: points}})[0].Points
	slices.SortStableFunc(p, func(a, b Point) int { return a.At.Compare(b.At) })
	return p[max(0, len(p)-MaxPoints):]
}

// spoken is the drawing in words: where each line begins and ends.
func spoken(about string, lines []Line, all []Series) string {
	var says []string
	for i, s := range all {
		first, last := s.Points[0], s.Points[len(s.Points)-1]
		say := fmt.Sprintf("%s %s on %s", sheet.Show(lines[i].Name), figure.USD(figure.Number(first.Cost)), first.At.UTC().Format(time.DateOnly))
		if len(s.Points) > 1 {
			say += fmt.Sprintf(", %s on %s", figure.USD(figure.Number(last.Cost)), last.At.UTC().Format(time.DateOnly))
		}
		says = append(says, say)
	}
	return about + ": " + strings.Join(says, "; ") + "."
}
