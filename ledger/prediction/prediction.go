// Package prediction keeps what a measured change of model settings promised when it was merged, and says what was
// observed after it.
//
// It knows what a prediction says, when an outcome is due, which merged pull requests it is of, and whether observed and
// predicted agree. It refuses to know where predictions are stored, how spend was attributed to a pull request, how a level
// is compared (package stats/series does), and how anything looks.
package prediction

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pertask/pertask/verdict"
)

// Schema and OutcomeSchema name the versions of the JSON forms. Stored ones depend on them: later versions add fields and
// never rename them.
const (
	Schema        = "pertask.prediction/1"
	OutcomeSchema = "pertask.outcome/1"
)

// Confidence is that of every interval here.
const Confidence = 0.95

// Ratio is a ratio of after to before with its interval.
type Ratio struct {
	Estimate float64  `json:"estimate"` // above 0
	Low      float64  `json:"low"`      // at least 0, at most Estimate
	High     *float64 `json:"high"`     // at least Estimate; null means that the interval has no upper end
}

// NewRatio returns a ratio whose upper end may be +Inf.
func NewRatio(estimate, low, high float64) Ratio {
	r := Ratio{Estimate: estimate, Low: low}
	if !math.IsInf(high, 1) {
		r.High = &high
	}
	return r
}

// Upper returns the upper end, +Inf where there is none.
func (r Ratio) Upper() float64 {
	if r.High == nil {
		return math.Inf(1)
	}
	return *r.High
}

// Holds reports whether the interval holds a number.
func (r Ratio) Holds(x float64) bool { return r.Low <= x && x <= r.Upper() }

