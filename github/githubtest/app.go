package githubtest

import (
	"cmp"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pertask/pertask/github/githubtest/body"
)

// App is a GitHub App. Only ID is needed.
type App struct {
	ID                     int64
	Slug, Name, Owner      string
	ClientID, ClientSecret string
	// WebhookSecret signs the webhooks that go to HookURL.
	WebhookSecret, HookURL string
	Callbacks              []string // where people may be sent after they signed in; none allows any address
	Permissions            map[string]string
	Events                 []string
}

// registered is an App with its key.
type registered struct {
	App
	key     *rsa.PublicKey
	private []byte // PEM
}

// installation is a GitHub App in an account.
type installation struct {
	id        int64
	app       *registered
	account   string
	repos     map[int64]bool // nil is all that there are
	suspended time.Time
}

var tokenPath = regexp.MustCompile(`^/app/installations/(\d+)/access_tokens$`)

func withCall(ctx context.Context, c *call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

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
	return s.register(a).private
}

func (s *Server) register(a App) *registered {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		s.fatal("making a key: %v", err)
		return nil
	}
	a.Slug = cmp.Or(a.Slug, "app-"+strconv.FormatInt(a.ID, 10))
	a.Name, a.Owner = cmp.Or(a.Name, a.Slug), cmp.Or(a.Owner, "acme")
	a.ClientID, a.ClientSecret = cmp.Or(a.ClientID, "Iv23"+random(8)), cmp.Or(a.ClientSecret, random(20))
	a.WebhookSecret = cmp.Or(a.WebhookSecret, random(20))
	if a.Permissions == nil {
		a.Permissions = WorkflowActor().Permissions
	}
	r := &registered{App: a, key: &key.PublicKey}
	r.private = pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	s.apps[a.ID] = r
	return r
}

// Install installs an App in an account, in all repositories that there are or, where any are named, in those alone: then its
// tokens see no other.
func (s *Server) Install(app, id int64, account string, repos ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.apps[app]
	if r == nil {
		s.fatal("no App %d", app)
		return
	}
	i := &installation{id: id, app: r, account: account}
	for _, name := range repos {
		if i.repos == nil {
			i.repos = map[int64]bool{}
		}
		i.repos[s.mustRepo(name).ID] = true
	}
	s.installations[id] = i
}

// Suspend suspends an installation, or takes that back with false. Its tokens are good no more.
func (s *Server) Suspend(id int64, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.installations[id]
	i.suspended = time.Time{}
	if on {
		i.suspended = s.opt.Now()
	}
	maps.DeleteFunc(s.actors, func(_ string, a Actor) bool { return on && a.in == i })
}

// Uninstall takes an installation away with its tokens.
func (s *Server) Uninstall(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.installations[id]
	delete(s.installations, id)
	maps.DeleteFunc(s.actors, func(_ string, a Actor) bool { return a.in != nil && a.in == i })
}

func (i *installation) has(r *repo) bool { return i.repos == nil || i.repos[r.ID] }

func (r *registered) json() body.Integration {
	return body.Integration{ID: r.ID, Slug: r.Slug, Name: r.Name, ClientID: r.ClientID, Owner: r.Owner, Permissions: r.Permissions, Events: r.Events}
}

func (i *installation) json() body.M {
	return body.Installation{ID: i.id, App: i.app.json(), Account: i.account, Selected: i.repos != nil, Suspended: i.suspended, Permissions: i.app.Permissions}.JSON()
}

// installationToken exchanges an App's JSON web token for one of an installation. The new token has the
// stateless shape that GitHub has been rolling out since April 2026.
func (s *Server) installationToken(jwt, id string) reply {
	n, _ := strconv.ParseInt(id, 10, 64)
	i := s.installations[n]
	if i == nil {
		return notFound
	}
	a := i.app
	if !a.signed(jwt, s.opt.Now()) {
		return fail(http.StatusUnauthorized, "A JSON web token could not be decoded")
	}
	if !i.suspended.IsZero() {
		return fail(http.StatusForbidden, "This installation has been suspended")
	}
	token := "ghs_" + strconv.FormatInt(a.ID, 10) + "_eyJhbGciOiJSUzI1NiJ9." + random(40) + "." + random(60)
	s.actors[token] = Actor{Login: a.Slug + "[bot]", App: a.ID, Slug: a.Slug, Permissions: a.Permissions, in: i}
	return reply{status: http.StatusCreated, body: map[string]any{
		"token": token, "expires_at": s.opt.Now().Add(time.Hour).UTC().Format(time.RFC3339), "permissions": a.Permissions,
	}}
}

// byJWT finds the App that a JSON web token is of.
func (s *Server) byJWT(jwt string) *registered {
	for _, a := range s.apps {
		if a.signed(jwt, s.opt.Now()) {
			return a
		}
	}
	return nil
}

// signed checks signature, issuer and times of a JSON web token.
func (r *registered) signed(jwt string, now time.Time) bool {
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		return false
	}
	sig, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return false
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if rsa.VerifyPKCS1v15(r.key, crypto.SHA256, sum[:], sig) != nil {
		return false
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct {
		Iss      string
		Iat, Exp float64
	}
	if err != nil || json.Unmarshal(raw, &claims) != nil {
		return false
	}
	at := float64(now.Unix())
	return claims.Iss == strconv.FormatInt(r.ID, 10) && claims.Iat <= at+60 && claims.Exp > at && claims.Exp <= at+660
}

// installed lists the installations in the order of their ids.
func (s *Server) installed(keep func(*installation) bool) []*installation {
	var out []*installation
	for _, id := range slices.Sorted(maps.Keys(s.installations)) {
		if i := s.installations[id]; keep(i) {
			out = append(out, i)
		}
	}
	return out
}

// reposOf lists the repositories of an installation in the order of their ids.
func (s *Server) reposOf(i *installation) []*repo {
	var out []*repo
	for _, id := range slices.Sorted(maps.Keys(s.byID)) {
		if r := s.byID[id]; i.has(r) {
			out = append(out, r)
		}
	}
	return out
}
