// Package outfit gets ready what the machine has for a comparison: the agents that its suite needs, with their
// versions, a sandbox, and the limits of a trial.
//
// It knows the order of these steps and what the configuration asks of them. It refuses to know what they do, and it
// spends nothing.
package outfit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/compare/evidence"
	"github.com/pertask/pertask/config"
	"github.com/pertask/pertask/harness"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/sandbox"
)

// Machine is what is known of the machine.
type Machine struct {
	Getenv func(string) string // for PATH and the variables that agents inherit; not nil
	Hide   []string            // absolute paths of folders that no agent may see, such as the checkout
	// Shared says that whoever writes the suite must not get at the machine: its set-ups run in the sandbox too.
	Shared bool
}

// Prepare completes options and bench by the configuration: the versions of the agents in Options.Harness, Options.Cache
// and Options.Conditions, and with all of them the evidence key, and of the bench the harnesses, limits, salted sessions and the sandbox, which
// is looked for once the proxy is there. An error wraps compare.ErrNotReady when the machine lacks something, and says
// what would help.
func (m Machine) Prepare(ctx context.Context, run config.Run, o *compare.Options, b *compare.Bench) error {
	o.Cache = run.Cache
	b.Limits = trial.Limits{Memory: run.Memory, Disk: run.Disk}
	b.Salted = trial.Salted
	b.Harnesses = harness.All()
	if o.Suite == nil {
		return nil
	}
	agents := Agents(o.Suite)
	versions, err := harness.Versions(ctx, agents, m.Getenv)
	if err != nil {
		return fmt.Errorf("%w: %w", compare.ErrNotReady, err)
	}
	for name, version := range versions {
		h := b.Harnesses[name]
		h.Version = version
		b.Harnesses[name] = h
	}
	if o.Harness = maps.Clone(o.Harness); o.Harness == nil {
		o.Harness = map[string]string{}
	}
	maps.Copy(o.Harness, versions)
	if len(o.Harness) == 0 {
		o.Harness = nil // so that the evidence of suites without agents keeps its key
	}
	if run.Sandbox != "none" && slices.ContainsFunc(o.Suite.Tasks, evidence.StartsPrograms) {
		b.NeedsSandbox = run.Sandbox == "required"
		b.FindSandbox = m.finder(b.NeedsSandbox)
	}
	b.SetupsInside = m.Shared
	o.Conditions, err = b.Conditions(*o)
	if err != nil {
		return fmt.Errorf("finding out the conditions of the trials: %w", err)
	}
	return nil
}

// finder returns what looks for a sandbox around a proxy.
func (m Machine) finder(required bool) compare.FindSandbox {
	return func(ctx context.Context, proxy, socket string) (trial.Sandbox, error) {
		s, err := sandbox.Find(ctx, sandbox.Options{Proxy: proxy, Socket: socket, Hide: m.Hide, Getenv: m.Getenv})
		switch {
		case err == nil:
			return s, nil
		case !required && errors.Is(err, sandbox.ErrNone):
			return nil, nil // the report says that nothing keeps agents in
		case errors.Is(err, sandbox.ErrNone):
			return nil, fmt.Errorf("%w: `run.sandbox` is required, and %w", compare.ErrNotReady, err)
		}
		return nil, err
	}
}

// Agents returns the coding agents that a suite needs, sorted.
func Agents(s *suite.Suite) []string {
	var out []string
	for _, t := range s.Tasks {
		if slices.Contains(suite.Agents(), t.Harness) && !slices.Contains(out, t.Harness) {
			out = append(out, t.Harness)
		}
	}
	slices.Sort(out)
	return out
}
