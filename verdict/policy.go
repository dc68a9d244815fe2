package verdict

import (
	"errors"
	"fmt"
	"math"
)

// maxReserve is the whole error of a test: a reserve has to leave some of it.
const maxReserve = 0.05

// Validate answers everything that is wrong with a policy, each with what is allowed, or nil. Settings are named as in
// the configuration. Empty names mean their zero value's meaning and are allowed.
func (p Policy) Validate() error {
	var errs []error
	if !(p.MaxCostRatio > 0) || math.IsInf(p.MaxCostRatio, 1) {
		errs = append(errs, fmt.Errorf("max_cost_ratio is %v; allowed are numbers above 0", p.MaxCostRatio))
	}
	if !(p.MaxCompletionDrop >= 0 && p.MaxCompletionDrop <= 1) {
		errs = append(errs, fmt.Errorf("max_completion_drop is %v; allowed are numbers from 0 to 1", p.MaxCompletionDrop))
	}
	if !(p.EquivalenceMargin >= 0) || math.IsInf(p.EquivalenceMargin, 1) {
		errs = append(errs, fmt.Errorf("equivalence_margin is %v; allowed are 0 and numbers above", p.EquivalenceMargin))
	}
	if !(p.ValuePerTask >= 0) || math.IsInf(p.ValuePerTask, 1) {
		errs = append(errs, fmt.Errorf("value_per_task is %v; allowed are dollars from 0", p.ValuePerTask))
	}
	if !(p.ExtensionReserve >= 0 && p.ExtensionReserve < maxReserve) {
		errs = append(errs, fmt.Errorf("extension_reserve is %v; allowed are numbers from 0 to below %v", p.ExtensionReserve, maxReserve))
	}
	switch p.Mode {
	case "", Report, Block:
	default:
		errs = append(errs, fmt.Errorf("mode is %q; allowed are %s and %s", p.Mode, Report, Block))
	}
	switch p.OnInconclusive {
	case "", Neutral, Fail:
	default:
		errs = append(errs, fmt.Errorf("on_inconclusive is %q; allowed are %s and %s", p.OnInconclusive, Neutral, Fail))
	}
	switch p.Scope {
	case "", SuiteScope, PopulationScope:
	default:
		errs = append(errs, fmt.Errorf("scope is %q; allowed are %s and %s", p.Scope, SuiteScope, PopulationScope))
	}
	return errors.Join(errs...)
}

// The exit statuses of a process.
const (
	ExitOK      = 0
	ExitBlocked = 1 // the policy blocks the merge
	ExitUsage   = 2 // bad configuration or usage
)

// Row is what follows from a result in the configured mode.
type Row struct {
	Blocks bool // whether the merge is to be blocked
	Exit   int  // status of the process: ExitOK, ExitBlocked or ExitUsage
}

// Outcome is the table of exit statuses. The verdict counts only when the result is Measured; what is not a Verdict
// counts as Inconclusive there, and what is not a Result as BadInput. A mode that is not known blocks as Block does.
func (p Policy) Outcome(r Result, v Verdict) Row {
	blocks := false
	switch r {
	case NothingChanged, Accepted:
	case NotMeasured:
		blocks = p.OnInconclusive != "" && p.OnInconclusive != Neutral
	case Measured:
		switch v {
		case Switch:
		case DontSwitch:
			blocks = true
		default:
			blocks = p.OnInconclusive != "" && p.OnInconclusive != Neutral
		}
	default:
		return Row{Blocks: true, Exit: ExitUsage}
	}
	if !blocks || p.Mode == "" || p.Mode == Report {
		return Row{}
	}
	return Row{Blocks: true, Exit: ExitBlocked}
}
