package github_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/github/marker"
)

// schedule runs several clients so that one request is handled at a time, in an order that a seed decides.
type schedule struct {
	w       *world
	rng     *rand.Rand
	arrive  chan pending
	done    chan string
	waiting map[string]pending
	live    map[string]context.CancelFunc
	closed  chan struct{}
	// step is called when every client waits or has ended, before each release.
	step func()
}

type pending struct {
	agent   string
	release chan struct{}
}

func newSchedule(w *world, seed uint64) *schedule {
	s := &schedule{
		w: w, rng: rand.New(rand.NewPCG(seed, 1)), arrive: make(chan pending), done: make(chan string),
		waiting: map[string]pending{}, live: map[string]context.CancelFunc{}, closed: make(chan struct{}),
	}
	w.OnRequest(func(r githubtest.Request) {
		p := pending{r.Agent, make(chan struct{})}
		select {
		case s.arrive <- p:
			<-p.release
		case <-s.closed:
		}
	})
	return s
}

// start runs f as a client of its own.
func (s *schedule) start(t *testing.T, f func(context.Context, *github.Client)) {
	name := fmt.Sprintf("client-%d", len(s.live))
	c := newClient(t, s.w.Server, func(cfg *github.Config) { cfg.UserAgent = name })
	ctx, cancel := context.WithCancel(bg())
	s.live[name] = cancel
	go func() {
		f(ctx, c)
		s.done <- name
	}()
}

// run ends when all clients have ended. With kills, a client is cancelled now and then; the request that it
// has under way is handled all the same.
func (s *schedule) run(kills int) {
	defer func() {
		s.w.OnRequest(nil)
		close(s.closed)
	}()
	for len(s.live) > 0 {
		s.gather()
		if len(s.live) == 0 {
			break
		}
		if s.step != nil {
			s.step()
		}
		name := s.pick()
		if kills > 0 && s.rng.IntN(6) == 0 {
			kills--
			s.live[name]()
			s.reap(name)
		}
		p := s.waiting[name]
		delete(s.waiting, name)
		close(p.release)
		if s.live[name] == nil { // wait for what the dead one had under way
			s.settle()
		}
	}
}

// gather waits until each live client has a request under way or has ended.
func (s *schedule) gather() {
	for {
		idle := 0
		for name := range s.live {
			if _, ok := s.waiting[name]; !ok {
				idle++
			}
		}
		if idle == 0 {
			return
		}
		select {
		case p := <-s.arrive:
			s.waiting[p.agent] = p
		case name := <-s.done:
			delete(s.live, name)
		}
	}
}

func (s *schedule) pick() string {
	var names []string
	for name := range s.live {
		names = append(names, name)
	}
	slices.Sort(names)
	return names[s.rng.IntN(len(names))]
}

// reap waits for a cancelled client to end.
func (s *schedule) reap(name string) {
	for s.live[name] != nil {
		select {
		case p := <-s.arrive:
			s.waiting[p.agent] = p
		case n := <-s.done:
			delete(s.live, n)
		}
	}
}

// settle waits until the server has an answer for every request that was let through.
func (s *schedule) settle() {
	for range 1000 {
		open := 0
		for _, r := range s.w.Requests() {
			if !r.Done {
				open++
			}
		}
		if open <= len(s.waiting) {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// seen follows the comments of a pull request.
type seen struct {
	oldest int64
	minute int
}

func (w *world) ours(t *testing.T) []githubtest.Comment {
	t.Helper()
	return slices.DeleteFunc(w.Comments(w.name, w.pull), func(c githubtest.Comment) bool {
		_, ok := marker.Parse(c.Body)
		return !ok || c.Author != "github-actions[bot]"
	})
}

func (s *seen) look(t *testing.T, w *world) {
	for _, c := range w.ours(t) {
		if s.oldest == 0 || c.ID < s.oldest {
			s.oldest = c.ID
		}
		m, _ := marker.Parse(c.Body)
		s.minute = max(s.minute, int(m.Time.Sub(noon)/time.Minute))
	}
}

// check wants the one comment that is left to be the oldest there ever was.
func (s *seen) check(t *testing.T, w *world) {
	t.Helper()
	ours := w.ours(t)
	if len(ours) != 1 {
		t.Fatalf("%d comments of ours are left, want 1: %v", len(ours), w.texts())
	}
	if ours[0].ID != s.oldest {
		t.Errorf("comment %d is left, want the oldest, %d", ours[0].ID, s.oldest)
	}
}

// TestUpsertConvergesUnderAnyOrder runs two or three processes at once from nothing, in 100 random orders of
// their requests. One comment is left, the oldest. Of two it has the latest result; of three, an edit that
// was decided on before the latest came can be the last one, which the next process puts right.
func TestUpsertConvergesUnderAnyOrder(t *testing.T) {
	for seed := range uint64(100) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := newWorld(t, githubtest.Options{})
			w.AddComment(w.name, w.pull, "mallory", comment(t, 99, "forged"))
			s, all := newSchedule(w, seed), &seen{}
			s.step = func() { all.look(t, w) }
			n := 2 + int(seed%2)
			for i := range n {
				s.start(t, func(ctx context.Context, c *github.Client) {
					if _, err := c.Upsert(ctx, acme, w.pull, comment(t, i, fmt.Sprint("result ", i)), nil); err != nil {
						t.Errorf("client %d: %v", i, err)
					}
				})
			}
			s.run(0)
			all.look(t, w)
			all.check(t, w)
			if n > 2 {
				w.upsert(t, comment(t, n-1, fmt.Sprint("result ", n-1)), nil)
				all.check(t, w)
			}
			if got, want := w.texts(), []string{"forged", fmt.Sprint("result ", n-1)}; !slices.Equal(got, want) {
				t.Errorf("got %q, want the latest result, %q", got, want)
			}
		})
	}
}

