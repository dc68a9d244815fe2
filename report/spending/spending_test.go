package spending_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/internal/golden"
	"github.com/pertask/pertask/ledger/attribute"
	"github.com/pertask/pertask/ledger/rollup"
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/markup"
	"github.com/pertask/pertask/report/markup/markuptest"
	"github.com/pertask/pertask/report/spending"
	"github.com/pertask/pertask/usage"
)

const shop = "github.com/acme/shop"

// monday is the first hour of week 40 of 2026.
var monday = time.Date(2026, 9, 28, 0, 0, 0, 0, time.UTC)

// history is eight weeks of a repository: pull requests of which some are far dearer, what belongs to none, two sources of one
// session, a model without a price, a bill, and lines that are no entries.
type history struct {
	entries []spend.Entry
	pulls   []attribute.Pull
}

func (h *history) add(session, branch string, at time.Time, thousands int64, change ...func(*spend.Entry)) {
	e := spend.Entry{Source: spend.SessionLog, Provenance: spend.Reported, Session: spend.SessionKey("claude-code", session), Harness: "claude-code", Calls: 1 + thousands/50}
	e.Hour = at.Truncate(time.Hour)
	e.Last = at
	e.Repository, e.Branch, e.Provider, e.Model = shop, branch, "anthropic", "claude-opus-5"
	e.Tokens = usage.None()
	e.Tokens.Input, e.Tokens.Output = usage.Known(0), usage.Known(thousands*1000)
	for _, c := range change {
		c(&e)
	}
	h.entries = append(h.entries, e.Complete())
}

func source(s spend.Source, p spend.Provenance) func(*spend.Entry) {
	return func(e *spend.Entry) { e.Source, e.Provenance = s, p }
}

func model(name string) func(*spend.Entry) { return func(e *spend.Entry) { e.Model = name } }

// full is the history that has everything.
func full() *history {
	h := &history{}
	h.add("begin", "main", monday.Add(-48*time.Hour), 1)
	labels := []string{"team:payments", "team:search"}
	for i := range 48 {
		at := monday.Add(time.Duration(28*i) * time.Hour)
		branch, session := fmt.Sprintf("fix-%d", i+1), fmt.Sprint("s", i)
		thousands := int64(30 + 9*(i*i%23))
		if i%17 == 13 {
			thousands *= 14
		}
		h.add(session, branch, at, thousands)
		switch i % 6 {
		case 1: // measured as well: the log counts no more
			h.add(session, branch, at, thousands+20, source(spend.Meter, spend.Measured))
		case 2:
			h.add(session+"b", branch, at, thousands/2, source(spend.Meter, spend.Measured), model("claude-sonnet-5"))
		case 3:
			h.add(session+"c", branch, at, 40, source(spend.Check, spend.Measured))
		}
		p := attribute.Pull{Number: i + 1, State: attribute.Merged, Title: fmt.Sprint("Mend the thing number ", i+1), HeadRef: branch, HeadRepository: "acme/shop",
			Created: at.Add(-time.Hour), Closed: at.Add(9 * time.Hour), Merged: at.Add(9 * time.Hour), Additions: 40 + 7*i, Deletions: 3 * i, Files: 3, Labels: labels[i%2 : i%2+1]}
		if i%17 == 13 {
			p.Title = hostile
		}
		h.pulls = append(h.pulls, p)
	}
	for i := range 3 {
		at := monday.Add(time.Duration(200*i) * time.Hour)
		h.pulls = append(h.pulls, attribute.Pull{Number: 60 + i, State: attribute.Merged, Title: "By hand", HeadRef: fmt.Sprint("hand-", i), Created: at, Closed: at.Add(time.Hour), Merged: at.Add(time.Hour)})
	}
	h.pulls = append(h.pulls, attribute.Pull{Number: 70, State: attribute.Open, HeadRef: "wip", HeadRepository: "acme/shop", Created: monday.Add(900 * time.Hour)})
	h.add("x1", "main", monday.Add(50*time.Hour), 90)
	h.add("x2", "wip", monday.Add(950*time.Hour), 40)
	h.add("x3", "spike", monday.Add(100*time.Hour), 55, source(spend.Meter, spend.Measured))
	h.add("x4", "", monday.Add(120*time.Hour), 35, func(e *spend.Entry) { e.Repository = "" })
	h.add("x5", "fix-9", monday.Add(226*time.Hour), 12, model("mystery-<b>9</b>"))
	h.add("x6", "spike", monday.Add(130*time.Hour), 5, source(spend.Import, spend.Allocated))
	return h
}

// hostile is a title that wants to be more than one.
const hostile = "=1+1 \x1b[31m<script>alert(1)</script> @all #1 `x` | [l](https://evil.example) :joy: <!channel> *b* _i_"

