package githubtest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/github/githubtest"
)

// do makes one request with the first actor's token and returns status, headers and body.
func do(t *testing.T, s *githubtest.Server, method, path, body string) (int, http.Header, string) {
	t.Helper()
	return doAs(t, s, s.Token, method, path, body)
}

func doAs(t *testing.T, s *githubtest.Server, token, method, path, body string) (int, http.Header, string) {
	t.Helper()
	req, err := http.NewRequest(method, s.URL+strings.TrimPrefix(path, "/"), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	noRedirect := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := noRedirect.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	out, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(out)
}

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

func seeded(t *testing.T, opt githubtest.Options) (s *githubtest.Server, base, head string) {
	t.Helper()
	opt.BadRequests = true // what is refused here is refused on purpose
	s = githubtest.NewWith(t, opt)
	name := s.AddRepo("acme", "agent")
	base = s.Commit(name, nil, githubtest.Text(map[string]string{"a": "1\n"}))
	head = s.Commit(name, []string{base}, githubtest.Text(map[string]string{"a": "2\n"}))
	s.OpenPull(name, base, head)
	return s, base, head
}

func TestCheckLimits(t *testing.T) {
	s, _, head := seeded(t, githubtest.Options{})
	long := strings.Repeat("x", 65_536)
	note := `{"path":"a","start_line":1,"end_line":1,"annotation_level":"notice","message":"m"}`
	action := func(label, description, identifier string) string {
		return fmt.Sprintf(`{"label":%q,"description":%q,"identifier":%q}`, label, description, identifier)
	}
	notes := func(n int) string { return strings.TrimSuffix(strings.Repeat(note+",", n), ",") }
	for _, tt := range []struct {
		name, rest string
		status     int
		want       string
	}{
		{"bare", `"external_id":"x"`, 201, `"status":"queued"`},
		{"completed without conclusion", `"status":"completed"`, 422, "conclusion"},
		{"conclusion completes", `"conclusion":"neutral"`, 201, `"status":"completed"`},
		{"stale is GitHub's own", `"conclusion":"stale"`, 422, "stale is not"},
		{"waiting is GitHub's own", `"status":"waiting"`, 422, "waiting is not"},
		{"title without summary", `"output":{"title":"t"}`, 422, "summary"},
		{"summary of 65,536", `"output":{"title":"t","summary":"` + long + `"}`, 422, "Only 65535 characters"},
		{"summary of 65,535", `"output":{"title":"t","summary":"` + long[1:] + `"}`, 201, ""},
		{"summary of 65,536 bytes", `"output":{"title":"t","summary":"é` + long[2:] + `"}`, 422, "maximum bytesize"},
		{"text of 65,536", `"output":{"title":"t","summary":"s","text":"` + long + `"}`, 422, "Only 65535 characters"},
		{"text of 65,536 bytes is cut", `"output":{"title":"t","summary":"s","text":"` + long[2:] + `é"}`, 201, long[2:] + `"`},
		{"50 annotations", `"output":{"title":"t","summary":"s","annotations":[` + notes(50) + `]}`, 201, `"annotations_count":50`},
		{"51 annotations", `"output":{"title":"t","summary":"s","annotations":[` + notes(51) + `]}`, 422, "No more than 50 items are allowed; 51 were supplied."},
		{"annotation without a path", `"output":{"title":"t","summary":"s","annotations":[{}]}`, 422, "not complete"},
		{"label of 21", `"actions":[` + action(long[:21], "d", "i") + `]`, 422, "20 characters"},
		{"description of 41", `"actions":[` + action("l", long[:41], "i") + `]`, 422, "20 characters"},
		{"identifier of 21", `"actions":[` + action("l", "d", long[:21]) + `]`, 422, "20 characters"},
		{"limits of actions", `"actions":[` + action(long[:20], long[:40], long[:20]) + `]`, 201, ""},
		{"unknown commit", `"head_sha":"` + long[:40] + `"`, 422, "No commit found"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body := `{"name":"n","head_sha":"` + head + `",` + tt.rest + `}`
			status, _, got := do(t, s, "POST", "repos/acme/agent/check-runs", body)
			if status != tt.status || !strings.Contains(got, tt.want) {
				t.Errorf("got %d %.200s, want %d %.80q", status, got, tt.status, tt.want)
			}
		})
	}
	if status, _, _ := do(t, s, "POST", "repos/acme/agent/check-runs", `{"name":`); status != 400 {
		t.Errorf("bad JSON: got %d, want 400", status)
	}
}

func TestDetailsURLOfAWorkflowIsOverwritten(t *testing.T) {
	s, _, head := seeded(t, githubtest.Options{})
	_, _, got := do(t, s, "POST", "repos/acme/agent/check-runs", `{"name":"n","head_sha":"`+head+`","details_url":"https://mine.example"}`)
	if strings.Contains(got, "mine.example") {
		t.Errorf("got %s, want GitHub's own address", got)
	}
}

