package pull_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/report/markup/markuptest"
	"github.com/pertask/pertask/report/pull"
)

const commit = "3f9a6c1e0b4d5a6f7e8d9c0b1a2f3e4d5c6b7a89"

var at = time.Date(2026, 11, 23, 10, 30, 0, 0, time.FixedZone("east", 2*3600))

func number(f float64) *figure.Number { n := figure.Number(f); return &n }

func dollars(s string) price.Amount { return price.Known(price.MustMoney(s)) }

// evil is what a stranger would write into any of the fields.
const evil = "@octocat <img src=x> </details> | a | #1 `b` [x](https://evil.example) ```mermaid\n\n## x <!-- pertask:{} --> $x$ \u202e"

func TestAcceptance(t *testing.T) {
	for _, c := range []struct {
		name string
		in   *pull.Acceptance
		want string
	}{
		{"none", nil, ""},
		{"holds", &pull.Acceptance{By: "octocat", Reason: "the new model is needed for the launch", Head: commit, Time: at},
			"**Accepted** by `octocat`: the new model is needed for the launch (at `3f9a6c1e0b`, 2026-11-23)"},
		{"nothing known", &pull.Acceptance{}, "**Accepted** by `(empty)`: no reason given"},
		{"ended", &pull.Acceptance{By: "octocat", Reason: "fine", Head: commit, Ended: "The model settings have changed since"},
			"**No longer accepted.** The model settings have changed since. `octocat` had accepted it: fine (at `3f9a6c1e0b`)"},
	} {
		if got := c.in.Line(); got != c.want {
			t.Errorf("%s:\ngot  %q\nwant %q", c.name, got, c.want)
		}
	}
	for _, a := range []pull.Acceptance{{By: evil, Reason: evil, Head: evil}, {By: evil, Reason: evil, Head: evil, Ended: evil}} {
		line := a.Line()
		if p := markuptest.Problems(line); len(p) > 0 || strings.Contains(line, "\n") {
			t.Errorf("%q: %v", line, p)
		}
	}
}

func TestMonth(t *testing.T) {
	for _, c := range []struct {
		name string
		in   *pull.MonthSpend
		want string
	}{
		{"none", nil, ""},
		{"no checks", &pull.MonthSpend{Spent: dollars("1")}, ""},
		{"unknown", &pull.MonthSpend{Checks: 3}, ""},
		{"one", &pull.MonthSpend{Spent: dollars("0"), Checks: 1}, "checks this month: $0 (1 check)"},
		{"many", &pull.MonthSpend{Spent: dollars("1312.4"), Checks: 1031}, "checks this month: $1,312.40 (1,031 checks)"},
	} {
		if got := c.in.Words(); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestHistory(t *testing.T) {
	lines := []pull.HistoryLine{
		{Time: at, Head: commit, By: "octocat: /pertask run", Title: "Don't switch: 2.31x as much per completed task (95 % 2.20-2.42)", Ratio: number(2.31), Low: number(2.2), High: number(2.42),
			Spent: dollars("1.20"), Link: "https://github.com/acme/agent/actions/runs/1"},
		{Title: "Inconclusive: 1.02x as much per completed task", Ratio: number(1.02), Spent: dollars("0.5"), Link: "javascript:alert(1)"},
		{Title: "Don't switch: completes fewer (-12 points)", Ratio: number(0.4), Low: number(0.2), High: number(math.Inf(1)), Spent: dollars("0")},
		{Title: "Not measured", Ratio: number(math.NaN()), Spent: dollars("0")},
	}
	want := strings.Join([]string{
		"| when (UTC) | head | asked for by | result | ratio | it cost |",
		"|:--|:--|:--|:--|:--|:--|",
		"| [2026-11-23 08:30](https://github.com/acme/agent/actions/runs/1) | `3f9a6c1e0b` | octocat: /pertask run | Don't switch | 2.31x (2.20-2.42) | $1.20 |",
		"| not known |  |  | Inconclusive | 1.02x | $0.500 |",
		"| not known |  |  | Don't switch: completes fewer (-12 points) | 0.400x (at least 0.200) | $0 |",
		"| not known |  |  | Not measured |  | $0 |",
		"", "These 4 runs cost $1.70 together.",
	}, "\n")
	if got := pull.History(lines, 10, "the summary"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := pull.History(lines, 1, "the summary"); strings.Count(got, "\n") != 4 || !strings.HasSuffix(got, "\n\n3 more in the summary") {
		t.Errorf("one line:\n%s", got)
	}
	lines[1].Spent = price.Amount{}
	if got := pull.History(lines, 10, ""); strings.Contains(got, "together") || !strings.Contains(got, "| 1.02x | unknown |") {
		t.Errorf("a cost is not known:\n%s", got)
	}
	if got := pull.History(lines[:1], 10, ""); strings.Contains(got, "together") {
		t.Errorf("one run:\n%s", got)
	}
	for _, most := range []int{0, -1} {
		if got := pull.History(lines, most, ""); got != "" {
			t.Errorf("no room: got %q", got)
		}
	}
	if got := pull.History(nil, 10, ""); got != "" {
		t.Errorf("no run: got %q", got)
	}
	hostile := pull.History([]pull.HistoryLine{{Head: evil, By: evil, Title: evil, Link: evil}, {Head: evil, By: evil, Title: evil + ": 2.00x", Ratio: number(2), Link: "https://a b"}}, 10, "")
	if p := markuptest.Problems(hostile); len(p) > 0 || strings.Count(hostile, "\n") != 3 {
		t.Errorf("%v in\n%s", p, hostile)
	}
}

func TestShort(t *testing.T) {
	for in, want := range map[string]string{commit: "3f9a6c1e0b", "sha256:" + commit: "3f9a6c1e0b", "main": "main", "": "", strings.Repeat("x", 50): strings.Repeat("x", 50)} {
		if got := pull.Short(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestCommands(t *testing.T) {
	if p := markuptest.Problems(pull.Commands); len(p) > 0 {
		t.Error(p)
	}
	for _, c := range []string{"run", "run --trials 8", "more", "reprice", "accept REASON", "help"} {
		if !strings.Contains(pull.Commands, "`/pertask "+c+"`") {
			t.Errorf("%s is missing", c)
		}
	}
}
