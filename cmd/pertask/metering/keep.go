package metering

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/pertask/pertask/cmd/pertask/desk"
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/usage"
)

// keepEvery is how often what was metered so far goes into the ledger: that much of a session is lost when it is killed.
const keepEvery = 5 * time.Second

// keeper puts what is metered into the ledger of this machine.
type keeper struct {
	desk    *desk.Desk
	session string
	calls   func() []usage.Call            // that have ended, so far
	place   func(at time.Time) spend.Place // where the command was at a time

	answered map[string]bool
	kept     map[string]int64 // revision by ID
	stop     chan struct{}
	done     sync.WaitGroup
	err      error // of the last try
}

// keep begins to keep calls.
func keep(d *desk.Desk, calls func() []usage.Call, place func(time.Time) spend.Place) *keeper {
	k := &keeper{desk: d, session: spend.SessionKey("pertask", rand.Text()), calls: calls, place: place,
		answered: map[string]bool{}, kept: map[string]int64{}, stop: make(chan struct{})}
	k.done.Go(func() {
		tick := time.NewTicker(keepEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				k.err = k.flush(context.Background())
			case <-k.stop:
				return
			}
		}
	})
	return k
}

// end keeps what is left and closes the ledger.
func (k *keeper) end(ctx context.Context) error {
	close(k.stop)
	k.done.Wait()
	return errors.Join(k.flush(context.WithoutCancel(ctx)), k.desk.Close())
}

// flush adds what has grown.
func (k *keeper) flush(ctx context.Context) error {
	var fresh []string
	var at time.Time
	type where struct{ repository, branch, commit, pull string }
	groups, places := map[where][]usage.Call{}, map[where]spend.Place{}
	for _, c := range k.calls() {
		if c.ResponseID != "" && !k.answered[c.ResponseID] {
			fresh, at = append(fresh, c.ResponseID), c.Time
		}
		p := k.place(c.Time)
		w := where{p.Repository, p.Branch, p.Commit, strconv.Itoa(p.Pull)}
		groups[w], places[w] = append(groups[w], c), p
	}
	if err := k.desk.Answered(at, fresh...); err != nil {
		return err
	}
	for _, id := range fresh {
		k.answered[id] = true
	}
	var grown []spend.Entry
	for w, calls := range groups {
		like := spend.Entry{Source: spend.Meter, Provenance: spend.Measured, Session: k.session, Place: places[w]}
		for _, e := range spend.OfCalls(like, calls...) {
			if k.kept[e.ID] != e.Revision {
				grown = append(grown, e)
			}
		}
	}
	slices.SortFunc(grown, func(a, b spend.Entry) int { return cmp.Compare(a.ID, b.ID) })
	if len(grown) == 0 {
		return nil
	}
	if err := k.desk.Add(ctx, grown...); err != nil {
		return err
	}
	for _, e := range grown {
		k.kept[e.ID] = e.Revision
	}
	return nil
}
