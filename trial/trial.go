// Package trial plans and carries out trials: one attempt of one task under one arm each.
//
// It knows workspaces, processes, timeouts, interleaving, outcomes and the journal. It refuses to know money,
// statistics, GitHub and real provider keys: an agent gets a token that works at the metering proxy only.
package trial

import (
	"fmt"
	"time"

	"github.com/pertask/pertask/usage"
)

// Schema names the version of the JSON form of a Trial. Stored journals depend on it: later versions add
// fields and never rename them.
const Schema = "pertask.trial/1"

// Side names an arm in plans and journals.
type Side string

// The sides.
const (
	Base Side = "base"
	Head Side = "head"
)

// Outcome is the class of a finished trial. The zero value is not an outcome and counts as void.
type Outcome string

// The outcomes.
const (
	Completed Outcome = "completed" // the grader accepted
	Failed    Outcome = "failed"    // the grader refused, or the trial ran out of time or money; its cost counts
	Void      Outcome = "void"      // set-up, provider or grader broke: not evidence about the arm
)

// Origin says where a trial comes from.
type Origin string

// The origins.
const (
	Fresh    Origin = "fresh"    // carried out in this review
	Stored   Origin = "stored"   // carried out before and kept in the ledger
	Recorded Origin = "recorded" // read from a file that others wrote
)

// Slot is one place in a plan. Trials of the same evidence key with the same slot are the same trial.
type Slot struct {
	Look  int    `json:"look"`  // number of the interim analysis that asks for it, from 0
	Arm   Side   `json:"arm"`   // which side's settings it uses
	Task  string `json:"task"`  // task id
	Index int    `json:"index"` // number of the trial within arm and task, from 0; WarmupIndex for a warm-up
}

// WarmupIndex is the index of the trial of an arm and task that fills the provider's prompt cache before the others and
// is no evidence.
const WarmupIndex = -1

// Warmup reports whether the slot is one of a warm-up.
func (s Slot) Warmup() bool { return s.Index < 0 }

// ID is the identity of the slot within its evidence key, such as "head/fix-date-parser/2".
func (s Slot) ID() string { return fmt.Sprintf("%s/%s/%d", s.Arm, s.Task, s.Index) }

// Trial is one finished attempt. Tokens and money are in its calls.
type Trial struct {
	Schema      string  `json:"schema"` // Schema
	ID          string  `json:"id"`     // Slot.ID
	Slot                // look, arm, task, index
	Shard       int     `json:"shard,omitempty"`
	EvidenceKey string  `json:"evidence_key"`
	Origin      Origin  `json:"origin"`
	Outcome     Outcome `json:"outcome"`
	Cause       string  `json:"cause,omitempty"`  // why it failed or is void: one of the Cause constants
	Detail      string  `json:"detail,omitempty"` // for people; never holds prompts, answers or keys
	Harness     string  `json:"harness"`
	Version     string  `json:"harness_version,omitempty"`
	// Sandbox is the name of what kept the agent and the grader in, such as "root namespaces"; "" when nothing did, and
	// in journals of versions that did not record it. The set-up, which is the base's own, runs outside. A trial that
	// starts no program, like those of the harness "prompt" with a grader that is no command, has what its run had.
	Sandbox string    `json:"sandbox,omitempty"`
	Start   time.Time `json:"start"`
	// Seconds is the wall-clock time of the agent, without set-up and grading; null when it was not measured.
	Seconds *float64 `json:"seconds"`
	// SelfReport is what the agent itself says that it consumed; nil when it says nothing. It is for comparison:
	// money comes from the calls.
	SelfReport *usage.SelfReport `json:"self_report,omitempty"`
}

// Causes of outcomes. A failed trial has a cost that counts; a void one is no evidence.
const (
	CauseGrader   = "grader-refused" // failed: it refused, or the arm's work kept it from its end
	CauseTimeout  = "timeout"        // failed
	CauseCost     = "cost-cap"       // failed: the trial cost more than its task allows
	CauseMemory   = "memory"         // failed: the agent needed more memory than a trial may
	CauseDisk     = "disk"           // failed: the agent wrote more than a trial may
	CauseSandbox  = "sandbox-broke"  // void
	CauseWarmup   = "warm-up"        // void: it warmed the provider's prompt cache and is no evidence
	CauseBudget   = "budget"         // void: the check's budget was spent, so that a call was refused or the trial not started
	CauseSetup    = "setup-broke"    // void
	CauseStart    = "start-broke"    // void: the agent could not be started
	CauseProvider = "provider-broke" // void: the provider refused or broke every attempt of the last request
	CauseGrading  = "grader-broke"   // void: the grader could not be run, whatever the agent did
	CauseCanceled = "canceled"       // void
)

// Result is a trial with the calls that it made, in the order in which they were admitted.
type Result struct {
	Trial Trial
	Calls []usage.Call
}

// Evidence is what a journal holds.
type Evidence struct {
	Results []Result
	// Open lists calls that were admitted and never ended: interrupted ones. Where such a call belongs to one
	// of Results it is listed there too.
	Open []usage.Call
	// Stray lists calls that ended and belong to none of Results, because their trial was killed before it was
	// recorded or was carried out again later. They are no evidence, but their money was spent.
	Stray []usage.Call
	// Replaced lists trials that were carried out again later, in the order in which they were recorded, with their calls.
	// Those of the calls that ended are in Stray, too.
	Replaced []Result
}

// Journal is the only way in which trials reach statistics. Implementations are safe for concurrent use; package
// journal has two.
type Journal interface {
	// AppendCall records a call when it is admitted and again when it has ended.
	AppendCall(usage.Call) error
	// AppendTrial records a finished trial, after its calls.
	AppendTrial(Trial) error
	// Load returns everything recorded so far. The last record of a call or trial id counts.
	Load() (Evidence, error)
}