func (h *history) roll(t testing.TB, from, to time.Time, change ...func(*rollup.Input)) rollup.Rollup {
	t.Helper()
	spend.Sort(h.entries)
	repo := attribute.Repository{Name: shop, DefaultBranch: "main", Pulls: h.pulls}
	in := rollup.Input{
		Entries: func(yield func(spend.Entry, error) bool) {
			for _, e := range h.entries {
				if !yield(e, nil) {
					return
				}
			}
			_ = yield(spend.Entry{}, &spend.LineError{Name: "2026-10.\x1b[31mjsonl", Line: 7, Err: errors.New("no JSON <b>")})
		},
		Attribute: attribute.New(repo).Find, Repositories: []attribute.Repository{repo}, From: from, To: to, Begin: monday.Add(-48 * time.Hour),
		Pricing: price.Pricing{Book: price.Embedded()}, Label: func(s string) bool { return strings.HasPrefix(s, "team:") },
	}
	for _, c := range change {
		c(&in)
	}
	out, err := rollup.Of(in)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// told is the report of the full history.
func told(t testing.TB, by spending.By) spending.Report {
	t.Helper()
	r := full().roll(t, monday, monday.AddDate(0, 0, 56), func(in *rollup.Input) {
		in.Controls = []rollup.Control{
			{Provider: "anthropic", From: monday, To: monday.AddDate(0, 0, 28), USD: price.Known(price.MustMoney("321.5"))},
			{Provider: "openai", From: monday, To: monday.AddDate(0, 0, 28)},
		}
	})
	return spending.Report{Rollup: r, By: by, Asked: []string{shop}, Notes: []string{"The pull requests of `acme/<b>gone</b>` could not be read: \x1b[2Jnot found."}}
}

func write(t testing.TB, f func(b *bytes.Buffer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := f(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// formats are every form of a report.
func formats(t testing.TB, r spending.Report) map[string]string {
	return map[string]string{
		"txt":  write(t, func(b *bytes.Buffer) error { return spending.Terminal(b, r, spending.TerminalOptions{Width: 100}) }),
		"md":   spending.Markdown(r),
		"html": write(t, func(b *bytes.Buffer) error { return spending.HTML(b, r) }),
		"json": write(t, func(b *bytes.Buffer) error { return spending.JSON(b, r) }),
		"csv":  write(t, func(b *bytes.Buffer) error { return spending.CSV(b, r) }),
	}
}

func TestGolden(t *testing.T) {
	for _, by := range []spending.By{spending.Week, spending.Model, spending.Label, spending.Repo, spending.Pull} {
		for format, text := range formats(t, told(t, by)) {
			if by == spending.Week || format == "txt" || format == "csv" {
				golden.Check(t, "testdata/full-by-"+string(by)+"."+format, text)
			}
		}
	}
}

// cases are reports in which something is missing.
func cases(t testing.TB) map[string]spending.Report {
	few := &history{}
	few.add("a", "fix-1", monday, 20)
	few.pulls = []attribute.Pull{{Number: 1, State: attribute.Merged, HeadRef: "fix-1", HeadRepository: "acme/shop", Created: monday, Closed: monday.Add(5 * time.Hour), Merged: monday.Add(5 * time.Hour)}}
	unpriced := &history{pulls: few.pulls}
	unpriced.add("a", "fix-1", monday, 20, model("nobody-knows"))
	quiet := &history{}
	quiet.add("a", "main", monday, 20)
	asked := []string{shop}
	return map[string]spending.Report{
		"nothing":  {Rollup: (&history{}).roll(t, monday, monday.AddDate(0, 0, 7), noSkips)},
		"one":      {Rollup: few.roll(t, monday, time.Time{}, noSkips), Asked: asked},
		"unpriced": {Rollup: unpriced.roll(t, time.Time{}, time.Time{}, noSkips), Asked: asked},
		"quiet":    {Rollup: quiet.roll(t, monday, monday.AddDate(0, 0, 1), noSkips), Asked: asked},
		"unasked":  {Rollup: quiet.roll(t, monday, monday.AddDate(0, 0, 7), noSkips, func(in *rollup.Input) { in.Pricing.At = monday.AddDate(0, 1, 0) })},
	}
}

// noSkips leaves the line out that is no entry.
func noSkips(in *rollup.Input) {
	all := in.Entries
	in.Entries = func(yield func(spend.Entry, error) bool) {
		for e, err := range all {
			if err == nil && !yield(e, nil) {
				return
			}
		}
	}
}

func TestAnswers(t *testing.T) {
	want := map[string]string{
		"nothing":  "Nothing is in the ledger of the time from 2026-09-28 to 2026-10-04.",
		"one":      "Median $0.50 per merged pull request, mean $0.50, over 1 merged pull request.",
		"unpriced": "Unknown in all. Of 1 merged pull request the cost of none is known.",
		"quiet":    "$0.50 in all. No pull request was merged on 2026-09-28. $0.50 unattributed.",
		"unasked":  "$0.50 in all. Nothing is known of pull requests, so it is divided by branch and reason only. $0.50 unattributed.",
	}
	for name, r := range cases(t) {
		if got := spending.Answer(r, markup.Plain); got != strings.ReplaceAll(want[name], "$0.50", "$0.500") {
			t.Errorf("%s: %q; want %q", name, got, want[name])
		}
		for format, text := range formats(t, r) {
			if format == "txt" {
				golden.Check(t, "testdata/"+name+".txt", text)
			}
			if text == "" {
				t.Errorf("%s: no %s", name, format)
			}
		}
	}
}

// TestNothingIsLive holds that no format obeys what strangers wrote.
func TestNothingIsLive(t *testing.T) {
	for _, by := range []spending.By{spending.Week, spending.Model, spending.Label, spending.Repo, spending.Pull} {
		r := told(t, by)
		r.Branches = []rollup.Group{{Key: "github.com/acme/shop " + hostile}}
		all := formats(t, r)
		inert(t, all["md"])
		for format, text := range all {
			if strings.ContainsAny(text, "\x1b\x07") {
				t.Errorf("%s by %s has a control character", format, by)
			}
		}
		for _, tag := range []string{"<script", "<b>", "<!channel>", "<img"} {
			if strings.Contains(all["html"], tag) {
				t.Errorf("HTML by %s has %s", by, tag)
			}
		}
		rows, err := csv.NewReader(strings.NewReader(all["csv"])).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			for _, cell := range row {
				if cell != "" && strings.ContainsRune("=+@\t\r", rune(cell[0])) {
					t.Errorf("CSV by %s has a formula %q", by, cell)
				}
			}
		}
	}
}

// TestCSVAddsUp holds that the rows by pull request are the whole, to the last digit.
func TestCSVAddsUp(t *testing.T) {
	r := told(t, spending.Pull)
	rows, err := csv.NewReader(strings.NewReader(formats(t, r)["csv"])).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	sum := price.Money{}
	for _, row := range rows[1:] {
		if row[0] == "checks" {
			continue
		}
		for _, cell := range row[2:5] {
			if cell != "" {
				sum = sum.Plus(price.MustMoney(cell))
			}
		}
	}
	// All pull requests of the history were merged within the window, with what they cost in it.
	if want := r.Rollup.Total.All().USD; !sum.Equal(want) {
		t.Errorf("the rows come to %s; want %s", sum, want)
	}
}

func TestJSON(t *testing.T) {
	var got map[string]any
	if err := json.Unmarshal([]byte(formats(t, told(t, spending.Week))["json"]), &got); err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{"schema", "answer", "by", "pull_requests_of", "notes", "total", "attributed", "unattributed", "reasons", "checks", "pulls", "without", "per_pull", "weeks", "models", "repositories", "labels", "left_out", "missing", "controls", "skipped"} {
		if _, ok := got[field]; !ok {
			t.Errorf("there is no field %q", field)
		}
	}
	if got["schema"] != spending.Schema {
		t.Errorf("schema %v", got["schema"])
	}
}

// TestNarrow: no line of a terminal is wider than it.
func TestNarrow(t *testing.T) {
	for _, by := range []spending.By{spending.Week, spending.Model, spending.Pull} {
		for _, width := range []int{40, 60, 80, 140} {
			text := write(t, func(b *bytes.Buffer) error {
				return spending.Terminal(b, told(t, by), spending.TerminalOptions{Width: width})
			})
			for _, l := range strings.Split(text, "\n") {
				if n := len([]rune(l)); n > width {
					t.Errorf("by %s in %d columns: %d: %s", by, width, n, l)
				}
			}
		}
	}
}

// TestBold: a terminal that can do it shows the answer and the titles in bold, and says the same without that.
func TestBold(t *testing.T) {
	r := told(t, spending.Week)
	color := write(t, func(b *bytes.Buffer) error { return spending.Terminal(b, r, spending.TerminalOptions{Color: true}) })
	if !strings.HasPrefix(color, "\x1b[1mMedian $2.55 per merged pull request\x1b[0m (95 %") || !strings.Contains(color, "\x1b[1mBy week\x1b[0m\n") {
		t.Errorf("%.300q", color)
	}
	plain := write(t, func(b *bytes.Buffer) error { return spending.Terminal(b, r, spending.TerminalOptions{}) })
	if strings.NewReplacer("\x1b[1m", "", "\x1b[0m", "").Replace(color) != plain {
		t.Error("without colours something else is said")
	}
}

func TestParseBy(t *testing.T) {
	for _, s := range []string{"week", "model", "author-label", "repo", "pull"} {
		if by, err := spending.ParseBy(s); err != nil || string(by) != s {
			t.Errorf("%s: %v, %v", s, by, err)
		}
	}
	for _, s := range []string{"", "Week", "author"} {
		if _, err := spending.ParseBy(s); err == nil {
			t.Errorf("%q is something to divide by", s)
		}
	}
}

func inert(t *testing.T, md string) {
	t.Helper()
	for _, p := range markuptest.Problems(md) {
		t.Errorf("Markdown: %s", p)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("full") }

func TestWriteFails(t *testing.T) {
	r := told(t, spending.Week)
	for name, err := range map[string]error{
		"terminal": spending.Terminal(broken{}, r, spending.TerminalOptions{}), "html": spending.HTML(broken{}, r), "json": spending.JSON(broken{}, r), "csv": spending.CSV(broken{}, r),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func week(t testing.TB, h *history) spending.Weekly {
	at := monday.AddDate(0, 0, 21)
	return spending.Weekly{This: h.roll(t, at, at.AddDate(0, 0, 7), noSkips), Before: h.roll(t, at.AddDate(0, 0, -7), at, noSkips), Asked: []string{shop},
		Notes: []string{"The ledger of `acme/<b>gone</b>` could not be read."}}
}

func TestWeekly(t *testing.T) {
	for name, h := range map[string]*history{"weekly": full(), "weekly-empty": {}} {
		w := week(t, h)
		golden.Check(t, "testdata/"+name+".md", w.Markdown())
		inert(t, w.Markdown())
		body, err := w.Slack()
		if err != nil {
			t.Fatal(err)
		}
		var indented bytes.Buffer
		if err := json.Indent(&indented, body, "", "  "); err != nil {
			t.Fatal(err)
		}
		golden.Check(t, "testdata/"+name+".slack.json", indented.String())
	}
}

// TestSlack has everything that is live in Slack in a title.
func TestSlack(t *testing.T) {
	h := full()
	for i := range h.pulls {
		h.pulls[i].Title = "<!channel> <@U1> <https://evil.example|x> *bold* _i_ ~s~ `code` :joy::joy: &lt; " + strings.Repeat("x", 5000)
	}
	body, err := week(t, h).Slack()
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		Text   string
		Blocks []struct {
			Type     string
			Text     struct{ Type, Text string }
			Elements []struct{ Text string }
		}
	}
	if err := json.Unmarshal(body, &m); err != nil {
		t.Fatal(err)
	}
	if len(m.Blocks) > 50 || strings.ContainsAny(m.Text, "<>&*_`") {
		t.Errorf("%d blocks, text %q", len(m.Blocks), m.Text)
	}
	for _, b := range m.Blocks {
		texts := []string{b.Text.Text}
		for _, e := range b.Elements {
			texts = append(texts, e.Text)
		}
		for _, s := range texts {
			if len([]rune(s)) > 3000 || b.Type == "header" && len(s) > 150 {
				t.Errorf("a text of %d characters in a %s", len(s), b.Type)
			}
			if strings.ContainsAny(s, "<>_~`") || strings.Count(s, "*") > 2 || strings.Contains(s, ":joy:") || strings.Contains(strings.ReplaceAll(s, "&amp;lt;", ""), "&lt;lt") {
				t.Errorf("something is live in %q", s)
			}
		}
	}
}

// TestBigNumbers: neither costs of nothing nor of a fortune break a distribution.
func TestBigNumbers(t *testing.T) {
	h := &history{}
	for i := range 14 {
		branch := fmt.Sprintf("fix-%d", i+1)
		h.add(branch, branch, monday.Add(time.Duration(i)*time.Hour), int64(math.Pow(3, float64(i))*float64(min(i, 1))))
		h.pulls = append(h.pulls, attribute.Pull{Number: i + 1, State: attribute.Merged, HeadRef: branch, HeadRepository: "acme/shop", Created: monday.Add(-time.Hour), Closed: monday.Add(40 * time.Hour), Merged: monday.Add(40 * time.Hour)})
	}
	text := formats(t, spending.Report{Rollup: h.roll(t, monday, time.Time{}, noSkips), Asked: []string{shop}})["txt"]
	if !strings.Contains(text, "Distribution") || strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
		t.Errorf("%s", text)
	}
}
