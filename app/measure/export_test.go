package measure

import (
	"context"
	"log/slog"
	"time"

	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/review/state"
)

// Redactor hides keys.
type Redactor = redactor

// Add makes it hide further keys.
func (r *redactor) Add(k meter.Keys) { r.add(k) }

// Redact returns a text without them.
func (r *redactor) Redact(s string) string { return r.redact(s) }

// Logger returns a logger without them.
func (r *redactor) Logger(log *slog.Logger) *slog.Logger { return r.logger(log) }

// Pressed reports whether a person has pressed the button that accepts.
func (m *Measurer) Pressed(ctx context.Context, j Job, a state.Acceptance) (bool, error) {
	return m.pressed(ctx, j, a)
}

// SetStuck sets how long a review that has a journal waits for another one.
func (m *Measurer) SetStuck(d time.Duration) { m.stuck = d }
