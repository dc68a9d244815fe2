package measure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"sync/atomic"
	"time"

	"github.com/pertask/pertask/app/courier"
	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/compare/final"
	"github.com/pertask/pertask/github/dispatch"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/review/errand"
	"github.com/pertask/pertask/review/ground"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/journal"
	"github.com/pertask/pertask/verdict"
)

// away has the comparisons of one review carried out by a workflow of the repository. It implements ground.Elsewhere.
type away struct {
	m        *Measurer
	j        Job
	k        *keeper
	evidence Evidence
	began    atomic.Bool
}

// longest is how long a workflow may measure: what GitHub lets a job take, but for its first and last steps.
const longest = 345 * time.Minute

// Begins implements ground.Elsewhere: what may be spent is set aside from now on, without a slot, since nothing runs here.
func (a *away) Begins() { a.began.Store(true) }

// Measure implements ground.Elsewhere.
func (a *away) Measure(ctx context.Context, x ground.Away) (*report.Report, error) {
	o, err := x.With(nil)
	if err != nil {
		return nil, err
	}
	known := len(x.Agents()) == 0 // what the trials will be evidence for
	if known {
		if r, err := a.answered(ctx, x, o); r != nil || err != nil {
			return r, err
		}
	}
	q, err := a.request(ctx, x, o, known)
	if err != nil {
		return nil, err
	}
	client, err := a.m.Client(a.j.Repo.Installation)
	if err != nil {
		return nil, err
	}
	c := courier.Courier{Client: client, Repo: a.j.Trigger.Repo, ID: a.j.Repo.ID, Login: a.m.Login, Times: a.m.Courier, Now: a.m.Now, Log: a.k.log}
	b, run, err := c.Carry(ctx, courier.Errand{Request: q, File: x.Workflow, Since: a.k.current().Started, Again: a.k.resumed})
	var f *courier.Failure
	if errors.As(err, &f) {
		r := x.NotMeasured(verdict.Finding{Code: f.Code, Text: f.Text}, f.Next)
		r.SpentUSD, r.SpentAtLeast = a.lost(x, f)
		if ctx.Err() == nil {
			err = nil
		}
		return r, err
	}
	if err != nil {
		return nil, err
	}
	return a.settle(ctx, x, b, run)
}

// answered is the verdict of a test that is finished, or nil. It waits for others that are at the same test.
func (a *away) answered(ctx context.Context, x ground.Away, o compare.Options) (*report.Report, error) {
	if _, err := a.journal(ctx, o.EvidenceKey()); err != nil {
		return nil, err
	}
	if o.Tests == nil || o.Extend {
		return nil, nil
	}
	t, found, err := o.Tests.Test(ctx, o.TestKey())
	if err != nil || !found || !t.Finished {
		return nil, err
	}
	return x.Settle(ctx, o, journal.NewMemory())
}

// journal opens the journal of an evidence key. What it has is no part of what this review spends.
func (a *away) journal(ctx context.Context, key string) (trial.Journal, error) {
	open, err := a.m.journal(ctx, a.j, a.k, a.evidence, key)
	if err == nil {
		a.k.mu.Lock()
		a.k.before[key] = nothing
		a.k.mu.Unlock()
	}
	return open, err
}

// request is what the workflow is asked for. A test that has begun goes on as it was planned.
func (a *away) request(ctx context.Context, x ground.Away, o compare.Options, known bool) (errand.Request, error) {
	t := a.j.Trigger
	q := errand.Request{Schema: errand.Schema, Review: fmt.Sprintf("%s-%d", a.j.ID, x.N), Repository: t.Repo.String(), Pull: t.Pull, Base: t.BaseSHA, Head: t.HeadSHA,
		Suite: x.Suite.Name, Question: x.Question(), Looks: x.Looks, Budget: x.Budget, Until: a.k.current().Started.Add(longest).Truncate(time.Second)}
	if now := a.m.Now(); q.Until.Before(now) {
		return q, errors.New("the review has taken longer than a workflow may")
	}
	key := x.Evidence
	if known {
		key = o.EvidenceKey()
	}
	if key == "" || x.Tests == nil {
		if x.Extend {
			return q, fmt.Errorf("%w: there is no finished test of this change and policy", compare.ErrExtend)
		}
		return q, nil
	}
	before, found, err := x.Tests.Test(ctx, final.Key(key, x.Policy, x.Pricing))
	if err != nil {
		return q, err
	}
	q.Looks, q.Extensions = final.Looks(before, x.Looks), before.Extensions
	if x.Extend && (before.Finished || q.Extensions == 0) {
		if err := final.Extend(before, found); err != nil {
			return q, fmt.Errorf("%w: %w", compare.ErrExtend, err)
		}
		q.Extensions++
	}
	return q, nil
}

// lost is what an errand has cost that came to nothing: unknown where a run may have spent something and left no account of it.
func (a *away) lost(x ground.Away, f *courier.Failure) (price.Amount, bool) {
	switch {
	case f.Bundle != nil && f.Bundle.Journal == "":
		return nothing, false
	case f.Bundle != nil:
		return f.Bundle.Spent(x.Pricing, f.Run.Created.Add(-clocks))
	case f.Begun:
		return price.Amount{}, false
	}
	return nothing, false
}

// clocks is how far the clocks of a runner and of GitHub may be apart.
const clocks = 5 * time.Minute

// settle works out what the trials say that a run has left, and keeps them.
func (a *away) settle(ctx context.Context, x ground.Away, b errand.Bundle, run dispatch.Run) (*report.Report, error) {
	spent, atLeast := nothing, false
	if b.Journal != "" {
		spent, atLeast = b.Spent(x.Pricing, run.Created.Add(-clocks))
	}
	told := func(r *report.Report, err error) (*report.Report, error) {
		if r != nil {
			r.SpentUSD, r.SpentAtLeast = spent, atLeast
			r.Notes = append(r.Notes, fmt.Sprintf("The trials were carried out by a workflow of the repository, with pertask %s: %s.", cmp.Or(b.Version, "of an unknown version"), run.URL))
		}
		return r, err
	}
	refused := func(code, text, next string) (*report.Report, error) {
		return told(x.NotMeasured(verdict.Finding{Code: code, Text: text}, next), nil)
	}
	if b.Result != verdict.Measured {
		return refused("workflow-not-measured", fmt.Sprintf("The workflow did not measure (`%s`): %s", b.Code, b.Reason),
			"A key that is missing is passed to the step of pertask under `env`, from a secret of the repository; docs/app.md has the whole file.")
	}
	o, err := x.With(maps.Clone(b.Harness))
	if err != nil {
		return nil, err
	}
	if err := b.Check(o.EvidenceKey(), x.Suite); err != nil {
		return refused("workflow-bad-result", fmt.Sprintf("What the workflow's run has left does not count: %v", err), "See the run's log: "+run.URL)
	}
	if r := o.Hold(); r != nil {
		return told(r, nil)
	}
	j, err := a.journal(ctx, o.EvidenceKey())
	if err != nil {
		return nil, err
	}
	if err := b.Import(j); err != nil {
		return nil, err
	}
	r, err := x.Settle(ctx, o, j)
	if errors.Is(err, compare.ErrNotKept) {
		return refused("workflow-bad-result", "The trials of the workflow's run had no sandbox, and `run.sandbox` is `required`.", "GitHub's runners for Linux can have one; docs/security.md says how.")
	}
	return told(r, err)
}
