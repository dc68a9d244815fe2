// Package purse keeps a budget while calls are made.
//
// It knows what was spent, in all and by each trial under way, the limits, and when to refuse. It refuses to know what a
// trial is for, and reports. Nothing fails open: once the cost of a call is not known, no further one is admitted.
package purse

import (
	"errors"
	"fmt"
	"sync"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

// Purse is the budget of one check or session. It is safe for concurrent use. Without a limit it admits everything.
type Purse struct {
	limit price.Amount
	cost  func(usage.Call) price.Cost

	mu     sync.Mutex
	before price.Cost            // spent before the purse was opened
	calls  map[string]price.Cost // by id: a call may be recorded again when a later answer tells more
	trials map[string][]string   // ids of the calls of every trial that is under way
	spent  price.Cost
}

// New opens a purse from which some was spent already. An unknown limit is none.
func New(limit price.Amount, before price.Cost, cost func(usage.Call) price.Cost) *Purse {
	return &Purse{limit: limit, cost: cost, before: before, spent: before, calls: map[string]price.Cost{}, trials: map[string][]string{}}
}

// AdmitTrial is Admit for a call of a trial that may cost at most the given amount; an unknown one is no such limit. It
// refuses once the trial has cost as much, and when it is not known what the trial has cost. The errors begin with
// "cost cap" and with "budget": the first says that the trial has failed, the second, as each of Admit's, that nothing
// can be said of it.
func (p *Purse) AdmitTrial(trial string, most price.Amount) error {
	if limit, limited := most.Value(); limited {
		spent, known := p.of(trial).Value()
		if !known {
			return errors.New("budget: the cost of an earlier call is unknown, so the cost cap of the trial cannot be kept")
		}
		if spent.Cmp(limit) >= 0 {
			return fmt.Errorf("cost cap: %s USD of the %s that one trial may cost are spent", spent, limit)
		}
	}
	return p.Admit()
}

// of is what a trial under way has cost.
func (p *Purse) of(trial string) price.Amount {
	p.mu.Lock()
	defer p.mu.Unlock()
	sum := price.Nothing()
	for _, id := range p.trials[trial] {
		sum = sum.Plus(p.calls[id])
	}
	return sum.Amount
}

// End forgets which calls were a trial's, so that a trial of the same name begins at nothing. They stay spent.
func (p *Purse) End(trial string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.trials, trial)
}

// Admit refuses a call once the limit is reached, or when it is no longer known what was spent. The overshoot is at
// most what the calls in flight cost.
func (p *Purse) Admit() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	limit, limited := p.limit.Value()
	if !limited {
		return nil
	}
	spent, known := p.spent.Amount.Value()
	if !known {
		return errors.New("budget: the cost of an earlier call is unknown, so the budget cannot be kept")
	}
	if spent.Cmp(limit) >= 0 {
		return fmt.Errorf("budget: %s USD of %s are spent", spent, limit)
	}
	return nil
}

// Record takes a call that has ended; others are left out. The last record of an id counts.
func (p *Purse) Record(c usage.Call) {
	if c.State != usage.Ended {
		return
	}
	cost := p.cost(c)
	p.mu.Lock()
	defer p.mu.Unlock()
	_, again := p.calls[c.ID]
	p.calls[c.ID] = cost
	if !again {
		p.trials[c.Trial] = append(p.trials[c.Trial], c.ID)
		p.spent = p.spent.Plus(cost)
		return
	}
	p.spent = p.before // rare, and an unknown cost cannot be taken off a sum
	for _, cost := range p.calls {
		p.spent = p.spent.Plus(cost)
	}
}

// Spent returns what was spent so far.
func (p *Purse) Spent() price.Cost {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.spent
}
