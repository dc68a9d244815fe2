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
}

// Resolve asks GitHub for what an event does not say: whether a person may ask for what they do, and which commits a
// pull request is about now. It makes at most two requests, and none for an Ask that is resolved. An Ask that depends on
// a label is to be settled by Labelled first. On an error nothing is to be done.
func Resolve(ctx context.Context, c Client, a Ask) (Ask, error) {
	if a.Label != "" {
		return unresolved(), fmt.Errorf("resolving a label before it is known which one asks for a measurement")
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
		p, err := c.Pull(ctx, a.Trigger.Repo, a.Trigger.Pull)
		if err != nil {
			return unresolved(), err
		}
		a.fill(p)
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

// fill puts in what a pull request is now.
func (a *Ask) fill(p github.Pull) {
	t := &a.Trigger
	t.BaseSHA, t.HeadSHA, t.Fork, t.Draft, t.Labels, t.Conflicts = p.BaseSHA, p.HeadSHA, p.Fork, p.Draft, p.Labels, p.Conflicts
	if p.State != "closed" && !p.Merged || a.Why == NoWrite {
		return
	}
	a.Why, a.Say = Closed, "the pull request is closed"
	if t.Kind == review.Command {
		a.Do = Refuse
		return
	}
	a.Do = Ignore
}
