package github

import (
	"context"
	"errors"
	"io"

	"github.com/pertask/pertask/github/wire"
)

// Archive returns the files of a commit as a gzipped tar, below one folder whose name GitHub chooses. The
// caller closes it and limits what is unpacked from it. GitHub answers with a redirect to another server,
// whose address is a key of its own; the token is not sent there.
func (c *Client) Archive(ctx context.Context, repo Repo, sha string) (io.ReadCloser, error) {
	body, err := c.archive(ctx, repo, sha)
	if err != nil {
		return nil, c.wrap(err, "contents: read", "reading the archive of %s at %s", repo, wire.Clip(sha, 64))
	}
	return body, nil
}

func (c *Client) archive(ctx context.Context, repo Repo, sha string) (io.ReadCloser, error) {
	if !repo.valid() {
		return nil, errRepo
	}
	if !IsSHA(sha) {
		return nil, errors.New("commit must be a full object id")
	}
	req, err := c.rest.NewRequest("GET", "repos/"+repo.String()+"/tarball/"+sha, nil)
	if err != nil {
		return nil, err
	}
	// The one client for everything authenticates by host, so that following the redirect is safe.
	resp, err := c.rest.BareDo(ctx, req)
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}
