package rollup_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/internal/golden"
	"github.com/pertask/pertask/ledger/attribute"
	"github.com/pertask/pertask/ledger/rollup"
	"github.com/pertask/pertask/ledger/spend"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/usage"
)

// book has a model "a" that costs a dollar for a million tokens of input, and two from November 2026 on, and one "b" that
// costs ten.
const book = `{
  "schema": 1, "currency": "USD", "rates_per": 1000000, "as_of": "2026-11-22", "sources": {"s": "a source"},
  "providers": {"dd": "d"},
  "models": [
    {"provider": "d", "id": "a", "snapshots": "date", "rows": [
      {"id": "before", "until": "2026-11-01T00:00:00Z", "tier": "standard", "rates": {"input": "1", "output": "1"}, "source": ["s"], "verified": "2026-11-22"},
      {"id": "after", "from": "2026-11-01T00:00:00Z", "tier": "standard", "rates": {"input": "2", "output": "2"}, "source": ["s"], "verified": "2026-11-22"}]},
    {"provider": "d", "id": "b", "snapshots": "date", "rows": [
      {"id": "b", "tier": "standard", "rates": {"input": "10", "output": "10"}, "source": ["s"], "verified": "2026-11-22"}]}
  ]}`

const shop, site = "github.com/acme/shop", "github.com/acme/site"

// monday is the first hour of week 44 of 2026.
var monday = time.Date(2026, 10, 26, 0, 0, 0, 0, time.UTC)

func pricing(t testing.TB) price.Pricing {
	t.Helper()
	b, err := price.Load(strings.NewReader(book))
	if err != nil {
		t.Fatal(err)
	}
	return price.Pricing{Book: b}
}

// one is an entry: by a session, so many hours after monday, on a branch of shop, of so many millions of tokens.
func one(session string, hours int, branch string, millions int64, change ...func(*spend.Entry)) spend.Entry {
	e := spend.Entry{Source: spend.SessionLog, Provenance: spend.Reported, Session: spend.SessionKey("h", session), Harness: "h", Calls: 1}
	e.Hour = monday.Add(time.Duration(hours) * time.Hour)
	e.Last = e.Hour
	e.Repository, e.Branch, e.Provider, e.Model = shop, branch, "d", "a"
	e.Tokens = usage.None()
	e.Tokens.Input = usage.Known(millions * 1_000_000)
	for _, c := range change {
		c(&e)
	}
	return e.Complete()
}

func by(s spend.Source, p spend.Provenance) func(*spend.Entry) {
	return func(e *spend.Entry) { e.Source, e.Provenance = s, p }
}

// byBranch attributes by the number that a branch's name has: "p7" is pull request 7 of shop, "open8" one that is open,
// and everything else is on no pull request.
func byBranch(e spend.Entry) attribute.Attribution {
	a := attribute.Attribution{Repository: e.Repository}
	switch {
	case e.Branch == "":
		a.Reason = attribute.NoBranch
	case e.Branch == "main":
		a.Reason = attribute.DefaultBranch
	default:
		if n, err := fmt.Sscanf(e.Branch, "open%d", &a.Pull); n == 1 && err == nil {
			a.Reason = attribute.NotMerged
		} else if n, err := fmt.Sscanf(e.Branch, "p%d", &a.Pull); n != 1 || err != nil {
			a.Reason = attribute.NoPull
		}
	}
	return a
}

// merged is a pull request that was merged so many hours after monday.
func merged(number, hours int, labels ...string) attribute.Pull {
	m := monday.Add(time.Duration(hours) * time.Hour)
	return attribute.Pull{Number: number, State: attribute.Merged, Title: fmt.Sprint("title ", number), Created: m.Add(-24 * time.Hour), Merged: m, Labels: labels, Additions: 30, Deletions: 12, Files: 3}
}

