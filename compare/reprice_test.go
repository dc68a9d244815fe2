package compare_test

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/verdict"
)

// asRead is a report as a reader of its JSON has it.
func asRead(t *testing.T, r *report.Report) *report.Report {
	t.Helper()
	data, err := report.JSON(r)
	if err != nil {
		t.Fatal(err)
	}
	out, err := report.ParseJSON(data)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// measured carries a lab's comparison out.
func measured(t *testing.T, l *lab) *report.Report {
	t.Helper()
	r, err := compare.Run(context.Background(), l.opts, l.bench)
	if err != nil {
		t.Fatal(err)
	}
	return asRead(t, r)
}

// alike allows for sums that are added up in another order.
func alike(a, b float64) bool {
	return a == b || math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= 1e-12*math.Abs(a)
}

// TestRepriceWithTheSamePricesIsTheReport holds for reports of every kind: priced exactly, with an unknown price, with
// trials that the budget made void, and with findings about the pull request and about the trials.
func TestRepriceWithTheSamePricesIsTheReport(t *testing.T) {
	cases := map[string]func(*lab){
		"switch": func(*lab) {},
		"unknown price": func(l *lab) {
			l.opts.Pair.Head = modelArmOf("gpt-99").With(arm.Setting{Slot: arm.MainSlot, Key: arm.Provider, Value: "openai"})
		},
		"budget": func(l *lab) { l.opts.Budget = price.Known(price.MustMoney("0.05")) },
		"another model served": func(l *lab) {
			l.provider.served = map[string]string{"gpt-5.4-mini": "gpt-5.4-nano"}
		},
		"findings of the pull request": func(l *lab) {
			l.opts.Notes = []string{"An assumption of the caller."}
			l.opts.Findings = []verdict.Finding{{Code: "many-files", Text: "x."}, {Code: "base-url-not-applied", Text: "y.", Withhold: true}}
		},
		"strict policy, contract": func(l *lab) {
			l.opts.Policy.MaxCostRatio, l.opts.Policy.PassGuardStrict, l.opts.Policy.OnInconclusive = 0.5, true, verdict.Fail
			by, _ := price.ParseFactor("0.875")
			l.opts.Pricing.Discounts = []price.Discount{{Provider: "openai", Multiplier: by, Note: "2026"}}
		},
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, promptSuite)
			l.opts.Journal = "trials.jsonl"
			change(l)
			want := measured(t, l)
			evidence, err := l.journal.Load()
			if err != nil {
				t.Fatal(err)
			}
			r, err := compare.Reprice(want, evidence, compare.Options{Pricing: l.opts.Pricing, Version: l.opts.Version})
			if err != nil {
				t.Fatal(err)
			}
			got := asRead(t, r)
			last := len(got.Notes) - 1
			if last < 0 || !strings.Contains(got.Notes[last], "nothing was rerun") {
				t.Fatalf("the notes %q do not say that this was priced again", got.Notes)
			}
			got.Notes = got.Notes[:last]
			if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(report.Report{}, "Time"), cmpopts.EquateEmpty(),
				cmp.Comparer(func(a, b report.Number) bool { return alike(float64(a), float64(b)) }),
				cmp.Comparer(func(a, b report.Quotient) bool { return alike(float64(a), float64(b)) })); diff != "" {
				t.Errorf("the report priced again differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRepriceOtherDollarsOtherVerdict(t *testing.T) {
	l := newLab(t, promptSuite)
	l.opts.Journal = "trials.jsonl"
	old := measured(t, l)
	evidence, _ := l.journal.Load()
	pricing := l.opts.Pricing
	tenth, _ := price.ParseFactor("0.1")
	pricing.Discounts = []price.Discount{{Provider: "openai", Model: "gpt-5.4", Multiplier: tenth}}
	r, err := compare.Reprice(old, evidence, compare.Options{Pricing: pricing})
	if err != nil {
		t.Fatal(err)
	}
	if old.Verdict != verdict.Switch || r.Verdict != verdict.DontSwitch {
		t.Errorf("verdicts %v and %v, want switch, and don't switch once the base costs a tenth", old.Verdict, r.Verdict)
	}
	if list, billed := r.Base.Cost.List, r.Base.Cost.Billed; !list.Equal(old.Base.Cost.List) || !billed.IsKnown() || billed.Equal(list) {
		t.Errorf("list %v, billed %v; want the same list price and a tenth of it billed", list, billed)
	}
	if r.Head.Cost.Billed.IsKnown() {
		t.Errorf("the head has a billed figure of %v without a contract", r.Head.Cost.Billed)
	}
	for i, task := range r.Tasks {
		if diff := cmp.Diff(old.Tasks[i].Head.Tokens, task.Head.Tokens); diff != "" {
			t.Errorf("tokens of %s differ (-report +again):\n%s", task.ID, diff)
		}
	}
	if !r.SpentUSD.Equal(old.SpentUSD) {
		t.Errorf("spent %v, want the %v that the check did cost", r.SpentUSD, old.SpentUSD)
	}
	pricing.At = time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	pricing.Book = &price.Book{}
	if r, err = compare.Reprice(old, evidence, compare.Options{Pricing: pricing}); err != nil || r.Verdict != verdict.Inconclusive {
		t.Errorf("with an empty book: %v, %v; want inconclusive", r.Verdict, err)
	}
}

func TestRepriceRefusesWhatItCannotPrice(t *testing.T) {
	l := newLab(t, promptSuite)
	old := measured(t, l)
	evidence, _ := l.journal.Load()
	o := compare.Options{Pricing: l.opts.Pricing}
	short := evidence
	short.Results = short.Results[:len(short.Results)-1]
	if _, err := compare.Reprice(old, short, o); err == nil || !strings.Contains(err.Error(), "the journal has") {
		t.Errorf("a journal without a trial: error %v", err)
	}
	other := *old
	other.EvidenceKey = "sha256:other"
	if _, err := compare.Reprice(&other, evidence, o); err == nil {
		t.Error("the journal of another comparison was taken")
	}
	none := *old
	none.Result = verdict.NotMeasured
	if _, err := compare.Reprice(&none, evidence, o); err == nil || !strings.Contains(err.Error(), "not-measured") {
		t.Errorf("a report without trials: error %v", err)
	}
}
