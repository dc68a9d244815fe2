package signin

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/pertask/pertask/app/secret"
)

// flow is what the browser keeps, sealed, from the start of a sign-in to its end. It binds the end to the browser of the start:
// nobody can make another person's browser end a sign-in of theirs.
type flow struct {
	State    string
	Verifier string
	Next     string
	At       time.Time
}

var aboutFlow = secret.About{Name: "sign-in"}

// Start sends the browser to GitHub. The form value next is a path of ours to go to afterwards.
func (g *Gate) Start(w http.ResponseWriter, r *http.Request) error {
	f := flow{State: random(), Verifier: oauth2.GenerateVerifier(), Next: Next(r.FormValue("next")), At: g.cfg.Now()}
	b, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("starting a sign-in: %w", err)
	}
	sealed, err := g.cfg.Box.Seal(aboutFlow, b)
	if err != nil {
		return fmt.Errorf("starting a sign-in: %w", err)
	}
	g.set(w, flowCookie, base64.RawURLEncoding.EncodeToString(sealed), flowTime)
	http.Redirect(w, r, g.oauth.AuthCodeURL(f.State, oauth2.S256ChallengeOption(f.Verifier)), http.StatusSeeOther)
	return nil
}

// End takes the browser that GitHub sent back, gives it a new session, and sends it on. It returns who that is. With an error
// nothing but cookies was written.
func (g *Gate) End(w http.ResponseWriter, r *http.Request) (Viewer, error) {
	f, ok := g.flow(r)
	g.set(w, flowCookie, "", 0) // it is good once
	q := r.URL.Query()
	if !ok || subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(f.State)) != 1 {
		return Viewer{}, ErrStart
	}
	if q.Get("error") != "" || q.Get("code") == "" {
		return Viewer{}, ErrDenied
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	token, err := g.exchange(ctx, q.Get("code"), f.Verifier)
	if err != nil {
		return Viewer{}, err
	}
	asked := g.cfg.Now()
	user, err := g.ask(ctx, token.AccessToken)
	if errors.Is(err, ErrRevoked) {
		return Viewer{}, ErrDenied
	}
	if err != nil {
		return Viewer{}, err
	}
	if err := g.begin(ctx, w, r, token, user, asked); err != nil {
		return Viewer{}, err
	}
	http.Redirect(w, r, f.Next, http.StatusSeeOther)
	return viewer(user), nil
}

// flow is what Start has given this very browser, not long ago.
func (g *Gate) flow(r *http.Request) (flow, bool) {
	var f flow
	sealed, err := base64.RawURLEncoding.DecodeString(g.get(r, flowCookie))
	if err != nil || len(sealed) == 0 {
		return f, false
	}
	b, err := g.cfg.Box.Open(aboutFlow, sealed)
	if err != nil || json.Unmarshal(b, &f) != nil || f.State == "" || f.Verifier == "" {
		return flow{}, false
	}
	age := g.cfg.Now().Sub(f.At)
	return f, age >= 0 && age <= flowTime
}

// exchange gets the user's token for a code. What GitHub answers is not logged: it may have a token in it.
func (g *Gate) exchange(ctx context.Context, code, verifier string) (*oauth2.Token, error) {
	token, err := g.oauth.Exchange(context.WithValue(ctx, oauth2.HTTPClient, g.cfg.Client), code, oauth2.VerifierOption(verifier))
	if err == nil {
		return token, nil
	}
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && refused.Response != nil && refused.Response.StatusCode < 500 {
		g.cfg.Log.Warn("sign-in: GitHub refuses the code", "error", word(refused.ErrorCode), "status", refused.Response.StatusCode)
		return nil, ErrDenied
	}
	g.cfg.Log.Warn("sign-in: GitHub gives no token")
	return nil, ErrUnavailable
}

// word is an error code of GitHub's as far as it is one.
func word(s string) string {
	if len(s) > 60 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return "other"
	}
	return s
}

// begin makes a session of a new token in the place of the one that the browser may have: nobody can have planted it.
func (g *Gate) begin(ctx context.Context, w http.ResponseWriter, r *http.Request, token *oauth2.Token, u User, asked time.Time) error {
	if old := g.get(r, sessionCookie); old != "" {
		if err := g.end(ctx, hash(old)); err != nil {
			return err
		}
	}
	fresh, now := random(), g.cfg.Now()
	s := Session{Hash: hash(fresh), User: u.ID, Login: u.Login, Created: now, Used: now, Expires: now.Add(Lifetime)}
	if !token.Expiry.IsZero() && token.Expiry.Before(s.Expires) {
		s.Expires = token.Expiry
	}
	var err error
	if s.Token, err = g.cfg.Box.Seal(AboutSession(s.Hash), []byte(token.AccessToken)); err != nil {
		return fmt.Errorf("signing in: %w", err)
	}
	if err := g.cfg.Sessions.Save(ctx, s); err != nil {
		g.cfg.Log.Error("sign-in: keeping the session", "error", err)
		return ErrUnavailable
	}
	g.cache.put(s.Hash, viewer(u), asked)
	g.set(w, sessionCookie, fresh, Lifetime)
	return nil
}

// Next is a path of ours to go to, or "/" for anything that could lead elsewhere, or to the sign-in itself.
func Next(s string) string {
	if len(s) > 1000 || !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") || strings.ContainsFunc(s, odd) {
		return "/"
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") || strings.Contains(u.Path, `\`) {
		return "/"
	}
	if first, _, _ := strings.Cut(u.Path[1:], "/"); first == "signin" || first == "signout" {
		return "/"
	}
	return s
}

// odd is what browsers read in ways of their own, such as a backslash as a slash.
func odd(r rune) bool { return r <= ' ' || r == '\\' || r >= 0x7f }
