package spend_test

import (
	"errors"
	"iter"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/ledger/spendtest"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

func TestLater(t *testing.T) {
	e := spendtest.Entry(1)
	with := func(change func(*spend.Entry)) spend.Entry {
		e := spendtest.Entry(1)
		change(&e)
		e.Revision = e.Calls + e.Unseen
		return e
	}
	for _, tt := range []struct {
		name  string
		later spend.Entry
	}{
		{"more calls", spendtest.More(e, 1)},
		{"more unseen ones", with(func(e *spend.Entry) { e.Unseen = 1 })},
		{"more tokens", with(func(e *spend.Entry) { e.Tokens.Output = usage.Known(1000) })},
		{"a later last call, with fewer tokens", with(func(e *spend.Entry) { e.Last, e.Tokens.Output = e.Last.Add(time.Second), usage.Known(1) })},
		{"a later last call", with(func(e *spend.Entry) { e.Last = e.Last.Add(time.Second) })},
	} {
		for _, got := range []spend.Entry{spend.Later(e, tt.later), spend.Later(tt.later, e)} {
			if diff := cmp.Diff(tt.later, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.name, diff)
			}
		}
	}
	seen, unseen := with(func(e *spend.Entry) { e.Calls = 5 }), with(func(e *spend.Entry) { e.Unseen = 2 })
	if got := spend.Later(unseen, seen); got.Unseen != 0 {
		t.Error("a call that was seen at last counts less than one that was not")
	}
	a, b := with(func(e *spend.Entry) { e.Commit = "a" }), with(func(e *spend.Entry) { e.Commit = "b" })
	if cmp.Diff(spend.Later(a, b), spend.Later(b, a)) != "" {
		t.Error("which one counts depends on the order")
	}
}

func TestPlus(t *testing.T) {
	a, b := spendtest.Entry(1), spendtest.Entry(1)
	a.Version, a.Commit, b.Commit, b.Labels, b.Version = "1", "a", "b", []string{"team:x"}, ""
	b.Calls, b.Unseen, b.Last, b.Requests = 2, 1, a.Last.Add(time.Second), map[string]int64{"web_search": 2}
	b.Tokens.CacheRead = usage.Count{}
	b = b.Complete()
	want := spendtest.Entry(1)
	want.Version, want.Commit, want.Labels, want.Last = "1", "b", []string{"team:x"}, b.Last
	want.Calls, want.Unseen, want.Revision, want.Requests = 5, 1, 6, map[string]int64{"web_search": 2}
	want.Tokens.Input, want.Tokens.Output, want.Tokens.CacheRead = usage.Known(2002), usage.Known(1000), usage.Count{}
	for _, pair := range [][2]spend.Entry{{a, b}, {b, a}} {
		got, err := spend.Plus(pair[0], pair[1])
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("sum (-want +got):\n%s", diff)
		}
	}
	if b.Requests["web_search"] != 2 || a.Requests != nil {
		t.Error("what was added changed")
	}
	if _, err := spend.Plus(a, spendtest.Entry(2)); err == nil {
		t.Error("entries of two sessions were added")
	}
	none := spendtest.Entry(1)
	none.Calls, none.Unseen, none.Tokens = 0, 1, usage.Tokens{}
	a.ReportedUSD = price.Known(price.MustMoney("2"))
	for _, pair := range [][2]spend.Entry{{a, none}, {none, a}} {
		got, err := spend.Plus(pair[0], pair[1])
		if err != nil || got.Tokens != a.Tokens || !got.ReportedUSD.Equal(a.ReportedUSD) || got.Unseen != 1 || got.Calls != 3 {
			t.Errorf("with a call unseen: %+v, %v", got, err)
		}
	}
}

// In whatever pieces and order entries are met, and however often, the same is left.
func TestSetDoesNotDependOnTheOrder(t *testing.T) {
	var all, want []spend.Entry
	for n := range 30 {
		first := spendtest.Entry(n)
		last := spendtest.More(first, 5)
		all, want = append(all, first, spendtest.More(first, 2), last, last), append(want, last)
	}
	spend.Sort(want)
	for range 20 {
		rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		var s spend.Set
		for _, e := range all {
			s.Add(e)
		}
		if diff := cmp.Diff(want, s.Sorted()); diff != "" || s.Len() != 30 {
			t.Fatalf("%d entries (-want +got):\n%s", s.Len(), diff)
		}
	}
	var s spend.Set
	if !s.Add(all[0]) || s.Add(all[0]) {
		t.Error("adding once does not change the set, or adding twice does")
	}
}

func values(entries ...spend.Entry) iter.Seq2[spend.Entry, error] {
	return func(yield func(spend.Entry, error) bool) {
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func failing(err error, entries ...spend.Entry) iter.Seq2[spend.Entry, error] {
	return func(yield func(spend.Entry, error) bool) {
		for e := range values(entries...) {
			if !yield(e, nil) || !yield(spend.Entry{}, err) {
				return
			}
		}
	}
}

func TestMerge(t *testing.T) {
	sources := make([][]spend.Entry, 3)
	var want spend.Set
	for n := range 60 {
		e := spendtest.Entry(n)
		for i := range sources {
			if n%(i+2) == 0 {
				sources[i] = append(sources[i], spendtest.More(e, int64((n*7+i)%3)))
				want.Add(sources[i][len(sources[i])-1])
			}
		}
	}
	for i := range sources {
		spend.Sort(sources[i])
	}
	sources[0] = slices.Insert(sources[0], 3, sources[0][3]) // one that yields an entry twice
	bad := &spend.LineError{Line: 3, Err: errors.New("bad")}
	var got []spend.Entry
	skipped, err := spend.Each(spend.Merge(values(sources[0]...), failing(bad, sources[1]...), values(), values(sources[2]...)), func(e spend.Entry) error {
		got = append(got, e)
		return nil
	})
	if err != nil || skipped.Lines != len(sources[1]) {
		t.Errorf("%d errors of %d, and %v", skipped.Lines, len(sources[1]), err)
	}
	if diff := cmp.Diff(want.Sorted(), got); diff != "" {
		t.Errorf("merged (-want +got):\n%s", diff)
	}
	for stop := range 8 { // whoever stops in the middle is asked no more
		n := 0
		for range spend.Merge(values(sources[0]...), failing(bad, sources[1]...)) {
			if n++; n > stop {
				break
			}
		}
		if n != stop+1 {
			t.Errorf("%d were yielded, want %d", n, stop+1)
		}
	}
}
