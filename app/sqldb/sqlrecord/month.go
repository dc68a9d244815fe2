package sqlrecord

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/sqldb/tenant"
	"github.com/pertask/pertask/price"
)

// Reserve implements record.Reviews. Those of one installation wait for each other (tenant.Enter), so what one has set aside the
// next one sees.
func (s *Store) Reserve(ctx context.Context, r record.Review, b record.Bounds) (left record.Left, err error) {
	if r, err = r.Checked(); err == nil {
		err = s.write(ctx, func(tx *sql.Tx) error {
			left, err = s.reserve(ctx, tx, r, b)
			return err
		})
	}
	if err != nil {
		return record.Left{}, fmt.Errorf("setting aside for review %.32s: %w", r.ID, err)
	}
	return left, nil
}

func (s *Store) reserve(ctx context.Context, tx *sql.Tx, r record.Review, b record.Bounds) (record.Left, error) {
	if err := tenant.Enter(ctx, s.db, tx, r.Repo.Installation); err != nil {
		return record.Left{}, err
	}
	have, err := s.there(ctx, tx, r)
	if err != nil {
		return record.Left{}, err
	}
	own := price.Known(price.Money{})
	if !have.Started.Before(b.Since) {
		own = have.Own()
	}
	q := &query{db: s.db}
	q.counted(r.Repo.Installation, b.Since, b.Stale)
	q.say(" AND id <> ?", r.ID)
	others, err := q.booked(ctx, tx)
	if err != nil {
		return record.Left{}, err
	}
	left := b.Left(r.Repo.ID, own, others)
	if !left.Taken {
		return left, nil
	}
	_, err = tx.ExecContext(ctx, s.db.SQL(`UPDATE reviews SET reserved = $1, touched = $2 WHERE id = $3`), digits(b.Reservation(have.Own())), s.now().UnixMicro(), r.ID)
	return left, err
}

// there is what was saved of a review, as far as its money goes.
func (s *Store) there(ctx context.Context, tx *sql.Tx, r record.Review) (out record.Review, err error) {
	var started sql.NullInt64
	var spent, reserved sql.NullString
	err = tx.QueryRowContext(ctx, s.db.SQL(`SELECT started, spent, reserved FROM reviews WHERE id = $1 AND installation = $2 AND repository = $3 AND epoch <= $4`),
		r.ID, r.Repo.Installation, r.Repo.ID, r.Epoch).Scan(&started, &spent, &reserved)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return out, record.ErrLate
	case err != nil:
		return out, err
	}
	out.Started = moment(started)
	if out.Spent, err = amount(spent); err != nil {
		return out, err
	}
	out.Reserved, err = amount(reserved)
	return out, err
}

// counted begins a query of what reviews of an installation count for; conditions follow.
func (q *query) counted(installation int64, since, stale time.Time) {
	q.say("SELECT repository, spent, reserved, running, COUNT(*) FROM (SELECT repository, spent, reserved, CASE WHEN ended IS NULL AND touched >= ? THEN 1 ELSE 0 END AS running"+
		" FROM reviews WHERE installation = ?", stale.UnixMicro(), installation)
	if !since.IsZero() {
		q.say(" AND started >= ?", after(since))
	}
}

// booked ends a query of counted. Most reviews cost nothing, and are one row so.
func (q *query) booked(ctx context.Context, tx *sql.Tx) (out []record.Booked, err error) {
	q.say(") AS each_review GROUP BY repository, spent, reserved, running")
	err = q.rows(ctx, tx, func(rows *sql.Rows) error {
		var o record.Booked
		var spent, reserved sql.NullString
		var running int
		err := rows.Scan(&o.Repo, &spent, &reserved, &running, &o.Count)
		if err != nil {
			return err
		}
		o.Running = running == 1
		if o.Spent, err = amount(spent); err != nil {
			return err
		}
		o.Reserved, err = amount(reserved)
		out = append(out, o)
		return err
	})
	return out, err
}
