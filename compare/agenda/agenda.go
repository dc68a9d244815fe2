// Package agenda knows which trials of a comparison are wanted: those of its looks, void ones again, and warm-ups.
//
// It knows slots, outcomes, causes and durations. It refuses to know money, prices and who carries trials out.
package agenda

import (
	"slices"
	"time"

	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
)

// Attempts is how often a slot is filled at most: once, and twice more while it is void.
const Attempts = 3

// How many trials may come to nothing by the same cause, from the first one on, before void ones are left at that: of an
// arm when the provider is the cause, of a task when it is something on this machine. What breaks every time does not
// get right by another attempt that has to be paid for.
const (
	patienceWithProvider = 6
	patienceWithTask     = 4
)

// Agenda is the state of what is wanted. It is not safe for concurrent use.
type Agenda struct {
	seed  uint64
	looks []int
	look  int
	// stored are trials of the base that are there already, by task.
	stored    map[string]int
	sentinels int
	tasks     map[string]suite.Task
	order     []string // ids of tasks

	taken    map[string]*taken // by trial id
	attempts int
	again    map[string]int // attempts beyond the first, by the cause of the one before
	arms     map[trial.Side]*record
	byTask   map[string]*record
	took     map[string]map[int]*duration // by task and look
}

// taken is the last trial of a slot.
type taken struct {
	counts   bool
	cause    string // why it is void
	attempts int
}

// record is what became of the trials of an arm or of a task.
type record struct {
	counts int
	voids  map[string]int // attempts by cause
	void   int
}

// hopeless reports whether as many trials as patience has, and all there are, came to nothing by one cause.
func (r *record) hopeless(cause string, patience int) bool {
	return r != nil && r.counts == 0 && r.void >= patience && r.voids[cause] == r.void
}

func (r *record) add(t trial.Trial, counts bool) {
	if counts {
		r.counts++
		return
	}
	r.void++
	r.voids[t.Cause]++
}

// duration is a sum of times in whole milliseconds, which is the same in whatever order the trials came.
type duration struct {
	sum time.Duration
	n   int
}

// New starts an agenda of looks, which are numbers of trials of each task under each arm, growing.
func New(seed uint64, looks []int) *Agenda {
	newRecord := func() *record { return &record{voids: map[string]int{}} }
	return &Agenda{
		seed: seed, looks: looks, tasks: map[string]suite.Task{}, taken: map[string]*taken{}, again: map[string]int{},
		arms:   map[trial.Side]*record{trial.Base: newRecord(), trial.Head: newRecord()},
		byTask: map[string]*record{}, took: map[string]map[int]*duration{},
	}
}

// Want adds a task.
func (a *Agenda) Want(t suite.Task) {
	a.tasks[t.ID], a.order = t, append(a.order, t.ID)
	a.byTask[t.ID], a.took[t.ID] = &record{voids: map[string]int{}}, map[int]*duration{}
}

// Next returns the slots of the look that are wanted, in the order in which to fill them: those that were never filled,
// and after them the void ones whose cause another attempt may do away with. None are left when the look is complete, or
// as complete as it gets.
func (a *Agenda) Next() []trial.Slot {
	var first, again []trial.Slot
	for _, s := range a.wanted() {
		switch t := a.taken[s.ID()]; {
		case t == nil:
			first = append(first, s)
		case a.retries(s, t):
			again = append(again, s)
		}
	}
	return append(first, again...)
}

// Look is the index of the look that Next is about.
func (a *Agenda) Look() int { return a.look }

// Advance goes on to the next look. It is false, and nothing changes, at the last one.
func (a *Agenda) Advance() bool {
	if a.look+1 >= len(a.looks) {
		return false
	}
	a.look++
	return true
}

// LookOf is the index of the first look that wants a slot; the number of looks when there is none.
func (a *Agenda) LookOf(s trial.Slot) int {
	for i, n := range a.looks {
		if a.wants(s, n) {
			return i
		}
	}
	return len(a.looks)
}

// wants reports whether a look of n trials wants a slot.
func (a *Agenda) wants(s trial.Slot, n int) bool {
	if s.Arm != trial.Base || a.stored[s.Task] == 0 {
		return s.Index < n
	}
	sentinels := min(a.sentinels, n)
	if Sentinel(s) {
		return s.Index-firstSentinel < sentinels
	}
	return s.Index < a.fresh(s.Task, n)-sentinels
}

