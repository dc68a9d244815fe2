package follow

import (
	"math"
	"time"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/ledger/prediction"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/verdict"
)

// Merge is a pull request that was merged, with what was found out about it at the head that was merged.
type Merge struct {
	Repository string // "host/owner/name" in lower case
	Pull       int
	At         time.Time
	Commit     string // that the merge made
	Reports    []*report.Report
}

// Predictions are what a merge promises: one for each suite in which a model setting was changed. One that was not measured has no
// ratio, and is kept because other predictions end where it was merged.
func Predictions(m Merge) []prediction.Prediction {
	var out []prediction.Prediction
	for _, r := range m.Reports {
		if r.Result == verdict.NothingChanged || r.Result == verdict.BadInput || len(r.Changes) == 0 {
			continue
		}
		p := prediction.Prediction{Schema: prediction.Schema, Key: prediction.Key{Repository: m.Repository, Pull: m.Pull, Suite: r.Suite}, Merged: m.At.UTC(), Commit: m.Commit,
			Ratio: ratio(r.Ratio), Verdict: r.Verdict, Accepted: r.Result == verdict.Accepted, Book: r.PriceBook.AsOf}
		for _, c := range r.Changes {
			if c.HasBase {
				p.Before = append(p.Before, setting(c, c.Base))
			}
			if c.HasHead {
				p.After = append(p.After, setting(c, c.Head))
			}
		}
		out = append(out, p)
	}
	return out
}

func setting(c arm.Change, value string) prediction.Setting {
	return prediction.Setting{Slot: c.Slot, Key: string(c.Key), Value: value}
}

// ratio is nil where a report states none, or one that an outcome could not be held against.
func ratio(r *report.Ratio) *prediction.Ratio {
	if r == nil {
		return nil
	}
	estimate, low, high := float64(r.Estimate), float64(r.Low), float64(r.High)
	if !(estimate > 0) || math.IsInf(estimate, 0) || !(low >= 0 && low <= estimate) || !(high >= estimate) {
		return nil
	}
	x := prediction.NewRatio(estimate, low, high)
	return &x
}
