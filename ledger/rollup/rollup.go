// Package rollup adds up the ledger's entries: for each pull request, week, model, repository and label.
//
// It knows which of several sources of a session counts, what is added to what and what is shown apart, and how the costs
// of merged pull requests are described. It refuses to know how entries are stored, which pull request one belongs to
// (package attribute says it), what a token costs (package price does), and how sums are shown.
package rollup

import (
	"errors"
	"iter"
	"time"

	"github.com/pertask/pertask/ledger/attribute"
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/price"
)

// Input is what is added up.
type Input struct {
	// Entries come in the order of spend.Sort, one for each ID, as from a store or spend.Merge. Errors of lines are
	// counted; another one ends the roll-up.
	Entries iter.Seq2[spend.Entry, error]
	// Attribute says where an entry counts: Find of package attribute. Without it, none belongs to a pull request.
	Attribute func(spend.Entry) attribute.Attribution
	// Repositories hold the pull requests. Those that were merged in [From, To) are described.
	Repositories []attribute.Repository
	// From and To bound the hours of the sums, and when a pull request was merged. A zero time is no bound. Entries before
	// From count for the pull requests alone: without them, one that was begun before would look cheaper than it was.
	From, To time.Time
	// Begin is the first hour of which there are entries, zero for all: pull requests that were opened before are left
	// out of the description, since what they cost is not known in full.
	Begin time.Time
	// Pricing prices the entries: with a zero At each at the rates of its own hour, as it was billed then; otherwise all at
	// the rates of At.
	Pricing price.Pricing
	// Label picks the labels, of entries and of pull requests, that sums are made of; nil is all of them.
	Label func(string) bool
	// Controls are totals that providers billed. They are shown beside the ledger's, and never divided.
	Controls []Control
}

// Control is what a provider says that it billed for a time.
type Control struct {
	Provider string       `json:"provider"` // its name in the price book; "" for all
	From     time.Time    `json:"from"`
	To       time.Time    `json:"to"` // not in it
	USD      price.Amount `json:"usd"`
}

// Rollup is what the entries come to. Of each list the order depends on nothing but what is in it.
type Rollup struct {
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
	// PricesAt is the instant whose rates apply; zero: those of each hour.
	PricesAt time.Time `json:"prices_at,omitzero"`

	// Total is Attributed and Unattributed together. What the checks of this program cost is in neither.
	Total        Spend `json:"total"`
	Attributed   Spend `json:"attributed"` // to merged pull requests, whenever they were merged
	Unattributed Spend `json:"unattributed"`
	// Reasons divides Unattributed. Every reason that has entries is there, in the order of attribute.Reasons.
	Reasons []Reason `json:"reasons"`
	// Checks is what the trials of this program's own reviews cost.
	Checks Spend `json:"checks"`

	// Pulls are the merged pull requests that have entries, in the order of their merges; Without are those that have
	// none: nobody knows what they cost, and it may be nothing.
	Pulls   []Pull  `json:"pulls"`
	Without []Pull  `json:"without"`
	PerPull PerPull `json:"per_pull"`

	Weeks        []Group `json:"weeks"`
	Models       []Group `json:"models"`
	Repositories []Group `json:"repositories"`
	// Labels overlap: an entry with two labels is in both. The first one, "", has what has no label.
	Labels []Group `json:"labels"`

	// LeftOut is what did not count, because a better source had the same session, place and hour.
	LeftOut []LeftOut `json:"left_out"`
	// Missing are the models whose price is missing, most tokens first.
	Missing  []Missing      `json:"missing"`
	Controls []ControlTotal `json:"controls"`
	// Skipped counts lines that are no entries.
	Skipped spend.Skipped `json:"-"`
}

// Reason is what counts for no merged pull request for one reason.
type Reason struct {
	Reason attribute.Reason `json:"reason"`
	Spend  Spend            `json:"spend"`
}

