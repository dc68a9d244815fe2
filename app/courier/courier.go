// Package courier takes a request to a workflow of a repository, waits until its run has ended, and brings back what that has left.
//
// It knows which run is the request's, after a restart too, when one is late, and which end of one is a failure that people are
// told of. It refuses to know what is measured, what trials say, and what becomes of the answer.
package courier

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/dispatch"
	"github.com/pertask/pertask/github/wire"
	"github.com/pertask/pertask/review/ending"
	"github.com/pertask/pertask/review/errand"
)

// Times are how long a courier waits. The zero value is Usual.
type Times struct {
	Appear time.Duration // for a run that was started to be listed
	Begin  time.Duration // for a run to begin, from when it was started
	Late   time.Duration // beyond the request's own end
	Leave  time.Duration // for a run that was cancelled to end
	Often  time.Duration // between two looks at the run; 0 is as often as its age says
}

// Usual are the times that GitHub's runners need.
var Usual = Times{Appear: 30 * time.Second, Begin: 30 * time.Minute, Late: 15 * time.Minute, Leave: 15 * time.Second}

// Courier carries errands to one repository. It is safe for concurrent use.
type Courier struct {
	Client *github.Client
	Repo   github.Repo
	ID     int64  // of the repository
	Login  string // of the App's bot, such as "pertask[bot]", which starts the runs
	Times  Times
	Now    func() time.Time
	Log    *slog.Logger
}

// Errand is a request and where it goes.
type Errand struct {
	Request errand.Request
	File    string    // of the workflow
	Since   time.Time // when the review began
	// Again says that an earlier attempt at the review may have started a run: one is looked for before another is started.
	Again bool
}

// Failure is why an errand brought no answer that counts, in words for people.
type Failure struct {
	Code string
	Text string // plain, with values between backquotes
	Next string
	// Run is the run that failed; its ID is 0 where there was none, and Begun says that it may have spent something.
	Run   dispatch.Run
	Begun bool
	// Bundle is what it left all the same, which is good for what it says that was spent.
	Bundle *errand.Bundle
}

// Error implements error.
func (f *Failure) Error() string { return f.Code + ": " + f.Text }

// Carry starts the workflow, or finds the run that an earlier attempt has started, and returns what it has left when it has ended.
// The error is a *Failure where people have to do something about it. When the context ends the run is cancelled, unless the
// review goes on elsewhere; what it left until then is in a *Failure that wraps nothing, beside the context's cause.
func (c Courier) Carry(ctx context.Context, e Errand) (errand.Bundle, dispatch.Run, error) {
	c.Times = c.Times.or(Usual)
	t := &trip{Courier: c, Errand: e, flow: c.Client.Workflow(c.Repo, e.File)}
	repo, err := c.Client.Repository(ctx, c.Repo)
	if err != nil {
		return errand.Bundle{}, dispatch.Run{}, err
	}
	t.branch = repo.DefaultBranch
	if err := t.start(ctx); err != nil {
		if ctx.Err() != nil && t.run.ID == 0 && !ending.Elsewhere(ctx, true) { // it may have been started all the same
			_, _ = t.find(context.WithoutCancel(ctx))
		}
		if ctx.Err() != nil && t.run.ID != 0 {
			err = t.end(ctx, err)
		}
		return errand.Bundle{}, t.run, err
	}
	c.Log.Info("a workflow measures", "run", t.run.ID, "errand", e.Request.Review)
	if err := t.wait(ctx); err != nil {
		return errand.Bundle{}, t.run, t.end(ctx, err)
	}
	b, err := t.take(ctx)
	return b, t.run, err
}

func (t Times) or(u Times) Times {
	return Times{cmp.Or(t.Appear, u.Appear), cmp.Or(t.Begin, u.Begin), cmp.Or(t.Late, u.Late), cmp.Or(t.Leave, u.Leave), t.Often}
}

// trip is one errand under way.
type trip struct {
	Courier
	Errand
	flow   dispatch.Workflow
	branch string // the repository's default one
	run    dispatch.Run
}

// start finds the run or starts it.
func (t *trip) start(ctx context.Context) error {
	found, err := t.find(ctx)
	if err != nil || found {
		return err
	}
	if t.Again { // an earlier attempt may have started it a moment ago
		if found, err := t.appears(ctx); err != nil || found {
			return err
		}
	}
	id, err := t.flow.Start(ctx, t.branch, map[string]string{"review": t.Request.Review, "request": t.Request.String()})
	switch {
	case err != nil && !wire.Unclear(err):
		return t.refused(err)
	case err == nil && id != 0:
		t.run, err = t.flow.Read(ctx, id)
		if err == nil && !t.ours(t.run) {
			return t.strange()
		}
		if err == nil || !errors.Is(err, github.ErrNotFound) {
			return err
		}
	}
	found, ferr := t.appears(ctx)
	switch {
	case ferr != nil:
		return errors.Join(err, ferr)
	case !found && err != nil:
		return err
	case !found:
		return t.fail("workflow-not-seen", fmt.Sprintf("The App has started the workflow `%s`, and GitHub lists no run named `%s`", t.File, errand.Title(t.Request.Review)),
			"The workflow needs `run-name: pertask ${{ inputs.review }}`; docs/app.md has the whole file.")
	}
	return nil
}

