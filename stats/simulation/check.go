package simulation

import (
	"fmt"
	"math"
)

// What is promised of the methods (docs/statistics.md).
const (
	LeastMeanCoverage = 0.95  // over the cells of a table
	LeastCoverage     = 0.93  // in each cell
	MostWrong         = 0.05  // verdicts when the true ratio is the threshold, plus two standard errors
	MostWrongAside    = 0.015 // verdicts on the wrong side when the true ratio is 0.85 or 1.18 times the threshold
	LeastSaving       = 0.55  // of what a fixed design costs, with the look-ahead and stored base trials
	MostAstray        = 0.06  // between the promised chance of a verdict and what comes of it, in each decile
)

// Slack is how far a small number of runs may miss a promise by chance, in standard errors; 0 for the full number.
type Slack float64

// CheckCoverage returns what falls short, one line each. It needs at least one cell.
func CheckCoverage(what string, cells []Coverage, of func(Coverage) Share, slack Slack) []string {
	var out []string
	var all Share
	mean := 0.0
	for _, c := range cells {
		s := of(c)
		all.Of += s.Of
		mean += s.Value() / float64(len(cells))
		if short := LeastCoverage - float64(slack)*s.SE(LeastCoverage); !(s.Value() >= short) {
			out = append(out, fmt.Sprintf("%s, %s, %d tasks x %d trials: covers %.4f, want %.4f", what, c.Scenario.Name, c.Tasks, c.Trials, s.Value(), short))
		}
	}
	if short := LeastMeanCoverage - float64(slack)*all.SE(LeastMeanCoverage); !(mean >= short) {
		out = append(out, fmt.Sprintf("%s: covers %.4f in the mean, want %.4f", what, mean, short))
	}
	return out
}

// CheckErrors returns the designs that are wrong too often. At the threshold two standard errors are allowed anyway.
func CheckErrors(cells []Errors, slack Slack) []string {
	var out []string
	for _, c := range cells {
		most, ses := MostWrong, max(2, float64(slack))
		if c.Ratio != 1 {
			most, ses = MostWrongAside, float64(slack)
		}
		for d, p := range c.Played {
			if limit := most + ses*p.Wrong.SE(most); !(p.Wrong.Value() <= limit) {
				out = append(out, fmt.Sprintf("verdicts at %g, %s, %d tasks, %s: %.4f are wrong, want at most %.4f", c.Ratio, c.Scenario.Name, c.Tasks, Design(d), p.Wrong.Value(), limit))
			}
		}
	}
	return out
}

// CheckSpend returns where the rule with futility and stored base trials saves too little, or an interval that is
// shown at the end misses the truth too often. A saving of few runs counts as uncertain by four times the
// standard error of a share, which is more than was seen.
func CheckSpend(cells []Spend, slack Slack) []string {
	var out []string
	for _, c := range cells {
		p := c.Played[Reused]
		if short := LeastSaving - float64(slack)*4*p.Right.SE(0.5)/2; !(c.Saving(Reused) >= short) {
			out = append(out, fmt.Sprintf("spending, %s, %d tasks: saves %.3f, want %.3f", c.Scenario.Name, c.Tasks, c.Saving(Reused), short))
		}
		for d, p := range c.Played {
			if limit := MostWrong + max(2, float64(slack))*p.Missed.SE(MostWrong); !(p.Missed.Value() <= limit) {
				out = append(out, fmt.Sprintf("last intervals, %s, %d tasks, %s: %.4f miss the truth, want at most %.4f", c.Scenario.Name, c.Tasks, Design(d), p.Missed.Value(), limit))
			}
		}
	}
	return out
}

// CheckCalibration returns the deciles in which the look-ahead promised something else than what came.
func CheckCalibration(deciles []Decile, slack Slack) []string {
	var out []string
	for i, d := range deciles {
		se := math.Sqrt(0.25 / float64(d.Of))
		if limit := MostAstray + float64(slack)*se; !(math.Abs(d.Promised-d.Actual) <= limit) {
			out = append(out, fmt.Sprintf("look-ahead, decile %d: promised %.3f, came %.3f, want at most %.3f between them", i+1, d.Promised, d.Actual, limit))
		}
	}
	return out
}