// firstSentinel is the index of the first sentinel of a task. It is above those of every look, so that a sentinel is never
// taken for another trial: one that has spoken against what is stored was picked for that, and counts for nothing.
// Journals depend on it.
const firstSentinel = 100_000

// Sentinel reports whether a slot is that of a sentinel.
func Sentinel(s trial.Slot) bool { return s.Arm == trial.Base && s.Index >= firstSentinel }

// Enough is how many stored trials of a task leave nothing to carry out for the base but sentinels, at every look: more
// of them would make the base's part of the error, which is the smaller one by then, only a little smaller
// (docs/statistics.md).
const Enough = 12

// Stored says how many trials of the base are there already, by task, which the looks need not carry out again. At least
// so many sentinels of each task are carried out all the same. Nil forgets them.
func (a *Agenda) Stored(trials map[string]int, sentinels int) {
	a.stored, a.sentinels = trials, sentinels
}

// wanted are the slots of the look, filled or not.
func (a *Agenda) wanted() []trial.Slot {
	if a.look >= len(a.looks) {
		return nil
	}
	return a.upTo(a.looks[a.look])
}

// upTo are the slots of a look of n trials, in the order in which to fill them. The first ones of the base are the
// sentinels, where trials are stored.
func (a *Agenda) upTo(n int) []trial.Slot {
	var out []trial.Slot
	for _, s := range a.plan(0, n) {
		if s.Arm == trial.Base && a.stored[s.Task] > 0 {
			if sentinels := min(a.sentinels, n); s.Index < sentinels {
				s.Index += firstSentinel
			} else {
				s.Index -= sentinels
			}
		}
		if a.wants(s, n) {
			out = append(out, s)
		}
	}
	return out
}

func (a *Agenda) plan(from, to int) []trial.Slot {
	return trial.LongestFirst(a.seed, a.look, a.order, from, to, a.expected)
}

// fresh is how many trials of the base are to be carried out for a task at a look of n trials.
func (a *Agenda) fresh(task string, n int) int {
	stored := a.stored[task]
	if stored >= Enough {
		return min(n, a.sentinels)
	}
	if stored == 0 {
		return n
	}
	return min(n, max(a.sentinels, n-stored))
}

// Base is how many trials of the base there are to be of each task at a look, stored ones and fresh ones, on the mean of
// the tasks.
func (a *Agenda) Base(look int) float64 {
	if look < 0 || look >= len(a.looks) || len(a.order) == 0 {
		return 0
	}
	sum := 0
	for _, task := range a.order {
		sum += a.stored[task] + a.fresh(task, a.looks[look])
	}
	return float64(sum) / float64(len(a.order))
}

// Missing is how many trials of each arm have to be carried out for a look, beyond those that were.
func (a *Agenda) Missing(look int) map[trial.Side]int {
	out := map[trial.Side]int{trial.Base: 0, trial.Head: 0}
	if look < 0 || look >= len(a.looks) {
		return out
	}
	for _, s := range a.upTo(a.looks[look]) {
		if a.taken[s.ID()] == nil {
			out[s.Arm]++
		}
	}
	return out
}

// Left returns the slots that are left up to the last look, if none of them is decisive: those that were never filled, and
// void ones that are tried again.
func (a *Agenda) Left() []trial.Slot {
	if len(a.looks) == 0 {
		return nil
	}
	last := a.looks[len(a.looks)-1]
	return slices.DeleteFunc(a.upTo(last), func(s trial.Slot) bool {
		t := a.taken[s.ID()]
		return t != nil && !a.retries(s, t)
	})
}

// retries reports whether a slot is to be filled again. A trial that was canceled, or that ran into the end of the
// budget, is not: there is no money or no time left for it.
func (a *Agenda) retries(s trial.Slot, t *taken) bool {
	if t.counts || t.attempts >= Attempts {
		return false
	}
	switch t.cause {
	case trial.CauseProvider:
		return !a.arms[s.Arm].hopeless(t.cause, patienceWithProvider)
	case trial.CauseSetup, trial.CauseStart, trial.CauseGrading, trial.CauseSandbox:
		return !a.byTask[s.Task].hopeless(t.cause, patienceWithTask)
	}
	return false
}

