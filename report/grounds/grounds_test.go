package grounds_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/report/grounds"
	"github.com/pertask/pertask/report/markup"
	"github.com/pertask/pertask/verdict"
)

var (
	nan = content.Number(math.NaN())
	inf = content.Number(math.Inf(1))
)

// measured is a comparison of a sequence of six looks, decided at the third.
func measured() *content.Report {
	return &content.Report{
		Result: verdict.Measured, Verdict: verdict.Switch, Policy: content.Policy{MaxCostRatio: 1},
		Ratio: &content.Ratio{Estimate: 0.5, Low: 0.33, High: 0.74, Confidence: 0.9933},
		Sequence: &content.Sequence{Looks: []int{2, 3, 5, 8, 13, 20}, Trials: 5, NominalP: 0.0067, Confidence: 0.9933, Stopped: content.StoppedDecided, Chance: 1,
			History: []content.SequenceLook{{Trials: 2, Ratio: 0.56, Low: 0.2, High: inf, P: 0.021, NominalP: 0.005}, {Trials: 5, Ratio: 0.5, Low: 0.33, High: 0.74, P: 0.00021, NominalP: 0.0067}}},
		Base: content.Arm{Trials: 60, Completed: 49}, Head: content.Arm{Trials: 60, Completed: 45},
		Time: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC),
	}
}

