// Package purse keeps a budget while calls are made.
//
// It knows what was spent, in all and by each trial under way, what calls in flight will probably cost, the limits, and when to
// wait and when to refuse. It refuses to know what a trial is for, and reports. Nothing fails open: once the cost of a call is
// not known, no further one is admitted.
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
	door  chan struct{} // held by the one call that looks for room: those behind it wait in their order

	mu     sync.Mutex
	before price.Cost            // spent before the purse was opened
	calls  map[string]price.Cost // by id: a call may be recorded again when a later answer tells more
	trials map[string][]string   // ids of the calls of every trial that is under way
	spent  price.Cost
	flight flight
	over   error         // of the call that there was no room for; no later one is admitted
	ended  chan struct{} // closed when a call in flight ends
}

// New opens a purse from which some was spent already. An unknown limit is none.
func New(limit price.Amount, before price.Cost, cost func(usage.Call) price.Cost) *Purse {
	return &Purse{limit: limit, cost: cost, door: make(chan struct{}, 1), before: before, spent: before, calls: map[string]price.Cost{},
		trials: map[string][]string{}, flight: flight{out: map[string]reserved{}, seen: map[any]price.Money{}}, ended: make(chan struct{})}
}

// capped refuses a call of a trial that has cost as much as it may, and when it is not known what it has cost.
func (p *Purse) capped(trial string, most price.Amount) error {
	limit, limited := most.Value()
	if !limited {
		return nil
	}
	spent, known := p.of(trial).Value()
	if !known {
		return errors.New("budget: the cost of an earlier call is unknown, so the cost cap of the trial cannot be kept")
	}
	if spent.Cmp(limit) >= 0 {
		return fmt.Errorf("cost cap: %s USD of the %s that one trial may cost are spent", spent, limit)
	}
	return nil
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

// Admit returns an error once the limit is reached, a call was refused for want of money, or it is no longer known what was
// spent: nothing more is to begin then.
func (p *Purse) Admit() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, err := p.room()
	return err
}

// room is what is left of the limit, without what calls in flight will cost. The caller holds the lock.
func (p *Purse) room() (price.Amount, error) {
	limit, limited := p.limit.Value()
	if !limited {
		return price.Amount{}, nil
	}
	spent, known := p.spent.Amount.Value()
	switch {
	case !known:
		return price.Amount{}, errors.New("budget: the cost of an earlier call is unknown, so the budget cannot be kept")
	case spent.Cmp(limit) >= 0:
		return price.Amount{}, fmt.Errorf("budget: %s USD of %s are spent", spent, limit)
	}
	return price.Known(limit.Minus(spent)), p.over
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
	if p.flight.land(c.ID, cost.Amount) {
		close(p.ended)
		p.ended = make(chan struct{})
	}
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
