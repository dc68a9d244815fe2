package review

import (
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/review/gate"
	"github.com/pertask/pertask/verdict"
)

// The conclusions, by GitHub's names.
const (
	conclusionSuccess  = gate.Success
	conclusionNeutral  = gate.Neutral
	conclusionFailure  = gate.Failure
	conclusionRequired = gate.Required
)

// conclusion is the row of the table of exit statuses that GitHub sees.
func conclusion(r *report.Report) string {
	switch r.Result {
	case verdict.NothingChanged, verdict.Accepted:
		return conclusionSuccess
	case verdict.BadInput:
		return conclusionFailure
	case verdict.Measured:
		switch {
		case r.Verdict == verdict.Switch:
			return conclusionSuccess
		case r.Verdict == verdict.DontSwitch && r.Decision.Blocks:
			return conclusionFailure
		}
	}
	if r.Decision.Blocks {
		return conclusionRequired
	}
	return conclusionNeutral
}

// weight orders conclusions from the mildest to the one that must not be hidden by another suite's.
var weight = map[string]int{conclusionSuccess: 0, conclusionNeutral: 1, conclusionRequired: 2, conclusionFailure: 3}

// overall is the heaviest conclusion of several suites.
func overall(reports []*report.Report) string {
	out := conclusionSuccess
	for _, r := range reports {
		if c := conclusion(r); weight[c] > weight[out] {
			out = c
		}
	}
	return out
}

// exit is the highest exit status of several suites; without a report it is ExitBroken.
func exit(reports []*report.Report) int {
	if len(reports) == 0 {
		return ExitBroken
	}
	out := 0
	for _, r := range reports {
		out = max(out, r.Decision.Exit)
	}
	return out
}
