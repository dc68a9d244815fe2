package wire

import (
	"context"
	"errors"
)

type onceKey struct{}

// Once returns a context whose requests are made once, also after a rate limit: for a write that has to be thought over
// once there was a wait. See Wait.
func Once(ctx context.Context) context.Context { return context.WithValue(ctx, onceKey{}, true) }

func once(ctx context.Context) bool { return ctx.Value(onceKey{}) != nil }

// Wait waits until the rate limit ends that a request met. It returns the error of the request when that is no rate limit,
// or one that is longer than the context or the configuration allows.
func (t *Transport) Wait(ctx context.Context, met error) error {
	var e *Error
	if !errors.As(met, &e) || e.Until.IsZero() {
		return met
	}
	return t.pause(ctx, e.Until.Sub(t.now()), met)
}
