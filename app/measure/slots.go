package measure

import (
	"context"
	"sync"
)

// Slots limits how many reviews measure at once, in this process and for each installation. Reviews that spend nothing need
// none. It is safe for concurrent use.
type Slots struct {
	all   chan struct{}
	each  int
	mu    sync.Mutex
	mine  map[int64]chan struct{} // by installation
	users map[int64]int           // of the channel, waiting ones too
}

// NewSlots returns slots for so many reviews in this process, of which an installation gets so many; at least one each.
func NewSlots(all, each int) *Slots {
	return &Slots{all: make(chan struct{}, max(all, 1)), each: max(each, 1), mine: map[int64]chan struct{}{}, users: map[int64]int{}}
}

// Take waits for a slot. The returned function gives it back, once, however often it is called.
func (s *Slots) Take(ctx context.Context, installation int64) (release func(), err error) {
	mine := s.join(installation)
	// First its own: who waits for its own installation must not keep others from working.
	if err := take(ctx, mine); err != nil {
		s.leave(installation)
		return nil, err
	}
	if err := take(ctx, s.all); err != nil {
		<-mine
		s.leave(installation)
		return nil, err
	}
	return sync.OnceFunc(func() {
		<-s.all
		<-mine
		s.leave(installation)
	}), nil
}

func take(ctx context.Context, slots chan struct{}) error {
	select {
	case slots <- struct{}{}:
		return nil
	default:
	}
	select {
	case slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (s *Slots) join(installation int64) chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mine[installation] == nil {
		s.mine[installation] = make(chan struct{}, s.each)
	}
	s.users[installation]++
	return s.mine[installation]
}

func (s *Slots) leave(installation int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users[installation]--; s.users[installation] == 0 {
		delete(s.users, installation)
		delete(s.mine, installation)
	}
}

// Busy is how many reviews measure now.
func (s *Slots) Busy() int { return len(s.all) }
