package query_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/github/githubtest/gitstore"
	"github.com/pertask/pertask/github/githubtest/query"
	"github.com/pertask/pertask/github/githubtest/repostore"
)

// newHistory is a viewer of a repository with four pull requests: number 2 merged, 3 closed, 4 of a fork that is gone.
func newHistory(t *testing.T) *query.Viewer {
	t.Helper()
	v, head := newViewer(t)
	r := v.Repos.Find("acme/agent")
	at := func(hour int) time.Time { return time.Date(2026, 11, 23, hour, 0, 0, 0, time.UTC) }
	more := r.Git.Commit([]string{head}, gitstore.Text(map[string]string{"a": "3\n"}), "more")
	for n := 2; n <= 4; n++ {
		p, err := r.Open(head, more, func(p *repostore.Pull) {
			p.HeadRef, p.Created, p.Updated, p.Labels = fmt.Sprintf("fix-%d", n), at(n), at(10-n), []string{"x", "y"}
		})
		if err != nil {
			t.Fatal(err)
		}
		switch n {
		case 2:
			p.Merged, p.MergeSHA, p.MergedAt, p.Title, p.Rewritten = true, more, at(8), "Fix it", []string{head}
		case 3:
			p.State = "closed"
		case 4:
			p.HeadRepo = "eve/gone"
		}
		p.Settle(at(8), time.Time{})
	}
	first := r.Pulls[1]
	first.Settle(at(1), time.Time{})
	return v
}

func TestPulls(t *testing.T) {
	v := newHistory(t)
	list := func(args, fields string) string {
		return inRepo(fmt.Sprintf(`pullRequests(%s){totalCount nodes{%s} pageInfo{hasNextPage}}`, args, fields))
	}
	numbers := func(n ...string) string { return `"nodes":[{"number":` + strings.Join(n, `},{"number":`) + `}]` }
	for name, tt := range map[string]struct{ query, want string }{
		"as they were opened":      {list(`first:9`, `number`), numbers("1", "2", "3", "4")},
		"as they were changed":     {list(`first:9,orderBy:{field:UPDATED_AT,direction:DESC}`, `number`), numbers("2", "3", "4", "1")},
		"a page":                   {list(`first:2,orderBy:{field:UPDATED_AT,direction:ASC}`, `number`), numbers("1", "4") + `,"pageInfo":{"hasNextPage":true},"totalCount":4`},
		"behind nonsense":          {list(`first:2,after:"nonsense"`, `number`), numbers("1", "2")},
		"merged":                   {list(`first:9,states:[MERGED]`, `number`), numbers("2")},
		"not open":                 {list(`first:9,states:[MERGED,CLOSED]`, `number`), numbers("2", "3")},
		"one state without a list": {list(`first:9,states:OPEN`, `number`), numbers("1", "4")},
		"of a branch":              {list(`first:9,headRefName:"fix-3"`, `number`), numbers("3")},
		"into none":                {list(`first:9,baseRefName:"no"`, `number`), `"nodes":[]`},
		"what became of it":        {list(`first:1,states:[MERGED]`, `state title createdAt closedAt mergedAt`), `{"closedAt":"2026-11-23T08:00:00Z","createdAt":"2026-11-23T02:00:00Z","mergedAt":"2026-11-23T08:00:00Z","state":"MERGED","title":"Fix it"}`},
		"what was not":             {list(`first:1,states:[OPEN]`, `state title closedAt mergedAt mergeCommit{oid}`), `{"closedAt":null,"mergeCommit":null,"mergedAt":null,"state":"OPEN","title":"Change"}`},
		"its size":                 {list(`first:1,states:[MERGED]`, `additions deletions changedFiles commits(first:9){totalCount nodes{commit{oid}}}`), `"additions":1,"changedFiles":5,"commits":{"nodes":[{"commit":`},
		"its labels":               {list(`first:1,states:[MERGED]`, `labels(first:1){totalCount nodes{name}}`), `{"labels":{"nodes":[{"name":"x"}],"totalCount":2}}`},
		"pushes with force":        {list(`first:1,states:[MERGED]`, `timelineItems(first:9,itemTypes:[HEAD_REF_FORCE_PUSHED_EVENT]){nodes{... on HeadRefForcePushedEvent{beforeCommit{oid}}}}`), `{"beforeCommit":{"oid":"`},
		"a repository that went":   {list(`first:9,headRefName:"fix-4"`, `headRepository{nameWithOwner} headRefName baseRefName author{login}`), `{"author":{"login":"ada"},"baseRefName":"main","headRefName":"fix-4","headRepository":null}`},
		"the default branch":       {inRepo(`defaultBranchRef{name}`), `"defaultBranchRef":{"name":"main"}`},
	} {
		if got := run(t, v, tt.query, nil); !strings.Contains(got, tt.want) {
			t.Errorf("%s: got %s, want %s", name, got, tt.want)
		}
	}
	v.Repos.Find("acme/agent").Pulls[3].Unreadable = true
	if got := run(t, v, list(`first:9`, `number`), nil); !strings.Contains(got, `{"number":2},null,{"number":4}`) || !strings.Contains(got, `"path":["repository","pullRequests","nodes",2]`) {
		t.Errorf("one that cannot be shown: got %s", got)
	}
	v.Permissions["pull_requests"] = "none"
	if got := run(t, v, list(`first:9`, `number`), nil); !strings.Contains(got, "FORBIDDEN") {
		t.Errorf("without the permission: got %s", got)
	}
}

// TestCost has the example of GitHub's documentation, whose cost it gives as 51.
func TestCost(t *testing.T) {
	for name, tt := range map[string]struct {
		query string
		vars  map[string]any
		want  int
	}{
		"the documentation's": {`query{viewer{login repositories(first:100){edges{node{id issues(first:50){edges{node{id labels(first:60){edges{node{id name}}}}}}}}}}}`, nil, 51},
		"nothing":             {`{viewer{login}}`, nil, 1},
		"rounded down":        {`query($n:Int!){a(first:$n){nodes{b(first:100){nodes{c}}}}}`, map[string]any{"n": 148.0}, 1},
		"rounded up":          {`query($n:Int!){a(first:$n){nodes{b(first:100){nodes{c}}}}}`, map[string]any{"n": 149.0}, 2},
		"in a fragment":       {`{x{... on Y{a(last:100){nodes{b(first:1){c} d(last:1){c}}}}}}`, nil, 2},
		"no query":            {`{`, nil, 1},
	} {
		if got := query.Cost(tt.query, tt.vars); got != tt.want {
			t.Errorf("%s: got %d, want %d", name, got, tt.want)
		}
	}
}
