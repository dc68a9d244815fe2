package tenant_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/sqldb"
	"github.com/pertask/pertask/app/sqldb/sqldbtest"
	"github.com/pertask/pertask/app/sqldb/tenant"
)

func TestMain(m *testing.M) { os.Exit(sqldbtest.Main(m)) }

// Every table that says of its rows whose they are is emptied of an installation that is removed.
func TestTablesAreAll(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		for column, want := range map[string][]string{"installation": tenant.Tables, "key": tenant.Keyed} {
			text := `SELECT m.name FROM sqlite_master m WHERE m.type = 'table' AND EXISTS (SELECT 1 FROM pragma_table_info(m.name) c WHERE c.name = '` + column + `')`
			if db.Dialect == sqldb.Postgres {
				text = `SELECT table_name FROM information_schema.columns WHERE column_name = '` + column + `' AND table_schema = current_schema()`
			}
			got := strings(t, db, text)
			want := slices.Clone(want)
			slices.Sort(want)
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("tables with a column %s (-Tables or Keyed +database):\n%s", column, diff)
			}
		}
	})
}

func strings(t *testing.T, db *sqldb.DB, text string) []string {
	t.Helper()
	rows, err := db.Read.Query(text)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// enter writes a row for an installation, as the stores do.
func enter(ctx context.Context, db *sqldb.DB, installation int64, row int) error {
	return db.InTx(ctx, func(tx *sql.Tx) error {
		if err := tenant.Enter(ctx, db, tx, installation); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, db.SQL(`INSERT INTO repositories (installation, id, name) VALUES ($1, $2, 'x')`), installation, row)
		return err
	})
}

func remove(ctx context.Context, db *sqldb.DB, installation int64) error {
	return db.InTx(ctx, func(tx *sql.Tx) error { return tenant.Remove(ctx, db, tx, installation, time.Unix(1e9, 0)) })
}

// However the writers of an installation meet its removal, nothing of it is left.
func TestRemoveRacesWriters(t *testing.T) {
	sqldbtest.EachURL(t, func(t *testing.T, url string) {
		dbs := []*sqldb.DB{sqldbtest.Open(t, url), sqldbtest.Open(t, url)}
		for installation := int64(1); installation <= 10; installation++ {
			var all sync.WaitGroup
			for w := range 4 {
				all.Go(func() {
					for i := range 5 {
						if err := enter(t.Context(), dbs[w%2], installation, w*100+i); err != nil && !errors.Is(err, record.ErrGone) {
							t.Error(err)
						}
					}
				})
			}
			all.Go(func() {
				if err := remove(t.Context(), dbs[0], installation); err != nil {
					t.Error(err)
				}
			})
			all.Wait()
			if err := enter(t.Context(), dbs[1], installation, 1000); !errors.Is(err, record.ErrGone) {
				t.Errorf("error %v, want ErrGone", err)
			}
		}
		if left := strings(t, dbs[0], `SELECT name FROM repositories`); len(left) > 0 {
			t.Errorf("%d rows of removed installations are left", len(left))
		}
	})
}

func TestRemoveKeepsOthers(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		if err := errors.Join(enter(t.Context(), db, 7, 1), enter(t.Context(), db, 8, 1), enter(t.Context(), db, 0, 1), remove(t.Context(), db, 7), remove(t.Context(), db, 7)); err != nil {
			t.Fatal(err)
		}
		if left := strings(t, db, `SELECT name FROM repositories`); len(left) != 2 {
			t.Errorf("%d rows are left, want 2", len(left))
		}
		for _, none := range []int64{0, -1} {
			if err := remove(t.Context(), db, none); err == nil {
				t.Errorf("installation %d was removed", none)
			}
		}
	})
}

// Of the notes of an installation that is removed only the IDs are left, and those of others as they were.
func TestRemoveForgetsNotes(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		exec := func(text string, args ...any) {
			t.Helper()
			if _, err := db.Exec(db.SQL(text), args...); err != nil {
				t.Fatal(err)
			}
		}
		for _, key := range []string{"7", "7/installation", "7/70/#42", "70", "70/7/#1", "8/7/#7", "7-1", "77/1"} {
			exec("INSERT INTO queue_notes (id, key, kind, body, at, due, added) VALUES ($1, $2, 'push', $3, 5, 6, 7)", "waits "+key, key, []byte("secret"))
			exec("INSERT INTO queue_notes (id, key, kind, body, at, due, added, done) VALUES ($1, $2, 'push', $3, 5, 6, 7, 8)", "done "+key, key, []byte("secret"))
			exec("INSERT INTO queue_keys (key, epoch, dead, open, fresh, err) VALUES ($1, 3, 4, 1, 1, 'secret')", key)
		}
		if err := remove(t.Context(), db, 7); err != nil {
			t.Fatal(err)
		}
		got := strings(t, db, `SELECT id FROM queue_notes WHERE key = '7' AND kind = '' AND length(body) = 0 AND at IS NULL AND due = 0 AND done > 0 ORDER BY id`)
		want := []string{"done 7", "done 7/70/#42", "done 7/installation", "waits 7", "waits 7/70/#42", "waits 7/installation"}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("notes that are forgotten (-want +got):\n%s", diff)
		}
		if got := strings(t, db, `SELECT id FROM queue_notes WHERE kind = 'push' AND length(body) = 6 AND at = 5`); len(got) != 10 {
			t.Errorf("notes of others are %q, want 10", got)
		}
		if got := strings(t, db, `SELECT key FROM queue_keys WHERE epoch = 3 AND dead + open + fresh = 0 AND err = ''`); len(got) != 3 {
			t.Errorf("keys that are forgotten are %q, want 3", got)
		}
		if got := strings(t, db, `SELECT key FROM queue_keys WHERE dead = 4 AND err = 'secret'`); len(got) != 5 {
			t.Errorf("keys of others are %q, want 5", got)
		}
	})
}
