package report_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/usage"
	"github.com/pertask/pertask/verdict"
)

// random makes reports of all kinds of values.
type random struct{ *rand.Rand }

func (r random) number() report.Number {
	special := []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0, 1}
	if i := r.IntN(12); i < len(special) {
		return report.Number(special[i])
	}
	return report.Number(math.Round(1e9*r.Float64()) / 1e6)
}

func (r random) amount() price.Amount {
	if r.IntN(5) == 0 {
		return price.Amount{}
	}
	return price.Known(price.MustMoney(fmt.Sprintf("%d.%04d", r.IntN(100), r.IntN(10000))))
}

func (r random) quotient() report.Quotient {
	if r.IntN(4) == 0 {
		return report.Quotient([]float64{math.NaN(), math.Inf(1)}[r.IntN(2)])
	}
	return report.Quotient(float64(r.IntN(1_000_000)) / 10_000)
}

func (r random) text() string {
	parts := []string{"a", "`", "|", "\n", "<!--", "@x", "#1", "é", "\u202e", "\x1b[0m", "\"", "\\", "日本", "&", "</details>", ""}
	var b strings.Builder
	for range r.IntN(6) {
		b.WriteString(parts[r.IntN(len(parts))])
	}
	return b.String()
}

func (r random) cost() price.Cost {
	c := price.Cost{Amount: r.amount(), List: r.amount(), Billed: r.amount()}
	if c.Amount.IsKnown() {
		c.Status = []price.Status{price.LowerBound, price.ProviderReported, price.Exact}[r.IntN(3)]
	}
	return c
}

func (r random) side() report.TaskSide {
	s := report.TaskSide{Trials: r.IntN(6), Completed: r.IntN(4), Voids: r.IntN(2), Cost: r.cost(), Calls: r.IntN(50), Seconds: r.number()}
	if r.IntN(2) == 0 {
		s.Tokens = usage.Tokens{Input: usage.Known(int64(r.IntN(1e6))), Output: usage.Known(int64(r.IntN(1e6)))}
	}
	if r.IntN(3) == 0 {
		s.Causes = map[string]int{r.text(): r.IntN(3), "timeout": 1}
	}
	return s
}

func (r random) arm() report.Arm {
	a := report.Arm{
		Model: r.text(), Settings: []arm.Setting{}, ServedModels: []string{}, Trials: r.IntN(100), Completed: r.IntN(100), Voids: r.IntN(5),
		CompletionRate: r.number(), SecondsPerTrial: r.number(), Cost: r.cost(),
		CostPerTask:    report.TaskCost{Amount: r.quotient(), Status: price.Exact, List: r.quotient(), Billed: r.quotient()},
		TokensPerTrial: report.Tokens{Input: r.number(), CacheRead: r.number(), CacheCreation: r.number(), Output: r.number(), Reasoning: r.number()},
	}
	if r.IntN(2) == 0 {
		a.ListPrice = &report.ListPrice{Provider: r.text(), Model: r.text(), Input: r.amount(), CacheRead: r.amount(), Output: r.amount()}
		a.ServedModels = append(a.ServedModels, r.text(), r.text())
	}
	return a
}

func (r random) report() *report.Report {
	out := &report.Report{
		Schema: report.Schema, Result: results[r.IntN(5)], Verdict: verdicts[r.IntN(3)], Reason: verdict.Finding{Code: r.text(), Text: r.text(), Line: r.IntN(3)},
		Suite: r.text(), Policy: report.Policy{MaxCostRatio: r.Float64() * 2, MaxCompletionDrop: r.Float64()}, Base: r.arm(), Head: r.arm(),
		Changes: []arm.Change{}, NotApplied: []arm.Change{}, Tasks: []report.Task{}, LeftOut: []report.LeftOut{}, Findings: []verdict.Finding{},
		Notes: []string{}, NextSteps: []string{}, SpentUSD: r.amount(), Time: time.Unix(int64(r.IntN(2e9)), 0).UTC(),
	}
	out.PriceBook.Rows = []string{}
	if r.IntN(3) > 0 {
		out.Ratio = &report.Ratio{Estimate: r.number(), Low: r.number(), High: r.number(), Confidence: 0.95, Scope: verdict.SuiteScope}
		out.Completion = &report.Difference{Estimate: r.number(), Low: r.number(), High: r.number(), Confidence: 0.95}
	}
	if r.IntN(3) > 0 {
		out.Population = &report.Population{Estimate: r.number(), Low: r.number(), High: r.number(), Confidence: 0.9,
			LeaveOneOut: report.LeaveOneOut{Low: r.number(), High: r.number(), Task: r.text(), Without: r.number(), OneTaskDecides: r.IntN(2) == 0}}
		out.Forecast = &report.Forecast{USD: r.amount(), Low: r.amount(), High: r.amount(), Trials: r.IntN(90), Basis: r.text(), Budget: r.amount()}
	}
	if r.IntN(3) > 0 {
		r.grounds(out)
	}
	for range r.IntN(5) {
		out.Changes = append(out.Changes, arm.Change{Slot: r.text(), Key: arm.Key(r.text()), Base: r.text(), Head: r.text(), HasBase: r.IntN(2) == 0, HasHead: r.IntN(2) == 0})
		out.NotApplied = append(out.NotApplied, arm.Change{Head: r.text(), Why: r.text()})
		out.Tasks = append(out.Tasks, report.Task{ID: r.text(), Base: r.side(), Head: r.side()})
		out.LeftOut = append(out.LeftOut, report.LeftOut{Task: r.text(), Reason: r.text()})
		out.Findings = append(out.Findings, verdict.Finding{Code: "x", Text: r.text(), Path: r.text(), Line: r.IntN(9), Withhold: r.IntN(2) == 0})
		out.Notes, out.NextSteps = append(out.Notes, r.text()), append(out.NextSteps, r.text())
	}
	return out
}

