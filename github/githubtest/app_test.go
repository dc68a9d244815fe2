package githubtest_test

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/github/event"
	"github.com/pertask/pertask/github/githubtest"
	"github.com/pertask/pertask/github/githubtest/traffic"
)

// installed is a server with an App in two accounts, and a token of each installation.
func installed(t *testing.T) (s *githubtest.Server, tokens map[int64]string) {
	t.Helper()
	s = githubtest.NewWith(t, githubtest.Options{BadRequests: true})
	block := s.RegisterApp(githubtest.App{ID: 77, Slug: "pertask"})
	agent, tool := s.AddRepo("acme", "agent"), s.AddRepo("evil", "tool")
	s.Install(77, 7, "acme", agent)
	s.Install(77, 8, "evil", tool)
	tokens = map[int64]string{}
	for _, id := range []int64{7, 8} {
		status, _, body := doAs(t, s, jwt(t, block, "77", time.Now(), time.Now().Add(time.Minute)), "POST", fmt.Sprintf("app/installations/%d/access_tokens", id), "{}")
		var got struct{ Token string }
		if err := json.Unmarshal([]byte(body), &got); err != nil || status != 201 {
			t.Fatalf("got %d, %s, %v", status, body, err)
		}
		tokens[id] = got.Token
	}
	return s, tokens
}

// TestTenants shows that a token sees the repositories of its installation only, as is true of private ones at GitHub.
func TestTenants(t *testing.T) {
	s, tokens := installed(t)
	s.SetPermission("acme/agent", "ada", "read")
	tokens[0] = s.UserToken(77, "ada") // a person, who may read the first
	for _, tt := range []struct {
		id   int64
		repo string
		sees bool
	}{{7, "acme/agent", true}, {7, "evil/tool", false}, {8, "evil/tool", true}, {8, "acme/agent", false}, {0, "acme/agent", true}, {0, "evil/tool", false}} {
		if status, _, text := doAs(t, s, tokens[tt.id], "GET", "repos/"+tt.repo, ""); (status == 200) != tt.sees {
			t.Errorf("%d and %s: got %d, %s", tt.id, tt.repo, status, text)
		}
		_, _, text := doAs(t, s, tokens[tt.id], "POST", "graphql", string(mustJSON(t, map[string]string{"query": fmt.Sprintf(`query{repository(owner:%q,name:%q){pullRequest(number:1){headRefOid}}}`, strings.Split(tt.repo, "/")[0], strings.Split(tt.repo, "/")[1])})))
		if strings.Contains(text, "Could not resolve to a Repository") == tt.sees {
			t.Errorf("%d and %s: got %s", tt.id, tt.repo, text)
		}
	}
	for id, want := range map[int64]string{7: "acme/agent", 8: "evil/tool"} {
		_, _, text := doAs(t, s, tokens[id], "GET", "installation/repositories", "")
		if !strings.Contains(text, `"total_count":1`) || !strings.Contains(text, want) {
			t.Errorf("%d: got %s", id, text)
		}
	}
	s.Suspend(7, true)
	s.Uninstall(8)
	for id, token := range map[int64]string{7: tokens[7], 8: tokens[8]} {
		if status, _, text := doAs(t, s, token, "GET", "installation/repositories", ""); status != 401 {
			t.Errorf("%d: got %d, %s with a token that is good no more", id, status, text)
		}
	}
}

