package sqlrecord_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/record/recordtest"
	"github.com/pertask/pertask/app/sqldb"
	"github.com/pertask/pertask/app/sqldb/sqldbtest"
	"github.com/pertask/pertask/app/sqldb/sqlrecord"
	"github.com/pertask/pertask/app/sqldb/tenant"
)

func TestMain(m *testing.M) { os.Exit(sqldbtest.Main(m)) }

// turns returns a function that opens a database from two sides in turn, which behave like two processes.
func turns(dbs [2]*sqldb.DB) func() recordtest.Store {
	var n atomic.Int64
	return func() recordtest.Store { return sqlrecord.New(dbs[n.Add(1)%2]) }
}

func TestConformanceSQLite(t *testing.T) {
	recordtest.Run(t, func(t *testing.T) func() recordtest.Store {
		url := sqldbtest.File(t)
		return turns([2]*sqldb.DB{sqldbtest.Open(t, url), sqldbtest.Open(t, url)})
	})
}

func TestConformancePostgres(t *testing.T) {
	url := sqldbtest.Postgres(t)
	dbs := [2]*sqldb.DB{sqldbtest.Open(t, url), sqldbtest.Open(t, url)}
	recordtest.Run(t, func(t *testing.T) func() recordtest.Store {
		if _, err := dbs[0].Exec("TRUNCATE installations, review_suites, " + strings.Join(tenant.Tables, ", ") + " CASCADE"); err != nil {
			t.Fatal(err)
		}
		return turns(dbs)
	})
}

// A scope of more repositories than a statement has parameters.
func TestManyRepositories(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := sqlrecord.New(db)
		r := recordtest.Review(recordtest.Mine, 0)
		if err := s.SaveReview(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		scope := record.Scope{Installation: r.Repo.Installation}
		for id := range int64(100_000) {
			scope.Repos = append(scope.Repos, 1_000_000+id)
		}
		for want := range 2 {
			got, err := s.List(t.Context(), scope, record.Filter{})
			if err != nil || len(got) != want {
				t.Errorf("%d reviews, %v; want %d", len(got), err, want)
			}
			scope.Repos = append(scope.Repos, r.Repo.ID)
		}
	})
}

// What cannot be written whole is not written in part.
func TestSaveReviewIsWhole(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := sqlrecord.New(db)
		have := recordtest.Review(recordtest.Mine, 0)
		if err := s.SaveReview(t.Context(), have); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(`ALTER TABLE review_suites RENAME COLUMN report TO gone`); err != nil {
			t.Fatal(err)
		}
		next := have
		next.Title = "another one"
		if err := s.SaveReview(t.Context(), next); err == nil {
			t.Fatal("it was saved without its suites")
		}
		if _, err := db.Exec(`ALTER TABLE review_suites RENAME COLUMN gone TO report`); err != nil {
			t.Fatal(err)
		}
		got, found, err := s.Review(t.Context(), recordtest.Of(have.Repo), have.ID)
		if err != nil || !found || got.Title != have.Title || len(got.Suites) != 1 {
			t.Errorf("review %+v, %v, %v; want the one before", got, found, err)
		}
	})
}

// A damaged amount is an error and not zero.
func TestDamagedAmount(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := sqlrecord.New(db)
		if err := s.SaveReview(t.Context(), recordtest.Review(recordtest.Mine, 0)); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(`UPDATE reviews SET spent = '1e'`); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Spent(t.Context(), 7, 0, time.Time{}); err == nil || got.IsKnown() {
			t.Errorf("spent %v, %v; want an error", got, err)
		}
		if _, err := s.List(t.Context(), recordtest.Of(recordtest.Mine), record.Filter{}); err == nil {
			t.Error("the review was listed")
		}
	})
}

// No other installation can be removed by a number that is none, and none is removed by accident.
func TestRemoveOfNone(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := sqlrecord.New(db)
		if err := errors.Join(s.SaveRepos(t.Context(), recordtest.Mine), s.Append(t.Context(), record.Act{Time: recordtest.Noon, Verb: "sign-in"})); err != nil {
			t.Fatal(err)
		}
		for _, id := range []int64{0, -7} {
			if err := s.RemoveRepos(t.Context(), id); err == nil {
				t.Errorf("installation %d was removed", id)
			}
		}
		var acts int
		if err := db.QueryRow(`SELECT COUNT(*) FROM acts`).Scan(&acts); err != nil || acts != 1 {
			t.Errorf("%d acts, %v; want 1", acts, err)
		}
	})
}

func BenchmarkList(b *testing.B) {
	for name, place := range map[string]func(testing.TB) string{"sqlite": sqldbtest.File, "postgres": sqldbtest.Postgres} {
		b.Run(name, func(b *testing.B) {
			s := sqlrecord.New(sqldbtest.Open(b, place(b)))
			for n := range 1000 {
				if err := s.SaveReview(b.Context(), recordtest.Review(recordtest.Mine, n)); err != nil {
					b.Fatal(err)
				}
			}
			scope := recordtest.Of(recordtest.Mine)
			for b.Loop() {
				page, err := s.List(b.Context(), scope, record.Filter{Limit: 50, Before: fmt.Sprintf("%016x%016x", 71, 500)})
				if err != nil || len(page) != 50 {
					b.Fatal(len(page), err)
				}
			}
		})
	}
}
