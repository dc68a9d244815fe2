package sqlledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/pertask/pertask/ledger"
)

// baseLine is a row of base_lines: exactly one of its fields is set. Stored rows depend on its form.
type baseLine struct {
	Trial   *ledger.BaseTrial `json:"trial,omitempty"`
	Dropped *dropped          `json:"dropped,omitempty"`
}

// dropped says which trial was dropped, when and why, for good.
type dropped struct {
	Why   string         `json:"why"`
	Time  time.Time      `json:"time"`
	Trial ledger.Dropped `json:"trial"`
}

// at is when the trial began that the line is about.
func (b baseLine) at() time.Time {
	if b.Trial != nil {
		return b.Trial.Time
	}
	return b.Dropped.Trial.Time
}

// putOn puts a stored line on a shelf.
func putOn(shelf *ledger.Shelf, line []byte) error {
	var b baseLine
	if err := json.Unmarshal(line, &b); err != nil {
		return fmt.Errorf("reading a stored trial: %w", err)
	}
	switch {
	case b.Trial != nil && b.Dropped == nil:
		if b.Trial.Schema == "" || b.Trial.ID == "" { // what was written had them filled in
			return errors.New("reading a stored trial: it has no schema or no id")
		}
		checked, err := b.Trial.Checked()
		if err != nil {
			return err
		}
		shelf.Add(checked)
	case b.Dropped != nil && b.Trial == nil:
		shelf.Drop(b.Dropped.Trial)
	default:
		return errors.New("reading a stored trial: the line is of no known kind")
	}
	return nil
}

// shelf reads what is stored under a key.
func (l *Ledger) shelf(ctx context.Context, q querier, key string) (*ledger.Shelf, error) {
	shelf := new(ledger.Shelf)
	const text = `SELECT line FROM base_lines WHERE installation = $1 AND repository = $2 AND base_key = $3 ORDER BY place`
	err := lines(ctx, q, func(line []byte) error { return putOn(shelf, line) }, l.db.SQL(text), l.installation, l.repo, []byte(key))
	return shelf, err
}

// BaseTrials implements ledger.Store.
func (l *Ledger) BaseTrials(ctx context.Context, key string) ([]ledger.BaseTrial, error) {
	if err := ledger.CheckKey(key); err != nil {
		return nil, fmt.Errorf("reading stored trials: %w", err)
	}
	shelf, err := l.shelf(ctx, l.db.Read, key)
	if err != nil {
		return nil, fmt.Errorf("reading stored trials: %w", err)
	}
	return shelf.Trials(), nil
}

// AddBaseTrials implements ledger.Store.
func (l *Ledger) AddBaseTrials(ctx context.Context, key string, trials ...ledger.BaseTrial) error {
	checked := make([]ledger.BaseTrial, len(trials))
	err := ledger.CheckKey(key)
	for i := 0; i < len(trials) && err == nil; i++ {
		checked[i], err = trials[i].Checked()
	}
	if err == nil {
		err = l.change(ctx, key, func(shelf *ledger.Shelf) (fresh []baseLine) {
			for i := range checked {
				if shelf.Add(checked[i]) {
					fresh = append(fresh, baseLine{Trial: &checked[i]})
				}
			}
			return fresh
		})
	}
	if err != nil {
		return fmt.Errorf("storing trials: %w", err)
	}
	return nil
}

// DropBaseTrials implements ledger.Store.
func (l *Ledger) DropBaseTrials(ctx context.Context, key, why string) error {
	err := errors.Join(ledger.CheckKey(key), ledger.CheckWhy(why))
	if err == nil {
		err = l.change(ctx, key, func(shelf *ledger.Shelf) (gone []baseLine) {
			for _, d := range shelf.All() {
				gone = append(gone, baseLine{Dropped: &dropped{Why: why, Time: l.now().UTC(), Trial: d}})
			}
			return gone
		})
	}
	if err != nil {
		return fmt.Errorf("dropping stored trials: %w", err)
	}
	return nil
}

// change adds the lines that follow from what is on a shelf.
func (l *Ledger) change(ctx context.Context, key string, follow func(*ledger.Shelf) []baseLine) error {
	return l.write(ctx, func(tx *sql.Tx) error {
		shelf, err := l.shelf(ctx, tx, key)
		if err != nil {
			return err
		}
		fresh := follow(shelf)
		if len(fresh) == 0 {
			return nil
		}
		var last int64
		const text = `SELECT COALESCE(MAX(place), 0) FROM base_lines WHERE installation = $1 AND repository = $2 AND base_key = $3`
		if err := tx.QueryRowContext(ctx, l.db.SQL(text), l.installation, l.repo, []byte(key)).Scan(&last); err != nil {
			return err
		}
		const insert = `INSERT INTO base_lines (installation, repository, base_key, place, at, line) VALUES ($1, $2, $3, $4, $5, $6)`
		for i, b := range fresh {
			line, err := json.Marshal(b)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, l.db.SQL(insert), l.installation, l.repo, []byte(key), last+int64(i)+1, b.at().UnixMicro(), line); err != nil {
				return err
			}
		}
		return nil
	})
}
