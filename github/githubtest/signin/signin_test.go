package signin_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/github/githubtest/appstore"
	"github.com/pertask/pertask/github/githubtest/signin"
)

const (
	callback = "https://app.example/back"
	verifier = "a-verifier-of-enough-characters-for-the-standard-0123"
)

// desk is a site with one App, and its clock.
type desk struct {
	*signin.Site
	now time.Time
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	n := 0
	random := func(int) string { n++; return fmt.Sprintf("r%d", n) }
	d := &desk{now: time.Unix(1_800_000_000, 0)}
	d.Site = &signin.Site{
		Apps: appstore.New(random), NewID: func() int64 { return 99 }, Now: func() time.Time { return d.now }, Random: random,
		People: func() []string { return []string{"ada", "eve"} }, Viewer: "ada",
		Token: func(app *appstore.Registered, login string) string { return fmt.Sprintf("%s of %d", login, app.ID) },
	}
	if _, err := d.Apps.Register(appstore.App{ID: 77, Name: "Bot <1>", ClientID: "c", ClientSecret: "hush", Callbacks: []string{callback}}); err != nil {
		t.Fatal(err)
	}
	return d
}

func values(pairs ...string) url.Values {
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return q
}

func (d *desk) open(q url.Values) (int, *url.URL, string) {
	w := httptest.NewRecorder()
	d.ServeHTTP(w, httptest.NewRequest("GET", "/login/oauth/authorize?"+q.Encode(), nil))
	to, _ := url.Parse(w.Header().Get("Location"))
	return w.Code, to, w.Body.String()
}

func (d *desk) post(path string, form url.Values, accept string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", accept)
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w
}

func TestAuthorize(t *testing.T) {
	for name, tt := range map[string]struct {
		query  url.Values
		status int
		back   string // address without code
	}{
		"the App's own address":    {values("client_id", "c"), 302, callback},
		"a folder of it":           {values("client_id", "c", "redirect_uri", callback+"/deep?a=b", "state", "s"), 302, callback + "/deep?a=b&state=s"},
		"another host":             {values("client_id", "c", "redirect_uri", "https://evil.example/back"), 400, ""},
		"an address that is grown": {values("client_id", "c", "redirect_uri", callback+"x"), 400, ""},
		"a path":                   {values("client_id", "c", "redirect_uri", "/back"), 400, ""},
		"no address":               {values("client_id", "c", "redirect_uri", "%"), 400, ""},
		"no App":                   {values("client_id", "x"), 404, ""},
		"a method alone":           {values("client_id", "c", "code_challenge_method", "S256"), 400, ""},
		"a challenge alone":        {values("client_id", "c", "code_challenge", strings.Repeat("a", 43)), 400, ""},
	} {
		status, to, _ := newDesk(t).open(tt.query)
		q := to.Query()
		if (q.Get("code") != "") != (status == 302) {
			t.Errorf("%s: status %d and code %q", name, status, q.Get("code"))
		}
		q.Del("code")
		to.RawQuery = q.Encode()
		if diff := cmp.Diff([]any{status, to.String()}, []any{tt.status, tt.back}); diff != "" {
			t.Errorf("%s: got-want:\n%s", name, diff)
		}
	}
}

