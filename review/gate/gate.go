// Package gate shows the outcome of a review on the commit that it is about: as a check run, as a commit status where the
// token may write no check run, or not at all.
//
// It knows GitHub's conclusions, which of them block, what an open check run ends with when its process is gone, and that one
// says as long as it is not. It refuses to know verdicts, comments, and why a review came to its outcome.
package gate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/review/claim"
)

// GitHub's conclusions that are used. Neutral and success satisfy a required check; the others block.
const (
	Success  = github.ConclusionSuccess
	Neutral  = github.ConclusionNeutral
	Failure  = github.ConclusionFailure
	Required = github.ConclusionActionRequired
)

// Check is what must be completed. Its JSON is kept by one step of a workflow for another.
type Check struct {
	ID      int64  `json:"id"` // of the check run; 0 where a status stands in for it, or nothing does
	Name    string `json:"name"`
	HeadSHA string `json:"head_sha"`
	// Conclusion is what it ends with when no process is there to say more: what the policy says of a change that was not
	// measured. It is never success; "" is neutral.
	Conclusion string `json:"conclusion,omitempty"`
	Status     bool   `json:"status,omitempty"` // a commit status stands in for it
}

// left is how it ends when nobody can say more.
func (c Check) left() string {
	if c.Conclusion == Required || c.Conclusion == Failure {
		return c.Conclusion
	}
	return Neutral
}

// Client writes check runs and statuses; *github.Client is one.
type Client interface {
	CreateCheck(context.Context, github.Repo, github.CheckRun) (int64, error)
	UpdateCheck(context.Context, github.Repo, int64, github.CheckRun) error
	Checks(ctx context.Context, repo github.Repo, sha, name string) ([]github.CheckRun, error)
	SetStatus(ctx context.Context, repo github.Repo, sha string, st github.Status) error
}

// Gate is the outcome of one review on its commit.
type Gate struct {
	Check
	client Client
	repo   github.Repo
	url    string
	// Missing are the permissions that would have shown more, by GitHub's names, such as "checks: write".
	Missing []string
	stale   error // why check runs may still be open that others have left
	others  bool  // there are some whose processes were alive
	now     func() time.Time
	mark    claim.Mark
	details string // address of the page of an App about the check run; "" is GitHub's own
}

// Open shows at once that a review has begun. Where nothing may be written the gate shows nothing, and Missing says what to
// permit. The address is shown beside a status; "" for none.
func Open(ctx context.Context, client Client, repo github.Repo, c Check, address string, now func() time.Time) (*Gate, error) {
	g := &Gate{Check: c, client: client, repo: repo, url: address, now: now}
	g.mark.Nonce = claim.Nonce()
	return g.open(ctx)
}

// open makes the check run, or what stands in for it.
func (g *Gate) open(ctx context.Context) (*Gate, error) {
	c, client, repo := g.Check, g.client, g.repo
	var err error
	g.ID, err = client.CreateCheck(ctx, repo, github.CheckRun{Name: c.Name, HeadSHA: c.HeadSHA, Status: github.StatusInProgress, ExternalID: g.beat(), DetailsURL: g.details,
		Title: looking, Summary: lookingFor})
	if !errors.Is(err, github.ErrPermission) {
		return g, err
	}
	g.Missing = append(g.Missing, "checks: write")
	switch err = g.status(ctx, "pending", looking); {
	case errors.Is(err, github.ErrPermission):
		g.Missing = append(g.Missing, "statuses: write")
		return g, nil
	case err != nil:
		return g, err
	}
	g.Check.Status = true
	return g, nil
}

const (
	looking    = "Looking for changed model settings"
	lookingFor = "pertask looks whether a model setting changes."
)

// Shown reports whether anything shows the outcome.
func (g *Gate) Shown() bool { return g.ID != 0 || g.Check.Status }

func (g *Gate) status(ctx context.Context, state, words string) error {
	return g.client.SetStatus(ctx, g.repo, g.HeadSHA, github.Status{Context: g.Name, State: state, Description: words, TargetURL: g.url})
}

// beat is the mark of a process that is alive now.
func (g *Gate) beat() string {
	g.mark.Beat = g.now()
	return g.mark.String()
}

// Take takes the turn of this review among those of its commit that spend, and reports whether it could: another one goes
// first otherwise, and Take is to be called again after claim.Every. Without a check run there are no turns. On an error it
// is not known.
func (g *Gate) Take(ctx context.Context, title string) (bool, error) {
	if g.ID == 0 {
		return true, nil
	}
	if g.now().Sub(g.mark.Beat) > claim.Every/2 { // whoever is after it has to see that it is alive
		if err := g.Tell(ctx, waiting, waitingFor); err != nil {
			return false, err
		}
	}
	if free, err := g.free(ctx); err != nil || !free {
		return false, err
	}
	g.mark.Holds = true
	err := g.Tell(ctx, title, title+".")
	free := false
	if err == nil {
		free, err = g.free(ctx) // one that looked before this was written may have come to the same end
	}
	if err == nil && free {
		return true, nil
	}
	g.mark.Holds = false
	return false, errors.Join(err, g.Tell(ctx, waiting, waitingFor))
}

