package query

import (
	"cmp"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pertask/pertask/github/githubtest/graph"
	"github.com/pertask/pertask/github/githubtest/repostore"
)

// pullTypes are the types that are there for lists of pull requests.
func pullTypes() map[string]map[string]field {
	return map[string]map[string]field{
		"Ref":                                {"name": scalar(func(n string) any { return n })},
		"PullRequestConnection":              graph.Connection[*Viewer]("PullRequest"),
		"PullRequestCommitConnection":        graph.Connection[*Viewer]("PullRequestCommit"),
		"PullRequestCommit":                  {"commit": {Of: "Commit", Get: same}},
		"LabelConnection":                    graph.Connection[*Viewer]("Label"),
		"Label":                              {"name": scalar(func(n string) any { return n })},
		"PullRequestTimelineItemsConnection": graph.Connection[*Viewer]("PullRequestTimelineItems"),
		"HeadRefForcePushedEvent":            {"beforeCommit": {Of: "Commit", Get: same}},
	}
}

// listFields are the fields of a repository that lists of pull requests need.
func listFields() map[string]field {
	return map[string]field{
		"defaultBranchRef": {Of: "Ref", Get: func(_ *Viewer, p any, _ map[string]any) (any, *gqlError) {
			return cmp.Or(p.(*repostore.Repo).Default, "main"), nil
		}},
		"pullRequests": {Of: "PullRequestConnection", Args: graph.Pages("states", "orderBy", "headRefName", "baseRefName"), Get: listPulls},
	}
}

// lifeFields are the fields of a pull request that say what became of it.
func lifeFields() map[string]field {
	return map[string]field{
		"title":        scalar(func(p pullAt) any { return p.pull.TitleText() }),
		"state":        scalar(func(p pullAt) any { return state(p.pull) }),
		"baseRefName":  scalar(func(p pullAt) any { return p.pull.BaseRef }),
		"headRefName":  scalar(func(p pullAt) any { return p.pull.HeadRef }),
		"createdAt":    moment(func(p *repostore.Pull) time.Time { return p.Created }),
		"updatedAt":    moment(func(p *repostore.Pull) time.Time { return p.Updated }),
		"closedAt":     moment(func(p *repostore.Pull) time.Time { return p.Closed }),
		"mergedAt":     moment(func(p *repostore.Pull) time.Time { return p.MergedAt }),
		"additions":    lines(func(a, _, _ int) int { return a }),
		"deletions":    lines(func(_, d, _ int) int { return d }),
		"changedFiles": lines(func(_, _, f int) int { return f }),
		"author":       {Of: "Actor", Get: func(_ *Viewer, p any, _ map[string]any) (any, *gqlError) { return p.(pullAt).pull.Author, nil }},
		"headRepository": {Of: "Repository", Get: func(v *Viewer, p any, _ map[string]any) (any, *gqlError) {
			r := v.Repos.Find(p.(pullAt).pull.HeadRepo)
			if r == nil || !v.Sees(r) {
				return nil, nil
			}
			return r, nil
		}},
		"mergeCommit": {Of: "Commit", Get: func(_ *Viewer, p any, _ map[string]any) (any, *gqlError) {
			at := p.(pullAt)
			if !at.pull.Merged || at.pull.MergeSHA == "" {
				return nil, nil
			}
			return commitAt{at.repo, at.pull.MergeSHA}, nil
		}},
		"commits": connection("PullRequestCommitConnection", "commits", nil, func(p pullAt) []string { return p.repo.CommitsOf(p.pull) }, atCommit),
		"labels":  connection("LabelConnection", "labels", []string{"orderBy"}, func(p pullAt) []string { return p.pull.Labels }, func(_ pullAt, l string) any { return l }),
		"timelineItems": connection("PullRequestTimelineItemsConnection", "timelineItems", []string{"itemTypes", "since", "skip"},
			func(p pullAt) []string { return p.pull.Rewritten },
			func(p pullAt, c string) any { return graph.Typed{Is: "HeadRefForcePushedEvent", Value: atCommit(p, c)} }),
	}
}

func atCommit(p pullAt, id string) any { return commitAt{p.repo, id} }

