// Package stock knows the stored trials of the base that a comparison uses: which of them, how many sentinels watch over
// them, and whether those agree.
//
// It knows how a stored trial becomes a trial of a comparison, and a trial of a comparison a stored one. It refuses to
// know where they are stored, prices, and what follows from them.
package stock

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pertask/pertask/compare/agenda"
	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
)

// most is how many stored trials of a task are used at most, the newest ones: more would change the error little.
const most = 2 * agenda.Enough

// fewTasks is the number of tasks below which one sentinel of each would be too few to tell anything.
const fewTasks = 5

// Sentinels is how many fresh trials of each task of the base are carried out where trials are stored.
func Sentinels(tasks int) int {
	if tasks < fewTasks {
		return 2
	}
	return 1
}

// Sentinel reports whether a trial is a sentinel.
func Sentinel(r trial.Result) bool {
	return agenda.Sentinel(r.Trial.Slot) && r.Trial.Origin != trial.Stored
}

// Terms are those under which stored trials are used.
type Terms struct {
	Suite  *suite.Suite
	Now    time.Time
	MaxAge time.Duration
	// Key is the evidence key of the comparison; Versions those of the harnesses, which the base store's key covers.
	Key      string
	Versions map[string]string
	// Boxed leaves out trials of programs that ran without a sandbox.
	Boxed func(suite.Task) bool
}

// Use picks the stored trials that count and makes them trials of the comparison, in a fixed order. Those that are too
// old, of no task of the suite, or not kept in by a sandbox where one is needed, are left out.
func (t Terms) Use(stored []ledger.BaseTrial) []trial.Result {
	usable, _ := ledger.Usable(stored, t.Now, t.MaxAge)
	of := map[string][]ledger.BaseTrial{}
	for _, b := range usable {
		of[b.Task] = append(of[b.Task], b)
	}
	var out []trial.Result
	for _, task := range t.Suite.Tasks {
		mine := slices.DeleteFunc(of[task.ID], func(b ledger.BaseTrial) bool { return b.Sandbox == "" && t.Boxed(task) })
		slices.SortStableFunc(mine, func(a, b ledger.BaseTrial) int { return b.Time.Compare(a.Time) })
		for i, b := range mine[:min(len(mine), most)] {
			out = append(out, t.result(task, i, b))
		}
	}
	return out
}

// firstStored is the index of the first stored trial of a task in a comparison. It is above those of sentinels; journals
// depend on it.
const firstStored = 200_000

// carriedOut begins the detail of a stored trial, in front of the commit. Journals depend on it.
const carriedOut = "carried out at commit "

func (t Terms) result(task suite.Task, i int, b ledger.BaseTrial) trial.Result {
	slot := trial.Slot{Arm: trial.Base, Task: b.Task, Index: firstStored + i}
	r := trial.Result{Trial: trial.Trial{Schema: trial.Schema, ID: slot.ID(), Slot: slot, EvidenceKey: t.Key, Origin: trial.Stored, Outcome: trial.Failed,
		Cause: b.Cause, Harness: task.Harness, Version: t.Versions[task.Harness], Sandbox: b.Sandbox, Start: b.Time, Seconds: b.Seconds}}
	if b.Completed {
		r.Trial.Outcome = trial.Completed
	}
	if b.Commit != "" {
		r.Trial.Detail = carriedOut + b.Commit
	}
	for n, call := range b.Calls {
		call.Trial, call.ID = slot.ID(), fmt.Sprintf("%s#%d", slot.ID(), n) // a trial of this comparison may have a call of the same name
		r.Calls = append(r.Calls, call)
	}
	return r
}

// Source says where trials were carried out, for people.
type Source struct {
	Origin string // such as the address of a workflow's run
	Commit string // of the base
}

// Keep makes trials of the base that count stored ones, beside those that are stored. It keeps none when the usage of one
// is not known to its end: the others would be those for which it is, and not left to chance.
func Keep(fresh []trial.Result, stored []ledger.BaseTrial, from Source) []ledger.BaseTrial {
	next := map[string]int{}
	var out []ledger.BaseTrial
	for _, r := range fresh {
		t := r.Trial
		if t.Start.IsZero() || slices.ContainsFunc(r.Calls, unseen) {
			return nil
		}
		if _, counted := next[t.Task]; !counted {
			next[t.Task] = ledger.NextIndex(stored, t.Task)
		}
		b := ledger.BaseTrial{Task: t.Task, Index: next[t.Task], ID: name(t), Completed: t.Outcome == trial.Completed, Cause: t.Cause, Seconds: t.Seconds,
			Time: t.Start, Origin: from.Origin, Commit: from.Commit, Sandbox: t.Sandbox, Calls: r.Calls}
		next[t.Task]++
		if b.Completed {
			b.Cause = ""
		}
		out = append(out, b)
	}
	return out
}

func unseen(c usage.Call) bool {
	return c.State != usage.Ended || c.Coverage != usage.Complete && c.Coverage != usage.Unbilled
}

// name is the identity of a trial: the same whenever it is added, and no other trial's.
func name(t trial.Trial) string {
	key := strings.TrimPrefix(t.EvidenceKey, "sha256:")
	return fmt.Sprintf("%s@%s/%.16s", t.ID, t.Start.UTC().Format(time.RFC3339Nano), key)
}
