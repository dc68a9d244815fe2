package recordtest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/price"
)

// act is something that was done in a repository, n minutes after Noon.
func act(repo record.Repo, n int, verb string) record.Act {
	return record.Act{Time: Noon.Add(time.Duration(n) * time.Minute), Repo: repo, Pull: 42, Head: "c0ffee", Actor: "octocat", Verb: verb, Reason: fmt.Sprint("reason ", n)}
}

func add(t *testing.T, s Store, acts ...record.Act) {
	t.Helper()
	for _, a := range acts {
		if err := s.Append(t.Context(), a); err != nil {
			t.Fatalf("adding an act: %v", err)
		}
	}
}

func tells(t *testing.T, s Store, scope record.Scope, f record.Filter, before time.Time, want ...record.Act) {
	t.Helper()
	got, err := s.Acts(t.Context(), scope, f, before)
	if err != nil {
		t.Fatalf("reading acts: %v", err)
	}
	same(t, fmt.Sprintf("acts of %+v before %v", f, before), want, got)
}

// pages has reviews of which several started at the same moment: a page that ends among them neither leaves one out nor says one
// twice.
func pages(t *testing.T, open func() Store) {
	const all = 25
	var want []record.Review
	for n := range all {
		r := Review(Mine, n)
		r.Started = Noon.Add(time.Duration(n/5) * time.Microsecond)
		want = append(want, r)
	}
	for _, n := range []int{3, 17} { // in no order
		save(t, open(), want[n])
	}
	save(t, open(), want...)
	slices.Reverse(want)
	for _, size := range []int{1, 4, 5, all, 0, -1, 5000} {
		var got []record.Review
		f := record.Filter{Limit: size}
		for len(got) <= all {
			page, err := open().List(t.Context(), Of(Mine), f)
			if err != nil || size > 0 && len(page) > size {
				t.Fatalf("%d reviews in a page of %d, %v", len(page), size, err)
			}
			if len(page) == 0 {
				break
			}
			got, f.Before = append(got, page...), page[len(page)-1].ID
		}
		var ids, wantIDs []string
		for _, r := range got {
			ids = append(ids, r.ID)
		}
		for _, r := range want {
			wantIDs = append(wantIDs, r.ID)
		}
		same(t, fmt.Sprintf("pages of %d", size), wantIDs, ids)
	}
	lists(t, open(), Of(Mine), record.Filter{Before: Review(Other, 0).ID})
}

func filtered(t *testing.T, open func() Store) {
	second := record.Repo{Installation: 7, ID: 72, Name: "acme/second"}
	a, b, c := Review(Mine, 0), Review(second, 1), Review(Mine, 2)
	b.State = record.Broken
	c.Suites = append(c.Suites, record.Suite{Name: "other", BaseModel: "m1", HeadModel: "m2"})
	save(t, open(), a, b, c)
	both := Of(Mine, second)
	for _, tt := range []struct {
		f    record.Filter
		want []record.Review
	}{
		{record.Filter{}, []record.Review{c, b, a}},
		{record.Filter{Repo: Mine.ID}, []record.Review{c, a}},
		{record.Filter{Repo: 999}, nil},
		{record.Filter{State: record.Broken}, []record.Review{b}},
		{record.Filter{Suite: "other"}, []record.Review{c}},
		{record.Filter{Suite: "worst-three"}, []record.Review{c, b, a}},
		{record.Filter{Model: "m2"}, []record.Review{c}},
		{record.Filter{Model: "gpt-5.4", Repo: second.ID}, []record.Review{b}},
		{record.Filter{Suite: "other", Model: "gpt-5.4"}, nil},
		{record.Filter{Suite: "other", Model: "m1"}, []record.Review{c}},
		{record.Filter{Since: b.Started}, []record.Review{c, b}},
		{record.Filter{Since: b.Started.Add(time.Microsecond)}, []record.Review{c}},
		{record.Filter{Before: c.ID, Limit: 1}, []record.Review{b}},
		{record.Filter{Before: c.ID, Repo: Mine.ID, Suite: "worst-three", State: record.Ended, Since: Noon}, []record.Review{a}},
	} {
		lists(t, open(), both, tt.f, tt.want...)
	}
	lists(t, open(), Of(second), record.Filter{}, b)
	lists(t, open(), Of(second), record.Filter{Before: c.ID}) // c is not in the scope
	lists(t, open(), Of(second), record.Filter{Repo: Mine.ID})
}

