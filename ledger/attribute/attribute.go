// Package attribute says which pull request an entry of the ledger belongs to, or why to none.
//
// It knows what a place says (repository, branch, commit, number, hour), what a pull request is as far as that matters,
// and the rules between the two, which docs/spend.md has in words under "Which pull request". It refuses to know how pull
// requests are read, what an entry costs, and how sums are shown. Every entry gets exactly one answer: nothing is dropped
// and nothing is counted twice. Answers are never stored, because a branch that has no pull request today may have one
// tomorrow; they are worked out again from the entries.
package attribute

import "time"

// The states of a pull request.
const (
	Open   = "open"
	Closed = "closed" // and not merged
	Merged = "merged"
)

// Pull is a pull request as it is now. Package github/merged has the same fields in the same order, so that one converts
// to the other.
type Pull struct {
	Number         int
	State          string // Open, Closed or Merged
	Title          string // its author's words
	HeadRef        string // branch, such as "fix-date"
	HeadRepository string // "owner/name" of the repository that has the branch; "" when it was deleted
	BaseRef        string
	Created        time.Time
	Closed         time.Time // or merged; zero while it is open
	Merged         time.Time // zero when it is not
	Merge          string    // the commit that brought it into the base; "" when there is none
	Head           string    // the last commit of the branch
	Commits        []string  // the first ones of the branch, oldest first
	Total          int       // commits of the branch, also those that are not in Commits
	Rewritten      []string  // what Head was before the branch was pushed with force
	Additions      int       // lines
	Deletions      int       // lines
	Files          int       // changed
	Labels         []string
	Author         string // login; "" unless it was asked for
}

// Repository is a repository whose pull requests were read.
type Repository struct {
	// Name is "host/owner/name", as Remote has it.
	Name string
	// Former are other names that lead to it: the ones before it was renamed or moved.
	Former []string
	// DefaultBranch is such as "main". Work on it belongs to no pull request.
	DefaultBranch string
	// Pulls are the pull requests into it, each once, in any order: those that ended since the first entry, and the open
	// ones.
	Pulls []Pull
}

// How says what an attribution goes by.
type How string

// What an attribution goes by, from the strongest evidence to the weakest.
const (
	ByPull   How = "pull"   // the number: the source said it, or the name of a ref of GitHub's has it
	ByQueue  How = "queue"  // the number in the name of a merge queue's branch
	ByCommit How = "commit" // the commit that was checked out is one of the pull request's
	ByBranch How = "branch" // the branch's name and the hour
)

// Reason says why an entry counts for no merged pull request. "" is no reason: it counts for one.
type Reason string

// The reasons. There are no others.
const (
	// NoRepository: the place has none, or a folder instead of one.
	NoRepository Reason = "no-repository"
	// OtherRepository: nothing was read of it, and no pull request comes from it.
	OtherRepository Reason = "other-repository"
	// DefaultBranch: the work was on it, and so on no pull request.
	DefaultBranch Reason = "default-branch"
	// Detached: no branch was checked out, and the commit is no pull request's.
	Detached Reason = "detached"
	// NoBranch: the source does not say which branch, and the commit is no pull request's or is not known either.
	NoBranch Reason = "no-branch"
	// NoPull: there is no pull request of the branch.
	NoPull Reason = "no-pull-request"
	// NotListed: the source says the number, and that pull request was not read.
	NotListed Reason = "pull-not-listed"
	// Ambiguous: several pull requests of the branch's name hold the hour, and nothing tells them apart.
	Ambiguous Reason = "branch-ambiguous"
	// NotMerged: Pull is open.
	NotMerged Reason = "not-merged-yet"
	// Unmerged: Pull was closed without being merged, and no other one went on with it.
	Unmerged Reason = "closed-unmerged"
	// After: Pull was merged before the hour, and the branch has no later one.
	After Reason = "after-merge"
)

// Reasons lists every reason, in the order in which they are shown.
func Reasons() []Reason {
	return []Reason{NotMerged, Unmerged, After, DefaultBranch, NoPull, Ambiguous, Detached, NoBranch, NotListed, OtherRepository, NoRepository}
}

// Attribution is where an entry counts. The zero value is no answer: Find never returns it.
type Attribution struct {
	// Repository is "host/owner/name": of the pull request, or of the entry where there is none; "" when that is unknown.
	Repository string
	// Pull is the number of the pull request; 0 when there is none. It is also there for the reasons NotMerged,
	// Unmerged, After and NotListed.
	Pull int
	// Commit is the merge commit; "" unless Reason is "".
	Commit string
	// How is what Pull goes by; "" without one.
	How How
	// Reason is why the entry counts for no merged pull request; "" when it does.
	Reason Reason
}

// Attributed reports whether the entry counts for a merged pull request.
func (a Attribution) Attributed() bool { return a.Reason == "" && a.Pull != 0 }
