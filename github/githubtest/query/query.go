// Package query is the part of GitHub's GraphQL that a server in memory knows: its types, their fields, and who may see them.
//
// It knows the schema, and what each field reads from the stores. It leaves to package graph how a query runs. It refuses to know
// HTTP, tokens, and package github, which asks.
package query

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pertask/pertask/github/githubtest/checkstore"
	"github.com/pertask/pertask/github/githubtest/commentstore"
	"github.com/pertask/pertask/github/githubtest/gitstore"
	"github.com/pertask/pertask/github/githubtest/graph"
	"github.com/pertask/pertask/github/githubtest/rate"
	"github.com/pertask/pertask/github/githubtest/repostore"
)

// zulu is how GitHub writes times, which are in UTC.
const zulu = "2006-01-02T15:04:05Z"

// maxText is the size above which the text of a blob is cut.
const maxText = 512_000

// field is a field whose functions get the request.
type field = graph.Field[*Viewer]

type gqlError = graph.Error

// scalar makes a field without arguments of a function of the parent.
func scalar[T any](get func(T) any) field { return graph.Scalar[*Viewer](get) }

// Viewer is who asks, and what they may see.
type Viewer struct {
	Login       string
	Permissions map[string]string // none, read or write by GitHub's names
	Spent       rate.Spent        // of their points, this query included
	Repos       *repostore.Store
	Sees        func(*repostore.Repo) bool
}

// Run runs a query.
func Run(v *Viewer, query string, variables map[string]any) graph.Answer {
	return schema.Run(v, query, variables)
}

// blobAt is a blob in answers.
type blobAt struct{ id, data string }

type commitAt struct {
	repo *repostore.Repo
	id   string
}

// schema is the part of GitHub's that this server knows.
var schema = graph.Schema[*Viewer]{Types: types, Interfaces: map[string][]string{
	"GitObject":                {"Blob", "Commit", "Tree"},
	"Minimizable":              {"IssueComment"},
	"PullRequestTimelineItems": {"HeadRefForcePushedEvent"},
}}

var types = joined(pullTypes(), map[string]map[string]field{
	"Query":    queryFields(),
	"Mutation": {"minimizeComment": {Of: "MinimizeCommentPayload", Args: []string{"input!"}, Get: minimize}},
	"MinimizeCommentPayload": {"minimizedComment": {Of: "Minimizable", Get: func(_ *Viewer, p any, _ map[string]any) (any, *gqlError) {
		return graph.Typed{Is: "IssueComment", Value: p.(minimized).comment}, nil
	}}},
	"Minimizable":            minimizable(),
	"Repository":             joined(repositoryFields(), listFields()),
	"PullRequest":            joined(pullFields(), lifeFields()),
	"IssueCommentConnection": graph.Connection[*Viewer]("IssueComment"),
	"IssueComment":           commentFields(),
	"Commit":                 commitFields(),
	"CheckSuiteConnection":   graph.Connection[*Viewer]("CheckSuite"),
	"CheckSuite":             suiteFields(),
	"CheckRunConnection":     graph.Connection[*Viewer]("CheckRun"),
	"CheckRun":               checkFields(),
	"Tree":                   {"oid": scalar(func(id string) any { return id })},
	"GitObject":              {"oid": {Get: same}},
	"User":                   {"login": scalar(func(l string) any { return l })},
	"Actor":                  {"login": scalar(func(l string) any { return l })},
	"App":                    {"databaseId": scalar(func(s *checkstore.Suite) any { return s.App }), "slug": scalar(func(s *checkstore.Suite) any { return s.Slug })},
	"PageInfo":               graph.PageInfo[*Viewer](),
	"RateLimit":              rateFields(),
	"Blob": {
		"oid": scalar(func(b blobAt) any { return b.id }), "byteSize": scalar(func(b blobAt) any { return len(b.data) }),
		"isBinary": scalar(func(b blobAt) any { return binary(b.data) }), "isTruncated": scalar(func(b blobAt) any { return len(b.data) > maxText }),
		"text": scalar(blobAt.text),
	},
})

// joined returns the entries of several maps.
func joined[V any](maps ...map[string]V) map[string]V {
	out := map[string]V{}
	for _, m := range maps {
		for k, v := range m {
			out[k] = v
		}
	}
	return out
}

func same(_ *Viewer, p any, _ map[string]any) (any, *gqlError) { return p, nil }

func binary(s string) bool { return strings.ContainsRune(s, 0) || !utf8.ValidString(s) }

