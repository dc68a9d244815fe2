package ground

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/review/gate"
	"github.com/pertask/pertask/review/state"
	"github.com/pertask/pertask/trial"
)

// Sink takes what a review leaves outside of GitHub.
type Sink interface {
	// Summary shows Markdown to whoever started the review.
	Summary(markdown string) error
	// Output sets a value for later steps. Values are of a closed vocabulary or numbers, never text of the pull request.
	Output(name, value string) error
	// File keeps a file, such as report.json. The name has no folder.
	File(name string, data []byte) error
	// Opened remembers a check run that must be completed, in case this process dies.
	Opened(Check) error
}

// Check is what must be finished in case the process that began it is gone.
type Check struct {
	gate.Check
	Pull    int       `json:"pull,omitempty"`
	Started time.Time `json:"started,omitzero"`
}

// Options are what a Reviewer needs. Every field without "may be" must be set.
type Options struct {
	GitHub  *github.Client
	Book    *price.Book
	Version string // of pertask
	// ConfigPath is where the configuration is in the base's tree.
	ConfigPath string
	// Keys returns the provider keys for upstreams. They go to the metering proxy and nowhere else.
	Keys func([]meter.Upstream) meter.Keys
	// Journal opens the journal of a suite by its evidence key and returns its name beside the reports.
	Journal func(evidenceKey string) (j trial.Journal, name string, err error)
	Getenv  func(string) string // for the variables that an agent inherits
	Scratch string              // folder for workspaces
	Hide    []string            // absolute paths of folders that no agent may see; may be empty
	// Sandbox takes the place of the configuration's run.sandbox, where agents of strangers run on one's own machine; may be
	// empty.
	Sandbox string
	// ID names this review, the same for each attempt at it, where there can be several: what an attempt whose process was
	// killed has left open is gone on with. May be empty.
	ID string
	// Kept says that journals and tests are kept for good, and by nobody else: they answer what was asked before, with all that
	// was found, and not our comment.
	Kept bool
	Now  func() time.Time
	Log  *slog.Logger
	// Sleep waits while another review of the same commit measures; may be nil. Pulse tells when to look after a trial that
	// takes long; nil for every progress.Every.
	Sleep func(context.Context, time.Duration) error
	Pulse <-chan time.Time
	// Store has trials of the base that are used again, and takes new ones; may be nil. Tests keeps the verdicts that are
	// final; may be nil.
	Store ledger.Store
	Tests ledger.Tests
	// ReportURL is a link to where the files of the Sink can be seen; may be empty.
	ReportURL string
	// Transport reaches the providers; may be nil.
	Transport http.RoundTripper
	// Progress is told how far the trials are; may be nil.
	Progress func(suite string, done, total int, spent price.Amount)
	// Budget returns the most that this review may spend, where that is less than the configuration's run.budget: unknown is
	// no limit of its own, and on an error nothing is spent. May be nil.
	Budget func(context.Context) (price.Amount, error)
	// Elsewhere carries out comparisons where the configuration wants them elsewhere; nil where there is no such place.
	Elsewhere Elsewhere
	// Buttons puts buttons on the completed check run, as an App can.
	Buttons bool
	// Accepted reports whether a person has pressed the button that accepts on a check run at the acceptance's head at its
	// time, for an acceptance that no comment stands for. Without it such acceptances do not hold.
	Accepted func(context.Context, state.Acceptance) (bool, error)
	// LedgerBranch is a branch of its own that keeps what the checks cost, which takes contents: write; "" for none.
	LedgerBranch string
	// Jobs are the names of the workflow's job, which GitHub shows as a check run of its own; may be empty. A check run of
	// ours under such a name would be taken for it.
	Jobs []string
}