func (r random) effect() report.Effect {
	return report.Effect{Log: r.number(), Factor: r.number(), Dollars: r.number()}
}

func (r random) breakEven() *report.BreakEven {
	if r.IntN(4) == 0 {
		return nil
	}
	return &report.BreakEven{At: r.number(), Now: r.number()}
}

func (r random) pick(words ...string) string { return words[r.IntN(len(words))] }

// grounds gives a report everything that a verdict rests on.
func (r random) grounds(out *report.Report) {
	out.Sequence = &report.Sequence{Looks: []int{2, 3, 5}[:r.IntN(4)], Trials: r.IntN(7), NominalP: r.number(), Confidence: r.number(), Chance: r.number(),
		Stopped: r.pick("decided", "withheld", "futile", "cap", "budget", "interrupted"), Extensions: r.IntN(3), History: []report.SequenceLook{}}
	if r.IntN(2) == 0 {
		out.Sequence.Settle = &report.Settle{Trials: r.IntN(30), More: r.IntN(90), USD: r.amount(), WithinCap: r.IntN(2) == 0}
		final := time.Unix(int64(r.IntN(2e9)), 0).UTC()
		out.Sequence.Final = &final
	}
	out.Why = &report.Why{Total: r.effect(), Price: r.effect(), Usage: r.effect(), Volume: r.effect(), Mix: r.effect(), Completion: r.effect(),
		Classes: []report.NamedEffect{}, Tasks: []report.NamedEffect{}}
	if r.IntN(2) == 0 && out.Ratio != nil { // parts that add up
		l := report.Number(4*r.Float64() - 2)
		out.Ratio.Estimate = report.Number(math.Exp(float64(l)))
		out.Why.Total.Log, out.Why.Price.Log, out.Why.Usage.Log, out.Why.Completion.Log = l, l/2, l/4, l/4
		list, discount := r.effect(), r.effect()
		out.Why.List, out.Why.Discount = &list, &discount
	}
	out.Sensitivity = &report.Sensitivity{CacheHit: r.breakEven(), Completion: r.breakEven(), Tokens: r.breakEven(),
		Discount: &report.Difference{Estimate: r.number(), Low: r.number(), High: r.number(), Confidence: 0.9}}
	out.Benefit = &report.Benefit{BreakEven: r.number(), Relation: r.pick("dominates", "dominated", "cheaper-and-fewer", "dearer-and-more", "equal"),
		Points: []report.BenefitPoint{}, Leads: r.IntN(2) == 0}
	least := report.Number(r.Float64()) // null and absent are one thing
	out.Head.AtLeast = &least
	for _, a := range []*report.Arm{&out.Base, &out.Head} {
		oldest := time.Unix(int64(r.IntN(2e9)), 0).UTC()
		a.Stored = &report.Stored{Trials: r.IntN(9), Oldest: oldest, Newest: oldest.Add(time.Duration(r.IntN(90)) * time.Hour), Sentinels: r.IntN(3),
			DriftP: r.number(), Dropped: r.text()}
	}
	for range r.IntN(4) {
		out.Sequence.History = append(out.Sequence.History, report.SequenceLook{Trials: r.IntN(9), Ratio: r.number(), Low: r.number(), High: r.number(), P: r.number(), NominalP: r.number()})
		out.Why.Classes = append(out.Why.Classes, report.NamedEffect{Name: r.text(), Effect: r.effect()})
		out.Why.Tasks = append(out.Why.Tasks, report.NamedEffect{Name: r.text(), Effect: r.effect()})
		out.Benefit.Points = append(out.Benefit.Points, report.BenefitPoint{Value: r.number(), Estimate: r.number(), Low: r.number(), High: r.number(),
			Confidence: 0.95, Accept: r.number(), Configured: r.IntN(3) == 0})
		out.Segments = append(out.Segments, report.Segment{Name: r.text(), Kind: r.pick("calls", "cache", "label"), Tasks: []string{r.text()},
			Estimate: r.number(), Low: r.number(), High: r.number(), Confidence: 0.99, Verdict: r.pick("", "switch", "dont-switch")})
	}
}

// TestRoundTripOfRandomReports holds that reading what was written gives the same report, that the schema accepts it,
// and that every rendering is safe.
func TestRoundTripOfRandomReports(t *testing.T) {
	schema := compile(t, true)
	r := random{rand.New(rand.NewPCG(13, 14))}
	for i := range 300 {
		want := r.report()
		b, err := report.JSON(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := report.ParseJSON(b)
		if err != nil {
			t.Fatalf("report %d: %v", i, err)
		}
		if diff := cmp.Diff(want, got, sameNumbers); diff != "" {
			t.Fatalf("report %d (-want +got):\n%s", i, diff)
		}
		again, err := report.JSON(got)
		if err != nil || string(again) != string(b) {
			t.Fatalf("report %d is written differently the second time (%v)", i, err)
		}
		if !json.Valid(b) {
			t.Fatalf("report %d is not JSON", i)
		}
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(string(b)))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(v); err != nil {
			t.Errorf("report %d: %v", i, err)
		}
		renderings(t, fmt.Sprintf("report %d", i), got, words(got.Result, got.Verdict))
	}
}
