package hints

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pertask/pertask/compare/segment"
	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/verdict"
)

// maxNamed is how many tasks of a segment are named.
const maxNamed = 3

// mixed says which tasks to move and which to keep, one text for each way of dividing them of which the intervals show
// both: the segments' confidence is corrected for their number.
func mixed(r *content.Report) []string {
	var out []string
	for _, kind := range []string{segment.Calls, segment.Cache, segment.Label} {
		move, keep := supported(r, kind, verdict.Switch), supported(r, kind, verdict.DontSwitch)
		if len(move) == 0 || len(keep) == 0 || overlap(move, keep) {
			continue
		}
		out = append(out, fmt.Sprintf("The change pays for some tasks and not for others: move those %s; keep those %s.",
			segments(r, move), segments(r, keep)))
	}
	return out
}

// supported are the segments of a kind whose interval supports a verdict.
func supported(r *content.Report, kind string, v verdict.Verdict) []content.Segment {
	var out []content.Segment
	for _, s := range r.Segments {
		if s.Kind == kind && s.Verdict == v.String() {
			out = append(out, s)
		}
	}
	return out
}

// overlap reports whether a task is in a segment of each.
func overlap(a, b []content.Segment) bool {
	return slices.ContainsFunc(a, func(s content.Segment) bool {
		return slices.ContainsFunc(s.Tasks, func(task string) bool {
			return slices.ContainsFunc(b, func(t content.Segment) bool { return slices.Contains(t.Tasks, task) })
		})
	})
}

// segments names segments, with their ratios and tasks.
func segments(r *content.Report, list []content.Segment) string {
	limit := r.Policy.MaxCostRatio
	var out []string
	for _, s := range list {
		name := "with " + s.Name
		if s.Kind == segment.Label {
			name = "labelled " + quoted(s.Name)
		}
		out = append(out, fmt.Sprintf("%s (%s, %s: %s)", name, figure.Times(s.Estimate, limit),
			figure.Interval(s.Low, s.High, float64(s.Confidence), limit), named(s.Tasks)))
	}
	return strings.Join(out, " and ")
}

// named are the first tasks, and how many more there are.
func named(tasks []string) string {
	var out []string
	for _, id := range tasks[:min(len(tasks), maxNamed)] {
		out = append(out, quoted(id))
	}
	if left := len(tasks) - len(out); left > 0 {
		out = append(out, fmt.Sprintf("%s more", figure.Whole(left)))
	}
	return strings.Join(out, ", ")
}
