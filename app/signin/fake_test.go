package signin_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/pertask/pertask/app/secret"
	"github.com/pertask/pertask/app/signin"
)

// memory keeps sessions in a map.
type memory struct {
	mu   sync.Mutex
	all  map[string]signin.Session
	fail error
}

func (m *memory) Save(_ context.Context, s signin.Session) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	if _, there := m.all[s.Hash]; there {
		return errors.New("the session is there already")
	}
	if m.all == nil {
		m.all = map[string]signin.Session{}
	}
	m.all[s.Hash] = s
	return nil
}

func (m *memory) Load(_ context.Context, hash string) (signin.Session, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.all[hash]
	return s, ok, m.fail
}

func (m *memory) Touch(_ context.Context, hash string, used time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s, ok := m.all[hash]; ok {
		s.Used = used
		m.all[hash] = s
	}
	return m.fail
}

func (m *memory) Delete(_ context.Context, hash string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.all, hash)
	return m.fail
}

func (m *memory) sessions() []signin.Session {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []signin.Session
	for _, s := range m.all {
		out = append(out, s)
	}
	return out
}

// fake is GitHub's sign-in, and what it says of access. It holds what RFC 6749 and RFC 7636 ask of a server: a code is good once,
// for one redirect, and for whoever has the verifier.
type fake struct {
	*httptest.Server
	mu     sync.Mutex
	codes  map[string]url.Values // of the request for authorization
	login  string                // who is at the browser
	deny   bool
	down   bool // answers 502 to all
	life   int  // seconds of a token; 0 says nothing of it
	asked  int  // how often access was asked for
	tokens map[string]int64
	users  map[int64]signin.User
	wait   chan struct{} // access waits for it
}

func newFake(t *testing.T) *fake {
	f := &fake{codes: map[string]url.Values{}, tokens: map[string]int64{}, login: "ada", users: map[int64]signin.User{
		1: {ID: 1, Login: "ada", Grants: []signin.Grant{{Installation: 7, Account: "acme", Repos: []signin.Repo{{ID: 70, Name: "acme/agent", Write: true}, {ID: 71, Name: "acme/site"}}}}},
		2: {ID: 2, Login: "eve", Grants: []signin.Grant{{Installation: 8, Account: "evil", Repos: []signin.Repo{{ID: 80, Name: "evil/x", Admin: true}}}}},
	}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /login/oauth/authorize", f.authorize)
	mux.HandleFunc("POST /login/oauth/access_token", f.token)
	f.Server = httptest.NewServer(mux)
	t.Cleanup(f.Close)
	return f
}

func (f *fake) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func (f *fake) authorize(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	q := r.URL.Query()
	back, _ := url.Parse(q.Get("redirect_uri"))
	out := url.Values{"state": {q.Get("state")}}
	if f.deny {
		out.Set("error", "access_denied")
	} else {
		q.Set("login", f.login)
		code := fmt.Sprintf("code%d", len(f.codes))
		f.codes[code] = q
		out.Set("code", code)
	}
	back.RawQuery = out.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

func (f *fake) token(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down {
		http.Error(w, "<html>unicorn</html>", http.StatusBadGateway)
		return
	}
	q, ok := f.codes[r.FormValue("code")]
	delete(f.codes, r.FormValue("code"))
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	w.Header().Set("Content-Type", "application/json")
	if !ok || q.Get("code_challenge_method") != "S256" || q.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(sum[:]) ||
		r.FormValue("redirect_uri") != q.Get("redirect_uri") || r.FormValue("client_id") != "Iv1.fake" || r.FormValue("client_secret") != "hush" {
		io.WriteString(w, `{"error":"bad_verification_code","error_description":"The code passed is incorrect or expired."}`) // as GitHub, with status 200
		return
	}
	token := fmt.Sprintf("ghu_%s_%d", q.Get("login"), len(f.tokens))
	for id, u := range f.users {
		if u.Login == q.Get("login") {
			f.tokens[token] = id
		}
	}
	answer := map[string]any{"access_token": token, "token_type": "bearer", "scope": ""}
	if f.life != 0 {
		answer["expires_in"] = f.life
	}
	json.NewEncoder(w).Encode(answer)
}

// User makes the fake an Access.
func (f *fake) User(_ context.Context, token string) (signin.User, error) {
	f.mu.Lock()
	wait := f.wait
	f.mu.Unlock()
	if wait != nil {
		<-wait
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	id, ok := f.tokens[token]
	switch {
	case f.down:
		return signin.User{}, errors.New("502")
	case !ok:
		return signin.User{}, fmt.Errorf("asking: %w", signin.ErrRevoked)
	}
	return f.users[id], nil
}

// app is a gate behind a server, with a clock that is set by hand.
type app struct {
	*httptest.Server
	gate     *signin.Gate
	sessions *memory
	github   *fake
	mu       sync.Mutex
	now      time.Time
}

func (a *app) Now() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.now
}

func (a *app) pass(d time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now = a.now.Add(d)
}

func newApp(t *testing.T) *app {
	t.Helper()
	a := &app{sessions: &memory{}, github: newFake(t), now: time.Now()}
	mux := http.NewServeMux()
	say := func(w http.ResponseWriter, err error) {
		if err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
		}
	}
	mux.HandleFunc("GET /signin", func(w http.ResponseWriter, r *http.Request) { say(w, a.gate.Start(w, r)) })
	mux.HandleFunc("GET /signin/callback", func(w http.ResponseWriter, r *http.Request) { _, err := a.gate.End(w, r); say(w, err) })
	mux.HandleFunc("POST /signout", func(w http.ResponseWriter, r *http.Request) { say(w, a.gate.SignOut(w, r)) })
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		v, err := a.gate.Viewer(r)
		if err != nil {
			say(w, err)
			return
		}
		fmt.Fprint(w, r.URL.RequestURI(), " ", v.Login, " ", v.Scopes)
	})
	a.Server = httptest.NewServer(mux)
	t.Cleanup(a.Close)
	var err error
	a.gate, err = signin.New(signin.Config{URL: a.URL, ClientID: "Iv1.fake", ClientSecret: "hush", Sessions: a.sessions, Box: box(t), Access: a.github, Now: a.Now,
		Endpoint: oauth2.Endpoint{AuthURL: a.github.URL + "/login/oauth/authorize", TokenURL: a.github.URL + "/login/oauth/access_token"}})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func box(t *testing.T) *secret.Box {
	t.Helper()
	key, err := secret.Generate()
	if err != nil {
		t.Fatal(err)
	}
	b, err := secret.New(key)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// browser keeps cookies and follows redirects.
func browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar}
}

func get(t *testing.T, c *http.Client, url string) (status int, body string) {
	t.Helper()
	res, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}
