package ledger

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/pertask/pertask/usage"
)

// BaseTrialSchema names the version of the JSON form of a BaseTrial. Stored trials depend on it: later versions add
// fields and never rename them.
const BaseTrialSchema = "pertask.base-trial/1"

// BaseTrial is a trial of the base that counts as evidence: it completed or failed. Void trials are not kept.
type BaseTrial struct {
	Schema string `json:"schema"` // BaseTrialSchema
	Task   string `json:"task"`   // task id
	Index  int    `json:"index"`  // number of the trial within its task, from 0: see NextIndex
	// ID names the trial within its key and task: a trial with the same one is the same trial. Empty, it is filled
	// in from the index.
	ID        string `json:"id"`
	Completed bool   `json:"completed"`
	Cause     string `json:"cause,omitempty"` // why it failed, such as "timeout"; empty for one that completed
	// Seconds is the wall-clock time of the agent; null when it was not measured.
	Seconds *float64  `json:"seconds"`
	Time    time.Time `json:"time"` // when it began; its age counts from here
	// Origin says where it was measured, for people, such as the address of a workflow run; Commit is the base's.
	Origin string `json:"origin,omitempty"`
	Commit string `json:"commit,omitempty"`
	// Sandbox names what kept its programs in; empty when nothing did.
	Sandbox string `json:"sandbox,omitempty"`
	// Calls are what it consumed, in the order of their admission, as they were journalled: prices are applied when they
	// are read. A call that never ended is among them, and its usage is unknown.
	Calls []usage.Call `json:"calls"`
}

// Identity tells whether two trials of a key are the same one.
type Identity struct{ Task, ID string }

// Identity returns the trial's identity, once it is Checked.
func (t BaseTrial) Identity() Identity { return Identity{t.Task, t.ID} }

// Checked returns the trial as it is kept, with its schema and ID filled in and its times in UTC, or an error that says
// why it cannot be kept. The error wraps ErrSchema for a trial or call of another version.
func (t BaseTrial) Checked() (BaseTrial, error) {
	if t.Schema == "" {
		t.Schema = BaseTrialSchema
	}
	if t.ID == "" {
		t.ID = fmt.Sprintf("base/%s/%d", t.Task, t.Index)
	}
	t.Time = t.Time.UTC().Round(0)
	if t.Seconds != nil {
		s := *t.Seconds
		t.Seconds = &s
	}
	if err := t.check(); err != nil {
		return BaseTrial{}, fmt.Errorf("checking stored trial %.80q: %w", t.ID, err)
	}
	var err error
	if t.Calls, err = checkedCalls(t.Calls); err != nil {
		return BaseTrial{}, fmt.Errorf("checking stored trial %.80q: %w", t.ID, err)
	}
	return t, nil
}

func (t BaseTrial) check() error {
	switch {
	case t.Schema != BaseTrialSchema:
		return fmt.Errorf("the schema %.80q is not known; this version reads %q: %w", t.Schema, BaseTrialSchema, ErrSchema)
	case t.Task == "":
		return errors.New("it has no task")
	case t.Index < 0 || t.Index > MaxIndex:
		return fmt.Errorf("the index %d; 0 to %d are allowed, and a warm-up is not kept", t.Index, MaxIndex)
	case t.Completed && t.Cause != "":
		return fmt.Errorf("it completed and has the cause %.80q; only a failed trial has one", t.Cause)
	case t.Seconds != nil && !duration(*t.Seconds):
		return fmt.Errorf("it took %v seconds; a duration is 0 or more, or null when unknown", *t.Seconds)
	}
	for _, text := range []struct{ what, is string }{
		{"task", t.Task}, {"id", t.ID}, {"cause", t.Cause}, {"origin", t.Origin}, {"commit", t.Commit}, {"sandbox", t.Sandbox},
	} {
		if err := checkText(text.what, text.is); err != nil {
			return err
		}
	}
	return checkTime(t.Time)
}

func duration(seconds float64) bool { return seconds >= 0 && !math.IsInf(seconds, 0) }

// checkedCalls returns calls as they are kept.
func checkedCalls(calls []usage.Call) ([]usage.Call, error) {
	out := make([]usage.Call, 0, len(calls)) // an empty list, so that its JSON is not null
	seen := map[string]bool{}
	for _, c := range calls {
		if c.Schema == "" {
			c.Schema = usage.CallSchema
		}
		switch {
		case c.Schema != usage.CallSchema:
			return nil, fmt.Errorf("the schema %.80q of a call is not known; this version reads %q: %w", c.Schema, usage.CallSchema, ErrSchema)
		case c.ID == "":
			return nil, errors.New("a call has no id")
		case seen[c.ID]:
			return nil, fmt.Errorf("the call %.80q is there twice", c.ID)
		case !duration(c.Seconds):
			return nil, fmt.Errorf("the call %.80q took %v seconds", c.ID, c.Seconds)
		}
		seen[c.ID] = true
		if c.Time = c.Time.UTC().Round(0); c.Time.Year() > lastYear {
			return nil, fmt.Errorf("the call %.80q is of the year %d", c.ID, c.Time.Year())
		}
		out = append(out, c)
	}
	return out, nil
}

// Sort puts trials into the order in which stores return them: by task, index, time and ID. It does not depend on the
// order in which they were added, which differs when two processes add at once.
func Sort(trials []BaseTrial) {
	slices.SortFunc(trials, func(a, b BaseTrial) int {
		return cmp.Or(cmp.Compare(a.Task, b.Task), cmp.Compare(a.Index, b.Index), a.Time.Compare(b.Time), cmp.Compare(a.ID, b.ID))
	})
}

// NextIndex returns the index of the next trial of a task: one above the highest there is. Ages do not matter to it, so
// that a trial which takes the place of one that grew too old is another trial.
func NextIndex(trials []BaseTrial, task string) int {
	next := 0
	for _, t := range trials {
		if t.Task == task {
			next = max(next, t.Index+1)
		}
	}
	return next
}
