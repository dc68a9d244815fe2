// Package recordtest has the tests that every implementation of record's interfaces passes, and one in memory for the tests of
// other packages.
//
// It knows what the interfaces promise. It refuses to know where an implementation keeps its records.
package recordtest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/price"
)

// Store is what is tested.
type Store interface {
	record.Reviews
	record.Audit
	record.Log
	record.Accounts
	record.Repos
	record.Pruner
}

// Run tests an implementation. place makes a place without any records and returns a function that opens it: what it returns
// each time is to behave like another process, which has the same records.
func Run(t *testing.T, place func(t *testing.T) (open func() Store)) {
	for name, test := range map[string]func(*testing.T, func() Store){
		"nothing is there":                   nothing,
		"nothing is lost of a review":        whole,
		"a review takes its place":           replaced,
		"an ID is of one repository":         otherID,
		"bad records are refused":            bad,
		"texts that no database keeps":       texts,
		"the list is in order and has pages": pages,
		"the list is filtered":               filtered,
		"spent is exact":                     spent,
		"what a month has left":              settles,
		"a month's money is set aside once":  reserved,
		"an overtaken attempt keeps nothing": overtaken,
		"acts are in order and have pages":   acts,
		"the log has verdicts and acts":      logged,
		"the log is filtered":                logFiltered,
		"what is set aside":                  booked,
		"repositories come, change and go":   repos,
		"names are those of now":             names,
		"nobody reads across":                across,
		"an installation goes with all":      uninstalled,
		"reports go and figures stay":        pruned,
		"writers at once":                    writers,
		"a context that has ended":           ended,
	} {
		t.Run(name, func(t *testing.T) { test(t, place(t)) })
	}
}

// Noon is the time around which the tests' records are.
var Noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// Mine and Other are repositories of two installations.
var (
	Mine  = record.Repo{Installation: 7, ID: 71, Name: "acme/agent"}
	Other = record.Repo{Installation: 8, ID: 81, Name: "globex/agent"}
)

// Of is the scope of whoever sees the given repositories of one installation, and those only.
func Of(repos ...record.Repo) record.Scope {
	var s record.Scope
	for _, r := range repos {
		s.Installation, s.Repos = r.Installation, append(s.Repos, r.ID)
	}
	return s
}

// Review returns a review of a repository as a store keeps it, with every field; n tells reviews apart and is how many minutes
// after Noon it started.
func Review(repo record.Repo, n int) record.Review {
	x := func(v float64) *float64 { return &v }
	start := Noon.Add(time.Duration(n) * time.Minute)
	return record.Review{
		ID: fmt.Sprintf("%016x%016x", repo.ID, n), Repo: repo, Pull: 42 + n, Head: "c0ffee", Base: "beef", Kind: "pull_request", By: "octocat", Delivery: fmt.Sprint("delivery-", n),
		State: record.Ended, Started: start, Ended: start.Add(90 * time.Second), Title: "Don't switch", Conclusion: "neutral", Exit: 1,
		Spent: price.Known(price.MustMoney("1.230000000000000001")),
		Suites: []record.Suite{{
			Name: "worst-three", Result: "measured", Verdict: "dont-switch", Ratio: x(2.31), Low: x(2.2), High: x(2.42), BaseModel: "gpt-5.4", HeadModel: "gpt-5.5",
			Base: price.Known(price.MustMoney("0.1")), Head: price.Known(price.MustMoney("0.231")), BaseRate: x(1), HeadRate: x(0), Question: "q1", Evidence: "sha256:aa",
			Report: []byte(`{"schema":"pertask.report/1"}`),
		}},
	}
}

func with[T any](v T, change func(*T)) T {
	change(&v)
	return v
}

