// Package spendtest has the tests that every implementation of spend.Store passes, and one in memory for the tests of
// other packages.
//
// It knows what the interface promises. It refuses to know where an implementation keeps its entries.
package spendtest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/usage"
)

// Run tests an implementation. place makes a place without any entries and returns a function that opens it: what it
// returns each time is to behave like another process, which has the same entries.
func Run(t *testing.T, place func(t *testing.T) (open func() spend.Store)) {
	for name, test := range map[string]func(*testing.T, func() spend.Store){
		"nothing": nothing, "order": order, "all of an entry": whole, "added twice": twice, "revisions": revisions,
		"bad entries": badEntries, "queries": queries, "writers": writers, "many at once": many,
		"what is handed out": handedOut, "a reader that stops": stopped, "a context that ended": ended,
	} {
		t.Run(name, func(t *testing.T) { test(t, place(t)) })
	}
}

func add(t testing.TB, s spend.Store, entries ...spend.Entry) {
	t.Helper()
	if err := s.Add(context.Background(), entries...); err != nil {
		t.Fatal(err)
	}
}

// All returns what a store has. An error ends the test.
func All(t testing.TB, entries iter.Seq2[spend.Entry, error]) []spend.Entry {
	t.Helper()
	var out []spend.Entry
	for e, err := range entries {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

// has fails the test when a store has other entries than those given, in whatever order.
func has(t testing.TB, s spend.Store, q spend.Query, want ...spend.Entry) {
	t.Helper()
	want = slices.Clone(want)
	spend.Sort(want)
	if diff := cmp.Diff(want, All(t, s.Entries(context.Background(), q))); diff != "" {
		t.Errorf("entries (-want +got):\n%.3000s", diff)
	}
}

// Entries returns the first entries of the tests.
func Entries(n int) []spend.Entry {
	var out []spend.Entry
	for i := range n {
		out = append(out, Entry(i))
	}
	return out
}

func nothing(t *testing.T, open func() spend.Store) {
	s := open()
	has(t, s, spend.Query{})
	add(t, s)
	has(t, s, spend.Query{})
}

// order has entries of three months, which come in any order and are read in one.
func order(t *testing.T, open func() spend.Store) {
	want := Entries(300) // the first is half a day before a month ends
	for i := range 5 {
		e := Entry(1000 + i)
		e.Hour = Noon.AddDate(0, -i, -1)
		e.Last = e.Hour
		want = append(want, e.Complete())
	}
	shuffled := slices.Clone(want)
	rand.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	s := open()
	for part := range slices.Chunk(shuffled, 100) {
		add(t, s, part...)
	}
	has(t, s, spend.Query{}, want...)
	has(t, open(), spend.Query{}, want...)
}

// whole has entries that say all that an entry can say, and as little as one may.
func whole(t *testing.T, open func() spend.Store) {
	full, bare := Entry(1), Entry(2)
	full.Part, full.Commit, full.Pull, full.Author, full.Labels = "7", "0123456789012345678901234567890123456789", 17, `A "B"`, []string{"team:a", "team:ä"}
	full.Tier, full.Attributes, full.Unseen = "batch", map[string]string{"speed": "fast", "geo": "us"}, 2
	full.Requests, full.Branch, full.Last = map[string]int64{"web_search": 3}, "x<y>&\u2028'", full.Hour.Add(time.Hour-1)
	if err := full.ReportedUSD.UnmarshalJSON([]byte(`"0.12345678901234567890"`)); err != nil {
		t.Fatal(err)
	}
	bare.Place, bare.Price, bare.Harness, bare.Version, bare.Tokens = spend.Place{}, spend.Price{}, "", "", usage.Tokens{}
	want := []spend.Entry{full.Complete(), bare.Complete()}
	add(t, open(), want...)
	has(t, open(), spend.Query{}, want...)
}

func twice(t *testing.T, open func() spend.Store) {
	want := Entries(5)
	s := open()
	add(t, s, want...)
	add(t, s, want[0], want[0], want[1])
	add(t, open(), want...)
	has(t, s, spend.Query{}, want...)
}

// revisions come in any order, from any process, in one call or several: the last one counts.
func revisions(t *testing.T, open func() spend.Store) {
	first, last := Entry(1), More(Entry(1), 9)
	s, other := open(), open()
	add(t, s, More(first, 4))
	has(t, other, spend.Query{}, More(first, 4))
	add(t, other, last)
	add(t, s, first)
	has(t, s, spend.Query{}, last)
	has(t, other, spend.Query{}, last)
	second := Entry(2)
	add(t, s, More(second, 2), More(second, 3), second, More(second, 1))
	has(t, open(), spend.Query{}, last, More(second, 3))
}

func badEntries(t *testing.T, open func() spend.Store) {
	s := open()
	other := Entry(2)
	other.Model = "another"
	for name, bad := range map[string]spend.Entry{"nothing": {}, "another id": other} {
		if err := s.Add(context.Background(), Entry(1), bad, Entry(3)); !errors.Is(err, spend.ErrBad) {
			t.Errorf("%s: error %v, want ErrBad", name, err)
		}
	}
	has(t, s, spend.Query{})
	add(t, s, Entry(1))
	has(t, s, spend.Query{}, Entry(1))
}

func queries(t *testing.T, open func() spend.Store) {
	all := Entries(300)
	for i := range all {
		if i%3 == 0 {
			all[i].Repository = ""
		}
		if i%3 == 1 {
			all[i].Repository = "github.com/acme/other"
		}
		all[i] = all[i].Complete()
	}
	s := open()
	add(t, s, all...)
	for name, q := range map[string]spend.Query{
		"from":             {From: Noon.Add(12 * time.Hour)},
		"to":               {To: Noon.Add(12 * time.Hour)},
		"an hour":          {From: Noon.Add(3 * time.Hour), To: Noon.Add(4 * time.Hour)},
		"a part of one":    {From: Noon.Add(time.Minute), To: Noon.Add(time.Hour)},
		"a local time":     {From: Noon.Add(13 * time.Hour).In(time.FixedZone("", -8*3600))},
		"before all":       {To: Noon},
		"after all":        {From: Noon.AddDate(1, 0, 0)},
		"one repository":   {Repositories: []string{"github.com/acme/shop"}},
		"two of them":      {Repositories: []string{"github.com/acme/shop", "github.com/acme/other"}},
		"another one":      {Repositories: []string{"github.com/acme/none"}},
		"in a time":        {From: Noon.Add(5 * time.Hour), To: Noon.Add(20 * time.Hour), Repositories: []string{"github.com/acme/other"}},
		"the wrong way on": {From: Noon.Add(5 * time.Hour), To: Noon},
	} {
		t.Run(name, func(t *testing.T) {
			var want []spend.Entry
			for _, e := range all {
				if q.Wants(e) {
					want = append(want, e)
				}
			}
			has(t, s, q, want...)
		})
	}
}

// writers are many at once: each adds entries of its own, and all add further calls to the same ones.
func writers(t *testing.T, open func() spend.Store) {
	const all, each = 8, 6
	var want []spend.Entry
	var done sync.WaitGroup
	for w := range all {
		s := open()
		for i := range each {
			want = append(want, Entry(100+w*each+i))
		}
		done.Go(func() {
			for i := range each {
				if err := s.Add(context.Background(), Entry(100+w*each+i), More(Entry(i), int64(w))); err != nil {
					t.Error(err)
				}
			}
			for _, err := range s.Entries(context.Background(), spend.Query{}) { // while others write
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	done.Wait()
	for i := range each {
		want = append(want, More(Entry(i), all-1))
	}
	has(t, open(), spend.Query{}, want...)
}

func many(t *testing.T, open func() spend.Store) {
	want := Entries(3000)
	add(t, open(), want...)
	has(t, open(), spend.Query{}, want...)
}

// handedOut: what was added, and what was handed out, belongs to the caller.
func handedOut(t *testing.T, open func() spend.Store) {
	of := func() spend.Entry {
		e := Entry(1)
		e.Labels, e.Attributes, e.Requests = []string{"a"}, map[string]string{"speed": "fast"}, map[string]int64{"web_search": 1}
		return e.Complete()
	}
	change := func(e spend.Entry) {
		e.Labels[0], e.Attributes["speed"], e.Requests["web_search"] = "b", "slow", 2
	}
	s, e := open(), of()
	add(t, s, e)
	change(e)
	for _, got := range All(t, s.Entries(context.Background(), spend.Query{})) {
		change(got)
	}
	has(t, s, spend.Query{}, of())
}

func stopped(t *testing.T, open func() spend.Store) {
	s := open()
	add(t, s, Entries(25)...)
	for stop := range 3 {
		n := 0
		for _, err := range s.Entries(context.Background(), spend.Query{}) {
			if err != nil {
				t.Fatal(err)
			}
			if n++; n > stop {
				break
			}
		}
		if n != stop+1 {
			t.Errorf("%d entries, want %d", n, stop+1)
		}
	}
}

func ended(t *testing.T, open func() spend.Store) {
	s := open()
	add(t, s, Entry(1))
	ctx, cancel := context.WithCancelCause(context.Background())
	given := fmt.Errorf("given up")
	cancel(given)
	if err := s.Add(ctx, Entry(2)); !errors.Is(err, given) && !errors.Is(err, context.Canceled) {
		t.Errorf("adding: error %v", err)
	}
	var last error
	for _, err := range s.Entries(ctx, spend.Query{}) {
		last = err
	}
	if !errors.Is(last, given) && !errors.Is(last, context.Canceled) {
		t.Errorf("reading: error %v", last)
	}
	has(t, open(), spend.Query{}, Entry(1))
}
