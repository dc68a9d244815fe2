// Package enroll makes the GitHub App of a server that has none yet: the pages that lead a person through GitHub's manifest flow,
// with one click there.
//
// It knows the manifest, the credentials that GitHub hands out for it, and that nobody but whoever reads the server's terminal
// may begin. It refuses to know how credentials are kept, and everything about an App that is set up.
package enroll

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Config is what a Handler needs. Every field without "may be" must be set.
type Config struct {
	Public *url.URL // where people and GitHub reach this server, such as https://pertask.example
	GitHub *url.URL // GitHub's pages, such as https://github.com
	// Code is what the server has printed on its terminal: at least 20 characters from NewCode.
	Code string
	// Convert asks GitHub for the credentials of the App that a temporary code stands for.
	Convert func(ctx context.Context, code string) (Credentials, error)
	// Keep stores credentials sealed, so that the server has them from then on. May be nil: then they are shown once, as an
	// environment to copy.
	Keep func(context.Context, Credentials) error
	// Missing says in sentences what else is to be done before pull requests are measured; may be nil.
	Missing func() []string
	Actions bool // reviews run as workflows of the repositories
	Log     *slog.Logger
	Now     func() time.Time
}

const (
	lifetime = time.Hour // of a state: GitHub's limit for the whole flow
	cookie   = "pertask_setup"
)

// Handler serves the pages below /setup. It is safe for concurrent use. A flow that was begun ends with the process.
type Handler struct {
	Config
	mux http.Handler

	mu     sync.Mutex
	states map[[32]byte]time.Time // digests of states that were handed to GitHub, and when they end
	let    map[[32]byte]bool      // digests of the cookies of whoever knew the code
	done   bool
}

// NewCode returns a code of 130 bits at random.
func NewCode() string { return rand.Text() }

