package agents_test

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/app/page/agents"
	"github.com/pertask/pertask/app/page/layout"
	"github.com/pertask/pertask/app/page/sheet"
	"github.com/pertask/pertask/ledger/attribute"
	"github.com/pertask/pertask/ledger/rollup"
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/stats"
)

func sum(usd string, entries, unpriced int) rollup.Sum {
	return rollup.Sum{USD: price.MustMoney(usd), Entries: entries, Unpriced: unpriced, AtLeast: unpriced > 0, Calls: 3, Tokens: rollup.Tokens{Input: 1500, Output: 500}}
}

// example is a roll-up of three pull requests.
func example() rollup.Rollup {
	at := time.Date(2026, 11, 17, 9, 0, 0, 0, time.UTC)
	per := rollup.PerPull{Summary: rollup.Summarize([]float64{1, 2}), Merged: 4, Without: 1, Cut: 1}
	per.MedianInterval = &stats.Interval{Low: 0.5, High: math.Inf(1)}
	reported := rollup.Spend{Reported: sum("2", 1, 0)}
	return rollup.Rollup{
		Total: rollup.Spend{Reported: sum("4", 4, 1)}, Attributed: reported, Unattributed: reported, PerPull: per,
		Reasons: []rollup.Reason{{Reason: attribute.DefaultBranch, Spend: reported}, {Reason: "<new>", Spend: reported}, {Reason: attribute.NoPull}},
		Pulls: []rollup.Pull{{Repository: "github.com/acme/shop", Number: 1234, Title: "=cheap <b>", Merged: at, Lines: 7, Spend: reported, Ratio: 0.5},
			{Repository: "github.com/acme/shop", Number: 6, Title: "Dear", Merged: at, Spend: rollup.Spend{Measured: sum("9", 2, 1)}, Ratio: 1.8, Outlier: true},
			{Repository: "github.com/acme/shop", Number: 7, Title: "Long", Merged: at, Spend: rollup.Spend{Reported: sum("0", 2, 2)}, Cut: true}},
		Without: []rollup.Pull{{Repository: "github.com/acme/shop", Number: 8, Title: "By hand", Merged: at}},
		Weeks:   []rollup.Group{{Key: "2026-W46", Spend: reported, PerPull: rollup.PerPull{Summary: rollup.Summarize([]float64{2}), Merged: 1}}, {Key: "2026-W47", Spend: reported, PerPull: per}},
		Models:  []rollup.Group{{Key: "", Spend: reported}, {Key: "openai/gpt-5.5", Spend: rollup.Spend{Measured: sum("3", 1, 0)}, PerPull: per}},
		Labels:  []rollup.Group{{Key: "", Spend: reported}, {Key: "team:payments", Spend: reported}},
		LeftOut: []rollup.LeftOut{{Source: spend.Counters, Provenance: spend.Reported, Sum: sum("1", 1, 0), Sessions: 3, More: 2}, {Source: "newer", Sum: sum("1", 1, 0)}},
		Missing: []rollup.Missing{{Provider: "x", Model: "m<1>", Why: "no price", Entries: 2, Tokens: 12345}},
	}
}

// export is a table as CSV, by lines.
func export(t *testing.T, l *sheet.Sheet) []string {
	t.Helper()
	var out bytes.Buffer
	if err := l.CSV(&out); err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
}

func link(string, int) string { return "/there" }

