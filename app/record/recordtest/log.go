package recordtest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/price"
)

// line is an entry of a log in short: its time in minutes after Noon, and what it is.
func line(e record.Entry) string {
	what := "both or none"
	switch {
	case e.Act != nil && e.Review == nil && e.Place.Act > 0 && e.Place.Review == "" && e.Time().Equal(e.Act.Time):
		what = e.Act.Actor + " " + e.Act.Reason + " in " + e.Act.Repo.Name
	case e.Review != nil && e.Act == nil && e.Place.Review == e.Review.ID && e.Place.Act == 0 && e.Time().Equal(e.Review.Ended):
		what = e.Review.ID[28:] + " in " + e.Review.Repo.Name
	}
	return fmt.Sprintf("%v %s: %s", e.Time().Sub(Noon), e.Verb(), what)
}

func says(t *testing.T, s Store, scope record.Scope, f record.LogFilter, want ...string) []record.Entry {
	t.Helper()
	got, err := s.Log(t.Context(), scope, f)
	if err != nil {
		t.Fatalf("reading the log: %v", err)
	}
	var lines []string
	for _, e := range got {
		lines = append(lines, line(e))
		if e.Review != nil && slices.ContainsFunc(e.Review.Suites, func(s record.Suite) bool { return s.Report != nil }) {
			t.Errorf("%s: with its reports", line(e))
		}
	}
	same(t, fmt.Sprintf("the log with %+v", f), want, lines)
	return got
}

// logged has reviews that end and acts at one time and at others; its pages leave nothing out and say nothing twice.
func logged(t *testing.T, open func() Store) {
	var want []string
	for n := range 12 {
		at := Noon.Add(time.Duration(n/4) * time.Microsecond)
		save(t, open(), with(Review(Mine, n), func(r *record.Review) { r.Ended = at }), with(Review(Mine, 100+n), func(r *record.Review) { r.State, r.Ended = record.Running, time.Time{} }))
		add(t, open(), with(act(Mine, n, "run"), func(a *record.Act) { a.Time = at }))
	}
	all, err := open().Log(t.Context(), Of(Mine), record.LogFilter{Limit: 1000})
	if err != nil || len(all) != 24 {
		t.Fatalf("%d entries, %v", len(all), err)
	}
	for i, e := range all {
		want = append(want, line(e)+e.Place.String())
		if i > 0 && (e.Place.Compare(all[i-1].Place) >= 0 || e.Time().After(all[i-1].Time())) {
			t.Errorf("%s comes after %s", line(e), line(all[i-1]))
		}
		back, err := record.ParsePlace(e.Place.String())
		if err != nil || back.Compare(e.Place) != 0 {
			t.Errorf("the place %q is read as %+v, %v", e.Place, back, err)
		}
	}
	for _, size := range []int{1, 3, 5, 24, 100} {
		var got []string
		f := record.LogFilter{Limit: size}
		for len(got) <= 24 {
			page, err := open().Log(t.Context(), Of(Mine), f)
			if err != nil || len(page) > size {
				t.Fatalf("%d entries in a page of %d, %v", len(page), size, err)
			}
			if len(page) == 0 {
				break
			}
			for _, e := range page {
				got = append(got, line(e)+e.Place.String())
			}
			f.After = page[len(page)-1].Place
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("pages of %d (-want +got):\n%s", size, d)
		}
	}
}

