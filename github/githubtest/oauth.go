package githubtest

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"time"

	"github.com/pertask/pertask/github/githubtest/appstore"
	"github.com/pertask/pertask/github/githubtest/signin"
)

var conversion = regexp.MustCompile(`^/app-manifests/([^/]+)/conversions$`)

// newSite returns the pages for people.
func (s *Server) newSite() *signin.Site {
	return &signin.Site{Apps: s.apps, NewID: s.id, Now: s.opt.Now, Random: random, People: s.repos.People, Token: s.userToken}
}

// SignIn says who is at the browser when the page for signing in is opened; that person agrees at once. With "" the page asks
// who it is.
func (s *Server) SignIn(login string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.site.Viewer = login
}

// Revoke takes all tokens from a person.
func (s *Server) Revoke(login string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.actors, func(_ string, a Actor) bool { return a.user && strings.EqualFold(a.Login, login) })
}

// UserToken returns a token of an App for a person, as signing in does.
func (s *Server) UserToken(app int64, login string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.userToken(s.apps.App(app), login)
}

func (s *Server) userToken(app *appstore.Registered, login string) string {
	token := "ghu_" + random(18)
	s.actors[token] = Actor{Login: login, user: true, of: app}
	return token
}

// visit is every request to the pages for people. Faults meet it like any other; a form is not remembered, since it has secrets.
func (s *Server) visit(w http.ResponseWriter, r *http.Request) {
	req := Request{Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Agent: r.UserAgent()}
	n, fault := s.Record(req), s.Meet(req)
	if fault != nil && fault.Delay > 0 {
		select {
		case <-time.After(fault.Delay):
		case <-r.Context().Done():
		}
	}
	if !fault.Answers() {
		s.serveSite(w, r)
		s.Settle(n, http.StatusOK)
		return
	}
	if !fault.Prevents() {
		s.serveSite(httptest.NewRecorder(), r) // it has its effect, and nobody hears of it
	}
	s.Settle(n, fault.Status)
	if fault.Status == 0 {
		panic(http.ErrAbortHandler) // cuts the connection
	}
	w.WriteHeader(fault.Status)
}

func (s *Server) serveSite(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.site.ServeHTTP(w, r)
}

// convert hands out the credentials of a new App, once.
func (s *Server) convert(code string) reply {
	if m, found := s.site.Convert(code); found {
		return reply{status: http.StatusCreated, body: m}
	}
	return notFound
}
