package numbers

import (
	"maps"
	"math"

	"github.com/pertask/pertask/compare/tally"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/verdict"
)

// Fill writes the estimates into a report. There are none while a cost is unknown.
func (n Numbers) Fill(r *report.Report, f verdict.Facts) {
	if !n.Known {
		return
	}
	r.Ratio = &report.Ratio{Estimate: report.Number(n.Ratio), Low: report.Number(n.Interval.Low),
		High: report.Number(n.Interval.High), Confidence: 1 - Alpha, Scope: n.Scope}
	r.Completion = &report.Difference{Estimate: report.Number(f.CompletionDiff), Low: report.Number(f.CompletionLow),
		High: report.Number(f.CompletionHigh), Confidence: 1 - Alpha}
	p := n.Population.Interval(n.confidence())
	r.Population = &report.Population{Estimate: report.Number(n.Population.Ratio), Low: report.Number(p.Low),
		High: report.Number(p.High), Confidence: 1 - Alpha, LeaveOneOut: leaveOneOut(n, f)}
}

// leaveOneOut is the range of the ratio with one task left out, and the task that moves it most.
func leaveOneOut(n Numbers, f verdict.Facts) report.LeaveOneOut {
	span := n.Population.Range()
	out := report.LeaveOneOut{Low: report.Number(span.Low), High: report.Number(span.High), Without: report.Number(math.NaN()),
		OneTaskDecides: f.LeaveOneOutCrosses}
	if i := n.Population.MostInfluential(); i >= 0 && i < len(n.Kept) {
		out.Task, out.Without = n.Kept[i].Task.ID, report.Number(n.Population.LeaveOneOut[i])
	}
	return out
}

// FillArm writes what was measured of an arm into its part of a report. Means are averaged task by task. Times are left
// out when they mean nothing.
func (n Numbers) FillArm(out *report.Arm, side trial.Side, untimed bool) {
	for _, t := range n.tasks {
		s, _ := t.Side(side)
		out.Voids += s.Voids
	}
	if len(n.Kept) == 0 {
		return
	}
	cost, list, billed := price.Nothing(), mean{}, mean{}
	var amount, rate, seconds, input, read, written, output, reasoning mean
	for _, t := range n.Kept {
		s, _ := t.Side(side)
		out.Trials += s.Trials
		out.Completed += s.Completed
		cost = cost.Plus(s.Cost)
		amount.add(s.DollarsPerTrial(s.Cost.Amount))
		list.add(s.DollarsPerTrial(s.Cost.List))
		billed.add(s.DollarsPerTrial(s.Cost.Billed))
		rate.add(float64(s.Completed) / float64(s.Trials))
		seconds.add(s.SecondsPerTrial())
		input.add(s.PerTrial(s.Tokens.Input))
		read.add(s.PerTrial(s.Tokens.CacheRead))
		written.add(s.PerTrial(s.Tokens.Written()))
		output.add(s.PerTrial(s.Tokens.Output))
		reasoning.add(s.PerTrial(s.Tokens.Reasoning))
	}
	out.Cost, out.CompletionRate = cost, rate.number()
	per := func(m mean) report.Quotient { return report.Quotient(perCompleted(m.value(), rate.value())) }
	out.CostPerTask = report.TaskCost{Amount: per(amount), Status: cost.Status, List: per(list), Billed: per(billed)}
	out.TokensPerTrial = report.Tokens{Input: input.number(), CacheRead: read.number(), CacheCreation: written.number(),
		Output: output.number(), Reasoning: reasoning.number()}
	if !untimed {
		out.SecondsPerTrial = seconds.number()
	}
}

// perCompleted is cost per trial by share completed: +Inf when nothing completed.
func perCompleted(cost, rate float64) float64 {
	if rate == 0 && !math.IsNaN(cost) {
		return math.Inf(1)
	}
	return cost / rate
}

// mean averages numbers; a NaN makes it NaN.
type mean struct {
	sum float64
	n   int
}

func (m *mean) add(f float64) { m.sum += f; m.n++ }

func (m mean) value() float64 { return m.sum / float64(m.n) }

func (m mean) number() report.Number { return report.Number(m.value()) }

// Side is one task under one arm, for the report.
func Side(s *tally.Side, untimed bool) report.TaskSide {
	out := report.TaskSide{Trials: s.Trials, Completed: s.Completed, Voids: s.Voids, Cost: s.Cost, Calls: s.Calls,
		Tokens: s.Tokens, Seconds: report.Number(s.SecondsPerTrial())}
	if untimed {
		out.Seconds = report.Number(math.NaN())
	}
	if len(s.Causes) > 0 {
		out.Causes = maps.Clone(s.Causes)
	}
	return out
}
