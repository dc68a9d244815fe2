package merged

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/shurcooL/githubv4"

	"github.com/pertask/pertask/github/wire"
)

// The lists of a read, in their order. The open ones come first, so that one that is merged in between is in the next. The
// last list is of those that changed since the read began: a change moves a pull request to the front of a list that may be
// half read.
const (
	listOpen = iota
	listEnded
	listChanged
	listDone
)

// skew is how far clocks may differ.
const skew = 5 * time.Minute

// Pages reads page by page, in memory of one page. When a page fails, its error comes with a Page that has nothing but the
// cursor to go on from, and the read ends: at a rate limit that does not end soon enough, errors.Is finds
// github.ErrRateLimited.
func (r *Reader) Pages(ctx context.Context, q Query) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		q.defaults()
		at, err := r.begin(q)
		if err != nil {
			yield(Page{Next: q.Cursor}, r.wrap(q, err))
			return
		}
		s := session{Reader: r, q: q, size: r.opt.Page}
		for at.List != listDone {
			page, next, err := s.page(ctx, at)
			if err != nil {
				yield(Page{Next: at.text()}, r.wrap(q, err))
				return
			}
			if at = next; at.List != listDone {
				page.Next = at.text()
			}
			if !yield(page, nil) {
				return
			}
		}
	}
}

func (r *Reader) wrap(q Query, err error) error {
	return r.tr.Wrap(err, "pull-requests: read", "reading the pull requests of %s", q.Repo)
}

func (q *Query) defaults() {
	if q.Commits == 0 {
		q.Commits = 50
	}
	q.Commits = min(max(q.Commits, 1), 100)
	q.Since = q.Since.UTC()
}

// session is one call of Pages.
type session struct {
	*Reader
	q    Query
	size int        // of pages, smaller after GitHub took too long
	fast int        // pages since then
	rate *rateLimit // after the last query
	cost int        // of all so far
}

// states returns what a list is of.
func (q Query) states(list int) []githubv4.PullRequestState {
	ended := []githubv4.PullRequestState{githubv4.PullRequestStateMerged}
	if q.Unmerged {
		ended = append(ended, githubv4.PullRequestStateClosed)
	}
	switch {
	case list == listOpen:
		return []githubv4.PullRequestState{githubv4.PullRequestStateOpen}
	case list == listChanged && q.Open:
		return append(ended, githubv4.PullRequestStateOpen)
	}
	return ended
}

// page reads one page and says where the next one is.
func (s *session) page(ctx context.Context, at cursor) (Page, cursor, error) {
	if err := s.afford(ctx); err != nil {
		return Page{}, at, err
	}
	got, queries, err := s.insist(ctx, at)
	if err != nil {
		return Page{}, at, err
	}
	if got.more && (got.end == "" || got.end == at.After) {
		return Page{}, at, fmt.Errorf("the cursor %q does not move", wire.Clip(got.end, 80))
	}
	out := Page{Repo: got.repo, DefaultBranch: got.branch, Queries: queries}
	if s.rate = got.rate; s.rate != nil {
		out.Cost = s.rate.Cost
		s.cost += s.rate.Cost
	}
	bound, over := s.bound(at), false
	for _, n := range got.nodes {
		if over = n.UpdatedAt.Before(bound); over {
			break
		}
		p, ok := n.pull()
		switch {
		case !ok:
			out.Skipped++
		case p.State == Open || !p.Closed.Before(s.q.Since):
			out.Pulls = append(out.Pulls, p)
		}
	}
	if out.Skipped += got.broken; at.List == listChanged {
		out.Skipped = 0 // they were counted in the other lists, and do not say which they are
	}
	return out, s.after(at, got, over), nil
}

// bound is the time such that what was not changed since then ends a list. Nothing ends later than it was last changed.
func (s *session) bound(at cursor) time.Time {
	switch at.List {
	case listEnded:
		return s.q.Since
	case listChanged:
		return at.Began.Add(-skew)
	}
	return time.Time{}
}

// after returns the place behind a page. A read of one page needs no list of what changed meanwhile.
func (s *session) after(at cursor, got listed, over bool) cursor {
	at.Pages++
	if got.more && !over {
		at.After = got.end
		return at
	}
	at.List, at.After = at.List+1, ""
	if at.List == listChanged && at.Pages == 1 {
		at.List = listDone
	}
	return at
}

// insist makes a query until it is answered: with a smaller page when GitHub took too long, after a wait at a rate limit, and
// after a pause when the connection broke.
func (s *session) insist(ctx context.Context, at cursor) (listed, int, error) {
	for attempt, queries := 0, 1; ; queries++ {
		got, err := s.list(ctx, s.q, s.q.states(at.List), at.After, s.size)
		if err == nil || ctx.Err() != nil {
			s.larger()
			return got, queries, err
		}
		var e *wire.Error
		switch answered := errors.As(err, &e); {
		case answered && e.Status >= 500 && s.size > minPage, answered && tooMuch(e) && s.size > minPage:
			s.size, s.fast = max(s.size/2, minPage), 0
			continue
		case attempt >= s.retries:
			return listed{}, queries, err
		case answered && !e.Until.IsZero():
			err = s.tr.Wait(ctx, err)
		case wire.Unclear(err) || answered && tooMuch(e):
			err = s.sleep(ctx, wire.Backoff(attempt))
		}
		if err != nil {
			return listed{}, queries, err
		}
		attempt++
	}
}

// larger lets pages grow again after some that GitHub was fast with: it may have been one pull request that it was slow with.
func (s *session) larger() {
	if s.fast++; s.fast >= 4 && s.size < s.opt.Page {
		s.size, s.fast = min(2*s.size, s.opt.Page), 0
	}
}

// tooMuch reports whether GitHub says that a query was too large for it.
func tooMuch(e *wire.Error) bool {
	return slices.ContainsFunc([]string{"Something went wrong while executing your query", "timedout", "timeout", "Resource limits for this query exceeded", "exceeds the node limit"}, func(s string) bool {
		return contains(e.Message, s)
	})
}

// Result is a whole read.
type Result struct {
	Repo          string // see Page
	DefaultBranch string
	Pulls         []Pull // each once, by number
	Skipped       int
	Cost, Queries int
	// Next is the cursor to go on with after an error; "" when the read is whole.
	Next string
}

// MaxPulls is how many pull requests All keeps.
const MaxPulls = 50_000

// All reads everything. With an error it returns what it has, and where to go on.
func (r *Reader) All(ctx context.Context, q Query) (Result, error) {
	out, by := Result{}, map[int]Pull{}
	var failed error
	for page, err := range r.Pages(ctx, q) {
		out.Next = page.Next
		if err != nil {
			failed = err
			break
		}
		out.Repo, out.DefaultBranch = page.Repo, page.DefaultBranch
		out.Skipped, out.Cost, out.Queries = out.Skipped+page.Skipped, out.Cost+page.Cost, out.Queries+page.Queries
		for _, p := range page.Pulls {
			by[p.Number] = p
		}
		if len(by) > MaxPulls {
			failed = r.wrap(q, fmt.Errorf("there are more than %d; ask for those since a later time", MaxPulls))
			break
		}
	}
	for _, p := range by {
		out.Pulls = append(out.Pulls, p)
	}
	slices.SortFunc(out.Pulls, func(p, q Pull) int { return p.Number - q.Number })
	return out, failed
}
