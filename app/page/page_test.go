package page_test

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/app/page"
)

var errDisk = errors.New("disk full")

// pages are all that can be looked at, as olga sees them, with words that must be there.
var pages = []struct{ path, title, want string }{
	{"/", "Repositories", "acme/hidden"},
	{"/repositories", "Repositories", "olga/notes"},
	{"/i/7/reviews", "Reviews", "A completed task costs 2.31x as much with claude-sonnet-4-6"},
	{"/i/7/reviews?repo=71&model=gpt-5.5&state=ended&since=2026-07-01&suite=worst-three", "Reviews", "acme/site"},
	{"/i/7/verdicts", "Verdicts", "Don&#39;t switch"},
	{"/i/7/spend", "Spend of checks", "November 2026"},
	{"/i/7/spend?repo=71", "Spend of checks", "acme/site"},
	{"/i/7/cost", "Cost per completed task", "worst-three in acme/agent"},
	{"/i/7/audit", "Audit log", "we pay the difference"},
	{"/i/7/queue", "Queue", "no space left on device"},
	{"/i/7/keys", "Provider keys", "91c0aa5e"},
	{"/i/9/reviews", "Reviews", "There is no review yet"},
	{"/i/9/cost", "Cost per completed task", "Nothing was measured"},
	{"/i/9/spend", "Spend of checks", "No review began"},
	{"/i/9/audit", "Audit log", "signed in"},
	{"/i/9/keys", "Provider keys", "There is no provider key yet"},
	{"/i/7/reviews/" + reviewID(0), "acme/agent #100", "Running"},
	{"/i/7/reviews/" + reviewID(1), "acme/agent #101", "we pay the difference"},
	{"/i/7/reviews/" + reviewID(2), "acme/agent #102", "one-shot"},
	{"/i/7/reviews/" + reviewID(3), "acme/agent #103", "moved on"},
	{"/i/7/reviews/" + reviewID(5), "acme/agent #105", "It could not be carried out"},
	{"/i/7/reviews/" + reviewID(7), "acme/agent #107", "none completed"},
}

var heading = regexp.MustCompile(`<h1>([^<]*)</h1>`)

// whole holds what every page is: one heading, our own style, no script, and nothing that a template could not write.
func whole(t *testing.T, a answer) {
	t.Helper()
	if n := len(heading.FindAllString(a.body, -1)); n != 1 || !strings.HasPrefix(a.body, "<!DOCTYPE html>") || !strings.HasSuffix(strings.TrimSpace(a.body), "</html>") {
		t.Errorf("%s: %d headings, or not a whole page", a.path, n)
	}
	if m := regexp.MustCompile(`(?i)<script|<style|javascript:| on[a-z]+="|ZgotmplZ|%!|NaN|&lt;nil&gt;| style="`).FindString(a.body); m != "" {
		t.Errorf("%s: %q on the page", a.path, m)
	}
}

func TestPages(t *testing.T) {
	x := newWorld(t)
	c := x.client(t, "olga")
	for _, p := range pages {
		a := ask(t, c, x.URL+p.path)
		if a.status != 200 {
			t.Errorf("%s: %d %s", p.path, a.status, a.body)
			continue
		}
		whole(t, a)
		if m := heading.FindStringSubmatch(a.body); m[1] != p.title || !strings.Contains(a.body, p.want) {
			t.Errorf("%s: title %q, want %q with %q:\n%s", p.path, m[1], p.title, p.want, a.body)
		}
		if !strings.Contains(a.body, ">olga</span>") || !strings.Contains(a.body, `action="/signout"`) {
			t.Errorf("%s: nobody is signed in", p.path)
		}
	}
	if x.log.Len() > 0 {
		t.Errorf("the log: %s", x.log)
	}
}

