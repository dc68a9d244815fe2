package measure_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pertask/pertask/app/measure"
)

func TestSlots(t *testing.T) {
	s := measure.NewSlots(3, 2)
	var all, worst atomic.Int64
	var mine, most [3]atomic.Int64
	var users sync.WaitGroup
	for i := range 60 {
		users.Go(func() {
			who := i % 3
			release, err := s.Take(t.Context(), int64(who))
			if err != nil {
				t.Error(err)
				return
			}
			worst.Store(max(worst.Load(), all.Add(1)))
			most[who].Store(max(most[who].Load(), mine[who].Add(1)))
			time.Sleep(time.Millisecond)
			mine[who].Add(-1)
			all.Add(-1)
			release()
			release() // a second time does nothing
		})
	}
	users.Wait()
	if worst.Load() > 3 || s.Busy() != 0 {
		t.Errorf("%d at once, %d left over", worst.Load(), s.Busy())
	}
	for who := range most {
		if n := most[who].Load(); n > 2 {
			t.Errorf("installation %d had %d at once", who, n)
		}
	}
}

func TestSlotsAreNotWaitedForWithoutEnd(t *testing.T) {
	s := measure.NewSlots(1, 1)
	release, err := s.Take(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, who := range []int64{1, 2} {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		if _, err := s.Take(ctx, who); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("installation %d: %v", who, err)
		}
		cancel()
	}
	release()
	again, err := s.Take(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	again()
}

// Who has all of its own slots keeps nobody else from working.
func TestSlotsAreShared(t *testing.T) {
	s := measure.NewSlots(2, 1)
	first, err := s.Take(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer first()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { _, _ = s.Take(ctx, 1) }() // it waits for the first
	other, err := s.Take(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	other()
}
