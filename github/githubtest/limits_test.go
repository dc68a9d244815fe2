package githubtest_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/github/githubtest"
)

const comments = "repos/acme/agent/issues/1/comments"

// clock is a clock that a test sets.
type clock struct{ at time.Time }

func newClock() *clock { return &clock{time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time { return c.at }

func TestContentLimit(t *testing.T) {
	c := newClock()
	s, _, head := seeded(t, githubtest.Options{ContentLimit: 80, Now: c.now})
	for i := range 80 {
		path, body := comments, `{"body":"x"}`
		if i%2 == 1 { // both kinds count
			path, body = "repos/acme/agent/check-runs", `{"name":"n","head_sha":"`+head+`"}`
		}
		if status, _, got := do(t, s, "POST", path, body); status != 201 {
			t.Fatalf("request %d: got %d %s", i, status, got)
		}
	}
	status, h, got := do(t, s, "POST", comments, `{"body":"x"}`)
	if status != 403 || h.Get("Retry-After") != "60" || !strings.Contains(got, "secondary rate limit") {
		t.Errorf("the 81st: got %d, Retry-After %q, %s", status, h.Get("Retry-After"), got)
	}
	if status, _, _ := do(t, s, "GET", comments, ""); status != 200 {
		t.Errorf("reading meanwhile: got %d", status)
	}
	if got := len(s.Comments("acme/agent", 1)); got != 40 {
		t.Errorf("%d comments, want 40: what is refused has no effect", got)
	}
	c.at = c.at.Add(59 * time.Second)
	if status, _, _ := do(t, s, "POST", comments, `{"body":"x"}`); status != 403 {
		t.Errorf("after 59 s: got %d, want 403", status)
	}
	c.at = c.at.Add(time.Second)
	if status, _, _ := do(t, s, "POST", comments, `{"body":"x"}`); status != 201 {
		t.Errorf("after a minute: got %d, want 201", status)
	}
}

func TestHourlyLimit(t *testing.T) {
	c := newClock()
	s, _, _ := seeded(t, githubtest.Options{Hourly: 2, Now: c.now})
	s.AddToken("ghs_other", githubtest.WorkflowActor())
	for i, want := range []struct {
		status    int
		remaining string
	}{{200, "1"}, {200, "0"}, {403, "0"}, {403, "0"}} {
		status, h, _ := do(t, s, "GET", comments, "")
		if status != want.status || h.Get("X-RateLimit-Remaining") != want.remaining || h.Get("X-RateLimit-Limit") != "2" {
			t.Errorf("request %d: got %d, %s left, want %+v", i, status, h.Get("X-RateLimit-Remaining"), want)
		}
		if got, want := h.Get("X-RateLimit-Reset"), strconv.FormatInt(c.at.Add(time.Hour).Unix(), 10); got != want {
			t.Errorf("reset %s, want %s", got, want)
		}
	}
	if status, _, _ := do(t, s, "POST", "graphql", `{"query":"{viewer{login}}"}`); status != 403 {
		t.Errorf("GraphQL with the same token: got %d, want 403", status)
	}
	if status, _, _ := doAs(t, s, "ghs_other", "GET", comments, ""); status != 200 {
		t.Errorf("another token: got %d, want 200", status)
	}
	c.at = c.at.Add(time.Hour)
	if status, _, _ := do(t, s, "GET", comments, ""); status != 200 {
		t.Errorf("after the hour: got %d, want 200", status)
	}
}

func many(n int) map[string]githubtest.File {
	out := map[string]githubtest.File{}
	for i := range n {
		out[fmt.Sprintf("f%04d", i)] = githubtest.File{Content: "x\n"}
	}
	return out
}

func TestFileLimits(t *testing.T) {
	s, base, _ := seeded(t, githubtest.Options{})
	head := s.Commit("acme/agent", []string{base}, many(3100))
	n := s.OpenPull("acme/agent", base, head)
	last, next := 0, 0
	for page := 1; page <= 31; page++ {
		_, h, body := do(t, s, "GET", fmt.Sprintf("repos/acme/agent/pulls/%d/files?per_page=100&page=%d", n, page), "")
		var files []any
		if err := json.Unmarshal([]byte(body), &files); err != nil {
			t.Fatal(err)
		}
		if len(files) > 0 {
			last = page
		}
		if strings.Contains(h.Get("Link"), `rel="next"`) {
			next = page + 1
		}
	}
	if last != 30 || next != 30 {
		t.Errorf("page %d is the last with files and %d the last that is linked to, want 30: 3,000 files", last, next)
	}
	_, _, body := do(t, s, "GET", "repos/acme/agent/compare/"+base+"..."+head, "")
	if got := strings.Count(body, `"filename"`); got != 300 {
		t.Errorf("%d files in a comparison, want 300", got)
	}
	if status, _, body := do(t, s, "GET", "repos/acme/agent/pulls/99/files", ""); status != 404 {
		t.Errorf("no such pull request: got %d %s", status, body)
	}
}

func TestTreeLimit(t *testing.T) {
	s, _, _ := seeded(t, githubtest.Options{TreeLimit: 10})
	for n, truncated := range map[int]string{10: "false", 11: "true"} {
		sha := s.Commit("acme/agent", nil, many(n))
		_, _, all := do(t, s, "GET", "repos/acme/agent/git/trees/"+sha+"?recursive=1", "")
		if got := strings.Count(all, `"path"`); got != 10 || !strings.Contains(all, `"truncated":`+truncated) {
			t.Errorf("%d files: got %d of them, want 10 and truncated %s", n, got, truncated)
		}
		_, _, one := do(t, s, "GET", "repos/acme/agent/git/trees/"+sha, "")
		if got := strings.Count(one, `"path"`); got != n || !strings.Contains(one, `"truncated":false`) {
			t.Errorf("%d files: got %d without recursion, want all", n, got)
		}
	}
}

// treeOf returns the id of the tree of a commit.
func treeOf(t *testing.T, s *githubtest.Server, commit string) string {
	t.Helper()
	_, _, got := do(t, s, "GET", "repos/acme/agent/git/commits/"+commit, "")
	var out struct{ Tree struct{ SHA string } }
	if err := json.Unmarshal([]byte(got), &out); err != nil {
		t.Fatal(err)
	}
	return out.Tree.SHA
}

// TestPermissions asks every endpoint without its permission, and with the one for reading only.
func TestPermissions(t *testing.T) {
	for _, tt := range []struct{ method, path, body, permission, level string }{
		{"GET", "issues/1/comments", "", "pull_requests", "read"},
		{"POST", "issues/1/comments", `{"body":"x"}`, "pull_requests", "write"},
		{"PATCH", "issues/comments/$COMMENT", `{"body":"x"}`, "pull_requests", "write"},
		{"DELETE", "issues/comments/$COMMENT", "", "pull_requests", "write"},
		{"GET", "pulls/1/files", "", "pull_requests", "read"},
		{"POST", "check-runs", `{"name":"n","head_sha":"$HEAD"}`, "checks", "write"},
		{"GET", "check-runs/$CHECK", "", "checks", "read"},
		{"PATCH", "check-runs/$CHECK", `{"output":{"title":"t","summary":"s"}}`, "checks", "write"},
		{"GET", "commits/$HEAD/check-runs", "", "checks", "read"},
		{"GET", "git/trees/$HEAD", "", "contents", "read"},
		{"GET", "git/blobs/$BLOB", "", "contents", "read"},
		{"GET", "compare/$HEAD...$HEAD", "", "contents", "read"},
		{"GET", "tarball/$HEAD", "", "contents", "read"},
		{"GET", "pulls/1", "", "pull_requests", "read"},
		{"GET", "commits/$HEAD/pulls", "", "pull_requests", "read"},
		{"GET", "issues/comments/$COMMENT", "", "pull_requests", "read"},
		{"POST", "issues/comments/$COMMENT/reactions", `{"content":"eyes"}`, "pull_requests", "write"},
		{"POST", "statuses/$HEAD", `{"state":"pending"}`, "statuses", "write"},
		{"GET", "git/ref/heads/main", "", "contents", "read"},
		{"POST", "git/refs", `{"ref":"refs/heads/new","sha":"$HEAD"}`, "contents", "write"},
		{"PATCH", "git/refs/heads/main", `{"sha":"$HEAD"}`, "contents", "write"},
		{"GET", "git/commits/$HEAD", "", "contents", "read"},
		{"POST", "git/trees", `{"tree":[{"path":"a","mode":"100644","type":"blob","content":"x"}]}`, "contents", "write"},
		{"POST", "git/commits", `{"message":"m","tree":"$TREE","parents":["$HEAD"]}`, "contents", "write"},
		{"GET", "commits/main", "", "contents", "read"},
		{"GET", "branches/main", "", "contents", "read"},
	} {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			s, _, head := seeded(t, githubtest.Options{})
			fill := strings.NewReplacer("$HEAD", head, "$BLOB", "0cfbf08886fca9a91cb753ec8734c84fcbe52c9f", "$TREE", treeOf(t, s, head),
				"$COMMENT", fmt.Sprint(s.AddComment("acme/agent", 1, "ada", "hi")), "$CHECK", fmt.Sprint(s.AddJob("acme/agent", head, "n")))
			for _, have := range []string{"", "read", "write"} {
				a := githubtest.WorkflowActor()
				delete(a.Permissions, tt.permission)
				if have != "" {
					a.Permissions[tt.permission] = have
				}
				s.AddToken("ghs_"+have, a)
				status, h, got := doAs(t, s, "ghs_"+have, tt.method, "repos/acme/agent/"+fill.Replace(tt.path), fill.Replace(tt.body))
				if allowed := have == "write" || have == tt.level; allowed != (status < 400) {
					t.Errorf("with %q: got %d %s, want it allowed: %v", have, status, got, allowed)
				} else if !allowed && (status != 403 || h.Get("X-Accepted-GitHub-Permissions") != tt.permission+"="+tt.level) {
					t.Errorf("with %q: got %d, %q is named", have, status, h.Get("X-Accepted-GitHub-Permissions"))
				}
			}
		})
	}
}

