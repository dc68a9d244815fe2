package final_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare/final"
	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/verdict"
)

var now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func looked(ps ...float64) []report.SequenceLook {
	var out []report.SequenceLook
	for i, p := range ps {
		out = append(out, report.SequenceLook{Trials: 5 * (i + 1), P: report.Number(p)})
	}
	return out
}

// What was kept of a look stays as it is, also where a sum differs in its last digits.
func TestProgress(t *testing.T) {
	first := final.Progress{Key: "k", History: looked(0.3), Spent: 0.01, Now: now}.Test(ledger.Test{})
	later := final.Progress{Key: "k", History: looked(0.3+1e-12, math.NaN()), Spent: 0.02, Now: now.Add(time.Hour)}.Test(first)
	if _, _, err := ledger.Continue(first, later); err != nil {
		t.Errorf("going on: %v", err)
	}
	if !later.Looks[0].Time.Equal(now) || later.Looks[1].P != nil || later.AlphaSpent != 0.02 {
		t.Errorf("%+v", later)
	}
	other := final.Progress{Key: "k", History: looked(0.4, 0.2), Now: now}.Test(first)
	if _, _, err := ledger.Continue(first, other); err == nil {
		t.Error("a look says another thing than before, and that is kept")
	}
}

// The looks of a test that has begun are not planned again: a cap that is chosen after a look is another test.
func TestLooks(t *testing.T) {
	begun := final.Progress{Key: "k", Planned: []int{5, 8, 13}, History: looked(0.03), Now: now}.Test(ledger.Test{})
	if got := final.Looks(begun, []int{5, 8}); !slices.Equal(got, []int{5, 8, 13}) {
		t.Errorf("looks after %v trials", got)
	}
	if got := final.Looks(ledger.Test{}, []int{5, 8}); !slices.Equal(got, []int{5, 8}) {
		t.Errorf("looks of a new test after %v trials", got)
	}
	cut := final.Progress{Key: "k", Planned: []int{5}, History: looked(0.03), Now: now}.Test(begun)
	if _, _, err := ledger.Continue(begun, cut); !errors.Is(err, ledger.ErrPlan) {
		t.Errorf("a lower cap: %v", err)
	}
}

func measured(stopped string, v verdict.Verdict, withhold bool) *report.Report {
	return &report.Report{Schema: report.Schema, Result: verdict.Measured, Verdict: v, Reason: verdict.Finding{Code: "why", Withhold: withhold},
		Sequence: &report.Sequence{Stopped: stopped}}
}

func TestFinished(t *testing.T) {
	for stopped, want := range map[string]bool{content.StoppedDecided: true, content.StoppedCap: true, content.StoppedFutile: true,
		content.StoppedWithheld: false, content.StoppedBudget: false, content.StoppedInterrupted: false} {
		if got := final.Finished(measured(stopped, verdict.Switch, false)); got != want {
			t.Errorf("%s: %t", stopped, got)
		}
	}
	other := measured(content.StoppedDecided, verdict.Switch, false)
	other.Result = verdict.NotMeasured
	if final.Finished(nil) || final.Finished(other) || final.Finished(&report.Report{Result: verdict.Measured}) || final.Finished(measured(content.StoppedCap, verdict.Inconclusive, true)) {
		t.Error("what is no verdict is final")
	}
}

func TestAnswer(t *testing.T) {
	frame := func() *report.Report {
		return &report.Report{Result: verdict.Measured, Commits: report.Commits{Head: "new"}, TrialsFile: "j", Time: now.Add(time.Hour)}
	}
	old := measured(content.StoppedDecided, verdict.DontSwitch, false)
	old.Commits.Head, old.SpentUSD = "old", price.Known(price.MustMoney("3"))
	test := final.Finish(ledger.Test{Key: "k", Looks: []ledger.Look{{Trials: 5, Time: now}}, Time: now}, old)
	if _, err := test.Checked(); err != nil {
		t.Fatal(err)
	}
	r := final.Answer(test, frame())
	if r.Verdict != verdict.DontSwitch || r.Reason.Code != "why" || r.Commits.Head != "new" || r.SpentUSD.String() != "0" || !r.Sequence.Final.Equal(now) || len(r.Notes) != 1 {
		t.Errorf("%+v", r)
	}
	test.Report = nil
	if r := final.Answer(test, frame()); r.Verdict != verdict.DontSwitch || r.Reason.Code != "why" || !strings.Contains(r.Notes[0], "2026-11-20") {
		t.Errorf("without a report: %+v", r)
	}
}

