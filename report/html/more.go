package html

import (
	"fmt"
	"html/template"
	"math"
	"strings"

	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/report/grounds"
	"github.com/pertask/pertask/report/markup"
	"github.com/pertask/pertask/report/plot"
	"github.com/pertask/pertask/report/row"
)

func segmentName(s report.Segment) string {
	if s.Kind == "label" {
		return "labelled " + markup.Value(s.Name)
	}
	return strings.ReplaceAll(markup.Sentence(s.Name), "`", "")
}

// whyPlot is the parts of the change one after the other: each begins where those before it have led.
func whyPlot(r *report.Report) *plotted {
	all := grounds.Bars(r)
	if len(all) == 0 {
		return nil
	}
	c := plot.Chart{Tick: times, Rules: []plot.Rule{{At: 1, Words: "no change", Class: "equal"}}}
	t := &table{Caption: "Parts of the change", Head: []string{"part", "factor", "per completed task"}}
	values, at := []float64{1}, 0.0
	for i, b := range all {
		from, to, class := at, at+b.Size, "less"
		if i == len(all)-1 { // all of them together
			from, to = 0, b.Size
		}
		if to > from {
			class = "more"
		}
		if i == len(all)-1 {
			class += " total"
		}
		at = to
		x, y := math.Exp(from), math.Exp(to)
		values = append(values, x, y)
		c.Rows = append(c.Rows, plot.Row{Label: b.Label, Figure: b.Figure + ", " + b.Note, Spans: []plot.Span{{From: x, To: y, Class: class}}})
		t.Rows = append(t.Rows, plain(b.Label, b.Figure, b.Note))
	}
	c.Scale = plot.Log(values)
	p := chart("What the change is made of", c, t)
	p.Note = "Each part begins where those above it have led; the last bar is all of them."
	p.Legend = []mark{{Class: "less", Words: "cheaper"}, {Class: "more", Words: "dearer"}}
	return p
}

// tokensPlot is the tokens of a trial by class, one on the other.
func tokensPlot(r *report.Report) *plotted {
	if !r.HasTrials() {
		return nil
	}
	classes := []struct {
		class, name string
		of          func(report.Tokens) report.Number
	}{
		{"t-input", "input", func(t report.Tokens) report.Number { return t.Input }},
		{"t-cached", "cached input", func(t report.Tokens) report.Number { return t.CacheRead }},
		{"t-written", "input written to a cache", func(t report.Tokens) report.Number { return t.CacheCreation }},
		{"t-output", "output", func(t report.Tokens) report.Number { return t.Output }},
	}
	b, h := r.Base.TokensPerTrial, r.Head.TokensPerTrial
	if !finite(float64(b.Total()), float64(h.Total())) || b.Total()+h.Total() <= 0 {
		return nil
	}
	c := plot.Chart{Tick: count, Scale: plot.Linear([]float64{float64(b.Total()), float64(h.Total())})}
	t := &table{Caption: "Tokens of a trial by class", Head: []string{"class", "base", "head", "change"}}
	rows := []plot.Row{{Label: "base", Figure: figure.Count(b.Total())}, {Label: "head", Figure: figure.Count(h.Total())}}
	at := []float64{0, 0}
	var legend []mark
	for _, k := range classes {
		if k.of(b)+k.of(h) <= 0 {
			continue
		}
		legend = append(legend, mark{Class: k.class, Words: k.name})
		for i, n := range []report.Number{k.of(b), k.of(h)} {
			if n > 0 {
				rows[i].Spans = append(rows[i].Spans, plot.Span{From: at[i], To: at[i] + float64(n), Class: k.class})
			}
			at[i] += float64(n)
		}
		t.Rows = append(t.Rows, plain(k.name, figure.Count(k.of(b)), figure.Count(k.of(h)), figure.Change(float64(k.of(b)), float64(k.of(h)))))
	}
	t.Rows = append(t.Rows, plain("all", figure.Count(b.Total()), figure.Count(h.Total()), figure.Change(float64(b.Total()), float64(h.Total()))))
	c.Rows = rows
	p := chart("Tokens of a trial by class", c, t)
	p.Legend = legend
	return p
}

// looksPlot is the ratio with its repeated interval at each look that was made.
func looksPlot(r *report.Report) *plotted {
	history := grounds.History(r)
	if len(history.Rows) < 2 {
		return nil
	}
	c := plot.Chart{Tick: times, Rules: limits(r)}
	values := []float64{1, r.Policy.MaxCostRatio}
	for i, l := range r.Sequence.History {
		cells := history.Rows[i]
		row := plot.Row{Label: figure.Plural(l.Trials, "trial") + " per task", Figure: cells[1] + " (" + cells[2] + ")"}
		if e, low, high := float64(l.Ratio), float64(l.Low), float64(l.High); !math.IsNaN(low) && !math.IsNaN(high) {
			row.Spans = []plot.Span{{From: max(low, 0), To: high, Class: "head", Thin: true}}
			row.Dots = []plot.Dot{{At: e, Class: "head"}}
			values = append(values, e, low, high)
		}
		c.Rows = append(c.Rows, row)
	}
	c.Scale = plot.Log(values)
	p := chart("The ratio at each look", c, of("The ratio at each look", history, false))
	p.Note = "The intervals of all looks hold together; one with an arrow goes on beyond the drawing."
	return p
}

