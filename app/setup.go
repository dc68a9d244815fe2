package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/pertask/pertask/app/enroll"
	"github.com/pertask/pertask/app/page"
	"github.com/pertask/pertask/app/secret"
	"github.com/pertask/pertask/app/signin"
	"github.com/pertask/pertask/app/sqldb/sqlsecret"
	"github.com/pertask/pertask/app/sqldb/sqlspend"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/app"
	"github.com/pertask/pertask/price"
)

// credentialsName is the name of the App's own credentials among the sealed values. It must not change.
const credentialsName = "app/credentials"

// looking is how often a server that waits to be set up looks whether another process was.
const looking = 2 * time.Second

// credentials are those of the environment, or those that the set-up has kept; without any it sets up the App first.
func (s *Server) credentials(ctx context.Context) (enroll.Credentials, error) {
	c, err := enroll.FromEnv(func(name string) string { return s.secrets[name] })
	if !errors.Is(err, enroll.ErrNone) {
		return c, err
	}
	if c, found, err := s.kept(ctx); err != nil || found {
		return c, err
	}
	return s.setUp(ctx)
}

// kept are the credentials in the database.
func (s *Server) kept(ctx context.Context) (c enroll.Credentials, found bool, err error) {
	sealed, found, err := s.values.Get(ctx, sqlsecret.App, credentialsName)
	if err != nil || !found {
		return c, false, err
	}
	text, err := s.box.Open(secret.About{Scope: sqlsecret.App, Name: credentialsName}, sealed)
	if err == nil {
		c, err = enroll.Decode(text)
	}
	if err != nil {
		return c, false, fmt.Errorf("reading the App's credentials, with the key in %s: %w", EnvKey, err)
	}
	return c, true, nil
}

// keep seals the credentials of an App that was just made.
func (s *Server) keep(ctx context.Context, c enroll.Credentials) error {
	text, err := c.Encode()
	if err != nil {
		return err
	}
	sealed, err := s.box.Seal(secret.About{Scope: sqlsecret.App, Name: credentialsName}, text)
	if err == nil {
		err = s.values.Put(ctx, sqlsecret.App, sealed, sqlsecret.Mark{Name: credentialsName, Time: time.Now()})
	}
	return err
}

// setUp serves the page that makes the GitHub App, and waits until that is done, here or in another process.
func (s *Server) setUp(ctx context.Context) (enroll.Credentials, error) {
	web, err := url.Parse(s.cfg.Web)
	if err != nil {
		return enroll.Credentials{}, err
	}
	code := enroll.NewCode()
	h, err := enroll.New(enroll.Config{Public: s.public, Actions: s.cfg.Actions, GitHub: web, Code: code, Convert: s.convert, Keep: s.keep, Missing: s.missing, Log: s.log, Now: time.Now})
	if err != nil {
		return enroll.Credentials{}, err
	}
	mux := http.NewServeMux()
	mux.Handle("/setup", h)
	mux.Handle("/setup/", h)
	mux.Handle("GET /{$}", http.RedirectHandler("/setup", http.StatusSeeOther))
	s.handler.Store(shown{mux})
	fmt.Fprintf(s.terminal(), "There is no GitHub App yet. Open %s/setup and enter the code %s\n", s.public, code)
	s.log.Info("waiting for the GitHub App to be made", "page", s.public.String()+"/setup")
	tick := time.NewTicker(looking)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return enroll.Credentials{}, context.Cause(ctx)
		case <-tick.C:
		}
		c, found, err := s.kept(ctx)
		if found {
			return c, nil
		}
		if err != nil && ctx.Err() == nil {
			s.log.Warn("looking for the App's credentials", "error", err)
		}
	}
}

func (s *Server) terminal() io.Writer {
	if s.world.Terminal == nil {
		return io.Discard
	}
	return s.world.Terminal
}

// convert asks GitHub for the credentials of an App that was just made.
func (s *Server) convert(ctx context.Context, code string) (enroll.Credentials, error) {
	c, err := app.Convert(ctx, github.Config{BaseURL: s.cfg.API, GraphQLURL: s.cfg.GraphQL, Transport: s.hub}, code)
	return enroll.Credentials{ID: c.ID, Slug: c.Slug, Name: c.Name, Owner: c.Owner, ClientID: c.ClientID, ClientSecret: c.ClientSecret,
		WebhookSecret: c.WebhookSecret, PrivateKey: string(c.PrivateKey)}, err
}

// missing says what else is to be done.
func (s *Server) missing() []string {
	out := []string{"Install the App in the repositories that it is to review.", "Sign in here and set the key of a provider for the installation."}
	if s.cfg.Public == nil {
		out = append(out, "GitHub cannot reach this server: start it with --public-url, behind a proxy that speaks TLS.")
	}
	return out
}

// pages is the dashboard.
func (s *Server) pages(c enroll.Credentials, a agents) (http.Handler, error) {
	web := strings.TrimSuffix(s.cfg.Web, "/")
	gate, err := signin.New(signin.Config{URL: s.public.String(), ClientID: c.ClientID, ClientSecret: c.ClientSecret,
		Endpoint: oauth2.Endpoint{AuthURL: web + "/login/oauth/authorize", TokenURL: web + "/login/oauth/access_token"},
		Sessions: s.sessions, Box: s.box, Access: signin.GitHub{Config: github.Config{BaseURL: s.cfg.API, GraphQLURL: s.cfg.GraphQL, Transport: s.hub}}, Log: s.log})
	if err != nil {
		return nil, err
	}
	work, ok := s.queue.(page.Queue)
	if !ok {
		return nil, errors.New("setting up the dashboard: the queue cannot be looked into")
	}
	return page.New(page.Config{Gate: gate, URL: s.public.String(), Web: s.cfg.Web, Reviews: s.records, Audit: s.records, Repos: s.records, Queue: work,
		Keys: providerKeys{s}, KeyNames: keyNames(), Senders: senders{sqlspend.NewSenders(s.db)}, SendPath: PathTelemetry,
		Ledger: a, Predictions: a, Pricing: price.Pricing{Book: price.Embedded()}, Log: s.log})
}