func sequence(entries ...spend.Entry) iter.Seq2[spend.Entry, error] {
	spend.Sort(entries)
	return func(yield func(spend.Entry, error) bool) {
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func roll(t testing.TB, in rollup.Input, entries ...spend.Entry) rollup.Rollup {
	t.Helper()
	in.Entries = sequence(entries...)
	if in.Attribute == nil {
		in.Attribute = byBranch
	}
	if in.Pricing.Book == nil {
		in.Pricing.Book = pricing(t).Book
	}
	out, err := rollup.Of(in)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func usd(s rollup.Sum) string {
	if s.AtLeast {
		return ">=" + s.USD.String()
	}
	return s.USD.String()
}

// line tells a spend in one line: measured, reported and allocated.
func line(s rollup.Spend) string {
	return usd(s.Measured) + " " + usd(s.Reported) + " " + usd(s.Allocated)
}

func lines(groups []rollup.Group) string {
	var out []string
	for _, g := range groups {
		out = append(out, fmt.Sprintf("%s: %s; checks %s; %d of %d at %g", g.Key, line(g.Spend), g.Checks.All().USD, g.PerPull.N, g.PerPull.Merged, g.PerPull.Mean))
	}
	return strings.Join(out, "\n")
}

func TestRollup(t *testing.T) {
	in := rollup.Input{
		From: monday, To: monday.AddDate(0, 0, 14),
		Repositories: []attribute.Repository{
			{Name: shop, Pulls: []attribute.Pull{
				merged(1, 30, "team:a"), merged(2, 200, "bug", "team:b"), merged(3, 40), merged(4, -10), merged(5, 20),
				{Number: 6, State: attribute.Closed, Created: monday}, {Number: 8, State: attribute.Open},
			}},
			{Name: site, Pulls: []attribute.Pull{merged(9, 50)}},
		},
		Begin: monday.Add(-3 * time.Hour),
		Label: func(s string) bool { return strings.HasPrefix(s, "team:") },
		Controls: []rollup.Control{
			{Provider: "dd", From: monday, To: monday.AddDate(0, 0, 7), USD: price.Known(price.MustMoney("40"))},
			{Provider: "x", From: monday, To: monday.AddDate(0, 0, 7)},
		},
	}
	onSite := func(e *spend.Entry) { e.Repository = site }
	out := roll(t, in,
		one("s1", 1, "p1", 1), one("s1", 2, "p1", 2, func(e *spend.Entry) { e.Model = "b" }), // 1 and 20
		one("s2", 1, "p1", 4, by(spend.Meter, spend.Measured)),
		one("s3", -2, "p1", 3),                                                               // before the window
		one("s4", 190, "p2", 5, func(e *spend.Entry) { e.Labels = []string{"team:c", "x"} }), // 10: dearer by then
		one("s5", 35, "p3", 1, func(e *spend.Entry) { e.Model = "unknown" }),
		one("s6", 3, "p4", 7), // merged before the window
		one("s7", 3, "p5", 2), // opened before the first entry
		one("s8", 3, "main", 6), one("s9", 4, "open8", 1, func(e *spend.Entry) { e.Unseen = 1 }), one("s10", 4, "wip", 2),
		one("s11", 5, "p9", 1, onSite, by(spend.Import, spend.Allocated)),
		one("s12", 6, "p1", 9, by(spend.Check, spend.Measured)),
		one("s13", 500, "main", 100), // after the window
	)
	for _, tt := range []struct{ what, got, want string }{
		{"total", line(out.Total), "4 >=49 1"},
		{"attributed", line(out.Attributed), "4 >=40 1"},
		{"unattributed", line(out.Unattributed), "0 >=9 0"},
		{"checks", line(out.Checks), "9 0 0"},
		{"weeks", lines(out.Weeks), "2026-W44: 4 >=39 1; checks 9; 1 of 4 at 28\n2026-W45: 0 10 0; checks 0; 1 of 1 at 10"},
		{"models", lines(out.Models), "d/a: 4 >=29 1; checks 0; 2 of 4 at 9\nd/b: 0 20 0; checks 0; 1 of 1 at 20\nd/unknown: 0 >=0 0; checks 0; 0 of 1 at 0"},
		{"repositories", lines(out.Repositories), shop + ": 4 >=49 0; checks 9; 2 of 4 at 19\n" + site + ": 0 0 1; checks 0; 0 of 1 at 0"},
		{"labels", lines(out.Labels), ": 0 >=18 1; checks 0; 0 of 3 at 0\nteam:a: 4 21 0; checks 0; 1 of 1 at 28\nteam:b: 0 10 0; checks 0; 1 of 1 at 10\nteam:c: 0 10 0; checks 0; 1 of 1 at 10"},
		{"control", line(out.Controls[0].Ledger), "13 >=39 1"},
		{"control of another", line(out.Controls[1].Ledger), "0 0 0"},
	} {
		if diff := cmp.Diff(tt.want, tt.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.what, diff)
		}
	}
	var reasons, pulls []string
	for _, r := range out.Reasons {
		reasons = append(reasons, fmt.Sprintf("%s %s", r.Reason, line(r.Spend)))
	}
	for _, p := range out.Pulls {
		pulls = append(pulls, fmt.Sprintf("%s %d %s %.2f cut=%v %d", p.Repository, p.Number, line(p.Spend), p.Ratio, p.Cut, p.Lines))
	}
	if diff := cmp.Diff([]string{"not-merged-yet 0 >=1 0", "default-branch 0 6 0", "no-pull-request 0 2 0"}, reasons); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{shop + " 5 0 2 0 0.00 cut=true 42", shop + " 1 4 24 0 1.47 cut=false 42", shop + " 3 0 >=0 0 0.00 cut=false 42", site + " 9 0 0 1 0.00 cut=false 42", shop + " 2 0 10 0 0.53 cut=false 42"}, pulls); diff != "" {
		t.Errorf("pulls (-want +got):\n%s", diff)
	}
	p := out.PerPull
	if p.N != 2 || p.Merged != 5 || p.Without != 0 || p.Cut != 1 || p.NoPrice != 2 || p.Mixed != 1 || p.Reported != 1 || p.Median != 19 || p.MeanInterval != nil {
		t.Errorf("per pull request %+v", p)
	}
	if len(out.Missing) != 1 || out.Missing[0].Model != "unknown" || out.Missing[0].Tokens != 1_000_000 || !strings.Contains(out.Missing[0].Why, `no price for model "unknown"`) {
		t.Errorf("missing %+v", out.Missing)
	}
	if out.Total.Reported.Tokens.Total() != 27_000_000 || out.Total.Reported.Unpriced != 1 || !out.Total.Reported.Tokens.AtLeast || out.Total.Reported.Unseen != 1 {
		t.Errorf("total %+v", out.Total.Reported)
	}
	in.Pricing.At = monday.AddDate(0, 1, 0)
	if got := line(roll(t, in, one("s1", 1, "p1", 1), one("s4", 190, "p2", 5)).Total); got != "0 12 0" {
		t.Errorf("at the prices of a month later %s, want 0 12 0", got)
	}
}

// Zero is not unknown: merged pull requests without any entry are told, and are not described.
func TestPullsWithoutEntries(t *testing.T) {
	out := roll(t, rollup.Input{Repositories: []attribute.Repository{{Name: shop, Pulls: []attribute.Pull{merged(2, 5), merged(1, 3), merged(3, 3)}}}},
		one("s", 1, "p1", 3), one("t", 1, "p3", 0))
	if out.PerPull.N != 2 || out.PerPull.Merged != 3 || out.PerPull.Without != 1 || out.PerPull.Median != 1.5 || len(out.Without) != 1 || out.Without[0].Number != 2 || out.Without[0].Title != "title 2" {
		t.Errorf("%+v, without %+v", out.PerPull, out.Without)
	}
	none := roll(t, rollup.Input{})
	if none.PerPull.N != 0 || none.Total.All().Entries != 0 || none.Reasons == nil || none.Pulls == nil || none.Without == nil {
		t.Errorf("of nothing: %+v", none)
	}
}

// A session that several sources have seen counts once in a place and hour.
func TestOneSourceCounts(t *testing.T) {
	at := func(repository, branch string) func(*spend.Entry) {
		return func(e *spend.Entry) { e.Repository, e.Branch = repository, branch }
	}
	log, meter, check := by(spend.SessionLog, spend.Reported), by(spend.Meter, spend.Measured), by(spend.Check, spend.Measured)
	events, counters := by(spend.Telemetry, spend.Reported), by(spend.Counters, spend.Reported)
	uncounted := func(e *spend.Entry) { e.Calls = 0 }
	for _, tt := range []struct {
		name    string
		entries []spend.Entry
		want    string // of the total
		left    string
	}{
		{"one source", []spend.Entry{one("s", 1, "p1", 1, log), one("s", 1, "p2", 2, log), one("s", 2, "p1", 4, log)}, "0 7 0", ""},
		{"two sources", []spend.Entry{one("s", 1, "p1", 1, log), one("s", 1, "p1", 1, meter)}, "1 0 0", "session-log 1 in 1, 0 more"},
		{"the worse has more", []spend.Entry{one("s", 1, "p1", 3, log), one("s", 1, "p1", 1, meter)}, "1 0 0", "session-log 3 in 1, 1 more"},
		{"all sources", []spend.Entry{one("s", 1, "p1", 2, counters, uncounted), one("s", 1, "p1", 2, events), one("s", 1, "p1", 2, log), one("s", 1, "p1", 2, meter)}, "2 0 0", "otlp 2 in 1, 0 more; otlp-metrics 2 in 1, 0 more; session-log 2 in 1, 0 more"},
		{"a check and its log", []spend.Entry{one("s", 1, "p1", 2, log), one("s", 1, "p1", 2, check)}, "0 0 0", "session-log 2 in 1, 0 more"},
		{"events before counters", []spend.Entry{one("s", 1, "p1", 1, counters, uncounted), one("s", 1, "p1", 2, events)}, "0 2 0", "otlp-metrics 1 in 1, 0 more"},
		{"many events", []spend.Entry{one("s", 1, "p1", 1, events, func(e *spend.Entry) { e.Part = "1" }), one("s", 1, "p1", 1, events, func(e *spend.Entry) { e.Part = "2" }), one("s", 1, "p1", 2, counters, uncounted)}, "0 2 0", "otlp-metrics 2 in 1, 0 more"},
		{"another hour", []spend.Entry{one("s", 1, "p1", 1, log), one("s", 2, "p1", 1, meter)}, "1 1 0", ""},
		{"another session", []spend.Entry{one("s", 1, "p1", 1, log), one("t", 1, "p1", 1, meter)}, "1 1 0", ""},
		{"another branch", []spend.Entry{one("s", 1, "p1", 1, log), one("s", 1, "p2", 1, meter)}, "1 1 0", ""},
		{"another repository", []spend.Entry{one("s", 1, "p1", 1, log), one("s", 1, "p1", 1, meter, at(site, "p1"))}, "1 1 0", ""},
		{"a place that one does not know", []spend.Entry{one("s", 1, "p1", 1, log), one("s", 1, "p2", 1, log), one("s", 1, "", 2, events, at("", ""))}, "0 2 0", "otlp 2 in 1, 0 more"},
		{"a place that the better one does not know", []spend.Entry{one("s", 1, "p1", 1, log), one("s", 1, "", 1, meter, at("", ""))}, "1 0 0", "session-log 1 in 1, 0 more"},
		{"a commit that is checked out", []spend.Entry{one("s", 1, "HEAD", 1, log), one("s", 1, "p1", 1, meter)}, "1 0 0", "session-log 1 in 1, 0 more"},
		{"imported", []spend.Entry{one("s", 1, "p1", 1, by(spend.Import, spend.Measured)), one("s", 1, "p1", 1, log), one("s", 1, "p1", 1, by(spend.Import, spend.Reported)), one("s", 1, "p1", 1, by(spend.Import, spend.Allocated))}, "1 0 0", "import 1 in 1, 0 more; import 1 in 1, 0 more; session-log 1 in 1, 0 more"},
		{"parts without a session", []spend.Entry{
			one("", 1, "p1", 1, log, func(e *spend.Entry) { e.Part = "1" }), one("", 1, "p1", 1, meter, func(e *spend.Entry) { e.Part = "2" })}, "1 1 0", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := roll(t, rollup.Input{}, tt.entries...)
			var left []string
			for _, l := range out.LeftOut {
				left = append(left, fmt.Sprintf("%s %s in %d, %d more", l.Source, l.Sum.USD, l.Sessions, l.More))
			}
			if got := line(out.Total); got != tt.want || strings.Join(left, "; ") != tt.left {
				t.Errorf("total %s, left out %q; want %s and %q", got, left, tt.want, tt.left)
			}
		})
	}
}

