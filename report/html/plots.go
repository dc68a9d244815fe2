package html

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/report/grounds"
	"github.com/pertask/pertask/report/plot"
)

// plotted is a drawing in two widths, with what it says in words and in numbers.
type plotted struct {
	Title, Alt   string
	Note         string
	Legend       []mark
	Wide, Narrow plot.Drawing
	Table        *table
}

// mark is what a class of marks stands for.
type mark struct {
	Class, Words string
	Round        bool
}

// Widths of the drawings, in pixels. A drawing is not shown wider than it is, so that its words keep their size.
const (
	wide   = 720
	narrow = 328
)

// maxAlt is how many rows the words for those who do not see a drawing name. The table below it has all.
const maxAlt = 12

// chart is rows in both widths. The words are those of its rows.
func chart(title string, c plot.Chart, t *table) *plotted {
	if len(c.Rows) == 0 {
		return nil
	}
	p := &plotted{Title: title, Wide: c.Draw(wide), Narrow: c.Draw(narrow), Table: t}
	var says []string
	for _, r := range c.Rows[:min(len(c.Rows), maxAlt)] {
		says = append(says, strings.TrimSpace(r.Label+" "+r.Figure))
	}
	if left := len(c.Rows) - len(says); left > 0 {
		says = append(says, fmt.Sprintf("%d more in the table", left))
	}
	p.Alt = title + ": " + strings.Join(says, "; ") + "."
	return p
}

// some leaves out what could not be drawn.
func some(all ...*plotted) []plotted {
	var out []plotted
	for _, p := range all {
		if p != nil {
			out = append(out, *p)
		}
	}
	return out
}

// times is a tick of an axis of ratios: it is a short decimal, so that no digit of it is rounded.
func times(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) + "x" }

// dollars is a tick of an axis of money.
func dollars(v float64) string { return "$" + strconv.FormatFloat(v, 'f', -1, 64) }

func count(v float64) string { return figure.Count(report.Number(v)) }

func finite(all ...float64) bool {
	for _, f := range all {
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return false
		}
	}
	return true
}

// limits are the rules of an axis of ratios: the most that is allowed, and where both arms cost the same.
func limits(r *report.Report) []plot.Rule {
	most := r.Policy.MaxCostRatio
	if !(most > 0) || !finite(most) {
		return []plot.Rule{{At: 1, Words: "same cost", Class: "equal"}}
	}
	out := []plot.Rule{{At: most, Words: "at most " + figure.Times(report.Number(most), 0), Class: "limit"}}
	if most != 1 {
		out = append(out, plot.Rule{At: 1, Words: "same cost", Class: "equal"})
	}
	return out
}

// costPlot is what a completed task costs under each arm. The report knows the interval of the ratio and not that of an arm,
// so it is shown as what it makes of the base's cost.
func costPlot(r *report.Report) *plotted {
	if !r.HasTrials() {
		return nil
	}
	values := []float64{0}
	base, more := costRow(r, r.Base, "base")
	values = append(values, more...)
	head, more := costRow(r, r.Head, "head")
	values = append(values, more...)
	low, high, ok := headInterval(r)
	interval := ""
	if ok {
		head.Spans = append(head.Spans, plot.Span{From: low, To: high, Class: "over", Thin: true})
		values = append(values, low, high)
		interval = figure.USD(report.Number(low)) + " to " + figure.USD(report.Number(high))
		if math.IsInf(high, 1) {
			interval = "at least " + figure.USD(report.Number(low))
		}
	}
	if len(values) == 1 {
		return nil
	}
	t := &table{Caption: "Cost per completed task", Head: []string{"side", "cost", "interval"}}
	t.Rows = append(t.Rows, plain("base", base.Figure, ""), plain("head", head.Figure, interval))
	p := chart("Cost per completed task", plot.Chart{Scale: plot.Linear(values), Tick: dollars, Rows: []plot.Row{base, head}}, t)
	p.Legend = arms(false)
	if ok {
		p.Note = fmt.Sprintf("The interval is that of the ratio (%s), times what the base costs.", figure.Level(grounds.Confidence(r, r.Ratio.Confidence)))
	}
	return p
}

