package compare

import (
	"context"
	"fmt"

	"github.com/pertask/pertask/compare/evidence"
	"github.com/pertask/pertask/compare/stock"
	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/stats"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
)

// shelf is what a comparison has of stored trials, and has for the store.
type shelf struct {
	watch stock.Watch
	// trusting takes stored trials and sentinels as they are, for a report that they are known to be part of.
	trusting bool
	taken    bool           // the stored trials are from the store, and not from the journal of an earlier process
	fresh    []trial.Result // trials of the base that count, of a look that is not complete
	keep     []trial.Result // those of complete looks that are not in the store yet
	before   ledger.Test    // what was kept of the test
}

// adopt takes the stored trials of the base that may be used again, and records them in the journal: whoever goes on with
// that, or prices it again, has the same. Where trials of the base are in the journal, the plan stays what it was.
func (c *Comparison) adopt(ctx context.Context, b Bench) error {
	if !c.opts.Stores() || c.watch.Waiting() || c.watch.Used() || c.plan.Attempted() > 0 {
		return nil
	}
	stored, err := c.opts.Store.BaseTrials(ctx, c.opts.BaseKey())
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		c.notes[c.opts.Say("The stored trials of the base could not be read, so it was measured afresh", err)] = true
		return nil
	}
	terms := stock.Terms{Suite: c.opts.Suite, Now: c.opts.Now(), MaxAge: c.opts.ReuseBase, Key: c.opts.EvidenceKey(), Versions: c.opts.Harness,
		Boxed: func(t suite.Task) bool { return b.NeedsSandbox && evidence.StartsPrograms(t) }}
	for _, r := range terms.Use(stored) {
		for _, call := range r.Calls {
			if err := b.Journal.AppendCall(call); err != nil {
				return fmt.Errorf("recording a stored trial: %w", err)
			}
		}
		if err := b.Journal.AppendTrial(r.Trial); err != nil {
			return fmt.Errorf("recording a stored trial: %w", err)
		}
		if err := c.Add(r); err != nil {
			return err
		}
	}
	c.taken = true
	return nil
}

// watches keeps stored trials and sentinels apart until they have been compared. It reports whether it did.
func (c *Comparison) watches(r trial.Result, paid bool) bool {
	stored := r.Trial.Origin == trial.Stored
	if c.trusting || !stored && !stock.Sentinel(r) {
		return false
	}
	if !stored {
		if _, _, ok := c.plan.Take(r.Trial); !ok {
			return true // it is there
		}
		if paid {
			c.pay(r)
		}
	}
	if c.startsPrograms(r.Trial) {
		c.confined.Take(r.Trial)
	}
	c.watch.Take(r)
	if stored {
		c.plan.Stored(c.watch.Counts(), stock.Sentinels(len(c.tasks)))
	}
	return true
}

// judgeStored compares the stored trials with the sentinels. Where they do not count, the base is measured without them.
func (c *Comparison) judgeStored() {
	c.enterAll(c.watch.Settle(c.obs))
	if c.watch.Used() {
		return
	}
	c.plan.Stored(nil, 0)
	c.release()
}

// unsettled shows what there is of a look that was cut short.
func (c *Comparison) unsettled() {
	if c.watch.Waiting() && c.course == nil {
		c.judgeStored()
	} else if c.watch.Waiting() {
		c.enterAll(c.watch.Unsettled())
	}
}

func (c *Comparison) enterAll(trials []trial.Result) {
	for _, r := range trials {
		side, err := c.at[r.Trial.Task].Side(r.Trial.Arm)
		if err != nil && c.err == nil {
			c.err = err // unreachable: they are of the base
		}
		c.enter(side, r)
	}
}

// obs is what a trial is to statistics.
func (c *Comparison) obs(r trial.Result) (stats.Obs, bool) {
	usd, known := c.bill.Sum(r.Calls).Amount.Value()
	return stats.Obs{Cost: usd.Float64(), Completed: r.Trial.Outcome == trial.Completed}, known
}

// early reports whether a look comes too early for a test against stored trials.
func (c *Comparison) early() bool {
	trials := c.course.Trials()
	at := c.plan.Look()
	return c.watch.Used() && trials[at] < stats.LeastAgainstStored && at+1 < len(trials)
}

// save brings the store up to date: what has drifted is dropped, and fresh trials of the base are added. The looks are
// kept with it.
func (c *Comparison) save(ctx context.Context) {
	c.saveTest(ctx)
	if !c.opts.Stores() {
		return
	}
	key := c.opts.BaseKey()
	if c.taken && c.watch.Drifted() {
		c.taken = false
		if err := c.opts.Store.DropBaseTrials(ctx, key, c.watch.Dropped()); err != nil {
			c.notes[c.opts.Say("The stored trials of the base that are not used could not be dropped", err)] = true
		}
	}
	if len(c.keep) == 0 {
		return
	}
	stored, err := c.opts.Store.BaseTrials(ctx, key) // for their numbers only: what cannot be read was said by adopt
	if trials := stock.Keep(c.keep, stored, stock.Source{Origin: c.opts.Origin, Commit: c.opts.Commits.Base}); len(trials) > 0 {
		err = c.opts.Store.AddBaseTrials(ctx, key, trials...)
	}
	if err != nil {
		c.notes[c.opts.Say("The trials of the base could not be stored for other comparisons", err)] = true
	}
	c.keep = nil
}

// aside says how many trials count for nothing since the stored ones that they were compared with do not.
func (c *Comparison) aside() string {
	n := c.watch.SetAside()
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%s that watched over stored ones of the base are left out with them; they were paid for.", count(n, "trial"))
}