// A ledger with as many places in one session as nobody has does not take the time of their square.
func TestManyPlaces(t *testing.T) {
	var entries []spend.Entry
	for i := range 20_000 {
		source, provenance := spend.SessionLog, spend.Reported
		if i%2 == 0 {
			source, provenance = spend.Meter, spend.Measured
		}
		entries = append(entries, one("s", 1, fmt.Sprint("b", i/2), 1, by(source, provenance)))
	}
	if got := line(roll(t, rollup.Input{}, entries...).Total); got != "10000 0 0" {
		t.Errorf("total %s, want 10000 0 0", got)
	}
}

func TestOutliers(t *testing.T) {
	var pulls []attribute.Pull
	var entries []spend.Entry
	for i := range 12 {
		pulls = append(pulls, merged(i+1, 10+i))
		entries = append(entries, one(fmt.Sprint(i), 1, fmt.Sprint("p", i+1), int64(10+i)))
	}
	pulls = append(pulls, merged(90, 50), merged(91, 51))
	entries = append(entries, one("large", 1, "p90", 30), one("huge", 1, "p91", 300))
	out := roll(t, rollup.Input{Repositories: []attribute.Repository{{Name: shop, Pulls: pulls}}}, entries...)
	got := map[int]string{}
	for _, p := range out.Pulls {
		if p.Outlier || p.Number == 90 {
			got[p.Number] = fmt.Sprintf("%.1f %v", p.Ratio, p.Outlier)
		}
	}
	if diff := cmp.Diff(map[int]string{90: "1.8 false", 91: "18.2 true"}, got); diff != "" {
		t.Errorf("median %g (-want +got):\n%s", out.PerPull.Median, diff)
	}
	if i := out.PerPull.MedianInterval; i == nil || i.Low != 12 || i.High != 21 {
		t.Errorf("the median's interval is %+v", i)
	}
}

