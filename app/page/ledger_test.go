package page_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/pertask/pertask/app/pulls"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/ledger/attribute"
	"github.com/pertask/pertask/ledger/prediction"
	"github.com/pertask/pertask/ledger/predictiontest"
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/usage"
)

// books is what agents consumed and what was promised, in memory, by installation.
type books struct {
	entries  map[int64][]spend.Entry
	pulls    map[int64]attribute.Repository // by repository
	promised map[int64]*predictiontest.Memory
	late     map[int64]bool // repositories that GitHub has not answered about
	refused  map[int64]bool
	asked    []int64 // repositories whose pull requests were asked for
}

// forged is the session of an entry that somebody sent to their own installation, and that claims to be of a repository of others.
var forged = spend.SessionKey("claude-code", "forged")

func newBooks() *books {
	return &books{entries: map[int64][]spend.Entry{}, pulls: map[int64]attribute.Repository{}, promised: map[int64]*predictiontest.Memory{}, late: map[int64]bool{}, refused: map[int64]bool{}}
}

func (s *store) Entries(_ context.Context, installation int64, q spend.Query) iter.Seq2[spend.Entry, error] {
	return func(yield func(spend.Entry, error) bool) {
		all := slices.Clone(s.books.entries[installation])
		if s.open {
			q, all = spend.Query{}, nil
			for _, es := range s.books.entries {
				all = append(all, es...)
			}
			// An entry does not say whose it is: one that claims the repository of others is kept out by the store alone.
			all = slices.DeleteFunc(all, func(e spend.Entry) bool { return e.Session == forged })
		}
		spend.Sort(all)
		for _, e := range all {
			if q.Wants(e) && !yield(e, nil) {
				return
			}
		}
		if s.fail != nil {
			yield(spend.Entry{}, s.fail)
		}
	}
}

func (s *store) Extent(_ context.Context, installation int64, since time.Time) (first time.Time, names []string, err error) {
	for _, e := range s.books.entries[installation] {
		if first.IsZero() || e.Hour.Before(first) {
			first = e.Hour
		}
		if !e.Hour.Before(since) && e.Repository != "" && !slices.Contains(names, e.Repository) {
			names = append(names, e.Repository)
		}
	}
	return first, names, s.fail
}

func (s *store) Pulls(_ context.Context, _ time.Time, repos ...record.Repo) []pulls.Answer {
	var out []pulls.Answer
	for _, r := range repos {
		s.books.asked = append(s.books.asked, r.ID)
		a := pulls.Answer{Repo: r, Repository: s.books.pulls[r.ID], Known: true, Whole: true, Read: start}
		if s.books.late[r.ID] || s.books.refused[r.ID] {
			a = pulls.Answer{Repo: r}
		}
		if s.books.refused[r.ID] {
			a.Err = errors.New("403")
		}
		out = append(out, a)
	}
	return out
}

func (s *store) Predictions(ctx context.Context, installation int64) iter.Seq2[prediction.Record, error] {
	return func(yield func(prediction.Record, error) bool) {
		for of, m := range s.books.promised {
			if of != installation && !s.open {
				continue
			}
			for r, err := range m.Records(ctx, "") {
				if !yield(r, err) {
					return
				}
			}
		}
	}
}

// consumed is an entry of a session.
func consumed(session, repository, branch, model string, at time.Time, output int64, change func(*spend.Entry)) spend.Entry {
	e := spend.Entry{Source: spend.SessionLog, Provenance: spend.Reported, Harness: "claude-code", Session: spend.SessionKey("claude-code", session), Hour: at.Truncate(time.Hour), Last: at, Calls: 7}
	e.Repository, e.Branch, e.Provider, e.Model, e.Upto, e.Author = repository, branch, "anthropic", model, 31_999, "hidden-author"
	if model == "gpt-5.5" {
		e.Provider = "openai"
	}
	e.Tokens = usage.None()
	e.Tokens.Input, e.Tokens.CacheRead, e.Tokens.Output = usage.Known(output*3), usage.Known(output*40), usage.Known(output)
	if change != nil {
		change(&e)
	}
	return e.Complete()
}

