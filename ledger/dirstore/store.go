package dirstore

import (
	"context"
	"fmt"
	"time"

	"github.com/pertask/pertask/ledger"
)

// BaseTrials implements ledger.Store.
func (s *Store) BaseTrials(ctx context.Context, key string) ([]ledger.BaseTrial, error) {
	var shelf ledger.Shelf
	if err := s.read(ctx, baseTrials, key, fold(&shelf)); err != nil {
		return nil, err
	}
	return shelf.Trials(), nil
}

// AddBaseTrials implements ledger.Store.
func (s *Store) AddBaseTrials(ctx context.Context, key string, trials ...ledger.BaseTrial) error {
	if err := ledger.CheckKey(key); err != nil {
		return fmt.Errorf("storing trials: %w", err)
	}
	checked := make([]ledger.BaseTrial, len(trials))
	for i, t := range trials {
		var err error
		if checked[i], err = t.Checked(); err != nil {
			return fmt.Errorf("storing trials: %w", err)
		}
	}
	var shelf ledger.Shelf
	err := s.update(ctx, baseTrials, key, fold(&shelf), func() ([]record, error) {
		var fresh []record
		for i := range checked {
			if shelf.Add(checked[i]) {
				fresh = append(fresh, record{Trial: &checked[i]})
			}
		}
		return fresh, nil
	})
	if err != nil {
		return fmt.Errorf("storing trials: %w", err)
	}
	return nil
}

// DropBaseTrials implements ledger.Store.
func (s *Store) DropBaseTrials(ctx context.Context, key, why string) error {
	err := ledger.CheckKey(key)
	if err == nil {
		err = ledger.CheckWhy(why)
	}
	if err == nil {
		var shelf ledger.Shelf
		err = s.update(ctx, baseTrials, key, fold(&shelf), func() ([]record, error) {
			return drops(why, time.Now(), shelf.All()), nil
		})
	}
	if err != nil {
		return fmt.Errorf("dropping stored trials: %w", err)
	}
	return nil
}

// fold puts the records of a file on a shelf.
func fold(shelf *ledger.Shelf) func(record) error {
	return func(r record) error {
		if r.Trial != nil {
			shelf.Add(*r.Trial)
			return nil
		}
		for _, d := range r.Dropped.Trials {
			shelf.Drop(d)
		}
		return nil
	}
}

// Test implements ledger.Tests.
func (s *Store) Test(ctx context.Context, key string) (ledger.Test, bool, error) {
	var last ledger.Test
	if err := s.read(ctx, tests, key, follow(key, &last)); err != nil {
		return ledger.Test{}, false, err
	}
	return last, last.Key != "", nil
}

// SaveTest implements ledger.Tests.
func (s *Store) SaveTest(ctx context.Context, t ledger.Test) error {
	if _, err := t.Checked(); err != nil {
		return fmt.Errorf("storing a test: %w", err)
	}
	var last ledger.Test
	err := s.update(ctx, tests, t.Key, follow(t.Key, &last), func() ([]record, error) {
		next, write, err := ledger.Continue(last, t)
		if err != nil || !write {
			return nil, err
		}
		return []record{{Test: &next}}, nil
	})
	if err != nil {
		return fmt.Errorf("storing a test: %w", err)
	}
	return nil
}

// follow keeps the last test of a file, each of which must follow the one before it.
func follow(key string, last *ledger.Test) func(record) error {
	return func(r record) error {
		if r.Test.Key != key {
			return fmt.Errorf("the test is of the key %.80q", r.Test.Key)
		}
		next, _, err := ledger.Continue(*last, *r.Test)
		if err != nil {
			return err
		}
		*last = next
		return nil
	}
}