func TestBadSequences(t *testing.T) {
	a, b := one("s", 1, "p1", 1), one("s", 2, "p1", 1)
	broken := errors.New("broken")
	bad := &spend.LineError{Name: "f", Line: 1, Err: errors.New("bad")}
	for _, tt := range []struct {
		name    string
		entries []any
		want    string
		skipped int
	}{
		{"in order", []any{a, b}, "", 0},
		{"out of order", []any{b, a}, "out of order", 0},
		{"twice", []any{a, a}, "twice", 0},
		{"a bad line", []any{bad, a, bad, b}, "", 2},
		{"a store that fails", []any{a, broken, b}, "broken", 0},
	} {
		in := rollup.Input{Attribute: byBranch, Pricing: pricing(t), Entries: func(yield func(spend.Entry, error) bool) {
			for _, x := range tt.entries {
				e, _ := x.(spend.Entry)
				err, _ := x.(error)
				if !yield(e, err) {
					return
				}
			}
		}}
		out, err := rollup.Of(in)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) || out.Skipped.Lines != tt.skipped {
			t.Errorf("%s: %v, %d skipped", tt.name, err, out.Skipped.Lines)
		}
	}
}

// random is a ledger with everything in it.
func random(r *rand.Rand, n int) []spend.Entry {
	var set spend.Set
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	sources := []func(*spend.Entry){by(spend.Meter, spend.Measured), by(spend.Check, spend.Measured), by(spend.SessionLog, spend.Reported),
		by(spend.Telemetry, spend.Reported), by(spend.Import, spend.Allocated), by(spend.Import, spend.Measured)}
	for range n {
		set.Add(one(fmt.Sprint(r.IntN(20)), r.IntN(24*30), pick("p1", "p2", "p3", "open8", "main", "", "HEAD"), r.Int64N(9), sources[r.IntN(len(sources))], func(e *spend.Entry) {
			e.Model, e.Repository = pick("a", "b", "c"), pick(shop, site, "")
			if r.IntN(3) == 0 {
				e.Labels = []string{pick("team:a", "team:b")}
			}
			e.Unseen = int64(r.IntN(8) / 7)
		}))
	}
	return set.Sorted()
}

