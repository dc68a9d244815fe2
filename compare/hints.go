package compare

import (
	"slices"

	"github.com/pertask/pertask/compare/hints"
	"github.com/pertask/pertask/compare/numbers"
	"github.com/pertask/pertask/compare/tally"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/verdict"
)

// hints is what else speaks against a switch, as far as it follows from a report whose numbers are filled in.
func (c *Comparison) hints(r *report.Report, n numbers.Numbers) []verdict.Finding {
	return hints.Of(r, hints.Facts{Book: c.opts.Pricing.Book, Cold: c.cold(n)})
}

// cold decides on the same trials at what they would have cost without a cache; nil where that is not known.
func (c *Comparison) cold(n numbers.Numbers) *hints.Cold {
	if !n.Known {
		return nil
	}
	var tasks []*tally.Task
	for _, t := range c.tasks {
		if slices.Contains(n.Kept, t) {
			var known bool
			if t, known = t.Cold(); !known {
				return nil
			}
		}
		tasks = append(tasks, t)
	}
	cold, err := numbers.Count(tasks, c.opts.LeaveOutUnknown, c.opts.Policy, c.level())
	if err != nil || !cold.Known {
		return nil
	}
	_, d := c.decide(cold)
	return &hints.Cold{Verdict: d.Verdict, Ratio: report.Number(cold.Ratio), Low: report.Number(cold.Interval.Low),
		High: report.Number(cold.Interval.High)}
}
