package main

import (
	"encoding/json"
	"errors"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	codePattern     = regexp.MustCompile(`enter the code (\S+)`)
	actionPattern   = regexp.MustCompile(`<form[^>]* action="(http[^"]+)"`)
	manifestPattern = regexp.MustCompile(`name="manifest" value="([^"]+)"`)
)

// browser is a person's, who follows links and presses buttons.
type browser struct {
	t      *testing.T
	client *http.Client
	root   string
}

func newBrowser(t *testing.T, root string) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, &http.Client{Jar: jar}, root}
}

func (b *browser) read(resp *http.Response, err error) string {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		b.t.Fatalf("%s is answered with %d, %v:\n%s", resp.Request.URL, resp.StatusCode, err, text)
	}
	return string(text)
}

func (b *browser) get(path string) string {
	b.t.Helper()
	return b.read(b.client.Get(b.root + path))
}

func (b *browser) post(address string, form url.Values) string {
	b.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = b.root + address
	}
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", b.root)
	return b.read(b.client.Do(r))
}

// TestFromNothing goes from a server without a GitHub App to a measured pull request and its page in the dashboard, as
// docs/app.md tells people to.
func TestFromNothing(t *testing.T) {
	w := newStage(t, "")
	w.env = slices.DeleteFunc(w.env, func(v string) bool {
		return strings.HasPrefix(v, "OPENAI_") || strings.HasPrefix(v, "PERTASK_APP_") && !strings.HasPrefix(v, "PERTASK_APP_KEY=") && !strings.HasPrefix(v, "PERTASK_APP_METRICS")
	})
	w.flags = append(w.flags, "--github-url", strings.TrimSuffix(w.hub.URL, "/"))
	w.flags = slices.DeleteFunc(w.flags, func(f string) bool {
		return f == "--env-keys-for" || f == "77" || f == "--public-url" || f == "http://localhost:8080"
	})
	p := w.start()
	if p.get(t, "/healthz", "") != http.StatusOK || p.get(t, "/readyz", "") != http.StatusServiceUnavailable {
		t.Error("a server that is not set up is healthy, and not ready")
	}
	w.until(p, "the code is on the terminal", func() bool { return codePattern.MatchString(p.log.String()) })
	ada := newBrowser(t, p.url)
	ada.get("/setup")
	ada.post("/setup", url.Values{"code": {codePattern.FindStringSubmatch(p.log.String())[1]}})
	page := ada.post("/setup/create", url.Values{"name": {"pertask of acme"}})
	action, manifest := actionPattern.FindStringSubmatch(page), manifestPattern.FindStringSubmatch(page)
	if action == nil || manifest == nil {
		t.Fatalf("the page has no button that leads to GitHub:\n%s", page)
	}
	ada.post(html.UnescapeString(action[1]), url.Values{"manifest": {html.UnescapeString(manifest[1])}})
	w.ready(p)

	app := w.made(p)
	w.hub.Install(app, installation, "acme")
	w.hub.SetPermission(w.repo, "ada", "admin")
	w.hub.SignIn("ada")
	if d := w.hub.Deliver(app, "installation", w.installed()); d.Status != http.StatusAccepted {
		t.Fatalf("the webhook of the installation is answered with %d %s", d.Status, d.Answer)
	}
	w.idle(p)
	if text := ada.get("/signin"); !strings.Contains(text, "acme") {
		t.Errorf("the front page does not show the installation:\n%s", text)
	}
	ada.post("/i/77/keys/set", url.Values{"name": {"OPENAI_API_KEY"}, "value": {providerKey}, "host": {strings.TrimPrefix(w.provider.URL, "http://")}})
	if text := ada.get("/i/77/keys"); strings.Contains(text, providerKey) || !strings.Contains(text, "OPENAI_API_KEY") {
		t.Errorf("the page of keys shows the key, or not its name:\n%s", text)
	}
	if d := w.hub.Deliver(app, "pull_request", w.hub.PullRequestEvent(w.repo, w.pull, "opened")); d.Status != http.StatusAccepted {
		t.Fatalf("the webhook is answered with %d %s", d.Status, d.Answer)
	}
	w.until(p, "there is a verdict", func() bool { return strings.Contains(w.last(w.head).Title, "Don't switch") })
	w.idle(p)
	if text := ada.get("/i/77/reviews"); !strings.Contains(text, "Don&#39;t switch: ") || !strings.Contains(text, "acme/agent") {
		t.Errorf("the dashboard does not list the review:\n%s", text)
	}
	w.stop(p)
	w.noSecret()

	// The next process has all of it.
	p = w.start()
	w.ready(p)
	w.stop(p)
	if strings.Contains(p.log.String(), "enter the code") {
		t.Error("the server wants to be set up again")
	}
}

var madePattern = regexp.MustCompile(`"msg":"the GitHub App was made".*"id":(\d+)`)

// made is the id of the App that GitHub has made.
func (w *stage) made(p *server) int64 {
	w.t.Helper()
	found := madePattern.FindStringSubmatch(p.log.String())
	if found == nil {
		w.t.Fatalf("no App was made\n%s", p.log)
	}
	id, err := strconv.ParseInt(found[1], 10, 64)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// installed is the payload of the event that the App was installed.
func (w *stage) installed() []byte {
	w.t.Helper()
	var about struct{ Repository struct{ ID int64 } }
	err := json.Unmarshal(w.hub.PullRequestEvent(w.repo, w.pull, "opened"), &about)
	text, err2 := json.Marshal(map[string]any{"action": "created", "sender": map[string]any{"login": "ada", "type": "User"},
		"installation": map[string]any{"id": installation, "account": map[string]any{"login": "acme"}},
		"repositories": []any{map[string]any{"id": about.Repository.ID, "full_name": w.repo}}})
	if err := errors.Join(err, err2); err != nil {
		w.t.Fatal(err)
	}
	return text
}
