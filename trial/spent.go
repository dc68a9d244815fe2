package trial

import (
	"context"
	"time"
)

// unaffordable rules on a slot that there is no money for. The zero ruling says that it is to be carried out.
func (a *attempt) unaffordable() ruling {
	if a.r.cfg.Spent == nil {
		return ruling{}
	}
	if err := a.r.cfg.Spent(); err != nil {
		a.note("not run: " + err.Error())
		return void(CauseBudget)
	}
	return ruling{}
}

// refusedGrace is what an agent gets to end by itself once its calls are refused for good. Agents that take a refusal for
// an answer have ended by then; others would ask on until their time is up, and what they do cannot count any more.
const refusedGrace = 3 * time.Second

// whileServed returns a context that ends some time after refused tells that calls are refused for good.
func whileServed(ctx context.Context, refused <-chan struct{}) (context.Context, context.CancelFunc) {
	served, stop := context.WithCancel(ctx)
	go func() {
		select {
		case <-served.Done():
			return
		case <-refused:
		}
		select {
		case <-served.Done():
		case <-time.After(refusedGrace):
			stop()
		}
	}()
	return served, stop
}