func TestGraphQLPermissions(t *testing.T) {
	s, _, head := seeded(t, githubtest.Options{})
	s.AddComment("acme/agent", 1, "ada", "hi")
	for permission, query := range map[string]string{
		"pull_requests": `{repository(owner:"acme",name:"agent"){pullRequest(number:1){number}}}`,
		"contents":      `{repository(owner:"acme",name:"agent"){object(oid:"` + head + `"){oid}}}`,
		"checks":        `{repository(owner:"acme",name:"agent"){object(oid:"` + head + `"){... on Commit{checkSuites(first:1){totalCount}}}}}`,
	} {
		body := `{"query":` + quote(query) + `}`
		if _, _, got := do(t, s, "POST", "graphql", body); strings.Contains(got, "errors") {
			t.Errorf("%s: got %s with the permission", permission, got)
		}
		a := githubtest.ReadOnlyActor()
		delete(a.Permissions, permission)
		s.AddToken("ghs_less", a)
		if _, _, got := doAs(t, s, "ghs_less", "POST", "graphql", body); !strings.Contains(got, "FORBIDDEN") {
			t.Errorf("%s: got %s without the permission", permission, got)
		}
	}
	s.AddToken("ghs_reader", githubtest.ReadOnlyActor())
	id := s.Comments("acme/agent", 1)[0].NodeID
	hide := func(token, id, why string) string {
		q := `mutation($i:MinimizeCommentInput!){minimizeComment(input:$i){minimizedComment{isMinimized minimizedReason}}}`
		_, _, got := doAs(t, s, token, "POST", "graphql", fmt.Sprintf(`{"query":%s,"variables":{"i":{"subjectId":%q,"classifier":%q}}}`, quote(q), id, why))
		return got
	}
	for _, tt := range []struct{ name, got, want string }{
		{"reader", hide("ghs_reader", id, "OUTDATED"), "FORBIDDEN"},
		{"unknown comment", hide(s.Token, "IC_1", "OUTDATED"), "NOT_FOUND"},
		{"unknown reason", hide(s.Token, id, "BORING"), "NOT_FOUND"},
		{"hidden", hide(s.Token, id, "OFF_TOPIC"), `"minimizedReason":"off-topic"`},
	} {
		if !strings.Contains(tt.got, tt.want) {
			t.Errorf("%s: got %s, want %s", tt.name, tt.got, tt.want)
		}
	}
}

