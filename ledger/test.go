package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pertask/pertask/verdict"
)

// TestSchema names the version of the JSON form of a Test. Stored tests depend on it: later versions add fields and
// never rename them.
const TestSchema = "pertask.test/1"

// Test is a sequential test of one evidence key: what was looked at, and what was decided. A rerun continues it at the
// next look and never starts over, so that nobody gets a second throw of the dice by pushing the button again.
type Test struct {
	Schema string `json:"schema"` // TestSchema
	Key    string `json:"key"`    // evidence key
	Looks  []Look `json:"looks"`  // in their order
	// Planned is how many trials per task and arm each planned look has, without those of extensions. The error is shared
	// out among them, so they stay what they were when the test began: a cap that is chosen after a look makes the test
	// wrong more often than it says. Empty for a test of an earlier version.
	Planned []int `json:"planned,omitempty"`
	// Finished is set when there is a verdict, or will be none within the limits of the test.
	Finished bool `json:"finished"`
	// Verdict is inconclusive until the test is finished.
	Verdict verdict.Verdict `json:"verdict"`
	Reason  string          `json:"reason,omitempty"` // code of the finding that decided
	// Extensions counts how often a test that ended inconclusive was taken up again, each at the expense of a reserve.
	Extensions int `json:"extensions"`
	// AlphaSpent is the error that the looks have spent so far, 0 to 1.
	AlphaSpent float64 `json:"alpha_spent"`
	// Report is report.json of the final verdict; a rerun of a finished test shows it again. Nil where it was not kept.
	Report json.RawMessage `json:"report,omitempty"`
	Time   time.Time       `json:"time"` // when it was saved
}

// Look is one interim analysis.
type Look struct {
	Trials int       `json:"trials"` // per task and arm
	Time   time.Time `json:"time"`
	// P is the two-sided p-value that was seen, 0 to 1; null when the test was not defined, such as without completed trials.
	P *float64 `json:"p"`
}

// Checked returns the test as it is kept, with its schema filled in and its times in UTC, or an error that says why it
// cannot be kept. The error wraps ErrSchema for a test of another version.
func (t Test) Checked() (Test, error) {
	if t.Schema == "" {
		t.Schema = TestSchema
	}
	t.Time = t.Time.UTC().Round(0)
	if err := errors.Join(t.check(), t.checkReport()); err != nil {
		return Test{}, fmt.Errorf("checking test %.80q: %w", t.Key, err)
	}
	looks := make([]Look, 0, len(t.Looks))
	for _, l := range t.Looks {
		if err := l.check(looks); err != nil {
			return Test{}, fmt.Errorf("checking test %.80q: look %d: %w", t.Key, len(looks)+1, err)
		}
		looks = append(looks, l.own())
	}
	t.Looks, t.Planned = looks, slices.Clone(t.Planned)
	if len(t.Report) == 0 {
		t.Report = nil
		return t, nil
	}
	var err error
	if t.Report, err = json.Marshal(t.Report); err != nil { // compact, as it comes back
		return Test{}, fmt.Errorf("checking test %.80q: %w", t.Key, err)
	}
	return t, nil
}

func (t Test) check() error {
	if t.Schema != TestSchema {
		return fmt.Errorf("the schema %.80q is not known; this version reads %q: %w", t.Schema, TestSchema, ErrSchema)
	}
	if err := errors.Join(CheckKey(t.Key), checkText("reason", t.Reason)); err != nil {
		return err
	}
	switch {
	case len(t.Looks) > MaxLooks:
		return fmt.Errorf("%d looks; at most %d are allowed", len(t.Looks), MaxLooks)
	case len(t.Planned) > MaxLooks:
		return fmt.Errorf("%d planned looks; at most %d are allowed", len(t.Planned), MaxLooks)
	case !growing(t.Planned):
		return fmt.Errorf("looks are planned after %v trials; allowed are growing numbers from 1 to %d", t.Planned, MaxIndex)
	case t.Finished && len(t.Looks) == 0:
		return errors.New("it is finished after no look; a verdict needs one")
	case !t.Finished && t.Verdict != verdict.Inconclusive:
		return fmt.Errorf("it is not finished and its verdict is %v; until then it is inconclusive", t.Verdict)
	case t.Verdict < verdict.Inconclusive || t.Verdict > verdict.DontSwitch:
		return fmt.Errorf("the verdict %d; there is none of that number", int(t.Verdict))
	case t.Extensions < 0:
		return fmt.Errorf("%d extensions; 0 or more are allowed", t.Extensions)
	case !share(t.AlphaSpent):
		return fmt.Errorf("the error spent is %v; 0 to 1 is allowed", t.AlphaSpent)
	}
	return checkTime(t.Time)
}

