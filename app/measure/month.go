package measure

import (
	"context"
	"fmt"
	"time"

	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/review"
	"github.com/pertask/pertask/review/ground"
	"github.com/pertask/pertask/review/queue"
)

// budget is what a review may spend. Before it has a slot that is what is left of the month's limits; with one, what was set aside
// of that for it, in the database, so that reviews that spend at the same time do not spend the same money. A review for which
// nothing is free waits while others may give back what they have set aside. On an error nothing is spent.
func (m *Measurer) budget(ctx context.Context, j Job, k *keeper, slot bool, own func(context.Context) price.Amount) (price.Amount, error) {
	if granted, there := k.grant(); there {
		return granted, nil
	}
	b, err := m.bounds(ctx, j.tenant())
	if err != nil {
		return nothing, err
	}
	if !slot {
		left, err := m.Reviews.Reserve(ctx, k.current(), b)
		return left.Settled, err
	}
	want := own(ctx)
	for {
		left, err := m.Reviews.Reserve(ctx, k.current(), b)
		if err != nil {
			return nothing, fmt.Errorf("asking what is left of the month: %w", err)
		}
		free, limited := left.Free.Value()
		if limited && free.Cmp(price.Money{}) <= 0 {
			if left.Settled.Equal(nothing) {
				return nothing, nil
			}
			if !every(ctx, m.Every) {
				return nothing, context.Cause(ctx)
			}
			if b, err = m.bounds(ctx, j.tenant()); err != nil {
				return nothing, err
			}
			continue
		}
		b.Want = least(want, left.Free)
		if !b.Want.IsKnown() { // neither a limit nor a budget
			return price.Amount{}, nil
		}
		if left, err = m.Reviews.Reserve(ctx, k.current(), b); err != nil {
			return nothing, fmt.Errorf("setting aside what may be spent: %w", err)
		}
		if left.Taken {
			k.granted(b.Want)
			return b.Want, nil
		}
		b.Want = price.Amount{} // somebody else was faster
	}
}

// bounds are the limits of this month.
func (m *Measurer) bounds(ctx context.Context, t Tenant) (record.Bounds, error) {
	now := m.Now().UTC()
	b := record.Bounds{Since: time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC), Stale: time.Now().Add(-record.Lapse)}
	if m.Limits == nil {
		return b, nil
	}
	l, err := m.Limits(ctx, t)
	if err != nil {
		return b, fmt.Errorf("reading the budgets: %w", err)
	}
	b.Repo, b.Installation = l.Repo, l.Installation
	return b, nil
}

// configured is the budget of the configuration at a commit; unknown where that cannot be read, so that all that is left is set
// aside.
func (m *Measurer) configured(ctx context.Context, t review.Trigger, o review.Options, sha string) price.Amount {
	f, err := queue.Facts(ctx, o.GitHub, t.Repo, sha, o.ConfigPath)
	if err != nil {
		return price.Amount{}
	}
	g := ground.Ground{Options: o}
	if err := g.Configure(f.Config, f.HasConfig); err != nil {
		return price.Amount{}
	}
	return g.Config.Run.Budget
}

// grant is what was set aside for this attempt.
func (k *keeper) grant() (price.Amount, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.aside, k.aside.IsKnown()
}

// granted remembers what was set aside: it counts until the review has ended, and for good where what it cost is not known.
func (k *keeper) granted(a price.Amount) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.aside, k.row.Reserved = a, k.row.Own().Plus(a)
}

// current is the review as it is now.
func (k *keeper) current() record.Review {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.row
}

// settle gives back what was set aside and not spent. A review whose cost is not known keeps it: it counts for the most that it
// can have spent. The caller holds the lock.
func (k *keeper) settle() {
	if k.row.Spent.IsKnown() {
		k.row.Reserved = price.Amount{}
	} else if k.row.Reserved.IsKnown() {
		k.log.Warn("what the review cost is not known; it counts for what it had set aside", "reserved_usd", k.row.Reserved.String())
	}
}

// least is the lesser of two limits, of which unknown is none.
func least(a, b price.Amount) price.Amount {
	x, limited := a.Value()
	y, too := b.Value()
	if !limited || too && y.Cmp(x) < 0 {
		return b
	}
	return a
}
