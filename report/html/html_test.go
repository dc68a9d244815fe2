package html_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pertask/pertask/internal/golden"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/report/html"
	"github.com/pertask/pertask/report/markup"
	"github.com/pertask/pertask/report/row"
	"github.com/pertask/pertask/verdict"
)

// fixtures are the reports in report/testdata, by name.
func fixtures(t *testing.T) map[string][]*report.Report {
	t.Helper()
	paths, err := filepath.Glob("../testdata/*.json")
	if err != nil || len(paths) < 10 {
		t.Fatalf("no fixtures: %v", err)
	}
	out := map[string][]*report.Report{}
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		raws := []json.RawMessage{b}
		if bytes.HasPrefix(b, []byte("[")) {
			if err := json.Unmarshal(b, &raws); err != nil {
				t.Fatal(err)
			}
		}
		name := strings.TrimSuffix(filepath.Base(p), ".json")
		for _, raw := range raws {
			r, err := report.ParseJSON(raw)
			if err != nil {
				t.Fatal(err)
			}
			out[name] = append(out[name], r)
		}
	}
	return out
}

func render(t *testing.T, rs ...*report.Report) string {
	t.Helper()
	var b strings.Builder
	if err := html.Write(&b, rs); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// elements are all that a page is made of.
var elements = []string{"a", "article", "body", "br", "caption", "circle", "code", "details", "div", "figcaption", "figure", "footer", "h1", "h2", "h3", "head", "header",
	"html", "li", "line", "link", "main", "meta", "nav", "p", "polygon", "rect", "section", "small", "span", "strong", "style", "summary", "svg", "table", "tbody", "td", "text", "th",
	"thead", "title", "tr", "ul"}

// attributes are all that an element of a page has. None of them runs anything; href is looked at by itself.
var attributes = []string{"aria-hidden", "aria-label", "charset", "class", "content", "cx", "cy", "height", "href", "http-equiv", "id", "lang", "name", "points", "r", "rel", "role", "scope",
	"tabindex", "text-anchor", "viewBox", "width", "x", "x1", "x2", "y", "y1", "y2"}

var (
	style     = regexp.MustCompile(`(?s)<style>(.*?)</style>`)
	tag       = regexp.MustCompile(`<(/?)([A-Za-z][A-Za-z0-9]*)((?: [A-Za-z0-9-]+="[^"<>]*")*)/?>`)
	digest    = regexp.MustCompile(`sha256-[A-Za-z0-9+/=&#;]*?=(&#39;)`)
	anchor    = regexp.MustCompile(`^#suite-[0-9]+$`)
	attribute = regexp.MustCompile(`([A-Za-z0-9-]+)="([^"]*)"`)
)

// empty are the elements without an end.
var empty = []string{"br", "link", "meta"}

// check holds what every page is: whole elements of ours in the right order, with attributes of ours.
func check(t *testing.T, name, page string) {
	t.Helper()
	css := style.FindStringSubmatch(page)
	if css == nil {
		t.Fatalf("%s: no style sheet", name)
	}
	sum := sha256.Sum256([]byte(css[1]))
	if want := "content=\"default-src &#39;none&#39;; style-src &#39;sha256-" + base64.StdEncoding.EncodeToString(sum[:]); !strings.Contains(strings.ReplaceAll(page, "&#43;", "+"), want) {
		t.Errorf("%s: the policy does not name the style sheet by %q", name, want)
	}
	rest := style.ReplaceAllString(strings.TrimPrefix(page, "<!DOCTYPE html>"), "")
	var open []string
	for _, m := range tag.FindAllStringSubmatch(rest, -1) {
		if !slices.Contains(elements, m[2]) {
			t.Errorf("%s: an element <%s>", name, m[2])
		}
		for _, a := range attribute.FindAllStringSubmatch(m[3], -1) {
			if !slices.Contains(attributes, a[1]) {
				t.Errorf("%s: an attribute %s", name, a[0])
			}
			if a[1] == "href" && a[2] != "data:," && !anchor.MatchString(a[2]) {
				t.Errorf("%s: a link to %s", name, a[2])
			}
		}
		switch {
		case slices.Contains(empty, m[2]) || strings.HasSuffix(m[0], "/>"):
		case m[1] == "":
			open = append(open, m[2])
		case len(open) == 0 || open[len(open)-1] != m[2]:
			t.Fatalf("%s: </%s> ends %q", name, m[2], open)
		default:
			open = open[:len(open)-1]
		}
	}
	text := tag.ReplaceAllString(rest, " ")
	if len(open) > 0 || strings.ContainsAny(text, "<>") && strings.ContainsAny(strings.ReplaceAll(text, "->", ""), "<>") {
		t.Errorf("%s: %q are open, or there is markup of another", name, open)
	}
}

// numbers holds that no statement reads as a number that is none.
func numbers(t *testing.T, name, page string) {
	t.Helper()
	if m := regexp.MustCompile(`NaN|Inf\b|%!|ZgotmplZ`).FindString(style.ReplaceAllString(page, "")); m != "" {
		t.Errorf("%s: %q on the page", name, m)
	}
}

// TestEveryFixture holds of every report that nothing of it is live on the page, and that the page has its answer, its table and
// every task.
func TestEveryFixture(t *testing.T) {
	for name, rs := range fixtures(t) {
		page := render(t, rs...)
		check(t, name, page)
		numbers(t, name, page)
		for _, r := range rs {
			if !strings.Contains(page, ">"+strings.ReplaceAll(report.Say(r, markup.Plain).Label, "'", "&#39;")+"</") {
				t.Errorf("%s: the answer is not there", name)
			}
			if name == "hostile" {
				continue
			}
			for _, w := range row.Comparison(r) {
				if base, _, _ := strings.Cut(w.Base, " ("); !strings.Contains(page, base) {
					t.Errorf("%s: no %q in the table of %s", name, w.Base, w.Label)
				}
			}
			for _, x := range r.Tasks {
				if r.HasTrials() && !strings.Contains(page, "<th scope=\"row\"><code>"+x.ID+"</code></th><td>"+strings.ReplaceAll(row.OfTask(x).Completed, "->", "-&gt;")+"</td>") {
					t.Errorf("%s: task %s has no line", name, x.ID)
				}
			}
		}
	}
}

// TestGolden holds two pages whole, but for the style sheet.
func TestGolden(t *testing.T) {
	all := fixtures(t)
	for _, name := range []string{"inconclusive", "not-measured"} {
		page := style.ReplaceAllString(render(t, all[name]...), "<style></style>")
		golden.Check(t, "testdata/"+name+".html", digest.ReplaceAllString(page, "sha256-...$1"))
	}
}

// gone is every number of a report that a plot is drawn from, set to n.
func gone(r *report.Report, n report.Number) {
	q := report.Quotient(n)
	for _, a := range []*report.Arm{&r.Base, &r.Head} {
		a.CostPerTask.Amount, a.CostPerTask.List, a.CompletionRate, a.SecondsPerTrial, a.AtLeast = q, q, n, n, &n
		a.TokensPerTrial = report.Tokens{Input: n, CacheRead: n, CacheCreation: n, Output: n, Reasoning: n}
	}
	r.Ratio = &report.Ratio{Estimate: n, Low: n, High: n, Confidence: 0.95}
	r.Population = &report.Population{Estimate: n, Low: n, High: n, Confidence: 0.95}
	r.Segments = []report.Segment{{Name: "x", Kind: "label", Estimate: n, Low: n, High: n, Confidence: 0.99}}
	e := report.Effect{Log: n, Factor: n, Dollars: n}
	r.Why = &report.Why{Total: e, Price: e, Usage: e, Completion: e, Volume: e, Mix: e}
	look := report.SequenceLook{Trials: 2, Ratio: n, Low: n, High: n, P: n, NominalP: n}
	r.Sequence = &report.Sequence{Looks: []int{2, 3}, Trials: 3, NominalP: n, Confidence: n, Chance: n, History: []report.SequenceLook{look, look}}
}

// TestNumbersThatAreNone holds that a page is whole whatever its numbers are.
func TestNumbersThatAreNone(t *testing.T) {
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, -1, 1e-300, 1e300, math.MaxFloat64, math.SmallestNonzeroFloat64} {
		for name, rs := range fixtures(t) {
			if name != "stopped-cap" && name != "mixed-segments" && name != "not-measured" {
				continue
			}
			for _, limit := range []float64{1, 0, -1, f} {
				gone(rs[0], report.Number(f))
				rs[0].Policy.MaxCostRatio = limit
				page := render(t, rs...)
				check(t, name, page)
				numbers(t, name, page)
			}
		}
	}
}

