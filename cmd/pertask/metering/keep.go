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

	mu       sync.Mutex
	answered map[string]bool
	places   map[string]spend.Place // by the id of a call: what git says of a time may be another thing later
	kept     map[string]int64       // revision by ID
	stop     chan struct{}
	done     sync.WaitGroup
}

// keep begins to keep calls.
func keep(d *desk.Desk, calls func() []usage.Call, place func(time.Time) spend.Place) *keeper {
	k := &keeper{desk: d, session: spend.SessionKey("pertask", rand.Text()), calls: calls, place: place,
		answered: map[string]bool{}, places: map[string]spend.Place{}, kept: map[string]int64{}, stop: make(chan struct{})}
	k.done.Go(func() {
		tick := time.NewTicker(keepEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				_ = k.flush(context.Background(), false) // the last one tells
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
	return errors.Join(k.flush(context.WithoutCancel(ctx), true), k.desk.Close())
}

// record takes a call that has ended. The name of its answer is on the disk before the proxy goes on: the agent writes its own log
// at once, and a scan of it may come at any time.
func (k *keeper) record(c usage.Call) error {
	if k == nil || c.State != usage.Ended {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, there := k.places[c.ID]; !there {
		k.places[c.ID] = k.place(c.Time)
	}
	if c.ResponseID == "" || k.answered[c.ResponseID] {
		return nil
	}
	if err := k.desk.Answered(c.Time, c.ResponseID); err != nil {
		return err
	}
	k.answered[c.ResponseID] = true
	return nil
}

// flush adds what has grown. A call of which not all is known yet may be completed by a later answer, so that it waits for the end.
func (k *keeper) flush(ctx context.Context, last bool) error {
	type where struct{ repository, branch, commit, pull string }
	groups, places := map[where][]usage.Call{}, map[where]spend.Place{}
	k.mu.Lock()
	for _, c := range k.calls() {
		if !last && c.Coverage != usage.Complete {
			continue
		}
		p, there := k.places[c.ID]
		if !there {
			p = k.place(c.Time)
			k.places[c.ID] = p
		}
		w := where{p.Repository, p.Branch, p.Commit, strconv.Itoa(p.Pull)}
		groups[w], places[w] = append(groups[w], c), p
	}
	k.mu.Unlock()
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
