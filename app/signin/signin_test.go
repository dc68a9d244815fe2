package signin_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pertask/pertask/app/signin"
)

const ada = "ada [{7 [70 71]}]"

func TestSignIn(t *testing.T) {
	a, b := newApp(t), browser(t)
	if status, body := get(t, b, a.URL+"/x"); status != 403 || !strings.Contains(body, "not signed in") {
		t.Fatalf("without a session: %d %q", status, body)
	}
	if status, body := get(t, b, a.URL+"/signin?next=/i/7/reviews%3Frepo%3D70"); status != 200 || body != "/i/7/reviews?repo=70 "+ada {
		t.Fatalf("after signing in: %d %q", status, body)
	}
	all := a.sessions.sessions()
	if len(all) != 1 || all[0].Login != "ada" || all[0].User != 1 || len(all[0].Hash) != 64 {
		t.Fatalf("sessions: %+v", all)
	}
	u, _ := url.Parse(a.URL)
	cookies := b.Jar.Cookies(u)
	if len(cookies) != 1 || cookies[0].Name != "pertask-session" || strings.Contains(all[0].Hash, cookies[0].Value) {
		t.Errorf("cookies: %v", cookies)
	}
	if bytes.Contains(all[0].Token, []byte("ghu_")) {
		t.Error("the token is kept as it is")
	}
	if status, _ := get(t, browser(t), a.URL+"/x"); status != 403 {
		t.Error("another browser is signed in")
	}
	if res, err := b.Post(a.URL+"/signout", "", nil); err != nil || res.StatusCode != 403 {
		t.Fatalf("signing out: %v %v", res, err)
	}
	if n := len(a.sessions.sessions()) + len(b.Jar.Cookies(u)); n != 0 {
		t.Errorf("%d sessions and cookies are left", n)
	}
}

// TestCookies holds what the cookies of an App that people find by https are like.
func TestCookies(t *testing.T) {
	f := newFake(t)
	g, err := signin.New(signin.Config{URL: "https://pertask.example.com", ClientID: "x", ClientSecret: "y", Sessions: &memory{}, Box: box(t), Access: f})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	if err := g.Start(w, httptest.NewRequest("GET", "/signin?next=/a", nil)); err != nil {
		t.Fatal(err)
	}
	c := w.Result().Cookies()
	if len(c) != 1 || c[0].Name != "__Host-pertask-signin" || !c[0].Secure || !c[0].HttpOnly || c[0].SameSite != http.SameSiteLaxMode || c[0].Path != "/" || c[0].Domain != "" || c[0].MaxAge != 600 {
		t.Errorf("the cookie of a sign-in: %v", c)
	}
	to, err := url.Parse(w.Header().Get("Location"))
	q := to.Query()
	if err != nil || to.Host != "github.com" || q.Get("redirect_uri") != "https://pertask.example.com/signin/callback" || len(q.Get("state")) < 43 || q.Get("code_challenge_method") != "S256" || q.Get("client_id") != "x" || q.Has("client_secret") {
		t.Errorf("people are sent to %s, %v", to, err)
	}
	if len(c[0].Value) > 2000 || strings.Contains(c[0].Value, q.Get("state")) {
		t.Errorf("the cookie has %d bytes and may be read", len(c[0].Value))
	}
	if err := g.SignOut(httptest.NewRecorder(), httptest.NewRequest("POST", "/signout", nil)); err != nil {
		t.Errorf("signing out nobody: %v", err)
	}
}

// TestTwoCookies holds that a cookie which somebody else may have set beside ours counts for nothing.
func TestTwoCookies(t *testing.T) {
	a, b := newApp(t), browser(t)
	get(t, b, a.URL+"/signin")
	u, _ := url.Parse(a.URL)
	own := b.Jar.Cookies(u)[0]
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(own)
	if v, err := a.gate.Viewer(r); err != nil || v.Login != "ada" {
		t.Fatalf("one cookie: %v, %v", v, err)
	}
	r.AddCookie(&http.Cookie{Name: own.Name, Value: "other"})
	if _, err := a.gate.Viewer(r); !errors.Is(err, signin.ErrNobody) {
		t.Errorf("two cookies: %v", err)
	}
}

