package page_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// foreign are words and numbers that nobody but their owners may ever read.
var foreign = []string{"hidden", "evil", "1000", "2000", "deadbeef"}

// inner are all addresses of an installation: %i is its number, %r a review of it and %p a repository.
var inner = []string{"/i/%i/reviews", "/i/%i/reviews.csv", "/i/%i/reviews.json", "/i/%i/verdicts", "/i/%i/verdicts.csv", "/i/%i/verdicts.json", "/i/%i/spend", "/i/%i/spend.csv", "/i/%i/spend.json",
	"/i/%i/cost", "/i/%i/cost.csv", "/i/%i/cost.json", "/i/%i/audit", "/i/%i/audit.csv", "/i/%i/audit.json", "/i/%i/queue", "/i/%i/queue.csv", "/i/%i/queue.json", "/i/%i/queue/parts.csv", "/i/%i/queue/parts.json", "/i/%i/queue/dead.csv", "/i/%i/queue/dead.json",
	"/i/%i/agents", "/i/%i/agents.csv", "/i/%i/agents.json", "/i/%i/agents/summary.csv", "/i/%i/agents/pulls.csv", "/i/%i/agents/pulls.json", "/i/%i/agents/parts.json", "/i/%i/agents/left-out.csv", "/i/%i/agents/without-price.csv",
	"/i/%i/agents?by=model", "/i/%i/agents.csv?by=repository", "/i/%i/agents.json?by=label", "/i/%i/agents?repo=%p", "/i/%i/agents/pulls.csv?repo=%p", "/i/%i/predictions", "/i/%i/predictions.csv", "/i/%i/predictions.json", "/i/%i/predictions/calibration.csv", "/i/%i/predictions?repo=%p",
	"/i/%i/senders", "/i/%i/senders.csv", "/i/%i/senders.json", "/i/%i/keys", "/i/%i/keys.csv", "/i/%i/keys.json", "/i/%i/reviews?repo=%p", "/i/%i/verdicts.csv?repo=%p", "/i/%i/spend?repo=%p", "/i/%i/cost.json?repo=%p", "/i/%i/audit?repo=%p", "/i/%i/reviews?before=%r",
	"/i/%i/reviews/%r", "/i/%i/reviews/%r/report", "/i/%i/reviews/%r/suites/1/report.json", "/i/%i/reviews/%r/facts.csv", "/i/%i/reviews/%r/facts.json", "/i/%i/reviews/%r/suites.csv", "/i/%i/reviews/%r/suites.json"}

func fill3(path, installation, review, repo string) string {
	return strings.NewReplacer("%i", installation, "%r", review, "%p", repo).Replace(path)
}

// TestTenants tries every address with the ids of others: what is there and what is not is answered alike.
func TestTenants(t *testing.T) {
	for _, open := range []bool{false, true} { // a store that looks at scopes, and one that forgets to
		x := newWorld(t)
		x.open = open
		tried := 0
		for login, tenants := range map[string][][3]string{
			"ada": {{"8", reviewID(800), "80"}, {"9", reviewID(800), "90"}, {"07", reviewID(1), "70"}, {"+7", reviewID(1), "70"}, {"7.0", reviewID(1), "70"}, {"99", reviewID(99), "99"}},
			"eve": {{"7", reviewID(1), "70"}, {"7", reviewID(500), "72"}}, "none": {{"7", reviewID(1), "70"}, {"8", reviewID(800), "80"}},
		} {
			c := x.client(t, login)
			for _, ids := range tenants {
				for _, p := range inner {
					tried++
					path := fill3(p, ids[0], ids[1], ids[2])
					a := ask(t, c, x.URL+path)
					if a.status != 404 {
						t.Errorf("%s asks for %s: %d", login, path, a.status)
					}
					if n := strings.Count(a.body, "evil") + strings.Count(a.body, "worst-three"); n > 0 && login != "eve" {
						t.Errorf("%s asks for %s and reads of it", login, path)
					}
				}
			}
			// and the ids of others within what is one's own
			own := map[string]string{"ada": "7", "eve": "8"}[login]
			for _, p := range inner {
				if own == "" || !strings.Contains(p, "%r") && !strings.Contains(p, "%p") {
					continue
				}
				for _, ids := range [][2]string{{reviewID(500), "72"}, {reviewID(9999), "12345"}, {map[string]string{"ada": reviewID(800), "eve": reviewID(1)}[login], map[string]string{"ada": "80", "eve": "70"}[login]}} {
					tried++
					if path := fill3(p, own, ids[0], ids[1]); ask(t, c, x.URL+path).status != 404 {
						t.Errorf("%s asks for %s and it is there", login, path)
					}
				}
			}
		}
		if tried < 300 {
			t.Errorf("only %d addresses are tried", tried)
		}
	}
}