// merges are pull requests of a repository with a session for each of them.
func merges(n, first int, name string, every time.Duration) (attribute.Repository, []spend.Entry) {
	out := attribute.Repository{Name: "github.com/" + name, DefaultBranch: "main"}
	var entries []spend.Entry
	models := []string{"claude-sonnet-4-6", "gpt-5.5"}
	for i := range n {
		at := start.Add(-time.Duration(i)*every - 5*time.Hour)
		p := attribute.Pull{Number: first + n - i, State: attribute.Merged, Title: fmt.Sprintf("Take care of case %d of the importer", n-i), HeadRef: fmt.Sprintf("task-%d", i), HeadRepository: name, BaseRef: "main", Created: at.Add(-40 * time.Hour),
			Closed: at, Merged: at, Merge: fmt.Sprintf("%040x", i+77), Additions: 20 + i*7%90, Deletions: i * 3 % 40, Files: 1 + i%6, Author: "hidden-author"}
		if i%3 == 0 {
			p.Labels = []string{"importer"}
		}
		out.Pulls = append(out.Pulls, p)
		weight := math.Exp(1.1 * math.Sin(float64(i*i)*1.7)) // from 0.33 to 3
		if i == 6 {
			weight = 150
		}
		if i%11 != 9 { // nobody knows what these cost
			entries = append(entries, consumed(name+p.HeadRef, out.Name, p.HeadRef, models[i%2], at.Add(-3*time.Hour), int64(21_013*weight), func(e *spend.Entry) {
				if i%4 == 1 {
					e.Source, e.Provenance = spend.Meter, spend.Measured
				}
				if i%5 == 0 {
					e.Labels = []string{"team:payments"}
				}
			}))
		}
	}
	return out, entries
}

// fillBooks puts in twelve weeks of agents' work.
func fillBooks(t *testing.T, b *books) {
	t.Helper()
	agent, entries := merges(44, 300, "acme/agent", 44*time.Hour)
	site, more := merges(9, 40, "acme/site", 8*24*time.Hour)
	entries = append(entries, more...)
	at := start.Add(-70 * time.Hour)
	const repo = "github.com/acme/agent"
	entries = append(entries, consumed("main", repo, "main", "gpt-5.5", at, 30_011, nil), consumed("nowhere", "", "", "gpt-5.5", at, 20_011, nil), consumed("lost", repo, "an-idea", "claude-sonnet-4-6", at, 9_011, nil),
		consumed("old", repo, "task-30", "gpt-5.5", start.AddDate(0, 0, -100), 500, nil),
		consumed("newest", repo, "task-2", "mystery-1", start.Add(-95*time.Hour), 4_011, nil),
		consumed("own", repo, "task-3", "gpt-5.5", at, 12_011, func(e *spend.Entry) { e.Source, e.Provenance = spend.Check, spend.Measured }),
		consumed("share", repo, "main", "gpt-5.5", at, 8_011, func(e *spend.Entry) { e.Source, e.Provenance = spend.Import, spend.Allocated }))
	double := entries[0]
	double.Source, double.Part, double.Calls = spend.Telemetry, "1", 5
	entries = append(entries, double.Complete(), consumed("hidden", "github.com/acme/hidden", "hidden-branch", "hidden-model", at, 1000, nil))
	b.entries[7], b.pulls[70], b.pulls[71] = entries, agent, site
	b.pulls[72] = attribute.Repository{Name: "github.com/acme/hidden", DefaultBranch: "main", Pulls: []attribute.Pull{{Number: 1000, State: attribute.Merged, Title: "hidden title", HeadRef: "hidden-branch", HeadRepository: "acme/hidden", Created: at.Add(-time.Hour), Closed: at.Add(time.Hour), Merged: at.Add(time.Hour), Merge: fmt.Sprintf("%040x", 3)}}}
	b.entries[8] = []spend.Entry{consumed("evil", "github.com/evil/x", "evil-branch", "evil-model", at, 2000, nil), consumed("forged", repo, "task-2", "evil-model", at, 2000, nil)}
	b.pulls[80] = attribute.Repository{Name: "github.com/evil/x", DefaultBranch: "main"}
	for _, e := range append(slices.Clone(b.entries[7]), b.entries[8]...) {
		if err := e.Check(); err != nil {
			t.Fatal(err)
		}
	}
	b.promised[7], b.promised[8] = &predictiontest.Memory{}, &predictiontest.Memory{}
	promise := func(installation int64, repo string, pull int, suite string, observed float64) {
		p := predictiontest.Predicted("github.com/"+repo, pull, suite)
		m := b.promised[installation]
		if err := m.Predict(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		if observed == 0 {
			return
		}
		o := predictiontest.Observed(p, 28)
		r := prediction.NewRatio(observed, observed*0.8, observed*1.25)
		d, relation := prediction.Compare(*p.Ratio, r)
		o.Observed, o.Difference, o.Relation, o.Caveats = &r, &d, relation, nil
		if err := m.Observe(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	for i, observed := range []float64{0.62, 0.55, 0.7, 0.85, 1.3, 0.3, 0.6, 0} {
		promise(7, "acme/agent", 101+i, "worst-three", observed)
	}
	promise(7, "acme/site", 12, "<b>suite</b>", 0.66)
	promise(7, "acme/hidden", 1000, "hidden-suite", 0.6)
	promise(8, "evil/x", 2000, "evil-suite", 0.6)
}