func save(t *testing.T, s Store, reviews ...record.Review) {
	t.Helper()
	for _, r := range reviews {
		if err := s.SaveReview(t.Context(), r); err != nil {
			t.Fatalf("saving a review: %v", err)
		}
	}
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// has says what a review must be, with its reports and in the list.
func has(t *testing.T, s Store, want record.Review) {
	t.Helper()
	got, found, err := s.Review(t.Context(), Of(want.Repo), want.ID)
	if err != nil || !found {
		t.Fatalf("review %s: found %v, %v", want.ID, found, err)
	}
	same(t, "review", want, got)
}

// lists says which reviews are listed.
func lists(t *testing.T, s Store, scope record.Scope, f record.Filter, want ...record.Review) []record.Review {
	t.Helper()
	got, err := s.List(t.Context(), scope, f)
	if err != nil {
		t.Fatalf("listing: %v", err)
	}
	var bare []record.Review
	for _, r := range want {
		suites := make([]record.Suite, len(r.Suites))
		for i, s := range r.Suites {
			s.Report = nil
			suites[i] = s
		}
		r.Suites = suites
		bare = append(bare, r)
	}
	same(t, fmt.Sprintf("list of %+v", f), bare, got)
	return got
}

func nothing(t *testing.T, open func() Store) {
	s := open()
	lists(t, s, Of(Mine), record.Filter{})
	if r, found, err := s.Review(t.Context(), Of(Mine), Review(Mine, 0).ID); found || err != nil || r.ID != "" {
		t.Errorf("review %+v, %v, %v; want none", r, found, err)
	}
	if got, err := s.Spent(t.Context(), Mine.Installation, 0, time.Time{}); err != nil || !got.Equal(price.Known(price.Money{})) {
		t.Errorf("spent %v, %v; want 0", got, err)
	}
	if got, err := s.Acts(t.Context(), Of(Mine), record.Filter{}, time.Time{}); len(got) != 0 || err != nil {
		t.Errorf("acts %v, %v; want none", got, err)
	}
	if got, err := s.Installed(t.Context(), Mine.Installation); len(got) != 0 || err != nil {
		t.Errorf("installed %v, %v; want none", got, err)
	}
	if err := s.RemoveRepos(t.Context(), Mine.Installation, 1, 2); err != nil {
		t.Error(err)
	}
	if n, err := s.Prune(t.Context(), Noon); n != 0 || err != nil {
		t.Errorf("pruned %d, %v; want 0", n, err)
	}
}

// whole has every field, and fields that are unknown or not there: unknown is not zero.
func whole(t *testing.T, open func() Store) {
	full := Review(Mine, 0)
	poor := record.Review{ID: strings.Repeat("0", 31) + "f", Repo: Mine, State: record.Running, Started: Noon.Add(-time.Microsecond), Suites: []record.Suite{{Name: "b"}, {Name: "a"}}}
	save(t, open(), full, poor)
	s := open()
	has(t, s, full)
	has(t, s, poor)
	got := lists(t, s, Of(Mine), record.Filter{}, full, poor)
	if len(got) == 2 && (got[1].Spent.IsKnown() || got[1].Suites[0].Ratio != nil || !got[1].Ended.IsZero()) {
		t.Error("what was unknown became known")
	}
	zero := with(Review(Mine, 1), func(r *record.Review) {
		r.Spent, r.Suites[0].Base = price.Known(price.Money{}), price.Known(price.Money{})
		r.Suites[0].Ratio, r.Suites[0].Low = new(float64), new(float64)
	})
	save(t, s, zero)
	has(t, open(), zero)
}

func replaced(t *testing.T, open func() Store) {
	began := with(Review(Mine, 0), func(r *record.Review) {
		r.State, r.Ended, r.Suites, r.Spent = record.Running, time.Time{}, nil, price.Amount{}
	})
	two := with(Review(Mine, 0), func(r *record.Review) {
		r.Suites = append(r.Suites, record.Suite{Name: "second", Report: []byte("{}")}, record.Suite{Name: "third"})
	})
	for _, r := range []record.Review{began, two, Review(Mine, 0), Review(Mine, 0)} {
		save(t, open(), r)
		has(t, open(), r)
		lists(t, open(), Of(Mine), record.Filter{}, r)
	}
}

func otherID(t *testing.T, open func() Store) {
	have := Review(Mine, 0)
	save(t, open(), have)
	for _, repo := range []record.Repo{Other, {Installation: Mine.Installation, ID: 72, Name: "acme/other"}} {
		stolen := with(Review(repo, 1), func(r *record.Review) { r.ID = have.ID })
		if err := open().SaveReview(t.Context(), stolen); !errors.Is(err, record.ErrOther) {
			t.Errorf("error %v, want ErrOther", err)
		}
		lists(t, open(), Of(repo), record.Filter{})
	}
	has(t, open(), have)
}

func bad(t *testing.T, open func() Store) {
	s := open()
	for name, change := range map[string]func(*record.Review){
		"no ID":                func(r *record.Review) { r.ID = "" },
		"an ID of other signs": func(r *record.Review) { r.ID = strings.Repeat("g", 32) },
		"an ID in upper case":  func(r *record.Review) { r.ID = strings.Repeat("A", 32) },
		"no installation":      func(r *record.Review) { r.Repo.Installation = 0 },
		"no repository":        func(r *record.Review) { r.Repo.ID = 0 },
		"no start":             func(r *record.Review) { r.Started = time.Time{} },
		"no state":             func(r *record.Review) { r.State = "" },
		"a long title":         func(r *record.Review) { r.Title = strings.Repeat("x", record.MaxText+1) },
		"a long report":        func(r *record.Review) { r.Suites[0].Report = make([]byte, record.MaxReport+1) },
		"a long name":          func(r *record.Review) { r.Suites[0].Name = strings.Repeat("x", record.MaxText+1) },
		"many suites":          func(r *record.Review) { r.Suites = make([]record.Suite, record.MaxSuites+1) },
	} {
		if err := s.SaveReview(t.Context(), with(Review(Mine, 0), change)); !errors.Is(err, record.ErrRecord) {
			t.Errorf("%s: error %v, want ErrRecord", name, err)
		}
	}
	for name, a := range map[string]record.Act{
		"no time":       {Repo: Mine, Verb: "run"},
		"no verb":       {Repo: Mine, Time: Noon},
		"a bad number":  {Repo: record.Repo{Installation: -1}, Verb: "run", Time: Noon},
		"a long reason": {Repo: Mine, Verb: "run", Time: Noon, Reason: strings.Repeat("x", record.MaxText+1)},
	} {
		if err := s.Append(t.Context(), a); !errors.Is(err, record.ErrRecord) {
			t.Errorf("%s: error %v, want ErrRecord", name, err)
		}
	}
	if err := s.SaveRepos(t.Context(), Mine, record.Repo{Installation: 7}); !errors.Is(err, record.ErrRecord) {
		t.Errorf("error %v, want ErrRecord", err)
	}
	lists(t, s, Of(Mine), record.Filter{})
	if got, err := s.Installed(t.Context(), 7); len(got) != 0 || err != nil {
		t.Errorf("installed %v, %v; want none", got, err)
	}
}

func texts(t *testing.T, open func() Store) {
	nan, inf := math.NaN(), math.Inf(1)
	given := with(Review(Mine, 0), func(r *record.Review) {
		r.Title, r.By, r.Suites[0].Name = "a\x00b \xff 'quoted'; --", "œ \U0001F600", "a\nb\t\"c\""
		r.Suites[0].Ratio, r.Suites[0].Low = &nan, &inf
		r.Started = r.Started.Add(1999).In(time.FixedZone("east", 3600))
	})
	want := with(given, func(r *record.Review) {
		r.Title, r.Started = "a\uFFFDb \uFFFD 'quoted'; --", Noon.Add(time.Microsecond)
		r.Suites = []record.Suite{r.Suites[0]}
		r.Suites[0].Ratio, r.Suites[0].Low = nil, nil
	})
	save(t, open(), given)
	has(t, open(), want)
	lists(t, open(), Of(Mine), record.Filter{Suite: "a\nb\t\"c\""}, want)
	for _, evil := range []string{"' OR '1'='1", "%", "_", "\x00", "\xff"} {
		lists(t, open(), Of(Mine), record.Filter{Suite: evil})
		lists(t, open(), Of(Mine), record.Filter{Model: evil})
		lists(t, open(), Of(Mine), record.Filter{State: record.State(evil)})
		lists(t, open(), Of(Mine), record.Filter{Before: evil})
		if _, found, err := open().Review(t.Context(), Of(Mine), evil); found || err != nil {
			t.Errorf("review %q: found %v, %v", evil, found, err)
		}
	}
}

func writers(t *testing.T, open func() Store) {
	const each, most = 6, 4
	var all sync.WaitGroup
	for w := range most {
		all.Go(func() {
			s := open()
			for i := range each {
				n := w*each + i
				errs := errors.Join(
					s.SaveReview(t.Context(), Review(Mine, n)), s.SaveReview(t.Context(), Review(Mine, 1000)),
					s.Append(t.Context(), act(Mine, n, "run")), s.SaveRepos(t.Context(), Mine, record.Repo{Installation: 7, ID: int64(100 + n), Name: fmt.Sprint("acme/", n)}),
				)
				if errs != nil {
					t.Errorf("writer %d: %v", w, errs)
				}
			}
		})
	}
	all.Wait()
	got, err := open().List(t.Context(), Of(Mine), record.Filter{})
	if err != nil || len(got) != each*most+1 {
		t.Errorf("%d reviews, %v; want %d", len(got), err, each*most+1)
	}
	for _, r := range got {
		if len(r.Suites) != 1 {
			t.Errorf("review %s has %d suites, want 1", r.ID, len(r.Suites))
		}
	}
	if got, err := open().Acts(t.Context(), Of(Mine), record.Filter{}, time.Time{}); err != nil || len(got) != each*most {
		t.Errorf("%d acts, %v; want %d", len(got), err, each*most)
	}
	if got, err := open().Installed(t.Context(), 7); err != nil || len(got) != each*most+1 {
		t.Errorf("%d repositories, %v; want %d", len(got), err, each*most+1)
	}
}

func ended(t *testing.T, open func() Store) {
	given := errors.New("given up")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(given)
	s := open()
	_, errList := s.List(ctx, Of(Mine), record.Filter{})
	_, _, errReview := s.Review(ctx, Of(Mine), Review(Mine, 0).ID)
	_, errSpent := s.Spent(ctx, 7, 0, time.Time{})
	_, errActs := s.Acts(ctx, Of(Mine), record.Filter{}, time.Time{})
	_, errInstalled := s.Installed(ctx, 7)
	_, errPrune := s.Prune(ctx, Noon)
	for i, err := range []error{
		errList, errReview, errSpent, errActs, errInstalled, errPrune, s.SaveReview(ctx, Review(Mine, 0)), s.Append(ctx, act(Mine, 0, "run")),
		s.SaveRepos(ctx, Mine), s.RemoveRepos(ctx, 7),
	} {
		if !errors.Is(err, given) {
			t.Errorf("call %d: error %v, want the context's", i, err)
		}
	}
	save(t, open(), Review(Mine, 0))
	lists(t, open(), Of(Mine), record.Filter{}, Review(Mine, 0))
}
