package page_test

import (
	"encoding/csv"
	"strconv"
	"strings"
	"testing"
	"time"
)

// table is an export by the keys of its columns.
func table(t *testing.T, a answer) []map[string]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
	if err != nil || a.status != 200 {
		t.Fatalf("%s: %d, %v\n%s", a.path, a.status, err, a.body)
	}
	var out []map[string]string
	for _, row := range rows[1:] {
		m := map[string]string{}
		for i, key := range rows[0] {
			m[key] = row[i]
		}
		out = append(out, m)
	}
	return out
}

func float(t *testing.T, s string) float64 {
	t.Helper()
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestAgents reads what the page and its exports say of the same twelve weeks.
func TestAgents(t *testing.T) {
	x := newWorld(t)
	c := x.client(t, "olga")
	page := ask(t, c, x.URL+"/i/7/agents")
	whole(t, page)
	checkMarkup(t, "/i/7/agents", page)
	for _, want := range []string{"Median per merged pull request", "95 %: ", "x your median", "Unattributed: on the default branch", "Unattributed: no repository is said", "Checks of pertask", "telemetry, events", "mystery-1", `href="/i/7/cost"`, `href="/i/7/predictions"`, "Not described: "} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(page.body, "hidden-author") {
		t.Error("an author is named")
	}
	sum := table(t, ask(t, c, x.URL+"/i/7/agents/summary.csv"))[0]
	pulls := table(t, ask(t, c, x.URL+"/i/7/agents/pulls.csv"))
	if sum["merged"] != strconv.Itoa(len(pulls)) || sum["merged"] != "54" {
		t.Errorf("%s merged, and %d are listed", sum["merged"], len(pulls))
	}
	if m := float(t, sum["median_usd"]); !(float(t, sum["median_low_usd"]) < m && m < float(t, sum["median_high_usd"]) && m < float(t, sum["mean_usd"])) {
		t.Errorf("the median of %v", sum)
	}
	if top := pulls[0]; top["outlier"] != "true" || float(t, top["ratio"]) < 10 || top["seen_usd"] != "" && float(t, top["seen_usd"]) < float(t, pulls[1]["seen_usd"]) {
		t.Errorf("the first pull request: %v", top)
	}
	parts := map[string]float64{}
	for _, p := range table(t, ask(t, c, x.URL+"/i/7/agents/parts.csv")) {
		for _, key := range []string{"measured_usd", "reported_usd", "allocated_usd"} {
			parts[p["part"]+p["reason"]] += float(t, p[key])
		}
	}
	total := 0.0
	for part, usd := range parts {
		if part != "checks" {
			total += usd
		}
	}
	if d := total - float(t, sum["total_usd"]); d > 1e-9 || d < -1e-9 || parts["attributed"] == 0 || parts["unattributeddefault-branch"] == 0 || parts["checks"] == 0 {
		t.Errorf("the parts %v come to %v; the total is %s", parts, total, sum["total_usd"])
	}
	for by, want := range map[string]string{"week": "2026-W47", "model": "openai/gpt-5.5", "label": "team:payments", "repository": "github.com/acme/agent"} {
		found := false
		for _, row := range table(t, ask(t, c, x.URL+"/i/7/agents.csv?by="+by)) {
			found = found || row[by] == want
		}
		if !found {
			t.Errorf("by %s there is no %q", by, want)
		}
	}
	if left := table(t, ask(t, c, x.URL+"/i/7/agents/left-out.csv")); len(left) != 1 || left[0]["source"] != "otlp" {
		t.Errorf("left out %v", left)
	}
	if none := table(t, ask(t, c, x.URL+"/i/7/agents/without-price.csv")); len(none) != 2 {
		t.Errorf("without a price %v", none)
	}
}

// TestAgentsOfSome holds that whoever cannot read everything has sums of what they can read, and is told so.
func TestAgentsOfSome(t *testing.T) {
	x := newWorld(t)
	owner, ada, rita := x.client(t, "olga"), x.client(t, "ada"), x.client(t, "rita")
	all := table(t, ask(t, owner, x.URL+"/i/7/agents.csv?by=repository"))
	some := table(t, ask(t, ada, x.URL+"/i/7/agents.csv?by=repository"))
	one := table(t, ask(t, rita, x.URL+"/i/7/agents.csv?by=repository"))
	if len(all) < 3 || len(some) != 2 || len(one) != 1 || one[0]["repository"] != "github.com/acme/agent" {
		t.Errorf("the owner has %d repositories, a reader of two %v, one of one %v", len(all), some, one)
	}
	for _, p := range table(t, ask(t, ada, x.URL+"/i/7/agents/parts.csv")) {
		if p["reason"] == "no-repository" || p["reason"] == "other-repository" {
			t.Errorf("somebody who is no administrator sees %v", p)
		}
	}
	if a := ask(t, ada, x.URL+"/i/7/agents"); !strings.Contains(a.body, "seen by administrators only") {
		t.Error("nothing says that there may be more")
	}
	x.books.asked = nil
	ask(t, owner, x.URL+"/i/7/agents?repo=71")
	if len(x.books.asked) != 1 || x.books.asked[0] != 71 {
		t.Errorf("for one repository the pull requests of %v were read", x.books.asked)
	}
}

// TestGitHubIsLate holds that the page comes without GitHub's answer and says so, and that an export does not come without it.
func TestGitHubIsLate(t *testing.T) {
	x := newWorld(t)
	c := x.client(t, "olga")
	for says, of := range map[string]map[int64]bool{"has not answered yet": x.books.late, "did not let": x.books.refused} {
		of[71] = true
		a := ask(t, c, x.URL+"/i/7/agents")
		if a.status != 200 || !strings.Contains(a.body, says) || !strings.Contains(a.body, "acme/site") || !strings.Contains(a.body, "Median per merged") {
			t.Errorf("%d, without %q", a.status, says)
		}
		for _, end := range []string{".csv", "/pulls.json"} {
			if a := ask(t, c, x.URL+"/i/7/agents"+end); a.status != 503 || a.header.Get("Retry-After") == "" {
				t.Errorf("%s: %d", end, a.status)
			}
		}
		delete(of, 71)
	}
}

// TestAgentsAsked holds what is asked for wrongly, and the page of nothing.
func TestAgentsAsked(t *testing.T) {
	x := newWorld(t)
	c := x.client(t, "olga")
	for path, want := range map[string]int{"?by=author": 400, "?since=x": 400, "?since=2020-01-01": 400, "?since=2027-01-01": 400, "?repo=x": 400, "?repo=80": 404, "?since=" + start.AddDate(0, 0, -20).Format(time.DateOnly): 200} {
		if a := ask(t, c, x.URL+"/i/7/agents"+path); a.status != want {
			t.Errorf("%s: %d, want %d", path, a.status, want)
		}
	}
	if a := ask(t, c, x.URL+"/i/9/agents"); a.status != 200 || !strings.Contains(a.body, "No agent has sent anything yet") {
		t.Errorf("of nothing: %d\n%s", a.status, a.body)
	}
	x.fail = errDisk
	if a := ask(t, c, x.URL+"/i/7/agents"); a.status != 500 || strings.Contains(a.body, errDisk.Error()) {
		t.Errorf("with a broken store: %d", a.status)
	}
}

// TestPredictions holds the calibration, and that each answer stands beside its pull request and its review.
func TestPredictions(t *testing.T) {
	x := newWorld(t)
	c := x.client(t, "ada")
	a := ask(t, c, x.URL+"/i/7/predictions")
	whole(t, a)
	checkMarkup(t, "/i/7/predictions", a)
	for _, want := range []string{"5 of 8 inside their interval; 6.8 expected if all are right", "As predicted", "Cheaper than predicted", "Dearer than predicted", "Compatible with the prediction", "Too early to tell", "&lt;b&gt;suite&lt;/b&gt;",
		`href="https://github.com/acme/agent/pull/101"`, `href="/i/7/reviews/` + reviewID(1) + `"`} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	rows := table(t, ask(t, c, x.URL+"/i/7/predictions.csv"))
	if len(rows) != 9 || rows[0]["pull"] != "108" || rows[0]["observed"] != "" || rows[1]["predicted"] != "0.62" || rows[1]["relation"] != "inside" || !strings.HasPrefix(rows[1]["answer"], "As predicted. Predicted -38 %") {
		t.Errorf("%d rows, from %v", len(rows), rows[:2])
	}
	if k := table(t, ask(t, c, x.URL+"/i/7/predictions/calibration.csv"))[0]; k["told"] != "8" || k["inside"] != "5" || k["early"] != "1" {
		t.Errorf("the calibration %v", k)
	}
	if site := table(t, ask(t, c, x.URL+"/i/7/predictions.csv?repo=71")); len(site) != 1 || site[0]["repository"] != "github.com/acme/site" {
		t.Errorf("of one repository %v", site)
	}
	if later := table(t, ask(t, c, x.URL+"/i/7/predictions.csv?since=2026-09-05")); len(later) != 8 {
		t.Errorf("since a day %d", len(later))
	}
}
