package stats

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// ErrRule is returned for a rule that has no boundaries.
var ErrRule = errors.New("this is no rule of a sequence")

// Rule says when a comparison is tested and when it stops.
type Rule struct {
	// Looks are the trials per task and arm at each test, increasing; the last is the cap. One look is a fixed
	// number of trials.
	Looks []int
	// Alpha is the probability, above 0 and below 1, of crossing at any look when the ratio is exactly the
	// threshold, both sides together. It is spent in proportion to the trials.
	Alpha float64
	// Futility is the chance of a verdict below which going on is not worth it, from 0, which never stops, to 1.
	Futility float64
	// Tau is the spread of log ratios around the threshold that is expected of changes in general, for the
	// look-ahead alone: above 0; +Inf expects nothing.
	Tau float64
}

// The defaults of a rule. Tau was chosen by simulation: with it the predicted chances are right on average.
const (
	defaultAlpha    = 0.05
	defaultFutility = 0.20
	defaultTau      = 0.7
)

// DefaultRule returns the rule for these looks with an error of 5 %, a look-ahead that stops below 20 % and the
// expected spread 0.7.
func DefaultRule(looks []int) Rule {
	return Rule{Looks: looks, Alpha: defaultAlpha, Futility: defaultFutility, Tau: defaultTau}
}

// ReservedAlpha splits an error between a test and its extensions, so that all of them together stay within alpha
// (a union bound): extension 0, the test itself, gets 0.9 of it; extension j gets 0.1·2^-j. A negative
// extension gets nothing.
func ReservedAlpha(alpha float64, extension int) float64 {
	switch {
	case extension < 0:
		return 0
	case extension == 0:
		return 0.9 * alpha
	}
	return 0.1 * math.Ldexp(alpha, -extension)
}

// Bound is the boundary at one look.
type Bound struct {
	Trials int     // per task and arm
	Z      float64 // boundary of the normal score
	P      float64 // two-sided nominal level: what a test's P must not exceed
}

// Sequence is a rule with its boundaries worked out. It does not change, and may be used by several goroutines.
type Sequence struct {
	rule   Rule
	bounds []Bound
}

// maxLooks bounds the work of a sequence. A ladder up to a million trials has 30.
const maxLooks = 200

// NewSequence works out the boundaries: the probability of first crossing at look k is Alpha times that look's
// share of the trials, exactly, for normal scores of independent increments. The error is ErrRule.
func NewSequence(r Rule) (*Sequence, error) {
	switch {
	case !increasing(r.Looks) || len(r.Looks) > maxLooks:
		return nil, fmt.Errorf("%w: looks at %v trials; allowed are 1 to %d increasing numbers above 0", ErrRule, r.Looks, maxLooks)
	case !(r.Alpha > 0 && r.Alpha < 1):
		return nil, fmt.Errorf("%w: an error of %g; allowed are numbers between 0 and 1", ErrRule, r.Alpha)
	case !(r.Futility >= 0 && r.Futility <= 1):
		return nil, fmt.Errorf("%w: a least chance of %g; allowed are 0 to 1", ErrRule, r.Futility)
	case !(r.Tau > 0):
		return nil, fmt.Errorf("%w: an expected spread of %g; allowed are numbers above 0", ErrRule, r.Tau)
	}
	r.Looks = slices.Clone(r.Looks)
	s := &Sequence{rule: r}
	paths, most := newRecursion(), float64(r.Looks[len(r.Looks)-1])
	for _, n := range r.Looks {
		t := float64(n) / most
		z := paths.boundary(r.Alpha*(t-paths.t), t)
		s.bounds = append(s.bounds, Bound{Trials: n, Z: z, P: 2 * NormalCDF(-z)})
		paths.pass(z, t)
	}
	return s, nil
}

// Rule returns what the sequence was made of.
func (s *Sequence) Rule() Rule {
	r := s.rule
	r.Looks = slices.Clone(r.Looks)
	return r
}

