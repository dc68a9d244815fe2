package github

import (
	"context"

	"github.com/pertask/pertask/github/check"
	"github.com/pertask/pertask/github/wire"
)

// The statuses of a check run that we set, and its conclusions.
const (
	StatusQueued     = check.StatusQueued
	StatusInProgress = check.StatusInProgress
	StatusCompleted  = check.StatusCompleted

	ConclusionSuccess        = check.ConclusionSuccess
	ConclusionNeutral        = check.ConclusionNeutral // satisfies a required check, as skipped does
	ConclusionFailure        = check.ConclusionFailure
	ConclusionActionRequired = check.ConclusionActionRequired
	ConclusionCancelled      = check.ConclusionCancelled
	ConclusionSkipped        = check.ConclusionSkipped
	ConclusionTimedOut       = check.ConclusionTimedOut
)

type (
	// CheckRun is one check run of ours. Texts that are too long are cut on a line.
	CheckRun = check.Run
	// Annotation is a remark on lines of a file of the head.
	Annotation = check.Annotation
	// CheckAction is a button of a completed check run.
	CheckAction = check.Action
)

// checkRuns are the check runs of a repository.
func (c *Client) checkRuns(repo Repo) (check.Runs, error) {
	if !repo.valid() {
		return check.Runs{}, errRepo
	}
	return check.Runs{Calls: c.calls, Repo: repo.String(), AppID: c.appID, Retries: c.retries, Sleep: c.sleep, Now: c.now, Redact: c.redact}, nil
}

// CreateCheck makes a check run and returns its id. When GitHub's answer leaves it open whether it was
// made, CreateCheck looks for it, by name, external id and start, before it tries again. When a later batch
// of annotations fails, the id is returned with the error.
func (c *Client) CreateCheck(ctx context.Context, repo Repo, cr CheckRun) (int64, error) {
	runs, err := c.checkRuns(repo)
	var id int64
	if err == nil {
		id, err = runs.Create(ctx, cr)
	}
	return id, c.wrap(err, "checks: write", "creating check run %q on %s at %s", wire.Clip(cr.Name, 80), repo, wire.Clip(cr.HeadSHA, 64))
}

// UpdateCheck changes a check run. The whole output is replaced when any part of it is given; annotations
// are added. ErrCheckForbidden means that it must be replaced by a fresh one.
func (c *Client) UpdateCheck(ctx context.Context, repo Repo, id int64, cr CheckRun) error {
	runs, err := c.checkRuns(repo)
	if err == nil {
		err = runs.Update(ctx, id, cr)
	}
	return c.wrap(err, "checks: write", "updating check run %d on %s", id, repo)
}

// CompleteCheck is UpdateCheck for the end of a check run: it needs a conclusion.
func (c *Client) CompleteCheck(ctx context.Context, repo Repo, id int64, cr CheckRun) error {
	cr.Status = StatusCompleted
	runs, err := c.checkRuns(repo)
	if err == nil {
		err = runs.Update(ctx, id, cr)
	}
	return c.wrap(err, "checks: write", "completing check run %d on %s", id, repo)
}

// Checks lists the check runs of a name on a commit, also those that a later one of the same name hides. With
// an App they are those of the App; with a token look at App, because a name can be anyone's.
func (c *Client) Checks(ctx context.Context, repo Repo, sha, name string) ([]CheckRun, error) {
	runs, err := c.checkRuns(repo)
	var out []CheckRun
	if err == nil {
		out, err = runs.List(ctx, sha, name)
	}
	return out, c.wrap(err, "checks: read", "listing check runs %q on %s at %s", wire.Clip(name, 80), repo, wire.Clip(sha, 64))
}
