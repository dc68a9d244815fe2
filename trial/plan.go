package trial

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Plan returns the slots of one look: both arms of every task, with the indices from..to-1, in the order in
// which they are to be started. A range without an index gives an empty plan.
//
// The order goes by index first, so that a plan which is cut short leaves whole rounds behind it. Within a
// round the tasks come in random order, and the two arms of a task directly after one another, in random order
// too: whatever drifts during a check, such as a provider's load, falls on both arms alike, and every prefix of
// a plan has as many trials of one arm as of the other, give or take one.
//
// Where a slot stands relative to another is a function of the seed, the look, and the slots themselves. So
// any shard that plans any part of the tasks agrees with every other shard about the order.
func Plan(seed uint64, look int, tasks []string, from, to int) []Slot {
	return LongestFirst(seed, look, tasks, from, to, func(string) time.Duration { return 0 })
}

// LongestFirst is Plan with the tasks of a round in the order of how long a trial of each is expected to take, the
// longest first, so that no worker is left alone with a long one at the end. Tasks that are expected to take equally
// long come in the random order of Plan. Every shard must expect the same.
func LongestFirst(seed uint64, look int, tasks []string, from, to int, expected func(task string) time.Duration) []Slot {
	type placed struct {
		slot Slot
		long time.Duration
		pair uint64 // place of the task within its round, among those as long
		arm  uint64 // place of the arm within the pair
	}
	var all []placed
	for _, task := range tasks {
		long := expected(task)
		for index := from; index < to; index++ {
			pair, coin := draw(seed, look, task, index)
			all = append(all,
				placed{Slot{look, Base, task, index}, long, pair, coin},
				placed{Slot{look, Head, task, index}, long, pair, 1 - coin})
		}
	}
	slices.SortFunc(all, func(a, b placed) int {
		return cmp.Or(
			cmp.Compare(a.slot.Index, b.slot.Index),
			cmp.Compare(b.long, a.long),
			cmp.Compare(a.pair, b.pair),
			strings.Compare(a.slot.Task, b.slot.Task), // two tasks of the same hash
			cmp.Compare(a.arm, b.arm),
		)
	})
	out := make([]Slot, len(all))
	for i, p := range all {
		out[i] = p.slot
	}
	return out
}

// draw hashes what identifies a pair of slots to its place in the round and to a coin, 0 or 1, that says
// which arm goes second. Shards of different releases must agree on it: the form of the hashed text never
// changes.
func draw(seed uint64, look int, task string, index int) (pair, coin uint64) {
	text := strings.Join([]string{"pertask.plan/1", strconv.FormatUint(seed, 10), strconv.Itoa(look), strconv.Itoa(index), task}, "\n")
	sum := sha256.Sum256([]byte(text))
	return binary.BigEndian.Uint64(sum[:8]), uint64(sum[8] & 1)
}