func TestCommentEdits(t *testing.T) {
	s, _, _ := seeded(t, githubtest.Options{})
	path := fmt.Sprintf("repos/acme/agent/issues/comments/%d", s.AddComment("acme/agent", 1, "ada", "hi"))
	for _, tt := range []struct {
		method, path, body string
		status             int
	}{
		{"PATCH", path, `{"body":` + quote(strings.Repeat("x", 65_537)) + `}`, 422},
		{"PATCH", path, `{"body":""}`, 422},
		{"PATCH", path, `{}`, 422},
		{"PATCH", path, `[`, 400},
		{"PATCH", path, `{"body":"edited"}`, 200},
		{"PATCH", "repos/acme/agent/issues/comments/1", `{"body":"x"}`, 404},
		{"DELETE", "repos/acme/agent/issues/comments/1", "", 404},
		{"DELETE", path, "", 204},
		{"PATCH", path, `{"body":"x"}`, 404},
		{"PUT", comments, `{}`, 404},
		{"GET", "repos/acme/nope/issues/1/comments", "", 404},
		{"GET", "teams/7", "", 404},
	} {
		if status, _, got := do(t, s, tt.method, tt.path, tt.body); status != tt.status {
			t.Errorf("%s %s %.40s: got %d %s, want %d", tt.method, tt.path, tt.body, status, got, tt.status)
		}
		if c := s.Comments("acme/agent", 1); tt.status == 200 && (c[0].Body != "edited" || c[0].Edits != 1) {
			t.Errorf("got %+v, want one edit", c[0])
		}
	}
}

