package merged

import (
	"context"
	"errors"
	"time"

	"github.com/shurcooL/githubv4"

	"github.com/pertask/pertask/github/wire"
)

// rateLimit is null on a server without limits.
type rateLimit struct {
	Cost      int
	Limit     int
	Remaining int
	ResetAt   time.Time
}

type commitID struct{ Oid string }

// bare is a pull request without its author. Its three lists decide what a page costs.
type bare struct {
	Number         int
	State          string
	Title          string
	HeadRefName    string
	HeadRefOid     string
	BaseRefName    string
	HeadRepository *struct{ NameWithOwner string }
	CreatedAt      time.Time
	UpdatedAt      time.Time
	ClosedAt       *time.Time
	MergedAt       *time.Time
	MergeCommit    *commitID
	Additions      int
	Deletions      int
	ChangedFiles   int
	Commits        struct {
		TotalCount int
		Nodes      []*struct{ Commit commitID }
	} `graphql:"commits(first: $commits)"`
	Labels *struct {
		Nodes []*struct{ Name string }
	} `graphql:"labels(first: 30)"`
	TimelineItems struct {
		Nodes []*struct {
			Push struct{ BeforeCommit *commitID } `graphql:"... on HeadRefForcePushedEvent"`
		}
	} `graphql:"timelineItems(first: 30, itemTypes: [HEAD_REF_FORCE_PUSHED_EVENT])"`
}

// signed is a pull request with its author, who is null when the account was deleted.
type signed struct {
	bare
	Author *struct{ Login string }
}

func (n *bare) plain() (*bare, string) { return n, "" }

func (n *signed) plain() (*bare, string) {
	if n.Author == nil {
		return &n.bare, ""
	}
	return &n.bare, n.Author.Login
}

// node is bare or signed.
type node interface {
	plain() (n *bare, author string)
}

// listQuery asks for a page of pull requests, N being *bare or *signed.
type listQuery[N node] struct {
	RateLimit  *rateLimit
	Repository struct {
		NameWithOwner    string
		DefaultBranchRef *struct{ Name string }
		PullRequests     struct {
			Nodes    []N
			PageInfo struct {
				HasNextPage bool
				EndCursor   string
			}
		} `graphql:"pullRequests(states: $states, orderBy: {field: UPDATED_AT, direction: DESC}, first: $first, after: $after)"`
	} `graphql:"repository(owner: $owner, name: $name)"`
}

// listed is the answer to a listQuery.
type listed struct {
	repo, branch string
	nodes        []entry
	broken       int
	more         bool
	end          string
	rate         *rateLimit
}

type entry struct {
	*bare
	author string
}

// list makes one query, once. Errors below single pull requests are those of an answer with a part missing, and forgiven; but
// not where GitHub took too long and a smaller page can be asked for.
func (r *Reader) list(ctx context.Context, q Query, states []githubv4.PullRequestState, after string, first int) (listed, error) {
	vars := map[string]any{
		"owner": githubv4.String(q.Repo.Owner), "name": githubv4.String(q.Repo.Name), "states": states, "first": githubv4.Int(int32(first)),
		"after": (*githubv4.String)(nil), "commits": githubv4.Int(int32(q.Commits)),
	}
	if after != "" {
		vars["after"] = githubv4.NewString(githubv4.String(after))
	}
	if q.Authors {
		return ask[*signed](ctx, r, vars, first > minPage)
	}
	return ask[*bare](ctx, r, vars, first > minPage)
}

func ask[N node](ctx context.Context, r *Reader, vars map[string]any, whole bool) (listed, error) {
	var q listQuery[N]
	var found []wire.QueryError
	err := r.gql.Query(wire.WithQueryErrors(wire.Once(ctx), &found), &q, vars)
	var forbidden error
	for _, f := range found {
		refusal := r.tr.Refusal(f)
		if !beside(f) || whole && tooMuch(refusal) {
			return listed{}, refusal
		}
		if errors.Is(refusal, wire.ErrPermission) {
			forbidden = refusal
		}
	}
	if err != nil && (len(found) == 0 || err.Error() != found[0].Message) { // not the errors of the answer, which were forgiven
		return listed{}, err
	}
	if q.Repository.NameWithOwner == "" {
		return listed{}, errors.New("the answer has no repository")
	}
	list := q.Repository.PullRequests
	out := listed{repo: q.Repository.NameWithOwner, more: list.PageInfo.HasNextPage, end: list.PageInfo.EndCursor, rate: q.RateLimit}
	if q.Repository.DefaultBranchRef != nil {
		out.branch = q.Repository.DefaultBranchRef.Name
	}
	for _, n := range list.Nodes {
		if any(n) == any(*new(N)) { // null
			out.broken++
			continue
		}
		b, author := n.plain()
		out.nodes = append(out.nodes, entry{b, author})
	}
	if len(out.nodes) == 0 && forbidden != nil { // not a few that are hidden, such as those of another organization's fork
		return listed{}, forbidden
	}
	return out, nil
}

// beside reports whether an error is about one pull request of the list or about the limit, so that the rest can be used.
func beside(e wire.QueryError) bool {
	at := func(i int, name string) bool { return len(e.Path) > i && e.Path[i] == name }
	return at(0, "rateLimit") || at(0, "repository") && at(1, "pullRequests") && at(2, "nodes") && len(e.Path) > 3
}

// pull converts a pull request, and returns false for one that is malformed.
func (e entry) pull() (Pull, bool) {
	p := Pull{
		Number: e.Number, Title: wire.Clip(e.Title, 300), HeadRef: e.HeadRefName, BaseRef: e.BaseRefName, Created: e.CreatedAt, Head: e.HeadRefOid,
		Total: e.Commits.TotalCount, Additions: e.Additions, Deletions: e.Deletions, Files: e.ChangedFiles, Author: e.author,
	}
	p.State = map[string]string{"OPEN": Open, "CLOSED": Closed, "MERGED": Merged}[e.State]
	if e.HeadRepository != nil {
		p.HeadRepository = e.HeadRepository.NameWithOwner
	}
	if e.ClosedAt != nil {
		p.Closed = *e.ClosedAt
	}
	if e.MergedAt != nil {
		p.Merged = *e.MergedAt
	}
	if e.MergeCommit != nil && wire.IsSHA(e.MergeCommit.Oid) {
		p.Merge = e.MergeCommit.Oid
	}
	for _, n := range e.Commits.Nodes {
		if n != nil && wire.IsSHA(n.Commit.Oid) {
			p.Commits = append(p.Commits, n.Commit.Oid)
		}
	}
	for _, n := range e.TimelineItems.Nodes {
		if n != nil && n.Push.BeforeCommit != nil && wire.IsSHA(n.Push.BeforeCommit.Oid) {
			p.Rewritten = append(p.Rewritten, n.Push.BeforeCommit.Oid)
		}
	}
	if e.Labels != nil {
		for _, n := range e.Labels.Nodes {
			if n != nil {
				p.Labels = append(p.Labels, n.Name)
			}
		}
	}
	ended := p.State == Open || p.State == Closed && !p.Closed.IsZero() || p.State == Merged && !p.Merged.IsZero()
	return p, p.Number > 0 && wire.IsSHA(p.Head) && ended && !p.Created.IsZero()
}