func connection(of, name string, args []string, list func(pullAt) []string, node func(pullAt, string) any) field {
	return field{Of: of, Args: graph.Pages(args...), Get: func(_ *Viewer, p any, args map[string]any) (any, *gqlError) {
		all := []any{}
		for _, s := range list(p.(pullAt)) {
			all = append(all, node(p.(pullAt), s))
		}
		return graph.Page(all, name, args)
	}}
}

func state(p *repostore.Pull) string {
	if p.Merged {
		return "MERGED"
	}
	return strings.ToUpper(p.State)
}

func moment(get func(*repostore.Pull) time.Time) field {
	return scalar(func(p pullAt) any {
		if t := get(p.pull); !t.IsZero() {
			return t.UTC().Format(zulu)
		}
		return nil
	})
}

func lines(pick func(added, deleted, files int) int) field {
	return scalar(func(p pullAt) any { return pick(p.repo.LinesOf(p.pull)) })
}

// listPulls lists pull requests of some states in an order. Its cursors name the pull request that they stand behind.
func listPulls(v *Viewer, parent any, args map[string]any) (any, *gqlError) {
	if err := v.mayRead("pull_requests"); err != nil {
		return nil, err
	}
	r := parent.(*repostore.Repo)
	key, down := order(args["orderBy"])
	var pulls []*repostore.Pull
	for _, p := range r.Pulls {
		if of(args["states"], state(p)) && of(args["headRefName"], p.HeadRef) && of(args["baseRefName"], p.BaseRef) {
			pulls = append(pulls, p)
		}
	}
	compare := func(a, b mark) int {
		c := cmp.Or(a.at.Compare(b.at), cmp.Compare(a.number, b.number))
		if down {
			return -c
		}
		return c
	}
	slices.SortFunc(pulls, func(p, q *repostore.Pull) int { return compare(markOf(p, key), markOf(q, key)) })
	all := []any{}
	for _, p := range pulls {
		if p.Unreadable {
			all = append(all, graph.Broken{Error: gqlError{Message: "Something went wrong while executing your query. This may be the result of a timeout, or it could be a GitHub bug."}})
			continue
		}
		all = append(all, pullAt{r, p})
	}
	behind := func(cursor string) int {
		m := readMark(cursor)
		if i := slices.IndexFunc(pulls, func(p *repostore.Pull) bool { return compare(m, markOf(p, key)) < 0 }); i >= 0 {
			return i
		}
		return len(pulls)
	}
	return graph.Keyed(all, func(i int) string { return markOf(pulls[i], key).String() }, behind, "pullRequests", args)
}

// of reports whether an argument, one value or a list of them, has the value. None has every one.
func of(arg any, value string) bool {
	switch a := arg.(type) {
	case nil:
		return true
	case []any:
		return slices.Contains(a, any(value))
	}
	return arg == value
}

func order(arg any) (key func(*repostore.Pull) time.Time, down bool) {
	key = func(p *repostore.Pull) time.Time { return p.Created }
	by, _ := arg.(map[string]any)
	if by["field"] == "UPDATED_AT" {
		key = func(p *repostore.Pull) time.Time { return p.Updated }
	}
	return key, by["direction"] == "DESC"
}

// mark is a place in a sorted list.
type mark struct {
	at     time.Time
	number int
}

func markOf(p *repostore.Pull, key func(*repostore.Pull) time.Time) mark {
	return mark{key(p).UTC(), p.Number}
}

// String returns a cursor, of a form that nobody can be tempted to read.
func (m mark) String() string {
	return base64.StdEncoding.EncodeToString([]byte("cursor:v2:" + m.at.Format(time.RFC3339Nano) + "," + strconv.Itoa(m.number)))
}

// readMark reads a cursor; one that is none stands in front of everything.
func readMark(cursor string) mark {
	raw, _ := base64.StdEncoding.DecodeString(cursor)
	at, number, _ := strings.Cut(strings.TrimPrefix(string(raw), "cursor:v2:"), ",")
	t, _ := time.Parse(time.RFC3339Nano, at)
	n, _ := strconv.Atoi(number)
	return mark{t, n}
}
