package githubtest_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/github/githubtest"
)

const callback = "https://app.example/signin/callback"

// browse makes a request as a browser does, and follows nothing.
func browse(t *testing.T, method, address string, form url.Values, accept string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.Header.Set("Accept", accept)
	resp, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	out, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(out)
}

// signer is an App at whose door people sign in.
type signer struct {
	*githubtest.Server
	t   *testing.T
	now time.Time
}

func newSigner(t *testing.T) *signer {
	s := &signer{t: t, now: time.Now()}
	s.Server = githubtest.NewWith(t, githubtest.Options{Now: func() time.Time { return s.now }, BadRequests: true})
	s.RegisterApp(githubtest.App{ID: 77, Slug: "pertask", ClientID: "Iv1.a", ClientSecret: "hush", Callbacks: []string{callback}})
	s.RegisterApp(githubtest.App{ID: 78, ClientID: "Iv1.b", ClientSecret: "other"})
	s.SignIn("ada")
	return s
}

func query(pairs ...string) url.Values {
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return q
}

func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// authorize opens the page and returns where it sends the browser.
func (s *signer) authorize(q url.Values) (int, url.Values) {
	s.t.Helper()
	resp, _ := browse(s.t, "GET", s.SiteURL+"/login/oauth/authorize?"+q.Encode(), nil, "text/html")
	to, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || resp.StatusCode == 302 && !strings.HasPrefix(to.String(), callback+"?") {
		s.t.Errorf("sent to %q, %v", to, err)
	}
	return resp.StatusCode, to.Query()
}

// exchange takes a code to the token, and returns the answer.
func (s *signer) exchange(q url.Values) map[string]any {
	s.t.Helper()
	resp, text := browse(s.t, "POST", s.SiteURL+"/login/oauth/access_token", q, "application/json")
	var m map[string]any
	if err := json.Unmarshal([]byte(text), &m); err != nil || resp.StatusCode != 200 {
		s.t.Fatalf("status %d, %s, %v", resp.StatusCode, text, err)
	}
	return m
}

const verifier = "a-verifier-of-enough-characters-for-the-standard-0123"

func TestSignIn(t *testing.T) {
	s := newSigner(t)
	status, back := s.authorize(query("client_id", "Iv1.a", "redirect_uri", callback, "state", "xyz", "code_challenge", challenge(verifier), "code_challenge_method", "S256"))
	if status != 302 || back.Get("state") != "xyz" || back.Get("code") == "" {
		t.Fatalf("got %d, %v", status, back)
	}
	form := query("client_id", "Iv1.a", "client_secret", "hush", "code", back.Get("code"), "redirect_uri", callback, "code_verifier", verifier)
	got := s.exchange(form)
	token, _ := got["access_token"].(string)
	if !strings.HasPrefix(token, "ghu_") || got["token_type"] != "bearer" || got["expires_in"] != 28800.0 || got["error"] != nil {
		t.Fatalf("got %v", got)
	}
	if code, _, text := doAs(t, s.Server, token, "GET", "/user", ""); code != 200 || !strings.Contains(text, `"login":"ada"`) {
		t.Errorf("got %d, %s", code, text)
	}
	if again := s.exchange(form); again["error"] != "bad_verification_code" {
		t.Errorf("a code was good twice: %v", again)
	}
	s.Revoke("Ada")
	if code, _, text := doAs(t, s.Server, token, "GET", "/user", ""); code != 401 {
		t.Errorf("got %d, %s after it was revoked", code, text)
	}
}

