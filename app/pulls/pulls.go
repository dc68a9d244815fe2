// Package pulls has the pull requests of repositories at hand, for whoever looks at what they cost.
//
// It knows how old what it has may be, how much of it is kept in memory, and how long somebody waits for it. It refuses to know how
// pull requests are read, who may see them, and what they are needed for.
package pulls

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/pertask/pertask/app/page/guard"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/ledger/attribute"
)

// The limits of what is kept and read.
const (
	Fresh = 10 * time.Minute // how old pull requests may be before they are read again
	Stale = time.Hour        // and how old they may be at most while that is going on, or does not work
	Retry = time.Minute      // after a read that failed
	Most  = 20_000           // pull requests in memory, of all repositories together; what was asked for the longest ago goes first
)

const (
	readTime     = 2 * time.Minute
	reads, share = 6, 2 // at once in a process, and of them of one installation
	line         = 100  // reads of one installation that wait
)

// Read reads the pull requests of a repository: those that ended since a time, and the open ones. whole is false where there are
// more than it reads, and the older ones are missing.
type Read func(ctx context.Context, r record.Repo, since time.Time) (found attribute.Repository, whole bool, err error)

// Answer is what is known of the pull requests of a repository.
type Answer struct {
	Repo record.Repo
	// Repository has them; it is empty unless Known.
	Repository attribute.Repository
	Known      bool
	Whole      bool
	Read       time.Time
	Err        error // of the last read, where it failed
}

// Cache keeps pull requests. It is safe for concurrent use.
type Cache struct {
	ctx   context.Context
	read  Read
	now   func() time.Time
	log   *slog.Logger
	turns guard.Turns

	mu    sync.Mutex
	clock int64 // counts uses
	kept  map[key]*slot
}

// key is a repository by GitHub's ids: a name can become another one's.
type key struct{ installation, repo int64 }

// slot is what there is of a repository.
type slot struct {
	answer Answer
	name   string // that it was read under
	since  time.Time
	failed time.Time     // when a read failed; zero after one that did not
	used   int64         // of the clock
	doing  chan struct{} // closed when the read that is going on has ended; nil without one
}

// New returns a cache. Reads that are going on end with the context.
func New(ctx context.Context, read Read, now func() time.Time, log *slog.Logger) *Cache {
	return &Cache{ctx: ctx, read: read, now: now, log: log, kept: map[key]*slot{}, turns: guard.Turns{All: reads, Each: share, Line: line, Wait: readTime}}
}

// Get returns what is known of repositories, in their order, with the pull requests that ended since a time. What is not there, or
// too old, is read; Get waits for that until its context ends, and then returns what there is. Reads go on without it.
func (c *Cache) Get(ctx context.Context, since time.Time, repos ...record.Repo) []Answer {
	waits := make([]<-chan struct{}, len(repos))
	for i, r := range repos {
		waits[i] = c.want(r, since)
	}
	for _, done := range waits {
		if done == nil {
			continue
		}
		select {
		case <-done:
		case <-ctx.Done():
		}
	}
	out := make([]Answer, len(repos))
	for i, r := range repos {
		out[i] = c.answer(r, since)
	}
	return out
}

// want begins to read a repository if that is needed, and returns what is closed when it was; nil where nobody needs to wait.
func (c *Cache) want(r record.Repo, since time.Time) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, now := key{r.Installation, r.ID}, c.now()
	s := c.kept[k]
	if s == nil {
		s = &slot{}
		c.kept[k] = s
	}
	c.clock++
	s.used = c.clock
	fits := s.fits(r, since)
	switch {
	case s.doing != nil:
	case fits && now.Sub(s.answer.Read) < Fresh, !s.failed.IsZero() && now.Sub(s.failed) < Retry:
		return nil
	default:
		s.doing = make(chan struct{})
		go c.fill(k, s, r, since)
	}
	if fits && now.Sub(s.answer.Read) < Stale {
		return nil
	}
	return s.doing
}

// fits reports whether a slot has what is asked for, of whatever age.
func (s *slot) fits(r record.Repo, since time.Time) bool {
	return s.answer.Known && s.name == r.Name && !s.since.After(since)
}

func (c *Cache) answer(r record.Repo, since time.Time) Answer {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.kept[key{r.Installation, r.ID}]
	if s == nil {
		return Answer{Repo: r}
	}
	if s.fits(r, since) && c.now().Sub(s.answer.Read) < Stale {
		a := s.answer
		a.Repo = r
		return a
	}
	return Answer{Repo: r, Err: s.answer.Err}
}

// fill reads a repository into its slot.
func (c *Cache) fill(k key, s *slot, r record.Repo, since time.Time) {
	found, whole, err := c.once(r, since)
	c.mu.Lock()
	defer c.mu.Unlock()
	close(s.doing)
	s.doing = nil
	if err != nil {
		s.answer.Err, s.failed = err, c.now()
		c.log.Warn("reading pull requests for the dashboard", "installation", r.Installation, "repository", r.Name, "error", err)
	} else {
		s.answer = Answer{Repository: found, Known: true, Whole: whole, Read: c.now()}
		s.name, s.since, s.failed = r.Name, since, time.Time{}
	}
	c.trim(k)
}

var errPanic = errors.New("the read has ended by itself")

func (c *Cache) once(r record.Repo, since time.Time) (found attribute.Repository, whole bool, err error) {
	err = errPanic
	defer func() { // what GitHub sends is not to end the process
		if x := recover(); x != nil {
			c.log.Error("reading pull requests for the dashboard", "repository", r.Name, "panic", x)
		}
	}()
	ctx, cancel := context.WithTimeout(c.ctx, readTime)
	defer cancel()
	release, err := c.turns.Take(ctx, r.Installation)
	if err != nil {
		return found, false, err
	}
	defer release()
	err = errPanic
	found, whole, err = c.read(ctx, r, since)
	return found, whole, err
}

// trim forgets what was used the longest ago until the rest is not too much. What was just read stays.
func (c *Cache) trim(but key) {
	all := 0
	for _, s := range c.kept {
		all += s.weight()
	}
	for all > Most {
		var oldest key
		found := false
		for k, s := range c.kept {
			if k != but && s.doing == nil && (!found || s.used < c.kept[oldest].used) {
				oldest, found = k, true
			}
		}
		if !found {
			return
		}
		all -= c.kept[oldest].weight()
		delete(c.kept, oldest)
	}
}

// weight counts a slot besides its pull requests.
func (s *slot) weight() int { return 1 + len(s.answer.Repository.Pulls) }