// spent adds amounts that no float has: ten times 0.1 is 1, and 10^-18 is not lost beside a million.
func spent(t *testing.T, open func() Store) {
	second := record.Repo{Installation: 7, ID: 72}
	for n := range 10 {
		save(t, open(), with(Review(Mine, n), func(r *record.Review) { r.Spent = price.Known(price.MustMoney("0.1")) }))
	}
	save(t, open(),
		with(Review(second, 5), func(r *record.Review) { r.Spent = price.Known(price.MustMoney("1000000.000000000000000001")) }),
		with(Review(Other, 5), func(r *record.Review) { r.Spent = price.Known(price.MustMoney("5")) }),
	)
	for _, tt := range []struct {
		installation, repo int64
		since              time.Time
		want               string
	}{
		{7, 71, time.Time{}, "1"}, {7, 72, time.Time{}, "1000000.000000000000000001"}, {7, 0, time.Time{}, "1000001.000000000000000001"},
		{7, 71, Noon.Add(8 * time.Minute), "0.2"}, {7, 71, Noon.Add(8*time.Minute + time.Microsecond), "0.1"}, {7, 0, Noon.Add(time.Hour), "0"},
		{8, 0, time.Time{}, "5"}, {8, 71, time.Time{}, "0"}, {0, 0, time.Time{}, "0"}, {0, 71, time.Time{}, "0"},
	} {
		got, err := open().Spent(t.Context(), tt.installation, tt.repo, tt.since)
		if err != nil || !got.Equal(price.Known(price.MustMoney(tt.want))) {
			t.Errorf("spent by %d/%d since %v: %v, %v; want %s", tt.installation, tt.repo, tt.since, got, err, tt.want)
		}
	}
	save(t, open(), with(Review(Mine, 20), func(r *record.Review) { r.Spent = price.Amount{} }))
	for _, repo := range []int64{0, 71} {
		if got, err := open().Spent(t.Context(), 7, repo, time.Time{}); err != nil || got.IsKnown() {
			t.Errorf("spent %v, %v; want unknown: a part of it is", got, err)
		}
	}
	if got, err := open().Spent(t.Context(), 7, 72, time.Time{}); err != nil || !got.IsKnown() {
		t.Errorf("spent %v, %v; the other repository's is known", got, err)
	}
}

func acts(t *testing.T, open func() Store) {
	second := record.Repo{Installation: 7, ID: 72, Name: "acme/second"}
	everywhere := record.Repo{Installation: 7}
	one, two, three := act(Mine, 1, "run"), act(second, 2, "accept"), act(everywhere, 3, "key-set")
	three.Pull, three.Head, three.Actor = 0, "", ""
	add(t, open(), two, one, three) // in no order
	both := Of(Mine, second)
	tells(t, open(), both, record.Filter{}, time.Time{}, three, two, one)
	tells(t, open(), both, record.Filter{Limit: 2}, time.Time{}, three, two)
	tells(t, open(), both, record.Filter{}, two.Time, one)
	tells(t, open(), both, record.Filter{Since: two.Time}, time.Time{}, three, two)
	tells(t, open(), both, record.Filter{Repo: second.ID, Suite: "no matter", State: "no matter"}, time.Time{}, two)
	tells(t, open(), Of(second), record.Filter{}, time.Time{}, three, two)
	tells(t, open(), Of(Other), record.Filter{}, time.Time{})

	for i := range 4 { // at the same time: no page is cut among them
		add(t, open(), with(act(Mine, 10, "more"), func(a *record.Act) { a.Reason = fmt.Sprint(i) }))
	}
	got, err := open().Acts(t.Context(), Of(Mine), record.Filter{Limit: 2}, time.Time{})
	if err != nil || len(got) != 4 || got[0].Reason != "3" || got[3].Reason != "0" {
		t.Errorf("acts %+v, %v; want all four of one time, the last first", got, err)
	}
	tells(t, open(), Of(Mine), record.Filter{Limit: 2}, Noon.Add(10*time.Minute), three, one)
	add(t, open(), act(Mine, 1, "run")) // what is done twice is there twice
	tells(t, open(), Of(Mine), record.Filter{}, three.Time, one, one)
}

