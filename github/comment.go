package github

import (
	"context"
	"errors"
	"fmt"
	"time"

	gogithub "github.com/google/go-github/v62/github"
	"github.com/shurcooL/githubv4"

	"github.com/pertask/pertask/github/marker"
	"github.com/pertask/pertask/github/wire"
)

// MaxBody is the largest comment that is written, in bytes. GitHub refuses more than 65,536 characters, and
// counts them in a way that is not documented.
const MaxBody = 60_000

// Comment is a comment of ours on a pull request.
type Comment struct {
	ID      int64
	NodeID  string
	Body    string // with the marker in its first line
	Marker  marker.Marker
	Hidden  string // why it is minimized, such as "outdated"; "" when it is shown
	Created time.Time
	Updated time.Time
}

// Comments lists our comments on a pull request, oldest first: those that GitHub says this identity wrote
// and that carry a marker.
func (c *Client) Comments(ctx context.Context, repo Repo, pull int) ([]Comment, error) {
	out, err := c.comments(ctx, repo, pull)
	return out, c.wrap(err, "pull-requests: read", "listing our comments on %s#%d", repo, pull)
}

func (c *Client) comments(ctx context.Context, repo Repo, pull int) ([]Comment, error) {
	if !repo.valid() {
		return nil, errRepo
	}
	var q struct {
		Repository struct {
			PullRequest struct {
				Comments commentPage `graphql:"comments(first: 100, after: $after)"`
			} `graphql:"pullRequest(number: $number)"`
		} `graphql:"repository(owner: $owner, name: $name)"`
	}
	if err := c.query(ctx, &q, commentVars(repo, pull, ""), nil); err != nil {
		return nil, err
	}
	return c.commentsFrom(ctx, repo, pull, q.Repository.PullRequest.Comments)
}

// Post writes a new comment, whatever is there already. Its body begins with a marker. When GitHub's answer
// leaves it open whether the comment was made, Post looks for it before it tries again: the marker's time
// should therefore tell this comment from the caller's other ones.
func (c *Client) Post(ctx context.Context, repo Repo, pull int, body string) (Comment, error) {
	body, _, err := c.finish(body)
	if err == nil {
		var cm Comment
		if cm, _, err = c.create(ctx, repo, pull, body); err == nil {
			return cm, nil
		}
	}
	return Comment{}, c.wrap(err, "pull-requests: write", "posting a comment on %s#%d", repo, pull)
}

// Hide minimizes a comment of ours as outdated. Hiding it twice, or after it was deleted, is no error.
func (c *Client) Hide(ctx context.Context, repo Repo, cm Comment) error {
	var m struct {
		MinimizeComment struct {
			MinimizedComment struct{ IsMinimized bool }
		} `graphql:"minimizeComment(input: $input)"`
	}
	err := c.mutate(ctx, &m, githubv4.MinimizeCommentInput{
		SubjectID: cm.NodeID, Classifier: githubv4.ReportedContentClassifiersOutdated,
	})
	if isNotFound(err) {
		err = nil
	}
	return c.wrap(err, "pull-requests: write", "hiding comment %d on %s", cm.ID, repo)
}

// finish returns the body as it will be written, redacted, and its marker.
func (c *Client) finish(body string) (string, marker.Marker, error) {
	m, ok := marker.Parse(body)
	if !ok {
		return "", marker.Marker{}, fmt.Errorf("the first line of the body has no marker: %w", marker.ErrMarker)
	}
	// The marker is base64, in which nothing would find a secret: redact what is inside.
	m.Key, m.Suite = c.redact(m.Key), c.redact(m.Suite)
	m.Data = []byte(c.redact(string(m.Data)))
	line, err := m.Line()
	if err != nil {
		return "", marker.Marker{}, err
	}
	out := line + c.redact(body[firstLine(body):])
	if len(out) > MaxBody {
		return "", marker.Marker{}, fmt.Errorf("the body has %d bytes, %d are allowed: %w", len(out), MaxBody, ErrTooLong)
	}
	m, _ = marker.Parse(line)
	return out, m, nil
}

func firstLine(body string) int {
	for i := range len(body) {
		if body[i] == '\r' || body[i] == '\n' {
			return i
		}
	}
	return len(body)
}

// create posts body and returns the comment and, where it had to look, all of ours.
func (c *Client) create(ctx context.Context, repo Repo, pull int, body string) (Comment, []Comment, error) {
	if !repo.valid() {
		return Comment{}, nil, errRepo
	}
	for attempt := 0; ; attempt++ {
		got, _, err := c.rest.Issues.CreateComment(ctx, repo.Owner, repo.Name, pull, &gogithub.IssueComment{Body: &body})
		if err == nil {
			return c.made(got, body), nil, nil
		}
		if !wire.Unclear(err) || ctx.Err() != nil {
			return Comment{}, nil, err
		}
		// It may have been made: look before creating again.
		ours, lookErr := c.comments(ctx, repo, pull)
		if lookErr != nil {
			return Comment{}, nil, errors.Join(err, lookErr)
		}
		for _, cm := range ours {
			if first(cm.Body) == first(body) && marker.Text(cm.Body) == marker.Text(body) {
				return cm, ours, nil
			}
		}
		if attempt >= c.retries {
			return Comment{}, nil, err
		}
		if serr := c.sleep(ctx, wire.Backoff(attempt)); serr != nil {
			return Comment{}, nil, err
		}
	}
}

func first(body string) string { return body[:firstLine(body)] }

func (c *Client) made(got *gogithub.IssueComment, body string) Comment {
	m, _ := marker.Parse(body)
	return Comment{
		ID: got.GetID(), NodeID: got.GetNodeID(), Body: body, Marker: m,
		Created: got.GetCreatedAt().Time, Updated: got.GetUpdatedAt().Time,
	}
}