// The answer to another pull request with the same evidence says what that one changes, and not what the first did.
func TestAnswerIsAboutThisPullRequest(t *testing.T) {
	here, there := verdict.Finding{Code: "model-outside", Text: "here", Path: "b.py", Line: 3}, verdict.Finding{Code: "model-outside", Text: "there", Path: "a.py"}
	old := measured(content.StoppedDecided, verdict.Switch, false)
	old.EvidenceKey, old.Changes = "e", []arm.Change{{Key: arm.Model, Head: "x", Source: arm.Source{Path: "a.yaml", Line: 1}}}
	old.Findings = []verdict.Finding{there, {Code: "few-passes"}}
	frame := func(f ...verdict.Finding) *report.Report {
		return &report.Report{Result: verdict.Measured, EvidenceKey: "e", Findings: f, Changes: []arm.Change{{Key: arm.Model, Head: "x", Source: arm.Source{Path: "b.yaml", Line: 7}}},
			NotApplied: []arm.Change{{Key: "hooks"}}}
	}
	test := final.Finish(ledger.Test{Key: "k", Looks: []ledger.Look{{Trials: 5, Time: now}}, Time: now}, old)
	r := final.Answer(test, frame(here))
	if r.Verdict != verdict.Switch || r.Changes[0].Source.Path != "b.yaml" || len(r.NotApplied) != 1 || !slices.Equal(r.Findings, []verdict.Finding{{Code: "few-passes"}, here}) {
		t.Errorf("%v, changes %+v, not applied %+v, findings %+v", r.Verdict, r.Changes, r.NotApplied, r.Findings)
	}
	withheld := here
	withheld.Withhold = true
	if r := final.Answer(test, frame(withheld)); r.Verdict != verdict.Inconclusive || r.Reason != withheld || len(r.Findings) != 1 {
		t.Errorf("with something that withholds the verdict: %v because of %+v", r.Verdict, r.Reason)
	}
}

// A test that contradicts the report beside it is edited or mixed up, and decides nothing.
func TestAnswerDoubts(t *testing.T) {
	for name, change := range map[string]func(*ledger.Test, *report.Report){
		"another verdict":  func(test *ledger.Test, _ *report.Report) { test.Verdict = verdict.Switch },
		"another evidence": func(_ *ledger.Test, frame *report.Report) { frame.EvidenceKey = "f" },
	} {
		old := measured(content.StoppedDecided, verdict.DontSwitch, false)
		old.EvidenceKey = "e"
		test, frame := final.Finish(ledger.Test{Key: "k", Time: now}, old), &report.Report{Result: verdict.Measured, EvidenceKey: "e"}
		change(&test, frame)
		if r := final.Answer(test, frame); r.Verdict != verdict.Inconclusive || !r.Reason.Withhold || r.Reason.Code != "stored-test-contradicts" {
			t.Errorf("%s: %v because of %+v", name, r.Verdict, r.Reason)
		}
	}
}

func TestExtend(t *testing.T) {
	finished := func(stopped string, v verdict.Verdict) ledger.Test {
		return final.Finish(ledger.Test{}, measured(stopped, v, false))
	}
	for _, tt := range []struct {
		name  string
		test  ledger.Test
		found bool
		want  string
	}{
		{"none", ledger.Test{}, false, "no finished test"},
		{"it goes on", ledger.Test{}, true, "no finished test"},
		{"decided", finished(content.StoppedDecided, verdict.Switch), true, "only an inconclusive one"},
		{"no difference", finished(content.StoppedDecided, verdict.Inconclusive), true, "it was decided"},
		{"the cap", finished(content.StoppedCap, verdict.Inconclusive), true, ""},
		{"futile", finished(content.StoppedFutile, verdict.Inconclusive), true, ""},
	} {
		err := final.Extend(tt.test, tt.found)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestKey(t *testing.T) {
	p := verdict.DefaultPolicy()
	key := final.Key("e", p, price.Pricing{})
	endless := p
	endless.MaxCostRatio = math.Inf(1)
	if !strings.HasPrefix(key, "e/") || final.Key("f", p, price.Pricing{}) == key || final.Key("e", endless, price.Pricing{}) == key ||
		final.Key("e", p, price.Pricing{Book: price.Embedded()}) == key {
		t.Errorf("key %q", key)
	}
	if p.Scope = ""; final.Key("e", p, price.Pricing{}) != key {
		t.Error("the default scope, left out, is another one")
	}
}
