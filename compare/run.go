package compare

import (
	"context"
	"errors"

	"github.com/pertask/pertask/compare/shortfall"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/price/purse"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
)

// Run carries out the trials that are missing and returns the report. When the context ends it stops the
// trials and returns the context's error together with a report on what there is, if there is any.
func Run(ctx context.Context, o Options, b Bench) (*report.Report, error) {
	if err := b.Ready(o); err != nil {
		return nil, err
	}
	c, answer, err := begin(ctx, o)
	if c == nil {
		return answer, err
	}
	if err := c.resume(b); err != nil {
		return nil, err
	}
	b = b.Priced(o)
	if err := c.adopt(ctx, b); err != nil {
		return nil, err
	}
	if c.Next(); c.err == nil {
		if r := c.lost(); r != nil {
			return r, nil
		}
	}
	err = c.run(ctx, b)
	saving := context.WithoutCancel(ctx)
	c.save(saving)
	if err != nil {
		c.cutShort(shortfall.Cut(c.plan.Unfilled()))
		if r, rerr := c.Report(); rerr == nil && c.plan.Attempted() > 0 {
			return r, err
		}
		return nil, err
	}
	r, err := c.Report()
	if err != nil {
		return nil, err
	}
	return c.finish(saving, r), nil
}

// begin starts a comparison that goes on with the test that is stored of it. It is nil where that has its answer already, or
// cannot be extended.
func begin(ctx context.Context, o Options) (*Comparison, *report.Report, error) {
	before, answer, note, err := recall(ctx, &o)
	if answer != nil || err != nil {
		return nil, answer, err
	}
	c, err := New(o)
	if err != nil {
		return nil, nil, err
	}
	if c.before = before; note != "" {
		c.notes[note] = true
	}
	return c, nil, nil
}

func (c *Comparison) run(ctx context.Context, b Bench) error {
	slots := c.Next()
	budget, proxy, stop, err := c.start(ctx, b, len(slots) > 0)
	if err != nil {
		return err
	}
	defer stop()
	if c.opts.Cache == CacheWarm && len(slots) > 0 {
		warmups := c.plan.Warmups(slots)
		if err := c.round(ctx, b, proxy, budget, warmups, len(slots)); err != nil {
			return err
		}
	}
	for ; len(slots) > 0 && !c.stopped; slots = c.Next() {
		if c.plan.Repeats(slots) && budget.Admit() != nil {
			break // void trials are carried out again as long as there is money, and stay void without
		}
		if err := c.round(ctx, b, proxy, budget, slots, 0); err != nil {
			return err
		}
		c.save(ctx)
	}
	return nil
}

// start starts the metering proxy, with the budget behind it and, where there is something to run, the sandbox around it.
func (c *Comparison) start(ctx context.Context, b Bench, some bool) (*purse.Purse, *meter.Proxy, func(), error) {
	budget := c.bill.Purse(c.opts.Budget, c.spent)
	proxy, box, stop, err := b.Start(ctx, some, meter.Config{
		Admit:  c.bill.Admit(budget, c.maxCostOf),
		Record: func(call usage.Call) error { budget.Record(call); return b.Journal.AppendCall(call) },
	})
	c.box = box
	return budget, proxy, stop, err
}

// round carries out the given slots; after them others follow.
func (c *Comparison) round(ctx context.Context, b Bench, proxy *meter.Proxy, budget *purse.Purse, slots []trial.Slot, after int) error {
	cfg, err := b.Trials(c.opts, proxy, c.box)
	if err != nil {
		return err
	}
	var failed error
	total, hopeless := c.plan.Attempted()+len(slots)+after, 0
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	cfg.Spent, cfg.OverCost = func() error { return budget.WaitUnless(ctx) }, c.bill.Over
	cfg.Done = func(r trial.Result) {
		failed = errors.Join(failed, c.Add(r))
		budget.End(r.Trial.ID)
		if hopeless++; r.Trial.Outcome != trial.Void || r.Trial.Cause != trial.CauseProvider {
			hopeless = -len(slots)
		}
		if hopeless >= patience {
			stop(errHopeless)
		}
		if b.Progress != nil {
			b.Progress(c.far(total, budget.Spent().Amount))
		}
	}
	runner, err := trial.New(cfg)
	if err != nil {
		return err
	}
	err = runner.Run(ctx, slots)
	switch {
	case errors.Is(err, trial.ErrScratch):
		c.notes["A scratch folder could not be removed; it stays on the machine."] = true
	case errors.Is(err, context.Canceled) && errors.Is(context.Cause(ctx), errHopeless):
		c.stopped = true
		c.cutShort(shortfall.Gone(c.plan.Unfilled()))
	case err != nil:
		return errors.Join(err, failed)
	}
	return failed
}

// patience is how many trials may come to nothing because of the provider, from the first one on, before the others
// are left: a wrong key does not get right by asking again.
const patience = 6

var errHopeless = errors.New("the provider served nothing")
