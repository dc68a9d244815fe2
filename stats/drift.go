package stats

import "fmt"

// DriftLevel is the two-sided level at which stored trials are dropped: Drift's P at or below it.
const DriftLevel = 0.10

// Drift tests whether fresh trials of an arm, the sentinels, are of the same distribution as its stored ones, task by
// task: whether their ratio of cost per completed task is 1. Where no task has two sentinels, the spread of a task's
// trials is that of the stored ones, which under the hypothesis it is. Errors are ErrShape, and ErrNoReplicates when no
// task has two stored trials.
func Drift(stored, fresh []Cell) (Test, error) {
	if err := check(stored, fresh); err != nil {
		return Test{}, err
	}
	b, h := newSide(stored), newSide(fresh)
	if b.DF == 0 {
		return Test{}, fmt.Errorf("%w: %d stored trials of %d tasks", ErrNoReplicates, b.Trials, len(stored))
	}
	df := float64(b.DF)
	if h.DF == 0 {
		like := newSideOf(stored, fresh)
		h.VC, h.VP, h.CP, h.LogVar = like.VC, like.VP, like.CP, like.LogVar
	} else {
		df = satterthwaite(b.LogVar, df, h.LogVar, float64(h.DF))
	}
	s := Suite{
		A: h.C * b.P, B: b.C * h.P,
		VA:        b.P*b.P*h.VC + h.C*h.C*b.VP,
		VB:        h.P*h.P*b.VC + b.C*b.C*h.VP,
		VAB:       b.P*b.C*h.CP + h.C*h.P*b.CP,
		DF:        df,
		Undefined: b.C == 0 || h.C == 0,
	}
	return s.wald(1), nil
}
