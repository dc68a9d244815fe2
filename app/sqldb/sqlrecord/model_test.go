package sqlrecord_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/record/recordtest"
	"github.com/pertask/pertask/app/sqldb"
	"github.com/pertask/pertask/app/sqldb/sqldbtest"
	"github.com/pertask/pertask/app/sqldb/sqlrecord"
	"github.com/pertask/pertask/price"
)

// dice throws whatever a store can be given, in a world that is small enough for collisions.
type dice struct{ *rand.Rand }

func pick[T any](d dice, of ...T) T { return of[d.IntN(len(of))] }

func (d dice) repo() record.Repo {
	inst := int64(1 + d.IntN(3))
	return record.Repo{Installation: inst, ID: int64(1 + d.IntN(4)), Name: pick(d, "", "acme/a", "acme/b", "ACME/c")}
}

func (d dice) scope() record.Scope {
	s := record.Scope{Installation: pick[int64](d, 0, 1, 1, 2, 2, 3, 3)}
	for id := range int64(5) {
		if d.IntN(4) > 0 {
			s.Repos = append(s.Repos, id)
		}
	}
	return s
}

func (d dice) time() time.Time {
	return recordtest.Noon.Add(time.Duration(d.IntN(12)) * 500 * time.Nanosecond) // some are not whole microseconds
}

func (d dice) id() string { return fmt.Sprintf("%032x", d.IntN(30)) }

func (d dice) review() record.Review {
	r := record.Review{ID: d.id(), Repo: d.repo(), State: pick(d, record.Running, record.Ended, record.Superseded, record.Broken), Started: d.time(),
		Title: pick(d, "", "a\x00\xff", "it's"), Spent: pick(d, price.Amount{}, price.Known(price.MustMoney("0.1")), price.Known(price.MustMoney("0.000000000000000000007")))}
	if d.IntN(2) == 0 {
		r.Ended = d.time()
	}
	for range d.IntN(3) {
		ratio := d.Float64()
		r.Suites = append(r.Suites, record.Suite{Name: pick(d, "s", "t"), BaseModel: pick(d, "m", "n"), HeadModel: pick(d, "m", "n", ""), Ratio: pick(d, nil, &ratio),
			Base: r.Spent, Report: pick(d, nil, []byte("{}"), []byte{0, 255})})
	}
	return r
}

func (d dice) filter() record.Filter {
	f := record.Filter{Limit: pick(d, 0, 0, 1, 3)}
	if d.IntN(3) == 0 {
		f.Suite, f.Model, f.State = pick(d, "", "s", "t", "\x00"), pick(d, "", "m", "n"), pick(d, "", record.Ended)
	}
	if d.IntN(3) == 0 {
		f.Repo = int64(d.IntN(5))
	}
	if d.IntN(3) == 0 {
		f.Since = d.time()
	}
	if d.IntN(3) == 0 {
		f.Before = d.id()
	}
	return f
}

// outcome is what a step came to, to be compared.
type outcome struct {
	Value any
	Err   string
}

func of(v any, err error) outcome {
	o := outcome{Value: v}
	for _, known := range []error{record.ErrRecord, record.ErrOther, record.ErrGone} {
		if errors.Is(err, known) {
			o.Err = known.Error()
		}
	}
	if err != nil && o.Err == "" {
		o.Err = err.Error()
	}
	return o
}

// step throws one step, to be carried out on any store.
func (d dice) step(t *testing.T) (string, func(recordtest.Store) outcome) {
	ctx, s, f, at, repo := t.Context(), d.scope(), d.filter(), d.time(), d.repo()
	switch d.IntN(24) {
	case 0, 1, 2, 3, 4:
		r := d.review()
		return fmt.Sprintf("save %+v", r), func(x recordtest.Store) outcome { return of(nil, x.SaveReview(ctx, r)) }
	case 5, 6, 7:
		a := record.Act{Time: at, Repo: repo, Verb: pick(d, "run", "accept", ""), Reason: fmt.Sprint(d.IntN(1000))}
		a.Repo.ID = pick(d, 0, a.Repo.ID)
		return fmt.Sprintf("append %+v", a), func(x recordtest.Store) outcome { return of(nil, x.Append(ctx, a)) }
	case 8, 9:
		other := d.repo()
		return fmt.Sprintf("save %+v and %+v", repo, other), func(x recordtest.Store) outcome { return of(nil, x.SaveRepos(ctx, repo, other)) }
	case 10:
		ids := []int64{repo.ID}
		if d.IntN(50) == 0 {
			ids = nil
		}
		return fmt.Sprintf("remove %d of %d", ids, repo.Installation), func(x recordtest.Store) outcome { return of(nil, x.RemoveRepos(ctx, repo.Installation, ids...)) }
	case 11:
		return fmt.Sprintf("prune %v", at), func(x recordtest.Store) outcome { return of(x.Prune(ctx, at)) }
	case 12:
		return fmt.Sprintf("installed in %d", repo.Installation), func(x recordtest.Store) outcome { return of(x.Installed(ctx, repo.Installation)) }
	case 13:
		return fmt.Sprintf("spent by %+v since %v", repo, at), func(x recordtest.Store) outcome {
			a, err := x.Spent(ctx, repo.Installation, repo.ID, at)
			return of(a.String(), err)
		}
	case 14, 15:
		before := pick(d, time.Time{}, at)
		return fmt.Sprintf("acts for %+v of %+v before %v", s, f, before), func(x recordtest.Store) outcome { return of(x.Acts(ctx, s, f, before)) }
	case 16:
		id := d.id()
		return fmt.Sprintf("review %s for %+v", id, s), func(x recordtest.Store) outcome {
			r, found, err := x.Review(ctx, s, id)
			return of([]any{r, found}, err)
		}
	}
	return fmt.Sprintf("list for %+v %+v", s, f), func(x recordtest.Store) outcome { return of(x.List(ctx, s, f)) }
}

// TestLikeMemory carries out random steps on the database and in memory: both say the same after each. Memory decides what a scope
// sees by record.Scope.Sees and what a filter lets through by record.Filter.Has, and the database by SQL.
func TestLikeMemory(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		store := sqlrecord.New(db)
		seed := uint64(time.Now().UnixNano())
		d := dice{rand.New(rand.NewPCG(seed, 1))}
		var memory recordtest.Memory
		values := 0
		for n := range 600 {
			what, do := d.step(t)
			want, got := do(&memory), do(store)
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("seed %d, step %d: %s (-memory +database):\n%s", seed, n, what, diff)
			}
			if want.Err == "" && want.Value != nil {
				values++
			}
		}
		if values < 100 {
			t.Errorf("only %d steps read something", values)
		}
	})
}
