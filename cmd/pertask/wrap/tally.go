// Package wrap runs a command behind the metering proxy: what the command finds in its environment, its signals and
// exit status, and what its calls cost.
//
// It knows the variables in which agents and libraries look for addresses and keys, and how a budget is kept. It
// refuses to know the keys themselves, flags, and how a call is priced.
package wrap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/pertask/pertask/cmd/pertask/text"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

// LoggedCall is a line of the log.
type LoggedCall struct {
	usage.Call
	Cost    price.Cost `json:"cost"`
	Missing string     `json:"missing,omitempty"` // what is missing when the cost is unknown
	Notes   []string   `json:"notes,omitempty"`
}

// Tally prices the calls of a session and keeps its budget. Its fields are set before the first call; then it is safe
// for concurrent use. What it does for a call takes the same time however many there were.
type Tally struct {
	Start   time.Time
	Pricing price.Pricing // at the time of each call
	Budget  price.Amount  // unknown for none
	Log     io.Writer     // nil for none
	Show    func(string)  // of the total so far; nil for nothing

	mu     sync.Mutex
	ids    []string
	calls  map[string]LoggedCall // the last state of each
	sum    sum
	logErr error
}

// sum is what calls cost together. Its zero value is that of no calls.
type sum struct {
	billed  int         // calls that reached a provider and are billed, or may be
	known   *price.Cost // of the calls whose cost is known; nil for nothing
	unknown int         // calls whose cost is not known
}

func (s *sum) add(l LoggedCall) {
	if l.Coverage != usage.Unbilled {
		s.billed++
	}
	if l.Cost.Status == price.Unknown {
		s.unknown++
		return
	}
	c := s.sure().Plus(l.Cost)
	s.known = &c
}

// sure is the cost of the calls whose cost is known.
func (s sum) sure() price.Cost {
	if s.known == nil {
		return price.Nothing()
	}
	return *s.known
}

// total is the cost of all; unknown when that of one is.
func (s sum) total() price.Cost {
	if s.unknown > 0 {
		return price.Cost{}
	}
	return s.sure()
}

// Admit refuses a call that could pass the budget unseen: nothing fails open.
func (t *Tally) Admit(_ context.Context, c usage.Call) error {
	limit, limited := t.Budget.Value()
	if !limited {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	spent, known := t.sum.total().Amount.Value()
	switch {
	case !known:
		return errors.New("budget: the cost of an earlier call is unknown, so the budget cannot be kept")
	case spent.Cmp(limit) >= 0:
		return fmt.Errorf("budget: %s USD of %s are spent", spent, limit)
	}
	p := t.Pricing
	p.At = time.Now()
	if _, err := p.List(c.Provider, c.Model(), c.Tier()); err != nil && !reports[c.Provider] {
		return fmt.Errorf("budget: %w, so the budget cannot be kept", err)
	}
	return nil
}

// reports are the providers whose answers say what they charge, so that a model without a price has a cost.
var reports = map[string]bool{"openrouter": true}

// Record takes a call that has ended. A later answer may complete a call that was recorded before.
func (t *Tally) Record(c usage.Call) error {
	if c.State != usage.Ended {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.Pricing
	p.At = c.Time
	priced := p.Call(c)
	c.PriceRow, c.CostStatus = priced.Row, priced.Cost.Status.String()
	l := LoggedCall{c, priced.Cost, priced.Missing, priced.Notes}
	t.keep(l)
	if t.Show != nil {
		t.Show(t.headline())
	}
	if t.Log == nil {
		return nil
	}
	if err := text.WriteJSON(t.Log, l); err != nil {
		if t.logErr == nil {
			t.logErr = err
		}
		return err
	}
	return nil
}

// keep takes a call into the sum. In the rare case that it is there already, everything is summed up again: what is
// unknown cannot be taken off.
func (t *Tally) keep(l LoggedCall) {
	if t.calls == nil {
		t.calls = map[string]LoggedCall{}
	}
	_, again := t.calls[l.ID]
	t.calls[l.ID] = l
	if !again {
		t.ids = append(t.ids, l.ID)
		t.sum.add(l)
		return
	}
	t.sum = sum{}
	for _, id := range t.ids {
		t.sum.add(t.calls[id])
	}
}

// Total is what the calls so far cost.
func (t *Tally) Total() price.Cost {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sum.total()
}

// Calls returns the calls that have ended so far, in the order in which they first did.
func (t *Tally) Calls() []usage.Call {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([]usage.Call, 0, len(t.ids))
	for _, id := range t.ids {
		out = append(out, t.calls[id].Call)
	}
	return out
}

// LogFailure is the first error of writing the log.
func (t *Tally) LogFailure() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.logErr != nil {
		return fmt.Errorf("writing the log: %w", t.logErr)
	}
	return nil
}

// billed are the calls that reached a provider and are billed, or may be.
func (t *Tally) billed() []LoggedCall {
	var out []LoggedCall
	for _, id := range t.ids {
		if c := t.calls[id]; c.Coverage != usage.Unbilled {
			out = append(out, c)
		}
	}
	return out
}
