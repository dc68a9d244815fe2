//go:build chaos

package main

import (
	"context"
	"os"
	"time"
)

// clock is one that a test sets, in a program that is built for tests only: PERTASK_CHAOS_START is its time when the process
// starts, and PERTASK_CHAOS_SPEED how many times as fast it runs. A wait is as much shorter; what is bounded by a deadline is
// not, so that a wait which would reach beyond it is refused as by the machine's clock.
func clock(getenv func(string) string) (now func() time.Time, sleep func(context.Context, time.Duration) error) {
	start, err := time.Parse(time.RFC3339, getenv("PERTASK_CHAOS_START"))
	speed, err2 := time.ParseDuration(getenv("PERTASK_CHAOS_SPEED")) // of one of its seconds, such as 5ms
	if err != nil || err2 != nil || speed <= 0 {
		os.Exit(99) // a mistake in the test
	}
	began, times := time.Now(), float64(time.Second)/float64(speed)
	now = func() time.Time { return start.Add(time.Duration(float64(time.Since(began)) * times)) }
	sleep = func(ctx context.Context, d time.Duration) error {
		t := time.NewTimer(time.Duration(float64(d) / times))
		defer t.Stop()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.C:
			return nil
		}
	}
	return now, sleep
}
