package githubtest

import (
	"maps"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/pertask/pertask/github/githubtest/appstore"
)

// App is a GitHub App. Only ID is needed.
type App = appstore.App

var tokenPath = regexp.MustCompile(`^/app/installations/(\d+)/access_tokens$`)

// AddApp registers a GitHub App with the permissions of a workflow of ours, installs it in all repositories, and returns its
// private key, PEM.
func (s *Server) AddApp(id, installation int64, slug string) []byte {
	key := s.RegisterApp(App{ID: id, Slug: slug})
	s.Install(id, installation, "acme")
	return key
}

// RegisterApp makes an App known and returns its private key, PEM. What is not said of it is made up.
func (s *Server) RegisterApp(a App) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.Permissions == nil {
		a.Permissions = WorkflowActor().Permissions
	}
	r, err := s.apps.Register(a)
	if err != nil {
		s.fatal("%v", err)
		return nil
	}
	return r.Private
}

// Install installs an App in an account, in all repositories that there are or, where any are named, in those alone: then its
// tokens see no other.
func (s *Server) Install(app, id int64, account string, repos ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.apps.App(app)
	if r == nil {
		s.fatal("no App %d", app)
		return
	}
	i := &appstore.Installation{ID: id, App: r, Account: account}
	for _, name := range repos {
		if i.Repos == nil {
			i.Repos = map[int64]bool{}
		}
		i.Repos[s.mustRepo(name).ID] = true
	}
	s.apps.Install(i)
}

// Suspend suspends an installation, or takes that back with false. Its tokens are good no more.
func (s *Server) Suspend(id int64, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.apps.Installation(id)
	i.Suspended = time.Time{}
	if on {
		i.Suspended = s.opt.Now()
	}
	maps.DeleteFunc(s.actors, func(_ string, a Actor) bool { return on && a.in == i })
}

// Uninstall takes an installation away with its tokens.
func (s *Server) Uninstall(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.apps.Uninstall(id)
	maps.DeleteFunc(s.actors, func(_ string, a Actor) bool { return a.in != nil && a.in == i })
}

// installationToken exchanges an App's JSON web token for one of an installation.
func (s *Server) installationToken(jwt, id string) reply {
	n, _ := strconv.ParseInt(id, 10, 64)
	i := s.apps.Installation(n)
	if i == nil {
		return notFound
	}
	if !i.App.Signed(jwt, s.opt.Now()) {
		return fail(http.StatusUnauthorized, "A JSON web token could not be decoded")
	}
	if !i.Suspended.IsZero() {
		return fail(http.StatusForbidden, "This installation has been suspended")
	}
	a, token := i.App, s.apps.Token(i)
	s.actors[token] = Actor{Login: a.Slug + "[bot]", App: a.ID, Slug: a.Slug, Permissions: a.Permissions, in: i}
	return reply{status: http.StatusCreated, body: map[string]any{
		"token": token, "expires_at": s.opt.Now().Add(time.Hour).UTC().Format(time.RFC3339), "permissions": a.Permissions,
	}}
}
