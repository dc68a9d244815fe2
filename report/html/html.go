// Package html renders reports as one page that stands alone.
//
// It knows the page: what stands where, its plots, how it looks in light, in dark, on a phone and on paper. It refuses to
// know the words of a result, which are package report's, how a number is rounded, which is figure's, and where a page is
// kept. A page asks nothing of any server and runs no script; its policy says so to the browser. Every string of a
// report is hostile.
package html

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/report/markup"
)

//go:embed page.css
var css string

//go:embed page.tmpl
var source string

var layout = template.Must(template.New("page").Parse(source))

// policy lets the browser use this page's own style sheet and nothing else. The picture is the empty icon of the page, without
// which browsers ask a server for one.
func policy() string {
	sum := sha256.Sum256([]byte(css))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; img-src data:; base-uri 'none'; form-action 'none'"
}

// words is the style of HTML: everything in it is text, in elements of our own.
var words = markup.Style{
	Bold: func(s string) string { return "<strong>" + s + "</strong>" },
	Code: func(s string) string { return "<code>" + template.HTMLEscapeString(markup.Value(s)) + "</code>" },
	Rich: rich,
}

// rich is a sentence with `values` in backquotes, where they balance, as markup.Rich has it.
func rich(s string) string {
	s = markup.Sentence(s)
	parts := strings.Split(s, "`")
	if len(parts)%2 == 0 || strings.Contains(s, "``") {
		return template.HTMLEscapeString(s)
	}
	for i, p := range parts {
		parts[i] = template.HTMLEscapeString(p)
		if i%2 == 1 {
			parts[i] = "<code>" + template.HTMLEscapeString(markup.Value(p)) + "</code>"
		}
	}
	return strings.Join(parts, "")
}

// safe takes what words has written.
func safe(all ...string) []template.HTML {
	var out []template.HTML
	for _, s := range all {
		if s != "" {
			out = append(out, template.HTML(s))
		}
	}
	return out
}

// plain takes our own words and figures, and makes them text.
func plain(all ...string) []template.HTML {
	out := make([]template.HTML, len(all))
	for i, s := range all {
		out[i] = template.HTML(template.HTMLEscapeString(s))
	}
	return out
}

// page is what the template shows.
type page struct {
	Title, Policy string
	Style         template.CSS
	Many          bool
	Suites        []suite
}

// suite is one report.
type suite struct {
	Number       int
	Name, Digest string
	Class        string // of the answer: our own word
	Label        string
	Answer       template.HTML
	Notes        []template.HTML
	Sections     []section
	Footer       []template.HTML
}

// section is a part of a suite under a heading; one without anything in it is not shown.
type section struct {
	Many    bool // whether headings are those of one suite of several
	Title   string
	Text    []template.HTML
	List    []template.HTML
	Table   *table
	Plots   []plotted
	Folded  bool
	Summary string // of what is folded
}

func (s section) empty() bool {
	return len(s.Text)+len(s.List)+len(s.Plots) == 0 && s.Table == nil
}

// table is cells as safe as HTML. The first column names the rows.
type table struct {
	Caption string
	Suite   int // number of the suite, where there are several: no two tables of a page have the same name
	Head    []string
	Rows    [][]template.HTML
	Class   string
}

// Write renders reports as one page. It reports the first error of w.
func Write(w io.Writer, reports []*report.Report) error {
	p := page{Title: report.Title(reports), Policy: policy(), Style: template.CSS(css), Many: len(reports) != 1}
	for i, r := range reports {
		p.Suites = append(p.Suites, suiteOf(r, i+1, p.Many))
	}
	if err := layout.Execute(w, p); err != nil {
		return fmt.Errorf("writing a report as HTML: %w", err)
	}
	return nil
}
