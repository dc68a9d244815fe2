package reckon_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/app/page/reckon"
	"github.com/pertask/pertask/app/page/trouble"
	"github.com/pertask/pertask/app/pulls"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/signin"
	"github.com/pertask/pertask/ledger/attribute"
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/ledger/spendtest"
	"github.com/pertask/pertask/price"
)

// ledger is one of an installation: acme/shop has a pull request from a fork of ada's, of which other branches are her own.
type ledger struct {
	entries []spend.Entry
	named   []string
	asked   []string // repositories
	since   time.Time
	query   spend.Query
	endless bool
}

func (l *ledger) Entries(_ context.Context, _ int64, q spend.Query) iter.Seq2[spend.Entry, error] {
	l.query = q
	return func(yield func(spend.Entry, error) bool) {
		for range 1 + map[bool]int{true: reckon.MaxEntries}[l.endless] {
			for _, e := range l.entries {
				if !yield(e, nil) { // also what the query does not ask for
					return
				}
			}
		}
	}
}

func (l *ledger) Extent(context.Context, int64, time.Time) (time.Time, []string, error) {
	if l.entries == nil {
		return time.Time{}, nil, nil
	}
	return l.entries[0].Hour, l.named, nil
}

func (l *ledger) Pulls(_ context.Context, since time.Time, repos ...record.Repo) (out []pulls.Answer) {
	l.since = since
	for _, r := range repos {
		l.asked = append(l.asked, r.Name)
		at := spendtest.Noon
		out = append(out, pulls.Answer{Repo: r, Known: true, Whole: r.ID != 1, Repository: attribute.Repository{Name: strings.ToLower("github.com/" + r.Name), DefaultBranch: "main", Pulls: []attribute.Pull{{Number: 5, State: attribute.Merged,
			HeadRef: "fix-date", HeadRepository: "Ada/Shop", Created: at.Add(-time.Hour), Closed: at.Add(24 * time.Hour), Merged: at.Add(24 * time.Hour), Merge: fmt.Sprintf("%040x", 5)}}}})
	}
	return out
}

func entry(n int, repository, branch string) spend.Entry {
	e := spendtest.Entry(n)
	e.Repository, e.Branch = repository, branch
	return e.Complete()
}

func asked(whole bool) reckon.Asked {
	return reckon.Asked{Grant: signin.Grant{Installation: 7, Repos: []signin.Repo{{ID: 1, Name: "Acme/Shop"}}}, Host: "github.com", Since: spendtest.Noon.Add(-time.Hour), Whole: whole,
		Turn: func() (func(), error) { return func() {}, nil }}
}

// TestOf: of a fork only what a pull request of a repository that can be read was made of is in the sum.
func TestOf(t *testing.T) {
	l := &ledger{named: []string{"github.com/acme/shop"}, entries: []spend.Entry{entry(1, "github.com/acme/shop", "main"), entry(2, "github.com/ada/shop", "fix-date"), entry(3, "github.com/ada/shop", "secret-plan"),
		entry(4, "github.com/acme/other", "fix-date"), entry(5, "", "")}}
	spend.Sort(l.entries)
	for whole, want := range map[bool][3]int{false: {1, 1, 0}, true: {1, 4, 3}} { // merged, unattributed, and of these elsewhere
		got, err := reckon.Of(t.Context(), l, price.Pricing{Book: price.Embedded()}, asked(whole))
		if err != nil {
			t.Fatal(err)
		}
		elsewhere := 0
		for _, r := range got.Reasons {
			if r.Reason == attribute.NoRepository || r.Reason == attribute.OtherRepository || r.Reason == attribute.NoPull {
				elsewhere += r.Spend.All().Entries
			}
		}
		if d := cmp.Diff(want, [3]int{got.Attributed.All().Entries, got.Unattributed.All().Entries, elsewhere}); d != "" {
			t.Errorf("whole %v (-want +got):\n%s", whole, d)
		}
		if wanted := []string{"github.com/acme/shop", "github.com/ada/shop"}; !whole && !slices.Equal(l.query.Repositories, wanted) || whole && l.query.Repositories != nil {
			t.Errorf("whole %v: asked for the entries of %q", whole, l.query.Repositories)
		}
		if len(got.Notes) != 1 || !strings.Contains(got.Notes[0], "more pull requests of Acme/Shop than are read") {
			t.Errorf("the notes %q", got.Notes)
		}
	}
	if got, err := reckon.Of(t.Context(), &ledger{}, price.Pricing{}, asked(true)); err != nil || !got.Nothing {
		t.Errorf("of nothing: %+v, %v", got, err)
	}
}

// TestBounds: so many repositories and entries and no more.
func TestBounds(t *testing.T) {
	l := &ledger{entries: []spend.Entry{entry(1, "github.com/acme/r00", "main")}}
	a := asked(false)
	a.Grant.Repos = nil
	for i := range 40 {
		name := fmt.Sprintf("acme/r%02d", i)
		a.Grant.Repos = append(a.Grant.Repos, signin.Repo{ID: int64(i + 10), Name: name})
		if i < 35 {
			l.named = append(l.named, "github.com/"+name)
		}
	}
	got, err := reckon.Of(t.Context(), l, price.Pricing{}, a)
	if err != nil || len(l.asked) != reckon.MaxRead || len(got.Notes) == 0 || !strings.Contains(got.Notes[0], "5 more repositories") {
		t.Errorf("%d were asked for, %q, %v", len(l.asked), got.Notes, err)
	}
	if want := a.Since.Add(-reckon.Lead); !l.since.Equal(want) || !l.query.From.Equal(want) {
		t.Errorf("read since %s and %s; want %s", l.since, l.query.From, want)
	}
	l.endless, l.entries = true, []spend.Entry{entry(1, "github.com/else/where", "main")} // of which none is kept
	var p trouble.Problem
	if _, err := reckon.Of(t.Context(), l, price.Pricing{}, a); !errors.As(err, &p) || p.Status != 422 {
		t.Errorf("too many entries: %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := reckon.Of(gone, l, price.Pricing{}, a); !errors.Is(err, context.Canceled) {
		t.Errorf("nobody listens: %v", err)
	}
	a.Turn = func() (func(), error) { return nil, errors.New("busy") }
	if _, err := reckon.Of(t.Context(), l, price.Pricing{}, a); err == nil || err.Error() != "busy" {
		t.Errorf("without a turn: %v", err)
	}
}