// links are all that a page leads to on this server.
func links(body string) []string {
	var out []string
	for _, m := range regexp.MustCompile(`(?:href|action)="(/[^"]*)"`).FindAllStringSubmatch(body, -1) {
		out = append(out, strings.NewReplacer("&amp;", "&", "&#43;", "+").Replace(m[1]))
	}
	return out
}

// TestLinks follows all that any page leads to.
func TestLinks(t *testing.T) {
	x := newWorld(t)
	c := x.client(t, "olga")
	done, queue := map[string]bool{"/signout": true, "/i/7/queue/revive": true, "/i/7/keys/set": true, "/i/7/keys/remove": true, "/i/9/keys/set": true, "/i/7/senders/make": true, "/i/7/senders/remove": true, "/i/9/senders/make": true}, []string{"/"}
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		if done[path] {
			continue
		}
		done[path] = true
		a := ask(t, c, x.URL+path)
		if a.status != 200 {
			t.Errorf("%s: %d", path, a.status)
		}
		if strings.HasPrefix(a.header.Get("Content-Type"), "text/html") && !strings.HasSuffix(path, "/report") {
			queue = append(queue, links(a.body)...)
		}
	}
	if len(done) < 120 {
		t.Errorf("only %d links are followed", len(done))
	}
	for _, p := range []string{"/i/7/reviews/" + reviewID(59), "/i/7/reviews/" + reviewID(2) + "/report", "/i/7/reviews/" + reviewID(2) + "/suites/2/report.json", "/i/7/spend.csv?repo=71"} {
		if p != "/i/7/spend.csv?repo=71" && !done[p] {
			t.Errorf("nothing leads to %s", p)
		}
	}
}

func TestNobody(t *testing.T) {
	x := newWorld(t)
	c := x.client(t, "")
	for _, p := range pages {
		a := ask(t, c, x.URL+p.path)
		whole(t, a)
		if a.status != 401 || strings.Contains(a.body, "acme") && !strings.Contains(p.path, "acme") {
			t.Errorf("%s: %d %s", p.path, a.status, a.body)
		}
		if want := "/signin?next=" + url.QueryEscape(p.path); p.path != "/" && !strings.Contains(a.body, `href="`+strings.ReplaceAll(want, "&", "&amp;")+`"`) {
			t.Errorf("%s: no link to %s: %s", p.path, want, a.body)
		}
	}
	for _, p := range []string{"/i/7/reviews.csv", "/i/7/audit.json"} {
		if a := ask(t, c, x.URL+p); a.status != 401 || !strings.HasPrefix(a.header.Get("Content-Type"), "text/plain") {
			t.Errorf("%s: %d %v", p, a.status, a.header)
		}
	}
	if a := x.send(t, c, "/i/7/keys/set", url.Values{"name": {"OPENAI_API_KEY"}, "value": {"sk-x"}}); a.status != 401 || len(x.values) > 0 {
		t.Errorf("nobody sets a key: %d", a.status)
	}
	x.mu.Lock()
	x.login = "olga"
	x.mu.Unlock()
	if a := ask(t, c, x.URL+"/signin?next=/i/7/spend%3Frepo%3D71"); a.status != 200 || a.path != "/i/7/spend?repo=71" {
		t.Errorf("after signing in: %d %s", a.status, a.path)
	}
	if last := x.acts[len(x.acts)-1]; last.Verb != "sign-in" || last.Actor != "olga" || last.Repo.ID != 0 {
		t.Errorf("the audit log has %+v", last)
	}
	if a := x.send(t, c, "/signout", nil); a.status != 401 || a.path != "/" {
		t.Errorf("after signing out: %d %s", a.status, a.path)
	}
	if a := ask(t, c, x.URL+"/i/7/spend"); a.status != 401 {
		t.Errorf("after signing out: %d", a.status)
	}
}