// Pull is a merged pull request and what it cost, with what was spent before the window.
type Pull struct {
	Repository string    `json:"repository"`
	Number     int       `json:"number"`
	Title      string    `json:"title,omitempty"` // its author's words
	Merged     time.Time `json:"merged"`
	Labels     []string  `json:"labels,omitempty"`
	Lines      int       `json:"lines"` // added and deleted
	Files      int       `json:"files"`
	Spend      Spend     `json:"spend"`
	// Cut says that it was opened before the first entry, so that it cost at least this much: it is not in PerPull.
	Cut bool `json:"cut,omitempty"`
	// Ratio is its cost by the median's of all, such as 1.8; 0 where one of the two is not known or the median is 0.
	Ratio float64 `json:"ratio,omitempty"`
	// Outlier says that it is far above the others.
	Outlier bool `json:"outlier,omitempty"`
}

// PerPull describes what merged pull requests cost, of which something is known: the measured and reported part, without
// shares of totals.
type PerPull struct {
	Summary
	Merged  int `json:"merged"`   // pull requests that were merged, those without entries included
	Without int `json:"without"`  // of these, without entries
	Cut     int `json:"cut"`      // opened before the first entry
	NoPrice int `json:"no_price"` // with entries of which none has a price, or with shares of totals alone
	AtLeast int `json:"at_least"` // of those that are described: ones that cost more, or may have
	// Measured, Reported and Mixed divide those that are described by where their numbers are from.
	Measured int `json:"measured"`
	Reported int `json:"reported"`
	Mixed    int `json:"mixed"`
}

// Group is one week, model, repository or label.
type Group struct {
	// Key is an ISO week such as "2026-W48", a provider and model such as "openai/gpt-5.5", a repository, or a label.
	Key   string `json:"key"`
	Spend Spend  `json:"spend"` // within the window
	// Checks is what the program's own reviews cost; not by model or label.
	Checks Spend `json:"checks"`
	// PerPull is of the pull requests that were merged in the week or into the repository; for a model or a label, of
	// those that have entries with it, and of their cost what is the group's.
	PerPull PerPull `json:"per_pull"`
}

// LeftOut is what did not count of one source.
type LeftOut struct {
	Source     spend.Source     `json:"source"`
	Provenance spend.Provenance `json:"provenance"`
	Sum        Sum              `json:"sum"`
	Sessions   int              `json:"sessions"` // hours of sessions
	// More counts those hours in which what was left out has over 5 % more tokens than what counts: the better source has
	// not seen everything.
	More int `json:"more"`
}

// Missing is a model without a price.
type Missing struct {
	Provider string `json:"provider"`
	Model    string `json:"model"`
	Tier     string `json:"tier,omitempty"`
	Why      string `json:"why"` // of the first entry, with what to add
	Entries  int    `json:"entries"`
	Tokens   int64  `json:"tokens"`
}

// ControlTotal is a control total beside what the ledger has for the same provider and time, checks included.
type ControlTotal struct {
	Control
	Ledger Spend `json:"ledger"`
}

// errOrder says that the entries do not come as they must.
var errOrder = errors.New("entries come out of order, or twice; they must come as spend.Sort has them")

// Of adds up. It holds a session's entries of one hour, and otherwise memory by the number of groups and pull requests, not
// of entries. The error is one of the entries'.
func Of(in Input) (Rollup, error) {
	if in.Entries == nil {
		in.Entries = func(func(spend.Entry, error) bool) {}
	}
	if in.Attribute == nil {
		in.Attribute = func(e spend.Entry) attribute.Attribution {
			return attribute.Attribution{Repository: e.Repository, Reason: attribute.NoPull}
		}
	}
	f := newFold(in)
	var hour []spend.Entry // of one session
	var last spend.Entry
	skipped, err := spend.Each(in.Entries, func(e spend.Entry) error {
		if last.ID != "" && spend.Compare(last, e) >= 0 {
			return errOrder
		}
		if len(hour) > 0 && (e.Session == "" || e.Session != last.Session || !e.Hour.Equal(last.Hour)) {
			f.session(hour)
			hour = hour[:0]
		}
		hour, last = append(hour, e), e
		return nil
	})
	if err != nil {
		return Rollup{}, err
	}
	f.session(hour)
	return f.rollup(skipped), nil
}
