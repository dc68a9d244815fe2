package github

import (
	"context"
	"errors"
	"fmt"

	gogithub "github.com/google/go-github/v62/github"

	"github.com/pertask/pertask/github/marker"
	"github.com/pertask/pertask/github/wire"
)

// UpsertAction says what Upsert did.
type UpsertAction string

// What Upsert did.
const (
	Created   UpsertAction = "created"
	Updated   UpsertAction = "updated"
	Unchanged UpsertAction = "unchanged"
)

// UpsertResult is the state that Upsert left.
type UpsertResult struct {
	ID      int64  // of the one comment that is left
	NodeID  string // the same for GraphQL
	Action  UpsertAction
	Deleted []int64 // comments of ours that were one too many
	// Superseded says that the comment that is left is a later result than the one handed in.
	Superseded bool
}

// upsertRounds bounds how often Upsert looks again because another process was at work on the same comment.
const upsertRounds = 8

// Upsert makes body, which begins with a marker, the one comment of ours with the key of its marker.
//
// Known is what Facts or Comments said, and may be out of date: it saves the look when nothing is known
// (create) or when the text is there already (nothing to do, and no request). Before an edit the comments
// are listed again.
//
// GitHub has no way to create a comment only if there is none, so two processes can create two. Each lists
// ours after its create; both see the same oldest one, give it the latest result of all, and delete the
// rest. A process that is cancelled in between leaves that to the next one. A result with an earlier time
// in its marker never replaces a later one that Upsert can see, and each edit is looked at once more; because
// GitHub has no conditional edit either, an edit that is decided on before a later result is there, and made
// after that one was looked at, still replaces it until the next Upsert.
//
// Comments that Hide has put away are left alone. An edit whose text is unchanged, the time in the marker apart, is not made.
func (c *Client) Upsert(ctx context.Context, repo Repo, pull int, body string, known []Comment) (UpsertResult, error) {
	u := &upsert{c: c, repo: repo, pull: pull}
	res, err := u.run(ctx, body, known)
	return res, c.wrap(err, "pull-requests: write", "posting the comment on %s#%d", repo, pull)
}

type upsert struct {
	c       *Client
	repo    Repo
	pull    int
	want    Comment // body and marker handed in
	created *Comment
	unclear error // the last edit whose outcome GitHub's answer left open
	limited int   // edits that met a rate limit
	edited  bool  // at least once
	res     UpsertResult
}

func (u *upsert) run(ctx context.Context, body string, known []Comment) (UpsertResult, error) {
	body, m, err := u.c.finish(body)
	if err != nil {
		return UpsertResult{}, err
	}
	if !u.repo.valid() {
		return UpsertResult{}, errRepo
	}
	u.want = Comment{Body: body, Marker: m}
	ours := u.mine(known)
	if len(ours) == 1 && sameText(ours[0], u.want) {
		return u.left(ours[0]), nil
	}
	if len(ours) > 0 {
		if ours, err = u.look(ctx); err != nil {
			return UpsertResult{}, err
		}
	}
	for round := range upsertRounds {
		if len(ours) == 0 {
			if ours, err = u.create(ctx); err != nil {
				return u.res, err
			}
		}
		again, err := u.settle(ctx, ours)
		if err != nil {
			return u.res, err
		}
		if !again {
			return u.res, nil
		}
		if round > 1 { // others are at it: let them finish
			if err := u.c.sleep(ctx, wire.Backoff(round-2)); err != nil {
				return u.res, err
			}
		}
		if ours, err = u.look(ctx); err != nil {
			return u.res, err
		}
	}
	if u.unclear != nil {
		return u.res, u.unclear
	}
	return u.res, errors.New("other processes keep changing it")
}

// outdated is GitHub's word for the reason that Hide gives.
const outdated = "outdated"

// mine picks the comments with the key that is wanted. One that Hide has put away is history; one that a
// person has hidden for another reason is still ours to keep up to date, and stays hidden.
func (u *upsert) mine(all []Comment) []Comment {
	var out []Comment
	for _, cm := range all {
		if cm.Marker.Key == u.want.Marker.Key && cm.Hidden != outdated {
			out = append(out, cm)
		}
	}
	return out
}

func (u *upsert) look(ctx context.Context) ([]Comment, error) {
	all, err := u.c.comments(ctx, u.repo, u.pull)
	return u.mine(all), err
}

