package stats

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// ErrTooFew is returned when so few trials can reach no verdict. The text says how many would do.
var ErrTooFew = errors.New("too few trials for a verdict")

// The shape of a schedule (docs/statistics.md): below fewTasks and veryFewTasks the first looks would have too few
// degrees of freedom for the small levels that are tested there; with manyTasks, mostRoundsOfMany trials of each
// resolve what more would.
const (
	veryFewTasks     = 5
	fewTasks         = 10
	manyTasks        = 40
	mostRoundsOfMany = 8
	leastDF          = 5 // degrees of freedom in each arm at the first look
)

// Schedule returns the looks for a suite: after how many trials per task and arm the verdict is tested. They are
// 2, 3, 5, 8, 13, 20, 32, 52, 84, ... up to the cap most, which is itself the last look; one that is less than a
// quarter below it is left out. The first look is later for few tasks: 3 for 5 to 9, 5 for fewer. With 40
// tasks or more the cap is at most 8. The error is ErrTooFew.
func Schedule(tasks, most int) ([]int, error) {
	if tasks < 1 {
		return nil, fmt.Errorf("%w: a suite of %d tasks has nothing to compare", ErrTooFew, tasks)
	}
	least := LeastTrials(tasks)
	if most < least {
		return nil, fmt.Errorf("%w: at most %d of each of %d tasks under each arm; %d would do", ErrTooFew, most, tasks, least)
	}
	if tasks >= manyTasks {
		most = min(most, mostRoundsOfMany)
	}
	var looks []int
	for n, next := 2, 3; n < most; n, next = next, following(n, next) {
		if n >= least && float64(most) >= 1.25*float64(n) {
			looks = append(looks, n)
		}
	}
	return append(looks, most), nil
}

// following continues the ladder: each step is 1.6 times the one before, as sums of the two before except for the
// round numbers 20 and 32.
func following(before, n int) int {
	switch {
	case n == 13:
		return 20
	case n == 20:
		return 32
	case n > math.MaxInt/2:
		return math.MaxInt
	}
	return before + n
}

// LeastAgainstStored is how many trials of each task the head should have before it is tested against stored base
// trials that outnumber its own, unless the cap is below. Costs are skewed; between arms of one size that cancels out,
// but against a long store a few cheap trials of the head pass for a saving too often. A look before is left out,
// which can only lower the error.
const LeastAgainstStored = 3

// LeastTrials returns the least number of trials per task and arm at which a suite of so many tasks can get a
// verdict: what Schedule must at least be allowed. It is 0 for no tasks, which no number of trials helps.
func LeastTrials(tasks int) int {
	switch {
	case tasks < 1:
		return 0
	case tasks < veryFewTasks:
		return max(5, 1+(leastDF+tasks-1)/tasks)
	case tasks < fewTasks:
		return 3
	}
	return 2
}

// increasing reports whether looks are at least one, of at least one trial, each later than the one before.
func increasing(looks []int) bool {
	if len(looks) == 0 || looks[0] < 1 {
		return false
	}
	return slices.IsSorted(looks) && len(slices.Compact(slices.Clone(looks))) == len(looks)
}
