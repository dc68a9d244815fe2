package signin_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"github.com/pertask/pertask/app/signin"
	"github.com/pertask/pertask/github"
	"github.com/pertask/pertask/github/githubtest"
)

// service is GitHub with an App in two accounts.
func service(t *testing.T, callback string) *githubtest.Server {
	t.Helper()
	s := githubtest.New(t)
	s.RegisterApp(githubtest.App{ID: 77, Slug: "pertask", ClientID: "Iv1.a", ClientSecret: "hush", Callbacks: []string{callback}})
	for _, name := range []string{"agent", "site", "hidden"} {
		s.AddRepo("acme", name)
	}
	s.AddRepo("evil", "x")
	s.Install(77, 7, "acme", "acme/agent", "acme/site", "acme/hidden")
	s.Install(77, 8, "evil", "evil/x")
	for repo, level := range map[string]string{"acme/agent": "admin", "acme/site": "read", "acme/hidden": "none"} {
		s.SetPermission(repo, "ada", level)
	}
	s.SetPermission("acme/site", "bob", "write")
	return s
}

// named is what a person may do, by names: the numbers are the server's.
func named(u signin.User) map[string]signin.Repo {
	out := map[string]signin.Repo{}
	for _, g := range u.Grants {
		for _, r := range g.Repos {
			name := g.Account + ": " + r.Name
			r.ID, r.Name = 0, ""
			out[name] = r
		}
	}
	return out
}

func TestGitHub(t *testing.T) {
	s := service(t, "https://app.example/signin/callback")
	ask := signin.GitHub{Config: github.Config{BaseURL: s.URL, Sleep: func(context.Context, time.Duration) error { return nil }}}
	for login, want := range map[string]map[string]signin.Repo{
		"ada": {"acme: acme/agent": {Write: true, Admin: true}, "acme: acme/site": {}}, "bob": {"acme: acme/site": {Write: true}}, "mallory": {},
	} {
		u, err := ask.User(context.Background(), s.UserToken(77, login))
		if err != nil || u.Login != login || u.ID == 0 {
			t.Fatalf("%s: %+v, %v", login, u, err)
		}
		if diff := cmp.Diff(want, named(u)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", login, diff)
		}
	}
	token := s.UserToken(77, "ada")
	s.Revoke("ada")
	if _, err := ask.User(context.Background(), token); !errors.Is(err, signin.ErrRevoked) {
		t.Errorf("a token that was revoked: %v", err)
	}
	token = s.UserToken(77, "bob")
	s.Close()
	if u, err := ask.User(context.Background(), token); err == nil || errors.Is(err, signin.ErrRevoked) || u.ID != 0 {
		t.Errorf("GitHub is gone: %+v, %v", u, err)
	}
}

// TestAgainstGitHub signs in at the fake that the other packages use, from the button to what somebody sees.
func TestAgainstGitHub(t *testing.T) {
	var gate *signin.Gate
	var seen signin.Viewer
	mux := http.NewServeMux()
	mux.HandleFunc("GET /signin", func(w http.ResponseWriter, r *http.Request) { _ = gate.Start(w, r) })
	mux.HandleFunc("GET /signin/callback", func(w http.ResponseWriter, r *http.Request) {
		if _, err := gate.End(w, r); err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
		}
	})
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		var err error
		if seen, err = gate.Viewer(r); err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
		}
	})
	app := httptest.NewServer(mux)
	defer app.Close()
	s := service(t, app.URL+signin.Callback)
	sessions := &memory{}
	var err error
	gate, err = signin.New(signin.Config{URL: app.URL, ClientID: "Iv1.a", ClientSecret: "hush", Sessions: sessions, Box: box(t), Access: signin.GitHub{Config: github.Config{BaseURL: s.URL}},
		Endpoint: oauth2.Endpoint{AuthURL: s.SiteURL + "/login/oauth/authorize", TokenURL: s.SiteURL + "/login/oauth/access_token"}})
	if err != nil {
		t.Fatal(err)
	}
	s.SignIn("ada")
	if status, body := get(t, browser(t), app.URL+"/signin"); status != 200 || seen.Login != "ada" || len(seen.Scopes) == 0 || len(seen.Scopes[0].Repos) != 2 {
		t.Errorf("%d %q: %+v", status, body, seen)
	}
	all := sessions.sessions()
	if len(all) != 1 || all[0].Expires.Sub(all[0].Created) > 8*time.Hour+time.Minute {
		t.Errorf("the session outlives GitHub's token: %+v", all)
	}
}