func (t Test) checkReport() error {
	switch {
	case len(t.Report) == 0:
		return nil
	case len(t.Report) > MaxReport:
		return fmt.Errorf("a report of %d bytes; at most %d are allowed", len(t.Report), MaxReport)
	case !t.Finished:
		return errors.New("it has a report and is not finished; only the final report is kept")
	case !json.Valid(t.Report) || bytes.TrimSpace(t.Report)[0] != '{':
		return errors.New("its report is not a JSON object")
	}
	return nil
}

// growing reports whether numbers of trials are above 0 and each above the one before.
func growing(trials []int) bool {
	before := 0
	for _, n := range trials {
		if n <= before || n > MaxIndex {
			return false
		}
		before = n
	}
	return true
}

func share(x float64) bool { return x >= 0 && x <= 1 }

// check checks a look that follows others.
func (l Look) check(before []Look) error {
	least := 1
	if n := len(before); n > 0 {
		least = before[n-1].Trials + 1
	}
	switch {
	case l.Trials < least || l.Trials > MaxIndex:
		return fmt.Errorf("%d trials; %d to %d are allowed here", l.Trials, least, MaxIndex)
	case l.P != nil && !share(*l.P):
		return fmt.Errorf("the p-value %v; 0 to 1 is allowed, or null when it is not defined", *l.P)
	}
	return checkTime(l.Time)
}

// own returns the look with its time in UTC and nothing that is shared with the caller.
func (l Look) own() Look {
	l.Time = l.Time.UTC().Round(0)
	if l.P != nil {
		p := *l.P
		l.P = &p
	}
	return l
}

// Continue says whether next may take the place of before, which is the zero Test where nothing was saved. It returns
// next as it is to be kept, and false where the same is kept already, so that saving twice is no mistake. Every
// implementation of Tests asks it, with before as it is at that moment.
//
// The looks of before stay as they are. The error wraps ErrFinal if before is finished, unless it was inconclusive and
// next is one extension of it; ErrPlan if its looks are planned anew; and ErrBehind if next lacks something that before
// has.
func Continue(before, next Test) (Test, bool, error) {
	next, err := next.Checked()
	if err != nil {
		return Test{}, false, err
	}
	if before.Key == "" {
		before = Test{Key: next.Key}
	} else if before, err = before.Checked(); err != nil {
		return Test{}, false, fmt.Errorf("continuing what is stored: %w", err)
	}
	if same(before, next) {
		return next, false, nil
	}
	if err := before.allows(next); err != nil {
		return Test{}, false, fmt.Errorf("saving test %.80q: %w", next.Key, err)
	}
	return next, true, nil
}

// allows returns why next may not follow, where it may not. Both are checked and not the same.
func (t Test) allows(next Test) error {
	extends := t.Finished && t.Verdict == verdict.Inconclusive && next.Extensions == t.Extensions+1
	switch {
	case t.Key != next.Key:
		return fmt.Errorf("it has another key than %.80q", t.Key)
	case t.Finished && !extends:
		return fmt.Errorf("%w: %v after %d looks and %d extensions", ErrFinal, t.Verdict, len(t.Looks), t.Extensions)
	case len(t.Planned) > 0 && !slices.Equal(t.Planned, next.Planned):
		return fmt.Errorf("%w: after %v trials and not %v", ErrPlan, t.Planned, next.Planned)
	case !extends && next.Extensions > t.Extensions:
		return fmt.Errorf("it has %d extensions and had %d; only a test that ended inconclusive is extended, by one at a time", next.Extensions, t.Extensions)
	case extends && len(next.Looks) == len(t.Looks):
		return errors.New("an extension without a look of its own; it brings at least one")
	case next.Extensions < t.Extensions || next.AlphaSpent < t.AlphaSpent || len(next.Looks) < len(t.Looks):
		return ErrBehind
	}
	for i, l := range t.Looks {
		if !same(l, next.Looks[i]) {
			return fmt.Errorf("look %d is another one: %w", i+1, ErrBehind)
		}
	}
	return nil
}

// same compares two values as they are kept.
func same(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}
