//go:build chaos

package main

import (
	"context"
	"errors"
	"os"
	"strconv"
	"time"
)

// clock is one that a test sets, in a program that is built for tests only: PERTASK_CHAOS_START is its time at the instant
// PERTASK_CHAOS_ORIGIN of the machine's clock, in nanoseconds since 1970, and PERTASK_CHAOS_SECOND is how long a second of it
// takes. A wait is as much shorter; what is bounded by a deadline is not, so that a wait which would reach beyond it is refused
// as by the machine's clock.
func clock(getenv func(string) string) (now func() time.Time, sleep func(context.Context, time.Duration) error) {
	start, err := time.Parse(time.RFC3339, getenv("PERTASK_CHAOS_START"))
	origin, err2 := strconv.ParseInt(getenv("PERTASK_CHAOS_ORIGIN"), 10, 64)
	second, err3 := time.ParseDuration(getenv("PERTASK_CHAOS_SECOND"))
	if errors.Join(err, err2, err3) != nil || second <= 0 {
		os.Exit(99) // a mistake in the test
	}
	began, times := time.Unix(0, origin), float64(time.Second)/float64(second)
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
