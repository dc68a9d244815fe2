package stock

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/stats"
	"github.com/pertask/pertask/trial"
)

// Watch holds stored trials and their sentinels until the sentinels are all there and have been compared with them. Its
// zero value holds none. It is not safe for concurrent use.
type Watch struct {
	stored    []trial.Result
	sentinels map[string]trial.Result // the last one of each slot
	order     []string                // of the sentinels
	driftP    float64
	dropped   string
	drifted   bool
	settled   bool
}

// Take takes a stored trial or a sentinel, and reports whether the trial was one of these. Another attempt at a sentinel
// takes the place of the one before.
func (w *Watch) Take(r trial.Result) bool {
	switch {
	case r.Trial.Origin == trial.Stored:
		w.stored = append(w.stored, r)
	case Sentinel(r):
		if w.sentinels == nil {
			w.sentinels = map[string]trial.Result{}
		}
		if _, there := w.sentinels[r.Trial.ID]; !there {
			w.order = append(w.order, r.Trial.ID)
		}
		w.sentinels[r.Trial.ID] = r
	default:
		return false
	}
	return true
}

// Counts is how many trials are stored, by task.
func (w *Watch) Counts() map[string]int {
	out := map[string]int{}
	for _, r := range w.stored {
		out[r.Trial.Task]++
	}
	return out
}

// Waiting reports whether there are trials that were not compared yet.
func (w *Watch) Waiting() bool { return !w.settled && len(w.stored)+len(w.sentinels) > 0 }

// Used reports whether stored trials count.
func (w *Watch) Used() bool { return len(w.stored) > 0 && w.dropped == "" }

// Settle ends the watch and returns the trials that count: all of them, or none when the sentinels disagree, or when
// there are too few of either for a comparison. Obs is what a trial is to statistics; false when its cost is not known:
// then nothing is compared, and the trials count with their unknown cost.
func (w *Watch) Settle(obs func(trial.Result) (stats.Obs, bool)) []trial.Result {
	w.settled, w.driftP = true, math.NaN()
	var fresh []trial.Result
	for _, id := range w.order {
		fresh = append(fresh, w.sentinels[id])
	}
	if len(w.stored) == 0 {
		return nil
	}
	stored, now, known := w.cells(fresh, obs)
	test, err := stats.Drift(stored, now)
	switch {
	case !known: // nor will there be a verdict, for the same reason
	case err != nil:
		w.dropped = "there are too few of them, or too few fresh trials of the base to compare them with"
		return nil
	case test.P <= stats.DriftLevel:
		w.driftP, w.drifted = test.P, true
		w.dropped = fmt.Sprintf("fresh trials of the base differ from them (p %.3f), so what is served has changed", test.P)
		return nil
	default:
		w.driftP = test.P
	}
	return append(slices.Clone(w.stored), fresh...)
}

// Drifted reports whether the sentinels have shown that the stored trials are of something else.
func (w *Watch) Drifted() bool { return w.drifted }

// Unsettled ends the watch where the look was cut short, and returns all trials: there is no verdict then, and they are
// shown.
func (w *Watch) Unsettled() []trial.Result {
	w.settled, w.driftP = true, math.NaN()
	out := slices.Clone(w.stored)
	for _, id := range w.order {
		out = append(out, w.sentinels[id])
	}
	return out
}

// cells are those of the tasks that have stored trials and sentinels. It reports whether every cost is known.
func (w *Watch) cells(fresh []trial.Result, obs func(trial.Result) (stats.Obs, bool)) (stored, now []stats.Cell, known bool) {
	type pair struct{ stored, now stats.Cell }
	of := map[string]*pair{}
	var tasks []string
	for i, r := range append(slices.Clone(w.stored), fresh...) {
		if !counts(r.Trial) {
			continue
		}
		p := of[r.Trial.Task]
		if p == nil {
			p = &pair{}
			of[r.Trial.Task], tasks = p, append(tasks, r.Trial.Task)
		}
		o, ok := obs(r)
		switch {
		case !ok:
			return nil, nil, false
		case i < len(w.stored):
			p.stored.Add(o)
		default:
			p.now.Add(o)
		}
	}
	for _, task := range tasks {
		if p := of[task]; p.stored.Trials() > 0 && p.now.Trials() > 0 {
			stored, now = append(stored, p.stored), append(now, p.now)
		}
	}
	return stored, now, true
}

func counts(t trial.Trial) bool { return t.Outcome == trial.Completed || t.Outcome == trial.Failed }

// Dropped says why stored trials do not count; "" when they do, or there are none.
func (w *Watch) Dropped() string { return w.dropped }

// SetAside is how many sentinels count for nothing, since what they watched over does not count.
func (w *Watch) SetAside() int {
	if w.Used() || !w.settled {
		return 0
	}
	return len(w.order)
}

// Report says which trials were stored; nil where none were.
func (w *Watch) Report() *content.Stored {
	if len(w.stored) == 0 {
		return nil
	}
	s := &content.Stored{Trials: len(w.stored), Oldest: w.stored[0].Trial.Start, Newest: w.stored[0].Trial.Start, DriftP: content.Number(w.driftP), Dropped: w.dropped}
	for _, r := range w.stored {
		s.Oldest, s.Newest = earlier(r.Trial.Start, s.Oldest), later(r.Trial.Start, s.Newest)
		if commit, ok := strings.CutPrefix(r.Trial.Detail, carriedOut); ok {
			s.Commits = append(s.Commits, commit)
		}
	}
	slices.Sort(s.Commits)
	s.Commits = slices.Compact(s.Commits)
	for _, r := range w.sentinels {
		if counts(r.Trial) {
			s.Sentinels++
		}
	}
	return s
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
