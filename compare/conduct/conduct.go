// Package conduct knows whether each arm ran what it declares: the model, the service tier, and the same version of a
// harness as the other arm.
//
// What an arm declares, what its agent's calls request and what the provider serves are three things. A verdict is about
// what is declared. The package refuses to know costs and what a verdict is.
package conduct

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare/tally"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
	"github.com/pertask/pertask/verdict"
)

// Conduct is what two arms did, as far as their calls and trials tell. It is not safe for concurrent use.
type Conduct struct {
	pricing price.Pricing
	sides   map[trial.Side]*side
}

type side struct {
	arm       arm.Arm
	requested map[string]string // models that calls ask for, with the provider that they ask
	served    map[string]bool
	swapped   map[string]bool            // models that were served in place of others, in words
	versions  map[string]map[string]bool // of each harness
}

// New starts with nothing done. The pricing says which ids are names of one model.
func New(p price.Pricing, pair arm.Pair) *Conduct {
	c := &Conduct{pricing: p, sides: map[trial.Side]*side{}}
	for _, s := range []trial.Side{trial.Base, trial.Head} {
		c.sides[s] = &side{requested: map[string]string{}, served: map[string]bool{}, swapped: map[string]bool{}, versions: map[string]map[string]bool{}}
	}
	c.Declare(trial.Base, pair.Base)
	c.Declare(trial.Head, pair.Head)
	return c
}

// Declare sets what an arm declares.
func (c *Conduct) Declare(s trial.Side, a arm.Arm) { c.sides[s].arm = a }

// Requested lists the models that an arm's calls asked for, sorted.
func (c *Conduct) Requested(s trial.Side) []string { return sorted(c.sides[s].requested) }

// Served lists the models that an arm's calls were answered by, sorted.
func (c *Conduct) Served(s trial.Side) []string { return sorted(c.sides[s].served) }

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// Take notes what a trial and its calls tell.
func (c *Conduct) Take(r trial.Result) {
	of := c.sides[r.Trial.Arm]
	for _, call := range r.Calls {
		if call.RequestedModel != "" {
			of.requested[call.RequestedModel] = call.Provider
		}
		if call.ServedModel != "" {
			of.served[call.ServedModel] = true
		}
		if c.isSwapped(call) {
			of.swapped[call.ServedModel+"` for `"+call.RequestedModel] = true
		}
	}
	if t := r.Trial; t.Version != "" && (t.Outcome == trial.Completed || t.Outcome == trial.Failed) {
		if of.versions[t.Harness] == nil {
			of.versions[t.Harness] = map[string]bool{}
		}
		of.versions[t.Harness][t.Version] = true
	}
}

// NotRun finds out whether an arm did not run what it declares, in the trials of the given tasks.
func (c *Conduct) NotRun(of trial.Side, tasks []*tally.Task) (verdict.Finding, bool) {
	var trials, callless, costless, strange, untiered int
	for _, t := range tasks {
		s, _ := t.Side(of)
		trials += s.Trials
		callless += s.Callless
		costless += s.Costless
		strange += s.Strange
		untiered += s.Untiered
	}
	withhold := func(code, text string, args ...any) (verdict.Finding, bool) {
		return verdict.Finding{Code: code, Withhold: true, Text: fmt.Sprintf(text, args...)}, true
	}
	a := c.sides[of].arm
	tier, _ := a.Get(arm.MainSlot, arm.ServiceTier)
	switch swapped := sorted(c.sides[of].swapped); {
	case trials > 0 && callless == trials:
		return withhold("no-calls", "No trial of the %s made a call through the metering proxy, so its cost is not known. "+
			"The agent must use the address in `PERTASK_BASE_URL`.", of)
	case costless > 0:
		return withhold("no-calls", "%d of %d trials of the %s completed without a call through the metering proxy, so what they cost is not known. "+
			"The agent must use the address in `PERTASK_BASE_URL`.", costless, trials, of)
	case strange > 0:
		return withhold("model-not-requested", "The %s declares `%s`, but %d of its %d trials did not request it; requested were `%s`.",
			of, a.Model(), strange, trials, strings.Join(c.Requested(of), "`, `"))
	case untiered > 0:
		return withhold("tier-not-requested", "The %s declares the service tier `%s`, but %d of its %d trials did not request it.",
			of, tier, untiered, trials)
	case len(swapped) > 0:
		return withhold("another-model-served", "The provider served another model than the %s requested: `%s`.", of, strings.Join(swapped, "`, `"))
	}
	return verdict.Finding{}, false
}

