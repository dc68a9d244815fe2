package hook_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/app/hook"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/app"
	"github.com/pertask/pertask/github/githubtest"
)

// list is what GitHub says of deliveries: all that were made, the oldest first.
type list struct {
	all     []app.Delivery
	next    int64
	per     int // of a page
	pages   int // that were read
	asked   []string
	down    error // of the list
	downAt  int   // it fails from this page on
	refuse  error // of a redelivery
	arrives bool  // a redelivery does
	now     time.Time
}

func (l *list) add(guid, event string, status int) {
	l.next++
	l.all = append(l.all, app.Delivery{ID: l.next, GUID: guid, Event: event, At: l.now, Status: status})
}

func (l *list) Failed(_ context.Context, cursor string) ([]app.Delivery, string, error) {
	page := 0
	fmt.Sscan(cursor, &page)
	if l.pages++; l.down != nil && page >= l.downAt {
		return nil, "", l.down
	}
	var failed []app.Delivery
	for _, d := range slices.Backward(l.all) {
		if d.Status/100 != 2 {
			failed = append(failed, d)
		}
	}
	from, to := min(page*l.per, len(failed)), min((page+1)*l.per, len(failed))
	next := ""
	if to < len(failed) {
		next = fmt.Sprint(page + 1)
	}
	return failed[from:to], next, nil
}

func (l *list) Redeliver(_ context.Context, id int64) error {
	if l.refuse != nil {
		return l.refuse
	}
	d := l.all[id-1]
	l.asked = append(l.asked, d.GUID)
	d.Status = 503
	if l.arrives {
		d.Status = 202
	}
	l.add(d.GUID, d.Event, d.Status)
	return nil
}

