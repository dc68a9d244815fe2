package compare_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/compare/hints"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
	"github.com/pertask/pertask/verdict"
)

// warmed are trials of the same model in both arms, of which a cache serves the given share of the head's input, and
// none of the base's. The head takes four times as much of it.
func warmed(share float64) trial.Evidence {
	var e trial.Evidence
	for _, side := range []trial.Side{trial.Base, trial.Head} {
		for i := range 12 {
			slot := trial.Slot{Arm: side, Task: string(rune('a' + i%2)), Index: i / 2}
			call := paid(fmt.Sprint(side, i), slot.ID())
			input := int64(20_000 + 400*i)
			if side == trial.Head {
				read := int64(4 * float64(input) * share)
				call.Tokens.CacheRead = usage.Known(read)
				input = 4*input - read
			}
			call.Tokens.Input = usage.Known(input)
			e.Results = append(e.Results, trial.Result{
				Trial: trial.Trial{Schema: trial.Schema, ID: slot.ID(), Slot: slot, EvidenceKey: "k", Origin: trial.Fresh, Outcome: trial.Completed},
				Calls: []usage.Call{call}})
		}
	}
	return e
}

// said is the text of the finding with a code; "" when there is none.
func said(r *report.Report, code string) string {
	for _, f := range r.Findings {
		if f.Code == code {
			return f.Text
		}
	}
	return ""
}

// The verdict without a cache comes from the same trials by the same rule.
func TestReportSaysWhatTheCacheDecides(t *testing.T) {
	for _, c := range []struct {
		name    string
		share   float64
		verdict verdict.Verdict
		want    string
	}{
		{"a cache serves nearly all", 0.95, verdict.Switch, "would say don't switch: "},
		{"a cache serves half", 0.5, verdict.DontSwitch, ""},
		{"a cache serves nothing", 0, verdict.DontSwitch, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := compare.AnalyzeJournal(warmed(c.share), analysisOptions())
			if err != nil {
				t.Fatal(err)
			}
			if r.Verdict != c.verdict {
				t.Fatalf("%v because of %+v, ratio %+v", r.Verdict, r.Reason, r.Ratio)
			}
			got := said(r, hints.CodeCache)
			if (got != "") != (c.want != "") || !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q in it", got, c.want)
			}
		})
	}
}

// One call of which nobody knows what its tokens cost, class by class, and nothing is said.
func TestReportSaysNothingOfACacheThatIsNotKnown(t *testing.T) {
	e := warmed(0.95)
	last := &e.Results[len(e.Results)-1].Calls[0]
	last.ReportedUSD, last.Tokens = "0.05", usage.Tokens{}
	r, err := compare.AnalyzeJournal(e, analysisOptions())
	if err != nil {
		t.Fatal(err)
	}
	if r.Ratio == nil || r.Verdict != verdict.Switch {
		t.Fatalf("%v because of %+v", r.Verdict, r.Reason)
	}
	if got := said(r, hints.CodeCache); got != "" {
		t.Errorf("got %q, want nothing", got)
	}
}

// A report that is priced again has each of these findings once, and rests on what the check has cost when it was carried out.
func TestRepriceFindsThemAnew(t *testing.T) {
	e, o := warmed(0.95), analysisOptions()
	first, err := compare.AnalyzeJournal(e, o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range e.Results {
		e.Results[i].Trial.EvidenceKey = first.EvidenceKey
	}
	old := asRead(t, first)
	const others = "cheaper completion-unclear one-task-dominates cache-decides"
	for spent, want := range map[string]string{"100": others + " saves-less-than-check", "0.001": others} {
		old.SpentUSD = price.Known(price.MustMoney(spent))
		r, err := compare.Reprice(old, e, compare.Options{Pricing: o.Pricing})
		if err != nil {
			t.Fatal(err)
		}
		again, err := compare.Reprice(asRead(t, r), e, compare.Options{Pricing: o.Pricing})
		if err != nil {
			t.Fatal(err)
		}
		if codes(r) != want || codes(again) != want || again.SpentUSD.String() != spent {
			t.Errorf("%s spent: got %q and %q, want %q", spent, codes(r), codes(again), want)
		}
	}
}

// A task that is left out is left out without a cache, too.
func TestReportLeavesTheSameTasksOutWithoutACache(t *testing.T) {
	e := warmed(0.95)
	for i, task := range []string{"early", "late"} {
		slot := trial.Slot{Arm: trial.Base, Task: task}
		one := trial.Result{
			Trial: trial.Trial{Schema: trial.Schema, ID: slot.ID(), Slot: slot, EvidenceKey: "k", Origin: trial.Fresh, Outcome: trial.Completed},
			Calls: []usage.Call{paid(task, slot.ID())}}
		e.Results = slices.Insert(e.Results, i*len(e.Results), one)
	}
	r, err := compare.AnalyzeJournal(e, analysisOptions())
	if err != nil {
		t.Fatal(err)
	}
	if len(r.LeftOut) != 2 || r.Tasks[0].ID != "early" {
		t.Fatalf("left out %v of %d tasks", r.LeftOut, len(r.Tasks))
	}
	alone, err := compare.AnalyzeJournal(warmed(0.95), analysisOptions())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := said(r, hints.CodeCache), said(alone, hints.CodeCache); got == "" || got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
