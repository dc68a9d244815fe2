package compare

import (
	"math"

	"github.com/pertask/pertask/compare/numbers"
	"github.com/pertask/pertask/compare/segment"
	"github.com/pertask/pertask/compare/why"
	"github.com/pertask/pertask/report"
)

// explain fills in why the ratio is what it is, what would make up for it, what completions are worth, and how groups of
// tasks differ.
func (c *Comparison) explain(r *report.Report, n numbers.Numbers) {
	if !n.Known {
		return
	}
	var names []string
	base, head := why.Arm{List: r.Base.ListPrice}, why.Arm{List: r.Head.ListPrice}
	for _, t := range n.Kept {
		names = append(names, t.Task.ID)
		base.Sides, head.Sides = append(base.Sides, t.Base), append(head.Sides, t.Head)
	}
	policy, confidence := c.opts.Policy, 1-numbers.Alpha
	r.Why = why.Split(names, base, head)
	r.Sensitivity = why.Flip(base, head, why.Question{Ratio: n.Ratio, Interval: n.Interval, Confidence: confidence, Threshold: policy.MaxCostRatio})
	r.Benefit = why.Worth(base, head, policy.ValuePerTask, 1-c.level())
	if r.Benefit != nil && !math.IsNaN(n.Ratio) && !math.IsInf(n.Interval.High, 1) {
		r.Benefit.Leads = false // the ratio's interval has two ends: it says enough
	}
	r.Base.AtLeast, r.Head.AtLeast = why.AtLeast(base), why.AtLeast(head)
	r.Segments = segment.Compare(n.Kept, c.level(), policy.MaxCostRatio)
}
