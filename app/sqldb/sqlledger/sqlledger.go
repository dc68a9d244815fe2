// Package sqlledger keeps journals, stored trials of the base and tests in the App's database, apart for each repository of an
// installation.
//
// It knows how lines become rows, who may append to a journal, and what is old enough to go. It refuses to know what lines say
// in the end, which trials may be used again and when a verdict is final: packages trial/journal and ledger do.
package sqlledger

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/pertask/pertask/app/sqldb"
	"github.com/pertask/pertask/app/sqldb/tenant"
	"github.com/pertask/pertask/ledger"
)

// Ledger is what is kept of one repository of an installation. It implements ledger.Store and ledger.Tests, and opens journals.
// It is safe for concurrent use, also by several processes.
type Ledger struct {
	db                 *sqldb.DB
	installation, repo int64
	now                func() time.Time
	lease              time.Duration // of a journal
}

var (
	_ ledger.Store = (*Ledger)(nil)
	_ ledger.Tests = (*Ledger)(nil)
)

// Lease is how long a process that has a journal may be silent before another one may take it. A living one says every third of
// it that it lives.
const Lease = 30 * time.Second

// New returns the ledger of a repository.
func New(db *sqldb.DB, installation, repo int64) *Ledger {
	return &Ledger{db: db, installation: installation, repo: repo, now: time.Now, lease: Lease}
}

// write does something in a transaction, while nobody else writes for the installation.
func (l *Ledger) write(ctx context.Context, do func(*sql.Tx) error) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return l.db.InTx(ctx, func(tx *sql.Tx) error {
		if err := tenant.Enter(ctx, l.db, tx, l.installation); err != nil {
			return err
		}
		return do(tx)
	})
}

// querier is a database or a transaction.
type querier interface {
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
}

// lines reads a column of bytes.
func lines(ctx context.Context, q querier, each func([]byte) error, text string, args ...any) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	rows, err := q.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var line []byte
		if err := rows.Scan(&line); err != nil {
			return err
		}
		if err := each(line); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Retention says what is too old to be kept, over all installations. A zero time keeps everything of a kind.
type Retention struct {
	Journals time.Time // nobody has appended since
	Base     time.Time // the trial of the base began before
	Tests    time.Time // it was saved before; it can then be begun anew, so this should be far back
}

// Pruned counts what was removed.
type Pruned struct{ Journals, Base, Tests int64 }

// batch is how many rows go in one transaction, so that writers do not wait long.
const batch = 500

// Prune removes what is too old. A journal that a process has is not removed, and a trial that was dropped stays dropped until it
// is that old.
func Prune(ctx context.Context, db *sqldb.DB, r Retention) (Pruned, error) {
	var p Pruned
	for _, of := range []struct {
		removed *int64
		before  time.Time
		text    string
	}{
		// The outer conditions hold for what another process has just changed, too.
		{&p.Journals, r.Journals, `DELETE FROM journals WHERE touched < $1 AND until < {now} AND id IN (SELECT id FROM journals WHERE touched < $1 AND until < {now} LIMIT $2)`},
		{&p.Base, r.Base, `DELETE FROM base_lines WHERE at < $1 AND (installation, repository, base_key, place) IN
(SELECT installation, repository, base_key, place FROM base_lines WHERE at < $1 LIMIT $2)`},
		{&p.Tests, r.Tests, `DELETE FROM tests WHERE at < $1 AND (installation, repository, evidence) IN (SELECT installation, repository, evidence FROM tests WHERE at < $1 LIMIT $2)`},
	} {
		for n := int64(batch); n == batch && !of.before.IsZero(); *of.removed += n {
			done, err := db.ExecContext(ctx, db.SQL(of.text), of.before.UnixMicro(), batch)
			if err == nil {
				n, err = done.RowsAffected()
			}
			if err != nil {
				return p, fmt.Errorf("removing what is old: %w", err)
			}
		}
	}
	return p, nil
}