func logFiltered(t *testing.T, open func() Store) {
	second := record.Repo{Installation: 7, ID: 72, Name: "acme/second"}
	verdict := with(Review(Mine, 1), func(r *record.Review) { r.Ended, r.By = Noon.Add(10*time.Minute), "OctoCat" })
	verdict.Suites = append([]record.Suite{{Name: "none", Result: "not-measured"}}, verdict.Suites...)
	other := with(Review(second, 2), func(r *record.Review) {
		r.Ended, r.Suites, r.Pull = Noon.Add(20*time.Minute), []record.Suite{{Name: "s", Result: "nothing-changed"}}, 9043
	})
	none := with(Review(second, 3), func(r *record.Review) { r.Ended, r.Suites, r.State = Noon.Add(30*time.Minute), nil, record.Broken })
	accepted := with(Review(Mine, 4), func(r *record.Review) { r.Ended, r.Suites[0].Result = Noon.Add(40*time.Minute), "accepted" })
	save(t, open(), verdict, other, none, accepted, with(Review(Other, 5), func(r *record.Review) { r.Ended = Noon.Add(time.Minute) }))
	add(t, open(), act(Mine, 15, "run"), act(second, 25, "accept"), act(record.Repo{Installation: 7}, 35, "key-set"), act(Other, 36, "accept"))
	a, v, r, g, k, n, o := "40m0s verdict: 0004 in acme/agent", "10m0s verdict: 0001 in acme/agent", "15m0s run: octocat reason 15 in acme/agent", "25m0s accept: octocat reason 25 in acme/second",
		"35m0s key-set: octocat reason 35 in ", "30m0s result: 0003 in acme/second", "20m0s result: 0002 in acme/second"
	both := Of(Mine, second)
	for _, tt := range []struct {
		f    record.LogFilter
		want []string
	}{
		{record.LogFilter{}, []string{a, k, n, g, o, r, v}},
		{record.LogFilter{Limit: 2}, []string{a, k}},
		{record.LogFilter{Repo: 71}, []string{a, r, v}},
		{record.LogFilter{Repo: 72, Only: []string{"accept", "result"}}, []string{n, g, o}},
		{record.LogFilter{Pull: 9043}, []string{o}},
		{record.LogFilter{Pull: 9}, nil},
		{record.LogFilter{Only: []string{"verdict"}}, []string{a, v}},
		{record.LogFilter{Only: []string{"verdict", "accept"}}, []string{a, g, v}},
		{record.LogFilter{Only: []string{"result"}}, []string{n, o}},
		{record.LogFilter{Only: []string{"verdict", "result"}}, []string{a, n, o, v}},
		{record.LogFilter{Only: []string{"run", "key-set"}}, []string{k, r}},
		{record.LogFilter{Only: []string{"unheard-of", "\x00"}}, nil},
		{record.LogFilter{Who: "OCTOCAT", Repo: 71}, []string{a, r, v}},
		{record.LogFilter{Who: "nobody"}, nil},
		{record.LogFilter{Who: "\xff"}, nil},
		{record.LogFilter{Since: Noon.Add(25 * time.Minute)}, []string{a, k, n, g}},
		{record.LogFilter{Since: Noon.Add(25*time.Minute + 1)}, []string{a, k, n}},
		{record.LogFilter{After: record.Place{At: Noon.Add(20 * time.Minute), Act: 1}}, []string{r, v}},
		{record.LogFilter{After: record.Place{At: Noon.Add(15 * time.Minute), Review: other.ID}}, []string{r, v}},
	} {
		says(t, open(), both, tt.f, tt.want...)
	}
	says(t, open(), Of(Mine), record.LogFilter{}, a, k, r, v)
	says(t, open(), Of(Mine), record.LogFilter{Repo: second.ID})
	for _, nobody := range []record.Scope{{}, {Installation: 7}, {Repos: []int64{71}}, {Installation: 8, Repos: []int64{71}}, {Installation: 7, Repos: []int64{81}}} {
		got, err := open().Log(t.Context(), nobody, record.LogFilter{})
		for _, e := range got { // who sees any repository of an installation sees what concerns all of it
			if len(nobody.Repos) == 0 || e.Act == nil || e.Act.Repo.ID != 0 || e.Act.Repo.Installation != nobody.Installation {
				t.Errorf("%+v reads %s", nobody, line(e))
			}
		}
		if err != nil {
			t.Error(err)
		}
	}
	keep(t, open(), with(Mine, func(m *record.Repo) { m.Name = "acme/renamed" }))
	says(t, open(), Of(Mine), record.LogFilter{Only: []string{"run"}}, "15m0s run: octocat reason 15 in acme/renamed")
	if err := open().RemoveRepos(t.Context(), 7); err != nil {
		t.Fatal(err)
	}
	says(t, open(), both, record.LogFilter{})
}

// booked is what a month's page shows of money that is set aside.
func booked(t *testing.T, open func() Store) {
	second := record.Repo{Installation: 7, ID: 72, Name: "acme/second"}
	unknown := with(Review(second, 3), func(r *record.Review) { r.Spent, r.Reserved = price.Amount{}, dollars("4") })
	save(t, open(), running(Mine, 1, "0.5", "2"), running(Mine, 2, "0.5", "2"), running(Mine, 3, "3", "2"), running(second, 4, "", "8"), unknown,
		with(Review(Mine, 5), func(r *record.Review) { r.Spent, r.Reserved = dollars("1"), dollars("9") }), with(Review(second, 6), func(r *record.Review) { r.Spent = price.Amount{} }),
		before(running(Mine, 61, "100", "200")), running(Other, 7, "0", "1000"))
	fresh, gone := time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	for _, c := range []struct {
		name          string
		scope         record.Scope
		stale         time.Time
		aside, second string
		count         int64
	}{
		{"both", Of(Mine, second), fresh, "3", "12", 7},
		{"one", Of(Mine), fresh, "3", "0", 4},
		{"their processes are dead", Of(Mine, second), gone, "0", "12", 7},
		{"nobody's", record.Scope{Installation: 7}, fresh, "0", "0", 0},
		{"another's", record.Scope{Installation: 8, Repos: []int64{71, 72}}, fresh, "0", "0", 0},
	} {
		all, err := open().Booked(t.Context(), c.scope, Noon, c.stale)
		if err != nil {
			t.Fatal(err)
		}
		sums, count := map[int64]price.Amount{71: dollars("0"), 72: dollars("0")}, int64(0)
		for _, b := range all {
			for range b.Count {
				sums[b.Repo] = sums[b.Repo].Plus(b.Aside())
			}
			count += b.Count
		}
		if !sums[71].Equal(dollars(c.aside)) || !sums[72].Equal(dollars(c.second)) || count != c.count || len(sums) != 2 {
			t.Errorf("%s: %s and %s are set aside by %d reviews; want %s, %s and %d", c.name, sums[71], sums[72], count, c.aside, c.second, c.count)
		}
	}
}
