package hook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/app"
	"github.com/pertask/pertask/github/event"
)

// Deliveries is what CatchUp asks GitHub; an *app.App is one.
type Deliveries interface {
	Failed(ctx context.Context, cursor string) (page []app.Delivery, next string, err error)
	Redeliver(ctx context.Context, id int64) error
}

// CatchUp has GitHub send again what did not arrive: GitHub itself never tries twice. A webhook that is sent again has the same
// id, so one that did arrive after all changes nothing. It is for one goroutine at a time; several processes may each have one.
type CatchUp struct {
	GitHub Deliveries
	Every  time.Duration    // 0 is an hour
	Log    *slog.Logger     // may be nil
	Now    func() time.Time // may be nil
	// Count is told of each webhook that is asked for again; may be nil.
	Count func(event string)
	// Sleep waits, and returns early with the context's error; nil is a timer.
	Sleep func(context.Context, time.Duration) error

	asked map[string]asked // by GUID
	since time.Time        // what failed before is known
}

// asked is how often a webhook was asked for again.
type asked struct {
	attempt int64 // the last that failed
	times   int
	at      time.Time // of that attempt
}

const (
	// window is how long failed deliveries are looked for; GitHub forgets them after days.
	window = 3 * 24 * time.Hour
	// overlap is how far a look goes back behind the one before it, for attempts that were listed late.
	overlap = time.Hour
	// maxAsks is how often one webhook is asked for again, once for each attempt that failed.
	maxAsks = 5
	// maxPages is how many pages of failed deliveries one look reads.
	maxPages = 50
)

// Run looks at once and then every hour, until the context ends. That GitHub cannot be reached is logged, and tried again
// sooner.
func (c *CatchUp) Run(ctx context.Context) {
	every := c.Every
	if every <= 0 {
		every = time.Hour
	}
	for ctx.Err() == nil {
		n, err := c.Once(ctx)
		wait := every
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			wait = every / 6
			c.log().Warn("looking for webhooks that did not arrive", "asked", n, "err", err)
		case n > 0:
			c.log().Info("webhooks that did not arrive were asked for again", "asked", n)
		}
		// A little at random, so that processes which began together do not stay together.
		if c.sleep(ctx, wait+rand.N(wait/10+1)) != nil {
			return
		}
	}
}

// Once looks at the deliveries that failed since the last look, and asks for each webhook among them again, the oldest first. A
// webhook whose redelivery failed as well is asked for again in a later look, five times at most. It returns how many it asked
// for, also with an error; the next look then begins where this one did.
func (c *CatchUp) Once(ctx context.Context) (int, error) {
	began := c.now()
	since := c.since
	if since.IsZero() {
		since = began.Add(-window)
	}
	failed, listErr := c.failed(ctx, since)
	n := 0
	for _, d := range failed {
		err := c.GitHub.Redeliver(ctx, d.ID)
		switch {
		case errors.Is(err, github.ErrNotFound): // GitHub has forgotten it
		case err != nil:
			return n, errors.Join(err, listErr)
		default:
			n++
			if c.Count != nil {
				c.Count(d.Event)
			}
		}
		c.asked[d.GUID] = asked{attempt: d.ID, times: c.asked[d.GUID].times + 1, at: d.At}
	}
	if listErr != nil {
		return n, listErr
	}
	c.since = began.Add(-overlap)
	maps.DeleteFunc(c.asked, func(_ string, a asked) bool { return a.at.Before(began.Add(-window)) })
	return n, nil
}

// failed lists the newest failed attempt of each webhook that is to be asked for, the oldest first, also with an error.
func (c *CatchUp) failed(ctx context.Context, since time.Time) ([]app.Delivery, error) {
	if c.asked == nil {
		c.asked = map[string]asked{}
	}
	var out []app.Delivery
	seen := map[string]bool{}
	var err error
	cursor := ""
	for range maxPages {
		var page []app.Delivery
		if page, cursor, err = c.GitHub.Failed(ctx, cursor); err != nil {
			err = fmt.Errorf("after %d failed deliveries: %w", len(seen), err)
			break
		}
		late := false
		for _, d := range page {
			late = late || d.At.Before(since)
			if d.At.Before(since) || seen[d.GUID] || !wanted(d) {
				continue
			}
			seen[d.GUID] = true
			if a := c.asked[d.GUID]; a.attempt != d.ID && a.times < maxAsks {
				out = append(out, d)
			}
		}
		if late || cursor == "" {
			break
		}
	}
	slices.Reverse(out)
	return out, err
}

// wanted reports whether a delivery could end otherwise if it came again: what we have read and refused would not.
func wanted(d app.Delivery) bool {
	switch d.Status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType:
		return false
	}
	return d.GUID != "" && event.Known(d.Event)
}

func (c *CatchUp) log() *slog.Logger {
	if c.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return c.Log
}

func (c *CatchUp) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

func (c *CatchUp) sleep(ctx context.Context, d time.Duration) error {
	if c.Sleep != nil {
		return c.Sleep(ctx, d)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
