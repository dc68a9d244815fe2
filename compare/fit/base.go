package fit

import (
	"io/fs"
	"slices"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/suite"
)

// Base reads the base's settings without a change to compare them with, as a comparison that changes them would read
// them: where the tasks are all for one agent, the well-known files of others are left out. It returns the watches, too.
func Base(source fs.FS, watches []arm.Watch, su *suite.Suite, models []string) (arm.Pair, []arm.Watch, error) {
	var agents []string
	for _, t := range su.Tasks {
		if !slices.Contains(agents, t.Harness) {
			agents = append(agents, t.Harness)
		}
	}
	if len(agents) == 1 && slices.Contains(suite.Agents(), agents[0]) {
		watches = arm.ForAgent(watches, agents[0])
	}
	pair, err := arm.Compare(arm.Trees{Base: source, MergeBase: source, Head: source, Models: models}, watches)
	return pair, watches, err
}
