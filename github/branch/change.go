package branch

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/pertask/pertask/github/wire"
)

// Changer is what Change needs of a repository. An error of Commit or Move for which wire.Unclear holds leaves open whether it was
// done.
type Changer interface {
	// Ref returns the commit that a branch points at, "" when there is no such branch.
	Ref(ctx context.Context, branch string) (commit string, err error)
	// Commit makes a commit that differs from its parent in the given files, of which a nil one is taken away, and returns the
	// parent when there is no difference. Without a parent, "", it begins a history.
	Commit(ctx context.Context, parent string, files map[string][]byte, message string) (commit string, err error)
	// Move points a branch at a commit, and makes the branch when from is "". It fails when the branch has left from.
	Move(ctx context.Context, branch, from, to string) error
}

// changes bounds how often the branch may have moved on under a Change, with many writers at once.
const changes = 100

// Change puts files on a branch: those that next returns for the commit that the branch is at, "" for none. It asks next again
// when others have moved the branch, and is done without a commit when next returns no files. What next returns must not depend on
// how often it is asked, but for what it reads at the commit.
func Change(ctx context.Context, g Changer, branch, message string, next func(ctx context.Context, at string) (map[string][]byte, error), sleep func(context.Context, time.Duration) error) error {
	var last error
	for attempt := range changes {
		if attempt > 0 {
			// Whoever lost against another waits for a time of their own, so that many do not meet again.
			if err := sleep(ctx, time.Duration(rand.Int64N(int64(time.Second)<<min(attempt+2, 6)))); err != nil {
				return errors.Join(last, err)
			}
		}
		done, err := changeOnce(ctx, g, branch, message, next)
		if done || ctx.Err() != nil {
			return err
		}
		last = err
	}
	return fmt.Errorf("others keep moving the branch %q: %w", branch, last)
}

// changeOnce makes one attempt. It is done when there is no reason for another.
func changeOnce(ctx context.Context, g Changer, branch, message string, next func(context.Context, string) (map[string][]byte, error)) (done bool, err error) {
	at, err := g.Ref(ctx, branch)
	if err != nil {
		return true, err
	}
	files, err := next(ctx, at)
	if err != nil || len(files) == 0 {
		return true, err
	}
	commit, err := g.Commit(ctx, at, files, message)
	if err != nil || commit == at { // without a difference, an attempt before was done, and was not answered
		return true, err
	}
	err = g.Move(ctx, branch, at, commit)
	switch {
	case err == nil:
		return true, nil
	case wire.Unclear(err):
		return false, err
	}
	// A refusal is worth another try when the branch has moved, and final when it has not.
	now, refErr := g.Ref(ctx, branch)
	if refErr != nil {
		return true, errors.Join(err, refErr)
	}
	return now == at, err
}