// webToken signs the claims of an App.
func webToken(t *testing.T, key *rsa.PrivateKey, iss string, iat, exp time.Time) string {
	t.Helper()
	enc := base64.RawURLEncoding.EncodeToString
	text := enc([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + enc(fmt.Appendf(nil, `{"iss":%q,"iat":%d,"exp":%d}`, iss, iat.Unix(), exp.Unix()))
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + enc(sig)
}

func TestInstallationTokens(t *testing.T) {
	c := newClock()
	s, _, _ := seeded(t, githubtest.Options{Now: c.now})
	block, _ := pem.Decode(s.AddApp(77, 7, "pertask"))
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	now, path := c.at, "app/installations/7/access_tokens"
	good := webToken(t, key, "77", now, now.Add(10*time.Minute))
	for _, tt := range []struct {
		name, path, jwt string
		status          int
	}{
		{"good", path, good, 201},
		{"unknown installation", "app/installations/8/access_tokens", good, 404},
		{"another key", path, webToken(t, other, "77", now, now.Add(time.Minute)), 401},
		{"another App", path, webToken(t, key, "78", now, now.Add(time.Minute)), 401},
		{"expired", path, webToken(t, key, "77", now.Add(-time.Hour), now), 401},
		{"valid too long", path, webToken(t, key, "77", now, now.Add(12*time.Minute)), 401},
		{"issued in the future", path, webToken(t, key, "77", now.Add(2*time.Minute), now.Add(5*time.Minute)), 401},
		{"torn", path, good[:len(good)-5], 401},
		{"no JSON web token", path, "ghs_x", 401},
	} {
		if status, _, got := doAs(t, s, tt.jwt, "POST", tt.path, ""); status != tt.status {
			t.Errorf("%s: got %d %s, want %d", tt.name, status, got, tt.status)
		}
	}
	_, _, body := doAs(t, s, good, "POST", path, "")
	var made struct {
		Token   string
		Expires time.Time `json:"expires_at"`
	}
	if err := json.Unmarshal([]byte(body), &made); err != nil {
		t.Fatal(err)
	}
	if !made.Expires.Equal(now.Add(time.Hour)) || !strings.HasPrefix(made.Token, "ghs_77_eyJ") {
		t.Errorf("got %+v, want a stateless token for an hour", made)
	}
	if status, _, _ := doAs(t, s, made.Token, "POST", comments, `{"body":"x"}`); status != 201 || s.Comments("acme/agent", 1)[0].Author != "pertask[bot]" {
		t.Errorf("using it: got %d, comments %+v", status, s.Comments("acme/agent", 1))
	}
	if status, _, _ := doAs(t, s, good, "GET", comments, ""); status != 401 {
		t.Errorf("a JSON web token for a resource: got %d, want 401", status)
	}
}

func TestArchiveKeyIsForOnePath(t *testing.T) {
	s, base, head := seeded(t, githubtest.Options{})
	_, h, _ := do(t, s, "GET", "repos/acme/agent/tarball/"+head, "")
	for _, u := range []string{
		strings.Replace(h.Get("Location"), head, base, 1), strings.Replace(h.Get("Location"), head, "x", 1), strings.Split(h.Get("Location"), "?")[0],
	} {
		resp, err := http.Get(u)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != 404 {
			t.Errorf("%s: got %d, want 404", u, resp.StatusCode)
		}
	}
}

func TestIDsDoNotFitInto31Bits(t *testing.T) {
	s, _, head := seeded(t, githubtest.Options{})
	for what, id := range map[string]int64{"comment": s.AddComment("acme/agent", 1, "ada", "x"), "check run": s.AddJob("acme/agent", head, "n")} {
		if id < 1<<31 {
			t.Errorf("%s %d, want an id as large as the real ones", what, id)
		}
	}
	_, _, got := do(t, s, "POST", "graphql", `{"query":`+quote(`{repository(owner:"acme",name:"agent"){object(oid:"`+head+`"){... on Commit{checkSuites(first:1){nodes{databaseId checkRuns(first:1){nodes{databaseId}}}}}}}}`)+`}`)
	if strings.Count(got, "Int cannot represent") != 2 {
		t.Errorf("got %s, want both ids refused in a field of type Int", got)
	}
}
