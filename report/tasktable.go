package report

import (
	"fmt"
	"math"
	"strings"

	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/report/markup"
	"github.com/pertask/pertask/report/row"
)

// table is the per-task table of one suite, worked out once for all the lengths that fit tries.
type table struct {
	head  string
	rows  []string // in the suite's order
	order []int    // of the rows, by how much the task's mean cost changed; unknown changes first
}

// tables holds the table of every report that has been asked for.
type tables map[*Report]*table

func (ts tables) of(r *Report) *table {
	if t := ts[r]; t != nil {
		return t
	}
	timed, remarked := optional(r.Tasks)
	t := &table{head: head(timed, remarked), order: row.Movers(r.Tasks)}
	for _, task := range r.Tasks {
		t.rows = append(t.rows, tableRow(row.OfTask(task), timed, remarked))
	}
	ts[r] = t
	return t
}

// optional says which of the optional columns have anything to show.
func optional(ts []Task) (timed, remarked bool) {
	for _, t := range ts {
		timed = timed || !math.IsNaN(float64(t.Base.Seconds)) || !math.IsNaN(float64(t.Head.Seconds))
		remarked = remarked || row.Remarks(t) != ""
	}
	return timed, remarked
}

func head(timed, remarked bool) string {
	names, rule := "| task | completed | cost per trial | change | tokens per trial |", "|:--|:--|:--|:--|:--|"
	if timed {
		names, rule = names+" time per trial |", rule+":--|"
	}
	if remarked {
		names, rule = names+" outcomes |", rule+":--|"
	}
	return names + "\n" + rule
}

func tableRow(l row.Task, timed, remarked bool) string {
	cells := []string{markup.Code(l.ID), l.Completed, l.Cost, l.Change, l.Tokens}
	if timed {
		cells = append(cells, l.Time)
	}
	if remarked {
		cells = append(cells, markup.Text(l.Remarks))
	}
	return "| " + strings.Join(cells, " | ") + " |"
}

// taskTable is the folded per-task table: all of it, or the tasks that moved most.
func taskTable(r *Report, p page) string {
	n := len(r.Tasks)
	if n == 0 || !r.HasTrials() {
		return ""
	}
	if p.rows <= 0 {
		return fmt.Sprintf("The table of %s is in %s.", tasks(n), p.rest)
	}
	t := p.tables.of(r)
	out := []string{t.head}
	left := n - p.rows
	if left <= 0 {
		out = append(out, t.rows...)
	} else {
		for _, i := range t.order[:p.rows] {
			out = append(out, t.rows[i])
		}
		out = append(out, fmt.Sprintf("\nThese are the %s whose cost changed most. The other %s are in %s.",
			tasks(p.rows), figure.Whole(left), p.rest))
	}
	if p.charts {
		out = append(out, compact(tasksChart(r))...)
	}
	return details("Per task: "+tasks(n)+", base to head", strings.Join(out, "\n"))
}
