package record

import (
	"context"
	"time"

	"github.com/pertask/pertask/price"
)

// Bounds are what the reviews of a month may cost, as far as a review that is about to spend asks for it.
type Bounds struct {
	Repo, Installation price.Amount // limits of the review's repository and of its installation; unknown is none
	Since              time.Time    // reviews that started before do not count
	// Stale is since when a review must have been written down for what it has set aside to count: one whose process died is
	// not touched any more.
	Stale time.Time
	// Want is what the review wants to set aside; unknown only asks.
	Want price.Amount
}

// Left is what is left of Bounds. Unknown is no limit.
type Left struct {
	Settled price.Amount // without what was spent
	Free    price.Amount // also without what running reviews have set aside
	Taken   bool         // Want was set aside
}

// Booked is what some reviews count for, each.
type Booked struct {
	Repo            int64
	Spent, Reserved price.Amount
	Running         bool // and written down lately
	Count           int64
}

// Settled is what was spent, by each. A review whose cost is not known counts for the most that it can have spent: what it had set aside.
func (b Booked) Settled() price.Amount {
	if b.Spent.IsKnown() {
		return b.Spent
	}
	return b.Reserved
}

// Open is what was spent and may be spent yet, by each.
func (b Booked) Open() price.Amount {
	s, known := b.Settled().Value()
	r, too := b.Reserved.Value()
	if b.Running && known && too && r.Cmp(s) > 0 {
		return b.Reserved
	}
	return b.Settled()
}

// Aside is what is set aside, by each, and not known to be spent. A review whose cost is not known keeps what it had set aside.
func (b Booked) Aside() price.Amount {
	reserved, known := b.Reserved.Value()
	spent, settled := b.Spent.Value()
	switch {
	case !known, settled && (!b.Running || reserved.Cmp(spent) <= 0):
		return price.Known(price.Money{})
	case !settled:
		return b.Reserved
	}
	return price.Known(reserved.Minus(spent))
}

// Lapse is after how long what a review has set aside counts no more when it is not written down again: its process is dead.
const Lapse = time.Hour

// Accounts says what counts in a month's budget. Implementations are safe for concurrent use and pass the tests of package
// recordtest.
type Accounts interface {
	// Booked returns what the reviews of a scope count for that started at a time or after it, as Bounds.Left does: those of a
	// repository that count for the same together, in no order. One that was not written down since stale is not running.
	Booked(ctx context.Context, s Scope, since, stale time.Time) ([]Booked, error)
}

// Left says what is left for a review of a repository. Own is what it has spent itself, by its earlier attempts, if it started
// in the month; others are the installation's other reviews.
func (b Bounds) Left(repo int64, own price.Amount, others []Booked) Left {
	nothing := price.Known(price.Money{})
	repoSettled, repoOpen, allSettled, allOpen := nothing, nothing, nothing, nothing
	for _, o := range others {
		settled, open := times(o.Settled(), o.Count), times(o.Open(), o.Count)
		allSettled, allOpen = allSettled.Plus(settled), allOpen.Plus(open)
		if o.Repo == repo {
			repoSettled, repoOpen = repoSettled.Plus(settled), repoOpen.Plus(open)
		}
	}
	l := Left{
		Settled: least(rest(b.Repo, repoSettled.Plus(own)), rest(b.Installation, allSettled.Plus(own))),
		Free:    least(rest(b.Repo, repoOpen.Plus(own)), rest(b.Installation, allOpen.Plus(own))),
	}
	want, wanted := b.Want.Value()
	free, limited := l.Free.Value()
	l.Taken = wanted && (!limited || want.Cmp(free) <= 0)
	return l
}

// Reservation is what a review has set aside in all: what it had spent before, and what it wants.
func (b Bounds) Reservation(own price.Amount) price.Amount { return own.Plus(b.Want) }

// Own is what a review itself counts for when it is taken up again: what its process had set aside has lapsed.
func (r Review) Own() price.Amount { return Booked{Spent: r.Spent, Reserved: r.Reserved}.Settled() }

// rest is what is left of a limit. When it is not known what was spent, nothing is.
func rest(limit, spent price.Amount) price.Amount {
	l, limited := limit.Value()
	if !limited {
		return price.Amount{}
	}
	s, known := spent.Value()
	if !known || s.Cmp(l) >= 0 {
		return price.Known(price.Money{})
	}
	return price.Known(l.Minus(s))
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

// times is an amount n times.
func times(a price.Amount, n int64) price.Amount {
	m, known := a.Value()
	if !known {
		return a
	}
	return price.Known(m.Times(n))
}
