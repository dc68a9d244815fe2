// Package tenant keeps installations apart in the database, and forgets one whole.
//
// It knows which tables have rows of an installation, and that nothing is written for one that was removed. It refuses to know
// what the rows say.
package tenant

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/sqldb"
)

// Tables are those that have rows of installations, by the column "installation". What hangs on such a row goes with it.
var Tables = []string{"repositories", "reviews", "acts", "journals", "base_lines", "tests", "secrets", "entries", "senders", "predictions"}

// Enter begins what a transaction writes for an installation: no other transaction that does so, and no removal, goes on before
// this one has ended. The error wraps record.ErrGone for an installation that was removed. The installation 0 is the App itself.
func Enter(ctx context.Context, db *sqldb.DB, tx *sql.Tx, installation int64) error {
	if _, err := tx.ExecContext(ctx, db.SQL(`INSERT INTO installations (id) VALUES ($1) ON CONFLICT (id) DO NOTHING`), installation); err != nil {
		return fmt.Errorf("entering installation %d: %w", installation, err)
	}
	var removed sql.NullInt64
	if err := tx.QueryRowContext(ctx, db.SQL(`SELECT removed FROM installations WHERE id = $1 {lock}`), installation).Scan(&removed); err != nil {
		return fmt.Errorf("entering installation %d: %w", installation, err)
	}
	if removed.Valid {
		return fmt.Errorf("installation %d: %w", installation, record.ErrGone)
	}
	return nil
}

// Remove takes out all that is kept of an installation, for good. Of its notes in the queue only the IDs stay.
func Remove(ctx context.Context, db *sqldb.DB, tx *sql.Tx, installation int64, now time.Time) error {
	if installation <= 0 {
		return fmt.Errorf("removing installation %d: there is none of that number", installation)
	}
	if err := Enter(ctx, db, tx, installation); err != nil && !errors.Is(err, record.ErrGone) {
		return err
	}
	if _, err := tx.ExecContext(ctx, db.SQL(`UPDATE installations SET removed = $1 WHERE id = $2`), now.UnixMicro(), installation); err != nil {
		return fmt.Errorf("removing installation %d: %w", installation, err)
	}
	for _, table := range Tables {
		if _, err := tx.ExecContext(ctx, db.SQL(`DELETE FROM `+table+` WHERE installation = $1`), installation); err != nil {
			return fmt.Errorf("removing installation %d: %w", installation, err)
		}
	}
	return forgetNotes(ctx, db, tx, installation)
}
