// Package verdict turns measured numbers into a decision.
//
// It knows thresholds, the order in which they are tried, and the reasons to give. It refuses to know how the
// numbers were worked out, how anything looks, and GitHub's conclusions.
package verdict

import "fmt"

// Verdict is the answer to the question that a pull request asks. The zero value is Inconclusive.
type Verdict int

// The verdicts.
const (
	Inconclusive Verdict = iota
	Switch               // a completed task gets cheaper, within the allowed drop of completion
	DontSwitch           // a completed task gets dearer, or fewer are completed than allowed
)

var names = [...]string{"inconclusive", "switch", "dont-switch"}

// String returns the name used in JSON: switch, dont-switch or inconclusive.
func (v Verdict) String() string {
	if v < 0 || int(v) >= len(names) {
		return names[Inconclusive]
	}
	return names[v]
}

// MarshalText writes the name.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads a name.
func (v *Verdict) UnmarshalText(b []byte) error {
	for i, n := range names {
		if n == string(b) {
			*v = Verdict(i)
			return nil
		}
	}
	return fmt.Errorf("verdict %q; allowed are switch, dont-switch and inconclusive", b)
}

// Scope says what a ratio is a statement about.
type Scope string

// The scopes. SuiteScope is the zero value's meaning in a Policy.
const (
	SuiteScope      Scope = "suite"      // these pinned tasks: only the trials are random
	PopulationScope Scope = "population" // tasks like these: the tasks are random, too
)

// Mode says whether a verdict can block a merge. The zero value means Report.
type Mode string

// The modes.
const (
	Report Mode = "report" // never blocks
	Block  Mode = "block"  // don't switch blocks
)

// OnInconclusive says what an inconclusive verdict does in mode block. The zero value means Neutral.
type OnInconclusive string

// The choices.
const (
	Neutral OnInconclusive = "neutral"
	Fail    OnInconclusive = "fail"
)

// Policy is the verdict section of the configuration, with defaults filled in by DefaultPolicy.
type Policy struct {
	Mode              Mode
	MaxCostRatio      float64 // head may cost at most this times base per completed task; > 0, default 1
	MaxCompletionDrop float64 // in shares of trials, 0 to 1, default 0.10
	OnInconclusive    OnInconclusive
	Scope             Scope
	// PassGuardStrict makes an unclear change of the completion rate forbid a switch.
	PassGuardStrict bool
	// EquivalenceMargin m, when above 0, calls "no material difference" when the interval is inside
	// [R0/(1+m), R0(1+m)].
	EquivalenceMargin float64
	// ValuePerTask is what a completed task is worth in dollars, for the net benefit that is shown beside the ratio; 0
	// when nobody says.
	ValuePerTask float64
	// ExtensionReserve is the part of the error that is kept for extensions of a test that ended inconclusive, from 0 to
	// below 0.05; 0 allows none.
	ExtensionReserve float64
}

// DefaultPolicy is what an empty configuration means.
func DefaultPolicy() Policy {
	return Policy{Mode: Report, MaxCostRatio: 1, MaxCompletionDrop: 0.10, OnInconclusive: Neutral, Scope: SuiteScope}
}

// Finding is one reason or warning that goes with a decision or a report.
type Finding struct {
	Code string `json:"code"` // stable, kebab-case
	// Text is one plain sentence or two. It may contain text of the pull request; renderers escape it.
	Text string `json:"text"`
	// Path and Line place the finding in the head's tree where it has a place.
	Path string `json:"path,omitempty"`
	Line int    `json:"line,omitempty"`
	// Withhold is set when the finding alone makes the verdict inconclusive.
	Withhold bool `json:"withhold,omitempty"`
}

// Result is what became of a review: the rows of the table of exit statuses.
type Result string

// The results.
const (
	NothingChanged Result = "nothing-changed"
	Measured       Result = "measured"     // a Verdict was reached, which may be inconclusive
	NotMeasured    Result = "not-measured" // no key, fork, over auto_run_below, provider down
	Accepted       Result = "accepted"     // a person accepted it
	BadInput       Result = "bad-input"    // bad configuration or usage
)

// Decision is the outcome of a policy.
type Decision struct {
	Verdict Verdict
	// Reason is the first finding that decided: why this verdict and no other.
	Reason Finding
	// Findings are the warnings that go with it, in order of weight.
	Findings []Finding
	// Settled is set when more trials of the same tasks would not change the decision: it was shown, or what withholds
	// it is nothing that trials mend, such as a price that is not known.
	Settled bool
}

// Undecided reports whether it is inconclusive because the trials do not show on which side of the threshold the ratio
// lies: more of them may.
func (d Decision) Undecided() bool { return d.Reason.Code == codeUndecided }
