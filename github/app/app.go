// Package app talks to GitHub as a GitHub App itself, and as a person who signed in through it.
//
// It knows what only those two may ask: where the App is installed, which webhooks did not arrive, how an App comes to be, and
// what a person may see of it. It refuses to know pull requests and check runs, which package github has for an installation,
// sessions, and where credentials are kept. Patience, rate limits and errors are those of package wire; the causes in package
// github are found with errors.Is.
//
// Every list is whole or an error: who may see what is not to be decided by a part of it.
package app

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/wire"
)

// App asks as an App, with its private key. It is safe for concurrent use.
type App struct {
	cfg   github.Config
	calls *wire.Caller
	tr    *wire.Transport
}

// New returns a client of the App that cfg.App names, whose Installation does not matter. It makes no request. Token and Redact
// are not used.
func New(cfg github.Config) (*App, error) {
	if cfg.App == nil || cfg.App.ID <= 0 {
		return nil, errors.New("making a client of an App: its id and private key are needed")
	}
	cfg.Token = ""
	calls, tr, err := caller(cfg, func(w *wire.Config) { w.Itself = true })
	if err != nil {
		return nil, fmt.Errorf("making a client of an App: %w", err)
	}
	return &App{cfg, calls, tr}, nil
}

// caller makes what all clients of this package stand on.
func caller(cfg github.Config, change func(*wire.Config)) (*wire.Caller, *wire.Transport, error) {
	w, err := cfg.Wire()
	if err != nil {
		return nil, nil, err
	}
	change(&w)
	tr, err := wire.New(w)
	if err != nil {
		return nil, nil, err
	}
	return wire.NewCaller(tr, w.REST), tr, nil
}

// Self is an App as GitHub has it.
type Self struct {
	ID          int64
	Slug        string // of its address and its login, "slug[bot]"
	Name        string
	Owner       string // login
	ClientID    string
	URL         string            // of its page for people
	Permissions map[string]string // read, write or admin by GitHub's names, such as "pull_requests"
	Events      []string
}

type selfJSON struct {
	ID          int64
	Slug, Name  string
	Owner       *struct{ Login string }
	ClientID    string `json:"client_id"`
	HTMLURL     string `json:"html_url"`
	Permissions map[string]string
	Events      []string
}

func (j selfJSON) self() (Self, error) {
	if j.ID <= 0 || j.Slug == "" {
		return Self{}, errors.New("the answer has no id or no slug")
	}
	s := Self{ID: j.ID, Slug: j.Slug, Name: j.Name, ClientID: j.ClientID, URL: j.HTMLURL, Permissions: j.Permissions, Events: j.Events}
	if j.Owner != nil {
		s.Owner = j.Owner.Login
	}
	return s, nil
}

// Self says what the App is called and what it may do.
func (a *App) Self(ctx context.Context) (Self, error) {
	var j selfJSON
	_, err := a.calls.Do(ctx, wire.Call{Path: "app", Out: &j})
	if err != nil {
		return Self{}, a.tr.Wrap(err, "", "asking about the App")
	}
	s, err := j.self()
	return s, a.tr.Wrap(err, "", "asking about the App")
}

// Installation is an App in an account.
type Installation struct {
	ID          int64
	Account     string // login of the user or organization
	AccountID   int64
	All         bool // of the account's repositories, and not a selection
	Suspended   bool // its tokens are refused
	Permissions map[string]string
}

type installationJSON struct {
	ID      int64
	Account *struct {
		ID    int64
		Login string
		Slug  string // of an enterprise
	}
	Selection   string  `json:"repository_selection"`
	SuspendedAt *string `json:"suspended_at"`
	Permissions map[string]string
}

func (j installationJSON) installation() (Installation, error) {
	if j.ID <= 0 {
		return Installation{}, errors.New("the answer has an installation without an id")
	}
	i := Installation{ID: j.ID, All: j.Selection == "all", Suspended: j.SuspendedAt != nil, Permissions: j.Permissions}
	if j.Account != nil {
		i.AccountID, i.Account = j.Account.ID, j.Account.Login
		if i.Account == "" {
			i.Account = j.Account.Slug
		}
	}
	return i, nil
}

