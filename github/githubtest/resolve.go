package githubtest

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxText is the size above which the text of a blob is cut.
const maxText = 512_000

// interfaces lists the types behind each interface.
var interfaces = map[string][]string{
	"GitObject":   {"Blob", "Commit", "Tree"},
	"Minimizable": {"IssueComment"},
}

// connection is one page of a list.
type connection struct {
	nodes    []any
	first    int // index of the first node in the whole list
	total    int
	next     bool
	previous bool
}

var (
	forward = []string{"first", "last", "after", "before"}
	pages   = append(forward, "filterBy")
)

// scalar makes a field without arguments of a function of the parent.
func scalar[T any](get func(T) any) field {
	return field{get: func(_ *execution, p any, _ map[string]any) (any, *gqlError) { return get(p.(T)), nil }}
}

func connected(of string) map[string]field {
	return map[string]field{
		"nodes":      {of: of, get: func(_ *execution, p any, _ map[string]any) (any, *gqlError) { return p.(*connection).nodes, nil }},
		"totalCount": scalar(func(c *connection) any { return c.total }),
		"pageInfo":   {of: "PageInfo", get: func(_ *execution, p any, _ map[string]any) (any, *gqlError) { return p, nil }},
	}
}

// blobAt is a blob in answers.
type blobAt struct{ id, data string }

// suite is a check suite: the check runs of one App on one commit.
type suite struct {
	id    int64
	app   int64
	slug  string
	check []*Check
}

type commitAt struct {
	repo *repo
	id   string
}

// types is the part of GitHub's schema that this server knows.
var types = map[string]map[string]field{
	"Query":    queryFields(),
	"Mutation": {"minimizeComment": {of: "MinimizeCommentPayload", args: []string{"input!"}, get: minimize}},
	"MinimizeCommentPayload": {"minimizedComment": {of: "Minimizable", get: func(_ *execution, p any, _ map[string]any) (any, *gqlError) {
		return typed{"IssueComment", p.(minimized).comment}, nil
	}}},
	"Minimizable":            minimizable(),
	"Repository":             repositoryFields(),
	"PullRequest":            pullFields(),
	"IssueCommentConnection": connected("IssueComment"),
	"IssueComment":           commentFields(),
	"Commit":                 commitFields(),
	"CheckSuiteConnection":   connected("CheckSuite"),
	"CheckSuite":             suiteFields(),
	"CheckRunConnection":     connected("CheckRun"),
	"CheckRun":               checkFields(),
	"Tree":                   {"oid": scalar(func(id string) any { return id })},
	"GitObject":              {"oid": {get: same}},
	"User":                   {"login": scalar(func(l string) any { return l })},
	"Actor":                  {"login": scalar(func(l string) any { return l })},
	"App":                    {"databaseId": scalar(func(s *suite) any { return s.app }), "slug": scalar(func(s *suite) any { return s.slug })},
	"PageInfo":               pageFields(),
	"RateLimit":              {"remaining": {get: same}, "limit": {get: same}},
	"Blob": {
		"oid": scalar(func(b blobAt) any { return b.id }), "byteSize": scalar(func(b blobAt) any { return len(b.data) }),
		"isBinary": scalar(func(b blobAt) any { return binary(b.data) }), "isTruncated": scalar(func(b blobAt) any { return len(b.data) > maxText }),
		"text": scalar(blobAt.text),
	},
}

func same(_ *execution, p any, _ map[string]any) (any, *gqlError) { return p, nil }

func binary(s string) bool { return strings.ContainsRune(s, 0) || !utf8.ValidString(s) }

func (b blobAt) text() any {
	if binary(b.data) {
		return nil
	}
	return b.data[:min(len(b.data), maxText)]
}

func queryFields() map[string]field {
	return map[string]field{
		"viewer":    {of: "User", get: func(x *execution, _ any, _ map[string]any) (any, *gqlError) { return x.c.actor.Login, nil }},
		"rateLimit": {of: "RateLimit", get: func(x *execution, _ any, _ map[string]any) (any, *gqlError) { return x.c.s.opt.Hourly, nil }},
		"repository": {of: "Repository", args: []string{"owner!", "name!", "followRenames"}, get: func(x *execution, _ any, args map[string]any) (any, *gqlError) {
			full := fmt.Sprintf("%v/%v", args["owner"], args["name"])
			r := x.c.s.repos[strings.ToLower(full)]
			if r == nil {
				return nil, &gqlError{Type: "NOT_FOUND", Message: fmt.Sprintf("Could not resolve to a Repository with the name '%s'.", full)}
			}
			return r, nil
		}},
	}
}