// maxRows is how many tasks have a row of their own in a drawing; with more of them all become points.
const maxRows = 24

// costs are the mean costs of a trial; false where one is not known.
func costs(t report.Task) (base, head float64, ok bool) {
	b, h := figure.Mean(t.Base.Cost.Amount, t.Base.Trials), figure.Mean(t.Head.Cost.Amount, t.Head.Trials)
	if b == nil || h == nil {
		return 0, 0, false
	}
	base, _ = b.Float64()
	head, _ = h.Float64()
	return base, head, finite(base, head)
}

// tasksPlot is what a trial of each task costs, base against head.
func tasksPlot(r *report.Report) *plotted {
	if !r.HasTrials() || len(r.Tasks) == 0 {
		return nil
	}
	t := taskTable(r)
	if len(r.Tasks) > maxRows {
		return tasksScatter(r, t)
	}
	c := plot.Chart{Tick: dollars}
	var values []float64
	positive := true
	for _, i := range row.Movers(r.Tasks) {
		x := r.Tasks[i]
		line := plot.Row{Label: markup.Value(x.ID), Figure: row.OfTask(x).Cost}
		if b, h, ok := costs(x); ok {
			way := "less"
			if h > b {
				way = "more"
			}
			line.Spans = []plot.Span{{From: b, To: h, Class: "way " + way, Thin: true}}
			line.Dots = []plot.Dot{{At: b, Class: "base"}, {At: h, Class: "head"}}
			values = append(values, b, h)
			positive = positive && b > 0 && h > 0
		}
		c.Rows = append(c.Rows, line)
	}
	if len(values) == 0 {
		return &plotted{Title: "Cost of a trial of each task", Note: "What trials cost is not known.", Table: t}
	}
	c.Scale = plot.Linear(values)
	if positive {
		c.Scale = plot.Log(values)
	}
	p := chart("Cost of a trial of each task", c, t)
	p.Legend = arms(true)
	p.Note = "The tasks whose cost changed most come first."
	if positive {
		p.Note += " The axis is logarithmic."
	}
	return p
}

func tasksScatter(r *report.Report, t *table) *plotted {
	c := plot.Scatter{Tick: dollars, XAxis: "cost of a trial at the base", YAxis: "cost of a trial at the head"}
	var values []float64
	dearer, cheaper := 0, 0
	for _, x := range r.Tasks {
		b, h, ok := costs(x)
		if !ok || !(b > 0) || !(h > 0) {
			continue
		}
		way := "less"
		if h > b {
			way, dearer = "more", dearer+1
		} else if h < b {
			cheaper++
		}
		c.Points = append(c.Points, plot.Point{X: b, Y: h, Class: "point " + way})
		values = append(values, b, h)
	}
	if len(c.Points) == 0 {
		return &plotted{Title: "Cost of a trial of each task", Note: "What trials cost is not known.", Table: t}
	}
	c.Scale = plot.Log(values)
	p := &plotted{Title: "Cost of a trial of each task", Table: t, Wide: c.Draw(wide), Narrow: c.Draw(narrow),
		Legend: []mark{{Class: "less", Words: "cheaper at the head", Round: true}, {Class: "more", Words: "dearer at the head", Round: true}}}
	says := fmt.Sprintf("Of %s, %s dearer at the head and %s cheaper", figure.Plural(len(r.Tasks), "task"), figure.Whole(dearer)+is(dearer), figure.Whole(cheaper)+is(cheaper))
	if left := len(r.Tasks) - len(c.Points); left > 0 {
		says += fmt.Sprintf("; %s without a cost on both sides %s not drawn", figure.Whole(left), strings.TrimSpace(is(left)))
	}
	p.Note = says + ". Points above the line are dearer. Both axes are logarithmic."
	p.Alt = p.Title + ": " + says + "."
	return p
}

func is(n int) string {
	if n == 1 {
		return " is"
	}
	return " are"
}

// taskTable has every task, in the suite's order.
func taskTable(r *report.Report) *table {
	t := &table{Caption: "Every task, base to head", Head: []string{"task", "completed", "cost per trial", "change", "tokens per trial"}}
	timed, remarked := false, false
	var lines []row.Task
	for _, x := range r.Tasks {
		l := row.OfTask(x)
		timed, remarked = timed || l.Time != "", remarked || l.Remarks != ""
		lines = append(lines, l)
	}
	if timed {
		t.Head = append(t.Head, "time per trial")
	}
	if remarked {
		t.Head = append(t.Head, "outcomes")
	}
	for _, l := range lines {
		cells := append([]template.HTML{template.HTML(words.Code(l.ID))}, plain(l.Completed, l.Cost, l.Change, l.Tokens)...)
		if timed {
			cells = append(cells, plain(l.Time)...)
		}
		if remarked {
			cells = append(cells, plain(markup.Sentence(l.Remarks))...)
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}
