package sqlspend_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/app/sqldb"
	"github.com/pertask/pertask/app/sqldb/sqldbtest"
	"github.com/pertask/pertask/app/sqldb/sqlspend"
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/ledger/spendtest"
)

// TestExtent holds that an installation is told of its own first hour and repositories only.
func TestExtent(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx, s := t.Context(), sqlspend.New(db, 1)
		if first, names, err := s.Extent(ctx, time.Time{}); !first.IsZero() || names != nil || err != nil {
			t.Errorf("of nothing: %s, %q, %v", first, names, err)
		}
		hours := map[string]time.Duration{"github.com/acme/b": 2, "github.com/acme/a": 5, "": 1}
		for name, h := range hours {
			e := spendtest.Entry(int(h))
			e.Repository, e.Hour = name, spendtest.Noon.Add(h*time.Hour)
			e.Last = e.Hour.Add(time.Minute)
			e.ID = spend.Identify(e)
			if err := s.Add(ctx, e.Complete()); err != nil {
				t.Fatal(err)
			}
		}
		if err := sqlspend.New(db, 2).Add(ctx, spendtest.Entry(0)); err != nil {
			t.Fatal(err)
		}
		for since, want := range map[time.Duration][]string{0: {"github.com/acme/a", "github.com/acme/b"}, 3: {"github.com/acme/a"}, 9: nil} {
			first, names, err := s.Extent(ctx, spendtest.Noon.Add(since*time.Hour))
			if diff := cmp.Diff(want, names); diff != "" || err != nil || !first.Equal(spendtest.Noon.Add(time.Hour)) {
				t.Errorf("since hour %d: first %s, %v (-want +got):\n%s", since, first, err, diff)
			}
		}
	})
}