// jwt is the JSON web token of an App, by its key in PEM.
func jwt(t *testing.T, key []byte, iss string, iat, exp time.Time) string {
	t.Helper()
	block, _ := pem.Decode(key)
	k, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return webToken(t, k, iss, iat, exp)
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestWhoAsks gives each kind of token what is for it, and nothing else.
func TestWhoAsks(t *testing.T) {
	s, tokens := installed(t)
	key := s.RegisterApp(githubtest.App{ID: 78})
	asApp := jwt(t, key, "78", time.Now(), time.Now().Add(time.Minute))
	person := s.UserToken(77, "ada")
	for _, tt := range []struct {
		token, method, path string
		status              int
	}{
		{asApp, "GET", "app", 200}, {asApp, "GET", "app/installations", 200}, {asApp, "GET", "app/installations/7", 404}, // another App's
		{asApp, "GET", "app/hook/deliveries", 200}, {asApp, "GET", "app/hook/deliveries/1", 404}, {asApp, "POST", "app/hook/deliveries/1/attempts", 404},
		{asApp, "GET", "app/hook/deliveries?cursor=x", 422},
		{asApp, "GET", "user", 401}, {asApp, "GET", "installation/repositories", 401}, {asApp, "GET", "repos/acme/agent", 401},
		{tokens[7], "GET", "app", 401}, {tokens[7], "GET", "user", 403}, {tokens[7], "GET", "user/installations", 403}, {tokens[7], "GET", "user/installations/7/repositories", 403},
		{person, "GET", "app", 401}, {person, "GET", "user", 200}, {person, "GET", "installation/repositories", 403}, {person, "GET", "user/installations/7/repositories", 404},
		{person, "GET", "user/installations", 200}, {s.Token, "GET", "user/installations", 403}, {"x", "GET", "app", 401}, {asApp + "x", "GET", "app", 401},
		{"", "POST", "app-manifests/x/conversions", 404},
	} {
		if status, _, text := doAs(t, s, tt.token, tt.method, tt.path, ""); status != tt.status {
			t.Errorf("%.10s: %s %s: got %d, %s, want %d", tt.token, tt.method, tt.path, status, text, tt.status)
		}
	}
}

// inbox takes webhooks.
type inbox struct {
	*httptest.Server
	mu     sync.Mutex
	got    []*http.Request
	bodies []string
	status int
}

func newInbox(t *testing.T) *inbox {
	i := &inbox{status: 202}
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		i.mu.Lock()
		defer i.mu.Unlock()
		i.got, i.bodies = append(i.got, r), append(i.bodies, string(body))
		w.WriteHeader(i.status)
		_, _ = io.WriteString(w, "thanks")
	}))
	t.Cleanup(i.Close)
	return i
}

func TestDeliver(t *testing.T) {
	s, _ := installed(t)
	in := newInbox(t)
	s.SetHook(77, in.URL+"/hook", "hush")
	base := s.Commit("acme/agent", nil, githubtest.Text(map[string]string{"a": "1\n"}))
	n := s.OpenPull("acme/agent", base, base)
	d := s.Deliver(77, "pull_request", s.PullRequestEvent("acme/agent", n, "opened"))
	if d.Status != 202 || d.Answer != "thanks" || d.Installation != 7 || d.Action != "opened" || d.Repository == 0 || d.Redelivery || d.Failed() {
		t.Errorf("got %+v", d)
	}
	r, body := in.got[0], in.bodies[0]
	if len(r.Header.Get("X-GitHub-Delivery")) != 36 || r.Header.Get("X-Hub-Signature-256") != traffic.Sign("hush", []byte(body)) || r.Header.Get("X-GitHub-Event") != "pull_request" ||
		r.Header.Get("X-GitHub-Hook-Installation-Target-ID") != "77" || !strings.HasPrefix(r.UserAgent(), "GitHub-Hookshot/") || r.URL.Path != "/hook" {
		t.Errorf("sent %v", r.Header)
	}
	e, err := event.Parse("pull_request", []byte(body))
	if err != nil || e.Installation != 7 || e.RepoID != d.Repository || e.DefaultBranch != "main" {
		t.Errorf("sent %+v, %v", e, err)
	}
	in.status = 500
	if d := s.Redeliver(77, d); !d.Failed() || !d.Redelivery || d.Status != 500 {
		t.Errorf("got %+v", d)
	}
	in.Close()
	if d := s.Redeliver(77, d); !d.Failed() || d.Status != 0 {
		t.Errorf("got %+v of a server that is gone", d)
	}
	var ids []string
	for _, d := range s.Deliveries.All(77) {
		ids = append(ids, d.GUID)
	}
	if len(ids) != 3 || ids[0] != ids[1] || ids[1] != ids[2] || len(s.Deliveries.All(78)) != 0 {
		t.Errorf("got %q", ids)
	}
}

