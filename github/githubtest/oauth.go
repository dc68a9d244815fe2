package githubtest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// grant is a code that waits to be exchanged.
type grant struct {
	app       *registered
	login     string
	redirect  string
	challenge string // of PKCE; "" without
	until     time.Time
}

// SignIn says who is at the browser when the page for signing in is opened; that person agrees at once. With "" the page asks
// who it is.
func (s *Server) SignIn(login string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.viewer = login
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
	return s.userToken(s.apps[app], login)
}

func (s *Server) userToken(app *registered, login string) string {
	token := "ghu_" + random(18)
	s.actors[token] = Actor{Login: login, user: true, of: app}
	return token
}

// isSite reports whether a path is of the pages for people, and not of the API.
func isSite(path string) bool {
	return strings.HasPrefix(path, "/login/oauth/") || strings.HasSuffix(path, "/settings/apps/new")
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
		s.site(w, r)
		s.Settle(n, http.StatusOK)
		return
	}
	if !fault.Prevents() {
		s.site(httptest.NewRecorder(), r) // it has its effect, and nobody hears of it
	}
	s.Settle(n, fault.Status)
	if fault.Status == 0 {
		panic(http.ErrAbortHandler) // cuts the connection
	}
	w.WriteHeader(fault.Status)
}

// site answers what is for people, without a description of GitHub's to hold it against.
func (s *Server) site(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	switch r.Method + " " + r.URL.Path {
	case "GET /login/oauth/authorize":
		s.authorize(w, r)
	case "POST /login/oauth/access_token":
		s.accessToken(w, r)
	default:
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/settings/apps/new") {
			s.newApp(w, r)
			return
		}
		http.NotFound(w, r)
	}
}

func (s *Server) byClient(id string) *registered {
	for _, a := range s.apps {
		if a.ClientID == id && id != "" {
			return a
		}
	}
	return nil
}

// authorize is the page on which a person lets an App know who they are, by GitHub's documentation "Generating a user access
// token for a GitHub App". A wrong address to go back to is said on the page: nobody is sent there.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	app := s.byClient(q.Get("client_id"))
	if app == nil {
		http.NotFound(w, r)
		return
	}
	back := q.Get("redirect_uri")
	if back == "" && len(app.Callbacks) > 0 {
		back = app.Callbacks[0]
	}
	to, err := url.Parse(back)
	if err != nil || to.Host == "" || len(app.Callbacks) > 0 && !slices.ContainsFunc(app.Callbacks, func(c string) bool { return back == c || strings.HasPrefix(back, strings.TrimSuffix(c, "/")+"/") }) {
		http.Error(w, "The redirect_uri is not associated with this application.", http.StatusBadRequest)
		return
	}
	method, challenge := q.Get("code_challenge_method"), q.Get("code_challenge")
	if (challenge != "" || method != "") && (method != "S256" || len(challenge) != 43) {
		http.Error(w, "code_challenge_method must be S256", http.StatusBadRequest)
		return
	}
	person := s.viewer
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
		code := random(10)
		s.codes[code] = grant{app, person, back, challenge, s.opt.Now().Add(10 * time.Minute)}
		out.Set("code", code)
	}
	to.RawQuery = out.Encode()
	http.Redirect(w, r, to.String(), http.StatusFound)
}

var whoPage = template.Must(template.New("").Parse(`<!doctype html><html lang="en"><title>Sign in to GitHub</title><h1>Authorize {{.Name}}</h1>
<ul>{{range .People}}<li><a id="as-{{.Login}}" href="{{.URL}}">{{.Login}}</a>{{end}}</ul><a id="deny" href="{{.Deny}}">Cancel</a>
`))

// askWho lists everybody who may do something in any repository.
func (s *Server) askWho(w http.ResponseWriter, r *http.Request, app *registered) {
	logins := map[string]bool{}
	for _, x := range s.repos {
		for l := range x.writers {
			logins[l] = true
		}
	}
	link := func(k, v string) string {
		q := r.URL.Query()
		q.Set("as", "nobody")
		q.Set(k, v)
		return "?" + q.Encode()
	}
	type person struct{ Login, URL string }
	page := struct {
		Name, Deny string
		People     []person
	}{Name: app.Name, Deny: link("deny", "1")}
	for _, l := range slices.Sorted(maps.Keys(logins)) {
		page.People = append(page.People, person{l, link("as", l)})
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = whoPage.Execute(w, page) // the client may have gone
}

// accessToken exchanges a code. Its refusals have status 200, as GitHub's do.
func (s *Server) accessToken(w http.ResponseWriter, r *http.Request) {
	refuse := func(kind, words string) {
		s.answerForm(w, r, url.Values{"error": {kind}, "error_description": {words}, "error_uri": {"https://docs.github.com/apps"}})
	}
	if err := r.ParseForm(); err != nil {
		http.Error(w, "bad form", http.StatusBadRequest)
		return
	}
	app := s.byClient(r.Form.Get("client_id"))
	if app == nil || r.Form.Get("client_secret") != app.ClientSecret {
		refuse("incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect.")
		return
	}
	code := r.Form.Get("code")
	g, found := s.codes[code]
	delete(s.codes, code) // good once, also for who has no right to it
	sum := sha256.Sum256([]byte(r.Form.Get("code_verifier")))
	switch {
	case !found || g.app != app || s.opt.Now().After(g.until),
		g.challenge != "" && g.challenge != base64.RawURLEncoding.EncodeToString(sum[:]):
		refuse("bad_verification_code", "The code passed is incorrect or expired.")
		return
	case r.Form.Has("redirect_uri") && r.Form.Get("redirect_uri") != g.redirect:
		refuse("redirect_uri_mismatch", "The redirect_uri MUST match the registered callback URL for this application.")
		return
	}
	s.answerForm(w, r, url.Values{"access_token": {s.userToken(app, g.login)}, "expires_in": {"28800"}, "refresh_token": {"ghr_" + random(38)},
		"refresh_token_expires_in": {"15897600"}, "scope": {""}, "token_type": {"bearer"}})
}

// answerForm answers in the form that was asked for: a form where nothing was.
func (s *Server) answerForm(w http.ResponseWriter, r *http.Request, v url.Values) {
	if !strings.Contains(r.Header.Get("Accept"), "json") {
		w.Header().Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
		fmt.Fprint(w, v.Encode())
		return
	}
	m := map[string]any{}
	for k := range v {
		m[k] = v.Get(k)
		if n, err := strconv.Atoi(v.Get(k)); err == nil {
			m[k] = n // the lives of tokens
		}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(m) // the client may have gone
}