// TestNothingOfOthers reads every page and export that somebody may see, and looks for words of others.
func TestNothingOfOthers(t *testing.T) {
	for _, open := range []bool{false, true} {
		x := newWorld(t)
		x.open = open
		c := x.client(t, "ada")
		read := 0
		for _, p := range append(inner, "/", "/repositories.csv", "/repositories.json") {
			path := fill3(p, "7", reviewID(2), "70")
			a := ask(t, c, x.URL+path)
			if strings.Contains(path, "/keys") || strings.Contains(path, "/senders") {
				if a.status != 403 {
					t.Errorf("%s: %d", path, a.status)
				}
			} else if a.status != 200 {
				t.Errorf("%s: %d", path, a.status)
			}
			read += len(a.body)
			body := strings.NewReplacer(`class="hidden"`, "", `type="hidden"`, "", `aria-hidden`, "").Replace(a.body)
			if strings.HasSuffix(path, "/report") || strings.HasSuffix(path, "report.json") {
				continue
			}
			for _, w := range foreign {
				if i := strings.Index(body, w); i >= 0 {
					t.Errorf("%s: %q", path, body[max(0, i-60):min(len(body), i+60)])
				}
			}
		}
		if read < 100_000 {
			t.Errorf("only %d bytes are read", read)
		}
		if logged := strings.Contains(x.log.String(), "out of scope"); logged != open {
			t.Errorf("the log says that the store forgot its scope: %v, want %v", logged, open)
		}
	}
}

// TestForms holds who may do what, and that what is refused is not done.
func TestForms(t *testing.T) {
	key := url.Values{"name": {"OPENAI_API_KEY"}, "value": {"sk-fresh"}}
	name := url.Values{"name": {"ANTHROPIC_API_KEY"}}
	of := func(key string) url.Values { return url.Values{"key": {key}} }
	for _, c := range []struct {
		login, path string
		form        url.Values
		status      int
		done        bool
	}{
		{"olga", "/i/7/keys/set", key, 200, true},
		{"ada", "/i/7/keys/set", key, 403, false}, // she does not administer all that the key pays for
		{"rita", "/i/7/keys/set", key, 403, false},
		{"eve", "/i/7/keys/set", key, 404, false},
		{"olga", "/i/8/keys/set", key, 404, false},
		{"olga", "/i/7/keys/set", url.Values{"name": {"LD_PRELOAD"}, "value": {"x"}}, 400, false},
		{"olga", "/i/7/keys/set", url.Values{"name": {"OPENAI_API_KEY"}}, 400, false},
		{"olga", "/i/7/keys/set", url.Values{"name": {"OPENAI_API_KEY"}, "value": {"sk-a sk-b"}}, 400, false},
		{"olga", "/i/7/keys/set", url.Values{"name": {"OPENAI_API_KEY"}, "value": {"sk-\x00"}}, 400, false},
		{"olga", "/i/7/keys/set", url.Values{"name": {"OPENAI_API_KEY"}, "value": {strings.Repeat("x", 4097)}}, 400, false},
		{"olga", "/i/7/keys/set", url.Values{"name": {"OPENAI_API_KEY"}, "value": {strings.Repeat("x", 1<<17)}}, 400, false},
		{"olga", "/i/7/keys/set", url.Values{"name": {"OPENAI_API_KEY"}, "value": {"sk-a"}, "host": {"https://llm.example.com/v1"}}, 400, false},
		{"olga", "/i/7/keys/set", url.Values{"name": {"OPENAI_API_KEY"}, "value": {"sk-a"}, "host": {"llm.example.com\nevil.example"}}, 400, false},
		{"olga", "/i/7/keys/remove", name, 200, true},
		{"olga", "/i/7/keys/remove", url.Values{"name": {"OPENAI_API_KEY"}}, 404, false},
		{"ada", "/i/7/keys/remove", name, 403, false},
		{"eve", "/i/7/keys/remove", name, 404, false},
		{"ada", "/i/7/queue/revive", of("7/70/#101"), 200, true},
		{"ada", "/i/7/queue/revive", of("7/71/push"), 403, false},
		{"ada", "/i/7/queue/revive", of("7/72/#600"), 404, false},
		{"ada", "/i/7/queue/revive", of("8/80/#900"), 404, false},
		{"ada", "/i/7/queue/revive", of("7"), 403, false},
		{"ada", "/i/7/queue/revive", of("7/"), 404, false},
		{"ada", "/i/7/queue/revive", of("7/70x"), 404, false},
		{"ada", "/i/7/queue/revive", of(""), 404, false},
		{"ada", "/i/8/queue/revive", of("8/80/#900"), 404, false},
		{"rita", "/i/7/queue/revive", of("7/70/#101"), 403, false},
		{"olga", "/i/7/queue/revive", of("7"), 200, true},
		{"olga", "/i/7/queue/revive", of("7/installation"), 200, true},
		{"ada", "/i/7/queue/revive", of("7/installation"), 403, false},
		{"olga", "/i/7/queue/revive", of("8/installation"), 404, false},
		{"olga", "/i/7/queue/revive", of("7/installation/x"), 404, false},
		{"none", "/i/7/queue/revive", of("7/70/#101"), 404, false},
	} {
		x := newWorld(t)
		client := x.client(t, c.login)
		acts := len(x.acts)
		a := x.send(t, client, c.path, c.form)
		if whole(t, a); a.status != c.status {
			t.Errorf("%s %s %.60v: %d, want %d", c.login, c.path, c.form, a.status, c.status)
		}
		if done := len(x.values)+len(x.revived) > 0 || len(x.keys[7]) != 1; done != c.done || len(x.keys[8]) != 1 {
			t.Errorf("%s %s %.60v: done %v, want %v", c.login, c.path, c.form, done, c.done)
		}
		if logged := len(x.acts) > acts; logged != c.done || c.done && x.acts[acts].Actor != c.login {
			t.Errorf("%s %s %.60v: in the audit log: %v", c.login, c.path, c.form, x.acts[acts:])
		}
		if strings.Contains(a.body, "sk-fresh") || strings.Contains(x.log.String(), "sk-fresh") {
			t.Errorf("%s %s: the key is shown", c.login, c.path)
		}
		if c.done && !strings.Contains(a.body, `role="status"`) {
			t.Errorf("%s %s: nothing says that it was done", c.login, c.path)
		}
	}
}

