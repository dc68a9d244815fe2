package compare

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare/numbers"
	"github.com/pertask/pertask/compare/shortfall"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/report/advice"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/verdict"
)

type armName struct {
	side trial.Side
	arm  arm.Arm
}

func (c *Comparison) arms() []armName {
	return []armName{{trial.Base, c.opts.Pair.Base}, {trial.Head, c.opts.Pair.Head}}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// Report decides on the trials so far and returns the report. It may be called before the last look is
// complete, as when Run was cancelled: there is no verdict then, unless an earlier look has led to one.
func (c *Comparison) Report() (*report.Report, error) {
	if c.err != nil {
		return nil, c.err
	}
	c.unsettled()
	n, err := numbers.Count(c.tasks, c.opts.LeaveOutUnknown, c.opts.Policy, c.level())
	if err != nil {
		return nil, err
	}
	if shortfall.GaveUp(c.tasks) {
		return c.unserved(), nil
	}
	facts, d := c.decide(n)
	r := c.opts.Frame(verdict.Measured)
	r.Verdict, r.Reason = d.Verdict, d.Reason
	c.opts.Decide(r)
	r.Findings = append(r.Findings, d.Findings...)
	r.LeftOut = append(r.LeftOut, n.LeftOut...)
	r.Base, r.Head = c.measured(trial.Base, n), c.measured(trial.Head, n)
	r.Findings = append(append(r.Findings, c.conduct.SideCalls()...), c.apart()...)
	r.Sandbox, r.Cache = c.kept().Name(), c.opts.Regime()
	n.Fill(r, facts)
	r.Sequence = c.sequence(n, d)
	c.explain(r, n)
	for _, t := range c.tasks {
		r.Tasks = append(r.Tasks, report.Task{ID: t.Task.ID, Labels: t.Task.Labels, Base: numbers.Side(t.Base, c.opts.Replay), Head: numbers.Side(t.Head, c.opts.Replay)})
	}
	r.Findings = append(r.Findings, advice.NotStarted(r, c.opts.Suite)...)
	if trials, cost := c.leftOver(); trials > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%s of a later look are left out: the verdict was reached before them.", count(trials, "trial")))
		c.spent = c.spent.Plus(cost)
		clear(c.held)
	}
	if text := c.aside(); text != "" {
		r.Notes = append(r.Notes, text)
	}
	r.SpentUSD = c.spent.Amount
	r.PriceBook.Rows, r.PriceBook.Notes = c.bill.Rows(), c.bill.Notes()
	r.SpentAtLeast = c.spent.Status == price.LowerBound
	r.Findings = append(r.Findings, c.hints(r, n)...)
	r.Notes = append(r.Notes, sortedKeys(c.notes)...)
	r.Notes = append(r.Notes, c.conditions()...)
	return r, nil
}

// measured is an arm with what was declared, requested, served and measured.
func (c *Comparison) measured(side trial.Side, n numbers.Numbers) report.Arm {
	declared := c.opts.Pair.Base
	if side == trial.Head {
		declared = c.opts.Pair.Head
	}
	out := c.opts.Declared(declared)
	out.ServedModels, out.RequestedModels = append(out.ServedModels, c.conduct.Served(side)...), c.conduct.Requested(side)
	n.FillArm(&out, side, c.opts.Replay)
	if side == trial.Base {
		out.Stored = c.watch.Report()
	}
	return out
}

// apart finds everyone whose figures for an arm are more than 1 % away from ours. Both figures are shown: ours counts,
// but for a provider's own charge, which is what is billed.
func (c *Comparison) apart() []verdict.Finding {
	var out []verdict.Finding
	for _, a := range c.arms() {
		for _, text := range c.witnesses[a.side].Apart(string(a.side)) {
			out = append(out, verdict.Finding{Code: "figures-disagree", Text: text})
		}
	}
	return out
}

// withhold lists the findings that alone make the verdict inconclusive.
func (c *Comparison) withhold(n numbers.Numbers) []verdict.Finding {
	var out []verdict.Finding
	for _, f := range c.opts.Findings {
		if f.Withhold {
			out = append(out, f)
		}
	}
	for _, a := range c.arms() {
		if f, ok := c.conduct.NotRun(a.side, n.Kept); ok {
			out = append(out, f)
		}
	}
	out = append(out, c.conduct.VersionsApart()...)
	if f := c.incomplete(); f != nil {
		out = append(out, *f)
	}
	if f, ok := shortfall.Broke(c.tasks, c.unrun, c.spent.Amount); ok {
		out = append(out, f)
	}
	return out
}