func TestOnlyAThousandOfOneName(t *testing.T) {
	s, _, head := seeded(t, githubtest.Options{})
	for range 1003 {
		s.AddJob("acme/agent", head, "n")
	}
	if got := len(s.Checks("acme/agent", head)); got != 1000 {
		t.Errorf("%d check runs, want 1000", got)
	}
	_, _, latest := do(t, s, "GET", "repos/acme/agent/commits/"+head+"/check-runs?check_name=n", "")
	_, _, all := do(t, s, "GET", "repos/acme/agent/commits/"+head+"/check-runs?check_name=n&filter=all", "")
	if !strings.Contains(latest, `"total_count":1`) || !strings.Contains(all, `"total_count":1000`) {
		t.Errorf("latest %.60s, all %.60s", latest, all)
	}
}

func TestPersonsMayNotWriteChecks(t *testing.T) {
	s, _, head := seeded(t, githubtest.Options{})
	s.AddToken("ghp_person", githubtest.Actor{Login: "ada", Permissions: map[string]string{"checks": "write"}})
	status, _, got := doAs(t, s, "ghp_person", "POST", "repos/acme/agent/check-runs", `{"name":"n","head_sha":"`+head+`"}`)
	if status != 403 || !strings.Contains(got, "You must authenticate via a GitHub App") {
		t.Errorf("got %d %s", status, got)
	}
}

func TestCommentLimits(t *testing.T) {
	s, _, _ := seeded(t, githubtest.Options{})
	path := "repos/acme/agent/issues/1/comments"
	for _, tt := range []struct {
		body   string
		status int
		want   string
	}{
		{strings.Repeat("é", 65_536), 201, ""}, {strings.Repeat("x", 65_537), 422, "Body is too long (maximum is 65536 characters)"}, {" \n", 422, "missing_field"},
	} {
		status, _, got := do(t, s, "POST", path, `{"body":`+quote(tt.body)+`}`)
		if status != tt.status || !strings.Contains(got, tt.want) {
			t.Errorf("%d bytes: got %d %.200s, want %d", len(tt.body), status, got, tt.status)
		}
	}
	if status, _, _ := do(t, s, "POST", "repos/acme/agent/issues/9/comments", `{"body":"x"}`); status != 404 {
		t.Errorf("no such pull request: got %d", status)
	}
}

func TestPagesAndLinks(t *testing.T) {
	s, _, _ := seeded(t, githubtest.Options{})
	for i := range 120 {
		s.AddComment("acme/agent", 1, "ada", fmt.Sprint(i))
	}
	for _, tt := range []struct {
		query string
		n     int
		rels  []string
	}{
		{"", 30, []string{"next", "last"}}, {"?per_page=500", 100, []string{"next", "last"}},
		{"?per_page=100&page=2", 20, []string{"prev", "first"}}, {"?per_page=100&page=9", 0, []string{"prev", "first"}},
	} {
		_, head, body := do(t, s, "GET", "repos/acme/agent/issues/1/comments"+tt.query, "")
		var all []any
		if err := json.Unmarshal([]byte(body), &all); err != nil {
			t.Fatal(err)
		}
		if len(all) != tt.n {
			t.Errorf("%s: %d comments, want %d", tt.query, len(all), tt.n)
		}
		link := head.Get("Link")
		for _, rel := range tt.rels {
			if !strings.Contains(link, `rel="`+rel+`"`) || !strings.Contains(link, "/repositories/") {
				t.Errorf("%s: Link %s has no %s by number", tt.query, link, rel)
			}
		}
	}
	_, head, _ := do(t, s, "GET", "repos/acme/agent/issues/1/comments?per_page=100", "")
	next, _, _ := strings.Cut(strings.TrimPrefix(head.Get("Link"), "<"+s.URL), ">")
	if status, _, body := do(t, s, "GET", next, ""); status != 200 || !strings.Contains(body, `"119"`) {
		t.Errorf("following the link: got %d %.80s", status, body)
	}
}

