package sqlspend_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/sqldb"
	"github.com/pertask/pertask/app/sqldb/sqldbtest"
	"github.com/pertask/pertask/app/sqldb/sqlspend"
	"github.com/pertask/pertask/app/sqldb/tenant"
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/ledger/spendtest"
)

func TestMain(m *testing.M) { os.Exit(sqldbtest.Main(m)) }

// TestStore gives each test an installation of its own in one database, which two processes have open.
func TestStore(t *testing.T) {
	sqldbtest.EachURL(t, func(t *testing.T, url string) {
		sides := [2]*sqldb.DB{sqldbtest.Open(t, url), sqldbtest.Open(t, url)}
		var installations, opened atomic.Int64
		spendtest.Run(t, func(*testing.T) func() spend.Store {
			installation := installations.Add(1)
			return func() spend.Store { return sqlspend.New(sides[opened.Add(1)%2], installation) }
		})
	})
}

// TestApart holds that installations see their own entries only, and that one that was removed has and takes none.
func TestApart(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		e := spendtest.Entry(1)
		for _, i := range []int64{1, 2} {
			if err := sqlspend.New(db, i).Add(ctx, e); err != nil {
				t.Fatal(err)
			}
		}
		if err := sqlspend.New(db, 1).Add(ctx, spendtest.Entry(2)); err != nil {
			t.Fatal(err)
		}
		if n := len(spendtest.All(t, sqlspend.New(db, 2).Entries(ctx, spend.Query{}))); n != 1 {
			t.Errorf("the second has %d entries; want its own", n)
		}
		if err := forget(ctx, db, 1); err != nil {
			t.Fatal(err)
		}
		if n := len(spendtest.All(t, sqlspend.New(db, 1).Entries(ctx, spend.Query{}))); n != 0 {
			t.Errorf("%d entries of the removed one are left", n)
		}
		if err := sqlspend.New(db, 1).Add(ctx, e); !errors.Is(err, record.ErrGone) {
			t.Errorf("adding to the removed one: %v; want ErrGone", err)
		}
		if n := len(spendtest.All(t, sqlspend.New(db, 2).Entries(ctx, spend.Query{}))); n != 1 {
			t.Errorf("the other has %d entries; want 1", n)
		}
	})
}

// forget removes an installation.
func forget(ctx context.Context, db *sqldb.DB, installation int64) error {
	return db.InTx(ctx, func(tx *sql.Tx) error { return tenant.Remove(ctx, db, tx, installation, time.Now()) })
}

func TestPrune(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		s := sqlspend.New(db, 1)
		if err := s.Add(ctx, spendtest.Entries(1200)...); err != nil {
			t.Fatal(err)
		}
		if n, err := sqlspend.Prune(ctx, db, time.Time{}); n != 0 || err != nil {
			t.Errorf("without a time %d were removed, %v", n, err)
		}
		n, err := sqlspend.Prune(ctx, db, spendtest.Noon.Add(60*time.Hour))
		if n != 600 || err != nil {
			t.Errorf("%d were removed, %v; want the 600 before", n, err)
		}
		for _, e := range spendtest.All(t, s.Entries(ctx, spend.Query{})) {
			if e.Hour.Before(spendtest.Noon.Add(60 * time.Hour)) {
				t.Fatalf("an entry of %s is left", e.Hour)
			}
		}
	})
}

func TestSenders(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		s := sqlspend.NewSenders(db)
		now := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
		a := sqlspend.Sender{Installation: 1, Name: "laptops", Login: "ada", Created: now}
		b := sqlspend.Sender{Installation: 2, Name: "laptops", Login: "bob", Created: now}
		for hash, x := range map[string]sqlspend.Sender{"aa": a, "bb": b} {
			if err := s.Add(ctx, x, hash); err != nil {
				t.Fatal(err)
			}
		}
		for name, bad := range map[string]sqlspend.Sender{"twice": a, "no name": {Installation: 1, Created: now}, "a long name": {Installation: 1, Name: fmt.Sprintf("%0101d", 1), Created: now}} {
			if err := s.Add(ctx, bad, "cc"+name); !errors.Is(err, sqlspend.ErrName) {
				t.Errorf("%s: %v; want ErrName", name, err)
			}
		}
		if x, ok, err := s.Find(ctx, "aa", now.Add(time.Minute)); err != nil || !ok || x.Installation != 1 || x.Name != "laptops" {
			t.Errorf("found %+v, %v, %v", x, ok, err)
		}
		if _, ok, err := s.Find(ctx, "nobody", now); ok || err != nil {
			t.Errorf("found nobody: %v, %v", ok, err)
		}
		used := a
		used.Used = now.Add(time.Minute)
		list(t, s, 1, used)
		// Within the hour it is not written again.
		if _, _, err := s.Find(ctx, "aa", now.Add(30*time.Minute)); err != nil {
			t.Fatal(err)
		}
		list(t, s, 1, used)
		if err := s.Remove(ctx, 2, "laptops"); err != nil {
			t.Fatal(err)
		}
		list(t, s, 2)
		list(t, s, 1, used)
		if _, ok, _ := s.Find(ctx, "bb", now); ok {
			t.Error("one that was removed is found")
		}
		if err := forget(ctx, db, 1); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := s.Find(ctx, "aa", now); ok || err != nil {
			t.Errorf("one of a removed installation is found: %v, %v", ok, err)
		}
		for i := range sqlspend.MaxSenders {
			if err := s.Add(ctx, sqlspend.Sender{Installation: 3, Name: fmt.Sprint(i), Created: now}, fmt.Sprintf("h%d", i)); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Add(ctx, sqlspend.Sender{Installation: 3, Name: "more", Created: now}, "more"); !errors.Is(err, sqlspend.ErrMany) {
			t.Errorf("one more than there may be: %v", err)
		}
	})
}

func list(t *testing.T, s *sqlspend.Senders, installation int64, want ...sqlspend.Sender) {
	t.Helper()
	got, err := s.List(context.Background(), installation)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("senders of %d (-want +got):\n%s", installation, d)
	}
}
