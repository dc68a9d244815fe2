package compare

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare/numbers"
	"github.com/pertask/pertask/compare/route"
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
	if c.gaveUp() {
		return c.unserved(), nil
	}
	facts, d := c.decide(n)
	r := c.opts.frame(verdict.Measured)
	r.Verdict, r.Reason = d.Verdict, d.Reason
	c.opts.decide(r)
	r.Findings = append(r.Findings, d.Findings...)
	r.LeftOut = append(r.LeftOut, n.LeftOut...)
	r.Base, r.Head = c.measured(trial.Base, n), c.measured(trial.Head, n)
	r.Findings = append(append(r.Findings, c.conduct.SideCalls()...), c.apart()...)
	r.Sandbox, r.Cache = c.kept().Name(), c.opts.regime()
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
	out := c.opts.declared(declared)
	out.ServedModels, out.RequestedModels = append(out.ServedModels, c.conduct.Served(side)...), c.conduct.Requested(side)
	n.FillArm(&out, side, c.opts.Replay)
	if side == trial.Base {
		out.Stored = c.watch.Report()
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
			PassGuardStrict: o.Policy.PassGuardStrict, EquivalenceMargin: o.Policy.EquivalenceMargin,
			ValuePerTask: o.Policy.ValuePerTask, ExtensionReserve: o.Policy.ExtensionReserve},
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
	provider, err := route.Provider(a, o.Pricing.Book)
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
	if f, ok := c.broke(); ok {
		out = append(out, f)
	}
	return out
}
