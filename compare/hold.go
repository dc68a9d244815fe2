package compare

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare/fit"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/verdict"
)

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

// NotReady is the report of a change that cannot be measured for want of what an error of Bench.Ready names.
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
		if f.Withhold {
			return o.NotMeasured(f, "Apply this part of the change on the base branch first, where it is reviewed as configuration.")
		}
	}
	if f, next, ok := fit.Versions(o.Suite, o.Harness); !ok {
		return o.NotMeasured(f, next)
	}
	return nil
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
