package numbers

import (
	"math"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/stats"
	"github.com/pertask/pertask/verdict"
)

const (
	settlePower = 0.8
	// mostTrials of each task under each arm is more than anybody carries out for one verdict.
	mostTrials = 1000
)

// Settle says what would show the ratio's side of the threshold, after so many trials of each task under each arm and
// with the most that were planned. It is nil where there is nothing to go by.
func (n Numbers) Settle(trials, most int) *report.Settle {
	_, se := n.Precision()
	if trials < 1 || !(n.Ratio > 0) || math.IsInf(n.Ratio, 1) || n.Scope != verdict.SuiteScope {
		return nil
	}
	needed := stats.RoundsNeeded(trials, se, math.Log(n.Ratio/n.policy.MaxCostRatio), settlePower)
	out := &report.Settle{WithinCap: needed <= float64(most)}
	if !(needed <= mostTrials) {
		return out
	}
	out.Trials = max(int(math.Ceil(needed)), trials+1)
	cost := price.Nothing()
	for _, t := range n.tasks {
		for _, s := range t.Sides() {
			out.More += out.Trials - trials
			cost = cost.Plus(s.Expected(out.Trials - trials))
		}
	}
	out.USD = cost.Amount
	return out
}