// TestEvents reads back what each event says.
func TestEvents(t *testing.T) {
	s, _ := installed(t)
	const repo = "acme/agent"
	base := s.Commit(repo, nil, githubtest.Text(map[string]string{"a": "1\n"}))
	head := s.Commit(repo, []string{base}, githubtest.Text(map[string]string{"a": "2\n"}))
	n := s.OpenPull(repo, base, head)
	fork := s.Commit(repo, []string{base}, githubtest.Text(map[string]string{"a": "3\n"}))
	s.OpenPull(repo, base, fork, func(p *githubtest.Pull) { p.HeadRepo = "eve/agent" })
	run, other := s.AddJob(repo, head, "pertask"), s.AddJob(repo, fork, "pertask")
	read := func(name string, payload []byte) event.Event {
		t.Helper()
		e, err := event.Parse(name, payload)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	if e := read("check_run", s.CheckEvent(repo, run, "requested_action", "pertask-run", "ada")); e.Check.ID != run || e.Check.Name != "pertask" || e.Check.HeadSHA != head ||
		e.Check.Identifier != "pertask-run" || e.Check.App != githubtest.ActionsApp || e.Pull.Number != n || e.Sender != "ada" {
		t.Errorf("got %+v", e)
	}
	if e := read("check_run", s.CheckEvent(repo, other, "rerequested", "", "ada")); e.Pull.Number != 0 || e.Check.Identifier != "" {
		t.Errorf("a fork: got %+v", e)
	}
	if e := read("check_suite", s.SuiteEvent(repo, head, 77, "rerequested", "ada")); e.Check.App != 77 || e.Check.HeadSHA != head || e.Pull.Number != n {
		t.Errorf("got %+v", e)
	}
	if e := read("push", s.PushEvent(repo, "main", base, head, "ada")); e.Ref != "refs/heads/main" || e.Before != base || e.After != head || e.DefaultBranch != "main" {
		t.Errorf("got %+v", e)
	}
	if e := read("installation", s.InstallationEvent(7, "created")); e.Installation != 7 || e.Account != "acme" || len(e.Added) != 1 || e.Added[0].Name.String() != repo {
		t.Errorf("got %+v", e)
	}
	if e := read("installation_repositories", s.InstallationReposEvent(7, nil, []string{repo})); e.Action != "removed" || len(e.Added) != 0 || len(e.Removed) != 1 {
		t.Errorf("got %+v", e)
	}
}

func TestNewApp(t *testing.T) {
	now := time.Now()
	s := githubtest.NewWith(t, githubtest.Options{BadRequests: true, Now: func() time.Time { return now }})
	address := s.SiteURL + "/settings/apps/new?state=xyz"
	const good = `{"name":"My Bot","url":"https://app.example","redirect_url":"https://app.example/back?a=b","hook_attributes":{"url":"https://app.example/hook"}}`
	for name, manifest := range map[string]string{
		"no JSON": "x", "no url": strings.Replace(good, `"url":"https://app.example",`, "", 1), "no way back": strings.Replace(good, "redirect_url", "x", 1),
		"a hook without an address": strings.Replace(good, "https://app.example/hook", "", 1),
		"too many addresses":        strings.Replace(good, "{", `{"callback_urls":["1","2","3","4","5","6","7","8","9","10","11"],`, 1),
	} {
		if resp, text := browse(t, "POST", address, url.Values{"manifest": {manifest}}, "text/html"); resp.StatusCode != 422 {
			t.Errorf("%s: got %d, %s", name, resp.StatusCode, text)
		}
	}
	code := func() string {
		resp, _ := browse(t, "POST", address, url.Values{"manifest": {good}}, "text/html")
		to, err := url.Parse(resp.Header.Get("Location"))
		if err != nil || resp.StatusCode != 302 {
			t.Fatalf("got %d, %v", resp.StatusCode, err)
		}
		if diff := cmp.Diff([]string{to.Host, to.Path, to.Query().Get("a"), to.Query().Get("state")}, []string{"app.example", "/back", "b", "xyz"}); diff != "" {
			t.Errorf("back at, got-want:\n%s", diff)
		}
		return to.Query().Get("code")
	}
	path := "app-manifests/" + code() + "/conversions"
	status, _, text := doAs(t, s, "", "POST", path, "")
	if status != 201 || !strings.Contains(text, `"slug":"my-bot"`) || !strings.Contains(text, "RSA PRIVATE KEY") {
		t.Errorf("got %d, %s", status, text)
	}
	if status, _, _ := doAs(t, s, "", "POST", path, ""); status != 404 {
		t.Errorf("a code was good twice: %d", status)
	}
	late := "app-manifests/" + code() + "/conversions"
	now = now.Add(61 * time.Minute)
	if status, _, _ := doAs(t, s, "", "POST", late, ""); status != 404 {
		t.Errorf("a code was good after an hour: %d", status)
	}
	if resp, _ := browse(t, "GET", s.SiteURL+"/login/oauth/other", nil, ""); resp.StatusCode != 404 {
		t.Errorf("another page: got %d", resp.StatusCode)
	}
}
