package page_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/app/page"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/app/signin"
)

// exports are all that can be exported, with how many rows olga gets.
var exports = map[string]int{"/repositories": 4, "/i/7/reviews": 61, "/i/7/verdicts": 59, "/i/7/spend": 15, "/i/7/cost": 115, "/i/7/audit": 127, "/i/7/audit?what=commands&repo=70": 62, "/i/7/audit?what=accepted": 2, "/i/7/audit?pull=101": 3, "/i/7/audit?who=Olga&what=verdicts": 4, "/i/7/queue": 1, "/i/7/queue/dead": 4, "/i/7/queue/parts": 4, "/i/7/keys": 1,
	"/i/7/reviews/" + reviewID(1) + "/facts": 1, "/i/7/reviews/" + reviewID(2) + "/suites": 2, "/i/9/reviews": 0, "/i/7/reviews?repo=71&state=ended": 12}

// exported is a JSON export.
type exported struct {
	Export string
	Rows   []map[string]any
	Next   *string
}

// with puts a format before the question mark.
func with(path, format string) string {
	p, q, found := strings.Cut(path, "?")
	if found {
		return p + "." + format + "?" + q
	}
	return p + "." + format
}

// TestExports reads every export back: both formats say the same.
func TestExports(t *testing.T) {
	x := newWorld(t)
	c := x.client(t, "olga")
	for path, want := range exports {
		a := ask(t, c, x.URL+with(path, "json"))
		var j exported
		if err := json.Unmarshal([]byte(a.body), &j); err != nil || a.status != 200 || j.Next != nil || j.Rows == nil {
			t.Errorf("%s as JSON: %d %v", path, a.status, err)
			continue
		}
		if again, err := json.Marshal(j.Rows); err != nil || !json.Valid(again) {
			t.Errorf("%s as JSON: %v", path, err)
		}
		b := ask(t, c, x.URL+with(path, "csv"))
		lines, err := csv.NewReader(strings.NewReader(b.body)).ReadAll()
		if err != nil || len(lines) != want+1 || len(j.Rows) != want {
			t.Errorf("%s: %d rows as CSV and %d as JSON, want %d: %v", path, len(lines)-1, len(j.Rows), want, err)
			continue
		}
		for name, h := range map[string]string{"csv": b.header.Get("Content-Disposition"), "json": a.header.Get("Content-Disposition")} {
			if h != `attachment; filename="pertask-`+j.Export+"."+name+`"` {
				t.Errorf("%s: %s", path, h)
			}
		}
		for i, line := range lines[1:] {
			got := map[string]string{}
			for k, key := range lines[0] {
				got[key] = strings.TrimPrefix(line[k], "'")
			}
			said := map[string]string{}
			for k, v := range j.Rows[i] {
				if said[k] = fmt.Sprint(v); v == nil {
					said[k] = ""
				}
			}
			if diff := cmp.Diff(said, got); diff != "" {
				t.Fatalf("%s, row %d (-JSON +CSV):\n%s", path, i, diff)
			}
		}
	}
}

// TestExportHasAll holds that an export has what its page shows, and every digit.
func TestExportHasAll(t *testing.T) {
	x := newWorld(t)
	c := x.client(t, "olga")
	var j exported
	a := ask(t, c, x.URL+"/i/7/reviews.json")
	if err := json.Unmarshal([]byte(a.body), &j); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"started": "2026-11-17T09:30:00Z", "ended": "2026-11-17T09:37:12Z", "repository": "acme/agent", "pull": 101.0, "title": "Don't switch. A completed task costs 2.31x as much with claude-sonnet-4-6", "state": "ended",
		"conclusion": "failure", "spent_usd": "1.2345", "by": "olga", "kind": "pull_request", "head": strings.Repeat("c0ffee0", 6)[:40], "base": strings.Repeat("ba5e", 10), "exit": 1.0, "id": reviewID(1), "repository_id": 70.0}
	if diff := cmp.Diff(want, j.Rows[2]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if r := j.Rows[4]; r["spent_usd"] != nil || r["state"] != "superseded" {
		t.Errorf("an unknown cost is %v", r["spent_usd"])
	}
	if !strings.HasPrefix(a.body, `{`) || strings.Index(a.body, `"started"`) > strings.Index(a.body, `"repository"`) {
		t.Error("the keys are not in the order of the columns")
	}
}

