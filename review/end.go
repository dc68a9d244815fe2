package review

import (
	"context"
	"errors"
)

// ErrOvertaken is the cause of a context whose review another worker carries out now, by errors.Is: the review that is overtaken
// posts and keeps nothing more.
var ErrOvertaken = errors.New("another worker carries out the review")

// ErrStopped is the cause of a context whose process is to stop, by errors.Is, and so is context.Canceled. A review that has an
// ID leaves what it shows as it is then: its next attempt goes on with it.
var ErrStopped = errors.New("the process is to stop")

// halted reports whether a review is not to be ended here, since it goes on elsewhere: by a context that the caller has ended.
func (s *session) halted(ctx context.Context) bool {
	if ctx.Err() == nil {
		return false
	}
	cause := context.Cause(ctx)
	return errors.Is(cause, ErrOvertaken) || s.ID != "" && (errors.Is(cause, ErrStopped) || errors.Is(cause, context.Canceled))
}

// outlive is a context for what is posted when a review is over, however it ended. It ends at once when the review is
// overtaken.
func outlive(ctx context.Context) (context.Context, context.CancelFunc) {
	out, end := context.WithCancelCause(context.WithoutCancel(ctx))
	unwatch := context.AfterFunc(ctx, func() {
		if cause := context.Cause(ctx); errors.Is(cause, ErrOvertaken) {
			end(cause)
		}
	})
	out, cancel := context.WithTimeout(out, postTimeout)
	return out, func() { unwatch(); cancel(); end(nil) }
}