// Bounds returns the boundary of each look.
func (s *Sequence) Bounds() []Bound { return slices.Clone(s.bounds) }

// Look returns the index of the last look that so many trials per task and arm have reached, and -1 before the first.
func (s *Sequence) Look(trials int) int {
	at := -1
	for i, b := range s.bounds {
		if b.Trials <= trials {
			at = i
		}
	}
	return at
}

// Spent returns how much of Alpha is spent after a look, whether or not the ones before were taken: 0 before the first,
// all of it after the last.
func (s *Sequence) Spent(look int) float64 {
	if look < 0 {
		return 0
	}
	last := len(s.bounds) - 1
	return s.rule.Alpha * float64(s.bounds[min(look, last)].Trials) / float64(s.bounds[last].Trials)
}

// Step is what one look says.
type Step struct {
	Look   int // index
	Trials int // per task and arm, planned
	// P is the two-sided nominal level of this look. Whatever else is tested at it, as the change of completion, is
	// tested at the same level.
	P float64
	// Confidence is that of the repeated interval, 1-P: the interval to show at this look, whichever it is.
	Confidence float64
	// Crossed is set when the test decides: switch for T below 0, don't switch above.
	Crossed bool
	Z       float64 // normal score with the tail area of T
	// Chance is the chance, from 0 to 1, of a verdict by the cap. It is 1 when Crossed, 0 at the last look
	// otherwise, and NaN where nothing can be said yet.
	Chance float64
	// Rounds is how many further trials per task and arm are expected until the sequence ends: 0 when it has. It is
	// all that are left where Chance is NaN.
	Rounds float64
	// Futile is set when Chance is below the rule's Futility before the last look.
	Futile bool
	Last   bool // the cap is reached
}

// Done reports whether the sequence ends here.
func (s Step) Done() bool { return s.Crossed || s.Futile || s.Last }

// At looks: test is that of the threshold, from a comparison with df degrees of freedom and the standard error se
// of the log ratio. The look ahead takes se to fall as it does when both arms get more trials at the
// same pace. A look that is not in the rule, and a test or df that is not a number, decide nothing.
func (s *Sequence) At(look int, test Test, df, se float64) Step {
	if look < 0 || look >= len(s.bounds) {
		return Step{Look: look, Confidence: 1, Chance: math.NaN()}
	}
	later := make([]float64, 0, len(s.bounds)-look-1)
	for _, b := range s.bounds[look+1:] {
		later = append(later, se*math.Sqrt(float64(s.bounds[look].Trials)/float64(b.Trials)))
	}
	return s.AtPlanned(look, test, df, se, later)
}

// AtPlanned is At for arms that grow at different paces, as when the base's trials are stored: later holds the
// standard error that is expected at each later look. See StoredSE.
func (s *Sequence) AtPlanned(look int, test Test, df, se float64, later []float64) Step {
	if look < 0 || look >= len(s.bounds) {
		return Step{Look: look, Confidence: 1, Chance: math.NaN()}
	}
	b := s.bounds[look]
	step := Step{Look: look, Trials: b.Trials, P: b.P, Confidence: 1 - b.P, Last: look == len(s.bounds)-1}
	known := !math.IsNaN(test.T) && test.P >= 0 && test.P <= 1 && df > 0
	if known {
		step.Z = math.Copysign(NormalQuantile(test.P/2), test.T)
		step.Crossed = test.T != 0 && test.P <= b.P
	}
	switch {
	case step.Crossed:
		step.Chance = 1
	case step.Last:
	case !known:
		step.Chance, step.Rounds = math.NaN(), s.left(look)
	default:
		step.Chance, step.Rounds = s.ahead(look, step.Z, se, later)
		step.Futile = step.Chance < s.rule.Futility
	}
	return step
}

// left is how many trials per task and arm the cap leaves.
func (s *Sequence) left(look int) float64 {
	return float64(s.bounds[len(s.bounds)-1].Trials - s.bounds[look].Trials)
}
