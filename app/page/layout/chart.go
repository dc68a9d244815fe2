package layout

import (
	"strconv"
	"strings"

	"github.com/pertask/pertask/report/plot"
)

// Chart is a drawing in two widths, of which the style shows one. The table below it says the same.
type Chart struct {
	Title, Alt, Note string
	Legend           []Mark
	Wide, Narrow     plot.Drawing
}

// Mark is what a class of marks stands for.
type Mark struct {
	Class, Words string
}

// Widths of the drawings, in pixels, as package report/html has them.
const (
	Wide   = 720
	Narrow = 328
)

// Part is one of the two drawings for the template.
type Part struct {
	Class, Alt string
	plot.Drawing
}

// Part is the wide or the narrow drawing.
func (c Chart) Part(class string) Part {
	if class == "narrow" {
		return Part{class, c.Alt, c.Narrow}
	}
	return Part{class, c.Alt, c.Wide}
}

// Dollars is a tick of an axis of money: a short decimal of which no digit is rounded.
func Dollars(f float64) string { return "$" + strconv.FormatFloat(f, 'f', -1, 64) }

// Alt is a drawing of rows in words.
func Alt(title string, rows []plot.Row) string {
	var says []string
	for _, r := range rows {
		says = append(says, r.Label+" "+r.Figure)
	}
	return title + ": " + strings.Join(says, "; ") + "."
}