func TestTokensPermissionsAndRates(t *testing.T) {
	s, _, _ := seeded(t, githubtest.Options{Actor: githubtest.ReadOnlyActor(), Hourly: 3})
	if status, _, got := doAs(t, s, "wrong", "GET", "repos/acme/agent/issues/1/comments", ""); status != 401 || !strings.Contains(got, "Bad credentials") {
		t.Errorf("wrong token: got %d %s", status, got)
	}
	status, head, got := do(t, s, "POST", "repos/acme/agent/issues/1/comments", `{"body":"x"}`)
	if status != 403 || !strings.Contains(got, "Resource not accessible by integration") || head.Get("X-Accepted-GitHub-Permissions") != "pull_requests=write" {
		t.Errorf("read only: got %d %s %v", status, got, head)
	}
	do(t, s, "GET", "repos/acme/agent/issues/1/comments", "")
	_, head, _ = do(t, s, "GET", "repos/acme/agent/issues/1/comments", "")
	if head.Get("X-RateLimit-Remaining") != "0" {
		t.Errorf("remaining %q, want 0", head.Get("X-RateLimit-Remaining"))
	}
	if status, _, got := do(t, s, "GET", "repos/acme/agent/issues/1/comments", ""); status != 403 || !strings.Contains(got, "rate limit exceeded") {
		t.Errorf("the fourth: got %d %s", status, got)
	}
}

func TestCompareShowsFilesOnTheFirstPageOnly(t *testing.T) {
	s, base, head := seeded(t, githubtest.Options{})
	_, _, first := do(t, s, "GET", "repos/acme/agent/compare/"+base+"..."+head, "")
	_, _, second := do(t, s, "GET", "repos/acme/agent/compare/"+base+"..."+head+"?page=2", "")
	if !strings.Contains(first, `"filename":"a"`) || strings.Contains(second, `"filename"`) || !strings.Contains(first, `"status":"ahead"`) {
		t.Errorf("first %.200s\nsecond %.200s", first, second)
	}
}

func TestArchiveKeyWorksOnce(t *testing.T) {
	s, _, head := seeded(t, githubtest.Options{})
	status, h, _ := do(t, s, "GET", "repos/acme/agent/tarball/"+head, "")
	if status != 302 || strings.HasPrefix(h.Get("Location"), s.URL) {
		t.Fatalf("got %d to %s, want a redirect to another server", status, h.Get("Location"))
	}
	for i, want := range []int{200, 404} {
		resp, err := http.Get(h.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("use %d: got %d, want %d", i+1, resp.StatusCode, want)
		}
	}
}

func TestGraphQLRefuses(t *testing.T) {
	s, base, _ := seeded(t, githubtest.Options{})
	for _, tt := range []struct{ name, query, vars, want string }{
		{"syntax", `{`, `{}`, "Parse error"},
		{"unknown field", `{viewer{nope}}`, `{}`, "Field 'nope' doesn't exist on type 'User'"},
		{"unknown argument", `{viewer{login} repository(owner:"a",name:"b",x:1){nameWithOwner}}`, `{}`, "doesn't accept argument 'x'"},
		{"missing argument", `{repository(owner:"a"){nameWithOwner}}`, `{}`, "missing required arguments: name"},
		{"no selections", `{viewer}`, `{}`, "must have selections"},
		{"selections on a scalar", `{viewer{login{x}}}`, `{}`, "can't be made on scalars"},
		{"wrong fragment", `{viewer{... on Blob{oid}}}`, `{}`, "can't be spread"},
		{"undeclared variable", `{repository(owner:$o,name:"b"){nameWithOwner}}`, `{}`, "not declared"},
		{"unused variable", `query($o:String!){viewer{login}}`, `{"o":"x"}`, "not used"},
		{"missing variable", `query($o:String!){repository(owner:$o,name:"b"){nameWithOwner}}`, `{}`, "invalid value"},
		{"wrong variable", `query($o:String!){repository(owner:$o,name:"b"){nameWithOwner}}`, `{"o":3}`, "invalid value"},
		{"no page size", `{repository(owner:"acme",name:"agent"){pullRequest(number:1){comments{totalCount}}}}`, `{}`, "MISSING_PAGINATION_BOUNDARIES"},
		{"page too large", `{repository(owner:"acme",name:"agent"){pullRequest(number:1){comments(first:101){totalCount}}}}`, `{}`, "EXCESSIVE_PAGINATION"},
		{"no repository", `{repository(owner:"acme",name:"nope"){nameWithOwner}}`, `{}`, "NOT_FOUND"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, _, got := do(t, s, "POST", "graphql", `{"query":`+quote(tt.query)+`,"variables":`+tt.vars+`}`)
			if status != 200 || !strings.Contains(strings.ReplaceAll(got, `\u0026`, "&"), tt.want) {
				t.Errorf("got %d %s, want %q", status, got, tt.want)
			}
		})
	}
	s.AddComment("acme/agent", 1, "ada", "x")
	query := `{viewer{login} repository(owner:"acme",name:"agent"){object(expression:"` + base + `:a"){__typename oid ... on Blob{text byteSize}} pullRequest(number:1){comments(last:1){totalCount nodes{databaseId fullDatabaseId author{login} viewerDidAuthor}pageInfo{hasPreviousPage startCursor}}}}}`
	_, _, got := do(t, s, "POST", "graphql", `{"query":`+quote(query)+`}`)
	for _, want := range []string{`"text":"1\n"`, `"__typename":"Blob"`, `"databaseId":null`, `"fullDatabaseId":"5`, `Int cannot represent`, `"login":"ada"`, `"viewerDidAuthor":false`} {
		if !strings.Contains(got, want) {
			t.Errorf("got %s, want %s in it", got, want)
		}
	}
}

