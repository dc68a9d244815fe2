package compare

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"slices"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare/fit"
	"github.com/pertask/pertask/compare/route"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/price/purse"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
)

// Bench is what trials need to be carried out.
type Bench struct {
	Source      fs.FS                    // the base's tree: suite, workspaces, graders and watched files
	Watches     []arm.Watch              // where applications find the settings in files
	Upstreams   []meter.Upstream         // providers that the proxy may reach
	Keys        meter.Keys               // for the upstreams; used by the proxy only
	Scratch     string                   // folder for workspaces, outside of any repository
	Journal     trial.Journal            // where trials and calls are recorded
	Concurrency int                      // trials at once, at least 1
	Getenv      func(string) string      // for the allow-list of variables that an agent inherits
	Transport   http.RoundTripper        // to the providers; nil for a tuned one
	Harnesses   map[string]trial.Harness // by name, with their versions; nil for those of package trial
	Limits      trial.Limits             // of what one trial may use
	// Salted opens sessions whose prompts are salted, for the cold cache regime; such trials are refused without it.
	Salted func(*meter.Proxy) trial.Proxy
	// FindSandbox is for agents and graders; nil runs them as they are, and the report says so.
	FindSandbox FindSandbox
	// NeedsSandbox refuses journalled trials that ran without one. Whether there is one here is for FindSandbox to say.
	NeedsSandbox bool
	Progress     func(Progress) // called after every trial, one at a time; may be nil
}

// FindSandbox returns what keeps programs in, but for the proxy, which listens on an address such as "127.0.0.1:18080"
// and on a unix socket. Nil without an error is none. An error that wraps ErrNotReady says that there has to be one. With
// both empty the question is only whether there could be one.
type FindSandbox func(ctx context.Context, proxy, socket string) (trial.Sandbox, error)

// Ready reports whether both arms can be measured: their upstreams are configured and have a key, the harnesses of the
// tasks can be given the arms' settings, and the cache regime can be had. The error wraps ErrNotReady.
func (b Bench) Ready(o Options) error {
	for _, a := range []arm.Arm{o.Pair.Base, o.Pair.Head} {
		u, err := route.Upstream(a, o.Pricing.Book, b.Upstreams)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrNotReady, err)
		}
		if u.Auth != meter.NoAuth && !b.Keys.Has(u.Name) {
			return fmt.Errorf("%w: %w for upstream %q; set `%s`", ErrNotReady, ErrNoKey, u.Name, u.KeyEnv)
		}
		if err := b.gives(o, a, u); err != nil {
			return fmt.Errorf("%w: %w", ErrNotReady, err)
		}
	}
	if o.Harness == nil && slices.ContainsFunc(fit.AgentsOf(o.Suite), func(name string) bool { return o.Suite.Versions[name] != "" }) {
		return fmt.Errorf("%w: the suite pins versions of agents, and none was looked for", ErrNotReady)
	}
	if o.Cache == CacheCold && b.Salted == nil {
		return fmt.Errorf("%w: the cold cache regime needs prompts that are salted, which is not available here", ErrNotReady)
	}
	return nil
}

