package route

import (
	"context"
	"fmt"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/review"
	"github.com/pertask/pertask/review/command"
)

// Client is what Resolve asks; *github.Client is one.
type Client interface {
	Pull(ctx context.Context, repo github.Repo, number int) (github.Pull, error)
	CanWrite(ctx context.Context, repo github.Repo, login string) (bool, error)
	PullsOf(ctx context.Context, repo github.Repo, sha string) ([]int, error)
}

// Resolve asks GitHub for what an event does not say: whether a person may ask for what they do, and which commits a
// pull request is about now. It makes at most two requests, seven for a check run that does not say which pull request it
// is on, and none for an Ask that is resolved. An Ask that depends on a label is to be settled by Labelled first, and one
// that depends on a check run by Ours. On an error nothing is to be done.
func Resolve(ctx context.Context, c Client, a Ask) (Ask, error) {
	if a.Label != "" {
		return unresolved(), fmt.Errorf("resolving a label before it is known which one asks for a measurement")
	}
	if a.Check != nil {
		return unresolved(), fmt.Errorf("resolving a check run before it is known whose it is")
	}
	if a.needs.permission {
		can, err := c.CanWrite(ctx, a.Trigger.Repo, a.Trigger.By)
		if err != nil {
			return unresolved(), err
		}
		if !can {
			a.forbid()
		}
	}
	if a.needs.pull {
		if err := a.find(ctx, c); err != nil {
			return unresolved(), err
		}
	}
	a.needs = needs{}
	return a, nil
}

// unresolved does nothing.
func unresolved() Ask { return Ask{Why: Unresolved} }

// forbid refuses what somebody without write access asks for. What they wrote is not repeated: anybody may comment on a
// public repository, and our comment is no board for them.
func (a *Ask) forbid() {
	a.Do, a.Why = Refuse, NoWrite
	if c := a.Trigger.Command; c != nil {
		a.Trigger.Command = &command.Command{Verb: c.Verb}
	}
	a.Say = fmt.Sprintf("`%s` has no write access to this repository", clip(a.Trigger.By))
}

// maxPulls is how many pull requests of one commit are looked at.
const maxPulls = 5

// find fills in the pull request by its number or, for a check run that names none, as those on heads of forks do not, the one
// that is open and has the commit as its head.
func (a *Ask) find(ctx context.Context, c Client) error {
	t := &a.Trigger
	if t.Pull != 0 {
		p, err := c.Pull(ctx, t.Repo, t.Pull)
		if err == nil {
			a.fill(p)
		}
		return err
	}
	numbers, err := c.PullsOf(ctx, t.Repo, a.commit)
	if err != nil {
		return err
	}
	for _, n := range numbers[:min(len(numbers), maxPulls)] {
		p, err := c.Pull(ctx, t.Repo, n)
		if err != nil {
			return err
		}
		if p.HeadSHA == a.commit && !closed(p) {
			t.Pull = n
			a.fill(p)
			return nil
		}
	}
	a.drop(NoPull, "no open pull request has the commit of the check run as its head")
	return nil
}

// fill puts in what a pull request is now.
func (a *Ask) fill(p github.Pull) {
	t := &a.Trigger
	t.BaseSHA, t.HeadSHA, t.Fork, t.Draft, t.Labels, t.Conflicts = p.BaseSHA, p.HeadSHA, p.Fork, p.Draft, p.Labels, p.Conflicts
	switch {
	case closed(p):
		a.drop(Closed, "the pull request is closed")
	case a.commit != "" && a.commit != p.HeadSHA:
		// What a person saw beside the button is not what the pull request is now.
		a.drop(Moved, "the check run is on a commit that is not the head of the pull request any more")
	}
}

// drop takes back what was asked for, with words for a person.
func (a *Ask) drop(why Why, say string) {
	if a.Why == NoWrite {
		return
	}
	a.Why, a.Say = why, say
	if a.Trigger.Kind == review.Command {
		a.Do = Refuse
		return
	}
	a.Do = Ignore
}

func closed(p github.Pull) bool { return p.State == "closed" || p.Merged }
