package compare

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/price/purse"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
)

// Bench is what trials need to be carried out.
type Bench struct {
	Source      fs.FS               // the base's tree: suite, workspaces, graders and watched files
	Watches     []arm.Watch         // where applications find the settings in files
	Upstreams   []meter.Upstream    // providers that the proxy may reach
	Keys        meter.Keys          // for the upstreams; used by the proxy only
	Scratch     string              // folder for workspaces, outside of any repository
	Journal     trial.Journal       // where trials and calls are recorded
	Concurrency int                 // trials at once, at least 1
	Getenv      func(string) string // for the allow-list of variables that an agent inherits
	Transport   http.RoundTripper   // to the providers; nil for a tuned one
	Progress    func(Progress)      // called after every trial, one at a time; may be nil
}

// Progress is how far a comparison is.
type Progress struct {
	Done, Total int          // trials
	Spent       price.Amount // unknown once a cost is
}

// ErrNotReady is wrapped by errors of Ready: nothing was spent, and the error says what is missing.
var ErrNotReady = errors.New("not ready to measure")

// ErrNoKey is wrapped by errors of Ready when a provider key is missing.
var ErrNoKey = errors.New("no key")

// Ready reports whether both arms can be reached: their upstreams are configured and have a key. The error
// wraps ErrNotReady.
func (b Bench) Ready(o Options) error {
	for _, a := range []arm.Arm{o.Pair.Base, o.Pair.Head} {
		u, err := Upstream(a, o.Pricing.Book, b.Upstreams)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrNotReady, err)
		}
		if u.Auth != meter.NoAuth && !b.Keys.Has(u.Name) {
			return fmt.Errorf("%w: %w for upstream %q; set `%s`", ErrNotReady, ErrNoKey, u.Name, u.KeyEnv)
		}
	}
	return nil
}

// Run carries out the trials that are missing and returns the report. When the context ends it stops the
// trials and returns the context's error together with a report on what there is, if there is any.
func Run(ctx context.Context, o Options, b Bench) (*report.Report, error) {
	if err := b.Ready(o); err != nil {
		return nil, err
	}
	c, err := New(o)
	if err != nil {
		return nil, err
	}
	if err := c.resume(b.Journal); err != nil {
		return nil, err
	}
	b.Journal = pricedJournal{b.Journal, o}
	if err := c.run(ctx, b); err != nil {
		if r, rerr := c.Report(); rerr == nil && len(c.seen) > 0 {
			return r, err
		}
		return nil, err
	}
	return c.Report()
}

func (c *Comparison) run(ctx context.Context, b Bench) error {
	budget := purse.New(c.opts.Budget, c.spent, func(call usage.Call) price.Cost { return c.opts.Pricing.Call(call).Cost })
	proxy, err := meter.Start(meter.Config{
		Upstreams: b.Upstreams, Keys: b.Keys, Transport: b.Transport,
		Admit:  func(context.Context, usage.Call) error { return budget.Admit() },
		Record: func(call usage.Call) error { budget.Record(call); return b.Journal.AppendCall(call) },
	})
	if err != nil {
		return fmt.Errorf("starting the metering proxy: %w", err)
	}
	defer func() { _ = proxy.Close(context.WithoutCancel(ctx)) }() // every session is closed by now
	for slots := c.Next(); len(slots) > 0 && !c.gaveUp(); slots = c.Next() {
		if err := c.round(ctx, b, proxy, budget, slots); err != nil {
			return err
		}
	}
	return nil
}

// round carries out the given slots.
func (c *Comparison) round(ctx context.Context, b Bench, proxy *meter.Proxy, budget *purse.Purse, slots []trial.Slot) error {
	overlay := map[trial.Side]map[string][]byte{}
	for _, a := range c.arms() {
		files, err := arm.Rewrite(b.Source, b.Watches, a.arm)
		if err != nil {
			return fmt.Errorf("writing the settings of the %s into the watched files: %w", a.side, err)
		}
		overlay[a.side] = files
	}
	var names []string
	for _, u := range b.Upstreams {
		names = append(names, u.Name)
	}
	var failed error
	total, done, hopeless := len(c.seen)+len(slots), len(c.seen), 0
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	runner, err := trial.New(trial.Config{
		Source: b.Source, Suite: c.opts.Suite, Overlay: overlay, Harnesses: trial.Harnesses(),
		Arms:  map[trial.Side]arm.Arm{trial.Base: c.opts.Pair.Base, trial.Head: c.opts.Pair.Head},
		Proxy: trial.Metered(proxy), Upstreams: names, Journal: b.Journal, Scratch: b.Scratch,
		Concurrency: b.Concurrency, EvidenceKey: c.opts.EvidenceKey(), Getenv: b.Getenv,
		Upstream: func(a arm.Arm) (string, error) {
			u, err := Upstream(a, c.opts.Pricing.Book, b.Upstreams)
			return u.Name, err
		},
		Done: func(r trial.Result) {
			failed = errors.Join(failed, c.Add(r))
			done++
			if hopeless++; r.Trial.Outcome != trial.Void || r.Trial.Cause != trial.CauseProvider {
				hopeless = -len(slots)
			}
			if hopeless >= patience {
				stop(errHopeless)
			}
			if b.Progress != nil {
				b.Progress(Progress{Done: done, Total: total, Spent: budget.Spent().Amount})
			}
		},
	})
	if err != nil {
		return err
	}
	err = runner.Run(ctx, slots)
	switch {
	case errors.Is(err, trial.ErrScratch):
		c.notes["A scratch folder could not be removed; it stays on the machine."] = true
	case err != nil && !errors.Is(context.Cause(ctx), errHopeless):
		return errors.Join(err, failed)
	}
	return failed
}

// patience is how many trials may come to nothing because of the provider, from the first one on, before the others
// are left: a wrong key does not get right by asking again.
const patience = 6

var errHopeless = errors.New("the provider served nothing")