// TestFormulas holds that no spreadsheet takes a text for a formula, and that one apostrophe less is what was there.
func TestFormulas(t *testing.T) {
	texts := []string{"=1+1", "+1", "-1", "@SUM(A1)", "'quoted", "\tx", "\r=1", "\n=1", "＝1", "plain", `a"b,c`, "x\ny", ""}
	x := bare(t, nil)
	for i, s := range texts {
		_ = x.Append(context.Background(), record.Act{Time: start.Add(-time.Duration(i+1) * time.Minute), Repo: record.Repo{Installation: 7, ID: 70}, Actor: s, Verb: "accept", Reason: s})
	}
	c := x.client(t, "ada")
	lines, err := csv.NewReader(strings.NewReader(ask(t, c, x.URL+"/i/7/audit.csv").body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	lines = lines[2:] // the keys, and the sign-in
	for i, want := range texts {
		for _, col := range []int{1, 3} {
			got := lines[i][col]
			if got != "" && strings.ContainsAny(got[:1], "=+-@\t\r\n") || strings.HasPrefix(got, "＝") {
				t.Errorf("%q is exported as %q", want, got)
			}
			if back := strings.TrimPrefix(got, "'"); back != strings.ReplaceAll(want, "\r\n", "\n") {
				t.Errorf("%q comes back as %q", want, back)
			}
		}
	}
}

// gauge counts what an export writes while the store behind it is read, portion by portion.
type gauge struct {
	http.ResponseWriter
	store *store
	most  int // portions that were read before the first was written, and later between two writes
	seen  int
}

func (g *gauge) Write(b []byte) (int, error) {
	g.store.mu.Lock()
	g.most, g.seen = max(g.most, g.store.listed-g.seen), g.store.listed
	g.store.mu.Unlock()
	return g.ResponseWriter.Write(b)
}

// TestLongExports has exports of 10,500 reviews and acts: all is there, and never more than some portions are read that nothing was
// written of.
func TestLongExports(t *testing.T) {
	const many = 10_500 // more than a page draws
	var mostOf func(*gauge)
	x := bare(t, nil)
	inner := x.Config.Handler
	x.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g := &gauge{ResponseWriter: w, store: x.store, seen: x.store.listed}
		inner.ServeHTTP(g, r)
		if mostOf != nil {
			mostOf(g)
		}
	})
	for n := range many {
		s := record.Suite{Name: "s", Result: "measured", BaseModel: "m", HeadModel: "m2", Base: usd("1"), BaseRate: ptr(1)}
		began := start.Add(-time.Duration(n) * time.Second)
		x.reviews = append(x.reviews, record.Review{ID: reviewID(n), Repo: record.Repo{Installation: 7, ID: 70}, Started: began, Ended: began, State: record.Ended, Spent: usd("0.01"), Suites: []record.Suite{s}})
		x.acts = append(x.acts, record.Act{Time: began, Repo: agent, Actor: "octocat", Verb: "run"})
	}
	c := x.client(t, "ada")
	for path, want := range map[string]int{"/i/7/reviews": many, "/i/7/verdicts": many, "/i/7/cost": many, "/i/7/audit": 2*many + 1, "/i/7/audit?what=verdicts": many, "/i/7/reviews?before=" + reviewID(499): many - 500} {
		for _, format := range []string{"csv", "json"} {
			most := 0
			mostOf = func(g *gauge) { most = g.most }
			a := ask(t, c, x.URL+with(path, format))
			if most < 1 || most > 6 { // of rows that are short there are more in a buffer
				t.Errorf("%s as %s: up to %d portions are read before they are written", path, format, most)
			}
			if got := strings.Count(a.body, map[string]string{"csv": "\n", "json": "\n  {"}[format]) - map[string]int{"csv": 1}[format]; got != want || a.status != 200 {
				t.Errorf("%s as %s: %d, %d rows; want %d", path, format, a.status, got, want)
			}
			var j exported
			if err := json.Unmarshal([]byte(a.body), &j); format == "json" && (err != nil || len(j.Rows) != want || j.Next != nil) {
				t.Errorf("%s: %d rows: %v", path, len(j.Rows), err)
			}
		}
	}
	if a := ask(t, c, x.URL+"/i/7/spend"); !strings.Contains(a.body, "$105.00") || strings.Contains(a.body, "oldest are missing") {
		t.Error("the page of spend does not add up all")
	}
	if a := ask(t, c, x.URL+"/i/7/cost"); !strings.Contains(a.body, "the oldest are missing") {
		t.Error("the page of costs does not say that something is missing")
	}
}

// TestBrokenExport holds that an export which cannot be made whole is seen to be none: what reads it gets an error, not a shorter
// file.
func TestBrokenExport(t *testing.T) {
	x := bare(t, nil)
	for n := range 2500 {
		x.reviews = append(x.reviews, record.Review{ID: reviewID(n), Repo: record.Repo{Installation: 7, ID: 70}, Title: strings.Repeat("x", 200), Started: start.Add(-time.Duration(n) * time.Second)})
	}
	c := x.client(t, "ada")
	x.failAt = 2
	for _, format := range []string{"csv", "json"} {
		x.listed = 0
		res, err := c.Get(x.URL + "/i/7/reviews." + format)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err == nil || len(body) == 0 {
			t.Errorf("%s: %d bytes, and the error %v", format, len(body), err)
		}
	}
	if !strings.Contains(x.log.String(), "disk full") {
		t.Errorf("the log: %s", x.log)
	}
	x.failAt, x.listed = 1, 0
	if a := ask(t, c, x.URL+"/i/7/reviews.csv"); a.status != 500 || strings.Contains(a.body, "disk") {
		t.Errorf("an export that does not even begin: %d %s", a.status, a.body)
	}
}