func (b blobAt) text() any {
	if binary(b.data) {
		return nil
	}
	return b.data[:min(len(b.data), maxText)]
}

func queryFields() map[string]field {
	return map[string]field{
		"viewer":    {Of: "User", Get: func(v *Viewer, _ any, _ map[string]any) (any, *gqlError) { return v.Login, nil }},
		"rateLimit": {Of: "RateLimit", Get: func(v *Viewer, _ any, _ map[string]any) (any, *gqlError) { return v.Spent, nil }},
		"repository": {Of: "Repository", Args: []string{"owner!", "name!", "followRenames"}, Get: func(v *Viewer, _ any, args map[string]any) (any, *gqlError) {
			full := fmt.Sprintf("%v/%v", args["owner"], args["name"])
			r := v.Repos.Find(full)
			if r == nil || !v.Sees(r) {
				return nil, &gqlError{Type: "NOT_FOUND", Message: fmt.Sprintf("Could not resolve to a Repository with the name '%s'.", full)}
			}
			return r, nil
		}},
	}
}

func repositoryFields() map[string]field {
	return map[string]field{
		"nameWithOwner": scalar(func(r *repostore.Repo) any { return r.FullName }),
		"pullRequest": {Of: "PullRequest", Args: []string{"number!"}, Get: func(v *Viewer, p any, args map[string]any) (any, *gqlError) {
			if err := v.mayRead("pull_requests"); err != nil {
				return nil, err
			}
			n := graph.Int(args["number"])
			if pull := p.(*repostore.Repo).Pulls[n]; pull != nil {
				return pullAt{p.(*repostore.Repo), pull}, nil
			}
			return nil, &gqlError{Type: "NOT_FOUND", Message: fmt.Sprintf("Could not resolve to a PullRequest with the number of %d.", n)}
		}},
		"object": {Of: "GitObject", Args: []string{"expression", "oid"}, Get: resolveObject},
	}
}

type pullAt struct {
	repo *repostore.Repo
	pull *repostore.Pull
}

// mayRead is the permission check of a field.
func (v *Viewer) mayRead(permission string) *gqlError {
	if have := v.Permissions[permission]; have == "read" || have == "write" {
		return nil
	}
	return &gqlError{Type: "FORBIDDEN", Message: "Resource not accessible by integration"}
}

func resolveObject(v *Viewer, p any, args map[string]any) (any, *gqlError) {
	if err := v.mayRead("contents"); err != nil {
		return nil, err
	}
	r := p.(*repostore.Repo)
	ref, _ := args["oid"].(string)
	file, hasFile := "", false
	if e, ok := args["expression"].(string); ok {
		ref, file, hasFile = strings.Cut(e, ":")
	}
	sha, ok := v.Repos.Resolve(r, ref)
	if !ok {
		return nil, nil
	}
	if !hasFile {
		return graph.Typed{Is: "Commit", Value: commitAt{r, sha}}, nil
	}
	e, ok := r.Git.At(sha, file)
	switch {
	case !ok || e.Mode == gitstore.Submodule:
		return nil, nil
	case e.Mode == gitstore.Directory:
		return graph.Typed{Is: "Tree", Value: e.SHA}, nil
	}
	return graph.Typed{Is: "Blob", Value: blobAt{e.SHA, r.Git.Text(e)}}, nil
}

func pullFields() map[string]field {
	return map[string]field{
		"number":     scalar(func(p pullAt) any { return p.pull.Number }),
		"headRefOid": scalar(func(p pullAt) any { return p.pull.Head }),
		"baseRefOid": scalar(func(p pullAt) any { return p.pull.Base }),
		"isDraft":    scalar(func(p pullAt) any { return p.pull.Draft }),
		"comments": {Of: "IssueCommentConnection", Args: graph.Pages("orderBy"), Get: func(_ *Viewer, p any, args map[string]any) (any, *gqlError) {
			at := p.(pullAt)
			var all []any
			for _, c := range at.repo.Comments.On(at.pull.Number) {
				all = append(all, c)
			}
			return graph.Page(all, "comments", args)
		}},
	}
}

func minimizable() map[string]field {
	return map[string]field{
		"isMinimized": scalar(func(c *commentstore.Comment) any { return c.Minimized != "" }),
		"minimizedReason": scalar(func(c *commentstore.Comment) any {
			if c.Minimized == "" {
				return nil
			}
			return c.Minimized
		}),
	}
}

