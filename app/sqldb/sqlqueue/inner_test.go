package sqlqueue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/app/queue"
	"github.com/pertask/pertask/app/sqldb"
	"github.com/pertask/pertask/app/sqldb/sqldbtest"
)

// each runs a test on a queue of either database.
func each(t *testing.T, o Options, test func(t *testing.T, db *sqldb.DB, q *Queue)) {
	t.Helper()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		q, err := New(db, o)
		if err != nil {
			t.Fatal(err)
		}
		test(t, db, q)
	})
}

func add(t *testing.T, q *Queue, want int, ids ...string) {
	t.Helper()
	var notes []queue.Note
	for _, id := range ids {
		notes = append(notes, queue.Note{ID: id, Key: "key of " + id, Kind: "x"})
	}
	if got, err := q.Add(context.Background(), notes...); err != nil || got != want {
		t.Errorf("adding %v: %d were new, error %v; want %d", ids, got, err, want)
	}
}

func exec(t *testing.T, db *sqldb.DB, text string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(context.Background(), db.SQL(text), args...); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

func count(t *testing.T, db *sqldb.DB, table string) (n int) {
	t.Helper()
	if err := db.QueryRowContext(context.Background(), "SELECT COUNT(*) FROM "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestDefaultsHoldThePromise(t *testing.T) {
	o := Options{Keep: time.Hour}.withDefaults()
	if o.Lease+o.Sweep > 50*time.Second {
		t.Errorf("a dead worker is noticed after %v and %v, which is not within a minute", o.Lease, o.Sweep)
	}
	if o.Renew*2 >= o.Lease {
		t.Errorf("a lease of %v is renewed every %v: one late renewal loses it", o.Lease, o.Renew)
	}
	if o.Keep < 30*24*time.Hour {
		t.Errorf("ids are kept for %v, want at least 30 days", o.Keep)
	}
	if o.Owner == "" || o.Log == nil {
		t.Errorf("owner %q or log %v is missing", o.Owner, o.Log)
	}
	var got []time.Duration
	for _, attempt := range []int{0, 1, 2, 7, 8, 1000} {
		got = append(got, o.Backoff(attempt))
	}
	s := time.Second
	if d := cmp.Diff(got, []time.Duration{15 * s, 15 * s, 30 * s, 960 * s, 1920 * s, 15360 * s}); d != "" {
		t.Errorf("waits (-got +want):\n%s", d)
	}
}

// TestLostWakeUps has River lose all it knows of, as it does when a process dies between taking a job and doing it.
func TestLostWakeUps(t *testing.T) {
	each(t, Options{Lease: 20 * time.Millisecond, Renew: 5 * time.Millisecond, Sweep: 20 * time.Millisecond}, func(t *testing.T, db *sqldb.DB, q *Queue) {
		add(t, q, 3, "1", "2", "3")
		if got := count(t, db, "river_job"); got != 3 {
			t.Errorf("%d wake-ups for three keys", got)
		}
		exec(t, db, "DELETE FROM river_job")
		ctx, cancel := context.WithCancel(context.Background())
		var mu sync.Mutex
		seen := map[string]bool{}
		err := q.Work(ctx, 2, func(_ context.Context, turn queue.Turn) error {
			mu.Lock()
			defer mu.Unlock()
			if seen[turn.Key] = true; len(seen) == 3 {
				cancel()
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// TestSweepDoesNotRepeatItself sweeps while nobody works.
func TestSweepDoesNotRepeatItself(t *testing.T) {
	each(t, Options{Lease: time.Millisecond}, func(t *testing.T, db *sqldb.DB, q *Queue) {
		ctx := context.Background()
		jobs, err := q.jobs(1, func(context.Context, string) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for i := range 30 {
			ids = append(ids, fmt.Sprint(i))
		}
		add(t, q, 30, ids...)
		sweep := func(want int, what string) {
			t.Helper()
			time.Sleep(5 * time.Millisecond) // longer than a lease, after which a wake-up counts as missed
			if err := q.sweep(ctx, jobs); err != nil {
				t.Fatal(err)
			}
			if got := count(t, db, "river_job"); got != want {
				t.Errorf("%s: %d wake-ups, want %d", what, got, want)
			}
		}
		sweep(30, "all wait in River")
		sweep(30, "all still wait in River")
		exec(t, db, "DELETE FROM river_job WHERE id IN (SELECT id FROM river_job LIMIT 7)")
		sweep(30, "seven were lost")
		exec(t, db, "UPDATE queue_keys SET dead = 1, fresh = 0 WHERE key = $1", "key of 3")
		exec(t, db, "UPDATE queue_keys SET retry = {now} + 60000 WHERE key = $1", "key of 4")
		exec(t, db, "UPDATE queue_keys SET until = {now} + 60000 WHERE key = $1", "key of 5")
		exec(t, db, "DELETE FROM river_job")
		exec(t, db, "UPDATE queue_keys SET woken = 0")
		sweep(27, "all were lost, three keys are not to be given out")
	})
}

func TestClean(t *testing.T) {
	each(t, Options{}, func(t *testing.T, db *sqldb.DB, q *Queue) {
		const day = 24 * 60 * 60 * 1000
		add(t, q, 4, "old", "young", "waiting", "busy")
		for id, days := range map[string]int{"old": 31, "young": 29} {
			exec(t, db, "UPDATE queue_notes SET done = {now} - $2 WHERE id = $1", id, days*day)
			exec(t, db, "UPDATE queue_keys SET open = 0, taken = {now} - $2 WHERE key = $1", "key of "+id, days*day)
		}
		exec(t, db, "UPDATE queue_notes SET added = 0")
		exec(t, db, "UPDATE queue_notes SET done = 1 WHERE id = 'busy'")
		exec(t, db, "UPDATE queue_keys SET open = 0, taken = 1, until = {now} + 60000 WHERE key = 'key of busy'")
		if err := q.clean(context.Background()); err != nil {
			t.Fatal(err)
		}
		add(t, q, 0, "young", "waiting")
		if got := count(t, db, "queue_keys"); got != 3 {
			t.Errorf("%d keys are left, want those of the young, the waiting and the busy one", got)
		}
		add(t, q, 1, "old")
	})
}

// TestAddTogether holds the first transaction until all other callers wait.
func TestAddTogether(t *testing.T) {
	const callers = 50
	each(t, Options{}, func(t *testing.T, db *sqldb.DB, q *Queue) {
		begin := q.begin
		var begun atomic.Int32
		first := make(chan struct{}) // the first transaction is of one caller
		q.begin = func(ctx context.Context) (tx, error) {
			if begun.Add(1) == 1 {
				close(first)
				for waiting := 0; waiting < callers-1; time.Sleep(time.Millisecond) {
					q.adding.Lock()
					waiting = len(q.calls)
					q.adding.Unlock()
				}
			}
			return begin(ctx)
		}
		var wg sync.WaitGroup
		for i := range callers {
			wg.Go(func() { add(t, q, 1, fmt.Sprint(i)) })
			if i == 0 {
				<-first
			}
		}
		wg.Wait()
		if got := begun.Load(); got != 2 {
			t.Errorf("%d transactions for %d callers, want 2", got, callers)
		}
		if got := count(t, db, "queue_notes"); got != callers {
			t.Errorf("%d notes, want %d", got, callers)
		}
	})
}

// TestAddApart has a transaction of many calls fail, which must not be the fault of all of them.
func TestAddApart(t *testing.T) {
	each(t, Options{}, func(t *testing.T, _ *sqldb.DB, q *Queue) {
		broken := errors.New("broken")
		begin := q.begin
		var begun atomic.Int32
		q.begin = func(ctx context.Context) (tx, error) {
			if n := begun.Add(1); n == 1 || n == 3 {
				return nil, broken
			}
			return begin(ctx)
		}
		calls := make([]*call, 4)
		q.adding.Lock()
		for i := range calls {
			id := fmt.Sprint(i)
			calls[i] = &call{ctx: context.Background(), notes: []queue.Note{{ID: id, Key: id, Kind: "x"}}, done: make(chan struct{})}
		}
		q.calls, q.writing = slices.Clone(calls), true
		q.adding.Unlock()
		q.write()
		for i, c := range calls {
			<-c.done
			if i == 1 {
				if !errors.Is(c.err, broken) || c.fresh != 0 {
					t.Errorf("call %d: %d new, error %v; want that of its own transaction", i, c.fresh, c.err)
				}
			} else if c.err != nil || c.fresh != 1 {
				t.Errorf("call %d: %d new, error %v; want 1", i, c.fresh, c.err)
			}
		}
	})
}

// TestManyNotesAtOnce goes beyond what one statement takes.
func TestManyNotesAtOnce(t *testing.T) {
	each(t, Options{}, func(t *testing.T, db *sqldb.DB, q *Queue) {
		ids := make([]string, 2*chunk+1)
		for i := range ids {
			ids[i] = fmt.Sprint(i)
		}
		add(t, q, len(ids), ids...)
		add(t, q, 1, append(ids, "one more")...)
		for table, want := range map[string]int{"queue_notes": len(ids) + 1, "queue_keys": len(ids) + 1, "river_job": len(ids) + 1} {
			if got := count(t, db, table); got != want {
				t.Errorf("%s has %d rows, want %d", table, got, want)
			}
		}
	})
}

func TestClosedDatabase(t *testing.T) {
	sqldbtest.EachURL(t, func(t *testing.T, url string) {
		ctx := context.Background()
		db, err := sqldb.Open(ctx, url)
		if err != nil {
			t.Fatal(err)
		}
		q, err := New(db, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := q.Work(ctx, 0, nil); err == nil {
			t.Error("nobody works, and that is no error")
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := q.Add(ctx, queue.Note{ID: "1", Key: "k", Kind: "x"}); err == nil {
			t.Error("a note was taken by a closed database")
		}
		if _, err := q.Health(ctx); err == nil {
			t.Error("a closed database has a health")
		}
		if err := q.Ping(ctx); err == nil {
			t.Error("a closed database answers")
		}
		if _, err := q.DeadOf(ctx, "k"); err == nil {
			t.Error("a closed database lists dead keys")
		}
		if _, err := q.CountOf(ctx, "k"); err == nil {
			t.Error("a closed database counts")
		}
		if err := q.Revive(ctx, "k"); err == nil {
			t.Error("a closed database revives")
		}
	})
}

func TestFence(t *testing.T) {
	each(t, Options{}, func(t *testing.T, db *sqldb.DB, q *Queue) {
		ctx := context.Background()
		add(t, q, 1, "1")
		l, err := q.take(ctx, "key of 1")
		if err != nil || l == nil {
			t.Fatalf("got lease %v, error %v", l, err)
		}
		turn := queue.Turn{Key: l.key, Epoch: l.epoch}
		fence := func(turn queue.Turn) error {
			tx, err := db.BeginTx(ctx, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = tx.Rollback() }()
			return q.Fence(ctx, tx, turn)
		}
		if err := fence(turn); err != nil {
			t.Errorf("while it has the key: %v", err)
		}
		if again, err := q.take(ctx, "key of 1"); again != nil || err != nil {
			t.Errorf("a key was given to two: lease %v, error %v", again, err)
		}
		exec(t, db, "UPDATE queue_keys SET until = 1")
		if err := fence(turn); err != nil {
			t.Errorf("the lease ran out, but nobody has taken the key: %v", err)
		}
		if again, err := q.take(ctx, "key of 1"); err != nil || again == nil || again.tries != 2 {
			t.Errorf("the key of a dead worker: lease %+v, error %v", again, err)
		}
		for _, turn := range []queue.Turn{turn, {Key: "unheard of", Epoch: 1}} {
			if err := fence(turn); !errors.Is(err, queue.ErrLost) {
				t.Errorf("turn %+v: got error %v, want ErrLost", turn, err)
			}
		}
		if err := l.giveBack(ctx, end{}); !errors.Is(err, queue.ErrLost) {
			t.Errorf("giving back what is another's: got error %v, want ErrLost", err)
		}
	})
}

// TestTakeLeavesAlone wakes a worker for keys that are not to be given out.
func TestTakeLeavesAlone(t *testing.T) {
	each(t, Options{}, func(t *testing.T, db *sqldb.DB, q *Queue) {
		ctx := context.Background()
		add(t, q, 3, "dead", "failed", "early")
		exec(t, db, "UPDATE queue_keys SET dead = 7, fresh = 0, err = 'why' WHERE key = 'key of dead'")
		exec(t, db, "UPDATE queue_keys SET retry = {now} + 60000 WHERE key = 'key of failed'")
		exec(t, db, "UPDATE queue_notes SET due = {now} + 60000 WHERE id = 'early'")
		for _, key := range []string{"key of dead", "key of failed", "key of early", "unheard of"} {
			if l, err := q.take(ctx, key); l != nil || err != nil {
				t.Errorf("%s: got lease %+v, error %v; want neither", key, l, err)
			}
		}
		var open, dead, woken int
		var why string
		const text = "SELECT SUM(open), SUM(dead), SUM(woken), MAX(err) FROM queue_keys"
		if err := db.QueryRowContext(ctx, text).Scan(&open, &dead, &woken, &why); err != nil || open != 3 || dead != 7 || woken != 0 || why != "why" {
			t.Errorf("open %d, dead %d, woken %d, err %q, error %v; want 3, 7, 0 and why", open, dead, woken, why, err)
		}
	})
}

// TestGivenBack marks a note when the turn is over and nobody else has had the key.
func TestGivenBack(t *testing.T) {
	each(t, Options{}, func(t *testing.T, _ *sqldb.DB, q *Queue) {
		ctx := context.Background()
		add(t, q, 1, "1")
		l, err := q.take(ctx, "key of 1")
		if err != nil || l == nil {
			t.Fatalf("got lease %v, error %v", l, err)
		}
		if err := l.giveBack(ctx, end{err: errors.New("stopped"), stopped: true}); err != nil {
			t.Fatal(err)
		}
		if err := l.done(ctx, "1"); !errors.Is(err, queue.ErrLost) {
			t.Errorf("marking after the turn: got error %v, want ErrLost", err)
		}
		if err := l.renew(ctx); !errors.Is(err, queue.ErrLost) {
			t.Errorf("renewing after the turn: got error %v, want ErrLost", err)
		}
		if again, err := q.take(ctx, "key of 1"); err != nil || again == nil || again.tries != 1 {
			t.Errorf("after a stop: got lease %+v, error %v; want the first attempt", again, err)
		}
	})
}

// TestSlowRenewal has a database that does not answer while a turn goes on, and does not even heed the end of a context.
func TestSlowRenewal(t *testing.T) {
	each(t, Options{Lease: 300 * time.Millisecond, Renew: 10 * time.Millisecond}, func(t *testing.T, _ *sqldb.DB, q *Queue) {
		add(t, q, 1, "1")
		begin := q.begin
		var slow atomic.Bool
		hangs, answer := make(chan struct{}, 1), make(chan struct{})
		q.begin = func(ctx context.Context) (tx, error) {
			if slow.Load() {
				select {
				case hangs <- struct{}{}:
				default:
				}
				<-answer
			}
			return begin(ctx)
		}
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		err := q.Work(ctx, 1, func(turned context.Context, turn queue.Turn) error {
			defer cancel()
			defer close(answer)
			slow.Store(true)
			<-hangs
			select {
			case <-turn.Lost:
			case <-time.After(time.Minute):
				t.Error("the lease has run out, and the turn was not told")
			}
			if err := context.Cause(turned); !errors.Is(err, queue.ErrLost) {
				t.Errorf("the end of the context says %v, want ErrLost", err)
			}
			slow.Store(false)
			return context.Cause(turned)
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// TestDoneNotesAreEmpty has notes marked one by one and with the end of a turn.
func TestDoneNotesAreEmpty(t *testing.T) {
	each(t, Options{}, func(t *testing.T, db *sqldb.DB, q *Queue) {
		ctx := context.Background()
		for _, id := range []string{"1", "2", "waits"} {
			if _, err := q.Add(ctx, queue.Note{ID: id, Key: id[:1], Kind: "x", Body: []byte("body")}); err != nil {
				t.Fatal(err)
			}
		}
		for _, key := range []string{"1", "2"} {
			l, err := q.take(ctx, key)
			if err != nil || l == nil {
				t.Fatalf("got lease %v, error %v", l, err)
			}
			if key == "1" {
				err = l.done(ctx, "1")
			}
			if err := errors.Join(err, l.giveBack(ctx, end{})); err != nil {
				t.Fatal(err)
			}
		}
		for what, want := range map[string]int{"done > 0 AND length(body) = 0": 2, "done IS NULL AND length(body) = 4": 1} {
			if got := count(t, db, "queue_notes WHERE "+what); got != want {
				t.Errorf("%s: %d notes, want %d", what, got, want)
			}
		}
	})
}
