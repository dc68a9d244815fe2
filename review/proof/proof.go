// Package proof asks GitHub whether what our comment keeps is true: every workflow of the repository writes comments under the
// same name as ours, and people with write access can edit them.
//
// It knows what vouches for an acceptance and for a verdict, and says why something does not count. It refuses to know what
// follows from that. docs/design/010 and 012 say what these proofs are worth.
package proof

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/review/outcome"
	"github.com/pertask/pertask/review/state"
)

// Client is what is asked; *github.Client is one.
type Client interface {
	PersonComment(ctx context.Context, repo github.Repo, id int64) (github.PersonComment, error)
	CanWrite(ctx context.Context, repo github.Repo, login string) (bool, error)
	Checks(ctx context.Context, repo github.Repo, sha, name string) ([]github.CheckRun, error)
}

// Acceptance asks whether an acceptance was given on a pull request by whom it says, and says why not: "" when it was. The
// time is when the person wrote it, or pressed the button, which pressed knows of; nil where there are no buttons. An error
// leaves it open.
func Acceptance(ctx context.Context, c Client, repo github.Repo, pull int, a state.Acceptance, pressed func(context.Context, state.Acceptance) (bool, error)) (written time.Time, why string, err error) {
	if a.CommentID == 0 {
		why, err = button(ctx, c, repo, a, pressed)
		return a.Time, why, err
	}
	cm, err := c.PersonComment(ctx, repo, a.CommentID)
	e := state.Proof{Found: err == nil, Author: cm.Author, Body: cm.Body, Pull: cm.Pull}
	switch {
	case errors.Is(err, github.ErrNotFound):
	case err != nil:
		return cm.Created, "", err
	case cm.Bot:
		return cm.Created, "the comment that accepted is no person's", nil
	case cm.Author == a.By:
		if e.CanWrite, err = c.CanWrite(ctx, repo, a.By); err != nil {
			return cm.Created, "", err
		}
	}
	_, why = a.Proven(pull, e)
	return cm.Created, why, nil
}

// button says why an acceptance without a comment was not given by a button.
func button(ctx context.Context, c Client, repo github.Repo, a state.Acceptance, pressed func(context.Context, state.Acceptance) (bool, error)) (why string, err error) {
	if pressed == nil {
		return "no comment accepts it, and there are no buttons here", nil
	}
	switch ok, err := pressed(ctx, a); {
	case err != nil:
		return "", err
	case !ok:
		return "nothing is known of the button that accepted", nil
	}
	switch can, err := c.CanWrite(ctx, repo, a.By); {
	case err != nil:
		return "", err
	case !can:
		return "who accepted has no write access now", nil
	}
	return "", nil
}

// Checks are our check runs of one name. The zero value of App is that of whoever made the check run ID at Head.
type Checks struct {
	Client Client
	Repo   github.Repo
	Name   string
	ID     int64
	Head   string
	App    string // slug
	seen   map[string][]github.CheckRun
}

// At are ours at a commit, as they were when they were first asked for. It fails where it cannot be told whose they are.
func (c *Checks) At(ctx context.Context, sha string) ([]github.CheckRun, error) {
	if c.App == "" {
		if c.ID == 0 {
			return nil, errors.New("no check run is ours for certain")
		}
		all, err := c.list(ctx, c.Head)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(all, func(r github.CheckRun) bool { return r.ID == c.ID })
		if i < 0 || all[i].App == "" {
			return nil, errors.New("GitHub does not say whose our check run is")
		}
		c.App = all[i].App
	}
	all, err := c.list(ctx, sha)
	return slices.DeleteFunc(slices.Clone(all), func(r github.CheckRun) bool { return r.App != c.App }), err
}

func (c *Checks) list(ctx context.Context, sha string) ([]github.CheckRun, error) {
	if all, ok := c.seen[sha]; ok {
		return all, nil
	}
	all, err := c.Client.Checks(ctx, c.Repo, sha, c.Name)
	if err != nil {
		return nil, err
	}
	if c.seen == nil {
		c.seen = map[string][]github.CheckRun{}
	}
	c.seen[sha] = all
	return all, nil
}

// most is how many commits are asked about one question.
const most = 3

// Verdict returns the first of earlier runs that a completed check run of ours vouches for, with that, or says why there is
// none. Every later check run of ours on its commit that shows a result has to be one that is kept: a comment that was set
// back to an earlier state has lost a result that GitHub still shows there.
func (c *Checks) Verdict(ctx context.Context, found []state.Found, kept []state.Run) (state.Found, github.CheckRun, error) {
	err := errors.New("there is none")
	for _, f := range found[:min(len(found), most)] {
		var run github.CheckRun
		if run, err = c.vouches(ctx, f.Run, kept); err == nil {
			return f, run, nil
		}
	}
	return state.Found{}, github.CheckRun{}, err
}

func (c *Checks) vouches(ctx context.Context, r state.Run, kept []state.Run) (github.CheckRun, error) {
	key := r.Key()
	if r.Head == "" || key == "" {
		return github.CheckRun{}, errors.New("it has no key")
	}
	all, err := c.At(ctx, r.Head)
	if err != nil {
		return github.CheckRun{}, err
	}
	slices.SortFunc(all, func(a, b github.CheckRun) int { return int(max(min(b.ID-a.ID, 1), -1)) })
	for _, run := range all {
		switch {
		case run.Status != github.StatusCompleted || !strings.HasPrefix(run.ExternalID, state.KeyPrefix):
		case run.ExternalID == key && run.Conclusion == outcome.Heaviest(r.Suites):
			return run, nil
		case run.ExternalID == key:
			return github.CheckRun{}, fmt.Errorf("the check run %d has the conclusion %s", run.ID, run.Conclusion)
		case !slices.ContainsFunc(kept, func(k state.Run) bool { return k.Key() == run.ExternalID }):
			return github.CheckRun{}, fmt.Errorf("the check run %d shows a result that our comment does not keep", run.ID)
		}
	}
	return github.CheckRun{}, errors.New("no check run of ours shows it")
}