// TestUnwritten holds that nothing is done that cannot be written into the audit log.
func TestUnwritten(t *testing.T) {
	x := newWorld(t)
	c := x.client(t, "ada")
	x.fail = errDisk
	if a := x.send(t, c, "/i/7/queue/revive", url.Values{"key": {"7/70/#101"}}); a.status != 500 || len(x.revived) > 0 {
		t.Errorf("%d, revived %v", a.status, x.revived)
	}
}

// TestOtherSites holds that only forms of our own pages do anything.
func TestOtherSites(t *testing.T) {
	x := newWorld(t)
	c := x.client(t, "olga")
	for path, form := range map[string]url.Values{"/i/7/keys/set": {"name": {"OPENAI_API_KEY"}, "value": {"sk-x"}}, "/i/7/keys/remove": {"name": {"ANTHROPIC_API_KEY"}}, "/i/7/queue/revive": {"key": {"7/70/#101"}},
		"/i/7/senders/make": {"name": {"mine"}}, "/i/7/senders/remove": {"name": {"payments team"}}, "/signout": nil} {
		for _, header := range [][]string{
			{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"}, {"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, {"X-Nothing", "said"},
		} {
			a := x.send(t, c, path, form, header...)
			if whole(t, a); a.status != 403 || !strings.Contains(a.body, "Nothing was done") {
				t.Errorf("%s with %q: %d", path, header, a.status)
			}
		}
	}
	if len(x.values)+len(x.revived) > 0 || len(x.keys[7]) != 1 || len(x.senders[7]) != 1 || x.senders[7][0].Name != "payments team" {
		t.Error("something was done")
	}
	if a := ask(t, c, x.URL+"/i/7/reviews"); a.status != 200 {
		t.Errorf("signed out by another site: %d", a.status)
	}
	if a := ask(t, c, x.URL+"/signout"); a.status != 404 {
		t.Errorf("signing out by a link: %d", a.status)
	}
}

// TestHeaders holds what every answer says to the browser, whatever it is.
func TestHeaders(t *testing.T) {
	x := newWorld(t)
	c := x.client(t, "olga")
	for _, p := range append(inner, "/", "/nothing", "/i/99/reviews", "/i/7/reviews?repo=x") {
		path := fill3(p, "7", reviewID(2), "70")
		h := ask(t, c, x.URL+path).header
		for key, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin", "Cache-Control": "no-store",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Strict-Transport-Security": ""} {
			if got := h.Get(key); got != want {
				t.Errorf("%s: %s is %q, want %q", path, key, got, want)
			}
		}
		policy := h.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action '"} {
			if !strings.Contains(policy, want) || strings.Contains(policy, "unsafe") || strings.Contains(policy, "script-src") || strings.Contains(policy, "*") {
				t.Errorf("%s: the policy %q", path, policy)
			}
		}
		if kind := h.Get("Content-Type"); !strings.Contains(kind, "charset=utf-8") && kind != "application/json" {
			t.Errorf("%s: the content type %q", path, kind)
		}
	}
	front := ask(t, c, x.URL+"/")
	style := links(front.body)[0]
	a := ask(t, http.DefaultClient, x.URL+style)
	if !strings.HasPrefix(style, "/style-") || a.status != 200 || a.header.Get("Content-Type") != "text/css; charset=utf-8" || !strings.Contains(a.header.Get("Cache-Control"), "immutable") {
		t.Errorf("the style %s: %d %v", style, a.status, a.header)
	}
}
