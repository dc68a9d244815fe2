package enroll_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/app/enroll"
)

var credentials = enroll.Credentials{ID: 77, Slug: "pertask-acme", Name: "pertask acme", Owner: "acme", ClientID: "Iv1.abc", ClientSecret: "shh-client",
	WebhookSecret: "shh-hook", PrivateKey: "-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----\n"}

// site is a server that is being set up, and a browser.
type site struct {
	t      *testing.T
	url    string
	code   string
	now    time.Time
	kept   []enroll.Credentials
	asked  []string // codes that were to be converted
	fails  error    // of Convert
	spoilt error    // of Keep
	*http.Client
}

func open(t *testing.T, change ...func(*enroll.Config)) *site {
	t.Helper()
	s := &site{t: t, code: enroll.NewCode(), now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	mux := http.NewServeMux()
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	s.url = srv.URL
	public, _ := url.Parse(srv.URL)
	c := enroll.Config{Public: public, GitHub: &url.URL{Scheme: "https", Host: "github.com"}, Code: s.code, Now: func() time.Time { return s.now },
		Log: slog.New(slog.DiscardHandler), Missing: func() []string { return []string{"Store a provider key <first>."} },
		Convert: func(_ context.Context, code string) (enroll.Credentials, error) {
			s.asked = append(s.asked, code)
			return credentials, s.fails
		},
		Keep: func(_ context.Context, c enroll.Credentials) error { s.kept = append(s.kept, c); return s.spoilt },
	}
	for _, f := range change {
		f(&c)
	}
	h, err := enroll.New(c)
	if err != nil {
		t.Fatal(err)
	}
	mux.Handle("/setup", h)
	mux.Handle("/setup/", h)
	jar, _ := cookiejar.New(nil)
	s.Client = &http.Client{Jar: jar}
	return s
}

func (s *site) do(method, path string, form url.Values, header ...string) (int, string) {
	s.t.Helper()
	req, err := http.NewRequest(method, s.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := s.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if !strings.Contains(resp.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'") || resp.Header.Get("Cache-Control") != "no-store" {
		s.t.Errorf("%s %s: headers %v", method, path, resp.Header)
	}
	return resp.StatusCode, string(body)
}

func (s *site) want(wantStatus int, wantText, method, path string, form url.Values, header ...string) string {
	s.t.Helper()
	status, body := s.do(method, path, form, header...)
	if status != wantStatus || !strings.Contains(body, wantText) {
		s.t.Fatalf("%s %s: %d, want %d with %q in\n%s", method, path, status, wantStatus, wantText, body)
	}
	return body
}

var action = regexp.MustCompile(`<form method="post" action="(https://github.com[^"]*)">`)
var manifest = regexp.MustCompile(`name="manifest" value="([^"]*)"`)

// create goes up to the button that leads to GitHub, and returns its address and the manifest.
func (s *site) create(owner string) (*url.URL, map[string]any) {
	s.t.Helper()
	s.want(200, "What it asks for", "POST", "/setup", url.Values{"code": {s.code}})
	body := s.want(200, "Go to GitHub", "POST", "/setup/create", url.Values{"name": {"pertask acme"}, "owner": {owner}})
	a, m := action.FindStringSubmatch(body), manifest.FindStringSubmatch(body)
	if a == nil || m == nil {
		s.t.Fatalf("no form in\n%s", body)
	}
	u, err := url.Parse(html.UnescapeString(a[1]))
	if err != nil {
		s.t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(html.UnescapeString(m[1])), &got); err != nil {
		s.t.Fatal(err)
	}
	return u, got
}

func done(u *url.URL) string {
	return "/setup/done?" + url.Values{"code": {"temporary"}, "state": {u.Query().Get("state")}}.Encode()
}

func TestFlow(t *testing.T) {
	s := open(t)
	s.want(200, "enter the code", "GET", "/setup", nil)
	u, m := s.create("acme")
	if got, want := u.Path, "/organizations/acme/settings/apps/new"; got != want {
		t.Errorf("form leads to %s, want %s", got, want)
	}
	want := map[string]any{
		"name": "pertask acme", "url": s.url, "hook_attributes": map[string]any{"url": s.url + "/webhook", "active": true}, "redirect_url": s.url + "/setup/done",
		"callback_urls": []any{s.url + "/signin/callback"}, "public": false,
		"description":    "Measures what a model change costs per completed task, on the pull request that makes it.",
		"default_events": []any{"check_run", "check_suite", "issue_comment", "merge_group", "pull_request", "push"},
		"default_permissions": map[string]any{"checks": "write", "contents": "read", "merge_queues": "read", "metadata": "read",
			"pull_requests": "write"},
	}
	if diff := cmp.Diff(m, want); diff != "" {
		t.Errorf("manifest (-got +want):\n%s", diff)
	}
	body := s.want(200, "https://github.com/apps/pertask-acme/installations/new", "GET", done(u), nil)
	if !strings.Contains(body, "Store a provider key &lt;first&gt;.") {
		t.Errorf("what is missing is not said, or not escaped:\n%s", body)
	}
	for _, hidden := range []string{"shh-client", "shh-hook", "PRIVATE KEY"} {
		if strings.Contains(body, hidden) {
			t.Errorf("the page shows %s although it is stored", hidden)
		}
	}
	if diff := cmp.Diff(s.kept, []enroll.Credentials{credentials}); diff != "" {
		t.Errorf("kept (-got +want):\n%s", diff)
	}
	if diff := cmp.Diff(s.asked, []string{"temporary"}); diff != "" {
		t.Errorf("converted (-got +want):\n%s", diff)
	}
	// Once there is an App, nobody makes another.
	s.want(410, "Nothing to set up", "GET", "/setup", nil)
	s.want(410, "Nothing to set up", "POST", "/setup", url.Values{"code": {s.code}})
	s.want(410, "Nothing to set up", "GET", done(u), nil)
	s.want(410, "Nothing to set up", "POST", "/setup/create", url.Values{"name": {"x"}})
}

func TestOwnAccount(t *testing.T) {
	u, _ := open(t).create("")
	if got, want := u.Path, "/settings/apps/new"; got != want {
		t.Errorf("form leads to %s, want %s", got, want)
	}
}

func TestGHES(t *testing.T) {
	s := open(t, func(c *enroll.Config) { c.GitHub = &url.URL{Scheme: "https", Host: "ghes.example"} })
	s.want(200, "", "POST", "/setup", url.Values{"code": {s.code}})
	s.want(200, `action="https://ghes.example/settings/apps/new?state=`, "POST", "/setup/create", url.Values{"name": {"p"}})
}

func TestActionsNeedOnePermissionMore(t *testing.T) {
	_, m := open(t, func(c *enroll.Config) { c.Actions = true }).create("acme")
	if got, want := m["default_permissions"].(map[string]any)["actions"], "write"; got != want {
		t.Errorf("actions: %v, want %v", got, want)
	}
}

func TestShownWhereNothingKeepsThem(t *testing.T) {
	s := open(t, func(c *enroll.Config) { c.Keep = nil })
	u, _ := s.create("acme")
	body := html.UnescapeString(s.want(200, "shown once", "GET", done(u), nil))
	if !strings.Contains(body, credentials.Env()) {
		t.Errorf("the environment is not shown:\n%s", body)
	}
}

// GitHub hands out the credentials once. A person who closes the page meanwhile does not lose them.
func TestNotLostWhenTheBrowserGoes(t *testing.T) {
	leave, kept := make(chan struct{}), make(chan error, 1)
	s := open(t, func(c *enroll.Config) {
		c.Convert = func(ctx context.Context, _ string) (enroll.Credentials, error) {
			close(leave)
			select {
			case <-ctx.Done():
				kept <- ctx.Err()
				return enroll.Credentials{}, ctx.Err()
			case <-time.After(300 * time.Millisecond):
				return credentials, nil
			}
		}
		c.Keep = func(ctx context.Context, _ enroll.Credentials) error { kept <- ctx.Err(); return ctx.Err() }
	})
	u, _ := s.create("acme")
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-leave; cancel() }()
	req, err := http.NewRequestWithContext(ctx, "GET", s.url+done(u), nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := s.Do(req); err == nil {
		resp.Body.Close()
		t.Fatal("the browser has waited")
	}
	if err := <-kept; err != nil {
		t.Errorf("the credentials are lost: %v", err)
	}
}

func TestNotLostWhenStoringFails(t *testing.T) {
	s := open(t)
	s.spoilt = errors.New("disk full")
	u, _ := s.create("acme")
	body := html.UnescapeString(s.want(200, "could not be stored", "GET", done(u), nil))
	if !strings.Contains(body, credentials.Env()) {
		t.Errorf("the environment is not shown:\n%s", body)
	}
}

func TestNobodyElse(t *testing.T) {
	s := open(t)
	u, _ := s.create("acme")
	thief := *s
	jar, _ := cookiejar.New(nil)
	thief.Client = &http.Client{Jar: jar}
	thief.want(403, "did not begin here", "GET", done(u), nil)
	thief.want(200, "enter the code", "POST", "/setup/create", url.Values{"name": {"mine"}})
	thief.want(200, "enter the code", "GET", "/setup", nil)
	if len(s.asked) > 0 {
		t.Errorf("converted %q for a stranger", s.asked)
	}
	s.want(200, "is made", "GET", done(u), nil)
}

func TestStateHoldsOnceAndForAnHour(t *testing.T) {
	s := open(t)
	s.fails = errors.New("code <expired>")
	u, _ := s.create("acme")
	s.want(403, "did not begin here", "GET", "/setup/done?code=temporary", nil)
	s.want(403, "did not begin here", "GET", "/setup/done?code=temporary&state=guess", nil)
	s.want(502, "code &lt;expired&gt;", "GET", done(u), nil)
	s.want(403, "did not begin here", "GET", done(u), nil)
	s.fails = nil
	u, _ = s.create("acme")
	s.now = s.now.Add(time.Hour)
	s.want(403, "did not begin here", "GET", done(u), nil)
	if diff := cmp.Diff(s.asked, []string{"temporary"}); diff != "" {
		t.Errorf("converted (-got +want):\n%s", diff)
	}
}

func TestIncompleteCredentialsAreNotKept(t *testing.T) {
	s := open(t, func(c *enroll.Config) {
		c.Convert = func(context.Context, string) (enroll.Credentials, error) {
			return enroll.Credentials{ID: 1, Slug: "x"}, nil
		}
	})
	u, _ := s.create("acme")
	s.want(502, "lack PERTASK_APP_CLIENT_ID", "GET", done(u), nil)
	if len(s.kept) > 0 {
		t.Errorf("kept %v", s.kept)
	}
}

func TestWrongCodes(t *testing.T) {
	s := open(t)
	for _, code := range []string{"", "guess", s.code[:len(s.code)-1], s.code + "A", strings.ToLower(s.code)} {
		s.want(403, "not the code", "POST", "/setup", url.Values{"code": {code}})
	}
	s.want(200, "enter the code", "GET", "/setup", nil)
	s.want(200, "What it asks for", "POST", "/setup", url.Values{"code": {" " + s.code + "\n"}}) // as pasted
}

func TestOtherSitesCannotPost(t *testing.T) {
	s := open(t)
	for _, path := range []string{"/setup", "/setup/create"} {
		if status, _ := s.do("POST", path, url.Values{"code": {s.code}, "name": {"x"}}, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"); status != 403 {
			t.Errorf("POST %s of another site: %d, want 403", path, status)
		}
	}
}

func TestNames(t *testing.T) {
	s := open(t)
	s.want(200, "", "POST", "/setup", url.Values{"code": {s.code}})
	for _, bad := range []url.Values{
		{"name": {""}}, {"name": {strings.Repeat("n", 35)}}, {"name": {`"><script>`}}, {"name": {"ok"}, "owner": {"a/b"}}, {"name": {"ok"}, "owner": {"-a"}},
		{"name": {"ok"}, "owner": {`x"onfocus=`}}, {"name": {"ok"}, "owner": {strings.Repeat("a", 40)}},
	} {
		body := s.want(400, `role="alert"`, "POST", "/setup/create", bad)
		if strings.Contains(body, "<script>") || strings.Contains(body, `x"onfocus`) {
			t.Errorf("%v is not escaped:\n%s", bad, body)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	good := enroll.Config{Code: enroll.NewCode(), Public: &url.URL{Scheme: "https", Host: "p.example"}}
	short, plain := good, good
	short.Code = "short"
	plain.Public = &url.URL{Scheme: "http", Host: "p.example"}
	if _, err := enroll.New(short); err == nil {
		t.Error("a short code was taken")
	}
	if _, err := enroll.New(plain); err == nil || !strings.Contains(err.Error(), "not https") {
		t.Errorf("a plain public address: %v", err)
	}
}

// TestStyleIsAllowed compares the style of the page with the digest in its policy, which browsers hold it to.
func TestStyleIsAllowed(t *testing.T) {
	s := open(t)
	resp, err := s.Get(s.url + "/setup")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	_, rest, _ := strings.Cut(string(body), "<style>")
	style, _, ok := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(style))
	if want := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !ok || !strings.Contains(resp.Header.Get("Content-Security-Policy"), want) {
		t.Errorf("policy %q lacks %s", resp.Header.Get("Content-Security-Policy"), want)
	}
}
