// Package route says what an event asks of us: nothing, a review, or words to a person.
//
// It knows which events and actions there are, who may ask for what, and which of them would be a trap. It refuses to
// know how a review is carried out, how a payload is read, and the labels and thresholds of a configuration. Route is a pure
// function of the event; what takes a request is Resolve's.
package route

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pertask/pertask/github/event"
	"github.com/pertask/pertask/review"
	"github.com/pertask/pertask/review/command"
)

// Do is what is to be done. The zero value does nothing.
type Do int

// What can be done.
const (
	// Ignore does nothing: no request, no write, status 0.
	Ignore Do = iota
	// Stand does nothing either, but the event started a job on the head's commit, whose success would take the place of an
	// earlier failure: whoever gates by the job's status ends it with that of the newest result for this head, which
	// state.State.Standing has, and touches neither the comment nor the check of a review under way.
	Stand
	// Review reviews the pull request or the merge group of the Trigger.
	Review
	// Refuse tells a person why what they asked for is not done: Say has the words. Nothing is spent.
	Refuse
	// Fill stores trials of the base, for a push to it.
	Fill
	// Enroll notes which repositories an installation of the App has, as the event says.
	Enroll
)

var names = [...]string{"ignore", "stand", "review", "refuse", "fill", "enroll"}

// String returns the name for logs.
func (d Do) String() string {
	if d < 0 || int(d) >= len(names) {
		return names[Ignore]
	}
	return names[d]
}

// Why says in one word for machines why an Ask does no more than it does. "" is no reason: it does what was asked for.
type Why string

// The reasons.
const (
	Closed      Why = "closed"       // the pull request is closed
	NoConcern   Why = "no-concern"   // an action that changes nothing for us
	OtherLabel  Why = "other-label"  // a label that is not the one that asks
	NotAPull    Why = "not-a-pull"   // a comment on an issue
	NoCommand   Why = "no-command"   // a comment that is none
	NoPerson    Why = "no-person"    // a comment or label of a program or of a deleted account
	Unreadable  Why = "unreadable"   // a command that is none of ours
	NoWrite     Why = "no-write"     // a person without write access
	NoSecrets   Why = "no-secrets"   // a label cannot give a fork's workflow what it has not
	NoSuchGroup Why = "no-group"     // a merge group that is gone
	Deleted     Why = "deleted"      // a push that deletes its branch
	OtherBranch Why = "other-branch" // a push to a branch that is not the default one
	OtherCheck  Why = "other-check"  // a check run that is not ours
	Moved       Why = "moved"        // a check run on a commit that is no head any more
	NoPull      Why = "no-pull"      // a check run on a commit that no pull request has as its head
	Unresolved  Why = "not-resolved" // what was asked for could not be found out about
)

// Ask is what an event asks for.
type Ask struct {
	Do      Do
	Trigger review.Trigger // for Review, Refuse and Stand
	// Say tells people why not more is done, or what a review is limited to; plain text in which values are between
	// backquotes, one sentence without the full stop. It may hold words of a person: escape it. "" has nothing to say.
	Say string
	Why Why
	// Label is the label that was added, where the Ask depends on it: see Labelled.
	Label string
	// Check is the check run or suite, where the Ask depends on whose it is: see Ours.
	Check *event.Check
	// commit is what a check run is on: the pull request has to have it as its head. "" for anything else.
	commit string
	// bot says that a program caused the event.
	bot bool
	// needs is what Resolve has to find out.
	needs needs
}

// needs is a set of requests.
type needs struct {
	permission bool // of Trigger.By
	pull       bool // everything about the pull request but its number, and that too where it is 0
}

// Resolved reports whether nothing has to be asked of GitHub any more. Only then is an Ask to be carried out.
func (a Ask) Resolved() bool { return a.needs == needs{} && a.Label == "" && a.Check == nil }

// ErrSetUp is wrapped by the errors of a workflow that is set up wrongly: status 2.
var ErrSetUp = errors.New("the workflow is not set up for pertask")

