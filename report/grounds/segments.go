package grounds

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/report/markup"
	"github.com/pertask/pertask/verdict"
)

// label is the kind of segments that the suite names; the literal is compare/segment's, and stored.
const label = "label"

// Segments is the ratio of each kind of task.
func Segments(r *content.Report, st markup.Style) Table {
	t := Table{Head: []string{"kind of task", "tasks", "ratio", "interval", "for these alone"}}
	limit := r.Policy.MaxCostRatio
	for _, s := range r.Segments {
		t.Rows = append(t.Rows, []string{named(s, st), figure.Whole(len(s.Tasks)), figure.Times(s.Estimate, limit),
			figure.Limits(s.Low, s.High, limit), alone(s)})
	}
	return t
}

func named(s content.Segment, st markup.Style) string {
	if s.Kind == label {
		return "labelled " + st.Code(s.Name)
	}
	return st.Rich(s.Name)
}

func alone(s content.Segment) string {
	switch s.Verdict {
	case verdict.Switch.String():
		return "switch"
	case verdict.DontSwitch.String():
		return "don't switch"
	}
	return "not settled"
}

// Corrected says with which confidence the segments' intervals hold, each and all.
func Corrected(r *content.Report) string {
	if len(r.Segments) == 0 {
		return ""
	}
	return fmt.Sprintf("Each interval has a confidence of %s, corrected for the number of kinds.", figure.Level(float64(r.Segments[0].Confidence)))
}

// mixedTasks is the code of the finding that says the same with names of tasks. Stored reports depend on the literal.
const mixedTasks = "mixed-tasks"

// Mixed says which tasks to move and which to keep, for every way of dividing them of which the intervals show both;
// else, and where a finding says so, it is "".
func Mixed(r *content.Report, st markup.Style) string {
	if slices.ContainsFunc(r.Findings, func(f verdict.Finding) bool { return f.Code == mixedTasks }) {
		return ""
	}
	var kinds, out []string
	for _, s := range r.Segments {
		if !slices.Contains(kinds, s.Kind) {
			kinds = append(kinds, s.Kind)
		}
	}
	for _, k := range kinds {
		move, keep := of(r, k, verdict.Switch), of(r, k, verdict.DontSwitch)
		if len(move) > 0 && len(keep) > 0 && !shared(move, keep) {
			out = append(out, "move the tasks "+with(move, st)+", keep those "+with(keep, st))
		}
	}
	if len(out) == 0 {
		return ""
	}
	return st.Bold("Mixed:") + " " + strings.Join(out, "; ") + "."
}

func of(r *content.Report, kind string, v verdict.Verdict) []content.Segment {
	var out []content.Segment
	for _, s := range r.Segments {
		if s.Kind == kind && s.Verdict == v.String() {
			out = append(out, s)
		}
	}
	return out
}

// shared reports whether a task is to be moved and kept.
func shared(move, keep []content.Segment) bool {
	seen := map[string]bool{}
	for _, s := range move {
		for _, t := range s.Tasks {
			seen[t] = true
		}
	}
	return slices.ContainsFunc(keep, func(s content.Segment) bool {
		return slices.ContainsFunc(s.Tasks, func(t string) bool { return seen[t] })
	})
}

func with(ss []content.Segment, st markup.Style) string {
	var out []string
	for _, s := range ss {
		if s.Kind == label {
			out = append(out, "labelled "+st.Code(s.Name))
		} else {
			out = append(out, "with "+st.Rich(s.Name))
		}
	}
	return strings.Join(out, " or ")
}
