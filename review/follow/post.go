package follow

import (
	"context"
	"fmt"
	"time"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/marker"
)

// key tells the comment about what came of a promise from the one about the review. Comments have it: it does not change.
const key = "followup"

// Poster reads and writes our comments; *github.Client is one.
type Poster interface {
	Comments(ctx context.Context, repo github.Repo, pull int) ([]github.Comment, error)
	Upsert(ctx context.Context, repo github.Repo, pull int, body string, known []github.Comment) (github.UpsertResult, error)
}

// Post puts the comment on a pull request, in the place of the one that says something earlier.
func Post(ctx context.Context, client Poster, repo github.Repo, pull int, body string, now time.Time) error {
	line, err := marker.Marker{Key: key, Time: now}.Line()
	if err != nil {
		return fmt.Errorf("marking what came of a promise: %w", err)
	}
	known, err := client.Comments(ctx, repo, pull)
	if err != nil {
		return err
	}
	_, err = client.Upsert(ctx, repo, pull, line+"\n\n"+body, known)
	return err
}