func TestSignInGoesWrong(t *testing.T) {
	x := newWorld(t)
	c := x.client(t, "")
	a := ask(t, c, x.URL+"/signin/callback?code=ada&state=x")
	if whole(t, a); a.status != 400 || !strings.Contains(a.body, "Please begin again") || !strings.Contains(a.body, `href="/signin"`) && !strings.Contains(a.body, `href="/signin?`) {
		t.Errorf("a sign-in that was not started: %d %s", a.status, a.body)
	}
	x.down = true
	a = ask(t, c, x.URL+"/signin")
	if whole(t, a); a.status != 503 || !strings.Contains(a.body, "does not answer") || a.header.Get("Retry-After") == "" {
		t.Errorf("GitHub is down: %d %s", a.status, a.body)
	}
}

// TestGitHubDown holds that five minutes after GitHub went away nothing is shown, but words.
func TestGitHubDown(t *testing.T) {
	x := newWorld(t)
	c := x.client(t, "olga")
	x.mu.Lock()
	x.down, x.now = true, x.now.Add(4*time.Minute)
	x.mu.Unlock()
	if a := ask(t, c, x.URL+"/i/7/reviews"); a.status != 200 {
		t.Errorf("after four minutes: %d", a.status)
	}
	x.mu.Lock()
	x.now = x.now.Add(2 * time.Minute)
	x.mu.Unlock()
	for _, p := range pages {
		if a := ask(t, c, x.URL+p.path); a.status != 503 || strings.Contains(a.body, "acme") {
			t.Errorf("%s after six minutes: %d %s", p.path, a.status, a.body)
		}
	}
}

// TestStoreDown holds that what goes wrong within is in the log and not on the page.
func TestStoreDown(t *testing.T) {
	x := newWorld(t)
	c := x.client(t, "olga")
	x.fail = errDisk
	for _, p := range pages {
		a := ask(t, c, x.URL+p.path)
		whole(t, a)
		if a.status != 500 || strings.Contains(a.body, "disk") || strings.Contains(a.body, "worst-three") {
			t.Errorf("%s: %d %s", p.path, a.status, a.body)
		}
	}
	if !strings.Contains(x.log.String(), "disk") {
		t.Errorf("the log: %s", x.log)
	}
}

func TestMissing(t *testing.T) {
	x := newWorld(t)
	for _, login := range []string{"", "olga"} {
		c := x.client(t, login)
		for _, p := range []string{"/nothing", "/i", "/i/7", "/i/7/nothing", "/style.css", "/i/7/reviews/", "/../etc/passwd", "/i/7/keys/set"} {
			a := ask(t, c, x.URL+p)
			if whole(t, a); a.status != 404 {
				t.Errorf("%q: %s: %d", login, p, a.status)
			}
		}
	}
}

