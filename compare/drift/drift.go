// Package drift tells whether the base, as its providers serve it now, is still what its stored trials are of.
//
// It knows the tests of fresh trials of the base, the sentinels, against stored ones, the levels of these tests when they
// are made every week, what else can have moved (tokens, served models, prices), and how sure an alarm has to be before it
// is told. It refuses to know where trials come from, budgets, who is told, and how that is written.
package drift

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/price"
)

// The levels of the tests. Each watch makes two tests, of cost and of completion, of all sentinels of the last Window. An
// alarm is told only when a second set of sentinels, carried out then and tested alone, shows the same in the same
// direction. TestAYearOfWatches has what that comes to in a year.
const (
	Level        = 0.005 // two-sided, of each of the two tests
	ConfirmLevel = 0.05  // one-sided, of the second set
)

// Window is how old a sentinel may be to be tested again with those of this watch: what changes by a third shows in a few
// weeks of few trials, and not in one.
const Window = 35 * 24 * time.Hour

// aim is how many sentinels a set has, about: as many tell a rise of a third in costs that vary by half.
const aim = 20

// PerTask is how many sentinels of each of so many tasks a set has, from 1 to 6.
func PerTask(tasks int) int { return max(1, min(6, (aim+tasks/2)/max(1, tasks))) }

// MostStored is how old a stored trial may be to be compared with. It is older than a comparison takes: a comparison would
// put its verdict on it, a watch asks whether it still holds.
const MostStored = 90 * 24 * time.Hour

// Measure is something that is tested.
type Measure string

// What is tested.
const (
	Cost       Measure = "cost"
	Completion Measure = "completion"
)

// ErrTooFew is wrapped where there are too few trials to tell anything.
var ErrTooFew = errors.New("too few trials of the base to tell anything")

// ErrUnpriced is wrapped where the cost of a trial is not known.
var ErrUnpriced = errors.New("the cost of a trial is not known")

// Change is a number of the stored trials and of the fresh ones.
type Change struct {
	Stored, Fresh float64 // dollars of a trial, or the share of trials that completed; every task has the same weight
	// Ratio is fresh against stored, with its interval at 95 %. NaN where it is not known, as with one sentinel of each task.
	// A completion has none.
	Ratio, Low, High float64
	P                float64 // two-sided
	Up               bool    // by what is tested, the fresh trials are above the stored ones
}

// Finding is what fresh trials say against stored ones.
type Finding struct {
	Tasks                     int // of which there are stored and fresh trials
	StoredTrials, FreshTrials int
	Oldest, Newest            time.Time // of the stored trials that were compared
	Cost, Completion          Change
	Tokens                    []Tokens // what a trial consumes, by class; classes of which there is none are left out
	Models                    []Model  // that were served, those that changed first
}

// Of returns one of the changes.
func (f Finding) Of(m Measure) Change {
	if m == Completion {
		return f.Completion
	}
	return f.Cost
}

// Alarms are the measures that have moved beyond noise, as far as one watch can tell.
func (f Finding) Alarms() []Measure {
	var out []Measure
	for _, m := range []Measure{Cost, Completion} {
		if f.Of(m).P <= Level {
			out = append(out, m)
		}
	}
	return out
}

// Confirmed are the alarms of a first finding that a second one, of other sentinels, shows too, in the same direction.
func Confirmed(first, second Finding) []Measure {
	var out []Measure
	for _, m := range first.Alarms() {
		a, b := first.Of(m), second.Of(m)
		if b.P/2 <= ConfirmLevel && a.Up == b.Up {
			out = append(out, m)
		}
	}
	return out
}

// Terms are those under which trials are compared.
type Terms struct {
	// Pricing prices stored and fresh trials alike: what moves is what was consumed, and not the price. See Prices.
	Pricing price.Pricing
	Tasks   []string // of the suite, in its order
	Now     time.Time
}

// Usable are the trials of a suite's tasks that are at most so old.
func (t Terms) Usable(trials []ledger.BaseTrial, age time.Duration) []ledger.BaseTrial {
	usable, _ := ledger.Usable(trials, t.Now, age)
	return slices.DeleteFunc(usable, func(b ledger.BaseTrial) bool { return !slices.Contains(t.Tasks, b.Task) })
}

// Judge compares fresh trials with stored ones. An error wraps ErrTooFew or ErrUnpriced: then nothing is said, and least of
// all that nothing has changed.
func (t Terms) Judge(stored, fresh []ledger.BaseTrial) (Finding, error) {
	pairs, err := t.pair(stored, fresh)
	if err != nil {
		return Finding{}, err
	}
	if len(pairs) == 0 {
		return Finding{}, fmt.Errorf("%w: no task has both stored and fresh ones", ErrTooFew)
	}
	f := Finding{Tasks: len(pairs)}
	var strata []stratum
	for _, p := range pairs {
		f.StoredTrials += len(p.stored)
		f.FreshTrials += len(p.fresh)
		strata = append(strata, stratum{stored: len(p.stored), fresh: len(p.fresh), storedDone: completed(p.stored), freshDone: completed(p.fresh)})
		for _, b := range p.stored {
			f.saw(b.Time)
		}
	}
	if f.Cost, err = compareCosts(pairs); err != nil {
		return Finding{}, err
	}
	f.Completion = completions(strata)
	f.Tokens, f.Models = tokens(pairs), models(pairs)
	return f, nil
}

func (f *Finding) saw(at time.Time) {
	if f.Oldest.IsZero() || at.Before(f.Oldest) {
		f.Oldest = at
	}
	if at.After(f.Newest) {
		f.Newest = at
	}
}

// pair is the trials of one task.
type pair struct {
	stored, fresh         []ledger.BaseTrial
	storedCost, freshCost costs
}

// pair brings stored and fresh trials together, task by task.
func (t Terms) pair(stored, fresh []ledger.BaseTrial) ([]*pair, error) {
	of := map[string]*pair{}
	for _, task := range t.Tasks {
		of[task] = &pair{}
	}
	for _, b := range stored {
		if p := of[b.Task]; p != nil {
			p.stored = append(p.stored, b)
		}
	}
	for _, b := range fresh {
		if p := of[b.Task]; p != nil {
			p.fresh = append(p.fresh, b)
		}
	}
	var out []*pair
	for _, task := range t.Tasks {
		p := of[task]
		if len(p.stored) == 0 || len(p.fresh) == 0 {
			continue
		}
		if err := t.price(p); err != nil {
			return nil, fmt.Errorf("task %q: %w", task, err)
		}
		out = append(out, p)
	}
	return out, nil
}

// price works out what the trials of a task cost.
func (t Terms) price(p *pair) error {
	for i, b := range append(slices.Clone(p.stored), p.fresh...) {
		usd, err := t.cost(b)
		if err != nil {
			return err
		}
		cell := &p.storedCost
		if i >= len(p.stored) {
			cell = &p.freshCost
		}
		cell.add(usd)
	}
	return nil
}

func (t Terms) cost(b ledger.BaseTrial) (float64, error) {
	all := price.Nothing()
	for _, call := range b.Calls {
		priced := t.Pricing.Call(call)
		all = all.Plus(priced.Cost)
		if _, known := priced.Cost.Amount.Value(); !known {
			return 0, fmt.Errorf("%w: model %q of %q: %s", ErrUnpriced, call.Model(), call.Provider, priced.Missing)
		}
	}
	usd, _ := all.Amount.Value()
	return usd.Float64(), nil
}

func completed(trials []ledger.BaseTrial) int {
	n := 0
	for _, b := range trials {
		if b.Completed {
			n++
		}
	}
	return n
}