// TestCodes shows that a code is good once, for a while, and for who has the verifier.
func TestCodes(t *testing.T) {
	sum := sha256.Sum256([]byte(verifier))
	for name, tt := range map[string]struct {
		change func(*desk, url.Values)
		want   string
	}{
		"all is right":   {func(*desk, url.Values) {}, ""},
		"the last time":  {func(d *desk, _ url.Values) { d.now = d.now.Add(10 * time.Minute) }, ""},
		"too late":       {func(d *desk, _ url.Values) { d.now = d.now.Add(10*time.Minute + 1) }, "bad_verification_code"},
		"no verifier":    {func(_ *desk, q url.Values) { q.Del("code_verifier") }, "bad_verification_code"},
		"used":           {func(d *desk, q url.Values) { d.post("/login/oauth/access_token", q, "") }, "bad_verification_code"},
		"another secret": {func(_ *desk, q url.Values) { q.Set("client_secret", "x") }, "incorrect_client_credentials"},
		"another way":    {func(_ *desk, q url.Values) { q.Set("redirect_uri", "x") }, "redirect_uri_mismatch"},
	} {
		d := newDesk(t)
		_, to, _ := d.open(values("client_id", "c", "code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]), "code_challenge_method", "S256"))
		q := values("client_id", "c", "client_secret", "hush", "code", to.Query().Get("code"), "code_verifier", verifier)
		tt.change(d, q)
		var got struct {
			Error       string
			AccessToken string `json:"access_token"`
			ExpiresIn   int    `json:"expires_in"`
		}
		w := d.post("/login/oauth/access_token", q, "application/json")
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 || got.Error != tt.want {
			t.Errorf("%s: got %d, %s, %v", name, w.Code, w.Body, err)
		}
		if tt.want == "" != (got.AccessToken == "ada of 77" && got.ExpiresIn == 28800) {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

// TestAnswerForm shows that a client which asks for no JSON gets a form.
func TestAnswerForm(t *testing.T) {
	w := newDesk(t).post("/login/oauth/access_token", values("client_id", "x"), "*/*")
	if q, err := url.ParseQuery(w.Body.String()); err != nil || q.Get("error") != "incorrect_client_credentials" {
		t.Errorf("got %s, %v", w.Body, err)
	}
}

func TestAskWho(t *testing.T) {
	d := newDesk(t)
	d.Viewer = ""
	status, _, page := d.open(values("client_id", "c", "state", "s"))
	for _, want := range []string{"Bot &lt;1&gt;", `id="as-ada"`, `id="as-eve"`, `as=eve`, `deny=1`, "state=s"} {
		if status != 200 || !strings.Contains(page, want) {
			t.Errorf("status %d; no %s in %s", status, want, page)
		}
	}
	if _, to, _ := d.open(values("client_id", "c", "as", "eve")); to.Query().Get("code") == "" {
		t.Errorf("eve: got %s", to)
	}
	if _, to, _ := d.open(values("client_id", "c", "as", "nobody", "deny", "1")); to.Query().Get("error") != "access_denied" || to.Query().Has("code") {
		t.Errorf("denied: got %s", to)
	}
}

func TestManifest(t *testing.T) {
	const good = `{"name":"My Bot!","url":"u","redirect_url":"https://app.example/b?x=y","hook_attributes":{"url":"https://app.example/h"},"default_permissions":{"checks":"write"},"default_events":["push"]}`
	d := newDesk(t)
	press := func(manifest string) (int, url.Values) {
		w := d.post("/organizations/acme/settings/apps/new?state=s", values("manifest", manifest), "")
		to, _ := url.Parse(w.Header().Get("Location"))
		return w.Code, to.Query()
	}
	for _, bad := range []string{"", "{}", strings.Replace(good, "https://app.example/h", "", 1), strings.Replace(good, "https://app.example/b", "", 1)} {
		if status, _ := press(bad); status != http.StatusUnprocessableEntity {
			t.Errorf("%s: got %d", bad, status)
		}
	}
	status, back := press(good)
	if status != 302 || back.Get("state") != "s" || back.Get("x") != "y" {
		t.Fatalf("got %d, %v", status, back)
	}
	m, found := d.Convert(back.Get("code"))
	app := d.Apps.App(99)
	if !found || app == nil || m["slug"] != "my-bot-" || m["client_secret"] != app.ClientSecret || m["pem"] != string(app.Private) {
		t.Fatalf("got %v, %v", m, found)
	}
	if diff := cmp.Diff([]any{app.Permissions, app.Events, app.HookURL}, []any{map[string]string{"metadata": "read", "checks": "write"}, []string{"push"}, "https://app.example/h"}); diff != "" {
		t.Errorf("got-want:\n%s", diff)
	}
	if _, found := d.Convert(back.Get("code")); found {
		t.Error("a code was good twice")
	}
	_, back = press(good)
	d.now = d.now.Add(time.Hour + 1)
	if _, found := d.Convert(back.Get("code")); found {
		t.Error("a code was good after an hour")
	}
}

func TestIs(t *testing.T) {
	for path, want := range map[string]bool{
		"/login/oauth/authorize": true, "/login/oauth/x": true, "/settings/apps/new": true, "/organizations/acme/settings/apps/new": true,
		"/login": false, "/app": false, "/repos/acme/agent": false, "/settings/apps/new/x": false,
	} {
		if got := signin.Is(path); got != want {
			t.Errorf("%s: got %v, want %v", path, got, want)
		}
	}
	w := httptest.NewRecorder()
	newDesk(t).ServeHTTP(w, httptest.NewRequest("GET", "/settings/apps/new", nil))
	if w.Code != 404 || w.Header().Get("Content-Security-Policy") == "" {
		t.Errorf("another page: got %d, %v", w.Code, w.Header())
	}
}
