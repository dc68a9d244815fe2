package meter

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/pertask/pertask/meter/format"
	"github.com/pertask/pertask/usage"
)

// flight is one call from its admission to its end, which comes exactly once.
type flight struct {
	session *Session
	start   time.Time

	mu   sync.Mutex
	call usage.Call
}

// now returns the call as it stands.
func (f *flight) now() usage.Call {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.call
}

// admit asks whether the call may be made and records that it is. The time that Admit takes, which may wait, is none of the call's.
func (f *flight) admit(ctx context.Context, body []byte) error {
	cfg := f.session.proxy.cfg
	c := f.now()
	c.State = usage.Admitted
	if err := cfg.Admit(context.WithValue(ctx, askedKey{}, Asked{body}), c); err != nil {
		f.session.heed(err)
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.start = cfg.Now()
	f.call.Time = f.start.UTC()
	if f.call.State == usage.Ended { // the session was closed meanwhile
		return errSessionClosed
	}
	f.call.State = usage.Admitted
	if err := cfg.Record(f.call); err != nil {
		return fmt.Errorf("recording the call: %w", err)
	}
	return nil
}

// end records how the call ended. Only the first end counts.
func (f *flight) end(status int, r usage.Reading) {
	p := f.session.proxy
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.call.State == usage.Ended {
		return
	}
	r.Problem = p.cfg.Keys.Redact(r.Problem)
	now := p.cfg.Now()
	f.call.State, f.call.Status = usage.Ended, status
	f.call.Time, f.call.Seconds = now.UTC(), now.Sub(f.start).Seconds()
	f.fill(r)
	f.record()
}

// fill takes over a reading, with what the upstream's host says about the price.
func (f *flight) fill(r usage.Reading) {
	r.Fill(&f.call)
	up := f.session.proxy.upstreams[f.call.Upstream]
	if up.residency != "" && r.Coverage != usage.Unbilled {
		f.call.Attributes = maps.Clone(f.call.Attributes)
		if f.call.Attributes == nil {
			f.call.Attributes = make(map[string]string)
		}
		f.call.Attributes["data_residency"] = up.residency
	}
}

// claim notes what a gateway says that the call costs. Anything but a plain number is no claim.
func (f *flight) claim(up upstream, h http.Header) {
	const name = "X-Litellm-Response-Cost"
	said := h.Get(name)
	if up.Dialect != format.LiteLLM || len(said) > 64 || !amount.MatchString(said) {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.call.Format == "" {
		return // the call that made the answer has it
	}
	f.call.Claims = map[string]string{strings.ToLower(name): said}
}

// amount is the grammar of a JSON number from 0 on. A gateway in Python writes small ones with an exponent.
var amount = regexp.MustCompile(`^(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)

func (f *flight) record() {
	p := f.session.proxy
	if err := p.cfg.Record(f.call); err != nil {
		p.cfg.Log.Error("a call could not be recorded", "call", f.call.ID, "problem", p.cfg.Keys.Redact(err.Error()))
	}
	p.cfg.Log.LogAttrs(context.Background(), slog.LevelDebug, "call ended", slog.String("call", f.call.ID),
		slog.String("upstream", f.call.Upstream), slog.String("format", f.call.Format), slog.Int("status", f.call.Status),
		slog.String("coverage", string(f.call.Coverage)), slog.Float64("seconds", f.call.Seconds))
}

// complete fills in the usage of a call that had ended without it, such as a response that went on in the
// background. It reports whether there was anything to fill in.
func (f *flight) complete(r usage.Reading) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.call.State != usage.Ended || f.call.Coverage == usage.Complete || f.call.Coverage == usage.Unbilled || !better(r.Coverage, f.call.Coverage) {
		return false
	}
	f.fill(r)
	f.record()
	return true
}

// better reports whether a reading says more of a call than is known: all of it, or a part where nothing is.
func better(r, known usage.Coverage) bool {
	return r == usage.Complete || r == usage.Partial && known == usage.Missing
}

// unbilled is the reading of a call that consumed nothing, and why.
func unbilled(why string) usage.Reading {
	return usage.Reading{Coverage: usage.Unbilled, Tokens: usage.None(), Problem: why}
}