const (
	waiting    = "Waiting for another check of this commit"
	waitingFor = "Another review of this commit measures. Its verdict will answer this one, too."
)

// free reports whether no other review goes first.
func (g *Gate) free(ctx context.Context) (bool, error) {
	runs, err := g.client.Checks(ctx, g.repo, g.HeadSHA, g.Name)
	if err != nil {
		return false, err
	}
	_, before, err := claim.First(runs, g.ID, g.now())
	return !before, err
}

// Tell changes the title while the review is under way, and says that its process is alive.
func (g *Gate) Tell(ctx context.Context, title, summary string) error {
	switch {
	case g.ID != 0:
		return g.client.UpdateCheck(ctx, g.repo, g.ID, github.CheckRun{Name: g.Name, HeadSHA: g.HeadSHA, Status: github.StatusInProgress, ExternalID: g.beat(), Title: title, Summary: summary})
	case g.Check.Status:
		return g.status(ctx, "pending", title)
	}
	return nil
}

// Complete shows the outcome. Where GitHub refuses to change our check run, a fresh one takes its place. The name, commit
// and status of the run are filled in.
func (g *Gate) Complete(ctx context.Context, run github.CheckRun) error {
	switch {
	case g.ID != 0:
		run.Name, run.HeadSHA, run.Status = g.Name, g.HeadSHA, github.StatusCompleted
		err := g.client.UpdateCheck(ctx, g.repo, g.ID, run)
		if errors.Is(err, github.ErrCheckForbidden) {
			_, err = g.client.CreateCheck(ctx, g.repo, run)
		}
		if g.stale != nil || g.others {
			g.stale = g.closeStale(ctx)
		}
		return errors.Join(err, g.stale)
	case g.Check.Status:
		return g.status(ctx, state(run.Conclusion), run.Title)
	}
	return nil
}

// state is the status that stands in for a conclusion: it lets through what the conclusion lets through.
func state(conclusion string) string {
	if conclusion == Success || conclusion == Neutral {
		return "success"
	}
	return "failure"
}

// Leave completes it without an outcome.
func (g *Gate) Leave(ctx context.Context) error { return g.Complete(ctx, ended(g.Check)) }

// ended is how a check run ends whose process has gone.
func ended(c Check) github.CheckRun {
	return github.CheckRun{Name: c.Name, HeadSHA: c.HeadSHA, Status: github.StatusCompleted, Conclusion: c.left(),
		Title: "Ended before a verdict", Summary: "The process was cancelled or killed before a verdict. Rerun the workflow to measure."}
}

// CloseStale completes check runs of the same name and commit that earlier processes left open, and that have given no sign of
// life for a while. One that is alive after all completes its own again. Where that fails, Complete tries once more.
func (g *Gate) CloseStale(ctx context.Context, log *slog.Logger) {
	if g.stale = g.closeStale(ctx); g.stale != nil {
		log.Warn("completing check runs left open", "error", g.stale)
	}
}

func (g *Gate) closeStale(ctx context.Context) error {
	runs, err := g.client.Checks(ctx, g.repo, g.HeadSHA, g.Name)
	if err != nil {
		return err
	}
	var errs []error
	g.others = false
	for _, run := range runs {
		m, ok := claim.Parse(run.ExternalID)
		g.others = g.others || ok && run.ID < g.ID && run.Status != github.StatusCompleted && m.Alive(g.now())
		// A later one, whose ids are higher, is not left over: it may be complete by the time it is written to.
		if run.ID < g.ID && claim.Left(run, g.now()) {
			errs = append(errs, g.client.UpdateCheck(ctx, g.repo, run.ID, ended(g.Check)))
		}
	}
	return errors.Join(errs...)
}

// Finish completes what an earlier process has opened, if that did not. It cannot be told of a status whether somebody has
// completed it, so whoever keeps the check forgets it once it is complete.
func Finish(ctx context.Context, client Client, repo github.Repo, c Check) error {
	g := &Gate{Check: c, client: client, repo: repo}
	if c.ID == 0 {
		return g.Leave(ctx)
	}
	runs, err := client.Checks(ctx, repo, c.HeadSHA, c.Name)
	if err != nil {
		return fmt.Errorf("finishing the check run: %w", err)
	}
	for _, run := range runs {
		if run.ID == c.ID && run.Status != github.StatusCompleted {
			return g.Leave(ctx)
		}
	}
	return nil
}