// Setting is one model setting.
type Setting struct {
	Slot  string `json:"slot"`
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Key names a prediction: a pull request has one for each suite.
type Key struct {
	// Repository is "host/owner/name" in lower case, as in spend.Place.
	Repository string `json:"repository"`
	Pull       int    `json:"pull"`
	Suite      string `json:"suite"` // its name
}

// Prediction is what a measured change promised when it was merged. It does not change any more.
type Prediction struct {
	Schema string `json:"schema"` // Schema
	Key
	Merged time.Time `json:"merged"` // in UTC
	Commit string    `json:"commit"` // object id of the merge on the base branch
	// Before and After are the settings that the pull request changed, of both sides.
	Before []Setting `json:"before"`
	After  []Setting `json:"after"`
	// Ratio is that of the cost of a completed task, head to base; null where none was measured.
	Ratio    *Ratio          `json:"ratio"`
	Verdict  verdict.Verdict `json:"verdict"`
	Accepted bool            `json:"accepted"` // by a person
	Book     string          `json:"book"`     // date of the price book, such as "2026-11-01"
}

// Relation says how what was observed stands to what was predicted.
type Relation string

// The relations. CannotTell is that of an outcome that says nothing; no outcome has the empty one.
const (
	// Inside: the observed ratio is within the predicted interval.
	Inside Relation = "inside"
	// Overlaps: it is not, and both uncertainties together explain that.
	Overlaps Relation = "overlaps"
	// OutsideCheaper and OutsideDearer: they do not; spend fell further than predicted, or less far.
	OutsideCheaper Relation = "outside-cheaper"
	OutsideDearer  Relation = "outside-dearer"
	CannotTell     Relation = "cannot-tell"
)

// Reasons for CannotTell, besides those of package series.
const (
	TooEarly     = "too-early"     // it is not due
	NotPredicted = "not-predicted" // no ratio was measured
	TooWide      = "too-wide"      // the observed interval is too wide to say anything: see Telling
)

// Caveat is something else that changed, and what it may mean for the ratio.
type Caveat struct {
	Code string `json:"code"`
	// Pulls are those that the caveat is about.
	Pulls []int `json:"pulls,omitempty"`
	// From and To are what changed, in the words of the caveat.
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	// Ratio is how something else changed.
	Ratio *Ratio `json:"ratio,omitempty"`
	Count int    `json:"count,omitempty"`
}

// The codes of caveats.
const (
	OtherSwitch = "other-switch" // Pulls changed model settings, too: the window ends at them
	PricesBook  = "price-book"   // spend was priced by the book of To, the prediction by that of From
	SizeShift   = "size-shift"   // pull requests changed in size by Ratio; the observed ratio is at equal size
	ShareShift  = "share-shift"  // From of the pull requests had spend before and To have after, in percent
	Drift       = "drift"        // spend drifts by Ratio in 28 days, switch or not
	Unpriced    = "unpriced"     // the spend of Count pull requests is not known; they do not count
	Unsized     = "unsized"      // Count pull requests have no known size; they do not count
	Outliers    = "outliers"     // Count pull requests are so far from the others that they count less
)

// Outcome is what was observed after a merge.
type Outcome struct {
	Schema string `json:"schema"` // OutcomeSchema
	Key
	AsOf  time.Time `json:"as_of"` // in UTC
	Final bool      `json:"final"` // nothing later is observed
	// From and To bound the merged pull requests that count; Days is from the merge to To.
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	Days int       `json:"days"`
	// Before and After are merged pull requests with spend, None those without any, which are in no ratio.
	Before     int `json:"before"`
	After      int `json:"after"`
	NoneBefore int `json:"none_before"`
	NoneAfter  int `json:"none_after"`
	// Observed is null when the history cannot tell, for which there is a Reason.
	Observed *Ratio `json:"observed"`
	Sized    bool   `json:"sized"` // Observed is at equal size of pull requests
	// Difference is observed to predicted, with the interval of both uncertainties; null where one is missing.
	Difference *Ratio   `json:"difference"`
	Relation   Relation `json:"relation"`
	Reason     string   `json:"reason,omitempty"` // with CannotTell only
	Caveats    []Caveat `json:"caveats,omitempty"`
}

// Record is a prediction with its outcomes, the earliest first.
type Record struct {
	Prediction Prediction
	Outcomes   []Outcome
}

// Last returns the latest outcome.
func (r Record) Last() (Outcome, bool) {
	if len(r.Outcomes) == 0 {
		return Outcome{}, false
	}
	return r.Outcomes[len(r.Outcomes)-1], true
}

// Errors of a Store.
var (
	// ErrKept says that another prediction is kept under the key. Predictions are not changed after the fact.
	ErrKept = errors.New("another prediction is kept for this pull request and suite")
	// ErrUnknown says that an outcome is of no prediction that is kept.
	ErrUnknown = errors.New("no prediction is kept for this pull request and suite")
	// ErrFinal says that a final outcome is kept.
	ErrFinal = errors.New("a final outcome is kept for this prediction")
)

// Store keeps predictions and outcomes. Implementations are safe for concurrent use, also by other processes, and pass the
// tests of package predictiontest.
type Store interface {
	// Predict keeps a prediction. The same one again changes nothing; another one under its key is ErrKept.
	Predict(ctx context.Context, p Prediction) error
	// Observe keeps an outcome of a prediction that is there. The same one again changes nothing. Another one of the same
	// time, or any after a final one, is ErrFinal.
	Observe(ctx context.Context, o Outcome) error
	// Records yields what is kept about a repository, or about every one for "", in the order of the merges. The error of
	// something that cannot be read is yielded with the zero record, and reading goes on when the caller does.
	Records(ctx context.Context, repository string) iter.Seq2[Record, error]
}

// Limits of what a prediction says.
const (
	maxText     = 512 // bytes of a string
	maxSettings = 64
	maxCaveats  = 32
	maxPulls    = 1000
)

var (
	repositoryForm = regexp.MustCompile(`^[a-z0-9][a-z0-9.:-]*(/[a-z0-9_.-]+){2,}$`)
	commitForm     = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)
	codeForm       = regexp.MustCompile(`^[a-z][a-z-]{0,39}$`)
)

// Check returns what is wrong with a key.
func (k Key) Check() error {
	switch {
	case len(k.Repository) > maxText || !repositoryForm.MatchString(k.Repository):
		return fmt.Errorf("repository %.80q; it is host/owner/name in lower case", k.Repository)
	case k.Pull < 1:
		return fmt.Errorf("pull request %d; numbers begin at 1", k.Pull)
	}
	return text("suite", k.Suite, true)
}

