package app

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/wire"
)

// User asks as a person, with the token that an App got when the person signed in. It is safe for concurrent use.
type User struct {
	calls *wire.Caller
	tr    *wire.Transport
}

// NewUser returns a client with a person's token. It makes no request. App and Redact of the configuration are not used. All
// methods return github.ErrAuth when the token is not good any more.
func NewUser(cfg github.Config, token string) (*User, error) {
	cfg.App, cfg.Token = nil, token
	calls, tr, err := caller(cfg, func(*wire.Config) {})
	if err != nil {
		return nil, fmt.Errorf("making a client of a person: %w", err)
	}
	return &User{calls, tr}, nil
}

// Person is an account of a person.
type Person struct {
	ID    int64 // outlives the login
	Login string
}

// Me says whose token it is.
func (u *User) Me(ctx context.Context) (Person, error) {
	var p Person
	_, err := u.calls.Do(ctx, wire.Call{Path: "user", Out: &p})
	if err == nil && (p.ID <= 0 || p.Login == "") {
		err = errors.New("the answer has no id or no login")
	}
	if err != nil {
		return Person{}, u.tr.Wrap(err, "", "asking who signed in")
	}
	return p, nil
}

// Installations lists the installations of the App that the person may see anything of.
func (u *User) Installations(ctx context.Context) ([]Installation, error) {
	var out []Installation
	var bad error
	var page struct{ Installations []installationJSON }
	err := pages(ctx, u.calls, "user/installations", &page, &bad, func(int) {
		installations(page.Installations, &out, &bad)
		page.Installations = nil
	})
	if err != nil {
		return nil, u.tr.Wrap(err, "", "listing the installations that a person sees")
	}
	return out, nil
}

// Repos lists the repositories of an installation that the person may read, with what they may do in each. None of an
// installation that the person does not see is github.ErrNotFound.
func (u *User) Repos(ctx context.Context, installation int64) ([]Repo, error) {
	out, err := repos(ctx, u.calls, "user/installations/"+strconv.FormatInt(installation, 10)+"/repositories")
	return out, u.tr.Wrap(err, "", "listing the repositories of installation %d that a person sees", installation)
}