// create posts the comment and returns ours as they are then.
func (u *upsert) create(ctx context.Context) ([]Comment, error) {
	made, all, err := u.c.create(ctx, u.repo, u.pull, u.want.Body)
	if err != nil {
		return nil, err
	}
	u.created = &made
	u.res.Action = Created
	u.left(made)
	if all == nil {
		if all, err = u.c.comments(ctx, u.repo, u.pull); err != nil {
			return nil, err
		}
	}
	ours := u.mine(all)
	for _, cm := range ours {
		if cm.ID == made.ID {
			return ours, nil
		}
	}
	// The list lags behind, or somebody has deleted it. Only an older one of ours makes ours one too many.
	return append(ours, made), nil
}

// left records the comment that stays.
func (u *upsert) left(cm Comment) UpsertResult {
	u.res.ID, u.res.NodeID = cm.ID, cm.NodeID
	if u.res.Action == "" {
		u.res.Action = Unchanged
	}
	u.res.Superseded = u.want.Marker.Time.Before(cm.Marker.Time) && !sameText(cm, u.want)
	return u.res
}

// settle gives the oldest comment the latest result and deletes the others, in this order, so that being
// killed in between loses nothing. It reports whether to look again: after an edit, because another process
// with an earlier result can have looked before it, and have made its own edit after it.
func (u *upsert) settle(ctx context.Context, ours []Comment) (again bool, err error) {
	oldest, latest := ours[0], u.want
	for _, cm := range ours {
		if cm.ID < oldest.ID {
			oldest = cm
		}
		if cm.Marker.Time.After(latest.Marker.Time) {
			latest = cm
		}
	}
	edits := !sameText(oldest, latest) && !(u.edited && oldest.Marker.Time.Equal(latest.Marker.Time))
	if edits {
		done, err := u.edit(ctx, oldest.ID, latest.Body)
		if !done || err != nil {
			return true, err
		}
		oldest.Body, oldest.Marker = latest.Body, latest.Marker
	}
	for _, cm := range ours {
		if cm.ID == oldest.ID {
			continue
		}
		if err := u.delete(ctx, cm.ID); err != nil {
			return false, err
		}
		if u.created != nil && cm.ID == u.created.ID {
			u.created = nil
			if u.res.Action == Created {
				u.res.Action = Unchanged // the oldest one has the text already
			}
		}
	}
	u.left(oldest)
	return edits || len(ours) > 1, nil
}

// edit changes a comment. It is not done when somebody has deleted the comment, when the edit may or may not
// have been made, or when there was a rate limit to wait for, in which time another process can have written a
// later result: look again in all cases.
func (u *upsert) edit(ctx context.Context, id int64, body string) (done bool, err error) {
	_, _, err = u.c.rest.Issues.EditComment(wire.Once(ctx), u.repo.Owner, u.repo.Name, id, &gogithub.IssueComment{Body: &body})
	mine := u.created != nil && u.created.ID == id
	switch {
	case err == nil:
		u.unclear, u.edited = nil, true
	case errors.Is(err, wire.ErrRateLimited) && u.limited < u.c.retries:
		u.limited++
		if err := u.c.transport.Wait(ctx, err); err != nil {
			return false, fmt.Errorf("editing comment %d: %w", id, err)
		}
		return false, nil
	case isNotFound(err):
		if mine {
			u.created, u.res.Action = nil, ""
		}
		return false, nil
	case wire.Unclear(err) && ctx.Err() == nil && u.c.retries > 0:
		u.unclear = fmt.Errorf("editing comment %d: %w", id, err)
	default:
		return false, fmt.Errorf("editing comment %d: %w", id, err)
	}
	if !mine {
		u.res.Action = Updated
	}
	return err == nil, nil
}

func (u *upsert) delete(ctx context.Context, id int64) error {
	_, err := u.c.rest.Issues.DeleteComment(ctx, u.repo.Owner, u.repo.Name, id)
	if err != nil && !isNotFound(err) {
		return fmt.Errorf("deleting comment %d: %w", id, err)
	}
	u.res.Deleted = append(u.res.Deleted, id)
	return nil
}

// sameText reports whether two comments show the same, the time in the marker apart.
func sameText(a, b Comment) bool {
	return a.Marker.Alike(b.Marker) && marker.Text(a.Body) == marker.Text(b.Body)
}
