// Package reckon adds up what coding agents cost, of what somebody may see.
//
// It knows which entries and pull requests a person's sum is of, how much of them is read for one page, and what is said of the
// rest. It refuses to know who asks and how that is known, how entries are added up (package rollup does that), and how sums are shown.
package reckon

import (
	"context"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pertask/pertask/app/page/trouble"
	"github.com/pertask/pertask/app/pulls"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/signin"
	"github.com/pertask/pertask/ledger/attribute"
	"github.com/pertask/pertask/ledger/rollup"
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/figure"
)

// Ledger is what coding agents consumed, and the pull requests that they worked on. Implementations are safe for concurrent use.
type Ledger interface {
	// Entries yields those of an installation, as the Entries of a spend.Store do.
	Entries(ctx context.Context, installation int64, q spend.Query) iter.Seq2[spend.Entry, error]
	// Extent returns the hour of an installation's first entry, zero without any, and the repositories that there are entries of
	// since a time.
	Extent(ctx context.Context, installation int64, since time.Time) (first time.Time, repositories []string, err error)
	// Pulls returns the pull requests of repositories that ended since a time, and the open ones, as the Get of a pulls.Cache.
	Pulls(ctx context.Context, since time.Time, repos ...record.Repo) []pulls.Answer
}

// Limits of what one sum is of.
const (
	// Lead is how long before a sum's time entries and pull requests are read: a pull request that was opened earlier is known in
	// part.
	Lead = 56 * 24 * time.Hour
	// Patience is how long GitHub is waited for.
	Patience = 4 * time.Second
	// MaxRead is how many repositories' pull requests are read, and maxFill how many of them may have no entry of their own: their
	// forks may have some.
	MaxRead, maxFill = 30, 5
	// MaxEntries is how many entries are added up.
	MaxEntries = 2_000_000
)

var errEntries = trouble.Problem{Status: http.StatusUnprocessableEntity, Title: "That is too much at once", Word: "There are more entries than can be added up for one page. Please choose a repository, or a later day."}

// Asked is whose sum it is, and of what.
type Asked struct {
	Grant signin.Grant
	Host  string // of the repositories, such as "github.com"
	Repo  int64  // 0 is all that the grant has
	Since time.Time
	// Whole asks for every entry of the installation, also such as name no repository, or one that nobody granted.
	Whole bool
	// Strict makes an error of pull requests that are not there yet.
	Strict bool
	// Turn waits until many records may be read; it comes when GitHub has been waited for.
	Turn func() (release func(), err error)
}

// Result is what it came to.
type Result struct {
	rollup.Rollup
	Notes   []string // what is missing, in sentences
	Nothing bool     // the installation has no entry at all
}

// Of adds up. Without Whole, nothing of what the grant does not have is in it.
func Of(ctx context.Context, l Ledger, p price.Pricing, a Asked) (Result, error) {
	begin := a.Since.Add(-Lead)
	first, named, err := l.Extent(ctx, a.Grant.Installation, begin)
	if err != nil {
		return Result{}, err
	}
	out := Result{Nothing: first.IsZero()}
	if out.Nothing {
		return out, nil
	}
	readable := Readable(a.Grant, a.Host, a.Repo)
	read, notes, err := a.pulled(ctx, l, readable, named)
	if err != nil {
		return out, err
	}
	release, err := a.Turn()
	if err != nil {
		return out, err
	}
	defer release()
	index, q := attribute.New(read...), spend.Query{From: begin}
	keep := func(spend.Entry) bool { return true }
	if !a.Whole {
		q.Repositories = places(a.Host, readable, read)
		keep = func(e spend.Entry) bool { _, ok := readable[index.Find(e).Repository]; return ok }
	}
	if first.After(begin) {
		begin = first
	}
	out.Rollup, err = rollup.Of(rollup.Input{Entries: bounded(ctx, l.Entries(ctx, a.Grant.Installation, q), keep), Attribute: index.Find, Repositories: read, From: a.Since, Begin: begin, Pricing: p})
	if out.Notes = notes; out.Skipped.Lines > 0 {
		out.Notes = append(out.Notes, figure.Plural(out.Skipped.Lines, "line")+" of the ledger could not be read.")
	}
	return out, err
}

