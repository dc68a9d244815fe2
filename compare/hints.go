package compare

import (
	"slices"

	"github.com/pertask/pertask/compare/hints"
	"github.com/pertask/pertask/compare/numbers"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/verdict"
)

// hints is what else speaks against a switch, as far as it follows from a report whose numbers are filled in.
func (c *Comparison) hints(r *report.Report, n numbers.Numbers) []verdict.Finding {
	facts := hints.Facts{Book: c.opts.Pricing.Book}
	if hints.LeansOnCache(r) {
		facts.Cold = c.cold(n)
	}
	return hints.Of(r, facts)
}

// cold decides on the same trials at what they would have cost without a cache; nil where that is not known.
func (c *Comparison) cold(n numbers.Numbers) *hints.Cold {
	if !n.Known {
		return nil
	}
	tasks := slices.Clone(c.tasks)
	kept := n.Kept // in the order of the tasks
	for i, t := range tasks {
		if len(kept) == 0 || kept[0] != t {
			continue // left out, with a cache or without
		}
		kept = kept[1:]
		var known bool
		if tasks[i], known = t.Cold(); !known {
			return nil
		}
	}
	cold, err := numbers.Count(tasks, c.opts.LeaveOutUnknown, c.opts.Policy, c.level())
	if err != nil || !cold.Known {
		return nil
	}
	_, d := c.decide(cold)
	return &hints.Cold{Verdict: d.Verdict, Ratio: report.Number(cold.Ratio), Low: report.Number(cold.Interval.Low),
		High: report.Number(cold.Interval.High)}
}
