package html

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"

	"github.com/pertask/pertask/report/markup"
	"github.com/pertask/pertask/report/plot"
)

//go:embed sheet.tmpl
var sheetSource string

var sheetLayout = template.Must(template.Must(layout.Clone()).Parse(sheetSource))

// Sheet is a page about something else than a comparison, with the look of a report's. Its strings are HTML, as Words writes it; those of
// its charts and its title are text.
type Sheet struct {
	Title    string
	Answer   string
	Notes    []string
	Sections []Section
	Footer   []string
}

// Section is a part of a Sheet under a heading.
type Section struct {
	Title string
	Text  []string
	Head  []string // of the table, which has Rows; the first column names the rows
	Rows  [][]string
	More  string // below the table
	Chart *Chart
	Folds bool // whether the table is folded below the chart
}

// Chart is a drawing of a Section. Its words are text.
type Chart struct {
	Title, Note string
	plot.Chart
}

// Words returns the style of HTML: everything in it is text, in elements of our own.
func Words() markup.Style { return words }

// sheetSection is a Section for the template.
type sheetSection struct {
	section
	More []template.HTML
}

// WriteSheet renders a sheet as one page that stands alone. It reports the first error of w.
func WriteSheet(w io.Writer, s Sheet) error {
	p := struct {
		page
		Answer        template.HTML
		Notes, Footer []template.HTML
		Sections      []sheetSection
	}{page: page{Title: s.Title, Policy: policy(), Style: template.CSS(css)}, Answer: template.HTML(s.Answer), Notes: safe(s.Notes...), Footer: safe(s.Footer...)}
	for _, x := range s.Sections {
		p.Sections = append(p.Sections, x.section())
	}
	if err := sheetLayout.ExecuteTemplate(w, "sheet", p); err != nil {
		return fmt.Errorf("writing a page: %w", err)
	}
	return nil
}

func (x Section) section() sheetSection {
	out := sheetSection{section: section{Title: x.Title, Text: safe(x.Text...)}, More: safe(x.More)}
	var t *table
	if len(x.Rows) > 0 {
		t = &table{Caption: x.Title, Head: x.Head}
		for _, cells := range x.Rows {
			row := make([]template.HTML, len(cells))
			for i, c := range cells {
				row[i] = template.HTML(c)
			}
			t.Rows = append(t.Rows, row)
		}
	}
	if x.Chart == nil {
		out.Table = t
		return out
	}
	p := chart(x.Chart.Title, x.Chart.Chart, nil)
	if p == nil {
		out.Table = t
		return out
	}
	p.Note = x.Chart.Note
	if x.Folds {
		p.Table = t
	} else {
		out.Table = t
	}
	out.Plots = some(p)
	return out
}
