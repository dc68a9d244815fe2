package spendtest

import (
	"context"
	"iter"
	"maps"
	"slices"
	"sync"

	"github.com/pertask/pertask/ledger/spend"
)

// Memory is a store that lasts as long as the process, for tests. Its zero value is empty. It is safe for concurrent use.
type Memory struct {
	mu  sync.Mutex
	set spend.Set
}

// Add implements spend.Store.
func (m *Memory) Add(ctx context.Context, entries ...spend.Entry) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	for _, e := range entries {
		if err := e.Check(); err != nil {
			return err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range entries {
		m.set.Add(clone(e))
	}
	return nil
}

// Entries implements spend.Store.
func (m *Memory) Entries(ctx context.Context, q spend.Query) iter.Seq2[spend.Entry, error] {
	return func(yield func(spend.Entry, error) bool) {
		m.mu.Lock()
		entries := m.set.Sorted()
		m.mu.Unlock()
		for _, e := range entries {
			if err := context.Cause(ctx); err != nil {
				yield(spend.Entry{}, err)
				return
			}
			if q.Wants(e) && !yield(clone(e), nil) {
				return
			}
		}
	}
}

// clone returns an entry that shares nothing with the given one.
func clone(e spend.Entry) spend.Entry {
	e.Labels, e.Attributes, e.Requests = slices.Clone(e.Labels), maps.Clone(e.Attributes), maps.Clone(e.Requests)
	return e
}