func installed(t *testing.T, s Store, installation int64, want ...record.Repo) {
	t.Helper()
	got, err := s.Installed(t.Context(), installation)
	if err != nil {
		t.Fatalf("listing repositories: %v", err)
	}
	same(t, fmt.Sprint("repositories of ", installation), want, got)
}

func keep(t *testing.T, s Store, repos ...record.Repo) {
	t.Helper()
	if err := s.SaveRepos(t.Context(), repos...); err != nil {
		t.Fatalf("saving repositories: %v", err)
	}
}

func repos(t *testing.T, open func() Store) {
	b, c := record.Repo{Installation: 7, ID: 72, Name: "acme/b"}, record.Repo{Installation: 7, ID: 73, Name: "acme/Zed"}
	keep(t, open())
	keep(t, open(), Mine, b, c, Other)
	keep(t, open(), b, b)
	installed(t, open(), 7, c, Mine, b) // in the order of their bytes
	installed(t, open(), 8, Other)
	b.Name = "acme/a-new-name"
	keep(t, open(), b)
	installed(t, open(), 7, c, b, Mine)
	if err := open().RemoveRepos(t.Context(), 7, b.ID, c.ID, Other.ID, 999); err != nil {
		t.Fatal(err)
	}
	installed(t, open(), 7, Mine)
	installed(t, open(), 8, Other)
	keep(t, open(), b)
	installed(t, open(), 7, b, Mine)
	moved := record.Repo{Installation: 8, ID: Mine.ID, Name: "globex/agent-2"} // the same repository under another owner
	keep(t, open(), moved)
	installed(t, open(), 8, Other, moved)
}

func names(t *testing.T, open func() Store) {
	r, a := Review(Mine, 0), act(Mine, 0, "run")
	save(t, open(), r)
	add(t, open(), a)
	has(t, open(), r)
	keep(t, open(), Mine, record.Repo{Installation: 8, ID: Mine.ID, Name: "globex/stolen-name"})
	renamed := with(Mine, func(m *record.Repo) { m.Name = "acme/renamed" })
	keep(t, open(), renamed)
	r.Repo, a.Repo = renamed, renamed
	has(t, open(), r)
	lists(t, open(), Of(Mine), record.Filter{}, r)
	tells(t, open(), Of(Mine), record.Filter{}, time.Time{}, a)
	if err := open().RemoveRepos(t.Context(), 7, Mine.ID); err != nil {
		t.Fatal(err)
	}
	r.Repo, a.Repo = Mine, Mine
	has(t, open(), r)
	tells(t, open(), Of(Mine), record.Filter{}, time.Time{}, a)
}

// across tries to read what is another's by every method that takes a scope.
func across(t *testing.T, open func() Store) {
	second := record.Repo{Installation: 7, ID: 72, Name: "acme/second"}
	reviews := []record.Review{Review(Mine, 0), Review(second, 1), Review(Other, 2)}
	save(t, open(), reviews...)
	add(t, open(), act(Mine, 0, "run"), act(second, 1, "run"), act(Other, 2, "run"), act(record.Repo{Installation: 7}, 3, "key-set"), act(record.Repo{}, 4, "sign-in"))
	for name, s := range map[string]record.Scope{
		"the zero scope":                            {},
		"no installation":                           {Repos: []int64{71, 72, 81, 0}},
		"no repository":                             {Installation: 7},
		"a repository that is not there":            {Installation: 7, Repos: []int64{999}},
		"another installation's repository":         {Installation: 7, Repos: []int64{81}},
		"another installation's number":             {Installation: 8, Repos: []int64{71, 72}},
		"a negative installation":                   {Installation: -7, Repos: []int64{71}},
		"the repository 0 of no installation":       {Repos: []int64{0}},
		"the repository 0, which is none of theirs": {Installation: 8, Repos: []int64{0}},
	} {
		for _, f := range []record.Filter{{}, {Repo: 71}, {Repo: 81}, {Suite: "worst-three"}, {Model: "gpt-5.5"}, {Since: Noon.Add(-time.Hour)}, {Before: reviews[2].ID}, {Limit: 1000}} {
			if got, err := open().List(t.Context(), s, f); len(got) != 0 || err != nil {
				t.Errorf("%s lists %v with %+v, %v", name, got, f, err)
			}
			got, err := open().Acts(t.Context(), s, f, time.Time{})
			for _, a := range got {
				if a.Repo.ID != 0 || a.Repo.Installation != s.Installation || a.Repo.Installation == 0 {
					t.Errorf("%s reads the act %+v with %+v", name, a, f)
				}
			}
			if err != nil || len(got) > 0 && len(s.Repos) == 0 {
				t.Errorf("%s reads %d acts with %+v, %v", name, len(got), f, err)
			}
		}
		for _, r := range reviews {
			if got, found, err := open().Review(t.Context(), s, r.ID); found || err != nil || got.ID != "" {
				t.Errorf("%s reads review %+v, %v", name, got, err)
			}
		}
	}
	// Who sees one repository reads nothing of another one of the same installation.
	if _, found, err := open().Review(t.Context(), Of(Mine), reviews[1].ID); found || err != nil {
		t.Errorf("found %v, %v; want nothing", found, err)
	}
	lists(t, open(), Of(Mine), record.Filter{}, reviews[0])
	lists(t, open(), Of(Mine), record.Filter{Repo: second.ID})
	tells(t, open(), Of(Mine), record.Filter{Repo: second.ID}, time.Time{})
}

