package measure

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/pertask/pertask/app/queue"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/review"
	"github.com/pertask/pertask/review/command"
	"github.com/pertask/pertask/review/state"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/verdict"
)

// Job is one review to carry out.
type Job struct {
	ID       string // of the record: the same for every attempt
	Epoch    int64  // of the turn: higher for a later attempt (queue.Turn)
	Delivery string // of the note that asks for it
	Repo     record.Repo
	Trigger  review.Trigger
}

// tenant is whom a job is for.
func (j Job) tenant() Tenant { return Tenant{Installation: j.Repo.Installation, Repo: j.Repo.ID} }

// errClosed ends a review whose pull request was closed.
var errClosed = errors.New("the pull request was closed")

// Review carries out a review and keeps what becomes of it. An error says that it is to be tried again: GitHub or the database
// was out of reach, or the context ended. What is wrong with a repository's configuration or a provider was posted, and is
// none.
func (m *Measurer) Review(ctx context.Context, j Job) error {
	ctx, cancel := overtakable(ctx)
	defer cancel(nil)
	k := m.keep(j)
	defer k.giveBack()
	if err := k.begin(ctx); err != nil {
		return err
	}
	out, err := m.carryOut(ctx, j, k, cancel)
	closed := errors.Is(context.Cause(ctx), errClosed)
	again := err
	switch {
	case errors.Is(context.Cause(ctx), review.ErrOvertaken):
		return errors.Join(err, context.Cause(ctx)) // what it has to say another one says
	case ctx.Err() != nil && !closed:
		again = errors.Join(err, context.Cause(ctx)) // it goes on elsewhere
		return errors.Join(again, k.pause(context.WithoutCancel(ctx)))
	case closed, k.settled() && wrong(out):
		again = nil
	}
	return errors.Join(again, k.end(context.WithoutCancel(ctx), out, err, again == nil))
}

// overtakable is a context that ends with review.ErrOvertaken as its cause when the outer one ends since the queue has given the
// work to another worker.
func overtakable(outer context.Context) (context.Context, context.CancelCauseFunc) {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(outer))
	unwatch := context.AfterFunc(outer, func() {
		cause := context.Cause(outer)
		if errors.Is(cause, queue.ErrLost) {
			cause = fmt.Errorf("%w: %w", review.ErrOvertaken, cause)
		}
		cancel(cause)
	})
	return ctx, func(cause error) { unwatch(); cancel(cause) }
}

// wrong reports whether a review ended with a mistake of the repository's: trying again changes nothing.
func wrong(out review.Outcome) bool {
	for _, r := range out.Reports {
		if r.Result == verdict.BadInput {
			return true
		}
	}
	return false
}

// carryOut carries out the review itself.
func (m *Measurer) carryOut(ctx context.Context, j Job, k *keeper, stop context.CancelCauseFunc) (review.Outcome, error) {
	o, end, err := m.options(ctx, j, k)
	if err != nil {
		return review.Outcome{}, err
	}
	defer end()
	watched := make(chan struct{})
	inner, done := context.WithCancel(ctx)
	go func() {
		defer close(watched)
		m.watch(inner, j, k, stop)
	}()
	defer func() { done(); <-watched }()
	return review.New(o).Review(ctx, j.Trigger, k)
}