// TestAnyReport holds that pages of reports with next to nothing in them, and of none, are whole.
func TestAnyReport(t *testing.T) {
	check(t, "no suite", render(t))
	if page := render(t); !strings.Contains(page, "There is no suite to report on.") {
		t.Error("a page without suites does not say so")
	}
	for _, result := range []verdict.Result{verdict.NothingChanged, verdict.Measured, verdict.NotMeasured, verdict.Accepted, verdict.BadInput, "", "unheard-of"} {
		check(t, string(result), render(t, &report.Report{Result: result}, &report.Report{Result: result, Tasks: make([]report.Task, 30)}))
	}
	r := &report.Report{Result: verdict.Measured, Tasks: make([]report.Task, 30)}
	r.Base.Trials, r.Head.Trials = 3, 3
	check(t, "tasks without a cost", render(t, r))
}

type full struct{}

var errFull = errors.New("the disk is full")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestWriterFails(t *testing.T) {
	if err := html.Write(full{}, nil); !errors.Is(err, errFull) {
		t.Errorf("got %v, want %v", err, errFull)
	}
}

// TestSamePage holds that a page is made of its reports alone.
func TestSamePage(t *testing.T) {
	rs := fixtures(t)["two-suites"]
	first := render(t, rs...)
	if second := render(t, rs...); first != second {
		t.Error("two pages of the same reports differ")
	}
}