// SideCalls finds calls to models other than the declared ones.
func (c *Conduct) SideCalls() []verdict.Finding {
	var out []verdict.Finding
	for _, name := range []trial.Side{trial.Base, trial.Head} {
		of := c.sides[name]
		declared := false
		for _, slot := range of.arm.Slots() {
			m, _ := of.arm.Get(slot, arm.Model)
			declared = declared || m != ""
		}
		for _, m := range sorted(of.requested) {
			if declared && !c.declares(of.arm, of.requested[m], m) {
				out = append(out, verdict.Finding{Code: "side-calls", Text: fmt.Sprintf(
					"Trials of the %s also called `%s`, which the pull request does not declare. Its cost counts.", name, m)})
			}
		}
	}
	return out
}

// declares reports whether a model is that of one of an arm's slots.
func (c *Conduct) declares(a arm.Arm, provider, model string) bool {
	return slices.ContainsFunc(a.Slots(), func(slot string) bool {
		m, _ := a.Get(slot, arm.Model)
		return m != "" && c.same(provider, model, m)
	})
}

// Ran says of a trial whether one of its calls asks for the declared model, and whether one of those asks for the
// declared service tier. What is not declared, and a trial without calls, says nothing against it.
func (c *Conduct) Ran(r trial.Result) (model, tier bool) {
	a := c.sides[r.Trial.Arm].arm
	wantModel := a.Model()
	wantTier, _ := a.Get(arm.MainSlot, arm.ServiceTier)
	model = wantModel == "" || len(r.Calls) == 0
	tier = wantTier == "" || len(r.Calls) == 0 || r.Trial.Origin == trial.Recorded // records do not say what was asked for
	for _, call := range r.Calls {
		asks := wantModel == "" || c.same(call.Provider, call.RequestedModel, wantModel)
		model = model || asks
		tier = tier || asks && c.sameTier(call, wantTier)
	}
	return model, tier || !model // one finding is enough
}

// sameTier reports whether a call asks for a tier, or was served with it.
func (c *Conduct) sameTier(call usage.Call, tier string) bool {
	book := c.pricing.Book
	if book == nil {
		return call.RequestedTier == tier || call.ServedTier == tier
	}
	want := book.Tier(call.Provider, tier)
	return want == book.Tier(call.Provider, "") || want == book.Tier(call.Provider, call.RequestedTier) || want == book.Tier(call.Provider, call.ServedTier)
}

// isSwapped reports whether the provider served another model than the one that was asked for: one that the price
// book knows as another. A dated name of the same model is not another one.
func (c *Conduct) isSwapped(call usage.Call) bool {
	if call.ServedModel == "" || call.RequestedModel == "" || c.same(call.Provider, call.ServedModel, call.RequestedModel) {
		return false
	}
	_, err := c.pricing.List(call.Provider, call.ServedModel, "")
	return err == nil // else its price is unknown, which withholds the verdict already
}

// same reports whether two ids name the same model: alike but for a provider before it, or to the price book.
func (c *Conduct) same(provider, a, b string) bool {
	if names(a, b) {
		return true
	}
	if a == "" || b == "" || c.pricing.Book == nil {
		return false
	}
	one, err := c.pricing.List(provider, a, "")
	if err != nil {
		return false
	}
	other, err := c.pricing.List(provider, b, "")
	return err == nil && one.Provider == other.Provider && one.Model == other.Model
}

// names reports whether two ids name the same model, with or without a provider before it.
func names(a, b string) bool {
	short, long := a, b
	if len(short) > len(long) {
		short, long = long, short
	}
	return short != "" && (long == short || strings.HasSuffix(long, "/"+short))
}

// VersionsApart finds harnesses that did not have the same version in all trials: what differs between the arms may
// then be the harness.
func (c *Conduct) VersionsApart() []verdict.Finding {
	var out []verdict.Finding
	all := map[string]bool{}
	for _, of := range c.sides {
		for name := range of.versions {
			all[name] = true
		}
	}
	for _, name := range sorted(all) {
		base, head := sorted(c.sides[trial.Base].versions[name]), sorted(c.sides[trial.Head].versions[name])
		ran := slices.Compact(slices.Sorted(slices.Values(slices.Concat(base, head))))
		if len(ran) > 1 {
			out = append(out, verdict.Finding{Code: "versions-differ", Withhold: true, Text: fmt.Sprintf(
				"Trials ran different versions of %s: the base %s, the head %s. What differs may be the harness, not the model.",
				name, strings.Join(base, " and "), strings.Join(head, " and "))})
		}
	}
	return out
}