// Fill stores trials of the base as it is at a commit, within the budget. Nothing is posted.
func (m *Measurer) Fill(ctx context.Context, j Job) error {
	ctx, cancel := overtakable(ctx)
	defer cancel(nil)
	k := m.keep(j)
	defer k.giveBack()
	k.row.Kind, k.row.Title = "base", "Stored trials of the base"
	o, end, err := m.options(ctx, j, k)
	if err != nil {
		return err
	}
	defer end()
	release, err := m.Slots.Take(ctx, j.Repo.Installation)
	if err != nil {
		return err
	}
	defer release()
	if err := k.begin(ctx); err != nil {
		return err
	}
	o.Budget = func(ctx context.Context) (price.Amount, error) {
		return m.budget(ctx, j, k, true, func(ctx context.Context) price.Amount { return m.configured(ctx, j.Trigger, o, j.Trigger.HeadSHA) })
	}
	inner, done := context.WithCancel(ctx)
	watched := make(chan struct{})
	go func() { defer close(watched); m.watch(inner, j, k, cancel) }()
	defer func() { done(); <-watched }()
	before := k.current().Spent
	k.past = before
	filled, err := review.New(o).FillBase(ctx, j.Trigger.Repo, j.Trigger.HeadSHA)
	spent := nothing
	for _, f := range filled {
		spent = spent.Plus(f.Spent)
		k.log.Info("stored trials of the base", "suite", f.Suite, "had", f.Had, "added", f.Added, "missing", f.Missing, "spent_usd", f.Spent.String(), "problem", f.Problem, "lost", f.Lost)
	}
	if errors.Is(context.Cause(ctx), review.ErrOvertaken) {
		return errors.Join(err, context.Cause(ctx))
	}
	return errors.Join(err, k.filled(context.WithoutCancel(ctx), before.Plus(spent), err))
}

// Label is the label that asks for a measurement, by the configuration of a pull request's base.
func (m *Measurer) Label(ctx context.Context, j Job) (string, error) {
	r, _, err := m.reviewer(j)
	if err != nil {
		return "", err
	}
	return r.Label(ctx, j.Trigger)
}

// Refuse says why what a person asked for is not carried out.
func (m *Measurer) Refuse(ctx context.Context, j Job, what, why string) error {
	r, log, err := m.reviewer(j)
	if err != nil {
		return err
	}
	return r.Refuse(ctx, j.Trigger, what, why, mute{log})
}

// Decline answers somebody who may not ask for anything.
func (m *Measurer) Decline(ctx context.Context, j Job, why string) error {
	r, log, err := m.reviewer(j)
	if err != nil {
		return err
	}
	return r.Decline(ctx, j.Trigger, why, mute{log})
}

// reviewer is one that measures nothing.
func (m *Measurer) reviewer(j Job) (*review.Reviewer, *slog.Logger, error) {
	a, err := m.account(j.Repo.Installation)
	if err != nil {
		return nil, nil, err
	}
	log := a.redact.logger(m.logOf(j))
	return review.New(review.Options{GitHub: a.client, Book: m.book(), Version: m.Version, ConfigPath: configPath, Getenv: m.Getenv, Hide: m.Hide,
		Now: m.Now, Log: log, Buttons: true, Accepted: func(ctx context.Context, a state.Acceptance) (bool, error) { return m.pressed(ctx, j, a) }}), log, nil
}

// logOf names the job in every line.
func (m *Measurer) logOf(j Job) *slog.Logger {
	return m.Log.With("review", j.ID, "delivery", j.Delivery, "installation", j.Repo.Installation, "repository", j.Trigger.Repo.String(), "pull", j.Trigger.Pull)
}

