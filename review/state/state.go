// Package state is what our comment on a pull request remembers of the reviews before: their results, and who accepted
// what.
//
// It knows the stored form, its limits, which earlier result answers a question, and for how long an acceptance holds.
// It refuses to know GitHub, where the form is kept, who may accept, and how anything looks. What it reads is trusted no
// further than the comment that it stands in, and an acceptance not even that far: see Acceptance.Proven and
// docs/design/010-acceptances.md. Everything here is a pure function of its arguments.
package state

import (
	"slices"
	"time"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/verdict"
)

// Version is the version of the stored form that this package writes. It is raised only when an older reader would take
// a newer form for something else: new fields are added without.
const Version = 1

// Limits of what is kept.
const (
	MaxBytes = 12 << 10 // of the stored form
	MaxRuns  = 10
)

// State is what is kept about one pull request. The zero value is that of a pull request about which nothing is known.
// Its methods return another State and leave the receiver as it is.
type State struct {
	Runs []Run // newest first, at most MaxRuns
	// Acceptances are newest first. Those with an End are kept for the history.
	Acceptances []Acceptance
	// Check is the check run of the newest review, so that a later process can complete it; nil when there is none.
	Check *Check
	// Last is what became of the last command; nil when there was none.
	Last *Answer
}

// Run is one review that came to an end.
type Run struct {
	Time time.Time `json:"time"` // when it started
	// Posted is when its result was shown, which is later: who wrote before that has not read it. Zero is not known.
	Posted time.Time `json:"posted,omitzero"`
	Head   string    `json:"head"` // object id of the pull request's head; "" when not known
	// Kind is why it was started, such as "pull_request" or "command"; By is the login of the person who asked for it, ""
	// when nobody did.
	Kind string `json:"kind,omitempty"`
	By   string `json:"by,omitempty"`
	// Suites are the results, one for each report. A run in which no model setting was changed has one without a Question.
	Suites []Suite `json:"suites"`
	// Spent is what the trials of this run cost; unknown when a price was.
	Spent price.Amount `json:"spent"`
	Title string       `json:"title,omitempty"` // of the check run: plain text
}

// Suite is the result of one suite in a run.
type Suite struct {
	Name string `json:"name,omitempty"`
	// Question is the key of what was asked: both arms' settings, the suite's digest and the policy. Results of the same
	// question answer one another, on whatever machine. "" when there was none.
	Question string `json:"question,omitempty"`
	Evidence string `json:"evidence,omitempty"` // evidence key of the trials
	Digest   string `json:"digest,omitempty"`   // of the suite
	Book     string `json:"book,omitempty"`     // digest of the price book
	Prices   string `json:"prices,omitempty"`   // key of the price book with the contracts
	// Cap is how many trials of each task under each arm its test had at most; 0 where that is not known or there was none.
	Cap int `json:"cap,omitempty"`
	// Ended says that the test came to its end: what withholds the verdict of one that did not can be mended.
	Ended bool `json:"ended,omitempty"`
	// At is the head that it was measured at, where that is another than the run's: the verdict was found to hold.
	At      string          `json:"at,omitempty"`
	Result  verdict.Result  `json:"result"`
	Verdict verdict.Verdict `json:"verdict"` // inconclusive unless Result is measured
	// Conclusion is GitHub's, and Exit the status of the process, by the policy of that run.
	Conclusion string `json:"conclusion"`
	Exit       int    `json:"exit"`
	// Ratio is the cost per completed task, head over base; nil when there is none.
	Ratio *Ratio `json:"ratio,omitempty"`
}

// Ratio is an estimate with its interval, each 0 or more. High may be infinite, and each NaN where there is no statement.
type Ratio struct {
	Estimate figure.Number `json:"estimate"`
	Low      figure.Number `json:"low"`
	High     figure.Number `json:"high"`
}

// Check is a check run, or a commit status where ID is 0.
type Check struct {
	ID   int64  `json:"id,omitempty"`
	Name string `json:"name"`
	Head string `json:"head"`
	// Left is the conclusion of a check run whose process has gone: what the policy says of a change that was not measured.
	Left string `json:"left"`
}

// Answer is what became of a command.
type Answer struct {
	Command   string    `json:"command"` // as command.Command writes it, or as the person did when it was refused
	By        string    `json:"by"`
	CommentID int64     `json:"comment"`
	Time      time.Time `json:"time"`
	Refused   bool      `json:"refused,omitempty"`
	Why       string    `json:"why,omitempty"` // it was refused, or what was done: plain text
}

// Add returns the state with a run more. Runs stay in the order of their times, whichever ended first; a run of the same
// time and head replaces the one that is there. The oldest beyond MaxRuns are dropped.
func (s State) Add(r Run) State {
	runs := slices.DeleteFunc(slices.Clone(s.Runs), func(o Run) bool { return o.Time.Equal(r.Time) && o.Head == r.Head })
	at, _ := slices.BinarySearchFunc(runs, r, func(a, b Run) int { return b.Time.Compare(a.Time) })
	runs = slices.Insert(runs, at, r)
	s.Runs = runs[:min(len(runs), MaxRuns)]
	return s
}

// Find returns the newest run that answers a question by trials or by an acceptance, with its suite. Runs in which
// nothing was measured answer nothing, and nothing answers the empty question.
func (s State) Find(question string) (Run, Suite, bool) {
	for _, r := range s.Runs {
		for _, u := range r.Suites {
			if question != "" && u.Question == question && u.Result == verdict.Measured {
				return r, u, true
			}
		}
	}
	return Run{}, Suite{}, false
}

// Standing returns the newest run about a head, for whoever has to say again what it came to: with which conclusion for
// each suite, and with which status. It is false when there was none, which is no success.
func (s State) Standing(head string) (r Run, exit int, ok bool) {
	for _, r := range s.Runs {
		if head == "" || r.Head != head || len(r.Suites) == 0 {
			continue
		}
		for _, u := range r.Suites {
			exit = max(exit, u.Exit)
		}
		return r, exit, true
	}
	return Run{}, 0, false
}
