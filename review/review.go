// Package review takes one pull request from its start to a posted result. The Action and the App use it.
//
// It knows the order of the steps on a pull request, what is posted where, GitHub's conclusions, and what to do
// with forks and missing keys. It refuses to know webhooks, queues, SQL and the environment: it takes a Trigger
// and a Sink, and no event type is inside.
package review

import (
	"context"
	"errors"
	"fmt"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/review/comment"
	"github.com/pertask/pertask/review/ending"
	"github.com/pertask/pertask/review/gate"
	"github.com/pertask/pertask/review/ground"
	"github.com/pertask/pertask/review/outcome"
	"github.com/pertask/pertask/review/trigger"
	"github.com/pertask/pertask/verdict"
)

// Trigger is what a review is about, Kind why it starts, and Group what it is about in a merge queue.
type (
	Trigger = trigger.Trigger
	Kind    = trigger.Kind
	Group   = trigger.Group
)

// Sink takes what a review leaves outside of GitHub, Check is what must be finished in case the process that began it is gone,
// and Options are what a Reviewer needs.
type (
	Sink    = ground.Sink
	Check   = ground.Check
	Options = ground.Options
)

// Filled says what FillBase did for a suite.
type Filled = ground.Filled

// The kinds.
const (
	PullRequest = trigger.PullRequest
	Command     = trigger.Command
	MergeGroup  = trigger.MergeGroup
	Dispatch    = trigger.Dispatch
	Job         = trigger.Job
)

// Reviewer reviews pull requests. It is safe for concurrent use on different pull requests.
type Reviewer struct{ Options }

// New returns a Reviewer.
func New(o Options) *Reviewer { return &Reviewer{o} }

// FillBase carries out trials of the base as it is at a commit of the base branch, for every suite, and puts them into
// the store, within the budget. Nothing is posted.
func (r *Reviewer) FillBase(ctx context.Context, repo github.Repo, sha string) ([]Filled, error) {
	return r.Fill(ctx, repo, sha)
}

// Outcome is what a review came to.
type Outcome struct {
	Exit    int // status of the process, by the table of package verdict
	Reports []*report.Report
	// Questions are the keys of what the reports answer, in their order; "" for one that answers nothing.
	Questions []string
}

// ExitBroken is the status when no policy could be read, so that a gate does not open: GitHub was out of reach.
const ExitBroken = 1

// Review reviews one pull request. Whatever happens on the way - an error, a panic, the end of the context - the
// check run that it opened is completed, unless the context's cause says that the review goes on elsewhere: see ErrOvertaken
// and ErrStopped. The error says what could not be done; the outcome holds in spite of it.
func (r *Reviewer) Review(ctx context.Context, t Trigger, sink Sink) (out Outcome, err error) {
	s := r.begin(t, sink)
	out.Exit = ExitBroken
	outer := ctx
	ctx, s.stop = context.WithCancelCause(ctx)
	defer s.stop(nil)
	if err := s.open(ctx); err != nil {
		if errors.Is(err, errName) {
			out.Exit = verdict.ExitUsage
		}
		return out, err
	}
	if out, over, err := s.obey(ctx); over {
		return out, err
	}
	if err := s.openCheck(ctx); err != nil {
		return out, err
	}
	results, err := s.safely(ctx)
	if s.halted(outer) {
		return out, errors.Join(err, context.Cause(outer))
	}
	post, cancel := ending.Outlive(outer)
	defer cancel()
	var no *refusal
	if errors.As(err, &no) {
		return Outcome{}, s.refuse(post, no.why)
	}
	if errors.Is(err, ending.ErrSuperseded) || errors.Is(context.Cause(ctx), ending.ErrSuperseded) {
		results, err = append(results, outcome.Result{Report: s.superseded()}), nil // what the suites before it have cost is told
	}
	ended := ctx.Err() != nil
	if errors.Is(err, ending.ErrClosed) || errors.Is(context.Cause(ctx), ending.ErrClosed) {
		results, err, ended = append(results, outcome.Result{Report: s.over()}), nil, false
	}
	done := reactDone
	switch {
	case t.Command == nil:
	case s.closed:
		done = reactRefused
		s.answered("the pull request was closed", true)
	case err != nil:
		done = reactRefused
		s.answered("it could not be carried out to the end", true)
	default:
		s.answered(s.said.Why, false)
	}
	if err != nil {
		// Beside the reports of suites that came to an end: the worst of them all counts.
		results = append(results, outcome.Result{Report: s.broken(ctx, err)})
	}
	ended = ended && !errors.Is(context.Cause(ctx), ending.ErrAccepted)
	perr := s.postSafely(post, s.acceptedLate(post, results), ended)
	s.react(post, done)
	reports := outcome.Reports(results)
	return Outcome{outcome.Exit(reports, ExitBroken), reports, outcome.Questions(results)}, errors.Join(err, perr)
}

// begin is the state of a review that begins.
func (r *Reviewer) begin(t Trigger, sink Sink) *session {
	s := &session{Ground: ground.Ground{Options: r.Options, Trigger: t}, sink: sink, started: r.Now().UTC(), lost: price.Known(price.Money{}), stop: func(error) {}}
	s.at, s.throttle.Now, s.journals.Opener = s.started, r.Now, r.Journal
	return s
}

// safely measures and turns a panic into an error, so that the check run is completed.
func (s *session) safely(ctx context.Context) (results []outcome.Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.Log.Error("panic", "value", fmt.Sprint(p))
			results, err = nil, ending.ErrPanic
		}
	}()
	return s.measure(ctx)
}

// postSafely posts and turns a panic into an error; the check run is completed all the same.
func (s *session) postSafely(ctx context.Context, results []outcome.Result, canceled bool) (err error) {
	defer func() {
		if p := recover(); p != nil {
			s.Log.Error("panic", "value", fmt.Sprint(p))
			err = ending.ErrPanic
			if s.gate != nil {
				err = errors.Join(err, s.gate.Leave(ctx))
			}
		}
	}()
	return s.post(ctx, results, canceled)
}

// Finish completes what an earlier process has left: its check run, unless that is complete, and a comment that says that
// trials run.
func (r *Reviewer) Finish(ctx context.Context, repo github.Repo, c Check) error {
	if c.Name == "" {
		return nil
	}
	err := gate.Finish(ctx, r.GitHub, repo, c.Check)
	if c.Pull == 0 || c.Started.IsZero() {
		return err
	}
	t := &comment.Thread{Poster: r.GitHub, Repo: repo, Pull: c.Pull}
	return errors.Join(err, t.Rest(ctx, c.Started, ending.Unfinished(c.HeadSHA)))
}
