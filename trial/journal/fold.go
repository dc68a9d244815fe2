package journal

import (
	"reflect"
	"slices"

	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
)

// folder folds the records of a journal to what they say in the end.
//
// A trial owns the calls that were recorded, or recorded again, since the last record of the same trial. So a
// trial that is carried out twice does not pay for both times, and one that is copied with its calls stays what
// it was. A record of a call that comes after that of its trial completes the call.
type folder struct {
	calls   []*foldedCall          // in the order of their first records
	byID    map[string]*foldedCall // by call id
	pending map[string][]*foldedCall
	trials  map[string][]*foldedTrial // by trial id, in the order of their last records; the last one counts
	order   int
}

type foldedCall struct {
	call    usage.Call
	place   int          // in folder.calls
	owner   *foldedTrial // nil while no trial has claimed it
	pending bool
}

type foldedTrial struct {
	trial trial.Trial
	place int // place of its last record among all trials' records
	calls []*foldedCall
}

func (f *folder) add(r record) {
	if f.byID == nil {
		f.byID, f.pending, f.trials = map[string]*foldedCall{}, map[string][]*foldedCall{}, map[string][]*foldedTrial{}
	}
	switch {
	case r.Call != nil:
		f.addCall(*r.Call)
	case r.Trial != nil:
		f.addTrial(*r.Trial)
	case r.Opened != nil:
		for trial := range f.pending {
			f.forget(trial)
		}
	}
}

func (f *folder) addCall(c usage.Call) {
	known := f.byID[c.ID]
	if known == nil {
		known = &foldedCall{place: len(f.calls)}
		f.calls, f.byID[c.ID] = append(f.calls, known), known
	}
	known.call = c
	if !known.pending {
		known.pending = true
		f.pending[c.Trial] = append(f.pending[c.Trial], known)
	}
}

func (f *folder) addTrial(t trial.Trial) {
	owner := &foldedTrial{trial: t, place: f.order, calls: f.pending[t.ID]}
	f.order++
	for _, c := range owner.calls {
		c.owner = owner
	}
	slices.SortFunc(owner.calls, func(a, b *foldedCall) int { return a.place - b.place })
	// A trial that is recorded again as it was, such as in a copy, is the same one.
	others := slices.DeleteFunc(f.trials[t.ID], func(o *foldedTrial) bool { return reflect.DeepEqual(o.trial, t) })
	f.trials[t.ID] = append(others, owner)
	f.forget(t.ID)
}

func (f *folder) forget(trial string) {
	for _, c := range f.pending[trial] {
		c.pending = false
	}
	delete(f.pending, trial)
}

func (f *folder) evidence() trial.Evidence {
	var ev trial.Evidence
	var last, replaced []*foldedTrial
	counting := map[*foldedTrial]bool{}
	for _, all := range f.trials {
		n := len(all) - 1
		last, replaced = append(last, all[n]), append(replaced, all[:n]...)
		counting[all[n]] = true
	}
	for _, c := range f.calls {
		switch {
		case c.call.State != usage.Ended:
			ev.Open = append(ev.Open, c.call)
		case !counting[c.owner]:
			ev.Stray = append(ev.Stray, c.call)
		}
	}
	ev.Results, ev.Replaced = results(last), results(replaced)
	return ev
}

// results returns trials with their calls, in the order in which they were recorded.
func results(trials []*foldedTrial) []trial.Result {
	slices.SortFunc(trials, func(a, b *foldedTrial) int { return a.place - b.place })
	var out []trial.Result
	for _, t := range trials {
		res := trial.Result{Trial: t.trial}
		for _, c := range t.calls {
			if c.owner == t {
				res.Calls = append(res.Calls, c.call)
			}
		}
		out = append(out, res)
	}
	return out
}
