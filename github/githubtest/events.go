package githubtest

import (
	"github.com/pertask/pertask/github/githubtest/payload"
	"github.com/pertask/pertask/github/githubtest/traffic"
)

// Delivery is one attempt to deliver a webhook.
type Delivery = traffic.Delivery

// write writes a payload under the lock.
func (s *Server) write(f func(payload.Writer) ([]byte, error)) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	raw, err := f(s.writer())
	if err != nil {
		s.fatal("%v", err)
	}
	return raw
}

func (s *Server) writer() payload.Writer {
	return payload.Writer{Repos: s.repos, Apps: s.apps, NewID: s.id, URL: s.URL}
}

// PullRequestEvent returns the payload of a pull_request event.
func (s *Server) PullRequestEvent(repo string, number int, action string) []byte {
	return s.write(func(w payload.Writer) ([]byte, error) { return w.PullRequest(repo, number, action) })
}

// CommentEvent returns the payload of an issue_comment event.
func (s *Server) CommentEvent(repo string, number int, commentID int64) []byte {
	return s.write(func(w payload.Writer) ([]byte, error) { return w.Comment(repo, number, commentID) })
}

// MergeGroupEvent returns the payload of a merge_group event for a group that ends with a pull request.
func (s *Server) MergeGroupEvent(repo string, number int, groupSHA string) []byte {
	return s.write(func(w payload.Writer) ([]byte, error) { return w.MergeGroup(repo, number, groupSHA) })
}

// CheckEvent returns the payload of a check_run event that a person causes: of the action rerequested, or requested_action with
// the identifier of a button.
func (s *Server) CheckEvent(name string, id int64, action, identifier, sender string) []byte {
	return s.write(func(w payload.Writer) ([]byte, error) { return w.Check(name, id, action, identifier, sender) })
}

// SuiteEvent returns the payload of a check_suite event for the check runs of an App on a commit.
func (s *Server) SuiteEvent(name, sha string, app int64, action, sender string) []byte {
	return s.write(func(w payload.Writer) ([]byte, error) { return w.Suite(name, sha, app, action, sender) })
}

// PushEvent returns the payload of a push event to a branch.
func (s *Server) PushEvent(name, branch, before, after, sender string) []byte {
	return s.write(func(w payload.Writer) ([]byte, error) { return w.Push(name, branch, before, after, sender) })
}

// InstallationEvent returns the payload of an installation event, with the repositories that it has.
func (s *Server) InstallationEvent(id int64, action string) []byte {
	return s.write(func(w payload.Writer) ([]byte, error) { return w.Installation(id, action) })
}

// InstallationReposEvent returns the payload of an installation_repositories event.
func (s *Server) InstallationReposEvent(id int64, added, removed []string) []byte {
	return s.write(func(w payload.Writer) ([]byte, error) { return w.InstallationRepos(id, added, removed) })
}

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
	d, hook := s.writer().Delivery(r, event, payload), r.Hook()
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