// FuzzPage holds that no string of a report gets out of its place on the page.
func FuzzPage(f *testing.F) {
	for _, s := range []string{"a", "<img src=x onerror=alert(1)>", "</style><script>", "\"><svg/onload=1>", "`a` `b", "{{.}}", "&lt;b&gt;", "]]>", "\x00\u202e", "<!-- pertask:{} -->", "' style='x", "javascript:alert(1)"} {
		f.Add(s)
	}
	b, err := os.ReadFile("../testdata/mixed-segments.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := report.ParseJSON(b)
		if err != nil {
			t.Fatal(err)
		}
		r.Suite, r.SuiteDigest, r.Commits.Base, r.Commits.Head, r.PriceBook.AsOf = s, s, s, s, s
		r.Base.Model, r.Head.Model, r.Reason.Text, r.Reason.Path, r.Versions.Pertask = s, s+"x", s, s, s
		r.Population.LeaveOneOut.Task, r.Sequence.Stopped, r.Sandbox, r.Cache = s, s, s, s
		r.Notes, r.NextSteps, r.PriceBook.Notes, r.PriceBook.Discounts, r.PriceBook.Rows = []string{s}, []string{s}, []string{s}, []string{s}, []string{s}
		r.Findings = []verdict.Finding{{Code: s, Text: s, Path: s, Line: 1}}
		r.LeftOut = []report.LeftOut{{Task: s, Reason: s}}
		for i := range r.Tasks {
			r.Tasks[i].ID = s
			r.Tasks[i].Head.Causes = map[string]int{s: 1}
		}
		for i := range r.Segments {
			r.Segments[i].Name, r.Segments[i].Kind = s, []string{"label", s}[i%2]
		}
		for i := range r.Why.Tasks {
			r.Why.Tasks[i].Name = s
		}
		for i := range r.Why.Classes {
			r.Why.Classes[i].Name = s
		}
		for i := range r.Changes {
			c := &r.Changes[i]
			c.Slot, c.Base, c.Head, c.Why, c.Source.Path, c.Source.Selector = s, s, s, s, s, s
		}
		page := render(t, r)
		check(t, "a page", page)
	})
}
