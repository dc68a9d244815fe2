package signin

import (
	"context"
	"sync"
	"time"
)

// most is of how many sessions access is remembered in one process.
const most = 10_000

// cache remembers what GitHub said, for Fresh and no longer. Its zero value is empty.
type cache struct {
	mu  sync.Mutex
	all map[string]*seen
}

// seen is what GitHub said of one session. Whoever holds turn may ask again; the rest wait for what it says.
type seen struct {
	turn   chan struct{}
	viewer Viewer
	asked  time.Time // before GitHub was asked; zero for never
}

// of returns the place of a session. It makes room by forgetting those whose time is over, or all.
func (c *cache) of(hash string, now time.Time) *seen {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s, ok := c.all[hash]; ok {
		return s
	}
	if len(c.all) >= most {
		for h, s := range c.all {
			select {
			case s.turn <- struct{}{}:
				if now.Sub(s.asked) >= Fresh {
					delete(c.all, h)
				}
				<-s.turn
			default:
			}
		}
	}
	if c.all == nil || len(c.all) >= most {
		c.all = map[string]*seen{}
	}
	s := &seen{turn: make(chan struct{}, 1)}
	c.all[hash] = s
	return s
}

// get returns what is known, or asks, once for all that wait.
func (c *cache) get(ctx context.Context, hash string, now func() time.Time, ask func() (Viewer, error)) (Viewer, error) {
	s := c.of(hash, now())
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return Viewer{}, ErrUnavailable
	}
	defer func() { <-s.turn }()
	begun := now()
	if age := begun.Sub(s.asked); !s.asked.IsZero() && age >= 0 && age < Fresh {
		return s.viewer, nil
	}
	s.viewer, s.asked = Viewer{}, time.Time{}
	v, err := ask()
	if err != nil {
		return Viewer{}, err
	}
	s.viewer, s.asked = v, begun
	return v, nil
}

func (c *cache) put(hash string, v Viewer, asked time.Time) {
	s := c.of(hash, asked)
	s.turn <- struct{}{}
	s.viewer, s.asked = v, asked
	<-s.turn
}

func (c *cache) drop(hash string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.all, hash)
}
