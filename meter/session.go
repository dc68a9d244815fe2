package meter

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pertask/pertask/meter/format"
	"github.com/pertask/pertask/usage"
)

// settle is how long Close waits for calls that it has just canceled.
const settle = 2 * time.Second

// Session is one trial's access to the proxy. It is safe for concurrent use.
type Session struct {
	proxy  *Proxy
	id     string
	token  string
	trial  string
	salted bool
	salt   string
	ctx    context.Context // ends when the session gives up on calls in flight
	cancel context.CancelFunc

	mu       sync.Mutex
	closed   bool
	flights  []*flight // in order of admission
	inFlight int
	idle     chan struct{} // closed once the session is closed and nothing is in flight
	over     bool          // a call was refused for good
	refused  chan struct{} // see Refused
}

var errSessionClosed = errors.New("this session is closed")

// Open starts a session for the trial of that id. On a closed proxy it returns a closed session.
func (p *Proxy) Open(trial string) *Session { return p.open(&Session{trial: trial}) }

// OpenSalted is Open for a trial that shares no cached prompt with another one: the prompt of every metered request
// begins with the salt, which is the trial's own and stays the same over its calls, so that it caches for itself.
// Package salt says what is guaranteed. A request for which that cannot be is refused with status 400, and so is every
// request when the salt is not one of 1 to 32 ASCII letters and digits.
func (p *Proxy) OpenSalted(trial, salt string) *Session {
	return p.open(&Session{trial: trial, salted: true, salt: salt})
}

func (p *Proxy) open(s *Session) *Session {
	id := random(8)
	s.proxy, s.id, s.token, s.idle, s.refused = p, id, "ptk_"+id+"_"+random(24), make(chan struct{}), make(chan struct{})
	s.ctx, s.cancel = context.WithCancel(context.Background())
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		s.closed = true
		close(s.idle)
		return s
	}
	p.sessions[id] = s
	return s
}

func random(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // it never fails: without randomness the program ends
	return hex.EncodeToString(b)
}

// URL returns the base URL of an upstream for this session. The paths of the provider's API go below it.
func (s *Session) URL(upstream string) string {
	return "http://" + s.proxy.Addr() + "/t/" + s.id + "/" + url.PathEscape(upstream)
}

// Token returns what the agent presents instead of a provider key. It works at this session's URLs only.
func (s *Session) Token() string { return s.token }

// admits reports whether a request presents the session's token in any of the places where clients of the
// providers put their keys. The comparison takes the same time wherever a wrong token differs.
func (s *Session) admits(r *http.Request) bool {
	presented := []string{r.Header.Get("X-Api-Key"), r.Header.Get("X-Goog-Api-Key"), r.Header.Get("Api-Key"), r.URL.Query().Get("key")}
	if scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "bearer") {
		presented = append(presented, strings.TrimSpace(token))
	}
	found := 0
	for _, token := range presented {
		found |= subtle.ConstantTimeCompare([]byte(token), []byte(s.token))
	}
	return found == 1
}

// season puts the session's salt, if it has one, into a request to be sent on.
func (s *Session) season(f format.Format, body []byte) ([]byte, error) {
	switch {
	case !s.salted:
		return body, nil
	case f.Salt == nil:
		return nil, fmt.Errorf("cache: cold cannot be held for the format %s", f.Name)
	}
	return f.Salt(body, s.salt)
}

// begin counts a call in. A closed session takes none.
func (s *Session) begin(c usage.Call) (*flight, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errSessionClosed
	}
	c.Schema, c.ID, c.Trial = usage.CallSchema, fmt.Sprintf("%s-%04d", s.id, len(s.flights)+1), s.trial
	f := &flight{session: s, start: s.proxy.cfg.Now(), call: c}
	f.call.Time = f.start.UTC()
	s.flights = append(s.flights, f)
	s.inFlight++
	return f, nil
}

// leave counts a call out.
func (s *Session) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inFlight--; s.closed && s.inFlight == 0 {
		close(s.idle)
	}
	s.tell()
}

// Close ends the session: no call is admitted any more, and those in flight are read to their end, for at most
// Config.Drain or until ctx ends; what is left is then cut. It returns every call in order of admission, each
// ended. Closing again returns the same calls.
func (s *Session) Close(ctx context.Context) []usage.Call {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		if s.inFlight == 0 {
			close(s.idle)
		}
	}
	s.mu.Unlock()

	drain := time.NewTimer(s.proxy.cfg.Drain)
	defer drain.Stop()
	select {
	case <-s.idle:
	case <-ctx.Done():
	case <-drain.C:
	}
	s.cancel()
	grace := time.NewTimer(settle)
	defer grace.Stop()
	select {
	case <-s.idle:
	case <-grace.C:
	}
	s.proxy.forget(s)

	s.mu.Lock()
	flights := slices.Clone(s.flights)
	s.mu.Unlock()
	calls := make([]usage.Call, len(flights))
	for i, f := range flights {
		f.end(0, usage.Reading{Problem: "the call was still in flight when its session was closed"})
		calls[i] = f.now()
	}
	return calls
}

// forget drops what the proxy keeps for an open session.
func (p *Proxy) forget(s *Session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.sessions, s.id)
	for k := range p.answers {
		if k.session == s {
			delete(p.answers, k)
		}
	}
}

func (p *Proxy) session(id string) *Session {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sessions[id]
}
