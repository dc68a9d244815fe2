package query_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/github/githubtest/checkstore"
	"github.com/pertask/pertask/github/githubtest/commentstore"
	"github.com/pertask/pertask/github/githubtest/gitstore"
	"github.com/pertask/pertask/github/githubtest/query"
	"github.com/pertask/pertask/github/githubtest/rate"
	"github.com/pertask/pertask/github/githubtest/repostore"
)

// newViewer is the App bot, with write access to a repository with a pull request, comments and a check run; the repository
// acme/hidden it does not see.
func newViewer(t *testing.T) (v *query.Viewer, head string) {
	t.Helper()
	id := int64(5_000_000_000)
	repos := repostore.New(func() int64 { id++; return id })
	r := repos.Add("acme/agent")
	repos.Add("acme/hidden")
	base := r.Git.Commit(nil, gitstore.Text(map[string]string{"a": "1\n"}), "base")
	head = r.Git.Commit([]string{base}, map[string]gitstore.File{
		"dir/a": {Content: "2\n"}, "bin": {Content: "\x00"}, "long": {Content: strings.Repeat("x", 512_001)}, "sub": {Mode: gitstore.Submodule, Content: strings.Repeat("ab", 20)},
	}, "head")
	if _, err := r.Open(base, head); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	r.Comments.Add(1, true, commentstore.Author{Login: "bot[bot]"}, "ours", at)
	r.Comments.Add(1, true, commentstore.Author{Login: "eve"}, "theirs", at)
	r.Checks.Add(checkstore.App{ID: 77, Slug: "bot"}, head, "pertask", at)
	return &query.Viewer{
		Login: "bot[bot]", Permissions: map[string]string{"pull_requests": "write", "contents": "read", "checks": "read"}, Spent: rate.Spent{Limit: 5000}, Repos: repos,
		Sees: func(r *repostore.Repo) bool { return r.FullName != "acme/hidden" },
	}, head
}

func run(t *testing.T, v *query.Viewer, q string, variables map[string]any) string {
	t.Helper()
	raw, err := json.Marshal(query.Run(v, q, variables))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func inRepo(q string) string { return `query{repository(owner:"acme",name:"agent"){` + q + `}}` }

func TestRun(t *testing.T) {
	v, head := newViewer(t)
	object := func(at, q string) string { return inRepo(fmt.Sprintf(`object(expression:%q){%s}`, head+at, q)) }
	for name, tt := range map[string]struct{ query, want string }{
		"who asks":        {`query{viewer{login} rateLimit{limit}}`, `{"rateLimit":{"limit":5000},"viewer":{"login":"bot[bot]"}}`},
		"a pull request":  {inRepo(`nameWithOwner pullRequest(number:1){number headRefOid isDraft}`), `"nameWithOwner":"acme/agent","pullRequest":{"headRefOid":"` + head + `","isDraft":false,"number":1}`},
		"comments":        {inRepo(`pullRequest(number:1){comments(first:9){nodes{body viewerDidAuthor author{login} isMinimized minimizedReason createdAt}}}`), `{"author":{"login":"eve"},"body":"theirs","createdAt":"2026-11-23T12:00:00Z","isMinimized":false,"minimizedReason":null,"viewerDidAuthor":false}`},
		"a big id":        {inRepo(`pullRequest(number:1){comments(first:1){nodes{fullDatabaseId}}}`), `"fullDatabaseId":"5000000003"`},
		"a commit":        {object("", `oid ... on Commit{checkSuites(first:1){nodes{app{slug databaseId} checkRuns(first:1){nodes{name status conclusion}}}}}`), `{"app":{"databaseId":77,"slug":"bot"},"checkRuns":{"nodes":[{"conclusion":null,"name":"pertask","status":"QUEUED"}]}}`},
		"checks by name":  {object("", `... on Commit{checkSuites(first:1){nodes{checkRuns(first:1,filterBy:{checkName:"x"}){nodes{name}}}}}`), `"checkRuns":{"nodes":[]}`},
		"a file":          {object(":dir/a", `... on Blob{text byteSize isBinary isTruncated}`), `{"byteSize":2,"isBinary":false,"isTruncated":false,"text":"2\n"}`},
		"a binary file":   {object(":bin", `... on Blob{text isBinary}`), `{"isBinary":true,"text":null}`},
		"a long file":     {object(":long", `... on Blob{byteSize isTruncated}`), `{"byteSize":512001,"isTruncated":true}`},
		"a folder":        {object(":dir", `__typename`), `"__typename":"Tree"`},
		"a submodule":     {object(":sub", `__typename`), `"object":null`},
		"no file":         {object(":no", `__typename`), `"object":null`},
		"no branch":       {inRepo(`object(expression:"no"){__typename}`), `"object":null`},
		"no pull request": {inRepo(`pullRequest(number:2){number}`), `Could not resolve to a PullRequest with the number of 2.`},
		"no repository":   {`query{repository(owner:"acme",name:"no"){nameWithOwner}}`, `Could not resolve to a Repository with the name 'acme/no'.`},
		"unseen":          {`query{repository(owner:"acme",name:"hidden"){nameWithOwner}}`, `Could not resolve to a Repository with the name 'acme/hidden'.`},
		"an id too big":   {inRepo(`pullRequest(number:1){comments(first:1){nodes{databaseId}}}`), `Int cannot represent non 32-bit signed integer value: 5000000003`},
		"no field":        {inRepo(`stars`), `"errors":`},
	} {
		if got := run(t, v, tt.query, nil); !strings.Contains(got, tt.want) {
			t.Errorf("%s: got %s, want %s", name, got, tt.want)
		}
	}
}

// TestPermissions shows that each part takes the permission that it is under.
func TestPermissions(t *testing.T) {
	for permission, q := range map[string]string{
		"pull_requests": inRepo(`pullRequest(number:1){number}`),
		"contents":      inRepo(`object(expression:"refs/pull/1/head"){oid}`),
		"checks":        inRepo(`object(expression:"refs/pull/1/head"){... on Commit{checkSuites(first:1){nodes{databaseId}}}}`),
	} {
		for level, want := range map[string]bool{"": true, "none": true, "read": false, "write": false} {
			v, _ := newViewer(t)
			v.Permissions[permission] = level
			if got := run(t, v, q, nil); strings.Contains(got, "FORBIDDEN") != want {
				t.Errorf("%s %q: got %s", permission, level, got)
			}
		}
	}
}

func TestMinimize(t *testing.T) {
	const mutation = `mutation($i:MinimizeCommentInput!){minimizeComment(input:$i){minimizedComment{isMinimized minimizedReason}}}`
	for name, tt := range map[string]struct{ subject, reason, level, want string }{
		"hidden":         {"IC_5000000003", "OUTDATED", "write", `{"isMinimized":true,"minimizedReason":"outdated"}`},
		"another reason": {"IC_5000000003", "BORING", "write", "NOT_FOUND"},
		"no comment":     {"IC_1", "OUTDATED", "write", "NOT_FOUND"},
		"a reader":       {"IC_5000000003", "OUTDATED", "read", "FORBIDDEN"},
	} {
		v, _ := newViewer(t)
		v.Permissions["pull_requests"] = tt.level
		got := run(t, v, mutation, map[string]any{"i": map[string]any{"subjectId": tt.subject, "classifier": tt.reason}})
		hidden := v.Repos.Find("acme/agent").Comments.Find(5_000_000_003).Minimized != ""
		if !strings.Contains(got, tt.want) || hidden != (name == "hidden") {
			t.Errorf("%s: got %s; hidden: %v", name, got, hidden)
		}
	}
}
