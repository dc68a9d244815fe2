package meter

import (
	"errors"
	"slices"

	"github.com/pertask/pertask/usage"
)

// final is an error of Config.Admit that no later call of the session is spared.
type final struct{ error }

// Unwrap returns the error that was marked.
func (f final) Unwrap() error { return f.error }

// Final marks an error of Config.Admit as one that every later call of the session would get too, such as that of a
// budget which is spent. Its text stays, and nil stays nil.
func Final(err error) error {
	if err == nil {
		return nil
	}
	return final{err}
}

// Refused returns a channel that is closed once a call of the session was refused for good, with an error that Final has
// marked, and every call that was admitted has ended: whoever goes on asks in vain, and nothing that is paid for is cut
// by ending it. It stays open for a session that comes to no such refusal.
func (s *Session) Refused() <-chan struct{} { return s.refused }

// heed notes an error of Config.Admit.
func (s *Session) heed(err error) {
	if !errors.As(err, &final{}) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
}

// tell closes what Refused returns, once that is due. The caller holds the session's lock.
func (s *Session) tell() {
	if !s.over || slices.ContainsFunc(s.flights, func(f *flight) bool { return f.now().State == usage.Admitted }) {
		return
	}
	select {
	case <-s.refused:
	default:
		close(s.refused)
	}
}
