package tenant

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"

	"github.com/pertask/pertask/app/sqldb"
)

// Keyed are the tables that have rows of installations by the column "key", which is the installation's number or begins with it
// and a slash. Package sqlqueue has them.
var Keyed = []string{"queue_keys", "queue_notes"}

// ofInstallation is the condition on a row of Keyed; $1 is the number, $2 the number and a slash, and $3 what comes after all that
// begin so.
const ofInstallation = "key {bytewise} >= $1 AND key {bytewise} < $3 AND (key {bytewise} >= $2 OR key = $1)"

// forgetNotes empties the notes of an installation and takes them as done, dead or not. Their IDs stay for as long as those of
// other notes, since GitHub may deliver them again; of their keys only the installation's number does. The rows of the keys stay
// as long, without what was said of them: they count the leases, by which a worker that is at it sees whether it has one.
func forgetNotes(ctx context.Context, db *sqldb.DB, tx *sql.Tx, installation int64) error {
	number := strconv.FormatInt(installation, 10)
	bounds := []any{number, number + "/", number + "0"}
	// Who adds or takes notes of a key locks its row first, of several in this order.
	if err := lockKeys(ctx, db, tx, bounds); err != nil {
		return fmt.Errorf("locking the keys of installation %d: %w", installation, err)
	}
	const notes = "UPDATE queue_notes SET key = $1, kind = '', body = $4, at = NULL, due = 0, done = COALESCE(done, {now}) WHERE " + ofInstallation
	if _, err := tx.ExecContext(ctx, db.SQL(notes), append(bounds, []byte{})...); err != nil {
		return fmt.Errorf("forgetting the notes of installation %d: %w", installation, err)
	}
	const keys = "UPDATE queue_keys SET open = 0, dead = 0, fresh = 0, woken = 0, retry = 0, err = '' WHERE " + ofInstallation
	if _, err := tx.ExecContext(ctx, db.SQL(keys), bounds...); err != nil {
		return fmt.Errorf("forgetting the keys of installation %d: %w", installation, err)
	}
	return nil
}

func lockKeys(ctx context.Context, db *sqldb.DB, tx *sql.Tx, bounds []any) error {
	rows, err := tx.QueryContext(ctx, db.SQL("SELECT key FROM queue_keys WHERE "+ofInstallation+" ORDER BY key {bytewise} {lock}"), bounds...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() { // the rows are locked as they are read
	}
	return rows.Err()
}