// Whatever is in the ledger, every entry is counted once: the parts add up to the whole, and nothing depends on chance.
func TestPartsAddUp(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	for range 30 {
		entries := random(r, 400)
		in := rollup.Input{
			Pricing: pricing(t), From: monday.Add(48 * time.Hour), To: monday.AddDate(0, 0, 25),
			Repositories: []attribute.Repository{{Name: shop, Pulls: []attribute.Pull{merged(1, 100), merged(2, 400, "team:b"), merged(3, 30)}}, {Name: site, Pulls: []attribute.Pull{merged(1, 300)}}},
		}
		out := roll(t, in, entries...)
		of := func(groups []rollup.Group) (sum, checks rollup.Spend) {
			for _, g := range groups {
				sum, checks = sum.Plus(g.Spend), checks.Plus(g.Checks)
			}
			return sum, checks
		}
		var reasons rollup.Spend
		for _, x := range out.Reasons {
			reasons = reasons.Plus(x.Spend)
		}
		weeks, weekChecks := of(out.Weeks)
		repos, repoChecks := of(out.Repositories)
		models, _ := of(out.Models)
		for name, pair := range map[string][2]rollup.Spend{
			"attributed and not": {out.Total, out.Attributed.Plus(out.Unattributed)}, "reasons": {out.Unattributed, reasons},
			"weeks": {out.Total, weeks}, "repositories": {out.Total, repos}, "models": {out.Total, models},
			"checks by week": {out.Checks, weekChecks}, "checks by repository": {out.Checks, repoChecks},
		} {
			if diff := cmp.Diff(pair[0], pair[1]); diff != "" {
				t.Fatalf("%s (-whole +parts):\n%s", name, diff)
			}
		}
		count := out.Total.All().Entries + out.Checks.All().Entries
		for _, l := range out.LeftOut {
			count += l.Sum.Entries
		}
		want := 0
		for _, e := range entries {
			if !e.Hour.Before(in.From) && e.Hour.Before(in.To) {
				want++
			}
		}
		if count != want {
			t.Fatalf("%d of %d entries are somewhere", count, want)
		}
		if diff := cmp.Diff(out, roll(t, in, entries...)); diff != "" {
			t.Fatalf("the second time (-first +second):\n%s", diff)
		}
	}
}

