// Package trigger says what a review is about and who asks for it.
//
// It knows why a review can start, and which of these may never spend. It refuses to know events, GitHub's answers and
// configurations: whoever makes a Trigger has read the event and has asked GitHub who may ask.
package trigger

import (
	"time"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/review/command"
	"github.com/pertask/pertask/verdict"
)

// Kind says why a review starts.
type Kind string

// The kinds.
const (
	PullRequest Kind = "pull_request" // opened, reopened or pushed to
	Command     Kind = "command"      // a person with write access asked for it: spends above auto_run_below, too
	MergeGroup  Kind = "merge_group"  // a merge queue: never spends
	Dispatch    Kind = "dispatch"     // started by hand
	Job         Kind = "job"          // from the App's queue
)

// Trigger is what a review is about.
type Trigger struct {
	Kind    Kind
	Repo    github.Repo
	Pull    int
	BaseSHA string // tip of the base branch
	HeadSHA string // tip of the head branch, never the merge commit
	Fork    bool   // the head is in another repository
	Draft   bool   // it is not ready for review: nothing is spent unless a person asks
	// Author is the login of who caused the review, such as "dependabot[bot]", whose workflows get no secrets; "" when
	// nobody did.
	Author string
	Labels []string // of the pull request
	// Group is set for a merge group. Pull is then the number that its branch names, 0 for none.
	Group *Group
	// Command is what a person asks for; nil when nobody did. By is that person's login, who may write to the repository:
	// whoever makes a Trigger has asked GitHub. CommentID is the person's comment, 0 where a label asks.
	Command   *command.Command
	By        string
	CommentID int64
	// Pressed is when the person pressed the button of a check run on HeadSHA that asks for it; zero where none was.
	Pressed time.Time
	// Conflicts says that GitHub has found the pull request to conflict with its base.
	Conflicts bool
	// Served says that the App's own process reviews it, which has its token and the keys whoever caused the review.
	Served bool
}

// Group is a group of pull requests in a merge queue.
type Group struct {
	HeadSHA string // what is merged if the group passes
	BaseSHA string // what it is merged into
}

// Asks reports whether a person asks for something in particular.
func (t Trigger) Asks(v command.Verb) bool { return t.Command != nil && t.Command.Verb == v }

// Bare reports whether the workflow that started the review has a token that only reads, and no secrets.
func (t Trigger) Bare() bool {
	return !t.Served && t.Kind == PullRequest && (t.Fork || t.Author == dependabot)
}

// dependabot is the account whose workflows get no more than those of a fork.
const dependabot = "dependabot[bot]"

// Held says why nothing may be spent for this trigger, whatever the change is, and what can be done about it. It is false
// where something may.
func (t Trigger) Held() (why verdict.Finding, next []string, held bool) {
	switch {
	case t.Kind == MergeGroup:
		return verdict.Finding{Code: "merge-queue", Text: "A merge queue never spends, and no pull request of this group has a verdict on this change of settings."},
			[]string{"Comment `/pertask run` on the pull request, and queue it again once there is a verdict."}, true
	case t.Kind == PullRequest && t.Fork && t.Served:
		return verdict.Finding{Code: "fork", Text: "The pull request comes from a fork, for which nothing is spent unless a person asks."}, []string{
			"A person with write access can press the check run's button, or comment `/pertask run`: the fork's settings are read as data, and none of its code runs. Look at the values first: the models that they name are what is paid for."}, true
	case t.Kind == PullRequest && t.Fork:
		return verdict.Finding{Code: "fork", Text: "The pull request comes from a fork, which gets no provider keys."}, []string{
			"A person with write access can comment `/pertask run`: the workflow of the base branch measures then, reads the fork's settings as data, and runs none of its code.",
			"Or install pertask as a GitHub App, which keeps the keys outside of workflows."}, true
	case t.Bare():
		return verdict.Finding{Code: "dependabot", Text: "The pull request comes from Dependabot, whose workflows get no provider keys."},
			[]string{"A person with write access can comment `/pertask run` to have it measured."}, true
	case t.Kind == PullRequest && t.Draft:
		return verdict.Finding{Code: "draft", Text: "The pull request is a draft, for which nothing is spent."},
			[]string{"Mark it as ready for review, or comment `/pertask run`."}, true
	}
	return verdict.Finding{}, nil, false
}
