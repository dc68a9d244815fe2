package trial

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/pertask/pertask/trial/place"
	"github.com/pertask/pertask/trial/process"
)

// alone remembers how graders ended that were run where no agent was: once for each arm and task of a Run.
type alone struct{ sync.Map } // of func() (process.Ending, error), by armAndTask

type armAndTask struct {
	arm  Side
	task string
}

// untouched rules on a grader that gave one of sh's statuses for a command that cannot be run. Where it gives one in the
// workspace as an agent finds it too, the grader is broken; where it does not, something that it runs is missing because
// of what the agent did. It also returns a note.
func (a *attempt) untouched(ctx context.Context) (grade, string) {
	ask, _ := a.r.alone.LoadOrStore(armAndTask{a.slot.Arm, a.slot.Task}, sync.OnceValues(func() (process.Ending, error) {
		return a.gradeNothing(ctx)
	}))
	end, err := ask.(func() (process.Ending, error))()
	switch {
	case err != nil:
		return gradeBroke, "; in the untouched workspace: " + err.Error()
	case gradeOf(end) == gradeUnclear:
		return gradeBroke, fmt.Sprintf("; in the untouched workspace: %s", end)
	}
	return gradeRefused, fmt.Sprintf("; in the untouched workspace: %s, so the grader can be run", end)
}

// gradeNothing runs the grader after the set-up, without an agent in between and without an answer.
func (a *attempt) gradeNothing(ctx context.Context) (process.Ending, error) {
	b := &attempt{r: a.r, slot: a.slot, task: a.task, arm: a.arm, harness: a.harness}
	var err error
	if b.place, err = place.New(b.r.scratch); err != nil {
		return process.Ending{}, err
	}
	defer func() { _ = b.place.Remove() }() // Run removes the folder above it
	if !b.setUp(ctx) {
		return process.Ending{}, errors.New(strings.Join(b.notes, "; "))
	}
	end, _, err := b.runGrader(ctx, nil)
	return end, err
}
