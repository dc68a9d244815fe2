package verdict

import "math"

// Facts are the numbers a decision rests on. They are worked out elsewhere; NaN says that there is no statement. The
// zero value holds no evidence and leads to Inconclusive.
type Facts struct {
	Tasks         int
	BaseTrials    int // evidence only: completed and failed trials
	HeadTrials    int
	BaseCompleted int
	HeadCompleted int
	Voids         int // trials of both arms that are no evidence
	Planned       int // trials of both arms that were to be carried out; 0 for voids and trials together
	// VoidCauses counts Voids by cause; nil when the causes are not known.
	VoidCauses map[string]int

	// Scope is what Ratio, T and the completion numbers speak about.
	Scope Scope
	// SingleTrial is set when an arm has one trial of every task: only the population scope exists then.
	SingleTrial bool

	// Ratio is head against base, cost per completed task, with its interval; 0 to +Inf.
	Ratio, Low, High float64
	// T and P are the two-sided test of Policy.MaxCostRatio; T below 0 means that the head is cheaper than allowed.
	T, P float64
	// Alpha is the nominal level of the test at this look: 0.05 when there is one look only.
	Alpha float64

	// CompletionDiff is the change of the completion rate, head minus base, in shares of trials, with its interval.
	CompletionDiff, CompletionLow, CompletionHigh float64

	TopShare float64 // largest share of an arm's cost held by one task, above 0 to 1; other values: not known
	TopTask  string
	TopArm   string // "base" or "head"
	// LeaveOneOutCrosses is set when the ratio without CrossTask is not on the same side of the policy's threshold.
	LeaveOneOutCrosses bool
	CrossTask          string

	// UnknownCost says what is missing to know every cost, such as "no price for model x (openai)".
	UnknownCost []string
	// BaseLowerBound and HeadLowerBound are set when an arm's true cost may be higher than measured.
	BaseLowerBound, HeadLowerBound bool
	// Withhold holds findings from elsewhere that withhold the verdict.
	Withhold []Finding
}

// The limits below which nothing is said beyond the suite, and above which voids are too many.
const (
	minTasks       = 10
	minCompletions = 10
	maxTopShare    = 0.20
	maxVoidPercent = 10
	minReplicates  = 5 // trials of an arm beyond the first of each task
)

// side is where the ratio is shown to lie, seen from the threshold.
type side int

const (
	notShown side = iota
	below
	above
)

// crossing says on which side of the threshold the test shows the ratio to be.
func (f Facts) crossing() side {
	switch {
	case !(f.P <= f.Alpha): // also for NaN
		return notShown
	case f.T < 0:
		return below
	case f.T > 0:
		return above
	}
	return notShown
}

// guard is what is known about completion. The zero value is that nothing is.
type guard int

const (
	guardUnknown guard = iota
	guardUnclear
	guardOK
	guardBad
)

// guard judges the change of the completion rate: bad when a drop is shown, OK when a drop of more than the
// policy allows is excluded. A small drop that is shown is bad, allowed or not.
func (f Facts) guard(p Policy) guard {
	switch {
	case math.IsNaN(f.CompletionLow) || math.IsNaN(f.CompletionHigh) || f.CompletionLow > f.CompletionHigh:
		return guardUnknown
	case f.CompletionHigh < 0:
		return guardBad
	case f.CompletionLow > -p.MaxCompletionDrop:
		return guardOK
	}
	return guardUnclear
}

// equivalent reports whether the whole interval is so near to the threshold that the policy calls it no
// material difference.
func (f Facts) equivalent(p Policy) bool {
	m := 1 + p.EquivalenceMargin
	return p.EquivalenceMargin > 0 && f.Low <= f.High && f.Low >= p.MaxCostRatio/m && f.High <= p.MaxCostRatio*m
}

// population reports whether the numbers speak about tasks like these, or are asked to.
func (f Facts) population(p Policy) bool {
	return f.SingleTrial || f.Scope == PopulationScope || p.Scope == PopulationScope
}

// tooManyVoids reports whether more than maxVoidPercent of the planned trials are void.
func (f Facts) tooManyVoids() bool {
	planned := f.Planned
	if planned <= 0 {
		planned = f.Voids + f.BaseTrials + f.HeadTrials
	}
	return float64(f.Voids)*100 > float64(planned)*maxVoidPercent
}

// trialsNeeded is how many trials of each task an arm needs for an interval of suite scope.
func trialsNeeded(tasks int) int { return 1 + (minReplicates+tasks-1)/tasks }