// Readable are the repositories of a grant by the names that entries have for them; with a repository that one alone.
func Readable(g signin.Grant, host string, repo int64) map[string]signin.Repo {
	out := map[string]signin.Repo{}
	for _, r := range g.Repos {
		if repo == 0 || r.ID == repo {
			out[entryName(host, r.Name)] = r
		}
	}
	return out
}

func entryName(host, name string) string { return strings.ToLower(host + "/" + name) }

// places are the repositories that entries are read of: those that can be read, and the forks that their pull requests come from.
// What a fork has besides is left out when it is known where it belongs.
func places(host string, readable map[string]signin.Repo, read []attribute.Repository) []string {
	all := map[string]bool{}
	for name := range readable {
		all[name] = true
	}
	for _, r := range read {
		for _, p := range r.Pulls {
			if p.HeadRepository != "" {
				all[entryName(host, p.HeadRepository)] = true
			}
		}
	}
	out := make([]string, 0, len(all))
	for name := range all {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// bounded yields the entries that are kept, and an error where there are too many or nobody listens any more.
func bounded(ctx context.Context, all iter.Seq2[spend.Entry, error], keep func(spend.Entry) bool) iter.Seq2[spend.Entry, error] {
	return func(yield func(spend.Entry, error) bool) {
		n := 0
		for e, err := range all {
			if n++; n > MaxEntries {
				yield(spend.Entry{}, errEntries)
				return
			}
			if n%1000 == 0 && ctx.Err() != nil {
				yield(spend.Entry{}, context.Cause(ctx))
				return
			}
			if (err != nil || keep(e)) && !yield(e, err) {
				return
			}
		}
	}
}

// pulled asks for the pull requests of the repositories that have entries, for a bounded time, and says what is missing.
func (a Asked) pulled(ctx context.Context, l Ledger, readable map[string]signin.Repo, named []string) (read []attribute.Repository, notes []string, err error) {
	asked, left := a.choose(readable, named)
	if left > 0 {
		notes = append(notes, "The pull requests of "+strconv.Itoa(left)+" more repositories with entries are not read for one page: choose a repository.")
	}
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	var late, failed, cut []string
	for _, x := range l.Pulls(ctx, a.Since.Add(-Lead), asked...) {
		switch {
		case x.Known:
			read = append(read, x.Repository)
			if !x.Whole {
				cut = append(cut, x.Repo.Name)
			}
		case x.Err != nil:
			failed = append(failed, x.Repo.Name)
		default:
			late = append(late, x.Repo.Name)
		}
	}
	if a.Strict && len(late)+len(failed) > 0 {
		return nil, nil, trouble.Problem{Status: http.StatusServiceUnavailable, Title: "Not just now", Word: "GitHub has not answered yet about the pull requests of " + list(append(late, failed...)) + ". Please try again in a minute."}
	}
	for _, x := range []struct {
		names []string
		says  string
	}{{late, "GitHub has not answered yet about the pull requests of %: what agents cost there is unattributed. Load this page again in a minute."},
		{failed, "GitHub did not let the pull requests of % be read: what agents cost there is unattributed. The App needs to read pull requests and contents; it tries again in a minute."},
		{cut, "There are more pull requests of % than are read: the ones that were not changed for the longest time are missing."}} {
		if len(x.names) > 0 {
			notes = append(notes, strings.Replace(x.says, "%", list(x.names), 1))
		}
	}
	return read, notes, nil
}

// choose are the repositories whose pull requests are read, and how many with entries are left out.
func (a Asked) choose(readable map[string]signin.Repo, named []string) (out []record.Repo, left int) {
	var with, without []record.Repo
	for _, r := range a.Grant.Repos {
		name := entryName(a.Host, r.Name)
		if _, ok := readable[name]; !ok {
			continue
		}
		x := record.Repo{Installation: a.Grant.Installation, ID: r.ID, Name: r.Name}
		if slices.Contains(named, name) {
			with = append(with, x)
		} else {
			without = append(without, x)
		}
	}
	if len(with) > MaxRead {
		return with[:MaxRead], len(with) - MaxRead
	}
	return append(with, without[:min(len(without), maxFill, MaxRead-len(with))]...), 0
}

// list is names in words.
func list(names []string) string {
	const most = 5
	if more := len(names) - most; more > 0 {
		return strings.Join(names[:most], ", ") + " and " + strconv.Itoa(more) + " more"
	}
	return strings.Join(names, ", ")
}
