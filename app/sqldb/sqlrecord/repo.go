package sqlrecord

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/sqldb/tenant"
)

// SaveRepos implements record.Repos.
func (s *Store) SaveRepos(ctx context.Context, repos ...record.Repo) error {
	checked := make([]record.Repo, len(repos))
	for i, r := range repos {
		var err error
		if checked[i], err = r.Checked(); err != nil {
			return fmt.Errorf("saving repositories: %w", err)
		}
	}
	// In one order, so that two at once do not wait for each other.
	slices.SortStableFunc(checked, func(a, b record.Repo) int {
		return cmp.Or(cmp.Compare(a.Installation, b.Installation), cmp.Compare(a.ID, b.ID))
	})
	err := s.write(ctx, func(tx *sql.Tx) error {
		const upsert = `INSERT INTO repositories (installation, id, name) VALUES ($1, $2, $3) ON CONFLICT (installation, id) DO UPDATE SET name = excluded.name`
		for i, r := range checked {
			if i == 0 || r.Installation != checked[i-1].Installation {
				if err := tenant.Enter(ctx, s.db, tx, r.Installation); err != nil {
					return err
				}
			}
			if _, err := tx.ExecContext(ctx, s.db.SQL(upsert), r.Installation, r.ID, r.Name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("saving repositories: %w", err)
	}
	return nil
}

// RemoveRepos implements record.Repos. What is kept of an installation in other packages' tables goes with it.
func (s *Store) RemoveRepos(ctx context.Context, installation int64, ids ...int64) error {
	err := s.write(ctx, func(tx *sql.Tx) error {
		if len(ids) == 0 {
			return tenant.Remove(ctx, s.db, tx, installation, s.now())
		}
		q := &query{db: s.db}
		q.say("DELETE FROM repositories WHERE installation = ? AND ", installation)
		if err := among(q, "id", ids); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, s.db.SQL(q.text.String()), q.args...)
		return err
	})
	if err != nil {
		return fmt.Errorf("removing repositories of installation %d: %w", installation, err)
	}
	return nil
}

// Installed implements record.Repos.
func (s *Store) Installed(ctx context.Context, installation int64) ([]record.Repo, error) {
	var out []record.Repo
	q := &query{db: s.db}
	q.say("SELECT installation, id, name FROM repositories WHERE installation = ?", installation)
	err := s.read(ctx, func(tx *sql.Tx) error {
		return q.rows(ctx, tx, func(rows *sql.Rows) error {
			var r record.Repo
			err := rows.Scan(&r.Installation, &r.ID, &r.Name)
			out = append(out, r)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("listing the repositories of installation %d: %w", installation, err)
	}
	// Here, since databases differ in what comes after what.
	slices.SortFunc(out, func(a, b record.Repo) int { return cmp.Or(strings.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return out, nil
}
