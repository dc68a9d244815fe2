package compare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pertask/pertask/compare/bill"
	"github.com/pertask/pertask/compare/confine"
	"github.com/pertask/pertask/compare/evidence"
	"github.com/pertask/pertask/compare/fit"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
)

// maxCostOf is what a trial may cost, by its id; unknown for no limit.
func (c *Comparison) maxCostOf(id string) price.Amount {
	_, id, _ = strings.Cut(id, "/")
	if i := strings.LastIndexByte(id, '/'); i >= 0 {
		id = id[:i]
	}
	if t, ok := c.at[id]; ok {
		return bill.Cap(t.Task)
	}
	return price.Amount{}
}

// kept is what kept the programs of the trials in that count. Before there are any it is what this process would use.
func (c *Comparison) kept() *confine.Kept {
	if !c.confined.Any() && c.box != nil {
		k := &confine.Kept{}
		k.Take(trial.Trial{Outcome: trial.Failed, Sandbox: c.box.Name()})
		return k
	}
	return &c.confined
}

// startsPrograms reports whether a trial started programs, by its task where that is known.
func (c *Comparison) startsPrograms(t trial.Trial) bool {
	if task, ok := c.at[t.Task]; ok && task.Task.Harness != "" {
		return evidence.StartsPrograms(task.Task)
	}
	return t.Harness != "" && t.Harness != "prompt"
}

// conditions says under which conditions the trials ran.
func (c *Comparison) conditions() []string {
	var out []string
	agents := slices.ContainsFunc(c.opts.Suite.Tasks, func(t suite.Task) bool { return isAgent(t.Harness) })
	if note := c.kept().Note(agents); note != "" {
		out = append(out, note)
	}
	if note := c.opts.RegimeNote(); note != "" {
		out = append(out, note)
	}
	if again := c.plan.Again(); len(again) > 0 {
		var causes []string
		n := 0
		for _, cause := range sortedKeys(again) {
			n += again[cause]
			causes = append(causes, fmt.Sprintf("%d for %s", again[cause], cause))
		}
		out = append(out, fmt.Sprintf("Void trials were carried out again %s: %s. What each attempt cost is a cost of measuring, not of an arm.",
			times(n), strings.Join(causes, ", ")))
	}
	return append(out, fit.Unpinned(c.opts.Suite, c.opts.Harness)...)
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// isAgent reports whether a harness starts a program that does what it wants.
func isAgent(harness string) bool { return harness != "" && harness != "prompt" }
