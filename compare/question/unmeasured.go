package question

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/arm/lead"
	"github.com/pertask/pertask/compare/fit"
	"github.com/pertask/pertask/internal/strict"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/verdict"
)

// NotMeasured is the report of a change that was not measured, with the reason and what to do next. It shows
// what changed, the list prices and the forecast.
func (o Options) NotMeasured(reason verdict.Finding, next ...string) *report.Report {
	r := o.Frame(verdict.NotMeasured)
	r.Reason = reason
	r.NextSteps = append(r.NextSteps, next...)
	if o.Suite != nil {
		r.Forecast = o.Forecast()
	}
	o.Decide(r)
	return r
}

// NothingChanged is the report of a pull request that changes no model setting.
func (o Options) NothingChanged() *report.Report {
	r := o.Frame(verdict.NothingChanged)
	r.Reason = verdict.Finding{Code: "nothing-changed", Text: "No model setting changed."}
	o.Decide(r)
	return r
}

// BadInput is the report of a configuration, suite or usage that is wrong.
func (o Options) BadInput(err error) *report.Report {
	r := o.Frame(verdict.BadInput)
	r.Reason = verdict.Finding{Code: "bad-input", Text: err.Error(), Withhold: true}
	var inSettings *arm.Error
	var inFile *strict.Error
	switch {
	case errors.As(err, &inSettings):
		r.Reason.Path, r.Reason.Line = inSettings.Source.Path, inSettings.Source.Line
	case errors.As(err, &inFile):
		r.Reason.Path, r.Reason.Line = inFile.Path, inFile.Line
	}
	o.Decide(r)
	return r
}

// Nothing returns the report of a change without anything to measure, or nil when a setting changed. A model id that
// changes outside of every watched file is nothing to measure either, but it is no success.
func (o Options) Nothing(configPath string) *report.Report {
	if o.Pair.Changed() {
		return nil
	}
	i := slices.IndexFunc(o.Pair.Findings, func(f arm.Finding) bool { return !harmless[f.Code] })
	if i < 0 {
		return o.NothingChanged()
	}
	f := o.Pair.Findings[i]
	var next []string
	if f.Source.Path != "" {
		next = append(next, fmt.Sprintf("Name the file under `models` in `%s` to have such changes measured.", configPath))
	}
	return o.NotMeasured(verdict.Finding{Code: f.Code, Text: f.Text, Path: f.Source.Path, Line: f.Source.Line}, next...)
}

// harmless are the codes of findings that do not say that a model may have changed unseen.
var harmless = map[string]bool{"selector-finds-nothing": true, "base-moved": true}

// NoSuite is the report of a change that there is no suite for.
func (o Options) NoSuite(configPath string) *report.Report {
	return o.NotMeasured(verdict.Finding{Code: "no-suite", Text: "No task suite is configured, so the change was not measured."},
		fmt.Sprintf("Write a suite and name it under `suite` in `%s`; docs/config.md shows both.", configPath))
}

// NotReady is the report of a change that cannot be measured for want of what an error that wraps ErrNotReady names.
func (o Options) NotReady(err error) *report.Report {
	var next []string
	if errors.Is(err, ErrNoKey) {
		next = append(next, "Set the provider's key in the environment; in a workflow by the step's `env`, from a repository secret.")
	}
	text := strings.TrimPrefix(err.Error(), ErrNotReady.Error()+": ")
	return o.NotMeasured(verdict.Finding{Code: "not-ready", Text: "The change was not measured: " + text + "."}, next...)
}

// Hold returns the report of a change that must not be measured, because the verdict could only be withheld: a finding
// says that something else than the pull request would be measured, or an agent is not of the version that the suite pins.
// A policy that can never conclude is refused before, with the configuration. It returns nil when measuring can lead to a
// verdict.
func (o Options) Hold() *report.Report {
	for _, f := range o.Findings {
		if f.Code == lead.Code {
			return o.NotMeasured(f, "Name the model to measure under `models` in the configuration, on the base branch; docs/settings.md shows how.")
		}
		if f.Withhold {
			return o.NotMeasured(f, "Apply this part of the change on the base branch first, where it is reviewed as configuration.")
		}
	}
	if f, next, ok := fit.Versions(o.Suite, o.Harness); !ok {
		return o.NotMeasured(f, next)
	}
	return nil
}
