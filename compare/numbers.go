package compare

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/stats"
	"github.com/pertask/pertask/verdict"
)

// alpha is the two-sided error of the test against the threshold, at the only look.
const alpha = 1 - Confidence

// numbers are everything that statistics say about the tasks that were kept.
type numbers struct {
	kept       []*taskTally
	leftOut    []report.LeftOut
	known      bool // every cost in both arms is known: a ratio exists
	single     bool // no task has two trials in some arm: only the population scope exists
	suite      stats.Suite
	population stats.Population
	completion stats.Difference
	scope      verdict.Scope
	test       stats.Test
	interval   stats.Interval
	ratio      float64
}

// count works out the numbers from the tallies.
func (c *Comparison) count() (numbers, error) {
	var n numbers
	for _, t := range c.tasks {
		if why := t.leaveOut(c.opts.LeaveOutUnknown); why != "" {
			n.leftOut = append(n.leftOut, report.LeftOut{Task: t.task.ID, Reason: why})
			continue
		}
		n.kept = append(n.kept, t)
	}
	n.known = len(n.kept) > 0
	var base, head []stats.Cell
	for _, t := range n.kept {
		if t.base.unknown+t.head.unknown > 0 {
			n.known = false
		}
		base, head = append(base, t.base.cell), append(head, t.head.cell)
	}
	if !n.known {
		return n, nil
	}
	return n, n.compare(base, head, c.opts.Policy)
}

func (n *numbers) compare(base, head []stats.Cell, p verdict.Policy) error {
	var err error
	if n.population, err = stats.ComparePopulation(base, head); err != nil {
		return fmt.Errorf("comparing tasks like these: %w", err)
	}
	n.suite, err = stats.CompareSuite(base, head)
	switch {
	case errors.Is(err, stats.ErrNoReplicates):
		n.single = true
		n.completion, err = stats.PopulationCompletionDifference(base, head)
	case err == nil:
		n.completion, err = stats.CompletionDifference(base, head)
	}
	if err != nil {
		return fmt.Errorf("comparing the suite: %w", err)
	}
	r0 := p.MaxCostRatio
	n.scope, n.ratio = verdict.PopulationScope, n.population.Ratio
	if n.single || p.Scope == verdict.PopulationScope {
		n.test, n.interval = n.population.Test(r0), n.population.Interval(Confidence)
		return nil
	}
	n.scope, n.ratio = verdict.SuiteScope, n.suite.Ratio
	n.test, n.interval = n.suite.Test(r0), n.suite.Interval(Confidence)
	return nil
}

// facts puts what the decision rests on into one value.
func (c *Comparison) facts(n numbers) verdict.Facts {
	f := verdict.Facts{
		Tasks: len(n.kept), SingleTrial: n.single, Scope: n.scope, Alpha: alpha,
		Ratio: n.ratio, Low: n.interval.Low, High: n.interval.High, T: n.test.T, P: n.test.P,
		UnknownCost: c.unknown(n), Withhold: c.withhold(n),
	}
	d := n.completion.Interval(Confidence)
	f.CompletionDiff, f.CompletionLow, f.CompletionHigh = n.completion.Estimate, d.Low, d.High
	var base, head []stats.Cell
	for _, t := range n.kept {
		f.BaseTrials += t.base.trials
		f.HeadTrials += t.head.trials
		f.BaseCompleted += t.base.completed
		f.HeadCompleted += t.head.completed
		f.BaseLowerBound = f.BaseLowerBound || t.base.cost.Status == price.LowerBound
		f.HeadLowerBound = f.HeadLowerBound || t.head.cost.Status == price.LowerBound
		base, head = append(base, t.base.cell), append(head, t.head.cell)
	}
	if !c.opts.LeaveOutUnknown {
		for _, t := range c.tasks {
			f.Voids += t.base.voids + t.head.voids
			f.Planned += t.base.voids + t.head.voids + t.base.trials + t.head.trials
		}
	}
	if n.known {
		c.influence(&f, n, base, head)
	}
	return f
}