// options are what the review needs. The returned function gives back what they hold.
func (m *Measurer) options(ctx context.Context, j Job, k *keeper) (review.Options, func(), error) {
	a, err := m.account(j.Repo.Installation)
	if err != nil {
		return review.Options{}, nil, err
	}
	scratch, remove, err := m.Scratch.New(j.ID)
	if err != nil {
		return review.Options{}, nil, err
	}
	s := &slot{m: m, ctx: ctx, installation: j.Repo.Installation}
	evidence := m.Evidence(j.tenant())
	o := review.Options{
		ID: j.ID, Kept: true, GitHub: a.client, Book: m.book(), Version: m.Version, ConfigPath: configPath, Getenv: m.Getenv, Scratch: scratch,
		Hide: m.Hide, Sandbox: m.Sandbox, Now: m.Now, Log: k.log, Store: evidence.Base, Tests: evidence.Tests, ReportURL: k.url(), Transport: m.Provider,
		Progress: k.progress, Buttons: true, Accepted: func(ctx context.Context, a state.Acceptance) (bool, error) { return m.pressed(ctx, j, a) },
		Keys: func(ups []meter.Upstream) meter.Keys {
			keys, err := m.Keys(ctx, j.Repo.Installation, ups)
			a.redact.add(keys)
			if err != nil {
				k.log.Error("reading the provider keys", "error", err) // a review that needs one of them says that it is not there
			}
			return keys
		},
		Journal: func(key string) (trial.Journal, string, error) {
			if err := s.take(); err != nil {
				return nil, "", err
			}
			open, err := m.journal(ctx, j, k, evidence, key)
			return open, "", err
		},
	}
	away := &away{m: m, j: j, k: k, evidence: evidence}
	if m.Login != "" {
		o.Elsewhere = away
	}
	o.Budget = func(ctx context.Context) (price.Amount, error) {
		return m.budget(ctx, j, k, s.taken() || away.began.Load(), func(ctx context.Context) price.Amount { return m.configured(ctx, j.Trigger, o, j.Trigger.BaseSHA) })
	}
	return o, func() { s.release(); remove() }, nil
}

// pressed reports whether the audit log has that a person has pressed the button that accepts.
func (m *Measurer) pressed(ctx context.Context, j Job, a state.Acceptance) (bool, error) {
	scope := record.Scope{Installation: j.Repo.Installation, Repos: []int64{j.Repo.ID}}
	at := a.Time.UTC().Truncate(time.Microsecond)
	if t := j.Trigger; t.Command != nil && t.Command.Verb == command.Accept && !at.IsZero() && t.Pressed.Equal(at) && t.By == a.By && t.HeadSHA == a.Head && t.Command.Reason == a.Reason {
		return true, nil // it is being given right now, and is in the audit log once it was
	}
	acts, err := m.Audit.Acts(ctx, scope, record.Filter{Repo: j.Repo.ID, Since: at, Limit: 1000}, at.Add(time.Microsecond))
	if err != nil {
		return false, fmt.Errorf("looking whether the button was pressed: %w", err)
	}
	return slices.ContainsFunc(acts, func(act record.Act) bool {
		return act.Verb == string(command.Accept) && act.Actor == a.By && act.Head == a.Head && act.Reason == a.Reason && act.Time.Equal(at) &&
			(act.Pull == j.Trigger.Pull || j.Trigger.Kind == review.MergeGroup) // which is about other pull requests than its own
	}), nil
}

// slot is a review's place among those that measure: it is taken where trials may begin, so that a pull request that changes
// nothing is answered at once.
type slot struct {
	m            *Measurer
	ctx          context.Context
	installation int64
	mu           sync.Mutex
	giveBack     func()
}

func (s *slot) take() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.giveBack != nil {
		return nil
	}
	release, err := s.m.Slots.Take(s.ctx, s.installation)
	if err != nil {
		return fmt.Errorf("waiting until other reviews have ended: %w", err)
	}
	s.giveBack = release
	return nil
}

// taken reports whether the review has its slot.
func (s *slot) taken() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.giveBack != nil
}

func (s *slot) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.giveBack != nil {
		s.giveBack()
	}
}

// watch looks every now and then whether the pull request is still open, and ends the review when it is not. The review itself
// notices a new head.
func (m *Measurer) watch(ctx context.Context, j Job, k *keeper, stop context.CancelCauseFunc) {
	for every(ctx, m.Every) {
		if err := k.flush(ctx); errors.Is(err, record.ErrLate) {
			stop(fmt.Errorf("%w: %w", review.ErrOvertaken, err))
			return
		}
		if j.Trigger.Pull == 0 || j.Trigger.Kind == review.MergeGroup {
			continue
		}
		client, err := m.Client(j.Repo.Installation)
		if err != nil {
			continue
		}
		p, err := client.Pull(ctx, j.Trigger.Repo, j.Trigger.Pull)
		if err == nil && (p.Merged || p.State == "closed") {
			stop(errClosed)
			return
		}
	}
}
