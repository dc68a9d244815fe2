package github

import (
	"context"
	"fmt"
	"io/fs"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/shurcooL/githubv4"

	"github.com/pertask/pertask/github/marker"
	"github.com/pertask/pertask/github/wire"
)

// Facts is what a pull request's check starts from, read in one request.
type Facts struct {
	// Config is the configuration file at the base; HasConfig says that there is one.
	Config    []byte
	HasConfig bool
	// Head is the pull request's head as it is now; it may have moved on since the event.
	Head string
	// Comments are ours, oldest first: written by this identity and carrying a marker.
	Comments []Comment
	// OpenChecks are the check runs on the head that are not completed. With an App they are those of the
	// App; with a token they are everybody's, the running workflow job's own included: match the name.
	OpenChecks []OpenCheck
	// ChecksUnknown says that OpenChecks is not all, because the token may not read check runs or there
	// are more than one request shows. Ask Checks by name then.
	ChecksUnknown bool
}

// OpenCheck is a check run that is not completed. GitHub does not give its numeric id safely in the same
// request; Checks gives it.
type OpenCheck struct {
	NodeID     string
	Name       string
	Status     string // queued, in_progress, waiting, pending or requested
	ExternalID string
	App        string // slug of the App that made it, such as "github-actions"
	Started    time.Time
}

// configLimit is the size above which a configuration file is refused.
const configLimit = 1 << 20

type blobText struct {
	OID         string
	ByteSize    int64
	IsTruncated bool
	Text        *string
}

type commentNode struct {
	ID              string
	FullDatabaseID  string
	Body            string
	ViewerDidAuthor bool
	IsMinimized     bool
	MinimizedReason string
	CreatedAt       time.Time
	UpdatedAt       time.Time
}

type pageInfo struct {
	HasNextPage bool
	EndCursor   string
}

type commentPage struct {
	Nodes    []commentNode
	PageInfo pageInfo
}

type openCheckNode struct {
	ID         string
	Name       string
	Status     string
	ExternalID string
	StartedAt  *time.Time
}

type openSuites struct {
	Nodes []struct {
		App *struct {
			DatabaseID int64
			Slug       string
		}
		CheckRuns struct {
			Nodes    []openCheckNode
			PageInfo struct{ HasNextPage bool }
		} `graphql:"checkRuns(first: 50, filterBy: {statuses: [QUEUED, IN_PROGRESS, WAITING, PENDING, REQUESTED]})"`
	}
	PageInfo struct{ HasNextPage bool }
}

// factsQuery does not ask for CheckRun.databaseId: it is a 32-bit Int in the schema, and ids have outgrown it.
type factsQuery struct {
	Repository struct {
		Config *struct {
			Blob blobText `graphql:"... on Blob"`
		} `graphql:"config: object(expression: $expression)"`
		PullRequest struct {
			HeadRefOid string
			Comments   commentPage `graphql:"comments(first: 100)"`
		} `graphql:"pullRequest(number: $number)"`
		Head *struct {
			Commit struct {
				CheckSuites openSuites `graphql:"checkSuites(first: 30)"`
			} `graphql:"... on Commit"`
		} `graphql:"head: object(oid: $head)"`
	} `graphql:"repository(owner: $owner, name: $name)"`
}

// Facts reads the configuration at the base, our comments and the check runs that are open on the head: one
// request for the usual pull request, and one more per 100 comments above the first 100.
func (c *Client) Facts(ctx context.Context, repo Repo, pull int, baseSHA, headSHA, configPath string) (Facts, error) {
	fail := func(err error) (Facts, error) {
		return Facts{}, c.wrap(err, "pull-requests: read", "reading pull request %s#%d", repo, pull)
	}
	if !repo.valid() {
		return fail(errRepo)
	}
	if !IsSHA(baseSHA) || !IsSHA(headSHA) {
		return fail(fmt.Errorf("base %q and head %q must be full object ids", wire.Clip(baseSHA, 80), wire.Clip(headSHA, 80)))
	}
	if !fs.ValidPath(configPath) || configPath == "." {
		return fail(fmt.Errorf("path %q must be slash-separated from the root of the repository", configPath))
	}
	var q factsQuery
	err := c.query(ctx, &q, map[string]any{
		"owner": githubv4.String(repo.Owner), "name": githubv4.String(repo.Name), "number": githubv4.Int(int32(pull)),
		"expression": githubv4.String(baseSHA + ":" + configPath), "head": githubv4.GitObjectID(headSHA),
	}, belowHead)
	if err != nil {
		return fail(err)
	}
	f := Facts{Head: q.Repository.PullRequest.HeadRefOid}
	f.OpenChecks, f.ChecksUnknown = c.openChecks(q)
	if q.Repository.Config != nil && q.Repository.Config.Blob.OID != "" {
		f.HasConfig = true
		if f.Config, err = c.configText(ctx, repo, configPath, q.Repository.Config.Blob); err != nil {
			return fail(err)
		}
	}
	if f.Comments, err = c.commentsFrom(ctx, repo, pull, q.Repository.PullRequest.Comments); err != nil {
		return fail(err)
	}
	return f, nil
}