// TestSignInCSRF holds that an end of a sign-in works in the browser of its start and once.
func TestSignInCSRF(t *testing.T) {
	a := newApp(t)
	stop := func(c *http.Client) *http.Client { // it keeps what GitHub sends the browser to
		c.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
			if r.URL.Path == signin.Callback {
				return http.ErrUseLastResponse
			}
			return nil
		}
		return c
	}
	evil, victim := stop(browser(t)), browser(t)
	a.github.set(func() { a.github.login = "eve" })
	res, err := evil.Get(a.URL + "/signin")
	if err != nil {
		t.Fatal(err)
	}
	link := res.Header.Get("Location")
	for name, open := range map[string]func() (int, string){
		"a browser that started nothing":     func() (int, string) { return get(t, victim, link) },
		"a browser that started its own":     func() (int, string) { v := stop(browser(t)); get(t, v, a.URL+"/signin"); return get(t, v, link) },
		"its own browser with another state": func() (int, string) { return get(t, stop(browser(t)), strings.Replace(link, "state=", "state=x", 1)) },
	} {
		if status, body := open(); status != 403 || !strings.Contains(body, signin.ErrStart.Error()) {
			t.Errorf("%s: %d %q", name, status, body)
		}
	}
	evil.CheckRedirect = nil
	if status, body := get(t, evil, link); status != 200 || !strings.Contains(body, "eve") {
		t.Fatalf("its own browser: %d %q", status, body)
	}
	if status, body := get(t, evil, link); status != 403 || !strings.Contains(body, signin.ErrStart.Error()) {
		t.Errorf("its own browser again: %d %q", status, body)
	}
	if n := len(a.sessions.sessions()); n != 1 {
		t.Errorf("%d sessions", n)
	}
}

// TestLate holds that a sign-in has ten minutes.
func TestLate(t *testing.T) {
	for wait, want := range map[time.Duration]int{9 * time.Minute: 200, 11 * time.Minute: 403, -time.Minute: 403} {
		a, b := newApp(t), browser(t)
		b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		res, err := b.Get(a.URL + "/signin")
		if err != nil {
			t.Fatal(err)
		}
		a.pass(wait)
		b.CheckRedirect = nil
		if status, body := get(t, b, res.Header.Get("Location")); status != want {
			t.Errorf("after %v: %d %q", wait, status, body)
		}
	}
}

// TestFixation holds that a session which was there before signing in is over, whoever planted it.
func TestFixation(t *testing.T) {
	a, evil, victim := newApp(t), browser(t), browser(t)
	a.github.set(func() { a.github.login = "eve" })
	get(t, evil, a.URL+"/signin")
	u, _ := url.Parse(a.URL)
	planted := evil.Jar.Cookies(u)
	for name, value := range map[string]string{"of her own": planted[0].Value, "made up": "AAAA"} {
		victim.Jar.SetCookies(u, []*http.Cookie{{Name: planted[0].Name, Value: value, Path: "/"}})
		a.github.set(func() { a.github.login = "ada" })
		if _, body := get(t, victim, a.URL+"/signin"); !strings.Contains(body, ada) {
			t.Fatalf("a session %s is planted: %q", name, body)
		}
		if now := victim.Jar.Cookies(u); len(now) != 1 || now[0].Value == value {
			t.Errorf("a session %s is still in use", name)
		}
		if status, _ := get(t, evil, a.URL+"/"); name == "of her own" && status != 403 {
			t.Errorf("a session %s is good after signing in over it", name)
		}
	}
}

