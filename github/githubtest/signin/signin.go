// Package signin is GitHub's pages for people in memory: those on which somebody lets an App know who they are, exchanges a code
// for a token, and makes an App from a manifest.
//
// It knows the parameters of those pages, PKCE, codes and how long they are good. It refuses to know the API, faults, and what a
// token is good for: it asks for one.
package signin

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/pertask/pertask/github/githubtest/appstore"
)

// Site is the pages. All fields but Viewer are needed, and are set before the first request. It is not safe for concurrent use.
type Site struct {
	Apps   *appstore.Store
	NewID  func() int64 // of an App
	Now    func() time.Time
	Random func(bytes int) string
	People func() []string // logins
	// Token makes a token of an App for a person.
	Token func(app *appstore.Registered, login string) string
	// Viewer is who is at the browser, and agrees at once; "" asks who it is.
	Viewer string

	codes map[string]grant // of people who signed in
	fresh map[string]fresh // of Apps that a manifest made
}

// grant is a code that waits to be exchanged.
type grant struct {
	app       *appstore.Registered
	login     string
	redirect  string
	challenge string // of PKCE; "" without
	until     time.Time
}

// Is reports whether a path is of the pages for people, and not of the API.
func Is(path string) bool { return strings.HasPrefix(path, "/login/oauth/") || isNewApp(path) }

func isNewApp(path string) bool { return strings.HasSuffix(path, "/settings/apps/new") }

// ServeHTTP answers what is for people, without a description of GitHub's to hold it against.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	switch r.Method + " " + r.URL.Path {
	case "GET /login/oauth/authorize":
		s.authorize(w, r)
	case "POST /login/oauth/access_token":
		s.accessToken(w, r)
	default:
		if r.Method == http.MethodPost && isNewApp(r.URL.Path) {
			s.newApp(w, r)
			return
		}
		http.NotFound(w, r)
	}
}

// authorize is the page on which a person lets an App know who they are, by GitHub's documentation "Generating a user access
// token for a GitHub App". A wrong address to go back to is said on the page: nobody is sent there.
func (s *Site) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	app := s.Apps.ByClient(q.Get("client_id"))
	if app == nil {
		http.NotFound(w, r)
		return
	}
	back, to := wayBack(app, q.Get("redirect_uri"))
	if to == nil {
		http.Error(w, "The redirect_uri is not associated with this application.", http.StatusBadRequest)
		return
	}
	method, challenge := q.Get("code_challenge_method"), q.Get("code_challenge")
	if (challenge != "" || method != "") && (method != "S256" || len(challenge) != 43) {
		http.Error(w, "code_challenge_method must be S256", http.StatusBadRequest)
		return
	}
	person := s.Viewer
	if as := q.Get("as"); person == "" && as != "" {
		person = as
	}
	if person == "" {
		s.askWho(w, r, app)
		return
	}
	out := to.Query()
	if q.Has("state") {
		out.Set("state", q.Get("state"))
	}
	if q.Get("deny") != "" {
		out.Set("error", "access_denied")
		out.Set("error_description", "The user has denied your application access.")
	} else {
		out.Set("code", s.grant(grant{app, person, back, challenge, s.Now().Add(10 * time.Minute)}))
	}
	to.RawQuery = out.Encode()
	http.Redirect(w, r, to.String(), http.StatusFound)
}

// wayBack returns the address that a person is sent back to, as it was asked for and parsed; nil is an address that the App has not.
func wayBack(app *appstore.Registered, asked string) (string, *url.URL) {
	if asked == "" && len(app.Callbacks) > 0 {
		asked = app.Callbacks[0]
	}
	to, err := url.Parse(asked)
	if err != nil || to.Host == "" {
		return asked, nil
	}
	below := func(c string) bool { return asked == c || strings.HasPrefix(asked, strings.TrimSuffix(c, "/")+"/") }
	if len(app.Callbacks) > 0 && !slices.ContainsFunc(app.Callbacks, below) {
		return asked, nil
	}
	return asked, to
}

func (s *Site) grant(g grant) string {
	if s.codes == nil {
		s.codes = map[string]grant{}
	}
	code := s.Random(10)
	s.codes[code] = g
	return code
}

// accessToken exchanges a code. Its refusals have status 200, as GitHub's do.
func (s *Site) accessToken(w http.ResponseWriter, r *http.Request) {
	refuse := func(kind, words string) {
		answerForm(w, r, url.Values{"error": {kind}, "error_description": {words}, "error_uri": {"https://docs.github.com/apps"}})
	}
	if err := r.ParseForm(); err != nil {
		http.Error(w, "bad form", http.StatusBadRequest)
		return
	}
	app := s.Apps.ByClient(r.Form.Get("client_id"))
	if app == nil || r.Form.Get("client_secret") != app.ClientSecret {
		refuse("incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect.")
		return
	}
	code := r.Form.Get("code")
	g, found := s.codes[code]
	delete(s.codes, code) // good once, also for who has no right to it
	sum := sha256.Sum256([]byte(r.Form.Get("code_verifier")))
	switch {
	case !found || g.app != app || s.Now().After(g.until),
		g.challenge != "" && g.challenge != base64.RawURLEncoding.EncodeToString(sum[:]):
		refuse("bad_verification_code", "The code passed is incorrect or expired.")
		return
	case r.Form.Has("redirect_uri") && r.Form.Get("redirect_uri") != g.redirect:
		refuse("redirect_uri_mismatch", "The redirect_uri MUST match the registered callback URL for this application.")
		return
	}
	answerForm(w, r, url.Values{"access_token": {s.Token(app, g.login)}, "expires_in": {"28800"}, "refresh_token": {"ghr_" + s.Random(38)},
		"refresh_token_expires_in": {"15897600"}, "scope": {""}, "token_type": {"bearer"}})
}
