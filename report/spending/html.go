package spending

import (
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/pertask/pertask/ledger/rollup"
	"github.com/pertask/pertask/report/html"
	"github.com/pertask/pertask/report/plot"
)

// HTML writes a report as one page that stands alone and asks nothing of any server. It reports the first error of w.
func HTML(w io.Writer, r Report) error {
	s := sheetOf(r, html.Words())
	page := html.Sheet{Title: heading, Answer: s.answer, Notes: s.notes, Footer: s.footer}
	if c := medians(r); c != nil {
		page.Sections = append(page.Sections, html.Section{Title: "Week by week", Chart: c})
	}
	for _, p := range s.parts {
		x := html.Section{Title: p.title, Text: p.text, Head: p.table.head, Rows: together(p.table.rows), More: p.more}
		if len(p.bars) > 0 {
			x.Chart = histogram(p)
		}
		page.Sections = append(page.Sections, x)
	}
	return html.WriteSheet(w, page)
}

// together keeps cells of figures from being broken at a hyphen.
func together(rows [][]string) [][]string {
	var out [][]string
	for _, cells := range rows {
		row := make([]string, len(cells))
		for i, c := range cells {
			if row[i] = c; len(c) > 1 && strings.Trim(c, "0123456789.,-W") == "" {
				row[i] = strings.ReplaceAll(c, "-", "\u2011")
			}
		}
		out = append(out, row)
	}
	return out
}

// heading is the title of a page.
const heading = "Spend per merged pull request"

func dollars(v float64) string { return "$" + strconv.FormatFloat(v, 'f', -1, 64) }

// mostWeeks is how many weeks are drawn: the last ones.
const mostWeeks = 26

// medians is the median of each week with its interval and the quartiles; nil where fewer than two weeks have one.
func medians(r Report) *html.Chart {
	weeks := r.Rollup.Weeks[max(0, len(r.Rollup.Weeks)-mostWeeks):]
	c := &html.Chart{Title: "Median of the pull requests merged in a week", Note: "The line is the 95 % interval of the median; a week of fewer than six pull requests has none."}
	values, drawn := []float64{0}, 0
	for _, g := range weeks {
		p := g.PerPull
		if p.N == 0 {
			continue
		}
		drawn++
		row := plot.Row{Label: g.Key, Figure: usd(p.Median) + " of " + strconv.Itoa(p.N), Dots: []plot.Dot{{At: p.Median, Class: "head"}}}
		values = append(values, p.Median)
		if i := p.MedianInterval; i != nil {
			row.Spans = append(row.Spans, plot.Span{From: i.Low, To: i.High, Class: "head", Thin: true})
			values = append(values, i.High)
		}
		c.Rows = append(c.Rows, row)
	}
	if drawn < 2 {
		return nil
	}
	c.Scale, c.Tick = plot.Linear(finite(values)), dollars
	if all := r.Rollup.PerPull; all.N > 0 {
		c.Rules = []plot.Rule{{At: all.Median, Words: "median of all", Class: "equal"}}
	}
	return c
}

func finite(all []float64) (out []float64) {
	for _, v := range all {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			out = append(out, v)
		}
	}
	return out
}

// histogram draws the bars of a distribution.
func histogram(p part) *html.Chart {
	c := &html.Chart{Title: "Merged pull requests by cost", Chart: plot.Chart{Tick: func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }}}
	values := []float64{0}
	for _, b := range p.bars {
		c.Rows = append(c.Rows, plot.Row{Label: b.label, Figure: b.figure, Spans: []plot.Span{{From: 0, To: float64(b.n), Class: "head"}}})
		values = append(values, float64(b.n))
	}
	c.Scale = plot.Linear(values)
	return c
}

// perWeek are the groups of weeks that have a median.
func perWeek(r Report) []rollup.Group {
	var out []rollup.Group
	for _, g := range r.Rollup.Weeks {
		if g.PerPull.N > 0 {
			out = append(out, g)
		}
	}
	return out
}
