// Package github is the only package that talks to GitHub.
//
// It knows the resources of the REST and GraphQL interfaces that we use, and GitHub's limits of sizes and
// pages. Below it, package wire knows credentials, rate limits and errors, and package marker the hidden line
// of our comments; above it, package event reads what started us. It refuses to know arms, verdicts, dollars
// and the layout of the comment: it is handed finished text, cuts or refuses what GitHub would, and writes it
// once.
//
// What it reads of a pull request is data of the author of that pull request. Nothing here runs it, follows
// a symbolic link of it or trusts a marker in it: a comment is ours when GitHub says that we wrote it and it
// carries a marker.
//
// A [Client] never returns, logs or writes its token: texts of errors and everything that is written to
// GitHub pass a filter for it and for every string that looks like a GitHub token.
package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	gogithub "github.com/google/go-github/v62/github"
	"github.com/shurcooL/githubv4"

	"github.com/pertask/pertask/github/wire"
)

// Config holds what a [Client] needs. The zero value is not usable: a Token or an App is required.
type Config struct {
	// BaseURL is the root of the REST interface as GITHUB_API_URL has it, such as
	// "https://ghes.example/api/v3"; "" is github.com. Plain http is accepted on loopback addresses only.
	BaseURL string
	// GraphQLURL is the GraphQL endpoint as GITHUB_GRAPHQL_URL has it; "" derives it from BaseURL.
	GraphQLURL string
	// Token is a GITHUB_TOKEN or an installation token of any shape. Exactly one of Token and App is set.
	Token string
	// App authenticates as an installation of a GitHub App; its tokens are fetched and renewed as needed.
	App *AppAuth
	// Transport makes the requests; nil is the default transport with a limit on the wait for headers.
	Transport http.RoundTripper
	// Redact is applied to every body, title and text before a write, after our own filter for tokens; nil
	// leaves them. GitHub's masking of secrets does not reach its interfaces, so it is needed.
	Redact func(string) string
	// Sleep waits between attempts and returns early with the context's error; nil is a timer.
	Sleep func(context.Context, time.Duration) error
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// UserAgent is sent with every request; "" is "pertask".
	UserAgent string
	// MaxRetries is the number of attempts after the first; 0 is 4, a negative number is none.
	MaxRetries int
	// MaxWait is the longest single wait that a rate limit may ask for; a longer one is returned as
	// ErrRateLimited at once. 0 is 15 minutes.
	MaxWait time.Duration
}

// AppAuth names an installation of a GitHub App.
type AppAuth struct {
	ID           int64  // of the App
	Installation int64  // of the App in the account that owns the repository
	PrivateKey   []byte // RSA, PEM
}

const (
	defaultREST    = "https://api.github.com/"
	defaultRetries = 4
	defaultMaxWait = 15 * time.Minute
)

// Client talks to one GitHub server as one identity. It is safe for concurrent use.
type Client struct {
	rest      *gogithub.Client
	calls     *wire.Caller
	gql       *githubv4.Client
	transport *wire.Transport
	redact    func(string) string
	sleep     func(context.Context, time.Duration) error
	now       func() time.Time
	retries   int
	appID     int64 // 0 with a token, whose App is not known
	blobs     blobCache
}

// New returns a client. It makes no request.
func New(cfg Config) (*Client, error) {
	w, err := cfg.Wire()
	if err != nil {
		return nil, fmt.Errorf("making a GitHub client: %w", err)
	}
	tr, err := wire.New(w)
	if err != nil {
		return nil, fmt.Errorf("making a GitHub client: %w", err)
	}
	c := &Client{transport: tr, sleep: w.Sleep, now: w.Now, retries: w.Retries, redact: tr.Scrub}
	if cfg.Redact != nil {
		c.redact = func(s string) string { return cfg.Redact(tr.Scrub(s)) }
	}
	if cfg.App != nil {
		c.appID = cfg.App.ID
	}
	hc := &http.Client{Transport: tr}
	c.rest = gogithub.NewClient(hc)
	c.rest.BaseURL, c.rest.UserAgent = w.REST, w.Agent
	c.calls = wire.NewCaller(tr, w.REST)
	c.gql = githubv4.NewEnterpriseClient(w.GraphQL.String(), hc)
	return c, nil
}

