// Package result is what a review came to, as an answer in words and as cells of a table.
//
// It knows how a verdict reads and which colour it has. It refuses to know who may see it and where it stands on a page.
package result

import (
	"strings"

	"github.com/pertask/pertask/app/page/layout"
	"github.com/pertask/pertask/app/page/sheet"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/verdict"
)

// Columns are what is shown of a suite's result, and Cells that. Other programs depend on the keys.
var Columns = []sheet.Column{{Key: "suite", Title: "Suite"}, {Key: "verdict", Title: "Verdict"}, {Key: "ratio", Title: "Head by base", Num: true}, {Key: "ratio_low"}, {Key: "ratio_high"},
	{Key: "base_model", Title: "Base per completed task"}, {Key: "head_model", Title: "Head per completed task"}, {Key: "base_cost_usd"}, {Key: "head_cost_usd"}, {Key: "base_completion"}, {Key: "head_completion"}, {Key: "result"}, {Key: "question"}, {Key: "evidence"}}

// Cells are those of Columns.
func Cells(s record.Suite) []sheet.Cell {
	label, class := Answer(s)
	verdict := sheet.Cell{Show: label, Raw: s.Verdict, Class: class}
	ratio := sheet.Number(s.Ratio, "")
	if s.Ratio != nil {
		ratio.Show = figure.Times(figure.Number(*s.Ratio), 1)
		if s.Low != nil && s.High != nil {
			ratio.Note = figure.Limits(figure.Number(*s.Low), figure.Number(*s.High), 1)
		}
	}
	return []sheet.Cell{sheet.Code(s.Name), verdict, ratio, sheet.Number(s.Low, ""), sheet.Number(s.High, ""), arm(s, s.BaseModel, s.Base, s.BaseRate), arm(s, s.HeadModel, s.Head, s.HeadRate), sheet.Money(s.Base), sheet.Money(s.Head),
		sheet.Share(s.BaseRate), sheet.Share(s.HeadRate), sheet.Text(s.Result), sheet.Text(s.Question), sheet.Text(s.Evidence)}
}

// arm is a side of a suite: its model, and below what a completed task costs and how many are completed.
func arm(s record.Suite, model string, cost price.Amount, rate *float64) sheet.Cell {
	c := sheet.Code(model)
	c.Note = Measured(s, cost, rate).Show
	if rate != nil && *rate != 0 {
		c.Note += ", completes " + sheet.Share(rate).Show
	}
	return c
}

// Answer is a suite's result in a word or two, as reports have it, and its colour.
func Answer(s record.Suite) (label, class string) {
	switch verdict.Result(s.Result) {
	case verdict.NothingChanged:
		return "No model setting changed", "good"
	case verdict.NotMeasured:
		return "Not measured", "open"
	case verdict.Accepted:
		return "Accepted", "good"
	case verdict.BadInput:
		return "Configuration error", "bad"
	case verdict.Measured:
		switch s.Verdict {
		case verdict.Switch.String():
			return "Switch", "good"
		case verdict.DontSwitch.String():
			return "Don't switch", "bad"
		}
		return "Inconclusive", "open"
	}
	return "No result", "open"
}

// Split is the answer of a title, which is its first sentence where that is short, and the rest.
func Split(title string) (answer, rest string) {
	title = sheet.Show(title)
	if a, r, ok := strings.Cut(title, ". "); ok && len(a) <= 40 {
		return a, r
	}
	return title, ""
}

// Tone is the colour of a review's title.
func Tone(r record.Review) string {
	switch {
	case r.State == record.Broken || r.Conclusion == "failure":
		return "bad"
	case r.State == record.Ended && r.Conclusion == "success":
		return "good"
	}
	return ""
}

// Headline is a review's answer in large.
func Headline(r record.Review) *layout.Lead {
	l := &layout.Lead{Text: sheet.Show(r.Title)}
	switch r.State {
	case record.Running:
		l.Class, l.Label = "open", "Running"
	case record.Superseded:
		l.Class, l.Label = "open", "Superseded"
		if l.Text == "" {
			l.Text = "The pull request moved on before this review had ended."
		}
	case record.Broken:
		l.Class, l.Label = "bad", "It could not be carried out"
	case record.Ended:
		l.Label, l.Text = Split(r.Title)
		l.Class = Tone(r)
		if len(r.Suites) == 1 {
			_, l.Class = Answer(r.Suites[0])
		}
		if l.Label == "" {
			l.Label = "Ended"
		}
	}
	return l
}

// HasReport reports whether a report of a suite is still kept.
func HasReport(r record.Review) bool {
	for _, s := range r.Suites {
		if len(s.Report) > 0 {
			return true
		}
	}
	return false
}

// Measured is the cost per completed task under an arm. One under which no task was completed has none, which is not unknown.
func Measured(s record.Suite, cost price.Amount, rate *float64) sheet.Cell {
	c := sheet.Money(cost)
	switch {
	case cost.IsKnown():
	case rate != nil && *rate == 0:
		c.Show = "none completed"
	case s.Ratio == nil && rate == nil:
		c.Show = "" // nothing was measured
	}
	return c
}
