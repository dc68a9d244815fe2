package page

import (
	"strconv"
	"strings"

	"github.com/pertask/pertask/report/plot"
)

// chart is a drawing in two widths, of which the style shows one. The table below it says the same.
type chart struct {
	Title, Alt, Note string
	Legend           []mark
	Wide, Narrow     plot.Drawing
}

// mark is what a class of marks stands for.
type mark struct {
	Class, Words string
}

// Widths of the drawings, in pixels, as package report/html has them.
const (
	wide   = 720
	narrow = 328
)

// part is one of the two drawings for the template.
type part struct {
	Class, Alt string
	plot.Drawing
}

// Part is the wide or the narrow drawing.
func (c chart) Part(class string) part {
	if class == "narrow" {
		return part{class, c.Alt, c.Narrow}
	}
	return part{class, c.Alt, c.Wide}
}

// dollars is a tick of an axis of money: a short decimal of which no digit is rounded.
func dollars(f float64) string { return "$" + strconv.FormatFloat(f, 'f', -1, 64) }

// alt is a drawing in words.
func alt(title string, rows []plot.Row) string {
	var says []string
	for _, r := range rows {
		says = append(says, r.Label+" "+r.Figure)
	}
	return title + ": " + strings.Join(says, "; ") + "."
}
