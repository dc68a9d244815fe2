// Package merged reads the pull requests of a repository, page by page: those that ended since some time, and the open ones.
//
// It knows GraphQL's lists: their cursors, that they move while they are read, what a query costs and what is left of the
// hourly limit, and that a part of an answer can be missing. It refuses to know what the pull requests are read for. Texts in
// them, such as titles, names of branches and labels, are written by their authors; object ids and numbers are checked.
package merged

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/shurcooL/githubv4"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/wire"
)

// The states of a pull request.
const (
	Open   = "open"
	Closed = "closed" // and not merged
	Merged = "merged"
)

// Pull is a pull request as it was when it was read. Package ledger/attribute has the same fields in the same order, so that
// one converts to the other.
type Pull struct {
	Number         int
	State          string // Open, Closed or Merged
	Title          string // its author's words, one line
	HeadRef        string // branch, such as "fix-date"
	HeadRepository string // "owner/name" of the repository that has the branch; "" when it was deleted or is not visible
	BaseRef        string
	Created        time.Time
	Closed         time.Time // or merged; zero while it is open
	Merged         time.Time // zero when it is not
	Merge          string    // the commit that brought it into the base; "" when there is none
	Head           string    // the last commit of the branch
	Commits        []string  // the first ones of the branch, oldest first
	Total          int       // commits of the branch, also those that are not in Commits
	Rewritten      []string  // what Head was before the branch was pushed with force
	Additions      int       // lines
	Deletions      int       // lines
	Files          int       // changed
	Labels         []string
	Author         string // login; "" unless it was asked for
}

// Options are how a Reader reads. The zero value is usable.
type Options struct {
	// Reserve is how many points of the hourly limit are left to others; 0 is a tenth of the limit, a negative number none.
	Reserve int
	// Budget is how many points one read may cost; 0 is no bound. A read that would cost more ends with ErrBudget, and can
	// be gone on with.
	Budget int
	// Page is how many pull requests are asked for at once, up to 100; 0 is DefaultPage.
	Page int
}

// ErrBudget means that a read has cost what Options.Budget allows.
var ErrBudget = errors.New("the read has cost what it may")

// DefaultPage is the largest page but three whose query costs one point: each pull request has three lists of its own.
// Larger ones run into GitHub's limit of 10 seconds.
const DefaultPage = 45

// minPage is where pages stop to become smaller when GitHub takes too long.
const minPage = 5

// Reader reads pull requests as one identity. It is safe for concurrent use.
type Reader struct {
	gql     *githubv4.Client
	tr      *wire.Transport
	now     func() time.Time
	sleep   func(context.Context, time.Duration) error
	retries int
	maxWait time.Duration
	opt     Options
}

// New returns a reader. It makes no request. The token needs the permission "pull-requests: read", and "contents: read" for
// merge commits and commits.
func New(cfg github.Config, opt Options) (*Reader, error) {
	w, err := cfg.Wire()
	if err != nil {
		return nil, fmt.Errorf("making a reader of pull requests: %w", err)
	}
	tr, err := wire.New(w)
	if err != nil {
		return nil, fmt.Errorf("making a reader of pull requests: %w", err)
	}
	if opt.Page <= 0 {
		opt.Page = DefaultPage
	}
	opt.Page = min(opt.Page, 100)
	return &Reader{
		gql: githubv4.NewEnterpriseClient(w.GraphQL.String(), &http.Client{Transport: tr}), tr: tr, now: w.Now, sleep: w.Sleep,
		retries: w.Retries, maxWait: w.MaxWait, opt: opt,
	}, nil
}

// Query says what is read.
type Query struct {
	Repo github.Repo
	// Since leaves out pull requests that ended before; zero is no bound.
	Since time.Time
	// Unmerged reads those too that were closed without being merged, Open those that are open, however old.
	Unmerged, Open bool
	// Authors asks for the logins of authors.
	Authors bool
	// Commits is how many commits of each are read, up to 100; 0 is 50, a negative number 1.
	Commits int
	// Cursor is where an earlier read with the same Repo, Since, Unmerged and Open stopped; "" begins.
	Cursor string
}

// Page is a part of a read.
type Page struct {
	// Repo is the repository's name as it is now: another one than was asked for when it was renamed or moved.
	Repo string
	// DefaultBranch is "" for a repository without branches.
	DefaultBranch string
	// Pulls are the pull requests, the ones that were changed last first. One that changed while it was read can be in two
	// pages; the later counts.
	Pulls []Pull
	// Skipped is how many GitHub could not show.
	Skipped int
	// Cost is what the page cost of the hourly limit, in points; 0 on a server without one. Queries is how many were made.
	Cost, Queries int
	// Next is the cursor to go on with; "" after the last page.
	Next string
}
