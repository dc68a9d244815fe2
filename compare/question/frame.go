package question

import (
	"fmt"
	"math"
	"time"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare/route"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/verdict"
)

// Frame is a report with everything that does not depend on trials.
func (o Options) Frame(result verdict.Result) *report.Report {
	now := o.Now
	r := &report.Report{
		Schema: report.Schema, Result: result, Commits: o.Commits, EvidenceKey: o.EvidenceKey(),
		Policy: report.Policy{Mode: o.Policy.Mode, Scope: o.Policy.Scope, MaxCostRatio: o.Policy.MaxCostRatio,
			MaxCompletionDrop: o.Policy.MaxCompletionDrop, OnInconclusive: o.Policy.OnInconclusive,
			PassGuardStrict: o.Policy.PassGuardStrict, EquivalenceMargin: o.Policy.EquivalenceMargin,
			ValuePerTask: o.Policy.ValuePerTask, ExtensionReserve: o.Policy.ExtensionReserve},
		Changes: o.Pair.Changes, NotApplied: o.Pair.NotApplied, Tasks: []report.Task{}, LeftOut: []report.LeftOut{},
		Findings: append([]verdict.Finding{}, o.Findings...), Notes: append([]string{}, o.Notes...), NextSteps: []string{},
		Base: o.Declared(o.Pair.Base), Head: o.Declared(o.Pair.Head),
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

// Decide fills in the decision of a report from the table of exit statuses.
func (o Options) Decide(r *report.Report) {
	row := o.Policy.Outcome(r.Result, r.Verdict)
	r.Decision = report.Decision{Blocks: row.Blocks, Exit: row.Exit}
}

// Declared is an arm before anything is measured: its settings and list price.
func (o Options) Declared(a arm.Arm) report.Arm {
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

// PolicyOf returns the policy that a report was decided by.
func PolicyOf(r *report.Report) verdict.Policy {
	p := verdict.DefaultPolicy()
	p.Mode, p.Scope = r.Policy.Mode, r.Policy.Scope
	p.MaxCostRatio, p.MaxCompletionDrop = r.Policy.MaxCostRatio, r.Policy.MaxCompletionDrop
	if r.Policy.OnInconclusive != "" {
		p.OnInconclusive = r.Policy.OnInconclusive
	}
	p.PassGuardStrict, p.EquivalenceMargin = r.Policy.PassGuardStrict, r.Policy.EquivalenceMargin
	p.ValuePerTask, p.ExtensionReserve = r.Policy.ValuePerTask, r.Policy.ExtensionReserve
	return p
}