func TestFaultsAndDelays(t *testing.T) {
	s, _, _ := seeded(t, githubtest.Options{})
	path := "repos/acme/agent/issues/1/comments"
	s.Fail(githubtest.Match("POST", "/comments$"), 502, 1, true)
	s.Fail(githubtest.Match("POST", "/comments$"), 503, 1, false)
	s.Delay(githubtest.Match("POST", "/comments$"), time.Millisecond, 1)
	for i, want := range []int{502, 503, 201, 201} {
		if status, _, _ := do(t, s, "POST", path, `{"body":"x"}`); status != want {
			t.Errorf("request %d: got %d, want %d", i, status, want)
		}
	}
	if got := len(s.Comments("acme/agent", 1)); got != 3 {
		t.Errorf("%d comments, want 3: the 502 had its effect, the 503 had none", got)
	}
	if got := s.Count("POST", "/comments$"); got != 4 {
		t.Errorf("%d requests, want 4", got)
	}
}

func TestStartWithoutATest(t *testing.T) {
	s, err := githubtest.Start(githubtest.Options{Token: "ghs_mine"})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if s.Token != "ghs_mine" || !strings.HasSuffix(s.URL, "/") || !strings.HasSuffix(s.GraphQLURL, "/graphql") {
		t.Errorf("got %q %q %q", s.Token, s.URL, s.GraphQLURL)
	}
	defer func() {
		if recover() == nil {
			t.Error("seeding an unknown repository: want a panic")
		}
	}()
	s.Commit("no/such", nil, nil)
}

// TestObjectIDsAndPatchesAreGits checks both against git itself.
func TestObjectIDsAndPatchesAreGits(t *testing.T) {
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("no git")
	}
	dir := t.TempDir()
	run := func(stdin string, args ...string) string {
		t.Helper()
		cmd := exec.Command(git, args...)
		cmd.Dir, cmd.Stdin = dir, strings.NewReader(stdin)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null",
			"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_AUTHOR_DATE=1767225600 +0000",
			"GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com", "GIT_COMMITTER_DATE=1767225600 +0000")
		out, err := cmd.CombinedOutput()
		if err != nil && len(args) > 0 && args[0] != "diff" {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	run("", "init", "-q", "--object-format=sha1")
	was := map[string]string{"a.txt": "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n", "b/c/d.txt": "x", "b.txt": "1\n", "b-c": "y\n"}
	is := map[string]string{"a.txt": "1\n2\nthree\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n", "b/c/d.txt": "x\ny", "b.txt": "1\n", "b-c": "y\n"}
	write := func(files map[string]string) {
		for p, text := range files {
			full := filepath.Join(dir, p)
			if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		run("", "add", "-A")
	}
	write(was)
	run("", "commit", "-q", "-m", "change")
	base := strings.TrimSpace(run("", "rev-parse", "HEAD"))
	write(is)
	run("", "commit", "-q", "-m", "change")
	head := strings.TrimSpace(run("", "rev-parse", "HEAD"))

	s := githubtest.New(t)
	name := s.AddRepo("acme", "agent")
	gotBase := s.Commit(name, nil, githubtest.Text(was))
	gotHead := s.Commit(name, []string{gotBase}, githubtest.Text(is))
	if gotBase != base || gotHead != head {
		t.Errorf("got commits %s, %s, want git's %s, %s", gotBase, gotHead, base, head)
	}
	n := s.OpenPull(name, gotBase, gotHead)
	_, _, body := do(t, s, "GET", fmt.Sprintf("repos/acme/agent/pulls/%d/files", n), "")
	var files []struct{ Filename, Patch string }
	if err := json.NewDecoder(bytes.NewBufferString(body)).Decode(&files); err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		out := run("", "diff", base, head, "--", f.Filename)
		want := strings.TrimSuffix(out[strings.Index(out, "@@"):], "\n")
		if diff := cmp.Diff(sections(f.Patch), sections(want)); diff != "" {
			t.Errorf("%s: got-want:\n%s", f.Filename, diff)
		}
	}
	if len(files) != 2 {
		t.Errorf("%d files, want 2", len(files))
	}
}

// sections drops what git adds after the second @@ of a hunk: the line it takes for the function's name.
func sections(patch string) []string {
	var out []string
	for line := range strings.Lines(patch) {
		if strings.HasPrefix(line, "@@") {
			line = line[:strings.LastIndex(line, "@@")+2]
		}
		out = append(out, strings.TrimSuffix(line, "\n"))
	}
	return out
}