// costRow is the row of an arm, and the values that its axis must have.
func costRow(r *report.Report, a report.Arm, name string) (row plot.Row, values []float64) {
	row = plot.Row{Label: name, Figure: figure.PerTask(a.CostPerTask.Amount)}
	cost := float64(a.CostPerTask.Amount)
	switch {
	case a.Completed == 0:
		row.Figure = "none completed"
		if least, ok := atLeast(r, a, name); ok {
			values = append(values, least*1.3)
			row.Figure = "at least " + figure.USD(report.Number(least))
			row.Spans = []plot.Span{{From: least, To: math.Inf(1), Class: name, Thin: true}}
		}
	case finite(cost) && cost >= 0:
		values = append(values, cost)
		row.Spans = []plot.Span{{From: 0, To: cost, Class: name}}
		if a.CostPerTask.Status == price.LowerBound {
			row.Figure = "at least " + row.Figure
		}
	}
	return row, values
}

// atLeast is what a completed task costs at least under an arm that completed nothing: what the report says, or for the head
// the lower limit of the ratio times what the base costs.
func atLeast(r *report.Report, a report.Arm, name string) (float64, bool) {
	if a.AtLeast != nil && *a.AtLeast > 0 && finite(float64(*a.AtLeast)) {
		return float64(*a.AtLeast), true
	}
	if name != "head" || r.Ratio == nil {
		return 0, false
	}
	least := float64(r.Ratio.Low) * float64(r.Base.CostPerTask.Amount)
	return least, finite(least) && least > 0
}

func arms(round bool) []mark {
	return []mark{{Class: "base", Words: "base", Round: round}, {Class: "head", Words: "head", Round: round}}
}

// headInterval is the ratio's interval times the base's cost, where the head's cost is the ratio's estimate times the base's.
func headInterval(r *report.Report) (low, high float64, ok bool) {
	base, head := float64(r.Base.CostPerTask.Amount), float64(r.Head.CostPerTask.Amount)
	if r.Ratio == nil || !finite(base, head, float64(r.Ratio.Estimate)) || base <= 0 ||
		math.Abs(float64(r.Ratio.Estimate)*base-head) > 1e-3*head {
		return 0, 0, false
	}
	low, high = float64(r.Ratio.Low)*base, float64(r.Ratio.High)*base
	return max(low, 0), high, finite(low) && !math.IsNaN(high)
}

// ratioPlot is every ratio of the report with its interval.
func ratioPlot(r *report.Report) *plotted {
	if r.Ratio == nil {
		return nil
	}
	c := plot.Chart{Tick: times, Rules: limits(r)}
	limit := r.Policy.MaxCostRatio
	values := []float64{1, limit}
	t := &table{Caption: "Cost of a completed task, head by base", Head: []string{"for", "ratio", "interval"}}
	add := func(name string, class string, estimate, low, high report.Number) {
		e, l, h := float64(estimate), float64(low), float64(high)
		if math.IsNaN(l) || math.IsNaN(h) || !finite(e) && l <= 0 && math.IsInf(h, 1) {
			return
		}
		words := figure.Times(estimate, limit) + " (" + figure.Limits(low, high, limit) + ")"
		if !finite(e) {
			words = figure.Limits(low, high, limit)
			values = append(values, l*1.5)
		}
		row := plot.Row{Label: name, Figure: words,
			Spans: []plot.Span{{From: max(l, 0), To: h, Class: class, Thin: true}}, Dots: []plot.Dot{{At: e, Class: class}}}
		values = append(values, e, l, h)
		c.Rows = append(c.Rows, row)
		t.Rows = append(t.Rows, plain(name, figure.Times(estimate, limit), figure.Limits(low, high, limit)))
	}
	own, other := "on this suite", "tasks like these"
	if r.Ratio.Scope == "population" {
		own, other = other, own
	}
	add(own, "head", r.Ratio.Estimate, r.Ratio.Low, r.Ratio.High)
	if p := r.Population; p != nil && r.Ratio.Scope != "population" {
		add(other, "pale", p.Estimate, p.Low, p.High)
	}
	for _, s := range r.Segments {
		add(segmentName(s), "pale", s.Estimate, s.Low, s.High)
	}
	c.Scale = plot.Log(values)
	return chart("How many times as much a completed task costs", c, t)
}

// part is one of the two drawings for the template.
type part struct {
	Class, Alt    string
	Width, Height float64
	Marks         []plot.Mark
}

// Part is the wide or the narrow drawing. Only one of them is shown.
func (p plotted) Part(class string) part {
	d := p.Wide
	if class == "narrow" {
		d = p.Narrow
	}
	return part{Class: class, Alt: p.Alt, Width: d.Width, Height: d.Height, Marks: d.Marks}
}
