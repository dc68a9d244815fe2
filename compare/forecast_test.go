package compare_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/ledger/ledgertest"
	"github.com/pertask/pertask/usage"
)

// TestForecastFromTheStore holds that stored trials which may be used again are what a forecast rests on, and others are not.
func TestForecastFromTheStore(t *testing.T) {
	l := newLab(t, promptSuite)
	l.opts.Looks = []int{2, 3, 5}
	without := l.opts.Forecast()
	store := &ledgertest.Memory{}
	for _, task := range l.opts.Suite.Tasks {
		for i := range 12 {
			tokens := usage.None()
			tokens.Input, tokens.Output = usage.Known(1000), usage.Known(int64(100+i))
			b := ledger.BaseTrial{Task: task.ID, Index: i, Completed: true, Time: l.opts.Now().Add(-time.Hour), Calls: []usage.Call{{ID: fmt.Sprint(i), State: usage.Ended,
				Provider: "openai", RequestedModel: l.opts.Pair.Base.Model(), Coverage: usage.Complete, Tokens: tokens}}}
			if err := store.AddBaseTrials(t.Context(), l.opts.BaseKey(), b); err != nil {
				t.Fatal(err)
			}
		}
	}
	l.opts.Store, l.opts.ReuseBase = store, ledger.DefaultMaxAge
	if f := l.opts.Forecast(); !f.Measured || f.Stored == 0 || f.Trials >= without.Trials {
		t.Errorf("%+v, want it to rest on what is stored", f)
	}
	l.opts.ReuseBase = time.Minute
	if f := l.opts.Forecast(); f.Measured || f.Stored != 0 || f.Trials != without.Trials {
		t.Errorf("with trials that are too old: %+v", f)
	}
	l.opts.Store, l.opts.ReuseBase = &brokenStore{}, ledger.DefaultMaxAge
	if f := l.opts.Forecast(); f.Measured || f.Trials != without.Trials {
		t.Errorf("with a store that cannot be read: %+v", f)
	}
}
