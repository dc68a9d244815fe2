package page_test

import (
	"net/url"
	"strings"
	"testing"
)

// TestSenders holds who may make and remove senders, what of it is in the audit log, and that what is refused is not done.
func TestSenders(t *testing.T) {
	of := func(name string) url.Values { return url.Values{"name": {name}} }
	for _, c := range []struct {
		login, path, name string
		status, left      int // senders of installation 7
	}{
		{"olga", "/i/7/senders/make", "desk of olga", 200, 2},
		{"olga", "/i/7/senders/make", " <b>\"bold\"</b> ", 200, 2},
		{"olga", "/i/7/senders/make", "payments team", 400, 1}, // taken
		{"olga", "/i/7/senders/make", "", 400, 1},
		{"olga", "/i/7/senders/make", "two\nlines", 400, 1},
		{"olga", "/i/7/senders/make", "turned\u202earound", 400, 1},
		{"olga", "/i/7/senders/make", strings.Repeat("x", 61), 400, 1},
		{"ada", "/i/7/senders/make", "mine", 403, 1},
		{"rita", "/i/7/senders/make", "mine", 403, 1},
		{"eve", "/i/7/senders/make", "mine", 404, 1},
		{"none", "/i/7/senders/make", "mine", 404, 1},
		{"olga", "/i/8/senders/make", "mine", 404, 1},
		{"olga", "/i/7/senders/remove", "payments team", 200, 0},
		{"olga", "/i/7/senders/remove", "evil sender", 404, 1},
		{"ada", "/i/7/senders/remove", "payments team", 403, 1},
		{"eve", "/i/7/senders/remove", "payments team", 404, 1},
		{"olga", "/i/8/senders/remove", "evil sender", 404, 1},
	} {
		x := newWorld(t)
		client := x.client(t, c.login)
		acts := len(x.acts)
		a := x.send(t, client, c.path, of(c.name))
		whole(t, a)
		done := c.left != 1
		if a.status != c.status || len(x.senders[7]) != c.left || len(x.senders[8]) != 1 {
			t.Errorf("%s %s %q: %d with %v, want %d", c.login, c.path, c.name, a.status, x.senders, c.status)
		}
		if new := x.acts[acts:]; (len(new) > 0) != done || done && (new[0].Actor != c.login || !strings.HasPrefix(new[0].Verb, "sender-") || new[0].Reason != strings.TrimSpace(c.name)) {
			t.Errorf("%s %s %q: in the audit log: %v", c.login, c.path, c.name, new)
		}
		if n := strings.Count(a.body, token); (n > 0) != (c.left == 2) || strings.Contains(x.log.String(), token) {
			t.Errorf("%s %s %q: the token is shown %d times", c.login, c.path, c.name, n)
		}
	}
}

// TestTokenOnce holds that a token is on the page that made it, within lines that can be pasted, and never again.
func TestTokenOnce(t *testing.T) {
	x := newWorld(t)
	c := x.client(t, "olga")
	made := x.send(t, c, "/i/7/senders/make", url.Values{"name": {"desk"}})
	for _, want := range []string{"it is not shown again", "OTEL_EXPORTER_OTLP_ENDPOINT=" + x.URL + "/otlp\n", "endpoint = &#34;" + x.URL + "/otlp/v1/logs&#34;", "Authorization=Bearer " + token, "vcs.ref.head.name="} {
		if !strings.Contains(made.body, want) {
			t.Errorf("the page does not have %q", want)
		}
	}
	if made.header.Get("Cache-Control") != "no-store" || strings.Contains(made.path, token) {
		t.Errorf("the token may stay somewhere: %s %v", made.path, made.header)
	}
	for _, path := range []string{"/i/7/senders", "/i/7/senders.csv", "/i/7/senders.json", "/i/7/audit"} {
		if a := ask(t, c, x.URL+path); a.status != 200 || strings.Contains(a.body, token) || !strings.Contains(a.body, "desk") {
			t.Errorf("%s: %d\n%s", path, a.status, a.body)
		}
	}
	if again := x.send(t, c, "/i/7/senders/make", url.Values{"name": {"desk"}}); again.status != 400 || strings.Contains(again.body, token) {
		t.Errorf("the same form again: %d", again.status)
	}
	x.send(t, c, "/i/7/senders/make", url.Values{"name": {"third"}})
	if full := x.send(t, c, "/i/7/senders/make", url.Values{"name": {"fourth"}}); full.status != 400 || !strings.Contains(full.body, "as many senders") {
		t.Errorf("too many: %d", full.status)
	}
	x.fail = errDisk
	if a := x.send(t, c, "/i/7/senders/make", url.Values{"name": {"fifth"}}); a.status != 500 || len(x.senders[7]) != 3 {
		t.Errorf("without an audit log: %d, %v", a.status, x.senders[7])
	}
}