func TestConfidence(t *testing.T) {
	for _, c := range []struct {
		name     string
		change   func(*content.Report)
		in, want float64
	}{
		{"a repeated interval", func(*content.Report) {}, 0.9933, 0.95},
		{"an interval that looks once", func(*content.Report) {}, 0.95, 0.95},
		{"a lower one stays", func(*content.Report) {}, 0.9, 0.9},
		{"before the first look", func(r *content.Report) { r.Sequence.Trials = 0 }, 0.9933, 0.9933},
		{"no sequence", func(r *content.Report) { r.Sequence = nil }, 0.9933, 0.9933},
	} {
		r := measured()
		c.change(r)
		if got := grounds.Confidence(r, c.in); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestEarly(t *testing.T) {
	const early = "Stopped early; the size is likely a little smaller than shown."
	for _, c := range []struct {
		name   string
		change func(*content.Report)
		want   string
	}{
		{"before the cap", func(*content.Report) {}, early},
		{"don't switch", func(r *content.Report) { r.Verdict = verdict.DontSwitch }, early},
		{"at the cap", func(r *content.Report) { r.Sequence.Trials = 20 }, ""},
		{"no material difference", func(r *content.Report) { r.Verdict = verdict.Inconclusive }, ""},
		{"futile", func(r *content.Report) { r.Sequence.Stopped = content.StoppedFutile }, ""},
		{"before the first look", func(r *content.Report) { r.Sequence.Trials = 0 }, ""},
		{"recorded trials", func(r *content.Report) { r.Sequence = nil }, ""},
	} {
		r := measured()
		c.change(r)
		if got := grounds.Early(r); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestFinal(t *testing.T) {
	r := measured()
	if got := grounds.Final(r); got != "" {
		t.Errorf("a verdict of this run: got %q", got)
	}
	at := time.Date(2026, 11, 21, 23, 0, 0, 0, time.FixedZone("west", -7*3600))
	r.Sequence.Final = &at
	if got, want := grounds.Final(r), "This verdict was reached on 2026-11-22 for the same evidence; it is final and nothing was measured again."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	r.Sequence.Final = new(time.Time)
	if got := grounds.Final(r); got != "" {
		t.Errorf("no time: got %q", got)
	}
	r.Sequence = nil
	if got := grounds.Final(r); got != "" {
		t.Errorf("no sequence: got %q", got)
	}
}

// TestEnded holds why there were no more trials, for every reason, and what would settle what is not.
func TestEnded(t *testing.T) {
	usd := price.Known(price.MustMoney("6.2"))
	for _, c := range []struct {
		name, stopped string
		change        func(*content.Report, *content.Sequence)
		want          string
	}{
		{"decided", "decided", func(r *content.Report, s *content.Sequence) {}, ""},
		{"decided at the last", "decided", func(r *content.Report, s *content.Sequence) { s.Settle = &content.Settle{Trials: 9} }, ""},
		{"futile", "futile", func(r *content.Report, s *content.Sequence) {
			r.Verdict, s.Chance, s.Settle = verdict.Inconclusive, 0.117, &content.Settle{Trials: 46, More: 246, USD: usd}
		}, "Stopped after 5 trials per task: the chance of a verdict by the cap of 20 was 11.7 %. It would need about 41 more rounds, about $6.20; a round is one trial of each task under each arm."},
		{"futile, nothing known", "futile", func(r *content.Report, s *content.Sequence) {
			r.Verdict, s.Chance, s.Settle = verdict.Inconclusive, nan, &content.Settle{Trials: 6}
		}, "Stopped after 5 trials per task. It would need about 1 more round; a round is one trial of each task under each arm."},
		{"cap", "cap", func(r *content.Report, s *content.Sequence) {
			r.Verdict, s.Trials, s.Settle = verdict.Inconclusive, 20, &content.Settle{Trials: 28, USD: usd}
		}, "All 20 planned trials per task were carried out. 8 more trials per task and arm, about $6.20, would settle it in four of five cases, if the ratio is what it looks like; the cap is 20."},
		{"cap, decided", "cap", func(r *content.Report, s *content.Sequence) { s.Trials = 20 }, "All 20 planned trials per task were carried out."},
		{"cap of one", "cap", func(r *content.Report, s *content.Sequence) { s.Trials, s.Looks = 1, []int{1} }, "The one planned trial per task was carried out."},
		{"cap without a look", "cap", func(r *content.Report, s *content.Sequence) { s.Trials = 0 }, ""},
		{"never", "cap", func(r *content.Report, s *content.Sequence) {
			r.Verdict, s.Trials, s.Settle = verdict.Inconclusive, 20, &content.Settle{}
		}, "All 20 planned trials per task were carried out. No number of trials that anybody would carry out would settle it: the ratio is too close to 1.00x."},
		{"no more than there are", "cap", func(r *content.Report, s *content.Sequence) {
			r.Verdict, s.Trials, s.Settle = verdict.Inconclusive, 20, &content.Settle{Trials: 20}
		}, "All 20 planned trials per task were carried out."},
		{"budget", "budget", func(r *content.Report, s *content.Sequence) {
			r.Verdict, s.Settle = verdict.Inconclusive, &content.Settle{Trials: 8, USD: usd, WithinCap: true}
		}, "The budget was spent after 5 of at most 20 trials per task. 3 more trials per task and arm, about $6.20, would settle it in four of five cases, if the ratio is what it looks like."},
		{"budget before the first look", "budget", func(r *content.Report, s *content.Sequence) { s.Trials = 0 }, "The budget was spent before the first look, at 2 trials per task."},
		{"budget without a plan", "budget", func(r *content.Report, s *content.Sequence) { s.Trials, s.Looks = 0, nil }, "The budget was spent before the first look."},
		{"interrupted", "interrupted", func(r *content.Report, s *content.Sequence) {}, "The run ended after 5 of at most 20 trials per task; another one goes on from there."},
		{"interrupted beyond the plan", "interrupted", func(r *content.Report, s *content.Sequence) { s.Trials = 32 }, "The run ended after 32 trials per task; another one goes on from there."},
		{"withheld", "withheld", func(r *content.Report, s *content.Sequence) { r.Verdict = verdict.Inconclusive }, "No more trials were carried out: they would not change that."},
		{"withheld at the cap", "withheld", func(r *content.Report, s *content.Sequence) { s.Trials = 20 }, ""},
		{"a word of nobody", "`x`", func(r *content.Report, s *content.Sequence) {}, ""},
		{"not a result of trials", "budget", func(r *content.Report, s *content.Sequence) { r.Result = verdict.BadInput }, ""},
		{"nothing was run", "interrupted", func(r *content.Report, s *content.Sequence) { r.Base.Trials, r.Head.Trials = 0, 0 }, ""},
		{"no ratio to settle", "budget", func(r *content.Report, s *content.Sequence) {
			r.Verdict, r.Ratio, s.Settle = verdict.Inconclusive, nil, &content.Settle{}
		}, "The budget was spent after 5 of at most 20 trials per task."},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := measured()
			r.Sequence.Stopped = c.stopped
			c.change(r, r.Sequence)
			if got := grounds.Ended(r); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
	r := measured()
	r.Sequence = nil
	if got := grounds.Ended(r); got != "" {
		t.Errorf("no sequence: got %q", got)
	}
}

func TestPlan(t *testing.T) {
	r := measured()
	want := "Looks were planned at 2, 3, 5, 8, 13 and 20 trials per task; the last one that was made is at 5. The intervals of all looks hold together with 95 %, " +
		"so that each is wider than that of a test that looks once."
	if got := grounds.Plan(r); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	r.Sequence.Extensions = 2
	if got := grounds.Plan(r); got != want+" The test was extended beyond its cap: 2 times." {
		t.Errorf("extended: got %q", got)
	}
	r.Sequence.Looks, r.Sequence.Extensions = []int{1}, 0
	if got := grounds.Plan(r); got != "" {
		t.Errorf("one look: got %q", got)
	}
	r.Sequence.Looks = make([]int, 1000)
	if got := grounds.Plan(r); len(got) > 300 || !strings.Contains(got, " and more trials") {
		t.Errorf("too many looks: got %q", got)
	}
	r.Sequence.Trials = 0
	if got := grounds.Plan(r); got != "" {
		t.Errorf("no look: got %q", got)
	}
}

func TestHistory(t *testing.T) {
	want := [][]string{{"2", "0.560x", "at least 0.200", "0.021", "0.0050"}, {"5", "0.500x", "0.330-0.740", "0.00021", "0.0067"}}
	r := measured()
	got := grounds.History(r)
	if diff := cmp.Diff(want, got.Rows); diff != "" || len(got.Head) != 5 {
		t.Errorf("%v\n%s", got.Head, diff)
	}
	if one := got.First(1); len(one.Rows) != 1 || one.Left != 1 || one.First(0).Left != 2 || len(got.First(9).Rows) != 2 || len(got.First(-1).Rows) != 0 {
		t.Errorf("the first rows: %v", one)
	}
	r.Sequence = nil
	if got := grounds.History(r); len(got.Rows) != 0 {
		t.Errorf("no sequence: %v", got)
	}
}

func TestStored(t *testing.T) {
	now := measured().Time
	ago := func(days float64) time.Time { return now.Add(-time.Duration(days * 24 * float64(time.Hour))) }
	for _, c := range []struct {
		name   string
		stored content.Stored
		want   string
	}{
		{"used", content.Stored{Trials: 36, Oldest: ago(9.5), Newest: ago(2.1), Sentinels: 12, DriftP: 0.43}, "36 base trials of 2 to 9 days ago were used again, 12 fresh ones agree with them (p 0.43)."},
		{"one", content.Stored{Trials: 1, Oldest: ago(1), Newest: ago(1), Sentinels: 1, DriftP: 0.43}, "1 base trial of 1 day ago was used again, 1 fresh one agrees with them (p 0.43)."},
		{"today", content.Stored{Trials: 3, Oldest: ago(0.5), Newest: ago(0.1)}, "3 base trials of the last 24 hours were used again; there were no fresh ones to compare them with."},
		{"until today", content.Stored{Trials: 3, Oldest: ago(4), Newest: ago(0.1), Sentinels: 2, DriftP: nan}, "3 base trials of up to 4 days ago were used again; 2 fresh ones were too few to compare them with."},
		{"dropped", content.Stored{Trials: 36, Oldest: ago(9), Newest: ago(2), Sentinels: 12, DriftP: 0.02, Dropped: "the `model` changed"}, "36 stored base trials of 2 to 9 days ago were not used: the `model` changed."},
		{"dropped, hostile", content.Stored{Trials: 2, Dropped: "@x |\n<b>."}, "2 stored base trials were not used: @&#8203;x &#124; &lt;b&gt;."},
		{"ages that are none", content.Stored{Trials: 2, Oldest: ago(1), Newest: ago(3), Sentinels: 2, DriftP: 0.5}, "2 base trials were used again, 2 fresh ones agree with them (p 0.50)."},
		{"none", content.Stored{}, ""},
	} {
		r := measured()
		r.Base.Stored = &c.stored
		if got := strings.Join(grounds.Stored(r, markup.GitHub), " "); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	r := measured()
	r.Head.Stored = &content.Stored{Trials: 2, Dropped: "too old"}
	if got := grounds.Stored(r, markup.Plain); len(got) != 1 || got[0] != "2 stored head trials were not used: too old." {
		t.Errorf("the head: got %q", got)
	}
}