// Wire checks the addresses and fills in the defaults, for a client of another kind such as package app's.
func (cfg Config) Wire() (wire.Config, error) {
	rest, gql, err := cfg.urls()
	if err != nil {
		return wire.Config{}, err
	}
	cfg.setDefaults()
	return wire.Config{
		REST: rest, GraphQL: gql, Token: cfg.Token, App: (*wire.App)(cfg.App), Next: cfg.Transport, Sleep: cfg.Sleep,
		Now: cfg.Now, Agent: cfg.UserAgent, Retries: cfg.MaxRetries, MaxWait: cfg.MaxWait,
	}, nil
}

// wrap adds the step to an error, and the permission that it needs when GitHub did not name one.
func (c *Client) wrap(err error, permission, format string, args ...any) error {
	return c.transport.Wrap(err, permission, format, args...)
}

func (cfg *Config) setDefaults() {
	if cfg.Sleep == nil {
		cfg.Sleep = sleep
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.UserAgent == "" {
		cfg.UserAgent = "pertask"
	}
	if cfg.MaxRetries == 0 {
		cfg.MaxRetries = defaultRetries
	}
	cfg.MaxRetries = max(cfg.MaxRetries, 0)
	if cfg.MaxWait <= 0 {
		cfg.MaxWait = defaultMaxWait
	}
	if cfg.Transport == nil {
		tr := http.DefaultTransport.(*http.Transport).Clone()
		tr.ResponseHeaderTimeout = time.Minute
		cfg.Transport = tr
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// urls returns the two roots, the REST one with a slash at its end.
func (cfg Config) urls() (rest, gql *url.URL, err error) {
	base := cfg.BaseURL
	if base == "" {
		base = defaultREST
	}
	if rest, err = parseURL("BaseURL", base); err != nil {
		return nil, nil, err
	}
	rest.Path = strings.TrimSuffix(rest.Path, "/") + "/"
	if cfg.GraphQLURL != "" {
		gql, err = parseURL("GraphQLURL", cfg.GraphQLURL)
		return rest, gql, err
	}
	g := *rest
	g.Path = graphQLPath(rest.Path)
	return rest, &g, nil
}

// graphQLPath is /api/graphql beside /api/v3/ on a server of one's own, and below the root on github.com.
func graphQLPath(rest string) string {
	if root, ok := strings.CutSuffix(rest, "/api/v3/"); ok {
		return root + "/api/graphql"
	}
	return rest + "graphql"
}

func parseURL(field, s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("reading %s: not an absolute URL without user, query and fragment", field)
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return nil, fmt.Errorf("reading %s: scheme %q would send the token in the clear; https is allowed, and http on loopback", field, u.Scheme)
	}
	return u, nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

// Repo names a repository.
type Repo struct{ Owner, Name string }

// String returns "owner/name".
func (r Repo) String() string { return r.Owner + "/" + r.Name }

var errRepo = errors.New(`not "owner/name" in letters, digits, '-', '_' and '.'`)

// ParseRepo reads "owner/name". It refuses every character that GitHub does not allow in the two, so that
// a Repo from it can stand in a path.
func ParseRepo(s string) (Repo, error) {
	owner, name, ok := strings.Cut(s, "/")
	if r := (Repo{owner, name}); ok && r.valid() {
		return r, nil
	}
	return Repo{}, fmt.Errorf("reading repository %q: %w", wire.Clip(s, 80), errRepo)
}

func (r Repo) valid() bool { return repoWord(r.Owner) && repoWord(r.Name) }

func repoWord(s string) bool {
	if s == "" || len(s) > 100 || s == "." || s == ".." {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == ""
}

// IsSHA reports whether s is a full object id, SHA-1 or SHA-256, in lower case.
func IsSHA(s string) bool { return wire.IsSHA(s) }