// TestUpsertHealsAfterFaultsAndKills adds answers that get lost and processes that are cancelled. The next
// process leaves one comment, the oldest, with its result.
func TestUpsertHealsAfterFaultsAndKills(t *testing.T) {
	for seed := range uint64(100) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			w := newWorld(t, githubtest.Options{})
			s, all := newSchedule(w, seed), &seen{}
			s.step = func() { all.look(t, w) }
			for range 3 {
				method := []string{"POST", "PATCH", "DELETE"}[s.rng.IntN(3)]
				status := []int{502, 0, 500}[s.rng.IntN(3)]
				w.Fail(githubtest.Match(method, "/comments"), status, 1, s.rng.IntN(2) == 0)
			}
			for i := range 3 {
				s.start(t, func(ctx context.Context, c *github.Client) {
					_, err := c.Upsert(ctx, acme, w.pull, comment(t, i, fmt.Sprint("result ", i)), nil)
					if err != nil && ctx.Err() == nil {
						t.Errorf("client %d: %v", i, err)
					}
				})
			}
			s.run(2)
			all.look(t, w)

			known, err := w.c.Comments(bg(), acme, w.pull)
			if err != nil {
				t.Fatal(err)
			}
			res := w.upsert(t, comment(t, 10, "next"), known)
			all.look(t, w)
			all.check(t, w)
			if got := w.texts(); !slices.Equal(got, []string{"next"}) {
				t.Errorf("got %q, want the next result; %+v", got, res)
			}
		})
	}
}

// TestTwoUpdatesOfOneComment: the comment is there; both processes edit it. There is one afterwards, and a
// result is never lost to an earlier one that was seen.
func TestTwoUpdatesOfOneComment(t *testing.T) {
	for seed := range uint64(30) {
		w := newWorld(t, githubtest.Options{})
		w.upsert(t, comment(t, 0, "start"), nil)
		known, err := w.c.Comments(bg(), acme, w.pull)
		if err != nil {
			t.Fatal(err)
		}
		s := newSchedule(w, seed)
		for i := range 2 {
			s.start(t, func(ctx context.Context, c *github.Client) {
				if _, err := c.Upsert(ctx, acme, w.pull, comment(t, i+1, fmt.Sprint("result ", i)), known); err != nil {
					t.Error(err)
				}
			})
		}
		s.run(0)
		if got := w.texts(); len(got) != 1 || got[0] == "start" {
			t.Errorf("seed %d: got %q, want one result", seed, got)
		}
		w.upsert(t, comment(t, 9, "next"), known)
		if got := w.texts(); !slices.Equal(got, []string{"next"}) {
			t.Errorf("seed %d: got %q, want the next result", seed, got)
		}
	}
}

// TestOneClientFromManyGoroutines is for the race detector.
func TestOneClientFromManyGoroutines(t *testing.T) {
	w := newWorld(t, githubtest.Options{})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if _, err := w.c.Facts(bg(), acme, w.pull, w.base, w.head, configPath); err != nil {
				t.Error(err)
			}
			if _, err := w.c.Blobs(bg(), acme, w.head, []string{"agents.yaml"}); err != nil {
				t.Error(err)
			}
			if _, err := w.c.CreateCheck(bg(), acme, github.CheckRun{Name: fmt.Sprint("c", i), HeadSHA: w.head}); err != nil {
				t.Error(err)
			}
			if _, err := w.c.Upsert(bg(), acme, w.pull, comment(t, i, "x"), nil); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := len(w.Checks(w.name, w.head)); got != 8 {
		t.Errorf("%d check runs, want 8", got)
	}
}