// appears waits until the run is listed.
func (t *trip) appears(ctx context.Context) (bool, error) {
	for until := t.Now().Add(t.Times.Appear); ; {
		if found, err := t.find(ctx); err != nil || found {
			return found, err
		}
		if !t.Now().Before(until) {
			return false, nil
		}
		if err := pause(ctx, cmp.Or(t.Times.Often, 3*time.Second)); err != nil {
			return false, err
		}
	}
}

// find finds the run by its name among those that the App has started since the review began. Where there are several, since a
// start was not seen by a later attempt, the first counts, and the others are cancelled.
func (t *trip) find(ctx context.Context) (bool, error) {
	all, err := t.flow.Runs(ctx, t.branch, t.Login, t.Since.Add(-slack))
	if errors.Is(err, github.ErrNotFound) { // nor can it be started, which says why
		return false, nil
	}
	if err != nil {
		return false, t.permitted(err)
	}
	all = slices.DeleteFunc(all, func(r dispatch.Run) bool { return !t.ours(r) })
	if len(all) == 0 {
		return false, nil
	}
	slices.SortFunc(all, func(a, b dispatch.Run) int { return cmp.Compare(a.ID, b.ID) })
	t.run = all[0]
	for _, r := range all[1:] {
		if !r.Over() {
			t.Log.Warn("a second run of the same review is cancelled", "run", r.ID, "first", t.run.ID)
			if err := t.flow.Cancel(ctx, r.ID); err != nil {
				return false, err
			}
		}
	}
	return true, nil
}

// slack is how far GitHub's clock and ours may be apart.
const slack = 5 * time.Minute

// ours reports whether a run is one that the App has started for this request, with the file of the default branch.
func (t *trip) ours(r dispatch.Run) bool {
	return r.Title == errand.Title(t.Request.Review) && r.Event == dispatch.Event && r.Path == dispatch.Folder+t.File && r.Branch == t.branch &&
		r.Repo == t.ID && r.Actor == t.Login
}

// pause waits.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// often is how long to wait until the next look at a run of an age.
func (t *trip) often() time.Duration {
	switch age := t.Now().Sub(t.run.Created); {
	case t.Times.Often > 0:
		return t.Times.Often
	case age < 2*time.Minute:
		return 5 * time.Second
	case age < 15*time.Minute:
		return 15 * time.Second
	}
	return 30 * time.Second
}

// wait waits until the run has ended.
func (t *trip) wait(ctx context.Context) error {
	for !t.run.Over() {
		if err := t.late(); err != nil {
			return err
		}
		if err := pause(ctx, t.often()); err != nil {
			return err
		}
		now, err := t.flow.Read(ctx, t.run.ID)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, github.ErrNotFound):
			return t.fail("workflow-gone", "The workflow's run was deleted", again)
		case err != nil && wire.Unclear(err):
			t.Log.Warn("looking at the workflow's run", "run", t.run.ID, "error", err)
			continue
		case err != nil:
			return err
		case !t.ours(now):
			return t.strange()
		}
		t.run = now
	}
	return nil
}

// waits are the states of a run that has not begun.
var waits = []string{"queued", "requested", "waiting", "pending"}

func (t *trip) begun() bool { return t.run.ID != 0 && !slices.Contains(waits, t.run.Status) }

// late reports that a run takes too long.
func (t *trip) late() error {
	now := t.Now()
	if !t.begun() && now.Sub(t.run.Created) > t.Times.Begin {
		return t.fail("workflow-not-begun", fmt.Sprintf("The workflow's run had not begun after %s", t.Times.Begin),
			"See whether the repository has a runner for its `runs-on`, or whether somebody has to approve the run; then comment `/pertask run`.")
	}
	if now.After(t.Request.Until.Add(t.Times.Late)) {
		return t.fail("workflow-late", "The workflow's run had not ended in time", again)
	}
	return nil
}

// end cancels a run that did not come to its end, unless the review goes on elsewhere, and takes with it what it left.
func (t *trip) end(ctx context.Context, why error) error {
	if ending.Elsewhere(ctx, true) {
		return why
	}
	out, cancel := context.WithTimeout(context.WithoutCancel(ctx), t.Times.Leave)
	defer cancel()
	if err := t.flow.Cancel(out, t.run.ID); err != nil {
		t.Log.Warn("cancelling the workflow's run", "run", t.run.ID, "error", err)
	}
	for !t.run.Over() && pause(out, cmp.Or(t.Times.Often, 3*time.Second)) == nil {
		if now, err := t.flow.Read(out, t.run.ID); err == nil && t.ours(now) {
			t.run = now
		}
	}
	f := (*Failure)(nil)
	if !errors.As(why, &f) {
		f = t.fail("workflow-cancelled", "The workflow's run was cancelled", again)
		why = errors.Join(why, f)
	}
	if f.Run, f.Begun = t.run, t.begun(); t.run.Over() {
		f.Bundle, _ = t.left(context.WithoutCancel(ctx))
	}
	return why
}