// TestPulls: the dearest first, those of unknown cost after it, and what is unknown is not zero.
func TestPulls(t *testing.T) {
	l := agents.Pulls(example(), link)
	var got []string
	for _, row := range l.Shown().Rows {
		got = append(got, strings.Join([]string{row[0].Show, row[2].Show, row[2].Note, row[3].Show, row[3].Class, row[7].Show}, "|"))
	}
	want := []string{"#6|at least $9.00||1.8x your median|open|acme/shop", "#1234|$2.00||0.50x your median||acme/shop", "#7|unknown|opened before the first entry|||acme/shop", "#8|no entries||||acme/shop"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	lines := export(t, l)
	if !strings.HasPrefix(lines[1], "6,Dear,9,true,1.8,true,2000,") || !strings.HasPrefix(lines[2], "1234,'=cheap <b>,2,false,0.5,false,") || !strings.HasPrefix(lines[3], "7,Long,,true,,false,") || !strings.HasPrefix(lines[4], "8,By hand,,false,,false,0,") {
		t.Errorf("the export:\n%s", strings.Join(lines, "\n"))
	}
}

func TestGroups(t *testing.T) {
	for i, want := range [][]string{{"2026-11-16|4|$1.50|95 %: at least $0.500", "2026-11-09|1|$2.00|"}, {"openai/gpt-5.5|4|$1.50|95 %: at least $0.500", "unknown|0||"}, {"no label|0||", "team:payments|0||"}, nil} {
		l := agents.Groups(example(), agents.Divisions[i])
		var got []string
		for _, row := range l.Shown().Rows {
			got = append(got, strings.Join([]string{row[0].Show, row[1].Show, row[2].Show, row[2].Note}, "|"))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("by %s (-want +got):\n%s", agents.Divisions[i].Key, diff)
		}
		if head := export(t, l)[0]; !strings.HasPrefix(head, agents.Divisions[i].Key+",merged,described,median_usd,") || strings.Contains(head, "checks_usd") != (i == 0 || i == 3) {
			t.Errorf("the columns %s", head)
		}
	}
}

func TestParts(t *testing.T) {
	lines := export(t, agents.Parts(example()))
	want := []string{"part,reason,measured_usd,measured_at_least,reported_usd,reported_at_least,allocated_usd,allocated_at_least,tokens,calls,unseen",
		"attributed,,0,false,2,false,0,false,2000,3,0", "unattributed,default-branch,0,false,2,false,0,false,2000,3,0", "unattributed,<new>,0,false,2,false,0,false,2000,3,0"}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	left, none := agents.LeftOut(example()).Shown().Rows, agents.Missing(example()).Shown().Rows
	if left[0][0].Show != "telemetry, counters" || left[1][0].Show != "newer" || left[0][4].Show != "3" {
		t.Errorf("left out %+v", left)
	}
	if none[0][3].Show != "12.3k" || !none[0][0].Code {
		t.Errorf("without a price %+v", none)
	}
}

func TestFacts(t *testing.T) {
	all := agents.Facts(example())
	shown := map[string]string{}
	for _, f := range layout.Named(all) {
		shown[f.Name] = strings.TrimSuffix(f.Cell.Show+"|"+f.Cell.Note+"|"+f.Cell.More, "||")
	}
	want := map[string]string{"Median per merged pull request": "$1.50|95 %: at least $0.500|", "Mean": "$1.50", "Half of them cost": shown["Half of them cost"], "From the least to the most": "$1.00 to $2.00",
		"Merged pull requests": "4||Not described: 1 without any entry, 1 opened before the first entry", "Agents cost in all": "at least $4.00", "Of that, of no merged pull request": "$2.00", "Beside it, what checks cost": "nothing"}
	if diff := cmp.Diff(want, shown); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	empty := agents.Facts(rollup.Rollup{})
	if empty[0].Cell.Show != "unknown" {
		t.Errorf("the median of nothing is %q", empty[0].Cell.Show)
	}
	for _, f := range layout.Keyed(empty) {
		if strings.HasPrefix(f.Key, "median") {
			if p, ok := f.Cell.Raw.(*float64); !ok || p != nil {
				t.Errorf("%s of nothing is %v", f.Key, f.Cell.Raw)
			}
		}
	}
}

func TestWeeks(t *testing.T) {
	for week, want := range map[string]string{"2026-W47": "2026-11-16", "2026-W01": "2025-12-29", "2020-W53": "2020-12-28", "2021-W01": "2021-01-04"} {
		got, ok := agents.Monday(week)
		if y, w := got.ISOWeek(); !ok || got.Format(time.DateOnly) != want || got.Weekday() != time.Monday || y != int(week[3]-'0')+2020+10*int(week[2]-'2') || w == 0 {
			t.Errorf("%s begins on %s, %v; want %s", week, got, ok, want)
		}
	}
	for _, bad := range []string{"", "2026", "2026-W", "2026-W54", "2026-W00", "x-W01"} {
		if got, ok := agents.Monday(bad); ok {
			t.Errorf("%q begins on %s", bad, got)
		}
	}
	if got := agents.Since(time.Date(2026, 11, 22, 23, 0, 0, 0, time.UTC), 1).Format(time.DateOnly); got != "2026-11-09" {
		t.Errorf("the Monday of the week before a Sunday is %s", got)
	}
	if c := agents.Chart(example().Weeks); c == nil || !strings.Contains(c.Alt, "$2.00 on 2026-11-09, $1.50 on 2026-11-16") {
		t.Errorf("the drawing %+v", c)
	}
	if c := agents.Chart(nil); c != nil {
		t.Errorf("a drawing of nothing: %+v", c)
	}
}
