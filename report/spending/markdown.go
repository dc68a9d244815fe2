package spending

import (
	"strings"

	"github.com/pertask/pertask/report/chart"
	"github.com/pertask/pertask/report/markup"
)

// Markdown is a report for GitHub: a job summary, a comment or an issue. Nothing in it that somebody else wrote is live.
func Markdown(r Report) string {
	s := sheetOf(r, markup.GitHub)
	blocks := append([]string{"## " + heading, s.answer}, s.notes...)
	for i, p := range s.parts {
		blocks = append(blocks, mdPart(p))
		if i == 0 {
			blocks = append(blocks, weeks(r))
		}
	}
	blocks = append(blocks, strings.Join(s.footer, " · ")+".")
	var out []string
	for _, b := range blocks {
		if b != "" {
			out = append(out, b)
		}
	}
	return strings.Join(out, "\n\n") + "\n"
}

// weeks is a chart of the medians.
func weeks(r Report) string {
	all := perWeek(r)
	all = all[max(0, len(all)-chart.Most):]
	c := chart.XY{Title: "Median per merged pull request", Axis: "dollars"}
	var values []float64
	for _, g := range all {
		c.Categories = append(c.Categories, g.Key)
		values = append(values, g.PerPull.Median)
	}
	c.Series = []chart.Series{{Bars: true, Values: values}}
	return c.Fence()
}

func mdPart(p part) string {
	lines := append([]string{"### " + p.title}, p.text...)
	if len(p.table.rows) > 0 {
		lines = append(lines, grids(p.table))
	}
	if len(p.bars) > 0 {
		g := grid{head: []string{"cost", "pull requests", ""}}
		for _, b := range p.bars {
			g.rows = append(g.rows, []string{b.label, b.figure, strings.Repeat("█", int(20*b.size+0.5))})
		}
		lines = append(lines, grids(g))
	}
	if p.more != "" {
		lines = append(lines, p.more)
	}
	return strings.Join(lines, "\n\n")
}

func grids(g grid) string {
	row := func(cells []string) string { return "| " + strings.Join(cells, " | ") + " |" }
	out := []string{row(g.head), "|" + strings.Repeat(":--|", len(g.head))}
	for _, cells := range g.rows {
		out = append(out, row(cells))
	}
	return strings.Join(out, "\n")
}