func uninstalled(t *testing.T, open func() Store) {
	keep(t, open(), Mine, Other)
	save(t, open(), Review(Mine, 0), Review(Other, 0))
	add(t, open(), act(Mine, 0, "run"), act(record.Repo{Installation: 7}, 0, "key-set"), act(Other, 0, "run"))
	for range 2 {
		if err := open().RemoveRepos(t.Context(), 7); err != nil {
			t.Fatal(err)
		}
	}
	s := open()
	installed(t, s, 7)
	lists(t, s, Of(Mine), record.Filter{})
	tells(t, s, Of(Mine), record.Filter{}, time.Time{})
	if got, err := s.Spent(t.Context(), 7, 0, time.Time{}); err != nil || !got.Equal(price.Known(price.Money{})) {
		t.Errorf("spent %v, %v; want 0", got, err)
	}
	// A worker that is still at it keeps nothing of it.
	for i, err := range []error{s.SaveReview(t.Context(), Review(Mine, 1)), s.Append(t.Context(), act(Mine, 1, "run")), s.SaveRepos(t.Context(), Other, Mine)} {
		if !errors.Is(err, record.ErrGone) {
			t.Errorf("call %d: error %v, want ErrGone", i, err)
		}
	}
	installed(t, s, 7)
	lists(t, s, Of(Mine), record.Filter{})
	installed(t, s, 8, Other)
	lists(t, s, Of(Other), record.Filter{}, Review(Other, 0))
	tells(t, s, Of(Other), record.Filter{}, time.Time{}, act(Other, 0, "run"))
}

func pruned(t *testing.T, open func() Store) {
	old, young := Review(Mine, 0), Review(Mine, 10)
	running := with(Review(Mine, 1), func(r *record.Review) { r.State, r.Ended = record.Running, time.Time{} })
	none := with(Review(Mine, 2), func(r *record.Review) { r.Suites[0].Report = nil })
	save(t, open(), old, young, running, none)
	if n, err := open().Prune(t.Context(), old.Ended); n != 0 || err != nil {
		t.Errorf("pruned %d, %v; want 0: it ended at that very time", n, err)
	}
	for _, want := range []int{1, 0} {
		if n, err := open().Prune(t.Context(), Noon.Add(5*time.Minute)); n != want || err != nil {
			t.Errorf("pruned %d, %v; want %d", n, err, want)
		}
	}
	many := with(Review(Mine, 3), func(r *record.Review) {
		for range 249 {
			r.Suites = append(r.Suites, r.Suites[0])
		}
	})
	save(t, open(), many)
	if n, err := open().Prune(t.Context(), Noon.Add(5*time.Minute)); n != 250 || err != nil {
		t.Errorf("pruned %d, %v; want 250", n, err)
	}
	old.Suites[0].Report = nil
	for _, r := range []record.Review{old, young, running, none} {
		has(t, open(), r)
	}
}
