// Package sqlprediction keeps predictions and what came of them in the App's database, apart for each installation.
//
// It knows how lines become rows. It refuses to know what lines say, and which may be added: package prediction does.
package sqlprediction

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"

	"github.com/pertask/pertask/app/sqldb"
	"github.com/pertask/pertask/app/sqldb/tenant"
	"github.com/pertask/pertask/ledger/prediction"
)

// Store is what is kept of one installation. It implements prediction.Store. It is safe for concurrent use, also by several processes.
type Store struct {
	db           *sqldb.DB
	installation int64
}

var _ prediction.Store = (*Store)(nil)

// New returns the predictions of an installation.
func New(db *sqldb.DB, installation int64) *Store { return &Store{db: db, installation: installation} }

// Predict implements prediction.Store. The error wraps record.ErrGone for an installation that was removed.
func (s *Store) Predict(ctx context.Context, p prediction.Prediction) error {
	line, err := prediction.EncodePrediction(p)
	if err != nil {
		return fmt.Errorf("keeping a prediction: %w", err)
	}
	return s.add(ctx, p.Repository, line, func(shelf *prediction.Shelf) (bool, error) { return shelf.Predict(p) })
}

// Observe implements prediction.Store. The error wraps record.ErrGone for an installation that was removed.
func (s *Store) Observe(ctx context.Context, o prediction.Outcome) error {
	line, err := prediction.EncodeOutcome(o)
	if err != nil {
		return fmt.Errorf("keeping what came of a prediction: %w", err)
	}
	return s.add(ctx, o.Repository, line, func(shelf *prediction.Shelf) (bool, error) { return shelf.Observe(o) })
}

// add adds a line, if it may follow what is there.
func (s *Store) add(ctx context.Context, repository string, line []byte, follow func(*prediction.Shelf) (bool, error)) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	err := s.db.InTx(ctx, func(tx *sql.Tx) error {
		if err := tenant.Enter(ctx, s.db, tx, s.installation); err != nil {
			return err
		}
		shelf := new(prediction.Shelf)
		var last int64
		err := s.lines(ctx, tx, repository, func(place int64, line []byte) error {
			last = place
			return put(shelf, line)
		})
		if err != nil {
			return err
		}
		fresh, err := follow(shelf)
		if err != nil || !fresh {
			return err
		}
		const insert = `INSERT INTO predictions (installation, repository, place, line) VALUES ($1, $2, $3, $4)`
		_, err = tx.ExecContext(ctx, s.db.SQL(insert), s.installation, repository, last+1, line)
		return err
	})
	if err != nil {
		return fmt.Errorf("keeping a prediction: %w", err)
	}
	return nil
}

// put puts a stored line on a shelf. What cannot be read would change what may follow.
func put(shelf *prediction.Shelf, line []byte) error {
	p, o, err := prediction.Decode(line)
	switch {
	case err != nil:
	case p != nil:
		_, err = shelf.Predict(*p)
	default:
		_, err = shelf.Observe(*o)
	}
	return err
}

// querier is a database or a transaction.
type querier interface {
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
}

// lines reads the lines of a repository, or of every one for "".
func (s *Store) lines(ctx context.Context, q querier, repository string, each func(place int64, line []byte) error) error {
	const text = `SELECT place, line FROM predictions WHERE installation = $1 AND (repository = $2 OR $2 = '') ORDER BY repository {bytewise}, place`
	rows, err := q.QueryContext(ctx, s.db.SQL(text), s.installation, repository)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var place int64
		var line []byte
		if err := rows.Scan(&place, &line); err != nil {
			return err
		}
		if err := each(place, line); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Records implements prediction.Store.
func (s *Store) Records(ctx context.Context, repository string) iter.Seq2[prediction.Record, error] {
	return func(yield func(prediction.Record, error) bool) {
		var shelf prediction.Shelf
		var bad []error
		err := context.Cause(ctx)
		if err == nil {
			err = s.lines(ctx, s.db.Read, repository, func(_ int64, line []byte) error {
				if err := put(&shelf, line); err != nil {
					bad = append(bad, err)
				}
				return nil
			})
		}
		if err = errors.Join(err, errors.Join(bad...)); err != nil && !yield(prediction.Record{}, fmt.Errorf("reading predictions: %w", err)) {
			return
		}
		for _, r := range shelf.Records(repository) {
			if !yield(r, nil) {
				return
			}
		}
	}
}