// TestBadRequests holds that what is not understood is said.
func TestBadRequests(t *testing.T) {
	x := newWorld(t)
	c := x.client(t, "olga")
	for path, want := range map[string]string{
		"/i/7/reviews?repo=x":          "repo is the number",
		"/i/7/reviews?since=yesterday": "since is a day",
		"/i/7/reviews?state=gone":      "state is one of",
		"/i/7/reviews?before=x":        "before is the id",
		"/i/7/audit?after=x":           "after is a place", "/i/7/audit?what=x": "what is one of", "/i/7/audit?pull=x": "pull is the number",
		"/i/7/audit?since=2026-13-01":                    "since is a day",
		"/i/7/spend?repo=7e1":                            "repo is the number",
		"/i/7/cost?since=x":                              "since is a day",
		"/i/7/cost.csv?since=x":                          "since is a day",
		"/i/7/reviews?suite=" + strings.Repeat("x", 201): "at most 200",
	} {
		if a := ask(t, c, x.URL+path); a.status != 400 || !strings.Contains(a.body, want) {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
}

func TestPaging(t *testing.T) {
	x := newWorld(t)
	c := x.client(t, "olga")
	for path, want := range map[string]int{"/i/7/reviews": 61, "/i/7/audit?repo=70": 110} {
		rows, next, pages := map[string]bool{}, path, 0
		for next != "" {
			a := ask(t, c, x.URL+next)
			body, _, _ := strings.Cut(a.body[strings.Index(a.body, "<tbody"):], "</tbody>")
			for _, r := range regexp.MustCompile(`(?s)<tr .*?</tr>`).FindAllString(body, -1) {
				if rows[r] {
					t.Errorf("%s: twice: %s", next, r)
				}
				rows[r] = true
			}
			if pages++; pages > 1 != strings.Contains(a.body, ">Newest</a>") {
				t.Errorf("%s: the link to the newest", next)
			}
			next = ""
			if m := regexp.MustCompile(`href="([^"]*)" rel="next"`).FindStringSubmatch(a.body); m != nil {
				next = strings.ReplaceAll(m[1], "&amp;", "&")
			}
		}
		if len(rows) != want || pages != (want+49)/50 {
			t.Errorf("%s: %d rows on %d pages, want %d", path, len(rows), pages, want)
		}
	}
}

// TestReport holds that the report of a review is that of package report/html, with a policy that lets its style pass.
func TestReport(t *testing.T) {
	x := newWorld(t)
	c := x.client(t, "ada")
	a := ask(t, c, x.URL+"/i/7/reviews/"+reviewID(2)+"/report")
	if a.status != 200 || strings.Count(a.body, "<article") != 2 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	meta := regexp.MustCompile(`sha256-[A-Za-z0-9+/=]+`).FindString(strings.ReplaceAll(a.body, "&#43;", "+"))
	if p := a.header.Get("Content-Security-Policy"); meta == "" || !strings.Contains(p, meta) || !strings.Contains(p, "frame-ancestors 'none'") || !strings.Contains(p, "default-src 'none'") {
		t.Errorf("the policy %q, that of the page %q", p, meta)
	}
	a = ask(t, c, x.URL+"/i/7/reviews/"+reviewID(2)+"/suites/2/report.json")
	if a.status != 200 || a.body != string(fixture(t, "switch")) || a.header.Get("Content-Type") != "application/json" {
		t.Errorf("report.json: %d, %d bytes", a.status, len(a.body))
	}
	for path, want := range map[string]string{"0/report": "There is no report", "1/suites/2/report.json": "no such page", "1/suites/0/report.json": "no such page", "1/suites/x/report.json": "no such page"} {
		n, rest, _ := strings.Cut(path, "/")
		if a := ask(t, c, x.URL+"/i/7/reviews/"+reviewID(int(n[0]-'0'))+"/"+rest); a.status != 404 || !strings.Contains(a.body, want) {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	for i := range x.reviews {
		if x.reviews[i].ID == reviewID(1) {
			x.reviews[i].Suites[0].Report = []byte(`{"schema":"pertask.report/9"}`)
		}
	}
	if a := ask(t, c, x.URL+"/i/7/reviews/"+reviewID(1)+"/report"); a.status != 404 || !strings.Contains(a.body, "another version") {
		t.Errorf("a report of another version: %d %s", a.status, a.body)
	}
}

func TestNew(t *testing.T) {
	for name, change := range map[string]func(*page.Config){
		"a gate": func(c *page.Config) { c.Gate = nil }, "reviews": func(c *page.Config) { c.Reviews = nil }, "an audit log": func(c *page.Config) { c.Audit = nil },
		"repositories": func(c *page.Config) { c.Repos = nil }, "a queue": func(c *page.Config) { c.Queue = nil }, "keys": func(c *page.Config) { c.Keys = nil },
		"URL": func(c *page.Config) { c.URL = "" }, "GitHub's address": func(c *page.Config) { c.Web = "github.com" },
	} {
		bare(t, func(c *page.Config) {
			broken := *c
			change(&broken)
			if h, err := page.New(broken); err == nil || h != nil || !strings.Contains(err.Error(), name) {
				t.Errorf("without %s: %v", name, err)
			}
		})
	}
	if got, want := page.ReviewPath(7, "abc"), "/i/7/reviews/abc"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
