package sqlspend

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Extent returns the hour of the first entry, zero without any, and the repositories that there are entries of since a time, as
// entries name them, in order.
func (s *Store) Extent(ctx context.Context, since time.Time) (first time.Time, repositories []string, err error) {
	var hour sql.NullInt64
	if err := s.db.Read.QueryRowContext(ctx, s.db.SQL(`SELECT MIN(hour) FROM entries WHERE installation = $1`), s.installation).Scan(&hour); err != nil {
		return first, nil, fmt.Errorf("looking for the first entry: %w", err)
	}
	if !hour.Valid {
		return first, nil, nil
	}
	const text = `SELECT DISTINCT repository {bytewise} FROM entries WHERE installation = $1 AND hour >= $2 AND repository <> '' ORDER BY 1`
	rows, err := s.db.Read.QueryContext(ctx, s.db.SQL(text), s.installation, micro(since))
	if err != nil {
		return first, nil, fmt.Errorf("reading repositories of entries: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return first, nil, fmt.Errorf("reading repositories of entries: %w", err)
		}
		repositories = append(repositories, name)
	}
	return time.UnixMicro(hour.Int64).UTC(), repositories, rows.Err()
}
