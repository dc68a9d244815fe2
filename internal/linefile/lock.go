package linefile

import (
	"context"
	"errors"
	"os"
	"time"
)

// ErrLocked is wrapped by errors of TryLock about a file that somebody else has.
var ErrLocked = errors.New("another writer has the lock")

// Lock takes an open file for itself, against others of this process, too, and waits until it can or the context ends. The
// file is given up when it is closed, or when the process ends in whatever way. Where the system has no such locks it
// does nothing.
func Lock(ctx context.Context, f *os.File) error {
	const longest = 50 * time.Millisecond
	for pause := time.Millisecond; ; pause = min(2*pause, longest) {
		if err := TryLock(f); !errors.Is(err, ErrLocked) {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}
