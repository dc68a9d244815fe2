package githubtest

import (
	"encoding/json"

	"github.com/pertask/pertask/github/githubtest/appstore"
)

// Deliver sends a webhook of an App to its HookURL, signed, and waits for the answer. A payload without an installation gets
// that of its repository.
func (s *Server) Deliver(app int64, event string, payload []byte) Delivery {
	s.mu.Lock()
	r := s.apps.App(app)
	if r == nil {
		s.mu.Unlock()
		s.fatal("no App %d", app)
		return Delivery{}
	}
	d, hook := s.about(r, event, payload), r.Hook()
	s.mu.Unlock()
	return s.Deliveries.Send(hook, d, s.opt.Now)
}

// Redeliver sends a webhook again, as a person can on the App's page, and waits for the answer.
func (s *Server) Redeliver(app int64, d Delivery) Delivery {
	s.mu.Lock()
	hook := s.apps.App(app).Hook()
	s.mu.Unlock()
	d.Redelivery = true
	return s.Deliveries.Send(hook, d, s.opt.Now)
}

// SetHook changes where the webhooks of an App go, and with which secret they are signed.
func (s *Server) SetHook(app int64, url, secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.apps.App(app)
	a.HookURL, a.WebhookSecret = url, secret
}

// about fills in what a delivery is about.
func (s *Server) about(r *appstore.Registered, event string, payload []byte) Delivery {
	var m map[string]json.RawMessage
	var known struct {
		Action       string
		Installation struct{ ID int64 }
		Repository   struct{ ID int64 }
	}
	if json.Unmarshal(payload, &m) != nil || json.Unmarshal(payload, &known) != nil {
		return Delivery{Event: event, Payload: payload}
	}
	repo := s.byID[known.Repository.ID]
	if known.Installation.ID == 0 && repo != nil {
		for _, i := range s.apps.Installed(func(i *appstore.Installation) bool { return i.App == r && i.Has(repo.ID) }) {
			known.Installation.ID = i.ID
			m["installation"], _ = json.Marshal(map[string]any{"id": i.ID, "node_id": "I"})
			payload, _ = json.Marshal(m)
			break
		}
	}
	return Delivery{Event: event, Payload: payload, Action: known.Action, Installation: known.Installation.ID, Repository: known.Repository.ID}
}
