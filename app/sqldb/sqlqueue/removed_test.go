package sqlqueue_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/pertask/pertask/app/queue"
	"github.com/pertask/pertask/app/sqldb/sqldbtest"
	"github.com/pertask/pertask/app/sqldb/sqlqueue"
	"github.com/pertask/pertask/app/sqldb/tenant"
)

// TestRemovedInstallation removes an installation in a turn of its own, as the event of it does: the turn goes on and ends well,
// what else waited is not given out, and what is delivered again is known.
func TestRemovedInstallation(t *testing.T) {
	sqldbtest.EachURL(t, func(t *testing.T, url string) {
		db := sqldbtest.Open(t, url)
		o := short()
		q, err := sqlqueue.New(db, o)
		if err != nil {
			t.Fatal(err)
		}
		notes := []queue.Note{
			{ID: "gone", Key: "7/installation", Kind: "x", Body: []byte("b")},
			{ID: "next", Key: "7/installation", Kind: "x", Body: []byte("b")},
			{ID: "waits", Key: "7/70/#42", Kind: "x", After: time.Now().Add(time.Hour)},
			{ID: "other", Key: "70/1/#42", Kind: "x", Body: []byte("b"), After: time.Now().Add(time.Hour)},
		}
		if n, err := q.Add(t.Context(), notes...); n != len(notes) || err != nil {
			t.Fatalf("%d are new, error %v", n, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		err = q.Work(ctx, 1, func(turned context.Context, turn queue.Turn) error {
			defer cancel()
			if err := db.InTx(turned, func(tx *sql.Tx) error { return tenant.Remove(turned, db, tx, 7, time.Now()) }); err != nil {
				t.Error(err)
			}
			for _, n := range turn.Notes {
				if err := turn.Done(turned, n.ID); err != nil {
					t.Errorf("marking after the removal: %v", err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if n, err := q.Add(t.Context(), notes...); n != 0 || err != nil {
			t.Errorf("%d are new when they are delivered again, error %v", n, err)
		}
		var left int
		if err := db.QueryRow("SELECT COUNT(*) FROM queue_notes WHERE done IS NULL").Scan(&left); err != nil || left != 1 {
			t.Errorf("%d notes are not done, error %v; want that of the other installation", left, err)
		}
		if n, err := q.Add(t.Context(), queue.Note{ID: "late", Key: "7/installation", Kind: "x"}); n != 1 || err != nil {
			t.Errorf("a later note: %d are new, error %v", n, err)
		}
		var l queue.Turn
		ctx, cancel = context.WithCancel(t.Context())
		defer cancel()
		if err := q.Work(ctx, 1, func(_ context.Context, turn queue.Turn) error {
			l = turn
			cancel()
			return nil
		}); err != nil || len(l.Notes) != 1 || l.Notes[0].ID != "late" || l.Epoch != 2 {
			t.Errorf("a later note: turn %+v, error %v", l, err)
		}
	})
}
