// Package measure carries out one review for the App: it makes what package review needs out of what the App has.
//
// It knows which client, keys, evidence and budget belong to which installation, where agents may work and what they may not
// see, how many reviews measure at once, and what is kept of a review while it runs and after it. It refuses to know notes,
// webhooks and SQL, who asked for a review and whether they may, and how a review goes about it.
package measure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/pertask/pertask/app/courier"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/config"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/trial"
)

// Tenant is a repository of an installation. What belongs to one is never seen by another.
type Tenant struct {
	Installation int64
	Repo         int64 // GitHub's id
}

// Evidence is where trials and verdicts of one tenant are kept.
type Evidence struct {
	// Journal opens the journal of an evidence key. Where it is an io.Closer it is closed when the review is over, and where one
	// process at a time may append to it, as with that of package sqlledger, its method Take waits for it.
	Journal func(ctx context.Context, key string) (trial.Journal, error)
	Base    ledger.Store
	Tests   ledger.Tests
}

// Limits are what the reviews of a month, by UTC, may cost at most; unknown is no limit.
type Limits struct {
	Repo         price.Amount // of the repository
	Installation price.Amount // of all repositories of its installation
}

// Config is what a Measurer needs. Every field without "may be" must be set.
type Config struct {
	// App signs for the installations; its field Installation is not used.
	App github.AppAuth
	// BaseURL and GraphQLURL are those of github.Config; may be empty.
	BaseURL, GraphQLURL string
	// GitHub carries the requests to GitHub and Provider those to providers; either may be nil. See PublicOnly.
	GitHub, Provider http.RoundTripper
	Book             *price.Book // may be nil: the one of the program
	Version          string      // of pertask
	Reviews          record.Reviews
	// Audit knows which acceptances were given by a button.
	Audit    record.Audit
	Evidence func(Tenant) Evidence
	// Keys returns the provider keys of an installation.
	Keys func(ctx context.Context, installation int64, ups []meter.Upstream) (meter.Keys, error)
	// Limits returns what the reviews of a tenant may cost; may be nil.
	Limits func(context.Context, Tenant) (Limits, error)
	Getenv func(string) string // for PATH and the variables that agents inherit
	// Scratch is where trials work.
	Scratch *Scratch
	// Hide lists absolute paths that no agent may see: the database, key files, and all that is the App's.
	Hide []string
	// Slots limits how many reviews measure at once.
	Slots *Slots
	// ReportURL is the address of a review's page, by its installation and its ID; may be nil.
	ReportURL func(installation int64, id string) string
	// Sandbox is how agents are kept in, whatever a configuration says: config.Run's words; "" is "required".
	Sandbox string
	// Login is that of the App's bot, such as "pertask[bot]": it starts the workflows of repositories that measure themselves. "" is
	// that no repository can.
	Login string
	// Courier has how long such a workflow is waited for; may be zero.
	Courier courier.Times
	// Ended is told of each review that has ended; may be nil.
	Ended func(record.Review)
	// Every is how often a running review is written down and looked at whether it is still wanted; 0 is 20 seconds.
	Every time.Duration
	Now   func() time.Time
	Log   *slog.Logger
}

// Measurer carries out reviews. It is safe for concurrent use.
type Measurer struct {
	Config
	mu      sync.Mutex
	clients map[int64]*account // by installation
	turns   turns
	stuck   time.Duration
}

// account is an installation as GitHub and the log see it.
type account struct {
	client *github.Client
	redact *redactor
}

// New returns a Measurer.
func New(c Config) (*Measurer, error) {
	if c.App.ID == 0 || len(c.App.PrivateKey) == 0 {
		return nil, errors.New("measuring without the App's id and private key")
	}
	if c.Book == nil {
		c.Book = price.Embedded()
	}
	c.Sandbox = cmp.Or(c.Sandbox, "required") // agents of strangers run on our machine
	c.Every = cmp.Or(c.Every, 20*time.Second)
	return &Measurer{Config: c, clients: map[int64]*account{}, stuck: stuck}, nil
}

// Client returns the client of an installation. It makes no request.
func (m *Measurer) Client(installation int64) (*github.Client, error) {
	a, err := m.account(installation)
	if err != nil {
		return nil, err
	}
	return a.client, nil
}

func (m *Measurer) account(installation int64) (*account, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if a := m.clients[installation]; a != nil {
		return a, nil
	}
	auth := m.App
	auth.Installation = installation
	a := &account{redact: &redactor{}}
	var err error
	a.client, err = github.New(github.Config{BaseURL: m.BaseURL, GraphQLURL: m.GraphQLURL, App: &auth, Transport: m.GitHub, Redact: a.redact.redact})
	if err != nil {
		return nil, fmt.Errorf("reaching installation %d: %w", installation, err)
	}
	m.clients[installation] = a
	return a, nil
}

// Forget drops what is remembered of an installation that is gone.
func (m *Measurer) Forget(installation int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.clients, installation)
}

// book is the App's price book.
func (m *Measurer) book() *price.Book { return m.Book }

// configPath is where every repository has its configuration.
const configPath = config.Path
