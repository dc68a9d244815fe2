// Package bench is what trials need to be carried out: the base's tree, providers and their keys, harnesses, a journal, the
// metering proxy and a sandbox around it.
//
// It knows whether it is ready for a question, and how trials of it are carried out. It refuses to know which trials are
// wanted, budgets, and what trials say.
package bench

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"slices"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare/evidence"
	"github.com/pertask/pertask/compare/fit"
	"github.com/pertask/pertask/compare/question"
	"github.com/pertask/pertask/compare/route"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/trial"
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
	// SetupsInside runs set-ups in the sandbox too: see trial.Config.
	SetupsInside bool
	Progress     func(Progress) // called after every trial, one at a time; may be nil
}

// FindSandbox returns what keeps programs in, but for the proxy, which listens on an address such as "127.0.0.1:18080"
// and on a unix socket. Nil without an error is none. An error that wraps ErrNotReady says that there has to be one. With
// both empty the question is only whether there could be one.
type FindSandbox func(ctx context.Context, proxy, socket string) (trial.Sandbox, error)

// Progress is how far a comparison is.
type Progress struct {
	Done, Total int          // trials up to the next look, with those that were carried out again and warm-ups
	Spent       price.Amount // unknown once a cost is
	// Look is the number of the look that the trials are for, from 1, of so many Looks, and Trials what it needs of each
	// task under each arm. They are 0 where none is planned.
	Look, Looks, Trials int
	// Chance is the chance of a verdict by the last look, 0 to 1, as seen from the look before; NaN where that cannot be
	// said, as before the first.
	Chance float64
}

// Ready reports whether both arms can be measured: their upstreams are configured and have a key, the harnesses of the
// tasks can be given the arms' settings, and the cache regime can be had. The error wraps ErrNotReady.
func (b Bench) Ready(o question.Options) error {
	for _, a := range []arm.Arm{o.Pair.Base, o.Pair.Head} {
		u, err := route.Upstream(a, o.Pricing.Book, b.Upstreams)
		if err != nil {
			return fmt.Errorf("%w: %w", question.ErrNotReady, err)
		}
		if why := b.Keys.Why(u.Name); why != "" {
			return fmt.Errorf("%w: upstream %q: %s", question.ErrNotReady, u.Name, why)
		}
		if u.Auth != meter.NoAuth && !b.Keys.Has(u.Name) {
			return fmt.Errorf("%w: %w for upstream %q; set `%s`", question.ErrNotReady, question.ErrNoKey, u.Name, u.KeyEnv)
		}
		if err := b.gives(o, a, u); err != nil {
			return fmt.Errorf("%w: %w", question.ErrNotReady, err)
		}
	}
	if o.Harness == nil && slices.ContainsFunc(fit.AgentsOf(o.Suite), func(name string) bool { return o.Suite.Versions[name] != "" }) {
		return fmt.Errorf("%w: the suite pins versions of agents, and none was looked for", question.ErrNotReady)
	}
	if o.Cache == question.CacheCold && b.Salted == nil {
		return fmt.Errorf("%w: the cold cache regime needs prompts that are salted, which is not available here", question.ErrNotReady)
	}
	return nil
}

// gives reports whether each harness can be given an arm's settings: one that cannot would run something else than the
// arm declares, and refuses every trial. Nothing is started.
func (b Bench) gives(o question.Options, a arm.Arm, u meter.Upstream) error {
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

// Conditions returns the conditions under which this bench would carry out the trials of a comparison, for
// Options.Conditions.
func (b Bench) Conditions(o question.Options) (map[string]string, error) {
	return evidence.Conditions{Source: b.Source, Watches: b.Watches, Upstreams: b.Upstreams, Book: o.Pricing.Book, Limits: b.Limits}.Of(o.Suite, o.Pair)
}