func installations(list []installationJSON, out *[]Installation, err *error) {
	for _, j := range list {
		i, e := j.installation()
		if e != nil {
			*err = e
			return
		}
		*out = append(*out, i)
	}
}

// maxPages is where a list is refused as too long: 20,000 items.
const maxPages = 200

var errLong = fmt.Errorf("the list has more than %d items", maxPages*100)

// pages reads all pages of a list; each is called for every one, and may set its own error.
func pages(ctx context.Context, c *wire.Caller, path string, out any, bad *error, each func(page int)) error {
	more, err := c.Pages(ctx, wire.Call{Path: path, Out: out}, maxPages, each)
	switch {
	case err != nil:
		return err
	case *bad != nil:
		return *bad
	case more:
		return errLong
	}
	return nil
}

// Installations lists where the App is installed.
func (a *App) Installations(ctx context.Context) ([]Installation, error) {
	var out []Installation
	var page []installationJSON
	var bad error
	err := pages(ctx, a.calls, "app/installations", &page, &bad, func(int) {
		installations(page, &out, &bad)
		page = nil
	})
	if err != nil {
		return nil, a.tr.Wrap(err, "", "listing the installations of the App")
	}
	return out, nil
}

// Installation returns one installation. One that is not there is github.ErrNotFound.
func (a *App) Installation(ctx context.Context, id int64) (Installation, error) {
	var j installationJSON
	_, err := a.calls.Do(ctx, wire.Call{Path: "app/installations/" + strconv.FormatInt(id, 10), Out: &j})
	if err == nil {
		var i Installation
		if i, err = j.installation(); err == nil {
			return i, nil
		}
	}
	return Installation{}, a.tr.Wrap(err, "", "asking about installation %d", id)
}

// InstallationRepos lists the repositories of an installation, with a token of it that is used for nothing else. An installation
// that is suspended is an error.
func (a *App) InstallationRepos(ctx context.Context, id int64) ([]Repo, error) {
	cfg := a.cfg
	cfg.App = &github.AppAuth{ID: a.cfg.App.ID, Installation: id, PrivateKey: a.cfg.App.PrivateKey}
	calls, tr, err := caller(cfg, func(*wire.Config) {})
	if err != nil {
		return nil, fmt.Errorf("listing the repositories of installation %d: %w", id, err)
	}
	out, err := repos(ctx, calls, "installation/repositories")
	return out, tr.Wrap(err, "metadata: read", "listing the repositories of installation %d", id)
}

// Delivery is an attempt to deliver a webhook.
type Delivery struct {
	ID     int64  // of the attempt
	GUID   string // of the webhook, the same for all attempts
	Event  string
	Action string
	At     time.Time
	Status int // of our answer; 0 when GitHub got none
}

// MaxDeliveries is the size of a page of Failed.
const MaxDeliveries = 100

// Failed lists attempts that were not answered with success, the newest first, from a cursor on; "" begins with the newest. The
// next cursor is "" after the last page. GitHub forgets deliveries after days.
func (a *App) Failed(ctx context.Context, cursor string) (page []Delivery, next string, err error) {
	q := url.Values{"status": {"failure"}, "per_page": {strconv.Itoa(MaxDeliveries)}}
	if cursor != "" {
		q.Set("cursor", cursor)
	}
	var list []struct {
		ID            int64
		GUID          string
		Event, Action string
		At            time.Time `json:"delivered_at"`
		Code          int       `json:"status_code"`
	}
	if _, err := a.calls.Do(ctx, wire.Call{Path: "app/hook/deliveries", Query: q, Out: &list, Cursor: &next}); err != nil {
		return nil, "", a.tr.Wrap(err, "", "listing failed deliveries")
	}
	for _, d := range list {
		page = append(page, Delivery{ID: d.ID, GUID: d.GUID, Event: d.Event, Action: d.Action, At: d.At, Status: d.Code})
	}
	return page, next, nil
}

// Redeliver asks GitHub to deliver the webhook of an attempt again. It does not wait for that.
func (a *App) Redeliver(ctx context.Context, id int64) error {
	_, err := a.calls.Do(ctx, wire.Call{Method: "POST", Path: "app/hook/deliveries/" + strconv.FormatInt(id, 10) + "/attempts"})
	return a.tr.Wrap(err, "", "asking for delivery %d again", id)
}
