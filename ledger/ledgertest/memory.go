package ledgertest

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/pertask/pertask/ledger"
)

// Memory is a ledger that lasts as long as the process, for tests. Its zero value is empty. It is safe for concurrent
// use.
type Memory struct {
	mu      sync.Mutex
	shelves map[string]*ledger.Shelf
	tests   map[string]ledger.Test
}

// BaseTrials implements ledger.Store.
func (m *Memory) BaseTrials(ctx context.Context, key string) ([]ledger.BaseTrial, error) {
	var out []ledger.BaseTrial
	err := m.with(ctx, key, func(s *ledger.Shelf) error { return own(s.Trials(), &out) })
	return out, err
}

// AddBaseTrials implements ledger.Store.
func (m *Memory) AddBaseTrials(ctx context.Context, key string, trials ...ledger.BaseTrial) error {
	return m.with(ctx, key, func(s *ledger.Shelf) error {
		var checked []ledger.BaseTrial
		for _, t := range trials {
			t, err := t.Checked()
			if err != nil {
				return err
			}
			checked = append(checked, t)
		}
		var mine []ledger.BaseTrial
		if err := own(checked, &mine); err != nil {
			return err
		}
		for _, t := range mine {
			s.Add(t)
		}
		return nil
	})
}

// DropBaseTrials implements ledger.Store.
func (m *Memory) DropBaseTrials(ctx context.Context, key, why string) error {
	if err := ledger.CheckWhy(why); err != nil {
		return err
	}
	return m.with(ctx, key, func(s *ledger.Shelf) error {
		for _, d := range s.All() {
			s.Drop(d)
		}
		return nil
	})
}

func (m *Memory) with(ctx context.Context, key string, do func(*ledger.Shelf) error) error {
	if err := ledger.CheckKey(key); err != nil {
		return err
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.shelves[key] == nil {
		if m.shelves == nil {
			m.shelves = map[string]*ledger.Shelf{}
		}
		m.shelves[key] = new(ledger.Shelf)
	}
	return do(m.shelves[key])
}

// Test implements ledger.Tests.
func (m *Memory) Test(ctx context.Context, key string) (ledger.Test, bool, error) {
	if err := ledger.CheckKey(key); err != nil {
		return ledger.Test{}, false, err
	}
	if err := context.Cause(ctx); err != nil {
		return ledger.Test{}, false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	t, found := m.tests[key]
	if !found {
		return ledger.Test{}, false, nil
	}
	var out ledger.Test
	err := own(t, &out)
	return out, true, err
}

// SaveTest implements ledger.Tests.
func (m *Memory) SaveTest(ctx context.Context, t ledger.Test) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	next, write, err := ledger.Continue(m.tests[t.Key], t)
	if err != nil || !write {
		return err
	}
	if m.tests == nil {
		m.tests = map[string]ledger.Test{}
	}
	var mine ledger.Test
	if err := own(next, &mine); err != nil {
		return err
	}
	m.tests[t.Key] = mine
	return nil
}

// own copies a value by its JSON, as a store that outlives the process does.
func own(from, to any) error {
	data, err := json.Marshal(from)
	if err == nil {
		err = json.Unmarshal(data, to)
	}
	if err != nil {
		return fmt.Errorf("copying a record: %w", err)
	}
	return nil
}
