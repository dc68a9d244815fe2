package compare

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare/numbers"
	"github.com/pertask/pertask/compare/tally"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
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
// complete, as when Run was cancelled: the verdict is then what these trials support.
func (c *Comparison) Report() (*report.Report, error) {
	n, err := numbers.Count(c.tasks, c.opts.LeaveOutUnknown, c.opts.Policy)
	if err != nil {
		return nil, err
	}
	if c.gaveUp() {
		return c.unserved(), nil
	}
	facts := n.Facts()
	facts.Withhold = c.withhold(n)
	d := verdict.Decide(c.opts.Policy, facts)
	r := c.opts.frame(verdict.Measured)
	r.Verdict, r.Reason = d.Verdict, d.Reason
	c.opts.decide(r)
	r.Findings = append(r.Findings, d.Findings...)
	r.LeftOut = append(r.LeftOut, n.LeftOut...)
	r.Base, r.Head = c.armReport(trial.Base, n), c.armReport(trial.Head, n)
	r.Findings = append(append(r.Findings, c.conduct.SideCalls()...), c.apart()...)
	r.Sandbox, r.Cache = c.sandbox, c.opts.regime()
	if n.Known {
		c.fill(r, n, facts)
	}
	for _, t := range c.tasks {
		r.Tasks = append(r.Tasks, report.Task{ID: t.Task.ID, Labels: t.Task.Labels, Base: sideReport(t.Base, c.opts.Replay), Head: sideReport(t.Head, c.opts.Replay)})
	}
	r.SpentUSD = c.spent.Amount
	r.PriceBook.Rows, r.PriceBook.Notes = sortedKeys(c.rows), sortedKeys(c.priceNotes)
	r.SpentAtLeast = c.spent.Status == price.LowerBound
	r.Notes = append(r.Notes, sortedKeys(c.notes)...)
	r.Notes = append(r.Notes, c.conditions()...)
	return r, nil
}

// fill writes the estimates.
func (c *Comparison) fill(r *report.Report, n numbers.Numbers, f verdict.Facts) {
	r.Ratio = &report.Ratio{Estimate: report.Number(n.Ratio), Low: report.Number(n.Interval.Low),
		High: report.Number(n.Interval.High), Confidence: Confidence, Scope: n.Scope}
	r.Completion = &report.Difference{Estimate: report.Number(f.CompletionDiff), Low: report.Number(f.CompletionLow),
		High: report.Number(f.CompletionHigh), Confidence: Confidence}
	p := n.Population.Interval(Confidence)
	r.Population = &report.Population{Estimate: report.Number(n.Population.Ratio), Low: report.Number(p.Low),
		High: report.Number(p.High), Confidence: Confidence, LeaveOneOut: leaveOneOut(n, f)}
}

// leaveOneOut is the range of the ratio with one task left out, and the task that moves it most.
func leaveOneOut(n numbers.Numbers, f verdict.Facts) report.LeaveOneOut {
	span := n.Population.Range()
	out := report.LeaveOneOut{Low: report.Number(span.Low), High: report.Number(span.High), Without: report.Number(math.NaN()),
		OneTaskDecides: f.LeaveOneOutCrosses}
	if i := n.Population.MostInfluential(); i >= 0 && i < len(n.Kept) {
		out.Task, out.Without = n.Kept[i].Task.ID, report.Number(n.Population.LeaveOneOut[i])
	}
	return out
}

