package sqlrecord

import (
	"context"
	"database/sql"
	"fmt"
)

// Installations lists the installations that something is kept of, by their numbers.
func (s *Store) Installations(ctx context.Context) ([]int64, error) {
	var out []int64
	q := &query{db: s.db}
	q.say("SELECT id FROM installations WHERE removed IS NULL ORDER BY id")
	err := s.read(ctx, func(tx *sql.Tx) error {
		return q.rows(ctx, tx, func(rows *sql.Rows) error {
			var id int64
			err := rows.Scan(&id)
			out = append(out, id)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("listing installations: %w", err)
	}
	return out, nil
}