// refused are the events that pertask never runs on, each with the reason.
var refused = map[string]string{
	"pull_request_target": "pertask does not run on pull_request_target: that event hands secrets and a token that can write to a workflow about code that nobody has read. " +
		"Use pull_request; for forks, issue_comment with `/pertask run` by somebody with write access. docs/security.md says why",
	"workflow_run": "pertask does not run on workflow_run: that event hands secrets to a workflow that is started by what a stranger's workflow has done, and its payload does not say for which pull request. " +
		"Use pull_request; for forks, issue_comment with `/pertask run` by somebody with write access. docs/security.md says why",
}

// Refused returns the error of an event that pertask never runs on, by its name, and nil for any other. It is to be asked
// before the payload is read: not all of these are read at all.
func Refused(name string) error {
	if why, ok := refused[name]; ok {
		return fmt.Errorf("%s: %w", why, ErrSetUp)
	}
	return nil
}

// routes say what the events ask for.
var routes = map[string]func(event.Event) (Ask, error){
	"pull_request":      pullRequest,
	"merge_group":       mergeGroup,
	"issue_comment":     comment,
	"workflow_dispatch": dispatch,
	"push":              push,
}

// webhooks say what the events ask for that only an App gets: in a workflow no button of ours exists.
var webhooks = map[string]func(event.Event) (Ask, error){
	"check_run":   checkRun,
	"check_suite": checkSuite,

	"installation":              installation,
	"installation_repositories": installation,
}

// Route says what an event asks for. One with an Installation is a webhook, any other started a workflow; then the errors
// wrap ErrSetUp: the workflow is started by an event that it should not be started by. A webhook that is none of ours asks
// for nothing.
func Route(e event.Event) (Ask, error) {
	if e.Installation != 0 {
		return webhook(e)
	}
	if err := Refused(e.Name); err != nil {
		return Ask{}, err
	}
	route := routes[e.Name]
	if route == nil {
		return Ask{}, fmt.Errorf("pertask does not know what to do on the event %.60q; allowed are issue_comment, merge_group, pull_request, push and workflow_dispatch: %w", e.Name, ErrSetUp)
	}
	return route(e)
}

// webhook leaves out workflow_dispatch, which is about workflows of others.
func webhook(e event.Event) (Ask, error) {
	if route := webhooks[e.Name]; route != nil {
		return route(e)
	}
	if route := routes[e.Name]; route != nil && e.Name != "workflow_dispatch" {
		return route(e)
	}
	return Ask{Why: NoConcern, Say: fmt.Sprintf("The App does nothing on the event `%s`", clip(e.Name))}, nil
}

// reviewed are the actions of a pull request that call for a review of it.
var reviewed = []string{"opened", "synchronize", "reopened", "ready_for_review", "auto_merge_enabled"}

func pullRequest(e event.Event) (Ask, error) {
	p := e.Pull
	a := Ask{Do: Review, Trigger: review.Trigger{Kind: review.PullRequest, Repo: e.Repo, Pull: p.Number, BaseSHA: p.BaseSHA, HeadSHA: p.HeadSHA,
		Fork: p.Fork, Draft: p.Draft, Author: e.Sender, Labels: p.Labels}}
	switch {
	case e.Action == "closed" || p.State == "closed":
		return Ask{Why: Closed, Say: "The pull request is closed"}, nil
	case slices.Contains(reviewed, e.Action), e.Action == "edited" && e.BaseChanged:
		return a, nil
	case e.Action == "labeled":
		return labeled(a, e), nil
	}
	a.Do, a.Why, a.Say = Stand, NoConcern, fmt.Sprintf("Nothing that pertask looks at has changed (`%s`)", clip(e.Action))
	return a, nil
}

// labeled is a review if the label is the one that asks for it: see Labelled.
func labeled(a Ask, e event.Event) Ask {
	if e.Label == "" {
		a.Do, a.Why, a.Say = Stand, OtherLabel, "A label without a name asks for nothing"
		return a
	}
	a.Label, a.bot = e.Label, e.Bot
	a.Trigger.By = e.Sender
	a.Trigger.Command = &command.Command{Verb: command.Run}
	a.needs.permission = true
	return a
}

