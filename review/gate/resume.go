package gate

import (
	"context"
	"errors"
	"time"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/review/claim"
)

// Resume is Open for a review that has an id, the same for each attempt at it: the check run of an earlier attempt is gone on
// with, so that a process that was killed leaves nothing behind and nobody waits for it. The id has no colon and is used by one
// process at a time. The address is this review's alone: it leads from the check run to its page, and tells a check run that an
// attempt has completed before it was killed.
func Resume(ctx context.Context, client Client, repo github.Repo, c Check, address string, now func() time.Time, id string) (*Gate, error) {
	g := &Gate{Check: c, client: client, repo: repo, url: address, now: now, details: address}
	g.mark.Nonce = id
	runs, err := client.Checks(ctx, repo, c.HeadSHA, c.Name)
	if err != nil && !errors.Is(err, github.ErrPermission) {
		return g, err
	}
	complete := false
	for _, run := range runs {
		m, ok := claim.Parse(run.ExternalID)
		mine := ok && m.Nonce == id && run.Status != github.StatusCompleted
		done := address != "" && run.DetailsURL == address && run.Status == github.StatusCompleted
		if (mine || done) && run.ID > g.ID {
			g.ID, complete = run.ID, done
		}
	}
	switch {
	case g.ID == 0:
		return g.open(ctx)
	case complete:
		return g, nil // it stays as it is until there is more to say
	}
	return g, g.Tell(ctx, looking, lookingFor)
}