// belowHead accepts that check runs may not be read: a workflow token without the permission "checks" can
// still post a comment.
func belowHead(e wire.QueryError) bool {
	return e.Type == "FORBIDDEN" && len(e.Path) > 1 && e.Path[1] == "head"
}

// configText returns the text of a configuration file, from its blob when GraphQL has not given all of it.
func (c *Client) configText(ctx context.Context, repo Repo, path string, b blobText) ([]byte, error) {
	if b.ByteSize > configLimit {
		return nil, fmt.Errorf("%s has %d bytes, %d are allowed: %w", path, b.ByteSize, configLimit, ErrTooLong)
	}
	if b.Text != nil && !b.IsTruncated && int64(len(*b.Text)) == b.ByteSize {
		return []byte(*b.Text), nil
	}
	return c.blob(ctx, repo, b.OID)
}

func (c *Client) openChecks(q factsQuery) (out []OpenCheck, unknown bool) {
	if q.Repository.Head == nil {
		return nil, true
	}
	suites := q.Repository.Head.Commit.CheckSuites
	unknown = suites.PageInfo.HasNextPage || suites.Nodes == nil
	for _, s := range suites.Nodes {
		slug := ""
		if s.App != nil {
			slug = s.App.Slug
			if c.appID != 0 && s.App.DatabaseID != c.appID {
				continue
			}
		}
		unknown = unknown || s.CheckRuns.PageInfo.HasNextPage
		for _, n := range s.CheckRuns.Nodes {
			oc := OpenCheck{NodeID: n.ID, Name: n.Name, Status: lower(n.Status), ExternalID: n.ExternalID, App: slug}
			if n.StartedAt != nil {
				oc.Started = *n.StartedAt
			}
			out = append(out, oc)
		}
	}
	return out, unknown
}

// commentsFrom returns our comments, oldest first, from the first page on.
func (c *Client) commentsFrom(ctx context.Context, repo Repo, pull int, page commentPage) ([]Comment, error) {
	var out []Comment
	for {
		for _, n := range page.Nodes {
			cm, ok, err := n.ours()
			if err != nil {
				return nil, err
			}
			if ok {
				out = append(out, cm)
			}
		}
		if !page.PageInfo.HasNextPage {
			break
		}
		var q struct {
			Repository struct {
				PullRequest struct {
					Comments commentPage `graphql:"comments(first: 100, after: $after)"`
				} `graphql:"pullRequest(number: $number)"`
			} `graphql:"repository(owner: $owner, name: $name)"`
		}
		after := page.PageInfo.EndCursor
		if err := c.query(ctx, &q, commentVars(repo, pull, after), nil); err != nil {
			return nil, err
		}
		page = q.Repository.PullRequest.Comments
		if page.PageInfo.HasNextPage && page.PageInfo.EndCursor == after {
			return nil, fmt.Errorf("listing comments: the cursor %q does not move", after)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].ID < out[j].ID })
	return out, nil
}

func commentVars(repo Repo, pull int, after string) map[string]any {
	vars := map[string]any{
		"owner": githubv4.String(repo.Owner), "name": githubv4.String(repo.Name), "number": githubv4.Int(int32(pull)),
		"after": (*githubv4.String)(nil),
	}
	if after != "" {
		vars["after"] = githubv4.NewString(githubv4.String(after))
	}
	return vars
}

func (n commentNode) ours() (Comment, bool, error) {
	if !n.ViewerDidAuthor {
		return Comment{}, false, nil
	}
	m, ok := marker.Parse(n.Body)
	if !ok {
		return Comment{}, false, nil
	}
	id, err := strconv.ParseInt(n.FullDatabaseID, 10, 64)
	if err != nil || id <= 0 {
		return Comment{}, false, fmt.Errorf("reading a comment: bad id %q", wire.Clip(n.FullDatabaseID, 40))
	}
	hidden := ""
	if n.IsMinimized {
		hidden = lower(n.MinimizedReason)
	}
	return Comment{
		ID: id, NodeID: n.ID, Body: n.Body, Marker: m, Hidden: hidden, Created: n.CreatedAt, Updated: n.UpdatedAt,
	}, true, nil
}

// lower is GraphQL's IN_PROGRESS in REST's form, in_progress.
func lower(enum string) string { return strings.ToLower(enum) }