// Labelled settles an Ask that depends on a label: run is the label that asks for a measurement by the configuration of
// the base. GitHub's labels differ in more than the case of their letters.
func (a Ask) Labelled(run string) Ask {
	label := a.Label
	if label == "" {
		return a
	}
	a.Label = ""
	if !strings.EqualFold(label, run) || run == "" {
		a.quiet(Stand, OtherLabel, fmt.Sprintf("The label `%s` is not the one that asks for a measurement", clip(label)))
		return a
	}
	a.Trigger.Kind = review.Command
	switch {
	case !person(a.Trigger.By) || a.bot:
		a.quiet(Stand, NoPerson, "The label was not added by a person, so it asks for nothing")
	case a.Trigger.Fork:
		// The event of a fork has no secrets, whoever adds the label: it is looked at as any other push of it.
		a.quiet(Review, NoSecrets, "A label cannot start the measurement of a fork, whose workflow has no secrets; the comment `/pertask run` can")
	}
	return a
}

// quiet takes the wish of a person out of an Ask.
func (a *Ask) quiet(do Do, why Why, say string) {
	a.Do, a.Why, a.Say, a.needs = do, why, say, needs{}
	a.Trigger.Kind, a.Trigger.Command, a.Trigger.By = review.PullRequest, nil, ""
}

func mergeGroup(e event.Event) (Ask, error) {
	g := e.MergeGroup
	if e.Action != "checks_requested" {
		return Ask{Why: NoSuchGroup, Say: "The merge group is gone"}, nil
	}
	return Ask{Do: Review, Trigger: review.Trigger{Kind: review.MergeGroup, Repo: e.Repo, Pull: g.Pull, BaseSHA: g.BaseSHA, HeadSHA: g.HeadSHA,
		Author: e.Sender, Group: &review.Group{HeadSHA: g.HeadSHA, BaseSHA: g.BaseSHA}}}, nil
}

func comment(e event.Event) (Ask, error) {
	c, ok, err := command.Parse(e.Comment.Body)
	switch {
	case e.Pull.Number == 0:
		return Ask{Why: NotAPull, Say: "The comment is on an issue"}, nil
	case e.Action != "created":
		return Ask{Why: NoConcern, Say: "A command counts when the comment is made, and not when it is edited or deleted"}, nil
	case !ok:
		return Ask{Why: NoCommand, Say: "The comment is no command"}, nil
	case e.Bot || !person(e.Comment.Author):
		return Ask{Why: NoPerson, Say: "The comment is not by a person"}, nil
	}
	a := Ask{Do: Review, needs: needs{permission: true, pull: true}, Trigger: review.Trigger{Kind: review.Command, Repo: e.Repo, Pull: e.Pull.Number,
		Fork: true, Author: e.Comment.Author, By: e.Comment.Author, CommentID: e.Comment.ID, Command: &c}}
	if err != nil {
		a.Do, a.Why, a.Say, a.Trigger.Command = Refuse, Unreadable, err.Error(), nil
	}
	return a, nil
}

// inputPull is the input of a workflow_dispatch that names the pull request.
const inputPull = "pull"

func dispatch(e event.Event) (Ask, error) {
	given, ok := e.Inputs[inputPull]
	n, err := strconv.ParseUint(strings.TrimPrefix(strings.TrimSpace(given), "#"), 10, 31)
	if !ok || err != nil || n == 0 {
		return Ask{}, fmt.Errorf("the input `%s` of workflow_dispatch is %.40q; the number of a pull request is allowed: %w", inputPull, given, ErrSetUp)
	}
	return Ask{Do: Review, needs: needs{pull: true}, Trigger: review.Trigger{Kind: review.Dispatch, Repo: e.Repo, Pull: int(n), Fork: true, Author: e.Sender}}, nil
}

func push(e event.Event) (Ask, error) {
	switch {
	case strings.Trim(e.After, "0") == "":
		return Ask{Why: Deleted, Say: "The branch was deleted"}, nil
	case e.Installation != 0 && (e.DefaultBranch == "" || e.Ref != "refs/heads/"+e.DefaultBranch):
		// A workflow says itself for which branches it starts.
		return Ask{Why: OtherBranch, Say: "The push is not to the default branch"}, nil
	}
	return Ask{Do: Fill, Trigger: review.Trigger{Repo: e.Repo, HeadSHA: e.After, Author: e.Sender}}, nil
}

// person reports whether a login is a person's: there is one, and it is not an App's.
func person(login string) bool { return login != "" && !strings.HasSuffix(login, "[bot]") }

// clip shortens a word of the payload for a sentence.
func clip(s string) string {
	r := []rune(s)
	return string(r[:min(len(r), 60)])
}