func commentFields() map[string]field {
	out := minimizable()
	out["id"] = scalar(func(c *commentstore.Comment) any { return c.NodeID })
	// A BigInt is a string in JSON; the Int of old has been too small for years.
	out["fullDatabaseId"] = scalar(func(c *commentstore.Comment) any { return strconv.FormatInt(c.ID, 10) })
	out["databaseId"] = field{Get: func(_ *Viewer, p any, _ map[string]any) (any, *gqlError) { return narrow(p.(*commentstore.Comment).ID) }}
	out["body"] = scalar(func(c *commentstore.Comment) any { return c.Body })
	out["createdAt"] = scalar(func(c *commentstore.Comment) any { return c.Created.Format(zulu) })
	out["updatedAt"] = scalar(func(c *commentstore.Comment) any { return c.Updated.Format(zulu) })
	out["author"] = field{Of: "Actor", Get: func(_ *Viewer, p any, _ map[string]any) (any, *gqlError) {
		return p.(*commentstore.Comment).Author, nil
	}}
	out["viewerDidAuthor"] = field{Get: func(v *Viewer, p any, _ map[string]any) (any, *gqlError) {
		return p.(*commentstore.Comment).Author == v.Login, nil
	}}
	return out
}

// narrow is the fate of an id in a field of type Int.
func narrow(id int64) (any, *gqlError) {
	if id > math.MaxInt32 {
		return nil, &gqlError{Message: fmt.Sprintf("Int cannot represent non 32-bit signed integer value: %d", id)}
	}
	return id, nil
}

func commitFields() map[string]field {
	return map[string]field{
		"oid": scalar(func(c commitAt) any { return c.id }),
		"checkSuites": {Of: "CheckSuiteConnection", Args: graph.Pages("filterBy"), Get: func(v *Viewer, p any, args map[string]any) (any, *gqlError) {
			if err := v.mayRead("checks"); err != nil {
				return nil, err
			}
			commit := p.(commitAt)
			var nodes []any
			for _, s := range commit.repo.Checks.Suites(commit.id) {
				nodes = append(nodes, s)
			}
			if nodes == nil {
				nodes = []any{}
			}
			return graph.Page(nodes, "checkSuites", args)
		}},
	}
}

func suiteFields() map[string]field {
	return map[string]field{
		"databaseId": {Get: func(_ *Viewer, p any, _ map[string]any) (any, *gqlError) { return narrow(p.(*checkstore.Suite).ID) }},
		"app":        {Of: "App", Get: same},
		"checkRuns": {Of: "CheckRunConnection", Args: graph.Pages("filterBy"), Get: func(_ *Viewer, p any, args map[string]any) (any, *gqlError) {
			filter, _ := args["filterBy"].(map[string]any)
			nodes := []any{}
			for _, k := range p.(*checkstore.Suite).Runs {
				if k.Passes(filter) {
					nodes = append(nodes, k)
				}
			}
			return graph.Page(nodes, "checkRuns", args)
		}},
	}
}

func checkFields() map[string]field {
	return map[string]field{
		"id":         scalar(func(k *checkstore.Run) any { return k.NodeID }),
		"databaseId": {Get: func(_ *Viewer, p any, _ map[string]any) (any, *gqlError) { return narrow(p.(*checkstore.Run).ID) }},
		"name":       scalar(func(k *checkstore.Run) any { return k.Name }),
		"status":     scalar(func(k *checkstore.Run) any { return strings.ToUpper(k.Status) }),
		"externalId": scalar(func(k *checkstore.Run) any { return k.ExternalID }),
		"startedAt":  scalar(func(k *checkstore.Run) any { return k.Started.Format(zulu) }),
		"conclusion": scalar(func(k *checkstore.Run) any {
			if k.Conclusion == "" {
				return nil
			}
			return strings.ToUpper(k.Conclusion)
		}),
	}
}

// minimized is what hiding a comment returns.
type minimized struct{ comment *commentstore.Comment }

// minimize hides a comment, which takes write access.
func minimize(v *Viewer, _ any, args map[string]any) (any, *gqlError) {
	if v.Permissions["pull_requests"] != "write" {
		return nil, &gqlError{Type: "FORBIDDEN", Message: "Resource not accessible by integration"}
	}
	in, _ := args["input"].(map[string]any)
	id, _ := in["subjectId"].(string)
	why, _ := in["classifier"].(string)
	for _, r := range v.Repos.All() {
		if c := r.Comments.Node(id); c != nil && c.Minimize(why) {
			return minimized{c}, nil
		}
	}
	return nil, &gqlError{Type: "NOT_FOUND", Message: fmt.Sprintf("Could not resolve to a node with the global id of '%s'", id)}
}
