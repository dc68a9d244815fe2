package sqlrecord

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/sqldb/tenant"
)

// Append implements record.Audit.
func (s *Store) Append(ctx context.Context, a record.Act) error {
	a, err := a.Checked()
	if err == nil {
		err = s.write(ctx, func(tx *sql.Tx) error {
			if err := tenant.Enter(ctx, s.db, tx, a.Repo.Installation); err != nil {
				return err
			}
			const insert = `INSERT INTO acts (installation, repository, repository_name, pull, head, at, actor, verb, reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`
			_, err := tx.ExecContext(ctx, s.db.SQL(insert), a.Repo.Installation, a.Repo.ID, a.Repo.Name, a.Pull, a.Head, stamp(a.Time), a.Actor, a.Verb, a.Reason)
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("adding to the audit log: %w", err)
	}
	return nil
}

// Acts implements record.Audit.
func (s *Store) Acts(ctx context.Context, scope record.Scope, f record.Filter, before time.Time) ([]record.Act, error) {
	var out []record.Act
	err := s.read(ctx, func(tx *sql.Tx) (err error) {
		if !sees(scope) {
			return nil
		}
		// One more tells whether the page ends among acts of one time.
		if out, err = s.acts(ctx, tx, scope, f, before, f.Count()+1); err != nil || len(out) <= f.Count() {
			return err
		}
		out = out[:f.Count()]
		last := out[len(out)-1].Time
		for len(out) > 0 && out[len(out)-1].Time.Equal(last) {
			out = out[:len(out)-1]
		}
		f.Since = last
		rest, err := s.acts(ctx, tx, scope, f, last.Add(time.Microsecond), 0)
		out = append(out, rest...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the audit log: %w", err)
	}
	return out, nil
}

// acts reads at most so many acts; all with 0.
func (s *Store) acts(ctx context.Context, tx *sql.Tx, scope record.Scope, f record.Filter, before time.Time, limit int) ([]record.Act, error) {
	q, err := s.inActs(scope)
	if err != nil {
		return nil, err
	}
	if f.Repo != 0 {
		q.say(" AND r.repository = ?", f.Repo)
	}
	if !f.Since.IsZero() {
		q.say(" AND r.at >= ?", after(f.Since))
	}
	if !before.IsZero() {
		q.say(" AND r.at < ?", after(before))
	}
	q.say(" ORDER BY r.at DESC, r.id DESC")
	if limit > 0 {
		q.say(" LIMIT ?", limit)
	}
	var out []record.Act
	err = q.rows(ctx, tx, func(rows *sql.Rows) error {
		_, a, err := scanAct(rows)
		out = append(out, a)
		return err
	})
	return out, err
}
