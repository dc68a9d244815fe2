package pulls_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pertask/pertask/app/pulls"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/ledger/attribute"
)

// hub answers for repositories after a while.
type hub struct {
	mu    sync.Mutex
	takes time.Duration
	fails error
	many  int
	reads []string // names
	now   int      // reads going on
	most  int
	wild  bool
}

func (h *hub) read(ctx context.Context, r record.Repo, since time.Time) (attribute.Repository, bool, error) {
	h.mu.Lock()
	h.reads = append(h.reads, r.Name)
	h.now++
	h.most = max(h.most, h.now)
	takes, fails, many, wild := h.takes, h.fails, h.many, h.wild
	h.mu.Unlock()
	defer func() { h.mu.Lock(); h.now--; h.mu.Unlock() }()
	if wild {
		panic("wild")
	}
	select {
	case <-time.After(takes):
	case <-ctx.Done():
		return attribute.Repository{}, false, ctx.Err()
	}
	return attribute.Repository{Name: "github.com/" + r.Name, Pulls: make([]attribute.Pull, many)}, true, fails
}

func repo(id int64) record.Repo { return record.Repo{Installation: 7, ID: id, Name: "acme/shop"} }

func world(t *testing.T, h *hub) *pulls.Cache {
	return pulls.New(t.Context(), h.read, time.Now, slog.New(slog.DiscardHandler))
}

// get asks with patience, and says how long that took.
func get(t *testing.T, c *pulls.Cache, patience time.Duration, since time.Time, repos ...record.Repo) ([]pulls.Answer, time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	began := time.Now()
	out := c.Get(ctx, since, repos...)
	return out, time.Since(began)
}

// TestPatience: nobody waits longer than they want to, and what was being read is there afterwards, read once.
func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hub{takes: 20 * time.Second}
		c := world(t, h)
		a, took := get(t, c, 3*time.Second, time.Time{}, repo(1))
		if a[0].Known || a[0].Repo != repo(1) || took != 3*time.Second {
			t.Errorf("at first %+v after %s", a[0], took)
		}
		if a, took = get(t, c, time.Minute, time.Time{}, repo(1)); !a[0].Known || !a[0].Whole || took != 17*time.Second {
			t.Errorf("then %+v after %s", a[0], took)
		}
		if a, took = get(t, c, 0, time.Time{}, repo(1)); !a[0].Known || took != 0 || len(h.reads) != 1 {
			t.Errorf("again %+v after %s, read %q", a[0], took, h.reads)
		}
	})
}

// TestAge: what is older than Fresh is read again while the old is shown, and what is older than Stale is shown no more.
func TestAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hub{takes: time.Second}
		c := world(t, h)
		get(t, c, time.Minute, time.Time{}, repo(1))
		first := time.Now()
		time.Sleep(pulls.Fresh)
		if a, took := get(t, c, time.Minute, time.Time{}, repo(1)); took != 0 || !a[0].Read.Equal(first) {
			t.Errorf("%s after %s", a[0].Read, took)
		}
		time.Sleep(2 * time.Second)
		if a, _ := get(t, c, time.Minute, time.Time{}, repo(1)); !a[0].Read.After(first) || len(h.reads) != 2 {
			t.Errorf("still of %s, %d reads", a[0].Read, len(h.reads))
		}
		h.takes = time.Hour
		time.Sleep(pulls.Stale)
		if a, took := get(t, c, time.Second, time.Time{}, repo(1)); a[0].Known || took != time.Second {
			t.Errorf("what is too old: %+v after %s", a[0], took)
		}
	})
}

// TestOther: a repository that was renamed, an earlier time and another installation are read by themselves.
func TestOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hub{}
		c := world(t, h)
		day := time.Now()
		get(t, c, time.Minute, day, repo(1))
		for i, ask := range []struct {
			r     record.Repo
			since time.Time
			reads int
		}{{repo(1), day.Add(time.Hour), 1}, {repo(1), day.Add(-time.Hour), 2}, {record.Repo{Installation: 7, ID: 1, Name: "acme/store"}, day, 3},
			{record.Repo{Installation: 8, ID: 1, Name: "acme/store"}, day, 4}} {
			a, _ := get(t, c, time.Minute, ask.since, ask.r)
			if !a[0].Known || a[0].Repository.Name != "github.com/"+ask.r.Name || len(h.reads) != ask.reads {
				t.Errorf("%d: %+v after %d reads", i, a[0], len(h.reads))
			}
		}
	})
}

// TestFailing: what does not work is said, and not tried by everybody who looks.
func TestFailing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hub{fails: errors.New("502")}
		c := world(t, h)
		for range 5 {
			if a, _ := get(t, c, time.Minute, time.Time{}, repo(1)); a[0].Known || !errors.Is(a[0].Err, h.fails) {
				t.Errorf("%+v", a[0])
			}
		}
		if len(h.reads) != 1 {
			t.Errorf("%d reads", len(h.reads))
		}
		h.fails = nil
		time.Sleep(pulls.Retry)
		if a, _ := get(t, c, time.Minute, time.Time{}, repo(1)); !a[0].Known || a[0].Err != nil {
			t.Errorf("later %+v", a[0])
		}
		h.wild = true
		if a, _ := get(t, c, time.Minute, time.Time{}, repo(2)); a[0].Known || a[0].Err == nil {
			t.Errorf("a read that panics: %+v", a[0])
		}
	})
}

// TestBounds: few reads are going on at once, fewer of one installation, and what is kept is bounded.
func TestBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hub{takes: time.Second, many: pulls.Most / 4}
		c := world(t, h)
		var all []record.Repo
		for id := range int64(6) {
			all = append(all, repo(id+1))
		}
		answers, took := get(t, c, time.Minute, time.Time{}, all...)
		if h.most != 2 || took != 3*time.Second {
			t.Errorf("%d at once, in %s", h.most, took)
		}
		known := 0
		for _, a := range answers {
			if a.Known {
				known++
			}
		}
		if known != 3 {
			t.Errorf("%d of 6 are kept; the bound is below 4", known)
		}
	})
}
