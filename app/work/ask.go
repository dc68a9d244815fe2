package work

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/pertask/pertask/app/measure"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/review"
	"github.com/pertask/pertask/review/command"
	"github.com/pertask/pertask/review/route"
)

// ask finds out what an event does not say, and does what it asks for.
func (w *Worker) ask(ctx context.Context, i item, log *slog.Logger) (string, error) {
	a := i.ask.Ours(w.App, "")
	if a.Do == route.Ignore || a.Do == route.Stand && a.Label == "" {
		return ignored(a, log), nil
	}
	j := w.job(i, a.Trigger)
	if a.Label != "" {
		label, err := w.Measure.Label(ctx, j)
		if err != nil {
			return "", err
		}
		a = a.Labelled(label)
	}
	client, err := w.Measure.Client(i.event.Installation)
	if err != nil {
		return "", err
	}
	if a, err = route.Resolve(ctx, client, a); err != nil {
		return "", err
	}
	j = w.job(i, a.Trigger)
	switch {
	case a.Do == route.Fill && w.Fill:
		return "filled", w.Measure.Fill(ctx, j)
	case a.Do == route.Refuse:
		return "refused", w.refuse(ctx, i, a, j)
	case a.Do != route.Review:
		return ignored(a, log), nil
	}
	if accepts(j) {
		return w.accept(ctx, client, i, j)
	}
	if err := w.note(ctx, i, j); err != nil {
		return "", err
	}
	return "reviewed", w.Measure.Review(ctx, j)
}

func ignored(a route.Ask, log *slog.Logger) string {
	log.Info("nothing to do", "why", string(a.Why), "words", a.Say)
	return "ignored"
}

// job is the review of an item.
func (w *Worker) job(i item, t review.Trigger) measure.Job {
	if i.event.Name == "check_run" && t.Command != nil {
		t.Pressed = i.at()
	}
	delivery, _ := cutAgain(i.ID)
	return measure.Job{ID: ReviewID(i.ID), Delivery: delivery, Epoch: i.epoch, Trigger: kindly(t),
		Repo: record.Repo{Installation: i.event.Installation, ID: i.event.RepoID, Name: i.event.Repo.String()}}
}

// kindly says why a review starts in the App, where nothing is spent for forks and drafts unless a person asks, and Dependabot
// is like everybody else: the App's workers have the keys whoever pushes.
func kindly(t review.Trigger) review.Trigger {
	t.Served = true
	if t.Kind == review.PullRequest || t.Kind == review.Job {
		t.Kind = review.Job
		if t.Fork || t.Draft {
			t.Kind = review.PullRequest
		}
	}
	return t
}

// refuse tells a person why what they asked for is not done.
func (w *Worker) refuse(ctx context.Context, i item, a route.Ask, j measure.Job) error {
	if a.Why == route.NoWrite || a.Trigger.CommentID == 0 {
		return w.Measure.Decline(ctx, j, a.Say)
	}
	return w.Measure.Refuse(ctx, j, firstLine(i.event.Comment.Body), a.Say)
}

// at is when a note arrived, as the audit log keeps times.
func (i item) at() time.Time { return i.At.UTC().Truncate(time.Microsecond) }

// firstLine is the first line of a text that is not blank.
func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(line)
}

// verbs are what the audit log calls the commands.
var verbs = map[command.Verb]string{command.Run: "run", command.More: "more", command.Accept: "accept", command.Reprice: "reprice"}

// note writes down what a person asked for and may ask for, once: the time is the note's, which tells an attempt that is
// repeated from a person who asks again.
func (w *Worker) note(ctx context.Context, i item, j measure.Job) error {
	c := j.Trigger.Command
	if c == nil || verbs[c.Verb] == "" {
		return nil
	}
	act := record.Act{Time: i.at(), Repo: j.Repo, Pull: j.Trigger.Pull, Head: j.Trigger.HeadSHA, Actor: j.Trigger.By,
		Verb: verbs[c.Verb], Reason: c.Reason}
	if act.Time.IsZero() {
		return errors.New("a note without the time at which it arrived")
	}
	scope := record.Scope{Installation: j.Repo.Installation, Repos: []int64{j.Repo.ID}}
	same, err := w.Audit.Acts(ctx, scope, record.Filter{Repo: j.Repo.ID, Since: act.Time, Limit: 1000}, act.Time.Add(time.Microsecond))
	if err != nil {
		return err
	}
	if slices.ContainsFunc(same, func(a record.Act) bool {
		return a.Actor == act.Actor && a.Verb == act.Verb && a.Pull == act.Pull && a.Time.Equal(act.Time)
	}) {
		return nil
	}
	return w.Audit.Append(ctx, act)
}
