package compare

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pertask/pertask/compare/final"
	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/verdict"
)

// ErrExtend is wrapped by an error of Run: the test cannot be extended. Nothing was spent.
var ErrExtend = errors.New("the test cannot be extended")

// recall finds the test that a run goes on with. A finished one has its answer already, unless it is to be extended: then
// the options get one extension more.
func recall(ctx context.Context, o *Options) (before ledger.Test, answer *report.Report, note string, err error) {
	if o.Tests == nil {
		if o.Extend {
			err = fmt.Errorf("%w: no place is named where tests are stored", ErrExtend)
		}
		return before, nil, "", err
	}
	before, found, err := o.Tests.Test(ctx, o.TestKey())
	o.Looks = final.Looks(before, o.Looks)
	switch {
	case ctx.Err() != nil:
		return before, nil, "", context.Cause(ctx)
	case err != nil && o.Extend:
		return before, nil, "", fmt.Errorf("%w: %s", ErrExtend, strings.TrimSuffix(o.Say("what is stored of it could not be read", err), "."))
	case err != nil:
		return ledger.Test{}, nil, o.Say("What is stored of earlier looks of this test could not be read, so it began anew", err), nil
	case o.Extend && found && !before.Finished && before.Extensions > 0:
		o.Extensions = before.Extensions // an extension that was interrupted
	case o.Extend:
		if err := final.Extend(before, found); err != nil {
			return before, nil, "", fmt.Errorf("%w: %w", ErrExtend, err)
		}
		o.Extensions = before.Extensions + 1
	case found && before.Finished:
		return before, answerOf(*o, before), "", nil
	case found:
		o.Extensions = max(o.Extensions, before.Extensions)
	}
	return before, nil, "", nil
}

// answerOf is what a finished test says to a rerun.
func answerOf(o Options, t ledger.Test) *report.Report {
	r := final.Answer(t, o.Frame(verdict.Measured))
	o.Decide(r)
	return r
}

// lost returns the report of a test whose trials are not here: going on with others would be another throw of the dice.
func (c *Comparison) lost() *report.Report {
	have := len(c.history)
	if have >= len(c.before.Looks) {
		return nil
	}
	return c.opts.NotMeasured(verdict.Finding{Code: "trials-missing", Text: fmt.Sprintf(
		"An earlier run has looked at %d trials of each task, and its journal is not here. A test goes on from its trials; it does not start over.", c.before.Looks[len(c.before.Looks)-1].Trials)},
		"Bring the journal of that run back, or remove the stored tests to have the change measured anew.")
}

// saveTest keeps what the looks have said so far.
func (c *Comparison) saveTest(ctx context.Context) {
	if c.opts.Tests == nil || c.over() || len(c.history) <= len(c.before.Looks) {
		return
	}
	t := c.test()
	if err := c.opts.Tests.SaveTest(ctx, t); err == nil {
		c.before = t
	} else if !errors.Is(err, ledger.ErrBehind) && !errors.Is(err, ledger.ErrFinal) { // those come back at the end
		c.notes[c.opts.Say(unsaved, err)] = true
	}
}

func (c *Comparison) test() ledger.Test {
	p := final.Progress{Key: c.opts.TestKey(), Planned: c.course.Planned(), History: c.history, Extensions: c.opts.Extensions, Now: c.opts.Now().UTC()}
	if c.last != nil {
		p.Spent = c.course.Spent(c.last.Index)
	}
	return p.Test(c.before)
}

const unsaved = "The state of the test could not be stored, so a rerun may decide anew"

// finish keeps the verdict, which is final then. Where another run has finished the test, its verdict is the one that
// counts; where another one has gone on with it, there is none.
func (c *Comparison) finish(ctx context.Context, r *report.Report) *report.Report {
	if c.opts.Tests == nil || !final.Finished(r) {
		return r
	}
	err := c.opts.Tests.SaveTest(ctx, final.Finish(c.test(), r))
	switch {
	case err == nil:
		return r
	case !errors.Is(err, ledger.ErrBehind) && !errors.Is(err, ledger.ErrFinal):
		r.Notes = append(r.Notes, c.opts.Say(unsaved, err))
		return r
	}
	if t, found, err := c.opts.Tests.Test(ctx, c.opts.TestKey()); err == nil && found && t.Finished {
		first := answerOf(c.opts, t)
		first.SpentUSD, first.SpentAtLeast = r.SpentUSD, r.SpentAtLeast
		return first
	}
	r.Verdict, r.Reason = verdict.Inconclusive, verdict.Finding{Code: "test-has-gone-on", Withhold: true,
		Text: "Another run of this check has looked at other trials in the meantime, so what these say is no verdict. A rerun with that run's journal goes on from there."}
	c.opts.Decide(r)
	return r
}
