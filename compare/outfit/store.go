package outfit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/ledger/dirstore"
)

// Store is a directory of stored trials and tests that mends itself: a file that is not usable, such as one that somebody
// else wrote, is an error to whoever reads it in this process, so that it is said, and is removed, so that the next one
// finds it empty. It implements ledger.Store and ledger.Tests.
type Store struct {
	*dirstore.Store
	mu     sync.Mutex
	broken map[string]error // by key
}

// OpenStore opens a directory, or makes it. A secret, of at least 16 bytes, seals what is written for what it is about,
// where others can write to the directory; without one nothing is sealed.
func OpenStore(dir string, secret []byte, about string) (*Store, error) {
	s, err := dirstore.Open(dir, dirstore.Options{Secret: secret, About: about})
	if err != nil {
		return nil, err
	}
	return &Store{Store: s, broken: map[string]error{}}, nil
}

// BaseTrials implements ledger.Store.
func (s *Store) BaseTrials(ctx context.Context, key string) ([]ledger.BaseTrial, error) {
	out, err := s.Store.BaseTrials(ctx, key)
	return out, s.mend(ctx, key, err)
}

// Test implements ledger.Tests.
func (s *Store) Test(ctx context.Context, key string) (ledger.Test, bool, error) {
	t, found, err := s.Store.Test(ctx, key)
	return t, found, s.mend(ctx, key, err)
}

func (s *Store) mend(ctx context.Context, key string, err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !errors.Is(err, dirstore.ErrBroken) {
		return errors.Join(err, s.broken[key])
	}
	if gone := s.Discard(ctx, key); gone != nil {
		return errors.Join(err, gone)
	}
	s.broken[key] = fmt.Errorf("%w; it was removed", err)
	return s.broken[key]
}

// Prune removes trials that are too old to be used again, at an age of maxAge.
func (s *Store) Prune(ctx context.Context, now time.Time, maxAge time.Duration) error {
	_, err := s.PruneBaseTrials(ctx, now.Add(-maxAge))
	return err
}
