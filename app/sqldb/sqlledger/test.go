package sqlledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pertask/pertask/ledger"
)

// Test implements ledger.Tests.
func (l *Ledger) Test(ctx context.Context, key string) (ledger.Test, bool, error) {
	if err := ledger.CheckKey(key); err != nil {
		return ledger.Test{}, false, fmt.Errorf("reading a test: %w", err)
	}
	t, err := l.test(ctx, l.db.Read, key)
	if err != nil {
		return ledger.Test{}, false, fmt.Errorf("reading a test: %w", err)
	}
	return t, t.Key != "", nil
}

// test reads the test of a key; it is the zero Test where there is none.
func (l *Ledger) test(ctx context.Context, q querier, key string) (ledger.Test, error) {
	var t ledger.Test
	const text = `SELECT test FROM tests WHERE installation = $1 AND repository = $2 AND evidence = $3`
	err := lines(ctx, q, func(line []byte) error {
		if err := json.Unmarshal(line, &t); err != nil {
			return err
		}
		if t.Schema == "" || t.Key != key { // what was written had the one filled in and is of the other
			return errors.New("the stored test has no schema or another key")
		}
		var err error
		t, err = t.Checked()
		return err
	}, l.db.SQL(text), l.installation, l.repo, []byte(key))
	return t, err
}

// SaveTest implements ledger.Tests. Of several processes that save at once each sees what the one before it saved.
func (l *Ledger) SaveTest(ctx context.Context, t ledger.Test) error {
	_, err := t.Checked()
	if err == nil {
		err = l.write(ctx, func(tx *sql.Tx) error {
			before, err := l.test(ctx, tx, t.Key)
			if err != nil {
				return err
			}
			next, write, err := ledger.Continue(before, t)
			if err != nil || !write {
				return err
			}
			line, err := json.Marshal(next)
			if err != nil {
				return err
			}
			const upsert = `INSERT INTO tests (installation, repository, evidence, at, test) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (installation, repository, evidence) DO UPDATE SET at = excluded.at, test = excluded.test`
			_, err = tx.ExecContext(ctx, l.db.SQL(upsert), l.installation, l.repo, []byte(t.Key), next.Time.UnixMicro(), line)
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("storing a test: %w", err)
	}
	return nil
}
