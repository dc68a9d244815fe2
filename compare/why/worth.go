package why

import (
	"math"

	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/stats"
)

// few is how many completed trials an arm needs for the ratio to say more than the net benefit.
const few = 10

// Relations of costs and completions. Stored reports depend on the literals.
const (
	dominates       = "dominates"
	dominated       = "dominated"
	cheaperAndFewer = "cheaper-and-fewer"
	dearerAndMore   = "dearer-and-more"
	equal           = "equal"
)

// multiples of the base's cost per completed task for which the benefit is worked out when nobody says what a completed
// task is worth.
var multiples = []float64{2, 5, 20}

// Worth says what the head is worth over the base. The value is what a completed task is worth in dollars, 0 when nobody
// says. It is nil without two trials of some task in each arm, and where a cost is not known.
func Worth(base, head Arm, value, confidence float64) *content.Benefit {
	b, h := base.mean(), head.mean()
	out := &content.Benefit{BreakEven: content.Number(math.NaN()), Relation: relation(b, h), Points: []content.BenefitPoint{},
		Leads: b.passes < few || h.passes < few}
	for _, v := range values(b, value) {
		n, err := stats.NetBenefit(base.cells(), head.cells(), v)
		if err != nil {
			return nil
		}
		if n.BreakEven > 0 && (out.Relation == cheaperAndFewer || out.Relation == dearerAndMore) {
			out.BreakEven = content.Number(n.BreakEven)
		}
		i := n.Interval(confidence)
		out.Points = append(out.Points, content.BenefitPoint{Value: content.Number(v), Estimate: content.Number(n.Estimate),
			Low: content.Number(i.Low), High: content.Number(i.High), Confidence: content.Number(confidence),
			Accept: content.Number(n.Accept), Configured: value > 0})
	}
	return out
}

// values are the worths to work out. Without a completed trial of the base there is nothing to take multiples of.
func values(b mean, value float64) []float64 {
	switch {
	case value > 0:
		return []float64{value}
	case b.P > 0 && b.C > 0:
		var out []float64
		for _, m := range multiples {
			out = append(out, m*b.C/b.P)
		}
		return out
	}
	return []float64{0}
}

func relation(b, h mean) string {
	switch {
	case h.C == b.C && h.P == b.P:
		return equal
	case h.C <= b.C && h.P >= b.P:
		return dominates
	case h.C >= b.C && h.P <= b.P:
		return dominated
	case h.C < b.C:
		return cheaperAndFewer
	}
	return dearerAndMore
}

// AtLeast is the least that a completed task costs, dollars, with 97.5 % confidence, when none of the trials completed.
// It is nil when one did, and for an arm without trials.
func AtLeast(a Arm) *content.Number {
	m := a.mean()
	if m.passes > 0 || m.trials == 0 || math.IsNaN(m.C) {
		return nil
	}
	n := content.Number(m.C / stats.ZeroPassUpper(m.trials, 0.025))
	return &n
}

func (a Arm) cells() (out []stats.Cell) {
	for _, s := range a.Sides {
		out = append(out, s.Cell)
	}
	return out
}
