package githubtest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/github/githubtest"
)

// TestDeliveriesOverTheWire lists, shows and repeats what was delivered, as an App that missed a webhook does.
func TestDeliveriesOverTheWire(t *testing.T) {
	s := githubtest.New(t)
	key := s.RegisterApp(githubtest.App{ID: 77, Slug: "pertask"})
	repo := s.AddRepo("acme", "agent")
	s.Install(77, 7, "acme", repo)
	in := newInbox(t)
	s.SetHook(77, in.URL, "hush")
	base := s.Commit(repo, nil, githubtest.Text(map[string]string{"a": "1\n"}))
	n := s.OpenPull(repo, base, base)
	in.status = 500
	failed := s.Deliver(77, "pull_request", s.PullRequestEvent(repo, n, "opened"))
	in.status = 202
	s.Deliver(77, "issue_comment", s.CommentEvent(repo, n, s.AddComment(repo, n, "ada", "/pertask run")))
	s.Deliver(77, "merge_group", s.MergeGroupEvent(repo, n, base))
	asApp := jwt(t, key, "77", time.Now(), time.Now().Add(time.Minute))
	get := func(path string) (text, link string) {
		t.Helper()
		status, head, text := doAs(t, s, asApp, "GET", path, "")
		if status != 200 {
			t.Fatalf("%s: got %d, %s", path, status, text)
		}
		return text, head.Get("Link")
	}
	if text, link := get("app/hook/deliveries"); strings.Count(text, `"guid"`) != 3 || link != "" {
		t.Errorf("all: got %s, %q", text, link)
	}
	if text, link := get("app/hook/deliveries?per_page=2"); strings.Count(text, `"guid"`) != 2 || !strings.Contains(link, "cursor=") || !strings.Contains(text, "merge_group") {
		t.Errorf("two: got %s, %q", text, link)
	}
	if text, _ := get("app/hook/deliveries?status=failure"); strings.Count(text, `"guid"`) != 1 || !strings.Contains(text, failed.GUID) {
		t.Errorf("failed: got %s", text)
	}
	one := fmt.Sprintf("app/hook/deliveries/%d", failed.ID)
	if text, _ := get(one); !strings.Contains(text, `"action":"opened"`) || !strings.Contains(text, `"status_code":500`) || !strings.Contains(text, `"payload":"thanks"`) || !strings.Contains(text, `"url":"`+in.URL) {
		t.Errorf("one: got %s", text)
	}
	if status, _, text := doAs(t, s, asApp, "POST", one+"/attempts", ""); status != 202 {
		t.Errorf("again: got %d, %s", status, text)
	}
	s.Deliveries.Wait()
	all := s.Deliveries.All(77)
	if last := all[len(all)-1]; len(all) != 4 || !last.Redelivery || last.GUID != failed.GUID || last.Status != 202 {
		t.Errorf("got %+v", all[len(all)-1])
	}
}

// TestInstallationsOverTheWire shows an App where it is, and a person what of it they may read.
func TestInstallationsOverTheWire(t *testing.T) {
	s, _ := installed(t)
	key := s.RegisterApp(githubtest.App{ID: 79})
	s.Install(79, 10, "acme")
	s.Install(79, 11, "evil", "evil/tool")
	s.SetPermission("evil/tool", "ada", "write")
	s.SetPermission("acme/agent", "ada", "none")
	asApp, person := jwt(t, key, "79", time.Now(), time.Now().Add(time.Minute)), s.UserToken(79, "ada")
	for _, tt := range []struct {
		token, path string
		status      int
		has, hasNot string
	}{
		{asApp, "app", 200, `"installations_count":2`, ""},
		{asApp, "app/installations", 200, `"id":11`, `"id":7`},
		{asApp, "app/installations/11", 200, `"repository_selection":"selected"`, ""},
		{asApp, "app/installations/10", 200, `"repository_selection":"all"`, ""},
		{person, "user/installations", 200, `"total_count":2`, `"id":7`},
		{person, "user/installations/10/repositories", 200, `"push":true`, "acme/agent"},
		{person, "user/installations/11/repositories", 200, `"admin":false`, "acme/agent"},
		{person, "user/installations/7/repositories", 404, "Not Found", "agent"},
	} {
		status, _, text := doAs(t, s, tt.token, "GET", tt.path, "")
		if status != tt.status || !strings.Contains(text, tt.has) || tt.hasNot != "" && strings.Contains(text, tt.hasNot) {
			t.Errorf("%s: got %d, %s", tt.path, status, text)
		}
	}
}

func TestPermissionOfAPerson(t *testing.T) {
	s := githubtest.New(t)
	repo := s.AddRepo("acme", "agent")
	for login, level := range map[string]string{"ann": "admin", "bob": "write", "cat": "maintain", "dan": "none"} {
		s.SetPermission(repo, login, level)
	}
	for login, want := range map[string]string{"ann": "admin", "Bob": "write", "cat": "maintain", "dan": "none", "nobody": "read"} {
		status, _, text := do(t, s, "GET", "repos/acme/agent/collaborators/"+login+"/permission", "")
		role := want
		if want == "maintain" { // GitHub's older word for it has no more than write
			want = "write"
		}
		if status != 200 || !strings.HasPrefix(text, fmt.Sprintf(`{"permission":%q,"role_name":%q`, want, role)) {
			t.Errorf("%s: got %d, %s, want %s", login, status, text, want)
		}
	}
}

// TestSeeds sees over the wire what the methods for tests have changed.
func TestSeeds(t *testing.T) {
	s, base, head := seeded(t, githubtest.Options{})
	const repo = "acme/agent"
	fork := s.AddFork(repo, "eve", "agent")
	s.SetBranch(repo, "main", head)
	s.SetBranch(fork, "topic", base)
	s.SetRules(repo, "main", githubtest.Rules{Required: []githubtest.Required{{Name: "pertask", App: 77}}, Protected: []githubtest.Required{{Name: "old"}}, MergeQueue: true})
	s.ChangePull(repo, 1, func(p *githubtest.Pull) { p.Labels, p.Draft = []string{"models"}, true })
	kept, gone := s.AddComment(repo, 1, "ada", "first"), s.AddComment(repo, 1, "eve", "second")
	s.EditComment(repo, kept, "changed")
	s.EditComment(repo, 1, "nobody's")
	s.DeleteComment(repo, gone)
	if got := s.Comments(repo, 1); len(got) != 1 || got[0].Body != "changed" || got[0].Edits != 1 {
		t.Errorf("got %+v", got)
	}
	if diff := cmp.Diff(s.Log(repo, "main"), []string{base, head}); diff != "" {
		t.Errorf("log, got-want:\n%s", diff)
	}
	for _, tt := range []struct{ path, want string }{
		{"repos/eve/agent", `"fork":true`},
		{"repos/acme/agent/commits/eve:topic", base},
		{"repos/acme/agent/branches/main", `"contexts":["old"]`},
		{"repos/acme/agent/rules/branches/main", `"integration_id":77`},
		{"repos/acme/agent/rules/branches/main", `"type":"merge_queue"`},
		{"repos/acme/agent/pulls/1", `"draft":true`},
		{"repos/acme/agent/pulls/1", `"name":"models"`},
		{fmt.Sprintf("repos/acme/agent/issues/comments/%d", kept), `"body":"changed"`},
	} {
		if status, _, text := do(t, s, "GET", tt.path, ""); status != 200 || !strings.Contains(text, tt.want) {
			t.Errorf("%s: got %d, %s, want %s", tt.path, status, text, tt.want)
		}
	}
}
