package app

import (
	"context"
	"iter"
	"net/url"
	"strings"
	"time"

	"github.com/pertask/pertask/app/pulls"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/sqldb"
	"github.com/pertask/pertask/app/sqldb/sqlprediction"
	"github.com/pertask/pertask/app/sqldb/sqlspend"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/merged"
	"github.com/pertask/pertask/ledger/attribute"
	"github.com/pertask/pertask/ledger/prediction"
	"github.com/pertask/pertask/ledger/spend"
)

// agents is what coding agents consumed and what was promised about it, as the dashboard reads it.
type agents struct {
	db    *sqldb.DB
	cache *pulls.Cache
}

// Entries implements reckon.Ledger.
func (a agents) Entries(ctx context.Context, installation int64, q spend.Query) iter.Seq2[spend.Entry, error] {
	return sqlspend.New(a.db, installation).Entries(ctx, q)
}

// Extent implements reckon.Ledger.
func (a agents) Extent(ctx context.Context, installation int64, since time.Time) (time.Time, []string, error) {
	return sqlspend.New(a.db, installation).Extent(ctx, since)
}

// Pulls implements reckon.Ledger.
func (a agents) Pulls(ctx context.Context, since time.Time, repos ...record.Repo) []pulls.Answer {
	return a.cache.Get(ctx, since, repos...)
}

// Predictions implements page.Predictions.
func (a agents) Predictions(ctx context.Context, installation int64) iter.Seq2[prediction.Record, error] {
	return sqlprediction.New(a.db, installation).Records(ctx, "")
}

const (
	// maxPulls is how many pull requests of a repository are read, and maxCommits how many commits of each.
	maxPulls, maxCommits = 5000, 30
)

// agents is what the dashboard reads; pull requests are read as the installation that they are of, until the context ends.
func (s *Server) agents(ctx context.Context, auth github.AppAuth) (agents, error) {
	web, err := url.Parse(s.cfg.Web)
	if err != nil {
		return agents{}, err
	}
	read := func(ctx context.Context, r record.Repo, since time.Time) (attribute.Repository, bool, error) {
		of := auth
		of.Installation = r.Installation
		reader, err := merged.New(github.Config{BaseURL: s.cfg.API, GraphQLURL: s.cfg.GraphQL, App: &of, Transport: s.hub}, merged.Options{})
		if err != nil {
			return attribute.Repository{}, false, err
		}
		owner, name, _ := strings.Cut(r.Name, "/")
		return readPulls(ctx, reader, web.Hostname(), merged.Query{Repo: github.Repo{Owner: owner, Name: name}, Since: since, Unmerged: true, Open: true, Commits: maxCommits})
	}
	return agents{s.db, pulls.New(ctx, read, time.Now, s.log)}, nil
}

// readPulls reads pull requests, those that were changed last first, of which only so many. The repository keeps the name that it was
// asked for by: another one that leads to it may be somebody else's by now.
func readPulls(ctx context.Context, reader *merged.Reader, host string, q merged.Query) (attribute.Repository, bool, error) {
	at := map[int]int{} // one that changed while it was read is in two pages, and the later counts
	out := attribute.Repository{Name: strings.ToLower(host + "/" + q.Repo.String())}
	for p, err := range reader.Pages(ctx, q) {
		if err != nil {
			return attribute.Repository{}, false, err
		}
		out.DefaultBranch = p.DefaultBranch
		for _, x := range p.Pulls {
			i, there := at[x.Number]
			if !there {
				i = len(out.Pulls)
				at[x.Number], out.Pulls = i, append(out.Pulls, attribute.Pull{})
			}
			out.Pulls[i] = attribute.Pull(x)
		}
		if len(out.Pulls) >= maxPulls && p.Next != "" {
			return out, false, nil
		}
	}
	return out, true, nil
}