// What is held grows with the groups and not with the entries.
func TestMemory(t *testing.T) {
	held := func(entries int) uint64 {
		var at runtime.MemStats
		in := rollup.Input{Attribute: byBranch, Pricing: pricing(t), Repositories: []attribute.Repository{{Name: shop, Pulls: []attribute.Pull{merged(1, 10), merged(2, 20)}}}}
		in.Entries = func(yield func(spend.Entry, error) bool) {
			e := one("s", 1, "p1", 1)
			for i := range entries {
				e.Session, e.Branch, e.Hour = fmt.Sprintf("%08d", i), branches[i%5], monday.Add(time.Duration(i*100/entries)*time.Hour)
				if !yield(e, nil) {
					return
				}
			}
			runtime.GC()
			runtime.ReadMemStats(&at)
		}
		if _, err := rollup.Of(in); err != nil {
			t.Fatal(err)
		}
		return at.HeapAlloc
	}
	few, many := held(1000), held(50_000)
	if many > few+1<<20 {
		t.Errorf("%d bytes are held of 1,000 entries and %d of 50,000", few, many)
	}
}

func TestInputWithoutAnything(t *testing.T) {
	out, err := rollup.Of(rollup.Input{})
	if err != nil || out.Total.All().Entries != 0 {
		t.Errorf("%+v, %v", out, err)
	}
	out, err = rollup.Of(rollup.Input{Entries: sequence(one("s", 1, "p1", 1)), Controls: []rollup.Control{{Provider: "d"}}})
	if err != nil || line(out.Unattributed) != "0 >=0 0" || out.Reasons[0].Reason != attribute.NoPull || out.Missing[0].Why != "there is no price book" || out.Controls[0].Ledger.Reported.Unpriced != 1 {
		t.Errorf("without prices and attributions: %+v, %v", out, err)
	}
}

// The JSON form is what reports and scripts read.
func TestJSON(t *testing.T) {
	out := roll(t, rollup.Input{Repositories: []attribute.Repository{{Name: shop, Pulls: []attribute.Pull{merged(1, 30, "team:a")}}}}, one("s1", 1, "p1", 1))
	got, err := json.MarshalIndent(out, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "testdata/rollup.json", string(got)+"\n")
}

// BenchmarkRollup adds a million entries up.
func BenchmarkRollup(b *testing.B) {
	var pulls []attribute.Pull
	for i := range 500 {
		pulls = append(pulls, merged(i+1, 24+i))
	}
	numbers := map[string]int{}
	for i, name := range branches {
		numbers[name] = i + 1
	}
	in := rollup.Input{Pricing: price.Pricing{Book: price.Embedded()}, Repositories: []attribute.Repository{{Name: shop, Pulls: pulls}}}
	in.Attribute = func(e spend.Entry) attribute.Attribution {
		return attribute.Attribution{Repository: e.Repository, Pull: numbers[e.Branch]}
	}
	entry := one("s", 1, "p1", 1)
	entry.Provider, entry.Model = "anthropic", "claude-sonnet-4-6"
	in.Entries = func(yield func(spend.Entry, error) bool) {
		e := entry
		for i := range 1_000_000 {
			e.Hour = monday.Add(time.Duration(i/2000) * time.Hour)
			e.Session, e.Branch, e.ID = fmt.Sprintf("%08d", i), branches[i%500], fmt.Sprint(i)
			if !yield(e, nil) {
				return
			}
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		out, err := rollup.Of(in)
		if err != nil || out.Total.All().Entries != 1_000_000 || out.PerPull.N != 500 {
			b.Fatal(out.Total, err)
		}
	}
}

var branches = func() (out []string) {
	for i := range 500 {
		out = append(out, fmt.Sprint("p", i+1))
	}
	return out
}()
