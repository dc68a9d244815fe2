package sqlqueue

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/app/sqldb"
)

// TestHealthOfALongKey counts the notes of a key that has so many that looking at each pair of them would take hours.
func TestHealthOfALongKey(t *testing.T) {
	each(t, Options{}, func(t *testing.T, db *sqldb.DB, q *Queue) {
		const many, due = 100_000, 90_000
		exec(t, db, `INSERT INTO queue_notes (id, key, kind, body, due, added)
			WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < $1)
			SELECT CAST(i AS TEXT), 'k', 'x', CAST('' AS {bytes}), CASE WHEN i > $2 THEN {now} + 3600000 ELSE 0 END, {now} FROM c`, many, due)
		exec(t, db, "INSERT INTO queue_keys (key, open) VALUES ('k', 1)")
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		h, err := q.Health(ctx)
		if err != nil || h.Waiting != due || h.Oldest.IsZero() {
			t.Errorf("got %+v, error %v; want %d notes that wait", h, err, due)
		}
	})
}

// searches are the plans of both databases that read a range of the index, and not all of it.
var searches = regexp.MustCompile(`SEARCH k USING INDEX queue_keys_dead \(key>|Scan [^\n]*queue_keys_dead[^\n]*\n\s*Index Cond`)

// TestDeadOfUsesTheIndex asks the database how it would list the dead keys of an installation.
func TestDeadOfUsesTheIndex(t *testing.T) {
	each(t, Options{}, func(t *testing.T, db *sqldb.DB, _ *Queue) {
		tx, err := db.BeginTx(context.Background(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback() }()
		explain := "EXPLAIN QUERY PLAN "
		if db.Dialect == sqldb.Postgres {
			explain = "EXPLAIN "
			// Of an empty table it would read all.
			if _, err := tx.Exec("SET LOCAL enable_seqscan = off"); err != nil {
				t.Fatal(err)
			}
		}
		r, err := tx.Query(explain+db.SQL(listing+" AND "+below), "7", "7/", "70")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = r.Close() }()
		columns, err := r.Columns()
		if err != nil {
			t.Fatal(err)
		}
		var plan []string
		for r.Next() {
			row := make([]any, len(columns))
			for i := range row {
				row[i] = new(any)
			}
			var text string
			row[len(row)-1] = &text
			if err := r.Scan(row...); err != nil {
				t.Fatal(err)
			}
			plan = append(plan, text)
		}
		got := strings.Join(plan, "\n")
		if err := r.Err(); err != nil || !searches.MatchString(got) {
			t.Errorf("error %v; the plan is\n%s", err, got)
		}
	})
}