func repositoryFields() map[string]field {
	return map[string]field{
		"nameWithOwner": scalar(func(r *repo) any { return r.FullName }),
		"pullRequest": {of: "PullRequest", args: []string{"number!"}, get: func(x *execution, p any, args map[string]any) (any, *gqlError) {
			if err := x.need("pull_requests"); err != nil {
				return nil, err
			}
			n := integer(args["number"])
			if pull := p.(*repo).pulls[n]; pull != nil {
				return pullAt{p.(*repo), pull}, nil
			}
			return nil, &gqlError{Type: "NOT_FOUND", Message: fmt.Sprintf("Could not resolve to a PullRequest with the number of %d.", n)}
		}},
		"object": {of: "GitObject", args: []string{"expression", "oid"}, get: resolveObject},
	}
}

type pullAt struct {
	repo *repo
	pull *Pull
}

// need is the permission check of a field.
func (x *execution) need(permission string) *gqlError {
	if have := x.c.actor.Permissions[permission]; have == "read" || have == "write" {
		return nil
	}
	return &gqlError{Type: "FORBIDDEN", Message: "Resource not accessible by integration"}
}

func resolveObject(x *execution, p any, args map[string]any) (any, *gqlError) {
	if err := x.need("contents"); err != nil {
		return nil, err
	}
	r := p.(*repo)
	ref, _ := args["oid"].(string)
	file, hasFile := "", false
	if e, ok := args["expression"].(string); ok {
		ref, file, hasFile = strings.Cut(e, ":")
	}
	sha, ok := x.c.s.resolve(r, ref)
	if !ok {
		return nil, nil
	}
	if !hasFile {
		return typed{"Commit", commitAt{r, sha}}, nil
	}
	e, ok := r.git.at(sha, file)
	switch {
	case !ok || e.mode == Submodule:
		return nil, nil
	case e.mode == directory:
		return typed{"Tree", e.sha}, nil
	}
	return typed{"Blob", blobAt{e.sha, r.git.text(e)}}, nil
}

func pullFields() map[string]field {
	return map[string]field{
		"number":     scalar(func(p pullAt) any { return p.pull.Number }),
		"headRefOid": scalar(func(p pullAt) any { return p.pull.Head }),
		"baseRefOid": scalar(func(p pullAt) any { return p.pull.Base }),
		"isDraft":    scalar(func(p pullAt) any { return p.pull.Draft }),
		"comments": {of: "IssueCommentConnection", args: append(forward, "orderBy"), get: func(_ *execution, p any, args map[string]any) (any, *gqlError) {
			v := p.(pullAt)
			var all []any
			for _, c := range v.repo.on(v.pull.Number) {
				all = append(all, c)
			}
			return paged(all, "comments", args)
		}},
	}
}

// paged cuts one page out of a list, under GitHub's rules for connections.
func paged(all []any, name string, args map[string]any) (any, *gqlError) {
	first, hasFirst := args["first"]
	last, hasLast := args["last"]
	n := integer(first)
	if hasLast && !hasFirst {
		n = integer(last)
	}
	if hasFirst == hasLast {
		return nil, &gqlError{Type: "MISSING_PAGINATION_BOUNDARIES", Message: fmt.Sprintf("You must provide a `first` or `last` value to properly paginate the `%s` connection.", name)}
	}
	if n < 1 || n > 100 {
		return nil, &gqlError{Type: "EXCESSIVE_PAGINATION", Message: fmt.Sprintf("Requesting %d records on the `%s` connection exceeds the `first` limit of 100 records.", n, name)}
	}
	from, to := 0, len(all)
	if after, ok := args["after"].(string); ok {
		from = min(cursorIndex(after)+1, len(all))
	}
	if before, ok := args["before"].(string); ok {
		to = max(min(cursorIndex(before), len(all)), from)
	}
	if hasFirst {
		to = min(to, from+n)
	} else {
		from = max(from, to-n)
	}
	return &connection{nodes: all[from:to], first: from, total: len(all), next: to < len(all), previous: from > 0}, nil
}

func cursor(i int) string { return "cursor:" + strconv.Itoa(i) }

func cursorIndex(s string) int {
	n, _ := strconv.Atoi(strings.TrimPrefix(s, "cursor:"))
	return n
}

func integer(v any) int {
	switch v := v.(type) {
	case int64:
		return int(v)
	case float64:
		return int(v)
	}
	return 0
}

func pageFields() map[string]field {
	edge := func(index func(*connection) int) field {
		return scalar(func(c *connection) any {
			if len(c.nodes) == 0 {
				return nil
			}
			return cursor(index(c))
		})
	}
	return map[string]field{
		"hasNextPage":     scalar(func(c *connection) any { return c.next }),
		"hasPreviousPage": scalar(func(c *connection) any { return c.previous }),
		"endCursor":       edge(func(c *connection) int { return c.first + len(c.nodes) - 1 }),
		"startCursor":     edge(func(c *connection) int { return c.first }),
	}
}

func minimizable() map[string]field {
	return map[string]field{
		"isMinimized": scalar(func(c *Comment) any { return c.Minimized != "" }),
		"minimizedReason": scalar(func(c *Comment) any {
			if c.Minimized == "" {
				return nil
			}
			return c.Minimized
		}),
	}
}