// gives reports whether each harness can be given an arm's settings: one that cannot would run something else than the
// arm declares, and refuses every trial. Nothing is started.
func (b Bench) gives(o Options, a arm.Arm, u meter.Upstream) error {
	if o.Suite == nil {
		return nil
	}
	asked := map[string]bool{}
	for _, t := range o.Suite.Tasks {
		h, ok := b.harnesses()[t.Harness]
		if !ok || asked[t.Harness] {
			continue
		}
		asked[t.Harness] = true
		if err := fit.Gives(h, t, o.Pair, a, u, b.Upstreams); err != nil {
			return err
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
	before, answer, note, err := recall(ctx, &o)
	if answer != nil || err != nil {
		return answer, err
	}
	c, err := New(o)
	if err != nil {
		return nil, err
	}
	if c.before = before; note != "" {
		c.notes[note] = true
	}
	if err := c.resume(b); err != nil {
		return nil, err
	}
	b.Journal = pricedJournal{b.Journal, o}
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
		c.cutShort(codeCut, textCut)
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
	budget := purse.New(c.opts.Budget, c.spent, func(call usage.Call) price.Cost { return c.opts.Pricing.Call(call).Cost })
	proxy, stop, err := c.startProxy(ctx, b, some && b.FindSandbox != nil, meter.Config{
		Upstreams: b.Upstreams, Keys: b.Keys, Transport: b.Transport,
		Admit: func(_ context.Context, call usage.Call) error {
			return meter.Final(budget.AdmitTrial(call.Trial, c.maxCostOf(call.Trial)))
		},
		Record: func(call usage.Call) error { budget.Record(call); return b.Journal.AppendCall(call) },
	})
	return budget, proxy, stop, err
}

// round carries out the given slots; after them others follow.
func (c *Comparison) round(ctx context.Context, b Bench, proxy *meter.Proxy, budget *purse.Purse, slots []trial.Slot, after int) error {
	overlay := map[trial.Side]map[string][]byte{}
	for _, a := range c.arms() {
		files, err := b.settings(a.arm)
		if err != nil {
			return fmt.Errorf("writing the settings of the %s into the watched files: %w", a.side, err)
		}
		overlay[a.side] = files
	}
	var failed error
	total, hopeless := c.plan.Attempted()+len(slots)+after, 0
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	cfg := c.trials(b, proxy, overlay)
	cfg.Spent = budget.Admit
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
		c.stop()
	case err != nil:
		return errors.Join(err, failed)
	}
	return failed
}

// settings returns the watched files with an arm's values written in. Those in which nothing changes are there too: an
// application finds the same files under both arms.
func (b Bench) settings(a arm.Arm) (map[string][]byte, error) {
	files, err := arm.Rewrite(b.Source, b.Watches, a)
	if err != nil {
		return nil, err
	}
	for _, w := range b.Watches {
		if _, there := files[w.Path]; there {
			continue
		}
		text, err := fs.ReadFile(b.Source, w.Path)
		switch {
		case err == nil:
			files[w.Path] = text
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
	}
	return files, nil
}

// trials is how trials are carried out.
func (c *Comparison) trials(b Bench, proxy *meter.Proxy, overlay map[trial.Side]map[string][]byte) trial.Config {
	var names []string
	for _, u := range b.Upstreams {
		names = append(names, u.Name)
	}
	open := trial.Metered(proxy)
	if c.opts.Cache == CacheCold {
		open = b.Salted(proxy)
	}
	return trial.Config{
		Source: b.Source, Suite: c.opts.Suite, Overlay: overlay, Harnesses: b.harnesses(),
		Arms:  map[trial.Side]arm.Arm{trial.Base: fit.Given(c.opts.Pair, c.opts.Pair.Base), trial.Head: fit.Given(c.opts.Pair, c.opts.Pair.Head)},
		Proxy: open, Upstreams: names, Journal: b.Journal, Scratch: b.Scratch, Sandbox: c.box, Limits: b.Limits,
		OverCost: c.bill.Over, Concurrency: b.Concurrency, EvidenceKey: c.opts.EvidenceKey(), Getenv: b.Getenv,
		Upstream: func(a arm.Arm) (string, error) {
			u, err := route.Upstream(a, c.opts.Pricing.Book, b.Upstreams)
			return u.Name, err
		},
	}
}

func (b Bench) harnesses() map[string]trial.Harness {
	if b.Harnesses == nil {
		return trial.Harnesses()
	}
	return b.Harnesses
}

// patience is how many trials may come to nothing because of the provider, from the first one on, before the others
// are left: a wrong key does not get right by asking again.
const patience = 6

var errHopeless = errors.New("the provider served nothing")