func newList() (*list, *hook.CatchUp) {
	l := &list{per: 2, arrives: true, now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	return l, &hook.CatchUp{GitHub: l, Now: func() time.Time { return l.now }}
}

// look makes one look and holds what it asked for.
func (l *list) look(t *testing.T, c *hook.CatchUp, want ...string) {
	t.Helper()
	l.asked = nil
	n, err := c.Once(t.Context())
	if err != nil {
		t.Errorf("looking: %v", err)
	}
	if diff := cmp.Diff(strings.Join(l.asked, " "), strings.Join(want, " ")); diff != "" || n != len(want) {
		t.Errorf("asked for %d, got-want:\n%s", n, diff)
	}
}

func TestCatchUp(t *testing.T) {
	l, c := newList()
	var counted []string
	c.Count = func(event string) { counted = append(counted, event) }
	l.add("a", "pull_request", 0)
	l.add("b", "issue_comment", 503)
	l.add("c", "push", 202)
	l.add("d", "star", 503)         // nothing is done about it
	l.add("e", "push", 400)         // it would be refused again
	l.add("f", "push", 413)         // so would this
	l.add("g", "push", 401)         // until the secret is right
	l.add("a", "pull_request", 503) // a person tried it again
	l.look(t, c, "b", "g", "a")
	if got := strings.Join(counted, " "); got != "issue_comment push pull_request" {
		t.Errorf("counted %q", got)
	}
	l.look(t, c)
	l.now = l.now.Add(time.Hour)
	l.add("h", "push", 0)
	l.look(t, c, "h")
	l.now = l.now.Add(24 * time.Hour)
	l.look(t, c)
	l.pages = 0
	l.look(t, c)
	if l.pages != 1 {
		t.Errorf("%d pages were read where nothing is new", l.pages)
	}
}

// TestCatchUpLooksBack finds what failed before this process began, but not for ever.
func TestCatchUpLooksBack(t *testing.T) {
	l, c := newList()
	l.add("old", "push", 0)
	l.now = l.now.Add(2 * 24 * time.Hour)
	l.add("young", "push", 0)
	l.now = l.now.Add(2 * 24 * time.Hour)
	l.look(t, c, "young")
}

// TestCatchUpFailsAgain asks once for each attempt that failed, and gives up in the end.
func TestCatchUpFailsAgain(t *testing.T) {
	l, c := newList()
	l.arrives = false
	l.add("a", "push", 503)
	for range 5 {
		l.look(t, c, "a")
		l.now = l.now.Add(30 * time.Minute)
	}
	l.look(t, c)
	l.now = l.now.Add(time.Hour)
	l.look(t, c)
}

func TestCatchUpWhileGitHubIsDown(t *testing.T) {
	l, c := newList()
	down := errors.New("no route to host")
	for i := range 5 {
		l.add(fmt.Sprint("g", i), "push", 503)
	}
	l.down = down
	if n, err := c.Once(t.Context()); !errors.Is(err, down) || n != 0 {
		t.Errorf("got %d, %v", n, err)
	}
	l.downAt = 1 // the first page is there: two of them are asked for
	l.asked = nil
	if n, err := c.Once(t.Context()); !errors.Is(err, down) || n != 2 || strings.Join(l.asked, " ") != "g3 g4" {
		t.Errorf("got %d, %v, asked for %q", n, err, l.asked)
	}
	l.down, l.refuse = nil, down
	if n, err := c.Once(t.Context()); !errors.Is(err, down) || n != 0 {
		t.Errorf("got %d, %v", n, err)
	}
	l.refuse = nil
	l.now = l.now.Add(5 * time.Hour) // what was not asked for is not forgotten meanwhile
	l.look(t, c, "g0", "g1", "g2")
	l.add("gone", "push", 503)
	l.refuse = fmt.Errorf("asking: %w", github.ErrNotFound)
	l.look(t, c)
	l.refuse = nil
	l.look(t, c)
}

func TestRun(t *testing.T) {
	l, c := newList()
	var log strings.Builder
	c.Log = slog.New(slog.NewTextHandler(&log, nil))
	ctx, cancel := context.WithCancel(t.Context())
	var waits []time.Duration
	c.Sleep = func(ctx context.Context, d time.Duration) error {
		waits = append(waits, d)
		l.now = l.now.Add(d)
		switch len(waits) {
		case 1:
			l.down = errors.New("no route to host")
		case 2:
			l.down = nil
			l.add("a", "push", 0)
		case 3:
			cancel()
		}
		return ctx.Err()
	}
	c.Run(ctx)
	bounds := []time.Duration{time.Hour, 10 * time.Minute, time.Hour}
	if len(waits) != 3 {
		t.Fatalf("waited %v", waits)
	}
	for i, b := range bounds {
		if waits[i] < b || waits[i] > b+b/10 {
			t.Errorf("wait %d is %v, want %v and a tenth at most", i, waits[i], b)
		}
	}
	if strings.Join(l.asked, " ") != "a" || !strings.Contains(log.String(), "no route to host") || !strings.Contains(log.String(), "asked=1") {
		t.Errorf("asked for %q, logged %s", l.asked, log.String())
	}
	c.Run(ctx) // which has ended
	c.Sleep = nil
	ctx, cancel = context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	c.Run(ctx)
}

// TestOutage goes from GitHub to the queue and back: the queue is down, webhooks are refused, and come again once it is up.
func TestOutage(t *testing.T) {
	w := newWorld(t)
	s := githubtest.New(t)
	h := httptest.NewServer(w.handler)
	defer h.Close()
	key := s.RegisterApp(githubtest.App{ID: 77, HookURL: h.URL, WebhookSecret: secret})
	name := s.AddRepo("acme", "agent")
	s.Install(77, 7, "acme")
	base := s.Commit(name, nil, githubtest.Text(map[string]string{"a": "1\n"}))
	head := s.Commit(name, []string{base}, githubtest.Text(map[string]string{"a": "2\n"}))
	pull := s.OpenPull(name, base, head)
	client, err := app.New(github.Config{BaseURL: s.URL, App: &github.AppAuth{ID: 77, PrivateKey: key}})
	if err != nil {
		t.Fatal(err)
	}
	c := &hook.CatchUp{GitHub: client}

	s.Deliver(77, "pull_request", s.PullRequestEvent(name, pull, "opened"))
	w.queue.fail = errors.New("down")
	for range 3 {
		if d := s.Deliver(77, "pull_request", s.PullRequestEvent(name, pull, "synchronize")); d.Status != 503 {
			t.Errorf("got %d", d.Status)
		}
	}
	if n, err := c.Once(t.Context()); err != nil || n != 3 {
		t.Errorf("got %d, %v", n, err)
	}
	s.Deliveries.Wait() // and are refused again
	w.queue.fail = nil
	for _, want := range []int{3, 0} {
		if n, err := c.Once(t.Context()); err != nil || n != want {
			t.Errorf("got %d, %v, want %d", n, err, want)
		}
		s.Deliveries.Wait()
	}
	if got := len(w.queue.all()); got != 4 {
		t.Errorf("%d notes, want 4", got)
	}
}

// TestManyAtATime is for the race detector.
func TestManyAtATime(t *testing.T) {
	w := newWorld(t)
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			rec := httptest.NewRecorder()
			w.handler.ServeHTTP(rec, webhook(t, "pull_request", opened(i%5+1), set("X-GitHub-Delivery", fmt.Sprint("g", i%25))))
			if rec.Code != http.StatusAccepted {
				t.Errorf("got %d", rec.Code)
			}
		})
	}
	all.Wait()
	if got := len(w.queue.all()); got != 25 {
		t.Errorf("%d notes, want 25", got)
	}
}