// influence finds the task that holds most of an arm's cost and the one that decides the ratio.
func (c *Comparison) influence(f *verdict.Facts, n numbers, base, head []stats.Cell) {
	for _, arm := range []struct {
		name  string
		cells []stats.Cell
	}{{"base", base}, {"head", head}} {
		for i, share := range stats.CostShares(arm.cells) {
			if share > f.TopShare {
				f.TopShare, f.TopTask, f.TopArm = share, n.kept[i].task.ID, arm.name
			}
		}
	}
	if i, crosses := n.population.Crosses(c.opts.Policy.MaxCostRatio); crosses && !math.IsNaN(n.ratio) {
		f.LeaveOneOutCrosses, f.CrossTask = true, n.kept[i].task.ID
	}
}

// unknown lists what is missing to know every cost.
func (c *Comparison) unknown(n numbers) []string {
	seen := map[string]bool{}
	var out []string
	say := func(s string) {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	for _, t := range n.kept {
		for _, s := range []*sideTally{t.base, t.head} {
			for _, m := range sortedKeys(s.missing) {
				say(m)
			}
			if s.unknown > 0 && len(s.missing) == 0 {
				say("the provider reported no usage for some calls")
			}
		}
	}
	return out
}

// withhold lists the findings that alone make the verdict inconclusive.
func (c *Comparison) withhold(n numbers) []verdict.Finding {
	var out []verdict.Finding
	for _, f := range c.opts.Findings {
		if f.Withhold {
			out = append(out, f)
		}
	}
	for _, a := range c.arms() {
		if f, ok := c.notRun(a, n); ok {
			out = append(out, f)
		}
	}
	return out
}

// notRun finds an arm that did not run what it declares.
func (c *Comparison) notRun(a armName, n numbers) (verdict.Finding, bool) {
	var sum sideTally
	for _, t := range n.kept {
		s, _ := t.side(a.side)
		sum.trials += s.trials
		sum.callless += s.callless
		sum.costless += s.costless
		sum.strange += s.strange
	}
	withhold := func(code, text string, args ...any) (verdict.Finding, bool) {
		return verdict.Finding{Code: code, Withhold: true, Text: fmt.Sprintf(text, args...)}, true
	}
	switch swapped := sortedKeys(c.swapped[a.side]); {
	case sum.trials > 0 && sum.callless == sum.trials:
		return withhold("no-calls", "No trial of the %s made a call through the metering proxy, so its cost is not known. "+
			"The agent must use the address in `PERTASK_BASE_URL`.", a.side)
	case sum.costless > 0:
		return withhold("no-calls", "%d of %d trials of the %s completed without a call through the metering proxy, so what they cost is not known. "+
			"The agent must use the address in `PERTASK_BASE_URL`.", sum.costless, sum.trials, a.side)
	case sum.strange > 0:
		return withhold("model-not-requested", "The %s declares `%s`, but %d of its %d trials did not request it; requested were `%s`.",
			a.side, a.arm.Model(), sum.strange, sum.trials, strings.Join(sortedKeys(c.requested[a.side]), "`, `"))
	case len(swapped) > 0:
		return withhold("another-model-served", "The provider served another model than the %s requested: `%s`.", a.side, strings.Join(swapped, "`, `"))
	}
	return verdict.Finding{}, false
}

// names reports whether two ids name the same model, with or without a provider before it.
func names(a, b string) bool {
	short, long := a, b
	if len(short) > len(long) {
		short, long = long, short
	}
	return short != "" && (long == short || strings.HasSuffix(long, "/"+short))
}

// requests reports whether one of the requested models is the declared one.
func requests(requested map[string]bool, declared string) bool {
	for m := range requested {
		if names(m, declared) {
			return true
		}
	}
	return false
}