// New returns a handler, or an error that says what of the configuration cannot be used.
func New(c Config) (*Handler, error) {
	if len(c.Code) < 20 {
		return nil, errors.New("setting up the GitHub App: the code has at least 20 characters")
	}
	if c.Public.Scheme != "https" && !loopback(c.Public.Hostname()) {
		return nil, fmt.Errorf("setting up the GitHub App: the public address %s is not https; only a loopback address may do without", c.Public)
	}
	h := &Handler{Config: c, states: map[[32]byte]time.Time{}, let: map[[32]byte]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /setup", h.begin)
	mux.HandleFunc("POST /setup", h.enter)
	mux.HandleFunc("POST /setup/create", h.create)
	mux.HandleFunc("GET "+pathDone, h.finish)
	h.mux = http.NewCrossOriginProtection().Handler(mux)
	return h, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// ServeHTTP serves the pages. When an App was made they are gone.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.headers(w)
	h.mux.ServeHTTP(w, r)
}

func (h *Handler) headers(w http.ResponseWriter) {
	for k, v := range map[string]string{
		"Content-Security-Policy": "default-src 'none'; style-src 'self' 'sha256-" + styleHash() + "'; form-action 'self' " + h.GitHub.Scheme + "://" + h.GitHub.Host + "; frame-ancestors 'none'; base-uri 'none'",
		"X-Content-Type-Options":  "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin", "Cache-Control": "no-store",
	} {
		w.Header().Set(k, v)
	}
}

// begin asks for the code, or for what the App is to be called.
func (h *Handler) begin(w http.ResponseWriter, r *http.Request) {
	switch {
	case h.ended():
		h.show(w, http.StatusGone, page{Kind: "gone"})
	case h.known(r):
		h.show(w, http.StatusOK, page{Kind: "name", Permissions: Permissions(h.Actions)})
	default:
		h.show(w, http.StatusOK, page{Kind: "code"})
	}
}

// enter lets whoever knows the code in. Guessing is not counted: the code has 130 bits, and a count would let strangers lock out
// whom it is for.
func (h *Handler) enter(w http.ResponseWriter, r *http.Request) {
	switch {
	case h.ended():
		h.show(w, http.StatusGone, page{Kind: "gone"})
	case !h.right(strings.TrimSpace(r.PostFormValue("code"))):
		h.show(w, http.StatusForbidden, page{Kind: "code", Problem: "That is not the code that the server has printed."})
	default:
		h.admit(w)
		http.Redirect(w, r, "/setup", http.StatusSeeOther)
	}
}

func (h *Handler) right(code string) bool {
	got, want := sha256.Sum256([]byte(code)), sha256.Sum256([]byte(h.Code))
	return subtle.ConstantTimeCompare(got[:], want[:]) == 1
}

func (h *Handler) admit(w http.ResponseWriter) {
	value := rand.Text()
	h.mu.Lock()
	h.let[sha256.Sum256([]byte(value))] = true
	h.mu.Unlock()
	http.SetCookie(w, &http.Cookie{Name: cookie, Value: value, Path: "/setup", HttpOnly: true, Secure: h.Public.Scheme == "https",
		SameSite: http.SameSiteLaxMode, MaxAge: int(lifetime / time.Second)})
}

func (h *Handler) known(r *http.Request) bool {
	c, err := r.Cookie(cookie)
	if err != nil {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.let[sha256.Sum256([]byte(c.Value))]
}

func (h *Handler) ended() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.done
}

// create shows the button that takes the manifest to GitHub.
func (h *Handler) create(w http.ResponseWriter, r *http.Request) {
	if h.ended() || !h.known(r) {
		http.Redirect(w, r, "/setup", http.StatusSeeOther)
		return
	}
	owner, name := r.PostFormValue("owner"), r.PostFormValue("name")
	p := page{Kind: "name", Owner: owner, Name: name, Permissions: Permissions(h.Actions)}
	switch {
	case !appName.MatchString(name):
		p.Problem = "A name has 1 to 34 letters, digits, spaces, dots, hyphens and underscores, and begins with a letter or digit."
	case owner != "" && !login.MatchString(owner):
		p.Problem = "An organisation is named as in its address on GitHub, such as acme; leave it empty for your own account."
	}
	if p.Problem != "" {
		h.show(w, http.StatusBadRequest, p)
		return
	}
	text, err := h.manifest(name)
	if err != nil {
		h.broken(w, err)
		return
	}
	h.show(w, http.StatusOK, page{Kind: "go", Owner: owner, Name: name, Action: h.form(owner, h.newState()), Manifest: string(text), Local: loopback(h.Public.Hostname())})
}

func (h *Handler) newState() string {
	var b [32]byte
	rand.Read(b[:]) // never fails: see crypto/rand
	state := base64.RawURLEncoding.EncodeToString(b[:])
	h.mu.Lock()
	defer h.mu.Unlock()
	h.states[sha256.Sum256([]byte(state))] = h.Now().Add(lifetime)
	return state
}

// spend reports whether a state was handed out and is used for the first time.
func (h *Handler) spend(state string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := sha256.Sum256([]byte(state))
	end, ok := h.states[key]
	delete(h.states, key)
	return ok && h.Now().Before(end)
}

// finish is where GitHub sends the person back to.
func (h *Handler) finish(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	switch {
	case h.ended():
		h.show(w, http.StatusGone, page{Kind: "gone"})
		return
	case !h.known(r) || !h.spend(q.Get("state")):
		h.show(w, http.StatusForbidden, page{Kind: "stray"})
		return
	}
	// GitHub hands the credentials out once: a browser that goes away, or is impatient, must not lose them.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), finishTime)
	defer cancel()
	c, err := h.Convert(ctx, q.Get("code"))
	if err == nil {
		err = c.Check()
	}
	if err != nil {
		h.broken(w, err)
		return
	}
	p := page{Kind: "done", App: c, Install: h.install(c.Slug)}
	if h.Missing != nil {
		p.Missing = h.Missing()
	}
	if h.Keep == nil {
		p.Env = c.Env()
	} else if err := h.keep(ctx, c); err != nil {
		// GitHub hands them out once: what cannot be stored is not lost.
		h.Log.Error("storing the credentials of the GitHub App", "error", err)
		p.Env, p.Problem = c.Env(), "The credentials could not be stored; the log says why. GitHub shows them only once, so copy them now."
	}
	h.mu.Lock()
	h.done = true
	h.mu.Unlock()
	h.Log.Info("the GitHub App was made", "app", c.Slug, "id", c.ID, "owner", c.Owner)
	h.show(w, http.StatusOK, p)
}

// finishTime is how long GitHub may take for the credentials, and keepTime how long the database may.
const finishTime, keepTime = 30 * time.Second, 20 * time.Second

// keep has a time of its own, whatever GitHub has taken of the request's.
func (h *Handler) keep(ctx context.Context, c Credentials) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepTime)
	defer cancel()
	return h.Keep(ctx, c)
}

func (h *Handler) install(slug string) string {
	u := *h.GitHub
	// GHES has Apps below /github-apps.
	dir := "/apps/"
	if u.Host != "github.com" {
		dir = "/github-apps/"
	}
	u.Path = u.Path + dir + slug + "/installations/new"
	return u.String()
}

// broken says that GitHub's side went wrong. The error may have words of GitHub, which the page escapes.
func (h *Handler) broken(w http.ResponseWriter, err error) {
	h.Log.Error("setting up the GitHub App", "error", err)
	h.show(w, http.StatusBadGateway, page{Kind: "broken", Problem: err.Error()})
}
