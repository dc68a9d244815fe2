package measure

import (
	"log/slog"

	"github.com/pertask/pertask/meter"
)

// Redactor hides keys.
type Redactor = redactor

// Add makes it hide further keys.
func (r *redactor) Add(k meter.Keys) { r.add(k) }

// Redact returns a text without them.
func (r *redactor) Redact(s string) string { return r.redact(s) }

// Logger returns a logger without them.
func (r *redactor) Logger(log *slog.Logger) *slog.Logger { return r.logger(log) }