func commentFields() map[string]field {
	out := minimizable()
	out["id"] = scalar(func(c *Comment) any { return c.NodeID })
	// A BigInt is a string in JSON; the Int of old has been too small for years.
	out["fullDatabaseId"] = scalar(func(c *Comment) any { return strconv.FormatInt(c.ID, 10) })
	out["databaseId"] = field{get: func(_ *execution, p any, _ map[string]any) (any, *gqlError) { return narrow(p.(*Comment).ID) }}
	out["body"] = scalar(func(c *Comment) any { return c.Body })
	out["createdAt"] = scalar(func(c *Comment) any { return c.Created.Format(rfc3339) })
	out["updatedAt"] = scalar(func(c *Comment) any { return c.Updated.Format(rfc3339) })
	out["author"] = field{of: "Actor", get: func(_ *execution, p any, _ map[string]any) (any, *gqlError) { return p.(*Comment).Author, nil }}
	out["viewerDidAuthor"] = field{get: func(x *execution, p any, _ map[string]any) (any, *gqlError) {
		return p.(*Comment).Author == x.c.actor.Login, nil
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
		"checkSuites": {of: "CheckSuiteConnection", args: pages, get: func(x *execution, p any, args map[string]any) (any, *gqlError) {
			if err := x.need("checks"); err != nil {
				return nil, err
			}
			c := p.(commitAt)
			var all []*suite
			for _, k := range c.repo.checks {
				if k.HeadSHA != c.id {
					continue
				}
				i := slices.IndexFunc(all, func(s *suite) bool { return s.id == k.Suite })
				if i < 0 {
					i = len(all)
					all = append(all, &suite{id: k.Suite, app: k.App, slug: k.Slug})
				}
				all[i].check = append(all[i].check, k)
			}
			var nodes []any
			for _, s := range all {
				nodes = append(nodes, s)
			}
			if nodes == nil {
				nodes = []any{}
			}
			return paged(nodes, "checkSuites", args)
		}},
	}
}

func suiteFields() map[string]field {
	return map[string]field{
		"databaseId": {get: func(_ *execution, p any, _ map[string]any) (any, *gqlError) { return narrow(p.(*suite).id) }},
		"app":        {of: "App", get: same},
		"checkRuns": {of: "CheckRunConnection", args: pages, get: func(_ *execution, p any, args map[string]any) (any, *gqlError) {
			filter, _ := args["filterBy"].(map[string]any)
			nodes := []any{}
			for _, k := range p.(*suite).check {
				if k.passes(filter) {
					nodes = append(nodes, k)
				}
			}
			return paged(nodes, "checkRuns", args)
		}},
	}
}

// passes applies a CheckRunFilter.
func (k *Check) passes(filter map[string]any) bool {
	if name, ok := filter["checkName"].(string); ok && name != k.Name {
		return false
	}
	if statuses, ok := filter["statuses"].([]any); ok && !slices.Contains(statuses, any(strings.ToUpper(k.Status))) {
		return false
	}
	return true
}

func checkFields() map[string]field {
	return map[string]field{
		"id":         scalar(func(k *Check) any { return k.NodeID }),
		"databaseId": {get: func(_ *execution, p any, _ map[string]any) (any, *gqlError) { return narrow(p.(*Check).ID) }},
		"name":       scalar(func(k *Check) any { return k.Name }),
		"status":     scalar(func(k *Check) any { return strings.ToUpper(k.Status) }),
		"externalId": scalar(func(k *Check) any { return k.ExternalID }),
		"startedAt":  scalar(func(k *Check) any { return k.Started.Format(rfc3339) }),
		"conclusion": scalar(func(k *Check) any {
			if k.Conclusion == "" {
				return nil
			}
			return strings.ToUpper(k.Conclusion)
		}),
	}
}

// minimized is what hiding a comment returns.
type minimized struct{ comment *Comment }

// minimize hides a comment, which takes write access.
func minimize(x *execution, _ any, args map[string]any) (any, *gqlError) {
	if x.c.actor.Permissions["pull_requests"] != "write" {
		return nil, &gqlError{Type: "FORBIDDEN", Message: "Resource not accessible by integration"}
	}
	in, _ := args["input"].(map[string]any)
	id, _ := in["subjectId"].(string)
	why, _ := in["classifier"].(string)
	for _, r := range x.c.s.repos {
		for _, c := range r.comments {
			if c.NodeID == id && slices.Contains([]string{"OUTDATED", "RESOLVED", "DUPLICATE", "OFF_TOPIC", "SPAM", "ABUSE"}, why) {
				c.Minimized = strings.ToLower(strings.ReplaceAll(why, "_", "-"))
				return minimized{c}, nil
			}
		}
	}
	return nil, &gqlError{Type: "NOT_FOUND", Message: fmt.Sprintf("Could not resolve to a node with the global id of '%s'", id)}
}
