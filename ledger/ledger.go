// Package ledger keeps what outlasts one comparison: trials of the base that later comparisons use again, and the tests
// that reruns continue.
//
// It knows what such a record must say to be kept, which trials are still usable, and that a finished verdict is final.
// It refuses to know where records are stored, SQL, HTTP, and what anything costs: tokens are kept and prices are applied
// again by whoever reads them.
package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"
)

// Errors that implementations of Store and Tests wrap.
var (
	// ErrFinal says that a test is finished. Its verdict does not change, and only one that was inconclusive may be
	// extended, by one extension at a time.
	ErrFinal = errors.New("the test is finished and its verdict is final")
	// ErrBehind says that a test has gone on since it was read: what was to be saved lacks a look, or says another thing
	// of one. Whoever gets it reads the test again and goes on from there.
	ErrBehind = errors.New("the test has gone on since it was read")
	// ErrPlan says that a test was begun with other looks, and goes on with those. It is an ErrBehind: whoever gets it
	// reads what was planned.
	ErrPlan = fmt.Errorf("other looks were planned when the test began: %w", ErrBehind)
	// ErrSchema says that a record is of a form that this version does not know.
	ErrSchema = errors.New("the record is of another version")
)

// Store keeps trials of the base by the base store's key: the evidence key without the head, so trials under one key were
// carried out with the same settings, suite and versions. Implementations are safe for concurrent use and pass the
// tests of package ledgertest.
type Store interface {
	// BaseTrials returns the trials of a key, in the order of Sort; none is no error. What is returned belongs to the
	// caller. It does not look at ages: see Usable.
	BaseTrials(ctx context.Context, key string) ([]BaseTrial, error)
	// AddBaseTrials adds trials. They outlive the process and a power cut when it returns. A trial that is there already,
	// by its Identity, is left as it is, and so is one that was dropped; if one of the trials cannot be kept, none is.
	AddBaseTrials(ctx context.Context, key string, trials ...BaseTrial) error
	// DropBaseTrials takes all trials of a key out, for good, because they do not speak for the provider any more. The
	// same trials are not taken again; trials that are carried out later are. A key without trials is no error.
	DropBaseTrials(ctx context.Context, key, why string) error
}

// Tests keeps the tests that were begun, by evidence key. Implementations are safe for concurrent use and pass the tests of
// package ledgertest.
type Tests interface {
	// Test returns the test of a key as it was last saved, and false if there is none.
	Test(ctx context.Context, key string) (Test, bool, error)
	// SaveTest puts a test in the place of what there is of its key, if Continue allows it. It outlives the process and
	// a power cut when SaveTest returns.
	SaveTest(context.Context, Test) error
}

// Limits of what is kept. They are far above what a comparison needs, and bound what a file from elsewhere can ask for.
const (
	MaxKey    = 512     // bytes of a key
	MaxText   = 1000    // bytes of every other text, such as a reason or the name of a task
	MaxReport = 8 << 20 // bytes of a report
	MaxLooks  = 1000
	// MaxIndex bounds the index of a trial within its task.
	MaxIndex = 1_000_000
)

// CheckKey returns an error for what is no key: nothing, more than MaxKey bytes, or what JSON cannot carry.
func CheckKey(key string) error {
	switch {
	case key == "":
		return errors.New("the key is empty; an evidence key is needed")
	case len(key) > MaxKey:
		return fmt.Errorf("a key of %d bytes; at most %d are allowed", len(key), MaxKey)
	case !utf8.ValidString(key):
		return fmt.Errorf("the key %.80q is not UTF-8", key)
	}
	return nil
}

// CheckWhy returns an error for what is no reason to drop trials: nothing, or more than MaxText bytes.
func CheckWhy(why string) error {
	if why == "" {
		return errors.New("dropping stored trials needs a reason")
	}
	return checkText("reason", why)
}

// checkText returns an error for a text that is too long or would not come back from JSON as it was.
func checkText(what, text string) error {
	switch {
	case len(text) > MaxText:
		return fmt.Errorf("the %s has %d bytes; at most %d are allowed", what, len(text), MaxText)
	case !utf8.ValidString(text):
		return fmt.Errorf("the %s %.80q is not UTF-8", what, text)
	}
	return nil
}

// lastYear is the last one that RFC 3339, and so JSON, can write.
const lastYear = 9999

// checkTime returns an error for a time in UTC from which no age can be told.
func checkTime(t time.Time) error {
	switch {
	case t.IsZero():
		return errors.New("it has no time, so its age is not known")
	case t.Year() < 1 || t.Year() > lastYear:
		return fmt.Errorf("it is of the year %d; 1 to %d are allowed", t.Year(), lastYear)
	}
	return nil
}
