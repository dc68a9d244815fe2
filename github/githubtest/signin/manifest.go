package signin

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/pertask/pertask/github/githubtest/appstore"
	"github.com/pertask/pertask/github/githubtest/body"
)

// fresh is an App that was made by a manifest and whose credentials nobody has fetched.
type fresh struct {
	app   *appstore.Registered
	until time.Time
}

// manifest is what GitHub's documentation "Registering a GitHub App from a manifest" has of one.
type manifest struct {
	Name   string                `json:"name"`
	URL    string                `json:"url"`
	Hook   *struct{ URL string } `json:"hook_attributes"`
	Back   string                `json:"redirect_url"`
	Calls  []string              `json:"callback_urls"`
	Wants  map[string]string     `json:"default_permissions"`
	Events []string              `json:"default_events"`
}

// newApp makes an App as its manifest says, as a person does who presses the button, and goes back with a code.
func (s *Site) newApp(w http.ResponseWriter, r *http.Request) {
	var m manifest
	if err := json.Unmarshal([]byte(r.FormValue("manifest")), &m); err != nil {
		http.Error(w, "The manifest is not JSON.", http.StatusUnprocessableEntity)
		return
	}
	back, err := url.Parse(m.Back)
	switch {
	case m.URL == "", m.Hook != nil && m.Hook.URL == "", len(m.Calls) > 10, err != nil || back.Host == "":
		http.Error(w, "url, hook_attributes.url or redirect_url is missing, or there are more than 10 callback_urls.", http.StatusUnprocessableEntity)
		return
	}
	a := appstore.App{ID: s.NewID(), Name: m.Name, Slug: slug(m.Name), Callbacks: m.Calls, Permissions: map[string]string{"metadata": "read"}, Events: m.Events}
	maps.Copy(a.Permissions, m.Wants)
	if m.Hook != nil {
		a.HookURL = m.Hook.URL
	}
	app, err := s.Apps.Register(a)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if s.fresh == nil {
		s.fresh = map[string]fresh{}
	}
	code := s.Random(20)
	s.fresh[code] = fresh{app, s.Now().Add(time.Hour)}
	q := back.Query()
	q.Set("code", code)
	if r.URL.Query().Has("state") {
		q.Set("state", r.URL.Query().Get("state"))
	}
	back.RawQuery = q.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

var noSlug = regexp.MustCompile(`[^a-z0-9]+`)

func slug(name string) string {
	lower := []byte(name)
	for i, b := range lower {
		if 'A' <= b && b <= 'Z' {
			lower[i] = b + 'a' - 'A'
		}
	}
	return noSlug.ReplaceAllString(string(lower), "-")
}

// Convert hands out the credentials of an App that was made from a manifest, once, and within an hour; else it reports false.
func (s *Site) Convert(code string) (body.M, bool) {
	f, found := s.fresh[code]
	delete(s.fresh, code)
	if !found || s.Now().After(f.until) {
		return nil, false
	}
	m := f.app.Body().JSON()
	maps.Copy(m, body.M{"client_secret": f.app.ClientSecret, "webhook_secret": body.Null(f.app.WebhookSecret), "pem": string(f.app.Private)})
	return m, true
}