func TestDenied(t *testing.T) {
	a, b := newApp(t), browser(t)
	a.github.set(func() { a.github.deny = true })
	if status, body := get(t, b, a.URL+"/signin"); status != 403 || !strings.Contains(body, signin.ErrDenied.Error()) {
		t.Errorf("somebody says no: %d %q", status, body)
	}
	a.github.set(func() { a.github.deny, a.github.down = false, true })
	if status, body := get(t, b, a.URL+"/signin"); status != 403 || !strings.Contains(body, signin.ErrUnavailable.Error()) {
		t.Errorf("GitHub is down: %d %q", status, body)
	}
	a.github.set(func() { a.github.down = false; a.github.login = "nobody-that-GitHub-knows" })
	if status, body := get(t, b, a.URL+"/signin"); status != 403 || !strings.Contains(body, signin.ErrDenied.Error()) {
		t.Errorf("a token that is not good: %d %q", status, body)
	}
	a.github.set(func() { a.github.login = "ada" })
	a.sessions.fail = errors.New("disk full")
	if status, body := get(t, b, a.URL+"/signin"); status != 403 || !strings.Contains(body, signin.ErrUnavailable.Error()) || strings.Contains(body, "disk") {
		t.Errorf("no session can be kept: %d %q", status, body)
	}
	if n := len(a.sessions.sessions()); n != 0 {
		t.Errorf("%d sessions", n)
	}
}

// TestAccess holds that what GitHub said counts for five minutes and not a moment longer.
func TestAccess(t *testing.T) {
	a, b := newApp(t), browser(t)
	get(t, b, a.URL+"/signin")
	for range 5 {
		get(t, b, a.URL+"/x")
	}
	if a.github.asked != 1 {
		t.Errorf("GitHub was asked %d times", a.github.asked)
	}
	a.github.set(func() { a.github.users[1] = signin.User{ID: 1, Login: "ada-l"} })
	a.pass(signin.Fresh - time.Second)
	if _, body := get(t, b, a.URL+"/x"); body != "/x "+ada {
		t.Errorf("before five minutes: %q", body)
	}
	a.pass(2 * time.Second)
	if _, body := get(t, b, a.URL+"/x"); body != "/x ada-l []" {
		t.Errorf("after five minutes: %q", body)
	}
	a.github.set(func() { a.github.down = true })
	a.pass(signin.Fresh)
	for range 2 {
		if _, body := get(t, b, a.URL+"/x"); !strings.Contains(body, signin.ErrUnavailable.Error()) {
			t.Errorf("GitHub is down: %q", body)
		}
	}
	a.github.set(func() { a.github.down = false })
	if _, body := get(t, b, a.URL+"/x"); body != "/x ada-l []" {
		t.Errorf("GitHub is back: %q", body)
	}
	a.github.set(func() { a.github.tokens = map[string]int64{} })
	a.pass(signin.Fresh)
	if _, body := get(t, b, a.URL+"/x"); !strings.Contains(body, "not signed in") || len(a.sessions.sessions()) != 0 {
		t.Errorf("the token is revoked: %q, %d sessions", body, len(a.sessions.sessions()))
	}
}

// TestAnotherPerson holds that a token which is suddenly of somebody else ends the session.
func TestAnotherPerson(t *testing.T) {
	a, b := newApp(t), browser(t)
	get(t, b, a.URL+"/signin")
	a.github.set(func() {
		for token := range a.github.tokens {
			a.github.tokens[token] = 2
		}
	})
	a.pass(signin.Fresh)
	if _, body := get(t, b, a.URL+"/x"); !strings.Contains(body, "not signed in") || len(a.sessions.sessions()) != 0 {
		t.Errorf("%q, %d sessions", body, len(a.sessions.sessions()))
	}
}

