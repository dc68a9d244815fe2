package work

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/pertask/pertask/app/measure"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/review"
	"github.com/pertask/pertask/review/command"
	"github.com/pertask/pertask/review/comment"
	"github.com/pertask/pertask/review/state"
)

// accept lets a change in on the word of a person. It is in the audit log once it has had its effect, and only then: what is
// there vouches for it later.
func (w *Worker) accept(ctx context.Context, client *github.Client, i item, j measure.Job) (string, error) {
	had, err := accepted(ctx, client, j)
	if err != nil {
		return "", err
	}
	if had { // by an attempt that was killed after that: what it left to show is shown now
		if err := w.note(ctx, i, j); err != nil {
			return "", err
		}
		j.Trigger.Command, j.Trigger.By, j.Trigger.Pressed, j.Trigger.CommentID, j.Trigger.Kind = nil, "", time.Time{}, 0, review.Job
		j.Trigger = kindly(j.Trigger)
		return "reviewed", w.Measure.Review(ctx, j)
	}
	if i.event.Name == "check_run" {
		why, err := older(ctx, client, i, j)
		if err != nil {
			return "", err
		}
		if why != "" {
			return "refused", w.Measure.Refuse(ctx, j, "the button that accepts", why)
		}
	}
	err = w.Measure.Review(ctx, j)
	if err != nil {
		return "", err
	}
	if had, err = accepted(ctx, client, j); err == nil && had {
		err = w.note(ctx, i, j)
	}
	return "reviewed", err
}

// accepted reports whether our comment has the acceptance that a note asks for.
func accepted(ctx context.Context, client *github.Client, j measure.Job) (bool, error) {
	t := j.Trigger
	all, err := client.Comments(ctx, t.Repo, t.Pull)
	if err != nil && !errors.Is(err, github.ErrPermission) {
		return false, err
	}
	thread := comment.Thread{Known: all}
	c, there := thread.Latest()
	if !there {
		return false, nil
	}
	kept, err := state.Decode(c.Marker.Data)
	if err != nil {
		return false, nil // the review says so, and goes on without it
	}
	given := state.Acceptance{By: t.By, CommentID: t.CommentID, Time: t.Pressed}
	if given.CommentID == 0 && given.Time.IsZero() {
		return false, nil
	}
	return slices.ContainsFunc(kept.Acceptances, func(a state.Acceptance) bool { return a.Same(given) }), nil
}

// older says why a button is not taken for a word about the result that stands: GitHub does not say when it was pressed, and
// sends a press that did not arrive again for days. Whoever pressed it has read what its check run shows, which has to be the
// newest one that shows a result.
func older(ctx context.Context, client *github.Client, i item, j measure.Job) (string, error) {
	c := i.event.Check
	const again = "; press the one of the newest check run if you have read it"
	if c.ID == 0 || c.Name == "" {
		return "it is not known which check run the button belongs to" + again, nil
	}
	runs, err := client.Checks(ctx, j.Trigger.Repo, j.Trigger.HeadSHA, c.Name)
	if errors.Is(err, github.ErrPermission) {
		return "the App may not read check runs, so it is not known which result the button belongs to", nil
	}
	if err != nil {
		return "", err
	}
	found := false
	for _, r := range runs {
		if r.ID > c.ID && r.Status == github.StatusCompleted {
			return "there is a newer result than that of the button that was pressed" + again, nil
		}
		found = found || r.ID == c.ID
	}
	if !found {
		return "the check run that the button belongs to is not there any more" + again, nil
	}
	return "", nil
}

// accepts reports whether a job asks to accept a change.
func accepts(j measure.Job) bool {
	return j.Trigger.Command != nil && j.Trigger.Command.Verb == command.Accept
}
