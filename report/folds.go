package report

import (
	"fmt"
	"math"

	"github.com/pertask/pertask/report/chart"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/report/pull"
	"github.com/pertask/pertask/report/row"
)

// historyFold is the runs of the pull request.
func historyFold(p page) string {
	table := pull.History(p.beside.History, p.extra, p.rest)
	if table == "" {
		return ""
	}
	return details("History of this pull request's runs", table)
}

// commandsFold is what a person may ask for. It goes with the last lists.
func commandsFold(p page) string {
	if !p.beside.Commands || p.items <= 0 {
		return ""
	}
	s := details("Commands", pull.Commands)
	if p.beside.CommandsOpen {
		return "<details open>" + s[len("<details>"):]
	}
	return s
}

// looksChart draws the looks whose interval has two ends, with the words for its lines; "" where fewer than two have.
func looksChart(r *Report) string {
	c := chart.XY{Title: "Cost of a completed task, head by base", Axis: "ratio", Series: make([]chart.Series, 4)}
	for _, l := range r.Sequence.History {
		if !(l.Low > 0) || math.IsInf(float64(l.High), 0) || math.IsNaN(float64(l.High+l.Ratio)) {
			continue
		}
		c.Categories = append(c.Categories, figure.Plural(l.Trials, "trial"))
		for i, v := range []Number{l.High, l.Ratio, l.Low, Number(r.Policy.MaxCostRatio)} {
			c.Series[i].Values = append(c.Series[i].Values, float64(v))
		}
	}
	fence := c.Fence()
	if fence == "" {
		return ""
	}
	return fmt.Sprintf("\n\nThe looks whose interval has two ends, as lines: the high end of the interval, the ratio, the low end, and flat at %s the most that is allowed.\n\n",
		figure.Times(Number(r.Policy.MaxCostRatio), 0)) + fence
}

// tasksChart draws how the cost of a trial of each task changed, of those that changed most; "" with fewer than two.
func tasksChart(r *Report) string {
	c := chart.XY{Title: "Cost of a trial, head by base", Axis: "head by base", Series: []chart.Series{{Bars: true}, {}}}
	for _, i := range row.Movers(r.Tasks) {
		t := r.Tasks[i]
		b, h := figure.Mean(t.Base.Cost.Amount, t.Base.Trials), figure.Mean(t.Head.Cost.Amount, t.Head.Trials)
		if b == nil || h == nil || b.Sign() <= 0 || h.Sign() < 0 || len(c.Categories) == chart.Most {
			continue
		}
		x, _ := b.Float64()
		y, _ := h.Float64()
		c.Categories = append(c.Categories, t.ID)
		c.Series[0].Values = append(c.Series[0].Values, y/x)
		c.Series[1].Values = append(c.Series[1].Values, 1)
	}
	fence := c.Fence()
	if fence == "" {
		return ""
	}
	which := "each task"
	if len(c.Categories) < len(r.Tasks) {
		which = fmt.Sprintf("the %s that moved most", tasks(len(c.Categories)))
	}
	return fmt.Sprintf("\nAs bars, for %s: what a trial costs at the head, divided by what it costs at the base. The line is 1.\n\n", which) + fence
}
