package github

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pertask/pertask/github/cut"
	"github.com/pertask/pertask/github/person"
	"github.com/pertask/pertask/github/wire"
)

// PersonComment is a comment of anyone on an issue or a pull request, as it is now.
type PersonComment = person.Comment

// PersonComment reads a comment. One that was deleted is ErrNotFound.
func (c *Client) PersonComment(ctx context.Context, repo Repo, id int64) (PersonComment, error) {
	cm, err := PersonComment{}, errRepo
	if repo.valid() {
		cm, err = person.Read(ctx, c.calls, repo.String(), id)
	}
	return cm, c.wrap(err, "pull-requests: read", "reading comment %d on %s", id, repo)
}

// React adds a reaction of ours to a comment: +1, -1, laugh, confused, heart, hooray, rocket or eyes. One that
// is there already is no error.
func (c *Client) React(ctx context.Context, repo Repo, commentID int64, content string) error {
	err := errRepo
	if repo.valid() {
		err = person.React(ctx, c.calls, repo.String(), commentID, content)
	}
	return c.wrap(err, "pull-requests: write", "reacting to comment %d on %s", commentID, repo)
}

// CanWrite reports whether a person may write to the repository: GitHub's permission is write, maintain or
// admin. An association such as MEMBER, which comments carry, says nothing about that.
func (c *Client) CanWrite(ctx context.Context, repo Repo, login string) (bool, error) {
	can, err := false, error(nil)
	switch {
	case !repo.valid():
		err = errRepo
	case !repoWord(login): // a bot's has brackets
		err = errors.New("not the login of a person")
	default:
		can, err = person.CanWrite(ctx, c.calls, repo.String(), login)
	}
	return can, c.wrap(err, "metadata: read", "reading permission of %s on %s", wire.Clip(login, 60), repo)
}

// Status is a commit status: what stands in for a check run where the token may not write one.
type Status struct {
	Context     string // its name
	State       string // error, failure, pending or success; there is no neutral
	Description string // one line, cut at 140 characters
	TargetURL   string // http or https; "" is none
}

// maxDescription is GitHub's limit of a status's description, in characters.
const maxDescription = 140

// SetStatus adds a status to a commit; of one context the latest counts. GitHub takes 1,000 of a context on a
// commit.
func (c *Client) SetStatus(ctx context.Context, repo Repo, sha string, st Status) error {
	err := c.setStatus(ctx, repo, sha, st)
	return c.wrap(err, "statuses: write", "setting status %q on %s at %s", wire.Clip(st.Context, 80), repo, wire.Clip(sha, 64))
}

func (c *Client) setStatus(ctx context.Context, repo Repo, sha string, st Status) error {
	states := []string{"error", "failure", "pending", "success"}
	switch {
	case !repo.valid():
		return errRepo
	case !IsSHA(sha) || st.Context == "":
		return errors.New("a context and the full object id of the commit are needed")
	case !slices.Contains(states, st.State):
		return fmt.Errorf("state %q is not allowed; %v are", wire.Clip(st.State, 40), states)
	}
	in := map[string]string{"state": st.State, "context": st.Context}
	if d := cut.Line(c.redact(st.Description), 4*maxDescription); d != "" {
		if r := []rune(d); len(r) > maxDescription {
			d = string(r[:maxDescription-1]) + "…"
		}
		in["description"] = d
	}
	if st.TargetURL != "" {
		in["target_url"] = c.redact(st.TargetURL)
	}
	// The same status twice is the same status.
	_, err := c.calls.Do(ctx, wire.Call{Method: "POST", Path: "repos/" + repo.String() + "/statuses/" + sha, In: in, Again: true})
	return err
}
