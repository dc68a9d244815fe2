// Package purse keeps a budget while calls are made.
//
// It knows what was spent, the limit, and when to refuse. It refuses to know who asks, trials and reports. Nothing
// fails open: once the cost of a call is not known, no further one is admitted.
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
	spent  price.Cost
}

// New opens a purse from which some was spent already. An unknown limit is none.
func New(limit price.Amount, before price.Cost, cost func(usage.Call) price.Cost) *Purse {
	return &Purse{limit: limit, cost: cost, before: before, spent: before, calls: map[string]price.Cost{}}
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