// TestOver holds when a session ends: not used, too old, or with GitHub's token.
func TestOver(t *testing.T) {
	type step struct {
		wait time.Duration
		want bool
	}
	week := []step{}
	for range 13 {
		week = append(week, step{12 * time.Hour, true})
	}
	for name, c := range map[string]struct {
		life  int
		steps []step
	}{
		"idle":         {0, []step{{signin.Idle - time.Minute, true}, {signin.Idle - time.Minute, true}, {signin.Idle + time.Minute, false}, {0, false}}},
		"a week":       {0, append(week, step{11 * time.Hour, true}, step{time.Hour, false})},
		"GitHub's end": {3600, []step{{50 * time.Minute, true}, {15 * time.Minute, false}}},
	} {
		a, b := newApp(t), browser(t)
		a.github.set(func() { a.github.life = c.life })
		get(t, b, a.URL+"/signin")
		for i, s := range c.steps {
			a.pass(s.wait)
			if status, body := get(t, b, a.URL+"/x"); (status == 200) != s.want {
				t.Errorf("%s, step %d: %d %q", name, i, status, body)
			}
		}
		if n := len(a.sessions.sessions()); n != 0 {
			t.Errorf("%s: %d sessions are left", name, n)
		}
	}
}

// TestMoved holds that a sealed token in the row of another session opens nothing.
func TestMoved(t *testing.T) {
	a, b, c := newApp(t), browser(t), browser(t)
	get(t, b, a.URL+"/signin")
	a.github.set(func() { a.github.login = "eve" })
	get(t, c, a.URL+"/signin")
	a.sessions.mu.Lock()
	var of [3]signin.Session
	for _, s := range a.sessions.all {
		of[s.User] = s
	}
	moved := of[2]
	moved.Token, moved.User = of[1].Token, 1
	a.sessions.all[moved.Hash] = moved
	a.sessions.mu.Unlock()
	a.pass(signin.Fresh)
	if status, body := get(t, c, a.URL+"/x"); status != 403 || strings.Contains(body, "ada") {
		t.Errorf("%d %q", status, body)
	}
}

// TestAskedOnce holds that many requests of one person ask GitHub once.
func TestAskedOnce(t *testing.T) {
	a, b := newApp(t), browser(t)
	get(t, b, a.URL+"/signin")
	a.pass(signin.Fresh)
	wait := make(chan struct{})
	a.github.set(func() { a.github.wait = wait; a.github.asked = 0 })
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, body := get(t, b, a.URL+"/x"); body != "/x "+ada {
				t.Errorf("%q", body)
			}
		})
	}
	close(wait)
	all.Wait()
	if a.github.asked != 1 {
		t.Errorf("GitHub was asked %d times", a.github.asked)
	}
}

// TestDatabaseDown holds that a store which does not answer lets nobody in and nobody out.
func TestDatabaseDown(t *testing.T) {
	a, b := newApp(t), browser(t)
	get(t, b, a.URL+"/signin")
	a.sessions.fail = errors.New("disk full")
	if status, body := get(t, b, a.URL+"/x"); status != 403 || !strings.Contains(body, signin.ErrUnavailable.Error()) {
		t.Errorf("%d %q", status, body)
	}
	res, err := b.Post(a.URL+"/signout", "", nil)
	if u, _ := url.Parse(a.URL); err != nil || res.StatusCode != 403 || len(b.Jar.Cookies(u)) != 1 {
		t.Errorf("signing out says that it was done: %v %v", res, err)
	}
}

func TestNext(t *testing.T) {
	for in, want := range map[string]string{
		"":                                "/",
		"/":                               "/",
		"/i/7/reviews?repo=7&a=b":         "/i/7/reviews?repo=7&a=b",
		"//evil.example":                  "/",
		"///evil.example":                 "/",
		`/\evil.example`:                  "/",
		"/%5cevil.example":                "/",
		"/%2fevil.example":                "/",
		"/\tevil.example":                 "/",
		"/\t/evil.example":                "/",
		"/a\r\nSet-Cookie: x=y":           "/",
		"https://evil.example/":           "/",
		"https:evil.example":              "/",
		"javascript:alert(1)":             "/",
		"evil.example":                    "/",
		"/ü":                              "/",
		"/signin?next=/signin":            "/",
		"/signin/callback?code=x":         "/",
		"/signout":                        "/",
		"/signings":                       "/signings",
		"/%zz":                            "/",
		"/a?" + strings.Repeat("x", 2000): "/",
	} {
		if got := signin.Next(in); got != want {
			t.Errorf("Next(%q) = %q, want %q", in, got, want)
		}
	}
}

