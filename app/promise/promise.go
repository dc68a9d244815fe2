// Package promise keeps what merged changes of model settings have promised, and says what came of it.
//
// It knows which review of a pull request a merge is about, and how an outcome gets to the pull request. It refuses to know how an
// outcome is worked out (package review/follow does), and how anything is stored.
package promise

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/event"
	"github.com/pertask/pertask/github/merged"
	"github.com/pertask/pertask/ledger/attribute"
	"github.com/pertask/pertask/ledger/prediction"
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/review/follow"
)

// Config is what a Keeper needs. Every field without "may be" must be set.
type Config struct {
	Reviews     record.Reviews
	Log         record.Log
	Predictions func(installation int64) prediction.Store
	Entries     func(installation int64) spend.Store
	Client      func(installation int64) (*github.Client, error)
	Pulls       func(installation int64) (*merged.Reader, error)
	// Host is GitHub's, such as "github.com", as entries have it in the names of repositories.
	Host   string
	Book   *price.Book
	Rules  prediction.Rules
	Now    func() time.Time
	Logger *slog.Logger
}

// Keeper keeps promises. It is safe for concurrent use.
type Keeper struct{ Config }

// New returns a Keeper.
func New(c Config) *Keeper { return &Keeper{c} }

// Merged keeps what a pull request promises that was merged. One that was not reviewed at the head that was merged promises nothing.
func (k *Keeper) Merged(ctx context.Context, e event.Event) error {
	// What is merged into another branch changes nothing yet: the pull request that brings that one in will.
	if !e.Pull.Merged || e.Pull.MergeSHA == "" || e.Pull.BaseRef != e.DefaultBranch {
		return nil
	}
	reports, err := k.reports(ctx, e)
	if err != nil || len(reports) == 0 {
		return err
	}
	m := follow.Merge{Repository: k.name(e.Repo), Pull: e.Pull.Number, At: e.Pull.MergedAt, Commit: e.Pull.MergeSHA, Reports: reports}
	if m.At.IsZero() {
		m.At = k.Now()
	}
	for _, p := range follow.Predictions(m) {
		err := k.Predictions(e.Installation).Predict(ctx, p)
		switch {
		case errors.Is(err, prediction.ErrKept): // the first word counts
		case errors.Is(err, record.ErrGone):
			return nil
		case err != nil:
			return err
		default:
			k.Logger.Info("a merge promises", "repository", p.Repository, "pull", p.Pull, "suite", p.Suite, "measured", p.Ratio != nil)
		}
	}
	return nil
}

// name is how entries name a repository.
func (k *Keeper) name(r github.Repo) string { return strings.ToLower(k.Host + "/" + r.String()) }

// reports are those of the last review at the head that was merged.
func (k *Keeper) reports(ctx context.Context, e event.Event) ([]*report.Report, error) {
	scope := record.Scope{Installation: e.Installation, Repos: []int64{e.RepoID}}
	entries, err := k.Log.Log(ctx, scope, record.LogFilter{Repo: e.RepoID, Pull: e.Pull.Number, Only: []string{record.VerbVerdict, record.VerbResult}})
	if err != nil {
		return nil, fmt.Errorf("looking for what was measured: %w", err)
	}
	i := slices.IndexFunc(entries, func(x record.Entry) bool { return x.Review != nil && x.Review.Head == e.Pull.HeadSHA })
	if i < 0 {
		return nil, nil
	}
	r, ok, err := k.Reviews.Review(ctx, scope, entries[i].Review.ID)
	if err != nil || !ok {
		return nil, err
	}
	var out []*report.Report
	for _, s := range r.Suites {
		if len(s.Report) == 0 {
			continue
		}
		var x report.Report
		if err := json.Unmarshal(s.Report, &x); err != nil {
			return nil, fmt.Errorf("reading the report of suite %q: %w", s.Name, err)
		}
		out = append(out, &x)
	}
	return out, nil
}

// Follow works out what came of the promises of an installation, and says it on their pull requests. What failed for one repository
// does not keep the others.
func (k *Keeper) Follow(ctx context.Context, installation int64) error {
	repos, err := k.repositories(ctx, installation)
	errs := []error{err}
	for _, name := range repos {
		done, err := k.one(ctx, installation, name)
		for _, d := range done {
			k.Logger.Info("what came of a promise", "repository", name, "pull", d.Pull, "suite", d.Suite, "relation", d.Relation, "final", d.Final)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// repositories are those that have promised something.
func (k *Keeper) repositories(ctx context.Context, installation int64) (names []string, err error) {
	for r, bad := range k.Predictions(installation).Records(ctx, "") {
		if bad != nil {
			err = errors.Join(err, bad)
			continue
		}
		names = append(names, r.Prediction.Repository)
	}
	slices.Sort(names)
	return slices.Compact(names), err
}

func (k *Keeper) one(ctx context.Context, installation int64, name string) ([]follow.Done, error) {
	path, ok := strings.CutPrefix(name, k.Host+"/")
	if !ok {
		return nil, fmt.Errorf("following %q: it is not of %s", name, k.Host)
	}
	repo, err := github.ParseRepo(path)
	if err != nil {
		return nil, fmt.Errorf("following %q: %w", name, err)
	}
	client, err := k.Client(installation)
	if err != nil {
		return nil, err
	}
	return follow.Run(ctx, follow.Config{
		Repository: name, Predictions: k.Predictions(installation), Entries: k.Entries(installation), Pricing: price.Pricing{Book: k.Book}, Book: k.Book.AsOf(), Rules: k.Rules, Now: k.Now,
		Read: func(ctx context.Context, since time.Time) (attribute.Repository, error) {
			reader, err := k.Pulls(installation)
			if err != nil {
				return attribute.Repository{}, err
			}
			return follow.Pulls(ctx, reader, k.Host, name, merged.Query{Repo: repo, Since: since, Unmerged: true, Open: true})
		},
		Post: func(ctx context.Context, pull int, body string) error {
			return follow.Post(ctx, client, repo, pull, body, k.Now())
		},
	})
}
