package app_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/app"
	"github.com/pertask/pertask/github/githubtest"
)

// world is a GitHub with an App that is installed twice.
type world struct {
	*githubtest.Server
	t    *testing.T
	cfg  github.Config
	app  *app.App
	hits atomic.Int64 // webhooks that arrived
	fail atomic.Bool  // they are refused
}

func newWorld(t *testing.T, change ...func(*github.Config)) *world {
	t.Helper()
	w := &world{t: t, Server: githubtest.New(t)}
	hook := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.hits.Add(1)
		if w.fail.Load() {
			rw.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(hook.Close)
	key := w.RegisterApp(githubtest.App{ID: 77, Slug: "pertask", Name: "Per Task", ClientID: "Iv1.a", ClientSecret: "hush", WebhookSecret: "s", HookURL: hook.URL,
		Permissions: map[string]string{"checks": "write", "metadata": "read"}, Events: []string{"pull_request"}})
	agent, site, tool := w.AddRepo("acme", "agent"), w.AddRepo("acme", "site"), w.AddRepo("evil", "tool")
	w.Install(77, 7, "acme", agent, site)
	w.Install(77, 8, "evil", tool)
	w.SetPermission(agent, "ada", "write")
	w.SetPermission(site, "ada", "none")
	w.SetPermission(tool, "eve", "admin")
	w.cfg = github.Config{BaseURL: w.URL, App: &github.AppAuth{ID: 77, PrivateKey: key}, MaxRetries: -1}
	for _, f := range change {
		f(&w.cfg)
	}
	var err error
	if w.app, err = app.New(w.cfg); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) user(login string) *app.User {
	w.t.Helper()
	u, err := app.NewUser(w.cfg, w.UserToken(77, login))
	if err != nil {
		w.t.Fatal(err)
	}
	return u
}

func TestSelf(t *testing.T) {
	w := newWorld(t)
	got, err := w.app.Self(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := app.Self{ID: 77, Slug: "pertask", Name: "Per Task", Owner: "acme", ClientID: "Iv1.a", URL: "https://github.example/apps/pertask",
		Permissions: map[string]string{"checks": "write", "metadata": "read"}, Events: []string{"pull_request"}}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("got-want:\n%s", diff)
	}
}

func TestInstallations(t *testing.T) {
	w := newWorld(t)
	w.RegisterApp(githubtest.App{ID: 78})
	w.Install(78, 9, "acme")
	w.Suspend(8, true)
	list, err := w.app.Installations(t.Context())
	if err != nil || len(list) != 2 {
		t.Fatalf("got %+v, %v", list, err)
	}
	if a, b := list[0], list[1]; a.ID != 7 || a.Account != "acme" || a.AccountID == 0 || a.All || a.Suspended || a.Permissions["checks"] != "write" || b.ID != 8 || !b.Suspended {
		t.Errorf("got %+v", list)
	}
	if got, err := w.app.Installation(t.Context(), 7); err != nil || got.Account != "acme" {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, id := range []int64{9, 10} { // another App's, and none
		if got, err := w.app.Installation(t.Context(), id); !errors.Is(err, github.ErrNotFound) {
			t.Errorf("got %+v, %v, want %v", got, err, github.ErrNotFound)
		}
	}
	repos, err := w.app.InstallationRepos(t.Context(), 7)
	if err != nil || len(repos) != 2 || repos[0].Name.String() != "acme/agent" || repos[0].DefaultBranch != "main" || repos[0].ID == 0 || repos[0].Level != "" {
		t.Errorf("got %+v, %v", repos, err)
	}
	if _, err := w.app.InstallationRepos(t.Context(), 8); err == nil || !strings.Contains(err.Error(), "suspended") {
		t.Errorf("got %v of an installation that is suspended", err)
	}
}

// TestListsAreWhole pages through more than there is on a page.
func TestListsAreWhole(t *testing.T) {
	w := newWorld(t)
	var all []string
	for i := range 230 {
		name := w.AddRepo("acme", fmt.Sprintf("r%03d", i))
		w.SetPermission(name, "ada", "read")
		all = append(all, name)
	}
	w.Install(77, 7, "acme", all...)
	for i := range 120 {
		w.Install(77, int64(1000+i), "acme", all[0])
	}
	repos, err := w.app.InstallationRepos(t.Context(), 7)
	if err != nil || len(repos) != 230 || repos[229].Name.String() != "acme/r229" {
		t.Errorf("got %d repositories, %v", len(repos), err)
	}
	list, err := w.app.Installations(t.Context())
	if err != nil || len(list) != 122 {
		t.Errorf("got %d installations, %v", len(list), err)
	}
	u := w.user("ada")
	if repos, err = u.Repos(t.Context(), 7); err != nil || len(repos) != 230 {
		t.Errorf("got %d repositories of a person, %v", len(repos), err)
	}
	if list, err = u.Installations(t.Context()); err != nil || len(list) != 121 {
		t.Errorf("got %d installations of a person, %v", len(list), err)
	}
}

func TestUser(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		login        string
		installation []int64
		repos        []string
	}{
		{"ada", []int64{7}, []string{"acme/agent write"}},
		{"eve", []int64{8}, []string{"evil/tool admin"}},
		{"nobody", nil, nil},
	} {
		u := w.user(tt.login)
		me, err := u.Me(t.Context())
		if err != nil || me.Login != tt.login || me.ID == 0 {
			t.Errorf("%s is %+v, %v", tt.login, me, err)
		}
		list, err := u.Installations(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var ids []int64
		var names []string
		for _, i := range list {
			ids = append(ids, i.ID)
			repos, err := u.Repos(t.Context(), i.ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range repos {
				names = append(names, r.Name.String()+" "+r.Level)
			}
		}
		if !slices.Equal(ids, tt.installation) || !slices.Equal(names, tt.repos) {
			t.Errorf("%s sees %v in %v, want %v in %v", tt.login, names, ids, tt.repos, tt.installation)
		}
	}
	if _, err := w.user("eve").Repos(t.Context(), 7); !errors.Is(err, github.ErrNotFound) {
		t.Errorf("got %v of somebody else's installation, want %v", err, github.ErrNotFound)
	}
	u := w.user("ada")
	w.Revoke("ada")
	if _, err := u.Me(t.Context()); !errors.Is(err, github.ErrAuth) {
		t.Errorf("got %v with a token that was revoked, want %v", err, github.ErrAuth)
	}
	if _, err := u.Installations(t.Context()); !errors.Is(err, github.ErrAuth) {
		t.Errorf("got %v with a token that was revoked, want %v", err, github.ErrAuth)
	}
}

func TestLevels(t *testing.T) {
	w := newWorld(t)
	name := w.AddRepo("acme", "x")
	w.Install(77, 7, "acme", name)
	for _, level := range []string{"admin", "maintain", "write", "triage", "read"} {
		w.SetPermission(name, "ada", level)
		if got, err := w.user("ada").Repos(t.Context(), 7); err != nil || len(got) != 1 || got[0].Level != level {
			t.Errorf("%s: got %+v, %v", level, got, err)
		}
	}
}

func TestDeliveries(t *testing.T) {
	w := newWorld(t)
	w.fail.Store(true)
	for i := range 130 {
		w.Deliver(77, "pull_request", fmt.Appendf(nil, `{"action":"opened","installation":{"id":7},"repository":{"id":%d}}`, i+1))
	}
	w.fail.Store(false)
	good := w.Deliver(77, "ping", []byte(`{}`))
	var all []app.Delivery
	pages := 0
	for cursor := ""; ; pages++ {
		page, next, err := w.app.Failed(t.Context(), cursor)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page...)
		if cursor = next; next == "" {
			break
		}
	}
	if len(all) != 130 || pages != 1 || all[0].Status != 503 || all[0].Event != "pull_request" || all[0].Action != "opened" || all[0].GUID == "" || all[0].ID <= all[1].ID || time.Since(all[0].At) > time.Minute {
		t.Fatalf("got %d after %d pages, %+v", len(all), pages+1, all[0])
	}
	before := w.hits.Load()
	if err := w.app.Redeliver(t.Context(), all[0].ID); err != nil {
		t.Fatal(err)
	}
	w.Deliveries.Wait()
	sent := w.Deliveries.All(77)
	if last := sent[len(sent)-1]; w.hits.Load() != before+1 || last.GUID != all[0].GUID || !last.Redelivery || last.Status != 200 || last.GUID == good.GUID {
		t.Errorf("got %+v", last)
	}
	if err := w.app.Redeliver(t.Context(), 1); !errors.Is(err, github.ErrNotFound) {
		t.Errorf("got %v, want %v", err, github.ErrNotFound)
	}
	w.Fail(githubtest.Match("GET", "/app/hook/deliveries"), 502, 1, false)
	if _, _, err := w.app.Failed(t.Context(), ""); err == nil {
		t.Error("an answer 502 is no error")
	}
}

// form posts to the page on which a person makes an App, and returns the code it goes back with.
func (w *world) form(manifest string) string {
	w.t.Helper()
	hc := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := hc.PostForm(w.SiteURL+"/organizations/acme/settings/apps/new?state=xyz", url.Values{"manifest": {manifest}})
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	to, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || resp.StatusCode != 302 || to.Query().Get("state") != "xyz" {
		text, _ := io.ReadAll(resp.Body)
		w.t.Fatalf("got %d, %s, %v, %s", resp.StatusCode, to, err, text)
	}
	return to.Query().Get("code")
}

func TestConvert(t *testing.T) {
	w := newWorld(t)
	manifest := `{"name":"Acme's pertask","url":"https://app.example","redirect_url":"https://app.example/back","hook_attributes":{"url":"https://app.example/hook"},
		"default_permissions":{"checks":"write"},"default_events":["pull_request"]}`
	code := w.form(manifest)
	got, err := app.Convert(t.Context(), w.cfg, code)
	if err != nil {
		t.Fatal(err)
	}
	if got.ID == 0 || got.Slug != "Acme-s-pertask" && got.Slug != "acme-s-pertask" || got.ClientID == "" || got.ClientSecret == "" || got.WebhookSecret == "" || got.Permissions["checks"] != "write" {
		t.Errorf("got %v, %+v", got, got.Self)
	}
	cfg := w.cfg
	cfg.App = &github.AppAuth{ID: got.ID, PrivateKey: got.PrivateKey}
	made, err := app.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if self, err := made.Self(t.Context()); err != nil || self.ID != got.ID {
		t.Errorf("the App is %+v, %v", self, err)
	}
	if again, err := app.Convert(t.Context(), w.cfg, code); !errors.Is(err, github.ErrNotFound) {
		t.Errorf("a code was good twice: %v, %v", again, err)
	}
	for _, text := range []string{fmt.Sprint(got), fmt.Sprintf("%+v %#v %s %q %x", got, got, got, got, got), fmt.Sprint(&got)} {
		for _, secret := range []string{got.ClientSecret, got.WebhookSecret, string(got.PrivateKey[40:80])} {
			if strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%x", secret)) {
				t.Errorf("it prints %q", text)
			}
		}
	}
	if raw, err := json.Marshal(got); err == nil {
		t.Errorf("it is written as %s", raw)
	}
}

func TestConvertRefuses(t *testing.T) {
	w := newWorld(t)
	before := len(w.Requests())
	for _, code := range []string{"", "a/b", "../x", "a?b", "a b", strings.Repeat("x", 201), "é"} {
		if _, err := app.Convert(t.Context(), w.cfg, code); err == nil {
			t.Errorf("code %q was taken", code)
		}
	}
	if got := len(w.Requests()); got != before {
		t.Errorf("%d requests were made", got-before)
	}
	w.Fail(githubtest.Match("POST", "conversions"), 502, -1, true)
	w.cfg.MaxRetries = 3
	if _, err := app.Convert(t.Context(), w.cfg, "abc"); err == nil || w.Count("POST", "conversions") != 1 {
		t.Errorf("got %v after %d requests, want an error after one", err, w.Count("POST", "conversions"))
	}
}

// TestWire shows that these clients have what github.Client has: patience, addresses of a server of one's own, and errors
// without secrets.
func TestWire(t *testing.T) {
	var waits []time.Duration
	w := newWorld(t, func(c *github.Config) {
		c.BaseURL += "api/v3"
		c.MaxRetries = 2
		c.Sleep = func(ctx context.Context, d time.Duration) error { waits = append(waits, d); return ctx.Err() }
	})
	w.Inject(githubtest.Fault{Match: githubtest.Match("GET", "^/app$"), Status: 429, Header: map[string]string{"Retry-After": "7"}})
	w.Fail(githubtest.Match("GET", "^/app$"), 502, 1, false)
	if _, err := w.app.Self(t.Context()); err != nil || len(waits) != 2 || waits[0] != 7*time.Second {
		t.Errorf("got %v after %v", err, waits)
	}
	for _, r := range w.Requests() {
		if strings.Contains(r.Path, "/app") && r.Agent != "pertask" {
			t.Errorf("the request was made by %q", r.Agent)
		}
	}
	token := w.UserToken(77, "ada")
	u, err := app.NewUser(w.cfg, token)
	if err != nil {
		t.Fatal(err)
	}
	w.Inject(githubtest.Fault{Match: githubtest.Match("GET", "^/user$"), Status: 422, Message: "bad " + token})
	if _, err := u.Me(t.Context()); err == nil || strings.Contains(err.Error(), token) || !strings.HasPrefix(err.Error(), "asking who signed in: ") {
		t.Errorf("got %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	w := newWorld(t)
	for name, cfg := range map[string]github.Config{
		"no App":       {BaseURL: w.URL},
		"no id":        {BaseURL: w.URL, App: &github.AppAuth{PrivateKey: w.cfg.App.PrivateKey}},
		"no key":       {BaseURL: w.URL, App: &github.AppAuth{ID: 7}},
		"no key in it": {BaseURL: w.URL, App: &github.AppAuth{ID: 7, PrivateKey: []byte("-----BEGIN hush-----")}},
		"in the clear": {BaseURL: "http://ghes.example/api/v3", App: w.cfg.App},
	} {
		if _, err := app.New(cfg); err == nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for _, token := range []string{"", "a b", "x\r\nHost: evil"} {
		if _, err := app.NewUser(w.cfg, token); err == nil {
			t.Errorf("token %q was taken", token)
		}
	}
	if _, err := app.Convert(t.Context(), github.Config{BaseURL: "ftp://x"}, "abc"); err == nil {
		t.Error("an address of ftp was taken")
	}
}

// TestStrangeAnswers reads what GitHub would not say.
func TestStrangeAnswers(t *testing.T) {
	var answer string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/access_tokens") {
			fmt.Fprint(w, `{"token":"ghs_x","expires_at":"2099-01-01T00:00:00Z"}`)
			return
		}
		fmt.Fprint(w, answer)
	}))
	defer s.Close()
	w := newWorld(t, func(c *github.Config) { c.BaseURL = s.URL })
	u, err := app.NewUser(w.cfg, "ghu_0123456789")
	if err != nil {
		t.Fatal(err)
	}
	asks := map[string]func(context.Context) error{
		"self":          func(ctx context.Context) error { _, err := w.app.Self(ctx); return err },
		"installations": func(ctx context.Context) error { _, err := w.app.Installations(ctx); return err },
		"installation":  func(ctx context.Context) error { _, err := w.app.Installation(ctx, 7); return err },
		"repos":         func(ctx context.Context) error { _, err := w.app.InstallationRepos(ctx, 7); return err },
		"failed":        func(ctx context.Context) error { _, _, err := w.app.Failed(ctx, ""); return err },
		"me":            func(ctx context.Context) error { _, err := u.Me(ctx); return err },
		"seen":          func(ctx context.Context) error { _, err := u.Installations(ctx); return err },
		"read":          func(ctx context.Context) error { _, err := u.Repos(ctx, 7); return err },
		"convert":       func(ctx context.Context) error { _, err := app.Convert(ctx, w.cfg, "abc"); return err },
	}
	for _, tt := range []struct{ ask, answer string }{
		{"self", `{}`}, {"self", `<html>`}, {"installations", `[{"account":{"login":"acme"}}]`}, {"installations", `{}`}, {"installation", `{"id":0}`},
		{"repos", `{"repositories":[{"id":1,"full_name":"../.."}]}`}, {"repos", `{"repositories":[{"full_name":"a/b"}]}`}, {"failed", `{}`},
		{"me", `{"id":1}`}, {"me", `{"login":"ada"}`}, {"seen", `{"installations":[{}]}`}, {"read", `{"repositories":[{"id":1,"full_name":"a"}]}`},
		{"convert", `{"id":1,"slug":"x","client_id":"y","pem":"z"}`}, {"convert", `{}`},
	} {
		answer = tt.answer
		if err := asks[tt.ask](t.Context()); err == nil {
			t.Errorf("%s: %s is no error", tt.ask, tt.answer)
		}
	}
}

// TestListsWithoutEnd are refused: a part of a list is not to decide who may see what.
func TestListsWithoutEnd(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page := 1
		fmt.Sscan(r.URL.Query().Get("page"), &page)
		w.Header().Set("Link", fmt.Sprintf(`<http://x/y?page=%d>; rel="next"`, page+1))
		fmt.Fprint(w, `{"installations":[{"id":7}],"repositories":[{"id":1,"full_name":"a/b"}]}`)
	}))
	defer s.Close()
	u, err := app.NewUser(github.Config{BaseURL: s.URL}, "ghu_0123456789")
	if err != nil {
		t.Fatal(err)
	}
	if list, err := u.Installations(t.Context()); err == nil || list != nil || !strings.Contains(err.Error(), "more than 20000 items") {
		t.Errorf("got %d, %v", len(list), err)
	}
	if list, err := u.Repos(t.Context(), 7); err == nil || list != nil {
		t.Errorf("got %d, %v", len(list), err)
	}
}