// Take notes a finished trial of a task that is wanted. It reports whether the trial is to be counted: one of a slot
// that has a trial which counts is not, nor is a warm-up. Where it replaces one that was void, again is set, with the
// cause for which that was void.
func (a *Agenda) Take(t trial.Trial) (cause string, again, ok bool) {
	if t.Warmup() {
		a.attempts++
		return "", false, false
	}
	counts := t.Outcome == trial.Completed || t.Outcome == trial.Failed
	was := a.taken[t.ID]
	if was != nil && was.counts {
		return "", false, false
	}
	a.attempts++
	now := &taken{counts: counts, cause: t.Cause, attempts: 1}
	if was != nil {
		cause, again, now.attempts = was.cause, true, was.attempts+1
		a.again[cause]++
	}
	a.taken[t.ID] = now
	for _, r := range []*record{a.arms[t.Arm], a.byTask[t.Task]} {
		if r != nil {
			r.add(t, counts)
		}
	}
	if counts && t.Seconds != nil {
		a.time(t)
	}
	return cause, again, true
}

// Anew forgets the attempts at the void slots of some arms: they are wanted again as if they had never been filled. It is
// for a later process, where what the earlier ones have can lead to no verdict.
func (a *Agenda) Anew(arms ...trial.Side) {
	for _, s := range a.upTo(slices.Max(append([]int{0}, a.looks...))) {
		t := a.taken[s.ID()]
		if t == nil || t.counts || !slices.Contains(arms, s.Arm) {
			continue
		}
		for _, r := range []*record{a.arms[s.Arm], a.byTask[s.Task]} {
			r.void, r.voids = 0, map[string]int{}
		}
		t.attempts = 0
	}
}

// Empty lists the arms without a trial that counts.
func (a *Agenda) Empty() []trial.Side {
	var out []trial.Side
	for _, side := range []trial.Side{trial.Base, trial.Head} {
		if a.arms[side].counts == 0 {
			out = append(out, side)
		}
	}
	return out
}

// Attempted is how many trials were taken, void ones and warm-ups included.
func (a *Agenda) Attempted() int { return a.attempts }

// Again counts the trials that were carried out again, by the cause for which the one before was void.
func (a *Agenda) Again() map[string]int { return a.again }

// Unfilled is how many slots of the looks so far no trial was ever carried out for.
func (a *Agenda) Unfilled() int {
	n := 0
	for _, s := range a.wanted() {
		if a.taken[s.ID()] == nil {
			n++
		}
	}
	return n
}

// Starved is how many slots of the looks so far have no trial that counts since the budget was spent.
func (a *Agenda) Starved() int {
	n := 0
	for _, s := range a.wanted() {
		if t := a.taken[s.ID()]; t != nil && !t.counts && t.cause == trial.CauseBudget {
			n++
		}
	}
	return n
}

// Repeats reports whether every one of some slots was filled before.
func (a *Agenda) Repeats(slots []trial.Slot) bool {
	for _, s := range slots {
		if a.taken[s.ID()] == nil {
			return false
		}
	}
	return true
}

// Warmups returns a slot for the warm-up of each task and arm that some slots are of.
func (a *Agenda) Warmups(slots []trial.Slot) []trial.Slot {
	type of struct {
		arm  trial.Side
		task string
	}
	wanted := map[of]bool{}
	for _, s := range slots {
		wanted[of{s.Arm, s.Task}] = true
	}
	var out []trial.Slot
	for _, s := range a.plan(trial.WarmupIndex, 0) {
		if wanted[of{s.Arm, s.Task}] {
			out = append(out, s)
		}
	}
	return out
}

func (a *Agenda) time(t trial.Trial) {
	looks := a.took[t.Task]
	if looks == nil {
		return
	}
	if looks[t.Look] == nil {
		looks[t.Look] = &duration{}
	}
	looks[t.Look].sum += time.Duration(*t.Seconds * float64(time.Second)).Round(time.Millisecond)
	looks[t.Look].n++
}

// What a trial is expected to take before one was timed: a guess, for the order only. Time-outs are set with room.
const (
	priorShare  = 4 // of the time-out
	priorPrompt = 15 * time.Second
)

// expected is how long a trial of a task is likely to take: the mean of the trials of earlier looks, which every shard
// has; those of this look are still coming in. Before that, prompts are short and agents long.
func (a *Agenda) expected(task string) time.Duration {
	var all duration
	for look, d := range a.took[task] {
		if look < a.look {
			all.sum, all.n = all.sum+d.sum, all.n+d.n
		}
	}
	if all.n > 0 {
		return all.sum / time.Duration(all.n)
	}
	t := a.tasks[task]
	limit := t.Timeout
	if limit <= 0 {
		limit = suite.DefaultTimeout
	}
	if t.Harness == "prompt" {
		return min(limit/priorShare, priorPrompt)
	}
	return limit / priorShare
}
