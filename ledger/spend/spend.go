// Package spend holds what agents consumed: entries of the ledger, one for each session, hour, place and price.
//
// It knows what an entry must say, where its numbers are from, when two entries are the same consumption, and which of two
// counts. It refuses to know where entries are stored, how they were read, which pull request they belong to, and what
// anything costs: tokens are kept, and prices are applied again by whoever reads them, so that a corrected price changes
// history.
package spend

import (
	"context"
	"iter"
	"time"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

// Schema names the version of the JSON form of an Entry. Stored ledgers depend on it: later versions add fields and never
// rename them.
const Schema = "pertask.entry/1"

// Provenance says how far the numbers of an entry can be trusted. The zero value is no provenance, and no entry has it.
type Provenance string

// The provenances, from best to worst. Sums of different ones are shown apart.
const (
	Measured  Provenance = "measured"  // by our proxy, on the wire
	Reported  Provenance = "reported"  // by an agent, of itself
	Allocated Provenance = "allocated" // a share of a total, worked out and not seen
)

// Source says what an entry was read from.
type Source string

// The sources.
const (
	Meter      Source = "meter"        // pertask meter
	Check      Source = "check"        // a review's own trials
	SessionLog Source = "session-log"  // what an agent keeps locally
	Telemetry  Source = "otlp"         // events that an agent exports by OpenTelemetry, one for each call
	Counters   Source = "otlp-metrics" // counters that an agent exports by OpenTelemetry
	Import     Source = "import"       // another ledger's line without a better source
)

// Place is where something was consumed, as far as the source says. Empty means unknown.
type Place struct {
	// Repository is "host/owner/name" in lower case, of the remote that the work tree was cloned from, such as
	// "github.com/acme/shop".
	Repository string `json:"repository,omitempty"`
	// Branch is the branch's short name, such as "fix-date"; "HEAD" for a detached one.
	Branch string `json:"branch,omitempty"`
	// Commit is the object id that was checked out when the last of the calls was made, where the source says so.
	Commit string `json:"commit,omitempty"`
	// Pull is the number of the pull request, where the source knows it, such as a job of continuous integration.
	Pull int `json:"pull,omitempty"`
	// Author is who worked; empty unless somebody asked for it. This is about costs, not about people.
	Author string `json:"author,omitempty"`
	// Labels are the owner's own, such as "team:payments", sorted.
	Labels []string `json:"labels,omitempty"`
}

// Price is all that the price of a call depends on, besides its tokens. The calls of one entry share it.
type Price struct {
	Provider   string            `json:"provider"` // who bills: the provider's name in the price book
	Model      string            `json:"model"`    // as served, or as requested where that is not known
	Tier       string            `json:"tier,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"` // see usage.Call
	// Above is the step of Steps that every call's prompt passes and Upto the one that none does; Upto 0 means no
	// bound. Context bands of prices go by the prompt of a single call, which a sum does not show.
	Above int64 `json:"above,omitempty"`
	Upto  int64 `json:"upto,omitempty"`
}

// Entry is what one session consumed within one hour, in one place, at one price.
type Entry struct {
	Schema string `json:"schema"` // Schema
	// ID names the consumption: Identify of the entry. Whoever reads the same again, in whatever pieces, gets the same.
	ID string `json:"id"`
	// Part tells entries of one session, hour, place and price apart where the source sends pieces that are never read
	// together again, such as single events. Empty where the entry is all that the source has of them.
	Part string `json:"part,omitempty"`
	// Revision grows with what is in the entry: it is Calls plus Unseen, or for Counters the sum of the tokens. Of two
	// entries with one ID the later revision counts: see Later.
	Revision   int64      `json:"revision"`
	Source     Source     `json:"source"`
	Provenance Provenance `json:"provenance"`
	// Session is SessionKey of the agent's own name of its session: the same from every source that sees the session.
	Session string `json:"session,omitempty"`
	Harness string `json:"harness,omitempty"` // such as "claude-code"
	Version string `json:"version,omitempty"` // of the harness
	// Hour is when the UTC hour began that all calls ended in; Last is when the last one ended.
	Hour time.Time `json:"hour"`
	Last time.Time `json:"last"`
	Place
	Price
	Calls  int64 `json:"calls"`            // with usage; 0 for Counters, which do not say how many there were
	Unseen int64 `json:"unseen,omitempty"` // calls without: they cost something that is not known
	// Tokens are of the Calls.
	Tokens   usage.Tokens     `json:"tokens"`
	Requests map[string]int64 `json:"requests,omitempty"` // billable units that are not tokens, of the Calls
	// ReportedUSD is what the provider itself said that the calls cost; null when it did not of each.
	ReportedUSD price.Amount `json:"reported_usd"`
}

// Query says which entries are read. The zero value means all.
type Query struct {
	From, To     time.Time // hours in [From, To); a zero time is no bound
	Repositories []string  // those of these; none means of every one and of none
}

// Store keeps entries. Implementations are safe for concurrent use, also by other processes, and pass the tests of package
// spendtest.
type Store interface {
	// Add adds entries, all or none of one call. They outlive the process and a power cut when it returns. Of those that
	// are there with the same ID the one that Later prefers stays. A bad entry (Check) is an error and nothing is added.
	Add(ctx context.Context, entries ...Entry) error
	// Entries yields one entry for each ID, in the order of Sort, in memory that is bounded by one month. The error of
	// a line that cannot be read is yielded with the zero entry, and reading goes on when the caller does.
	Entries(ctx context.Context, q Query) iter.Seq2[Entry, error]
}
