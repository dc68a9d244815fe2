// Package sqlspend keeps entries of the ledger in the App's database, apart for each installation, and who may send them.
//
// It knows how an entry becomes a row, and that of several with one ID one stays. It refuses to know what entries say, which of
// two counts (package spend does), and who may see them.
package sqlspend

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/pertask/pertask/app/sqldb"
	"github.com/pertask/pertask/app/sqldb/tenant"
	"github.com/pertask/pertask/ledger/spend"
)

// Store is the ledger of one installation. It implements spend.Store. It is safe for concurrent use, also by several processes.
type Store struct {
	db           *sqldb.DB
	installation int64
}

var _ spend.Store = (*Store)(nil)

// New returns the ledger of an installation.
func New(db *sqldb.DB, installation int64) *Store { return &Store{db: db, installation: installation} }

// Add implements spend.Store. The error wraps record.ErrGone for an installation that was removed.
func (s *Store) Add(ctx context.Context, entries ...spend.Entry) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	var set spend.Set
	for _, e := range entries {
		if err := e.Check(); err != nil {
			return fmt.Errorf("keeping entries: %w", err)
		}
		set.Add(e)
	}
	if set.Len() == 0 {
		return nil
	}
	err := s.db.InTx(ctx, func(tx *sql.Tx) error {
		if err := tenant.Enter(ctx, s.db, tx, s.installation); err != nil {
			return err
		}
		for _, e := range set.Sorted() {
			if err := s.put(ctx, tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keeping entries: %w", err)
	}
	return nil
}

// put keeps an entry unless there is one that counts more.
func (s *Store) put(ctx context.Context, tx *sql.Tx, e spend.Entry) error {
	var old []byte
	err := tx.QueryRowContext(ctx, s.db.SQL(`SELECT line FROM entries WHERE installation = $1 AND id = $2`), s.installation, e.ID).Scan(&old)
	switch {
	case err == nil:
		// One that cannot be read any more is no reason to lose this one.
		if there, err := spend.Parse(old); err == nil {
			e = spend.Later(there, e)
		}
	case !errors.Is(err, sql.ErrNoRows):
		return err
	}
	line, err := spend.Encode(e)
	if err != nil || bytes.Equal(line, old) {
		return err
	}
	const text = `INSERT INTO entries (installation, id, hour, session, repository, line) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (installation, id) DO UPDATE SET line = excluded.line`
	_, err = tx.ExecContext(ctx, s.db.SQL(text), s.installation, e.ID, e.Hour.UnixMicro(), e.Session, e.Repository, line)
	return err
}

// page is how many rows are read at once. No transaction is open between pages, so that whoever reads slowly is in nobody's way.
const page = 1000

// place is where a row stands in the order of spend.Compare.
type place struct {
	hour        int64
	session, id string
}

// Entries implements spend.Store.
func (s *Store) Entries(ctx context.Context, q spend.Query) iter.Seq2[spend.Entry, error] {
	return func(yield func(spend.Entry, error) bool) {
		last := place{hour: math.MinInt64}
		if !q.From.IsZero() {
			last.hour = micro(q.From) - 1
		}
		for {
			lines, next, err := s.page(ctx, q, last)
			if err != nil {
				yield(spend.Entry{}, fmt.Errorf("reading entries: %w", err))
				return
			}
			for _, line := range lines {
				e, err := spend.Parse(line)
				if err != nil {
					err = fmt.Errorf("reading an entry: %w", err)
				}
				if !yield(e, err) {
					return
				}
			}
			if len(lines) < page {
				return
			}
			last = next
		}
	}
}

// micro is an hour's number, without running over.
func micro(t time.Time) int64 { return min(max(t.Unix(), -1<<40), 1<<40) * 1e6 }

// page reads the rows after a place.
func (s *Store) page(ctx context.Context, q spend.Query, last place) (lines [][]byte, next place, err error) {
	if err := context.Cause(ctx); err != nil {
		return nil, last, err
	}
	text := `SELECT hour, session, id, line FROM entries WHERE installation = $1 AND (hour, session {bytewise}, id {bytewise}) > ($2, $3, $4)`
	args := []any{s.installation, last.hour, last.session, last.id}
	if !q.To.IsZero() {
		args = append(args, micro(q.To))
		text += fmt.Sprintf(" AND hour < $%d", len(args))
	}
	if len(q.Repositories) > 0 {
		var marks []string
		for _, r := range slices.Compact(slices.Sorted(slices.Values(q.Repositories))) {
			args = append(args, r)
			marks = append(marks, fmt.Sprintf("$%d", len(args)))
		}
		text += " AND repository IN (" + strings.Join(marks, ", ") + ")"
	}
	text += fmt.Sprintf(" ORDER BY hour, session {bytewise}, id {bytewise} LIMIT %d", page)
	rows, err := s.db.Read.QueryContext(ctx, s.db.SQL(text), args...)
	if err != nil {
		return nil, last, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var line []byte
		if err := rows.Scan(&next.hour, &next.session, &next.id, &line); err != nil {
			return nil, last, err
		}
		lines = append(lines, line)
	}
	return lines, next, rows.Err()
}

// Prune removes the entries of hours before a time, over all installations, and returns how many there were.
func Prune(ctx context.Context, db *sqldb.DB, before time.Time) (removed int64, err error) {
	const batch = 500
	const text = `DELETE FROM entries WHERE hour < $1 AND (installation, id) IN (SELECT installation, id FROM entries WHERE hour < $1 LIMIT $2)`
	for n := int64(batch); n == batch && !before.IsZero(); removed += n {
		done, err := db.ExecContext(ctx, db.SQL(text), micro(before), batch)
		if err == nil {
			n, err = done.RowsAffected()
		}
		if err != nil {
			return removed, fmt.Errorf("removing old entries: %w", err)
		}
	}
	return removed, nil
}