// frame is a report with everything that does not depend on trials.
func (o Options) frame(result verdict.Result) *report.Report {
	now := o.Now
	r := &report.Report{
		Schema: report.Schema, Result: result, Commits: o.Commits, EvidenceKey: o.EvidenceKey(),
		Policy: report.Policy{Mode: o.Policy.Mode, Scope: o.Policy.Scope, MaxCostRatio: o.Policy.MaxCostRatio,
			MaxCompletionDrop: o.Policy.MaxCompletionDrop, OnInconclusive: o.Policy.OnInconclusive,
			PassGuardStrict: o.Policy.PassGuardStrict, EquivalenceMargin: o.Policy.EquivalenceMargin},
		Changes: o.Pair.Changes, NotApplied: o.Pair.NotApplied, Tasks: []report.Task{}, LeftOut: []report.LeftOut{},
		Findings: append([]verdict.Finding{}, o.Findings...), Notes: append([]string{}, o.Notes...), NextSteps: []string{},
		Base: o.declared(o.Pair.Base), Head: o.declared(o.Pair.Head),
		SpentUSD:   price.Known(price.Money{}),
		Versions:   report.Versions{Pertask: o.Version, Method: Method, Harnesses: o.Harness},
		TrialsFile: o.Journal,
	}
	if now == nil {
		now = time.Now
	}
	r.Time = now().UTC()
	if o.Suite != nil {
		r.Suite, r.SuiteDigest = o.Suite.Name, o.Suite.Digest
	}
	if b := o.Pricing.Book; b != nil {
		r.PriceBook = report.PriceBook{AsOf: b.AsOf(), Digest: b.Digest(), At: o.Pricing.At.UTC(), Discounts: o.discounts(), Contracts: o.contracts(), Overrides: b.Overridden(), Rows: []string{}}
	}
	if r.Changes == nil {
		r.Changes = []arm.Change{}
	}
	if r.NotApplied == nil {
		r.NotApplied = []arm.Change{}
	}
	return r
}

func (o Options) discounts() []string {
	var out []string
	for _, d := range o.Pricing.Discounts {
		what := d.Provider
		if d.Model != "" {
			what += " " + d.Model
		}
		s := fmt.Sprintf("%s x %s", what, d.Multiplier)
		if d.Note != "" {
			s += " (" + d.Note + ")"
		}
		out = append(out, s)
	}
	return out
}

func (o Options) contracts() []report.Contract {
	var out []report.Contract
	for _, d := range o.Pricing.Discounts {
		out = append(out, report.Contract{Provider: d.Provider, Model: d.Model, Multiplier: d.Multiplier.String(), Note: d.Note})
	}
	return out
}

// decide fills the decision from the table of exit statuses.
func (o Options) decide(r *report.Report) {
	row := o.Policy.Outcome(r.Result, r.Verdict)
	r.Decision = report.Decision{Blocks: row.Blocks, Exit: row.Exit}
}

// declared is an arm before anything is measured: its settings and list price.
func (o Options) declared(a arm.Arm) report.Arm {
	nan := report.Number(math.NaN())
	out := report.Arm{
		Model: a.Model(), Settings: a.Settings, ServedModels: []string{}, CompletionRate: nan, SecondsPerTrial: nan,
		CostPerTask:    report.TaskCost{Amount: report.Quotient(nan), List: report.Quotient(nan), Billed: report.Quotient(nan)},
		TokensPerTrial: report.Tokens{Input: nan, CacheRead: nan, CacheCreation: nan, Output: nan, Reasoning: nan},
		ListPrice:      o.listPrice(a),
	}
	if out.Settings == nil {
		out.Settings = []arm.Setting{}
	}
	return out
}

func (o Options) listPrice(a arm.Arm) *report.ListPrice {
	if o.Pricing.Book == nil || a.Model() == "" {
		return nil
	}
	provider, err := Provider(a, o.Pricing.Book)
	if err != nil {
		return nil
	}
	tier, _ := a.Get(arm.MainSlot, arm.ServiceTier)
	rates, err := o.Pricing.List(provider, a.Model(), tier)
	if err != nil {
		return nil
	}
	return &report.ListPrice{Provider: rates.Provider, Model: rates.Model, Tier: rates.Tier, Input: rates.Input,
		CacheRead: rates.CacheRead, Output: rates.Output, Row: rates.Row, Verified: rates.Verified}
}

// armReport is one arm with what was measured of it. Means are averaged task by task.
func (c *Comparison) armReport(side trial.Side, n numbers.Numbers) report.Arm {
	declared := c.opts.Pair.Base
	if side == trial.Head {
		declared = c.opts.Pair.Head
	}
	out := c.opts.declared(declared)
	out.ServedModels = append(out.ServedModels, c.conduct.Served(side)...)
	out.RequestedModels = c.conduct.Requested(side)
	for _, t := range c.tasks {
		s, _ := t.Side(side)
		out.Voids += s.Voids
	}
	if len(n.Kept) == 0 {
		return out
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
	if !c.opts.Replay {
		out.SecondsPerTrial = seconds.number()
	}
	return out
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

func sideReport(s *tally.Side, untimed bool) report.TaskSide {
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
	if c.gone != nil {
		out = append(out, *c.gone)
	}
	return out
}
