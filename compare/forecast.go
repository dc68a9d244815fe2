package compare

import (
	"errors"
	"unicode/utf8"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare/route"
	"github.com/pertask/pertask/internal/strict"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/usage"
	"github.com/pertask/pertask/verdict"
)

// The prior of what a trial consumes, before anything was measured. An agent's trial is the median, class by
// class and rounded, of the 2,344 recorded trials that the demo's come from; two thirds of their totals lie
// within a factor of 9 of it. A prompt is its own length at 4 characters a token and a page of answer.
const (
	priorAgentInput  = 43_000
	priorAgentCached = 185_000
	priorAgentOutput = 10_000
	priorAnswer      = 500
	charactersAToken = 4
	priorRange       = 9
)

// Forecast is what measuring is likely to cost. Its amounts are unknown when a price is.
func (o Options) Forecast() *report.Forecast {
	f := &report.Forecast{
		Budget: o.Budget,
		Basis: "The prices that apply and the median of 2,344 recorded agent trials: 43k input, 185k cached and 10k output tokens; " +
			"for one prompt its length and 500 tokens of answer. Two thirds of those trials lie within a factor of 9.",
	}
	if o.Suite == nil || len(o.Looks) == 0 {
		return f
	}
	per := o.Looks[len(o.Looks)-1]
	if o.Cache == CacheWarm {
		per++ // the warm-up of each task and arm
	}
	f.Trials = 2 * per * len(o.Suite.Tasks)
	sum := price.Nothing()
	for _, a := range []arm.Arm{o.Pair.Base, o.Pair.Head} {
		for _, t := range o.Suite.Tasks {
			sum = sum.Plus(o.prior(a, t))
		}
	}
	m, ok := sum.Amount.Value()
	if !ok {
		return f
	}
	m = m.Times(int64(per))
	f.USD, f.High = price.Known(m), price.Known(m.Times(priorRange))
	f.Low = price.Known(m.Scale(ninth))
	return f
}

// ninth stands for 1/9, which is no decimal number: a forecast is no invoice.
var ninth = mustFactor("0.111")

func mustFactor(s string) price.Factor {
	f, err := price.ParseFactor(s)
	if err != nil {
		panic(err)
	}
	return f
}

// prior is the expected cost of one trial.
func (o Options) prior(a arm.Arm, t suite.Task) price.Cost {
	provider, err := route.Provider(a, o.Pricing.Book)
	if err != nil {
		return price.Cost{}
	}
	tokens := usage.None()
	tokens.Input, tokens.CacheRead, tokens.Output = usage.Known(priorAgentInput), usage.Known(priorAgentCached), usage.Known(priorAgentOutput)
	if t.Harness == "prompt" {
		tokens = usage.None()
		tokens.Input = usage.Known(int64(utf8.RuneCountInString(t.Prompt)/charactersAToken + 1))
		tokens.Output = usage.Known(priorAnswer)
	}
	tier, _ := a.Get(arm.MainSlot, arm.ServiceTier)
	return o.Pricing.Tokens(provider, a.Model(), tier, tokens).Cost
}

// NotMeasured is the report of a change that was not measured, with the reason and what to do next. It shows
// what changed, the list prices and the forecast.
func (o Options) NotMeasured(reason verdict.Finding, next ...string) *report.Report {
	r := o.frame(verdict.NotMeasured)
	r.Reason = reason
	r.NextSteps = append(r.NextSteps, next...)
	if o.Suite != nil {
		r.Forecast = o.Forecast()
	}
	o.decide(r)
	return r
}

// NothingChanged is the report of a pull request that changes no model setting.
func (o Options) NothingChanged() *report.Report {
	r := o.frame(verdict.NothingChanged)
	r.Reason = verdict.Finding{Code: "nothing-changed", Text: "No model setting changed."}
	o.decide(r)
	return r
}

// BadInput is the report of a configuration, suite or usage that is wrong.
func (o Options) BadInput(err error) *report.Report {
	r := o.frame(verdict.BadInput)
	r.Reason = verdict.Finding{Code: "bad-input", Text: err.Error(), Withhold: true}
	var inSettings *arm.Error
	var inFile *strict.Error
	switch {
	case errors.As(err, &inSettings):
		r.Reason.Path, r.Reason.Line = inSettings.Source.Path, inSettings.Source.Line
	case errors.As(err, &inFile):
		r.Reason.Path, r.Reason.Line = inFile.Path, inFile.Line
	}
	o.decide(r)
	return r
}

// Findings turns the findings of package arm into those of a report.
func Findings(pair arm.Pair) []verdict.Finding {
	var out []verdict.Finding
	for _, f := range pair.Findings {
		out = append(out, verdict.Finding{Code: f.Code, Text: f.Text, Path: f.Source.Path, Line: f.Source.Line, Withhold: f.Withhold})
	}
	return out
}
