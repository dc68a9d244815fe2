// Package record is what the App remembers of its reviews and of what people did, for the dashboard.
//
// It knows which facts are kept and who may see them. It refuses to know SQL, HTTP and how a review is carried out.
package record

import (
	"context"
	"time"

	"github.com/pertask/pertask/price"
)

// Scope is what somebody may see: the repositories of an installation that GitHub has said they can read. The zero Scope sees
// nothing.
type Scope struct {
	Installation int64
	Repos        []int64 // GitHub's ids, which outlive a repository's names
}

// Repo is a repository that the App is installed in.
type Repo struct {
	Installation int64
	ID           int64
	Name         string // "owner/name", as it is now
}

// State says how far a review is.
type State string

// The states.
const (
	Running    State = "running"
	Ended      State = "ended"
	Superseded State = "superseded" // the pull request's head moved on
	Broken     State = "broken"     // it could not be carried out; Title says why
)

// Review is one review of a pull request or of a merge group.
type Review struct {
	ID       string // 32 hexadecimal digits in lower case, derived from the note that began it
	Repo     Repo
	Pull     int    // 0 for a merge group without a known one
	Head     string // object id
	Base     string
	Kind     string // review.Kind
	By       string // login of the person that asked; "" for nobody
	Delivery string // id of the note that began it
	State    State
	Started  time.Time
	Ended    time.Time // zero while it runs
	// Title, Conclusion and Exit are those of the check run.
	Title      string
	Conclusion string
	Exit       int
	// Spent is what the review cost in this very process and those before it that died; unknown is not zero.
	Spent price.Amount
	// Reserved is the most that it may have spent, by what it set aside before: for as long as it runs, and for good where Spent
	// is not known, so that it counts for something that is. Unknown is nothing set aside.
	Reserved price.Amount
	// Epoch counts the turns of the work it is part of; a later attempt has a higher one.
	Epoch  int64
	Suites []Suite
}

// Suite is the result of one suite in a review.
type Suite struct {
	Name    string
	Result  string // report.Result
	Verdict string
	// Ratio is head against base cost per completed task with its interval; nil where there is none.
	Ratio, Low, High *float64
	BaseModel        string
	HeadModel        string
	// Base and Head are costs per completed task in USD.
	Base, Head price.Amount
	// BaseRate and HeadRate are completion rates, 0 to 1; nil where nothing was measured.
	BaseRate, HeadRate *float64
	Question           string // key of what was asked
	Evidence           string // evidence key
	// Report is report.json. Reviews leaves it out; Report reads it.
	Report []byte
}

// Act is an entry of the audit log: something that a person or the App did.
type Act struct {
	Time   time.Time
	Repo   Repo   // ID 0 for what concerns a whole installation
	Pull   int    // 0 for none
	Head   string // "" for none
	Actor  string // login; "" for the App
	Verb   string // run, more, accept, reprice, key-set, key-removed, sign-in, budget-set, revive
	Reason string // in the person's words
}

// Filter narrows what is listed. Its zero value lists the newest 100.
type Filter struct {
	Repo   int64  // 0 is all of the scope
	Suite  string // "" is all
	Model  string // base's or head's
	State  State
	Since  time.Time
	Before string // ID of a review in the scope: what comes after it in the list, for the next page
	Limit  int    // 0 is 100; at most 1,000
}

// Reviews keeps reviews. Implementations are safe for concurrent use and pass the tests of package recordtest.
//
// A repository has the name in what is returned that SaveRepos gave it last, and that of the review where it is not installed.
type Reviews interface {
	// SaveReview keeps a review, in the place of what there is of its ID, as Checked returns it. The error wraps ErrOther
	// where that is of another repository, ErrLate where it has a higher Epoch, and ErrGone where the installation was removed.
	SaveReview(context.Context, Review) error
	// Reserve says what is left of a month for a review that was saved, and sets aside what it wants, all or nothing: what
	// others ask for at the same time, of any process, knows of it. What was set aside lasts until the review is saved with
	// something else as Reserved. The error wraps ErrLate where the review has a higher Epoch, or is not there.
	Reserve(ctx context.Context, r Review, b Bounds) (Left, error)
	// List returns reviews, the newest first, and of those that started at the same time the highest ID first, without their
	// reports. A review that the filter lets through has all its suites.
	List(context.Context, Scope, Filter) ([]Review, error)
	// Review returns one, with its reports, and false for one that is not there or not in the scope.
	Review(ctx context.Context, s Scope, id string) (Review, bool, error)
	// Spent adds up what the reviews of an installation have cost that started at a time or after it: of one repository, or of
	// all with 0. It is unknown where the cost of one of them is.
	Spent(ctx context.Context, installation, repo int64, since time.Time) (price.Amount, error)
}

// Audit keeps what was done, append-only. Implementations are safe for concurrent use and pass the tests of package recordtest.
type Audit interface {
	// Append adds an act, as Checked returns it. The error wraps ErrGone where the installation was removed.
	Append(context.Context, Act) error
	// Acts lists them, the newest first, and of those of the same time the one that was added last. Only Repo, Since and Limit
	// of the filter count; before is the time before which they were done, zero for all. All that were done at the time of the
	// last one are listed, beyond Limit, so that the next page, before that time, leaves out none. What concerns a whole
	// installation is seen by whoever sees any of its repositories; a filter for a repository leaves it out.
	Acts(ctx context.Context, s Scope, f Filter, before time.Time) ([]Act, error)
}

// Repos keeps which repositories an installation has, as GitHub's events say. Implementations are safe for concurrent use and
// pass the tests of package recordtest.
type Repos interface {
	// SaveRepos adds repositories, or gives them other names: all or none. The error wraps ErrGone where an installation was
	// removed.
	SaveRepos(ctx context.Context, repos ...Repo) error
	// RemoveRepos takes repositories out of the list, and keeps what is remembered of them; with none named, it removes the
	// whole installation with all that is kept of it, for good: nothing is kept of it later either.
	RemoveRepos(ctx context.Context, installation int64, ids ...int64) error
	// Installed lists the repositories of an installation in the order of their names.
	Installed(ctx context.Context, installation int64) ([]Repo, error)
}

// Pruner forgets what is too large to be kept for ever.
type Pruner interface {
	// Prune takes out the reports of reviews that ended before a time, and keeps their figures. It returns how many reports.
	Prune(ctx context.Context, before time.Time) (int, error)
}
