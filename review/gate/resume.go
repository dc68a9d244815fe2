package gate

import (
	"context"
	"errors"
	"time"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/review/claim"
)

// Resume is Open for a review that has an id, the same for each attempt at it: a check run that an earlier attempt has left open
// is gone on with, so that a process that was killed leaves nothing behind and nobody waits for it. The id has no colon and is
// used by one process at a time.
func Resume(ctx context.Context, client Client, repo github.Repo, c Check, address string, now func() time.Time, id string) (*Gate, error) {
	g := &Gate{Check: c, client: client, repo: repo, url: address, now: now}
	g.mark.Nonce = id
	runs, err := client.Checks(ctx, repo, c.HeadSHA, c.Name)
	if err != nil && !errors.Is(err, github.ErrPermission) {
		return g, err
	}
	for _, run := range runs {
		if m, ok := claim.Parse(run.ExternalID); ok && m.Nonce == id && run.Status != github.StatusCompleted && run.ID > g.ID {
			g.ID = run.ID
		}
	}
	if g.ID == 0 {
		return g.open(ctx)
	}
	return g, g.Tell(ctx, looking, lookingFor)
}
