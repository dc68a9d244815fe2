package guard_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pertask/pertask/app/page/guard"
)

func turns() *guard.Turns { return &guard.Turns{All: 4, Each: 2, Line: 8, Wait: 15 * time.Second} }

// So many turns there are at once and no more, of one person and of all. Whoever waits gets theirs, or is told to come again.
func TestTurns(t *testing.T) {
	for name, c := range map[string]struct {
		people, each int // who ask, and how often at once
		took         time.Duration
		most, served int
	}{
		"one person":                 {1, 6, time.Second, 2, 6},
		"many people":                {12, 1, time.Second, 4, 12},
		"a few with much":            {3, 6, time.Second, 4, 18},
		"one that takes very long":   {1, 6, time.Minute, 2, 2},
		"many that take very long":   {9, 1, time.Minute, 4, 4},
		"one whose line is too long": {1, 20, time.Second, 2, 10},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				x := turns()
				var mu sync.Mutex
				var all sync.WaitGroup
				now, most, served, refused := 0, 0, 0, 0
				for p := range c.people {
					for range c.each {
						all.Go(func() {
							release, err := x.Take(t.Context(), int64(p))
							mu.Lock()
							if err != nil {
								if refused++; !errors.Is(err, guard.ErrBusy) {
									t.Error(err)
								}
								mu.Unlock()
								return
							}
							now++
							most, served = max(most, now), served+1
							mu.Unlock()
							time.Sleep(c.took)
							mu.Lock()
							now--
							mu.Unlock()
							release()
							release() // once more is nothing
						})
					}
				}
				all.Wait()
				if most != c.most || served != c.served || refused != c.people*c.each-c.served {
					t.Errorf("%d at once, %d served and %d refused; want %d, %d", most, served, refused, c.most, c.served)
				}
			})
		})
	}
}

// One person who asks without end does not keep others waiting: somebody else is served as soon as anything is free, and at once
// where that person has no more than their share.
func TestNobodyStarves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := turns()
		var all sync.WaitGroup
		ctx, stop := context.WithCancel(t.Context())
		take := func(person int64, took time.Duration) error {
			release, err := x.Take(ctx, person)
			if err == nil {
				time.Sleep(took)
				release()
			}
			return err
		}
		greedy := func(person int64) {
			for range 8 {
				all.Go(func() {
					for ctx.Err() == nil {
						_ = take(person, 10*time.Second)
					}
				})
			}
		}
		greedy(1)
		synctest.Wait()
		began := time.Now()
		if err := take(2, 0); err != nil || time.Since(began) != 0 {
			t.Errorf("somebody else waited %s beside one greedy person: %v", time.Since(began), err)
		}
		greedy(3)
		greedy(4)
		time.Sleep(3 * time.Second)
		began = time.Now()
		if err := take(5, 0); err != nil || time.Since(began) > 10*time.Second {
			t.Errorf("somebody else waited %s beside three greedy people: %v", time.Since(began), err)
		}
		stop()
		all.Wait()
	})
}

// Who has gone leaves the line, and takes nothing with them.
func TestGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := turns()
		x.All = 1
		release, err := x.Take(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		why := errors.New("the browser has gone")
		gone, cancel := context.WithCancelCause(t.Context())
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := x.Take(gone, 2); !errors.Is(err, why) {
				t.Errorf("got %v", err)
			}
		})
		synctest.Wait()
		cancel(why)
		all.Wait()
		release()
		again, err := x.Take(t.Context(), 3)
		if err != nil {
			t.Fatal(err)
		}
		again()
	})
	if _, err := new(guard.Turns).Take(t.Context(), 1); !errors.Is(err, guard.ErrBusy) {
		t.Errorf("the zero value: %v", err)
	}
}
