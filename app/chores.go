package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/pertask/pertask/app/hook"
	"github.com/pertask/pertask/app/queue"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/signin"
	"github.com/pertask/pertask/app/sqldb/sqlledger"
	"github.com/pertask/pertask/app/sqldb/sqlspend"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/app"
)

// The kinds of notes that no webhook makes. Every process makes them, under a name that tells the hour or the day, and one
// process works on each.
const (
	kindCatchUp   = "catch-up"
	kindRetention = "retention"
	kindFollow    = "follow"
)

// chores are what is done every hour and every day.
type chores struct {
	s       *Server
	github  *app.App
	mu      sync.Mutex // catchUp is for one at a time
	catchUp *hook.CatchUp
	// removed is told of installations that are gone.
	removed func(installation int64)
	// follow works out what came of the promises of an installation.
	follow func(ctx context.Context, installation int64) error
}

// noting is how often it is looked whether an hour or a day has begun.
const noting = time.Minute

// keepNoting makes the notes until the context ends.
func (c *chores) keepNoting(ctx context.Context) {
	tick := time.NewTicker(noting)
	defer tick.Stop()
	for {
		now := time.Now().UTC()
		notes := []queue.Note{
			{ID: kindCatchUp + "/" + now.Format("2006-01-02T15"), Key: "app/" + kindCatchUp, Kind: kindCatchUp, At: now},
			{ID: kindRetention + "/" + now.Format("2006-01-02"), Key: "app/" + kindRetention, Kind: kindRetention, At: now},
			{ID: kindFollow + "/" + now.Format("2006-01-02"), Key: "app/" + kindFollow, Kind: kindFollow, At: now},
		}
		fresh, err := c.s.queue.Add(ctx, notes...)
		if fresh > 0 { // no page shows these keys, so nobody else would have one taken up again that was given up
			for _, n := range notes {
				err = errors.Join(err, c.s.queue.Revive(ctx, n.Key))
			}
		}
		if err != nil && ctx.Err() == nil {
			c.s.log.Warn("noting what is done every hour", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// hourly asks GitHub to send again what did not arrive, and holds the list of repositories against GitHub's. What fails is left
// for the next hour: a key with notes that fail for ever would stop these chores for good.
func (c *chores) hourly(ctx context.Context, _ queue.Note) error {
	c.mu.Lock()
	n, err := c.catchUp.Once(ctx)
	c.mu.Unlock()
	if n > 0 {
		c.s.log.Info("webhooks that did not arrive were asked for again", "asked", n)
	}
	if err = errors.Join(err, c.sync(ctx)); err != nil {
		c.s.log.Warn("catching up with GitHub", "error", err)
	}
	return context.Cause(ctx)
}

// sync keeps the repositories of all installations as GitHub has them.
func (c *chores) sync(ctx context.Context) error {
	all, err := c.github.Installations(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, i := range all {
		if !i.Suspended {
			errs = append(errs, c.syncOne(ctx, i.ID))
		}
	}
	return errors.Join(append(errs, c.forget(ctx, all))...)
}

// forget removes the installations that GitHub does not have any more, whose webhook may not have arrived. Where it has none of
// those that are known, these may be credentials of another App, and nothing is removed.
func (c *chores) forget(ctx context.Context, listed []app.Installation) error {
	known, err := c.s.records.Installations(ctx)
	if err != nil {
		return err
	}
	gone := slices.DeleteFunc(slices.Clone(known), func(id int64) bool {
		return slices.ContainsFunc(listed, func(i app.Installation) bool { return i.ID == id })
	})
	if len(gone) == 0 {
		return nil
	}
	if len(gone) == len(known) {
		c.s.log.Warn("GitHub lists none of the installations that are known, so none is removed", "known", len(known), "listed", len(listed))
		return nil
	}
	var errs []error
	for _, id := range gone {
		_, err := c.github.Installation(ctx, id)
		if !errors.Is(err, github.ErrNotFound) { // the list may have been made before it was installed
			errs = append(errs, err)
			continue
		}
		err = c.s.records.RemoveRepos(ctx, id)
		c.removed(id)
		c.s.log.Info("an installation that GitHub does not have any more was removed", "installation", id, "error", err)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (c *chores) syncOne(ctx context.Context, installation int64) error {
	now, err := c.listed(ctx, installation)
	if err != nil {
		return err
	}
	before, err := c.s.records.Installed(ctx, installation)
	if err != nil {
		return err
	}
	here := map[int64]bool{}
	for _, r := range now {
		here[r.ID] = true
	}
	var gone []int64
	for _, r := range before {
		if !here[r.ID] {
			gone = append(gone, r.ID)
		}
	}
	if len(now) > 0 {
		err = c.s.records.SaveRepos(ctx, now...)
	}
	if len(gone) > 0 { // none would be all
		err = errors.Join(err, c.s.records.RemoveRepos(ctx, installation, gone...))
	}
	return err
}

// listed are the repositories of an installation as GitHub has them.
func (c *chores) listed(ctx context.Context, installation int64) ([]record.Repo, error) {
	repos, err := c.github.InstallationRepos(ctx, installation)
	if err != nil {
		return nil, err
	}
	var out []record.Repo
	for _, r := range repos {
		out = append(out, record.Repo{Installation: installation, ID: r.ID, Name: r.Name.String()})
	}
	return out, nil
}

// baseDays is the age of trials of the base that no configuration lets be used again.
const baseDays = 90

// daily forgets what is too old.
func (c *chores) daily(ctx context.Context, _ queue.Note) error {
	s, now := c.s, time.Now()
	before := func(days int) time.Time {
		if days == 0 {
			return time.Time{}
		}
		return now.AddDate(0, 0, -days)
	}
	var errs []error
	reports := 0
	if at := before(s.cfg.KeepReports); !at.IsZero() {
		var err error
		reports, err = s.records.Prune(ctx, at)
		errs = append(errs, err)
	}
	p, err := sqlledger.Prune(ctx, s.db, sqlledger.Retention{Journals: before(s.cfg.KeepJournals), Base: before(baseDays), Tests: before(s.cfg.KeepTests)})
	entries, eerr := sqlspend.Prune(ctx, s.db, before(s.cfg.KeepEntries))
	sessions, serr := s.sessions.Prune(ctx, now, now.Add(-signin.Idle))
	if err = errors.Join(append(errs, err, eerr, serr)...); err != nil {
		s.log.Warn("forgetting what is too old", "error", err)
	}
	s.log.Info("what is too old was forgotten", "reports", reports, "journals", p.Journals, "base_trials", p.Base, "verdicts", p.Tests, "sessions", sessions, "entries", entries)
	return context.Cause(ctx)
}

// following works out what came of merged changes. What fails is left for the next day.
func (c *chores) following(ctx context.Context, _ queue.Note) error {
	all, err := c.s.records.Installations(ctx)
	errs := []error{err}
	for _, id := range all {
		if err := c.follow(ctx, id); err != nil {
			errs = append(errs, fmt.Errorf("installation %d: %w", id, err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		c.s.log.Warn("working out what came of merged changes", "error", err)
	}
	return context.Cause(ctx)
}
