package sqlprediction_test

import (
	"database/sql"
	"errors"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/sqldb"
	"github.com/pertask/pertask/app/sqldb/sqldbtest"
	"github.com/pertask/pertask/app/sqldb/sqlprediction"
	"github.com/pertask/pertask/app/sqldb/tenant"
	"github.com/pertask/pertask/ledger/prediction"
	"github.com/pertask/pertask/ledger/predictiontest"
)

func TestMain(m *testing.M) { os.Exit(sqldbtest.Main(m)) }

// TestStore gives each test an installation of its own in one database, which two processes have open.
func TestStore(t *testing.T) {
	sqldbtest.EachURL(t, func(t *testing.T, url string) {
		sides := [2]*sqldb.DB{sqldbtest.Open(t, url), sqldbtest.Open(t, url)}
		var installations, opened atomic.Int64
		predictiontest.Run(t, func(*testing.T) func() prediction.Store {
			installation := installations.Add(1)
			return func() prediction.Store { return sqlprediction.New(sides[opened.Add(1)%2], installation) }
		})
	})
}

// TestApart holds that installations see their own predictions only, and that one that was removed has and takes none.
func TestApart(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		p := predictiontest.Predicted("github.com/acme/shop", 1, "s")
		for _, i := range []int64{1, 2} {
			if err := sqlprediction.New(db, i).Predict(ctx, p); err != nil {
				t.Fatal(err)
			}
		}
		if err := sqlprediction.New(db, 1).Observe(ctx, predictiontest.Observed(p, 30)); err != nil {
			t.Fatal(err)
		}
		count := func(installation int64) (records, outcomes int) {
			for r, err := range sqlprediction.New(db, installation).Records(ctx, "") {
				if err != nil {
					t.Fatal(err)
				}
				records, outcomes = records+1, outcomes+len(r.Outcomes)
			}
			return records, outcomes
		}
		if n, o := count(2); n != 1 || o != 0 {
			t.Errorf("the second has %d predictions with %d outcomes; want its own without one", n, o)
		}
		if err := db.InTx(ctx, func(tx *sql.Tx) error { return tenant.Remove(ctx, db, tx, 1, time.Now()) }); err != nil {
			t.Fatal(err)
		}
		if n, _ := count(1); n != 0 {
			t.Errorf("%d predictions of the removed one are left", n)
		}
		if err := sqlprediction.New(db, 1).Predict(ctx, p); !errors.Is(err, record.ErrGone) {
			t.Errorf("adding to the removed one: %v; want ErrGone", err)
		}
		if n, _ := count(2); n != 1 {
			t.Errorf("the other has %d; want 1", n)
		}
	})
}