// TestSlowExport holds that an export may take longer than the server's limits for an answer, as long as it goes on.
func TestSlowExport(t *testing.T) {
	x := bare(t, nil)
	for n := range 2500 {
		x.reviews = append(x.reviews, record.Review{ID: reviewID(n), Repo: record.Repo{Installation: 7, ID: 70}, Started: start.Add(-time.Duration(n) * time.Second)})
	}
	c := x.client(t, "ada")
	strict := httptest.NewUnstartedServer(x.Config.Handler)
	strict.Config.WriteTimeout, strict.Config.ReadTimeout = 3*time.Second, 3*time.Second
	strict.Start()
	defer strict.Close()
	x.slowAt, x.slow = x.listed+2, 4*time.Second
	if a := ask(t, c, strict.URL+"/i/7/reviews.csv"); a.status != 200 || strings.Count(a.body, "\n") != 2501 {
		t.Errorf("%d, %d lines", a.status, strings.Count(a.body, "\n"))
	}
}

// hostile are texts that try to get out of where they stand.
var hostile = []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `javascript:alert(1)`, `' onmouseover='alert(1)`, "</title><script>", "{{.Viewer}}", "a\u202eb\u200bc", "\x00\xff\xfe", strings.Repeat("W", 5000), "]]>", "&lt;b&gt;",
	"</style><script>", "<!--", `\u003cscript\u003e`, "a\r\nSet-Cookie: x=y"}

// TestHostile puts hostile texts wherever a repository, a person or GitHub can.
func TestHostile(t *testing.T) {
	for _, h := range hostile {
		x := bare(t, nil)
		repo := record.Repo{Installation: 7, ID: 70, Name: h}
		for n := range 3 {
			s := record.Suite{Name: h, Result: "measured", Verdict: h, BaseModel: h, HeadModel: h + "2", Base: usd("1"), Head: usd("2"), BaseRate: ptr(1), HeadRate: ptr(1), Ratio: ptr(2), Low: ptr(1), High: ptr(3), Question: h, Evidence: h, Report: fixture(t, "hostile")}
			r := record.Review{ID: reviewID(n), Repo: repo, Pull: n, Head: h, Base: h, Kind: h, By: h, Delivery: h, State: record.State(h), Started: start.Add(-time.Hour), Ended: start, Title: h, Conclusion: h, Suites: []record.Suite{s, s}}
			_ = x.SaveReview(context.Background(), r)
			_ = x.Append(context.Background(), record.Act{Time: start.Add(-time.Minute), Repo: repo, Pull: n, Head: h, Actor: h, Verb: h, Reason: h})
		}
		_ = x.SaveRepos(context.Background(), repo)
		x.keys[7] = []page.Key{{Name: h, Fingerprint: h, By: h, Set: start}}
		x.dead = append(x.dead, deadOf("7/70/"+h, h))
		people["mallory"] = signin.User{ID: 66, Login: h, Grants: []signin.Grant{{Installation: 7, Account: h, Repos: []signin.Repo{{ID: 70, Name: h, Write: true, Admin: true}}}}}
		c := x.client(t, "mallory")
		for _, p := range append(inner, "/", "/repositories.csv", "/i/7/reviews?suite="+escape(h)+"&model="+escape(h), "/i/7/cost?suite="+escape(h)) {
			path := fill3(p, "7", reviewID(1), "70")
			a := ask(t, c, x.URL+path)
			if len(h) > 200 && strings.Contains(path, "suite=") {
				if a.status != 400 {
					t.Errorf("%s: %d", path[:60], a.status)
				}
				continue
			}
			if a.status != 200 {
				t.Errorf("%.20q in %.60s: %d", h, path, a.status)
				continue
			}
			if strings.HasPrefix(a.header.Get("Content-Type"), "text/html") && !strings.HasSuffix(path, "/report") {
				checkMarkup(t, fmt.Sprintf("%.20q in %.60s", h, path), a)
			}
			if a.header.Get("Set-Cookie") != "" {
				t.Errorf("%.20q in %s sets a cookie", h, path)
			}
		}
		if x.log.Len() > 0 {
			t.Errorf("%.20q: the log: %s", h, x.log)
		}
	}
	delete(people, "mallory")
}

// TestHTTPS holds that an App which people find by https says so for good.
func TestHTTPS(t *testing.T) {
	bare(t, func(c *page.Config) {
		secure := *c
		secure.URL = "https://pertask.example.com"
		h, err := page.New(secure)
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if got := w.Header().Get("Strict-Transport-Security"); got != "max-age=31536000" {
			t.Errorf("got %q", got)
		}
	})
}
