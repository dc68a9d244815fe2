package page_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/app/page"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/price"
)

var (
	agent = record.Repo{Installation: 7, ID: 70, Name: "acme/agent"}
	site  = record.Repo{Installation: 7, ID: 71, Name: "acme/renamed-since"}
)

// put adds a review that began so many days before start.
func (x *world) put(n, days int, repo record.Repo, spent price.Amount, suites ...record.Suite) {
	_ = x.SaveReview(context.Background(), record.Review{ID: reviewID(n), Repo: repo, Pull: n, State: record.Ended, Started: start.AddDate(0, 0, -days), Spent: spent, Suites: suites})
}

// rows are those of a JSON export, of some keys only.
func rows(t *testing.T, a answer, keys ...string) [][]any {
	t.Helper()
	var j exported
	if err := json.Unmarshal([]byte(a.body), &j); err != nil || a.status != 200 {
		t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
	var out [][]any
	for _, r := range j.Rows {
		var row []any
		for _, k := range keys {
			v, there := r[k]
			if !there {
				t.Fatalf("no %s in %v", k, r)
			}
			row = append(row, v)
		}
		out = append(out, row)
	}
	return out
}

// TestSpend holds what months add up to: to the last digit, and what is unknown is no zero.
func TestSpend(t *testing.T) {
	x := bare(t, nil)
	x.put(1, 0, agent, usd("0.1"))
	x.put(2, 1, agent, usd("0.2"))
	x.put(3, 2, site, usd("1000000.000001"))
	x.put(4, 3, agent, price.Amount{})
	x.put(5, 25, agent, price.Amount{}) // October
	x.put(6, 60, site, usd("0"))        // September
	x.put(7, 366, agent, usd("77"))     // a year ago: not of these twelve months
	c := x.client(t, "ada")
	want := [][]any{{"2026-11", "acme/agent", 3.0, "0.3", 1.0}, {"2026-11", "acme/site", 1.0, "1000000.000001", 0.0}, {"2026-10", "acme/agent", 1.0, "0", 1.0}, {"2026-09", "acme/site", 1.0, "0", 0.0}}
	if diff := cmp.Diff(want, rows(t, ask(t, c, x.URL+"/i/7/spend.json"), "month", "repository", "reviews", "spent_usd", "unknown")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	body := ask(t, c, x.URL+"/i/7/spend").body
	for _, w := range []string{">at least $0.300<", ">unknown<", ">$1,000,000.00<", ">at least $1,000,000.30<", ">$0<", ">nothing<"} {
		if !strings.Contains(body, w) {
			t.Errorf("no %s on the page", w)
		}
	}
	if strings.Contains(body, "$77") || strings.Contains(body, "renamed-since") {
		t.Error("a review of another year, or another name")
	}
	want = [][]any{{"2026-11", "acme/site", 1.0}, {"2026-09", "acme/site", 1.0}}
	if diff := cmp.Diff(want, rows(t, ask(t, c, x.URL+"/i/7/spend.json?repo=71"), "month", "repository", "reviews")); diff != "" {
		t.Errorf("of one repository (-want +got):\n%s", diff)
	}
	want = [][]any{{"acme/agent", "admin", 3.0, "0.3", 1.0}, {"acme/site", "read", 1.0, "1000000.000001", 0.0}}
	if diff := cmp.Diff(want, rows(t, ask(t, c, x.URL+"/repositories.json"), "repository", "access", "reviews", "spent_usd", "unknown")); diff != "" {
		t.Errorf("repositories (-want +got):\n%s", diff)
	}
}

// TestCost holds what is drawn and listed of each suite and model.
func TestCost(t *testing.T) {
	suite := func(name, base, head string, a, b price.Amount, rates ...*float64) record.Suite {
		s := record.Suite{Name: name, Result: "measured", BaseModel: base, HeadModel: head, Base: a, Head: b}
		if len(rates) == 2 {
			s.BaseRate, s.HeadRate = rates[0], rates[1]
		}
		return s
	}
	x := bare(t, nil)
	x.put(1, 1, agent, usd("1"), suite("a", "m1", "m2", usd("0.10"), usd("0.2"), ptr(1), ptr(0.5)), suite("b", "m1", "m3", usd("3"), price.Amount{}, ptr(1), ptr(0)))
	x.put(2, 2, agent, usd("1"), suite("a", "m2", "m1", usd("0.4"), usd("0.5"), ptr(1), ptr(1)))
	x.put(3, 3, site, usd("1"), suite("a", "m1", "m1", usd("7"), usd("8"), ptr(1), ptr(1)))
	x.put(4, 4, agent, usd("1"), suite("a", "m1", "m2", price.Amount{}, price.Amount{})) // nothing was measured
	c := x.client(t, "ada")
	keys := []string{"suite", "repository", "model", "arm", "cost_usd", "completion"}
	want := [][]any{{"a", "acme/agent", "m1", "base", "0.1", 1.0}, {"a", "acme/agent", "m2", "head", "0.2", 0.5}, {"b", "acme/agent", "m1", "base", "3", 1.0}, {"b", "acme/agent", "m3", "head", nil, 0.0},
		{"a", "acme/agent", "m2", "base", "0.4", 1.0}, {"a", "acme/agent", "m1", "head", "0.5", 1.0}, {"a", "acme/site", "m1", "base", "7", 1.0}, {"a", "acme/site", "m1", "head", "8", 1.0}}
	if diff := cmp.Diff(want, rows(t, ask(t, c, x.URL+"/i/7/cost.json"), keys...)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	want = [][]any{want[1], want[4]}
	if diff := cmp.Diff(want, rows(t, ask(t, c, x.URL+"/i/7/cost.json?model=m2&suite=a"), keys...)); diff != "" {
		t.Errorf("of one model (-want +got):\n%s", diff)
	}
	body := ask(t, c, x.URL+"/i/7/cost").body
	if n := strings.Count(body, `class="plot wide"`); n != 3 || !strings.Contains(body, "none completed") {
		t.Errorf("%d drawings", n)
	}
	if want := "Cost per completed task of a in acme/agent: m1 $0.500 on 2026-11-18, $0.100 on 2026-11-19; m2 $0.400 on 2026-11-18, $0.200 on 2026-11-19."; !strings.Contains(body, want) {
		t.Errorf("no %q in %s", want, body)
	}
}

// TestManyModels holds that what has no place in a drawing is said to be missing.
func TestManyModels(t *testing.T) {
	x := bare(t, nil)
	for n := range 20 {
		s := record.Suite{Name: "a", BaseModel: "m0", HeadModel: fmt.Sprintf("m%d", n%9+1), Base: usd("1"), Head: usd("2"), BaseRate: ptr(1), HeadRate: ptr(1)}
		x.put(n, n, agent, usd("1"), s, record.Suite{Name: fmt.Sprintf("suite-%02d", n), BaseModel: "m0", HeadModel: "m1", Base: usd("1"), Head: usd("2"), BaseRate: ptr(1)})
	}
	c := x.client(t, "ada")
	body := ask(t, c, x.URL+"/i/7/cost").body
	for _, want := range []string{"4 more models with fewer points are not drawn", "13 more suites are not shown"} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q", want)
		}
	}
	first, _, _ := strings.Cut(body, "suite-00")
	if n := strings.Count(first, `class="swatch"`); n != 6 {
		t.Errorf("%d models in the legend", n)
	}
	if n := len(rows(t, ask(t, c, x.URL+"/i/7/cost.json"), "model")); n != 80 {
		t.Errorf("%d rows are exported", n)
	}
	if strings.Contains(body, "The newest 100 points") {
		t.Error("points are said to be missing")
	}
	for n := range 41 {
		x.put(200+n, 30, site, usd("1"), record.Suite{Name: "z", BaseModel: "m0", Base: usd("1"), BaseRate: ptr(1)})
	}
	if body := ask(t, c, x.URL+"/i/7/cost?suite=z").body; !strings.Contains(body, "The table has the newest 40 of 41") {
		t.Error("nothing says that the table has not all")
	}
}

// TestManyPoints holds that a page stays small, and says what is missing.
func TestManyPoints(t *testing.T) {
	x := bare(t, nil)
	for n := range 3000 {
		x.reviews = append(x.reviews, record.Review{ID: reviewID(n), Repo: agent, Started: start.Add(-time.Duration(n) * time.Hour), Suites: []record.Suite{{Name: "a", BaseModel: "m0", HeadModel: "m1", Base: usd("1"), Head: usd("2"), BaseRate: ptr(1), HeadRate: ptr(1)}}})
	}
	c := x.client(t, "ada")
	body := ask(t, c, x.URL+"/i/7/cost").body
	if n := strings.Count(body, `<circle class="dot s0"`); n != 2*100+1 || !strings.Contains(body, "The newest 100 points of a model are drawn") || len(body) > 200_000 {
		t.Errorf("%d dots, %d bytes", n, len(body))
	}
	if n := len(rows(t, ask(t, c, x.URL+"/i/7/cost.json"), "model")); n != 6000 {
		t.Errorf("%d rows are exported", n)
	}
}

// TestActsAtOnce holds that acts of one and the same time are all there, on one page.
func TestActsAtOnce(t *testing.T) {
	x := bare(t, nil)
	for n := range 120 {
		_ = x.Append(context.Background(), record.Act{Time: start.Add(-time.Duration(n/7+1) * time.Hour), Repo: agent, Actor: fmt.Sprintf("person-%03d", n), Verb: "run"})
	}
	c := x.client(t, "ada")
	seen, next, pages := map[string]int{}, "/i/7/audit?repo=70", 0
	for next != "" {
		body := ask(t, c, x.URL+next).body
		for _, who := range regexp.MustCompile(`person-\d+`).FindAllString(body, -1) {
			seen[who]++
		}
		next = ""
		if m := regexp.MustCompile(`href="([^"]*)" rel="next"`).FindStringSubmatch(body); m != nil {
			next = strings.ReplaceAll(m[1], "&amp;", "&")
		}
		if pages++; pages > 10 {
			t.Fatal("the pages do not end")
		}
	}
	for who, n := range seen {
		if n != 1 {
			t.Errorf("%s is there %d times", who, n)
		}
	}
	if len(seen) != 120 || pages != 3 {
		t.Errorf("%d acts on %d pages", len(seen), pages)
	}
	if n := len(rows(t, ask(t, c, x.URL+"/i/7/audit.json?repo=70"), "actor")); n != 120 {
		t.Errorf("%d acts are exported", n)
	}
	if n := len(rows(t, ask(t, c, x.URL+"/i/7/audit.json?repo=70&since=2026-11-20"), "actor")); n != 9*7 {
		t.Errorf("%d acts since a day are exported", n)
	}
}

// TestGroup holds the page of a merge group's review, which has no pull request, on a server of one's own.
func TestGroup(t *testing.T) {
	x := bare(t, func(c *page.Config) { c.Web = "https://ghes.example/" })
	x.put(0, 1, agent, usd("1"))
	x.put(9, 1, agent, usd("1"))
	_ = x.Append(context.Background(), record.Act{Time: start, Repo: agent, Actor: "ada", Verb: "budget-set"})
	c := x.client(t, "ada")
	a := ask(t, c, x.URL+"/i/7/reviews/"+reviewID(0))
	if heading.FindStringSubmatch(a.body)[1] != "acme/agent" || strings.Contains(a.body, "ghes.example") || strings.Contains(a.body, "set the budget") {
		t.Errorf("%s", a.body)
	}
	if a := ask(t, c, x.URL+"/i/7/reviews"); !strings.Contains(a.body, `href="https://ghes.example/acme/agent/pull/9"`) {
		t.Errorf("%s", a.body)
	}
}

// TestGone holds that signing in works when an installation has just been removed.
func TestGone(t *testing.T) {
	x := bare(t, nil)
	x.fail = fmt.Errorf("appending: %w", record.ErrGone)
	c := x.client(t, "")
	res, err := c.Get(x.URL + "/signin")
	if read(t, res, err); strings.Contains(x.log.String(), "writing a sign-in") {
		t.Errorf("the log: %s", x.log)
	}
	x.fail = errors.New("disk full")
	res, err = c.Get(x.URL + "/signin")
	if read(t, res, err); !strings.Contains(x.log.String(), "writing a sign-in") {
		t.Errorf("the log: %s", x.log)
	}
}
