// Package wire is how one request to GitHub is made: with credentials, patience, and errors that can be acted
// upon.
//
// It knows authentication by token or as an App, to which servers credentials go, rate limits, which requests
// may be repeated, and what GitHub's refusals mean. It refuses to know what is asked: resources, pull requests
// and comments are package github's, which stands on it.
//
// No error and no text that leaves it has a token in it.
package wire

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
)

// Config holds what a [Transport] needs. Every field must be set, of Token, App and Anonymous exactly one; the
// durations and the number of retries are taken as they are.
type Config struct {
	// REST and GraphQL are the roots of the server. Credentials go to their hosts only.
	REST, GraphQL *url.URL
	// Token is a GITHUB_TOKEN or an installation token of any shape.
	Token string
	// App authenticates as an installation of an App; its tokens are fetched and renewed as needed.
	App *App
	// Itself authenticates as the App itself, and not as one of its installations.
	Itself bool
	// Anonymous sends no credentials.
	Anonymous bool
	// Next makes the requests.
	Next http.RoundTripper
	// Sleep waits between attempts and returns early with the context's error.
	Sleep func(context.Context, time.Duration) error
	// Now is the clock.
	Now func() time.Time
	// Agent is sent as the User-Agent of every request.
	Agent string
	// Retries is the number of attempts after the first.
	Retries int
	// MaxWait is the longest single wait that a rate limit may ask for.
	MaxWait time.Duration
}

// App names an installation of a GitHub App.
type App struct {
	ID           int64  // of the App
	Installation int64  // of the App in the account that owns the repository
	PrivateKey   []byte // RSA, PEM
}

// New returns a transport. It makes no request.
func New(cfg Config) (*Transport, error) {
	t := &Transport{
		gql: cfg.GraphQL, scrub: scrubber{cfg.Token}, sleep: cfg.Sleep, now: cfg.Now, retries: cfg.Retries,
		maxWait: cfg.MaxWait, agent: cfg.Agent,
	}
	auth := &hostAuth{plain: cfg.Next, hosts: []*url.URL{cfg.REST, cfg.GraphQL}}
	if n := set(cfg.Token != "") + set(cfg.App != nil) + set(cfg.Anonymous); n != 1 {
		return nil, errors.New("exactly one of a token and an App is needed")
	}
	switch {
	case cfg.Anonymous:
		auth.with = cfg.Next
	case cfg.Token != "":
		if strings.Trim(cfg.Token, tokenChars) != "" {
			return nil, errors.New("token has characters that no token has")
		}
		auth.with = tokenAuth{cfg.Next, cfg.Token}
	default:
		with, err := cfg.app(*t)
		if err != nil {
			return nil, err
		}
		auth.with = with
	}
	t.next = auth
	return t, nil
}

func set(is bool) int {
	if is {
		return 1
	}
	return 0
}

// app authenticates as an App. Only the fetching of tokens goes through the library, with attempts of its own that end
// before its signature does.
func (cfg Config) app(refresh Transport) (http.RoundTripper, error) {
	refresh.next, refresh.maxWait = cfg.Next, min(refresh.maxWait, 30*time.Second)
	next := http.RoundTripper(&refresh)
	if cfg.Itself {
		next = cfg.Next // each attempt is signed anew
	}
	apps, err := ghinstallation.NewAppsTransport(next, cfg.App.ID, cfg.App.PrivateKey)
	if err != nil {
		// The library's text is the parser's; nothing of a key needs to rely on what that quotes.
		return nil, errors.New("reading the App's private key: not an RSA key in PEM")
	}
	if cfg.Itself {
		return apps, nil
	}
	in := ghinstallation.NewFromAppsTransport(apps, cfg.App.Installation)
	in.BaseURL = strings.TrimSuffix(cfg.REST.String(), "/")
	return appAuth{cfg.Next, in}, nil
}

const tokenChars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.~+/="

// hostAuth authenticates requests to the configured servers only, so that a redirect to another one, such
// as that of an archive, does not carry the token along.
type hostAuth struct {
	with, plain http.RoundTripper
	hosts       []*url.URL
}

func (a *hostAuth) RoundTrip(req *http.Request) (*http.Response, error) {
	for _, h := range a.hosts {
		if req.URL.Scheme == h.Scheme && req.URL.Host == h.Host {
			return a.with.RoundTrip(req)
		}
	}
	return a.plain.RoundTrip(req)
}

type tokenAuth struct {
	next  http.RoundTripper
	token string
}

func (a tokenAuth) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("Authorization", "Bearer "+a.token)
	return a.next.RoundTrip(req)
}

type appAuth struct {
	next http.RoundTripper
	in   *ghinstallation.Transport
}

func (a appAuth) RoundTrip(req *http.Request) (*http.Response, error) {
	token, err := a.in.Token(req.Context())
	if err != nil {
		return nil, err
	}
	return tokenAuth{a.next, token}.RoundTrip(req)
}