func TestSignInRefuses(t *testing.T) {
	s := newSigner(t)
	code := func(pairs ...string) url.Values {
		_, back := s.authorize(query(append([]string{"client_id", "Iv1.a", "redirect_uri", callback, "code_challenge", challenge(verifier), "code_challenge_method", "S256"}, pairs...)...))
		return query("client_id", "Iv1.a", "client_secret", "hush", "code", back.Get("code"), "code_verifier", verifier)
	}
	for name, tt := range map[string]struct {
		change func(url.Values)
		want   any
	}{
		"nothing":               {func(url.Values) {}, nil},
		"no verifier":           {func(q url.Values) { q.Del("code_verifier") }, "bad_verification_code"},
		"another verifier":      {func(q url.Values) { q.Set("code_verifier", verifier+"x") }, "bad_verification_code"},
		"another code":          {func(q url.Values) { q.Set("code", "x") }, "bad_verification_code"},
		"another App's code":    {func(q url.Values) { q.Set("client_id", "Iv1.b"); q.Set("client_secret", "other") }, "bad_verification_code"},
		"another secret":        {func(q url.Values) { q.Set("client_secret", "x") }, "incorrect_client_credentials"},
		"no App":                {func(q url.Values) { q.Del("client_id") }, "incorrect_client_credentials"},
		"another redirect":      {func(q url.Values) { q.Set("redirect_uri", callback+"/x") }, "redirect_uri_mismatch"},
		"too late":              {func(url.Values) { s.now = s.now.Add(11 * time.Minute) }, "bad_verification_code"},
		"the same redirect":     {func(q url.Values) { q.Set("redirect_uri", callback) }, nil},
		"no challenge was sent": {func(q url.Values) { _, b := s.authorize(query("client_id", "Iv1.a")); q.Set("code", b.Get("code")) }, nil},
	} {
		q := code()
		tt.change(q)
		if got := s.exchange(q); got["error"] != tt.want || (got["access_token"] == nil) != (tt.want != nil) {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
	}
	for name, q := range map[string]url.Values{
		"no App":            query("redirect_uri", callback),
		"another address":   query("client_id", "Iv1.a", "redirect_uri", "https://evil.example/signin/callback"),
		"a longer address":  query("client_id", "Iv1.a", "redirect_uri", callback+"x"),
		"no address at all": query("client_id", "Iv1.b"),
		"a plain challenge": query("client_id", "Iv1.a", "code_challenge", challenge(verifier), "code_challenge_method", "plain"),
		"a short challenge": query("client_id", "Iv1.a", "code_challenge", "x", "code_challenge_method", "S256"),
	} {
		if status, to := s.authorize(q); status < 400 || len(to) > 0 {
			t.Errorf("%s: got %d and %v", name, status, to)
		}
	}
	if status, back := s.authorize(query("client_id", "Iv1.a", "state", "s", "deny", "1")); status != 302 || back.Get("error") != "access_denied" || back.Get("state") != "s" || back.Has("code") {
		t.Errorf("denied: got %d, %v", status, back)
	}
}

// TestSignInAsks shows a page with everybody there is, for a browser that a test drives.
func TestSignInAsks(t *testing.T) {
	s := newSigner(t)
	s.SignIn("")
	s.SetPermission(s.AddRepo("acme", "agent"), "eve", "read")
	resp, page := browse(t, "GET", s.SiteURL+"/login/oauth/authorize?"+query("client_id", "Iv1.a", "state", "x").Encode(), nil, "text/html")
	if resp.StatusCode != 200 || !strings.Contains(page, `id="as-eve"`) || !strings.Contains(page, `id="deny"`) {
		t.Errorf("got %d, %s", resp.StatusCode, page)
	}
	if status, back := s.authorize(query("client_id", "Iv1.a", "as", "eve")); status != 302 || back.Get("code") == "" {
		t.Errorf("got %d, %v", status, back)
	}
	resp, form := browse(t, "POST", s.SiteURL+"/login/oauth/access_token", query("client_id", "x"), "")
	if got, err := url.ParseQuery(form); err != nil || got.Get("error") != "incorrect_client_credentials" || !strings.HasPrefix(resp.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		t.Errorf("got %q, %v", form, err)
	}
}

func TestSignInFaults(t *testing.T) {
	s := newSigner(t)
	s.Fail(githubtest.Match("POST", "access_token"), 502, 1, false)
	for _, want := range []int{502, 200} {
		if resp, text := browse(t, "POST", s.SiteURL+"/login/oauth/access_token", query("client_id", "x"), ""); resp.StatusCode != want {
			t.Errorf("got %d, %s, want %d", resp.StatusCode, text, want)
		}
	}
	if got := s.Requests(); len(got) != 2 || got[0].Status != 502 || got[0].Body != "" || s.Count("POST", "access_token") != 2 {
		t.Errorf("got %+v", got)
	}
	q := func() url.Values {
		_, back := s.authorize(query("client_id", "Iv1.a"))
		return query("client_id", "Iv1.a", "client_secret", "hush", "code", back.Get("code"))
	}()
	s.Fail(githubtest.Match("POST", "access_token"), 502, 1, true)
	if resp, _ := browse(t, "POST", s.SiteURL+"/login/oauth/access_token", q, ""); resp.StatusCode != 502 {
		t.Errorf("got %d", resp.StatusCode)
	}
	if got := s.exchange(q); got["error"] != "bad_verification_code" {
		t.Errorf("the code was not used up: %v", got)
	}
}
