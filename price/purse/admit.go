package purse

import (
	"context"
	"errors"
	"fmt"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

// Terms are what is known of a call before it is made.
type Terms struct {
	// Kind names calls that cost alike, such as those of one arm to one model. It is comparable.
	Kind any
	// Cap is what the call's trial may cost; unknown is no such limit.
	Cap price.Amount
	// Most is the most that the call can cost. It is asked for before anything is known of the kind; nil, and an unknown amount,
	// say that nobody can tell.
	Most func() price.Amount
}

// AdmitCall waits until there is room for a call, sets aside what it will probably cost until Record has it as ended, and refuses it
// where there will be none. So the limit is passed by no more than what calls in flight cost above the dearest of their kind before
// them, and by a call of which nothing was known.
//
// A call is taken to cost as much as the dearest of its kind so far, which is near to what it does cost: the most that it could
// cost, by the tokens that its request allows, is often twenty times as much, and would leave one call at a time long before the
// limit. That most is what the first calls of a kind are taken for, so that they are made at once where the limit is far, as it
// mostly is; where they are too dear for that, one is made alone, and the others wait for what it says. Then:
//
//   - A call for which there is room beside those in flight is admitted.
//   - Otherwise it waits until calls in flight have ended, behind those that wait already.
//   - When none is in flight and there is no room, it is refused, and every later one with it: trials of the one arm alone would
//     say nothing. Alone, a call of which nothing is known is admitted as long as anything is left.
//
// A call is refused at once when its trial has cost as much as Terms.Cap, which calls of the same trial in flight may pass. The
// errors begin with "cost cap" and with "budget": the first says that the trial has failed, the second that nothing can be said of
// it, which is so too where the context ends while the call waits. That error wraps the context's cause.
func (p *Purse) AdmitCall(ctx context.Context, c usage.Call, t Terms) error {
	if err := p.capped(c.Trial, t.Cap); err != nil {
		return err
	}
	if !p.limit.IsKnown() {
		return nil
	}
	return p.behind(ctx, func() (bool, error) { return p.admit(c, t) })
}

// Wait waits until there is room for another call of any kind seen so far, and returns an error as Admit does, and where there will
// be no such room. A trial that begins after it hardly has to wait for its own calls, or to end before its end.
func (p *Purse) Wait(ctx context.Context) error {
	return p.until(ctx, func() (bool, error) {
		room, err := p.room()
		left, limited := room.Value()
		if err != nil || !limited {
			return false, err
		}
		dearest := p.flight.dearest()
		held, known := p.flight.held().Value()
		switch {
		case known && held.Plus(dearest).Cmp(left) <= 0:
			return false, nil
		case len(p.flight.out) > 0:
			return true, nil
		}
		return false, p.tooDear(left, dearest)
	})
}

// WaitUnless is Wait where the end of the context is no error: what waits then ends for another reason than money.
func (p *Purse) WaitUnless(ctx context.Context) error {
	err := p.Wait(ctx)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (p *Purse) tooDear(left, cost price.Money) error {
	limit, _ := p.limit.Value()
	return fmt.Errorf("budget: %s USD of %s are left, and a call has cost %s", left, limit, cost)
}

// Learn tells what the dearest call of a kind has cost before the purse was opened.
func (p *Purse) Learn(kind any, cost price.Money) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flight.learn(kind, cost)
}

// behind is until, for one caller after the other.
func (p *Purse) behind(ctx context.Context, ask func() (wait bool, err error)) error {
	select {
	case p.door <- struct{}{}:
		defer func() { <-p.door }()
		return p.until(ctx, ask)
	case <-ctx.Done():
		return given(ctx)
	}
}

// until asks, under the lock, whether to wait, whenever a call has ended, until that is not so.
func (p *Purse) until(ctx context.Context, ask func() (wait bool, err error)) error {
	for {
		p.mu.Lock()
		wait, err := ask()
		ended := p.ended
		p.mu.Unlock()
		if !wait || err != nil {
			return err
		}
		select {
		case <-ended:
		case <-ctx.Done():
			return given(ctx)
		}
	}
}

// given says that a caller has stopped to wait.
func given(ctx context.Context) error {
	return fmt.Errorf("budget: waiting until calls in flight have ended: %w", context.Cause(ctx))
}

// admit admits or refuses a call, or says that it is to wait. The caller holds the lock.
func (p *Purse) admit(c usage.Call, t Terms) (wait bool, err error) {
	room, err := p.room()
	if err != nil {
		return false, err
	}
	if _, ended := p.calls[c.ID]; ended {
		return false, errors.New("budget: the call has ended before there was room for it")
	}
	left, _ := room.Value()
	cost, judged := p.flight.cost(t)
	need, known := p.flight.held().Plus(cost).Value()
	switch {
	case known && need.Cmp(left) <= 0:
	case len(p.flight.out) > 0:
		return true, nil
	case judged:
		most, _ := cost.Value()
		p.over = p.tooDear(left, most)
		return false, p.over
	}
	p.flight.out[c.ID] = reserved{t.Kind, cost}
	return false, nil
}

// longAnswer is how many tokens the answer to a request is taken to have that allows any number: nearly none has more.
const longAnswer = 32_000

// Most is the most that a call can cost whose request has so many bytes and allows so many tokens of output, 0 for any number.
// Every byte is taken for a token of input that no cache has. It is no bound for requests that name files or earlier answers, and
// for what is paid beside tokens; it is unknown where the model has no price.
func Most(p price.Pricing, c usage.Call, bytes, output int64) price.Amount {
	if output == 0 {
		output = longAnswer
	}
	c.Tokens, c.Coverage = usage.None(), usage.Complete
	c.Tokens.Input, c.Tokens.Output = usage.Known(bytes), usage.Known(output)
	return p.Call(c).Cost.Amount
}

// flight is what calls in flight are taken to cost.
type flight struct {
	out  map[string]reserved // by id
	seen map[any]price.Money // the dearest call of each kind that has ended
}

// reserved is a call in flight, and the most that it can cost.
type reserved struct {
	kind any
	most price.Amount
}

// cost is what a call is taken to cost, and whether others of its kind say so.
func (f *flight) cost(t Terms) (a price.Amount, judged bool) {
	if m, ok := f.seen[t.Kind]; ok {
		return price.Known(m), true
	}
	if t.Most == nil {
		return price.Amount{}, false
	}
	return t.Most(), false
}

// held is what the calls in flight are taken to cost: what was found out since they began counts too.
func (f *flight) held() price.Amount {
	sum := price.Known(price.Money{})
	for _, r := range f.out {
		if m, ok := f.seen[r.kind]; ok {
			r.most = price.Known(m)
		}
		sum = sum.Plus(r.most)
	}
	return sum
}

// dearest is the dearest call of any kind.
func (f *flight) dearest() (most price.Money) {
	for _, m := range f.seen {
		if m.Cmp(most) > 0 {
			most = m
		}
	}
	return most
}

// land takes a call out that has ended, and reports whether it was in flight. One that cost nothing, such as a refused one, says
// nothing of others.
func (f *flight) land(id string, cost price.Amount) bool {
	r, ok := f.out[id]
	delete(f.out, id)
	if m, known := cost.Value(); ok && known {
		f.learn(r.kind, m)
	}
	return ok
}

func (f *flight) learn(kind any, cost price.Money) {
	if cost.Cmp(f.seen[kind]) > 0 {
		f.seen[kind] = cost
	}
}
