package signin

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/secret"
)

// User is who a token is of, and what GitHub lets that person do.
type User struct {
	ID     int64
	Login  string
	Grants []Grant
}

// Grant is an installation of the App with what of it a person can read.
type Grant struct {
	Installation int64
	Account      string // login of the person or organisation whose it is
	Repos        []Repo
}

// Repo is a repository that a person can read.
type Repo struct {
	ID           int64
	Name         string // "owner/name"
	Write, Admin bool
}

// Viewer is somebody who signed in. The zero Viewer is nobody and sees nothing.
type Viewer struct {
	ID    int64
	Login string
	// Scopes are what the viewer may see, one for each installation, in the order of Grants.
	Scopes []record.Scope
	// Grants say more of the same.
	Grants []Grant
}

func viewer(u User) Viewer {
	v := Viewer{ID: u.ID, Login: u.Login, Grants: u.Grants}
	for _, g := range u.Grants {
		v.Scopes = append(v.Scopes, g.Scope())
	}
	return v
}

// Grant returns what a viewer may do with an installation, and false for nothing.
func (v Viewer) Grant(installation int64) (Grant, bool) {
	i := slices.IndexFunc(v.Grants, func(g Grant) bool { return g.Installation == installation })
	if i < 0 {
		return Grant{}, false
	}
	return v.Grants[i], true
}

// Scope is the grant as what may be seen.
func (g Grant) Scope() record.Scope {
	s := record.Scope{Installation: g.Installation}
	for _, r := range g.Repos {
		s.Repos = append(s.Repos, r.ID)
	}
	return s
}

// Repo returns a repository of the grant, and false for one that is not in it.
func (g Grant) Repo(id int64) (Repo, bool) {
	i := slices.IndexFunc(g.Repos, func(r Repo) bool { return r.ID == id })
	if i < 0 {
		return Repo{}, false
	}
	return g.Repos[i], true
}

// AboutSession is what the token of a session is sealed as. It must not change.
func AboutSession(hash string) secret.About { return secret.About{Name: "session/" + hash} }

// Viewer says who sent a request and what they may see: ErrNobody without a session that is good, ErrUnavailable when it cannot
// be told.
func (g *Gate) Viewer(r *http.Request) (Viewer, error) {
	cookie := g.get(r, sessionCookie)
	if cookie == "" {
		return Viewer{}, ErrNobody
	}
	ctx, h := r.Context(), hash(cookie)
	s, ok, err := g.cfg.Sessions.Load(ctx, h)
	if err != nil {
		g.cfg.Log.Error("sign-in: loading a session", "error", err)
		return Viewer{}, ErrUnavailable
	}
	if !ok || s.Hash != h {
		return Viewer{}, ErrNobody
	}
	now := g.cfg.Now()
	if !now.Before(s.Expires) || now.Sub(s.Used) > Idle {
		return Viewer{}, g.over(ctx, h)
	}
	v, err := g.cache.get(ctx, h, g.cfg.Now, func() (Viewer, error) { return g.look(ctx, s) })
	if errors.Is(err, ErrRevoked) || err == nil && v.ID != s.User {
		return Viewer{}, g.over(ctx, h)
	}
	if err != nil {
		return Viewer{}, err
	}
	if now.Sub(s.Used) >= touched {
		if err := g.cfg.Sessions.Touch(ctx, h, now); err != nil { // it ends early then, which is no harm
			g.cfg.Log.Warn("sign-in: noting that a session is used", "error", err)
		}
	}
	return v, nil
}

// over ends a session that is not good any more.
func (g *Gate) over(ctx context.Context, hash string) error {
	if err := g.end(ctx, hash); err != nil {
		return err
	}
	return ErrNobody
}

func (g *Gate) end(ctx context.Context, hash string) error {
	g.cache.drop(hash)
	if err := g.cfg.Sessions.Delete(ctx, hash); err != nil {
		g.cfg.Log.Error("sign-in: ending a session", "error", err)
		return ErrUnavailable
	}
	return nil
}

// look asks GitHub what somebody may see. A token that does not open was sealed with a key that is gone.
func (g *Gate) look(ctx context.Context, s Session) (Viewer, error) {
	token, err := g.cfg.Box.Open(AboutSession(s.Hash), s.Token)
	if err != nil {
		return Viewer{}, ErrRevoked
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	u, err := g.ask(ctx, string(token))
	if err != nil {
		return Viewer{}, err
	}
	return viewer(u), nil
}

// ask returns ErrRevoked, ErrUnavailable or a whole answer.
func (g *Gate) ask(ctx context.Context, token string) (User, error) {
	u, err := g.cfg.Access.User(ctx, token)
	switch {
	case errors.Is(err, ErrRevoked):
		return User{}, ErrRevoked
	case err != nil:
		g.cfg.Log.Warn("sign-in: asking GitHub what somebody may see", "error", err)
		return User{}, ErrUnavailable
	case u.ID == 0 || u.Login == "":
		return User{}, ErrUnavailable
	}
	return u, nil
}

// SignOut ends the session of a request, for this process and all others, and sends the browser to the first page. Callers take
// it by POST from our own pages only.
func (g *Gate) SignOut(w http.ResponseWriter, r *http.Request) error {
	if cookie := g.get(r, sessionCookie); cookie != "" {
		if err := g.end(r.Context(), hash(cookie)); err != nil {
			return err
		}
	}
	g.set(w, sessionCookie, "", 0)
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}
