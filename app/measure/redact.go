package measure

import (
	"context"
	"log/slog"
	"sync"

	"github.com/pertask/pertask/internal/redact"
	"github.com/pertask/pertask/meter"
)

// redactor hides the provider keys of one installation in everything that is written about it. GitHub's tokens are hidden by
// package github itself. It is safe for concurrent use; its zero value knows no key yet.
type redactor struct {
	mu   sync.RWMutex
	keys []meter.Keys
}

// mostKeys bounds how many readings of the keys are remembered: a key that was replaced is hidden for as many more reviews.
const mostKeys = 16

// add makes it hide further keys.
func (r *redactor) add(k meter.Keys) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keys = append(r.keys, k)
	r.keys = r.keys[max(0, len(r.keys)-mostKeys):]
}

func (r *redactor) redact(s string) string {
	return redact.Text(s, r.plainly)
}

// plainly replaces what is written as it is.
func (r *redactor) plainly(s string) string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, k := range r.keys {
		s = k.Redact(s)
	}
	return s
}

// logger hides the keys in what is logged.
func (r *redactor) logger(log *slog.Logger) *slog.Logger { return slog.New(hiding{log.Handler(), r}) }

// hiding is a handler that redacts messages and texts.
type hiding struct {
	slog.Handler
	r *redactor
}

// Handle implements slog.Handler.
func (h hiding) Handle(ctx context.Context, rec slog.Record) error {
	out := slog.NewRecord(rec.Time, rec.Level, h.r.redact(rec.Message), rec.PC)
	rec.Attrs(func(a slog.Attr) bool {
		out.AddAttrs(h.attr(a))
		return true
	})
	return h.Handler.Handle(ctx, out)
}

func (h hiding) attr(a slog.Attr) slog.Attr {
	switch v := a.Value.Resolve(); v.Kind() {
	case slog.KindString, slog.KindAny:
		return slog.String(a.Key, h.r.redact(v.String()))
	case slog.KindGroup:
		var parts []any
		for _, p := range v.Group() {
			parts = append(parts, h.attr(p))
		}
		return slog.Group(a.Key, parts...)
	}
	return a
}

// WithAttrs implements slog.Handler.
func (h hiding) WithAttrs(attrs []slog.Attr) slog.Handler {
	hidden := make([]slog.Attr, 0, len(attrs))
	for _, a := range attrs {
		hidden = append(hidden, h.attr(a))
	}
	return hiding{h.Handler.WithAttrs(hidden), h.r}
}

// WithGroup implements slog.Handler.
func (h hiding) WithGroup(name string) slog.Handler { return hiding{h.Handler.WithGroup(name), h.r} }