// FuzzNext holds that whatever comes out leads nowhere else, as a browser reads it.
func FuzzNext(f *testing.F) {
	for _, s := range []string{"/", "//a", `/\a`, "/a?b#c", "/%2f", "/..//a", "/\x00"} {
		f.Add(s)
	}
	base, _ := url.Parse("https://pertask.example.com/signin")
	f.Fuzz(func(t *testing.T, s string) {
		got := signin.Next(s)
		w := httptest.NewRecorder()
		http.Redirect(w, httptest.NewRequest("GET", "/signin", nil), got, http.StatusSeeOther)
		to, err := base.Parse(w.Header().Get("Location"))
		if err != nil || to.Host != base.Host || to.Scheme != "https" || strings.HasPrefix(to.Path, "//") || strings.ContainsAny(got, "\\\t\r\n") || got != "/" && got != s {
			t.Errorf("Next(%q) = %q, which leads to %v, %v", s, got, to, err)
		}
	})
}

func TestConfig(t *testing.T) {
	whole := func() signin.Config {
		return signin.Config{URL: "https://pertask.example.com", ClientID: "x", ClientSecret: "y", Sessions: &memory{}, Box: box(t), Access: newFake(t)}
	}
	for name, c := range map[string]struct {
		change func(*signin.Config)
		want   string
	}{
		"whole":          {func(*signin.Config) {}, ""},
		"a slash":        {func(c *signin.Config) { c.URL += "/" }, ""},
		"loopback":       {func(c *signin.Config) { c.URL = "http://127.0.0.1:8080" }, ""},
		"IPv6":           {func(c *signin.Config) { c.URL = "http://[::1]:8080" }, ""},
		"another host":   {func(c *signin.Config) { c.URL = "http://127.0.0.1.evil.example" }, "allowed is https"},
		"every address":  {func(c *signin.Config) { c.URL = "http://0.0.0.0:8080" }, "allowed is https"},
		"http":           {func(c *signin.Config) { c.URL = "http://pertask.example.com" }, "allowed is https"},
		"no URL":         {func(c *signin.Config) { c.URL = "" }, "allowed is one such as"},
		"a path":         {func(c *signin.Config) { c.URL += "/app" }, "without a path"},
		"a name":         {func(c *signin.Config) { c.URL = "https://me@pertask.example.com" }, "allowed"},
		"no id":          {func(c *signin.Config) { c.ClientID = "" }, "client id"},
		"no secret":      {func(c *signin.Config) { c.ClientSecret = "" }, "client secret"},
		"no sessions":    {func(c *signin.Config) { c.Sessions = nil }, "sessions"},
		"no box":         {func(c *signin.Config) { c.Box = nil }, "box"},
		"no access":      {func(c *signin.Config) { c.Access = nil }, "access"},
		"another scheme": {func(c *signin.Config) { c.URL = "ftp://127.0.0.1" }, "allowed is https"},
	} {
		cfg := whole()
		c.change(&cfg)
		g, err := signin.New(cfg)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) || (g == nil) != (err != nil) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestGrant(t *testing.T) {
	v := signin.Viewer{Grants: []signin.Grant{{Installation: 7, Repos: []signin.Repo{{ID: 70, Name: "acme/agent"}}}}}
	if _, ok := v.Grant(8); ok {
		t.Error("a grant of an installation that is not there")
	}
	if _, ok := (signin.Viewer{}).Grant(0); ok {
		t.Error("nobody has a grant")
	}
	g, _ := v.Grant(7)
	if r, ok := g.Repo(70); !ok || r.Name != "acme/agent" || len(g.Scope().Repos) != 1 {
		t.Errorf("the grant of a repository: %v", r)
	}
	if _, ok := g.Repo(71); ok {
		t.Error("a repository that is not there")
	}
}