// Check returns what is wrong with a prediction.
func (p Prediction) Check() error {
	if p.Schema != Schema {
		return fmt.Errorf("schema %.80q; this version reads %q", p.Schema, Schema)
	}
	if err := errors.Join(p.Key.Check(), moment("merged", p.Merged), settings(p.Before), settings(p.After)); err != nil {
		return err
	}
	if !commitForm.MatchString(p.Commit) {
		return fmt.Errorf("commit %.80q; it is an object id of 40 or 64 hex digits", p.Commit)
	}
	if _, err := time.Parse(time.DateOnly, p.Book); err != nil {
		return fmt.Errorf("price book %.80q; it is a date such as 2026-11-01", p.Book)
	}
	return p.Ratio.check("predicted")
}

// Check returns what is wrong with an outcome.
func (o Outcome) Check() error {
	if o.Schema != OutcomeSchema {
		return fmt.Errorf("schema %.80q; this version reads %q", o.Schema, OutcomeSchema)
	}
	err := errors.Join(o.Key.Check(), moment("as_of", o.AsOf), moment("from", o.From), moment("to", o.To),
		o.Observed.check("observed"), o.Difference.check("difference"), text("reason", o.Reason, false))
	if err != nil {
		return err
	}
	if o.To.Before(o.From) || o.AsOf.Before(o.To) {
		return errors.New("an outcome's window ends after it begins, and no later than the outcome")
	}
	if min(o.Days, o.Before, o.After, o.NoneBefore, o.NoneAfter) < 0 {
		return errors.New("a count below 0")
	}
	if len(o.Caveats) > maxCaveats {
		return fmt.Errorf("%d caveats; at most %d are kept", len(o.Caveats), maxCaveats)
	}
	for _, c := range o.Caveats {
		if err := c.check(); err != nil {
			return err
		}
	}
	return o.relates()
}

// relates checks that the relation, its reason and the ratios say the same.
func (o Outcome) relates() error {
	switch o.Relation {
	case Inside, Overlaps, OutsideCheaper, OutsideDearer:
		if o.Observed == nil || o.Difference == nil || o.Reason != "" {
			return fmt.Errorf("relation %q with a reason, or without observed and difference", o.Relation)
		}
	case CannotTell:
		if o.Reason == "" {
			return fmt.Errorf("relation %q without a reason", o.Relation)
		}
	default:
		return fmt.Errorf("relation %.80q; allowed are inside, overlaps, outside-cheaper, outside-dearer and cannot-tell", o.Relation)
	}
	return nil
}

func (c Caveat) check() error {
	if !codeForm.MatchString(c.Code) || len(c.Pulls) > maxPulls || c.Count < 0 {
		return fmt.Errorf("caveat %.80q is not in the form of one", c.Code)
	}
	return errors.Join(text("from", c.From, false), text("to", c.To, false), c.Ratio.check(c.Code))
}

func (r *Ratio) check(what string) error {
	if r == nil {
		return nil
	}
	high := r.Upper()
	if !(r.Estimate > 0) || math.IsInf(r.Estimate, 1) || !(r.Low >= 0) || !(r.Low <= r.Estimate) || !(r.Estimate <= high) {
		return fmt.Errorf("%s ratio %v of %v to %v; it is above 0 and within its interval", what, r.Estimate, r.Low, high)
	}
	return nil
}

func settings(list []Setting) error {
	if len(list) > maxSettings {
		return fmt.Errorf("%d settings; at most %d are kept", len(list), maxSettings)
	}
	for _, s := range list {
		if err := errors.Join(text("slot", s.Slot, true), text("key", s.Key, true), text("value", s.Value, false)); err != nil {
			return err
		}
	}
	return nil
}

func moment(what string, t time.Time) error {
	if t.IsZero() || t.Location() != time.UTC || t.Year() < 2000 || t.Year() > 9999 {
		return fmt.Errorf("%s %v; it is a time in UTC", what, t)
	}
	return nil
}

func text(what, s string, needed bool) error {
	switch {
	case needed && s == "":
		return fmt.Errorf("no %s", what)
	case len(s) > maxText:
		return fmt.Errorf("%s of %d bytes; at most %d are kept", what, len(s), maxText)
	case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' }):
		return fmt.Errorf("%s %.80q; it is one line of UTF-8", what, s)
	}
	return nil
}
