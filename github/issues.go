package github

import (
	"context"

	"github.com/pertask/pertask/github/issue"
)

// Issues are the issues of a repository. It makes no request.
func (c *Client) Issues(repo Repo) (issue.Board, error) {
	if !repo.valid() {
		return issue.Board{}, errRepo
	}
	return issue.Board{Calls: c.calls, Wrap: c.wrap, Repo: repo.String(), Viewer: c.viewer, Redact: c.redact}, nil
}

// viewer is the login of whoever the token belongs to: a person, or a bot such as "github-actions[bot]".
func (c *Client) viewer(ctx context.Context) (string, error) {
	var q struct{ Viewer struct{ Login string } }
	err := c.query(ctx, &q, nil, nil)
	return q.Viewer.Login, err
}
