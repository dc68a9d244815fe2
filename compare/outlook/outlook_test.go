package outlook_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare/outlook"
	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
	"github.com/pertask/pertask/verdict"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func model(name string) arm.Arm {
	return arm.Arm{}.With(arm.Setting{Slot: arm.MainSlot, Key: arm.Model, Value: name})
}

// plan is one of tasks that call gpt-5.4, at $2.50 and $15 a million tokens, or gpt-5.4-mini, at $0.75 and $4.50.
func plan(tasks int, looks ...int) outlook.Plan {
	p := outlook.Plan{Pair: arm.Pair{Base: model("gpt-5.4"), Head: model("gpt-5.4-mini")}, Suite: &suite.Suite{},
		Pricing: price.Pricing{Book: price.Embedded(), At: noon}, Policy: verdict.DefaultPolicy(), Looks: looks, Sentinels: 1}
	for i := range tasks {
		p.Suite.Tasks = append(p.Suite.Tasks, suite.Task{ID: fmt.Sprint("task", i), Harness: "command"})
	}
	return p
}

// stored are trials with one call of a million input tokens and, in turn, 100k or twice as many output tokens.
func stored(p outlook.Plan, each int) []ledger.BaseTrial {
	var out []ledger.BaseTrial
	for _, t := range p.Suite.Tasks {
		for i := range each {
			tokens := usage.None()
			tokens.Input, tokens.Output = usage.Known(100_000), usage.Known(int64(10_000*(1+i%2)))
			out = append(out, ledger.BaseTrial{Task: t.ID, Index: i, Completed: i%5 != 4, Time: noon, Calls: []usage.Call{{ID: "1", State: usage.Ended,
				Provider: "openai", RequestedModel: "gpt-5.4", ServedModel: "gpt-5.4", Coverage: usage.Complete, Tokens: tokens}}})
		}
	}
	return out
}

func dollars(t *testing.T, a price.Amount) float64 {
	t.Helper()
	m, known := a.Value()
	if !known {
		t.Fatal("an amount is not known")
	}
	return m.Float64()
}

func near(got, want float64) bool { return math.Abs(got-want) <= 1e-4*want }

func TestForecastFromPriors(t *testing.T) {
	f := plan(10, 2, 3, 5, 8, 13, 20).Forecast()
	// One agent's trial is 43k, 185k cached and 10k output tokens: $0.30375 of the one and $0.091125 of the other.
	const round = 10 * (0.30375 + 0.091125)
	if low, high := dollars(t, f.Low), dollars(t, f.High); !near(low, 2*round) || !near(high, 20*round) {
		t.Errorf("from %v to %v, want %v to %v", low, high, 2*round, 20*round)
	}
	middle := dollars(t, f.USD)
	if rounds := middle / round; rounds < 5 || rounds > 13 || math.Abs(rounds*20-float64(f.Trials)) > 1 {
		t.Errorf("%.2f rounds and %d trials in the middle", rounds, f.Trials)
	}
	if f.Measured || f.Stored != 0 || f.Resolves == nil || *f.Resolves < 1.2 || *f.Resolves > 1.6 {
		t.Errorf("resolves %v, measured %v, %d stored", f.Resolves, f.Measured, f.Stored)
	}
	for _, want := range []string{"2,344 recorded", "factor of 9", "after 2, 3, 5, 8, 13 and 20 of each task", "after 40 of them at the least, and 400 at the most"} {
		if !strings.Contains(f.Basis, want) {
			t.Errorf("the basis does not say %q: %s", want, f.Basis)
		}
	}
}

// TestForecastFromStoredTrials holds that stored trials are what the forecast rests on, and that they are not paid for again.
func TestForecastFromStoredTrials(t *testing.T) {
	p := plan(10, 2, 3, 5, 8, 13, 20)
	without := p.Forecast()
	p.Stored = stored(p, 12)
	f := p.Forecast()
	// A stored trial cost $0.25 and $0.15 or $0.30; at the head's prices $0.075 and $0.045 or $0.09.
	base, head := 10*0.475, 10*0.1425
	if low, high := dollars(t, f.Low), dollars(t, f.High); !near(low, base+2*head) || !near(high, base+20*head) {
		t.Errorf("from %v to %v, want %v to %v: one sentinel of each task, and the head", low, high, base+2*head, base+20*head)
	}
	if !f.Measured || f.Stored != 10*19 || f.Trials >= without.Trials {
		t.Errorf("measured %v, %d stored, %d trials where %d would be without", f.Measured, f.Stored, f.Trials, without.Trials)
	}
	if strings.Contains(f.Basis, "2,344") || !strings.Contains(f.Basis, "the tokens of 120 stored trials of the base, at today's prices") {
		t.Errorf("basis %q", f.Basis)
	}
	// Trials that vary less resolve more.
	same := p
	same.Stored = stored(p, 12)
	for i := range same.Stored {
		same.Stored[i].Completed, same.Stored[i].Calls = true, same.Stored[0].Calls
	}
	if quiet := same.Forecast(); !(*quiet.Resolves < *f.Resolves) {
		t.Errorf("quiet trials resolve %v, others %v", *quiet.Resolves, *f.Resolves)
	}
}

// TestForecastOfSomeStored holds that a task without stored trials is guessed, and that the spread is then the usual one.
func TestForecastOfSomeStored(t *testing.T) {
	p := plan(10, 5)
	p.Stored = stored(p, 2)[2:]
	f := p.Forecast()
	if f.Measured || !strings.Contains(f.Basis, "18 stored trials") || !strings.Contains(f.Basis, "2,344") || f.Stored != 18 {
		t.Errorf("%+v", f)
	}
	if f.Low.IsKnown() || f.High.IsKnown() || f.Trials != 100-18 {
		t.Errorf("one look: %+v", f)
	}
	// What has a call of an unknown cost is as good as not stored.
	p.Stored = stored(p, 2)
	for i := range p.Stored {
		p.Stored[i].Calls[0].Tokens.Output = usage.Count{}
	}
	if f := p.Forecast(); f.Measured || !f.USD.IsKnown() || strings.Contains(f.Basis, "stored trial") {
		t.Errorf("with unknown costs: %+v", f)
	}
}

func TestForecastOfTheUnknown(t *testing.T) {
	p := plan(10, 2, 20)
	p.Pair.Head = model("nobody-knows-this")
	if f := p.Forecast(); f.USD.IsKnown() || f.Low.IsKnown() || f.High.IsKnown() || f.Trials == 0 {
		t.Errorf("a model without a price: %+v", f)
	}
	p.Stored = stored(p, 12)
	if f := p.Forecast(); f.USD.IsKnown() || f.High.IsKnown() {
		t.Errorf("with stored trials: %+v", f)
	}
	if f := (outlook.Plan{}).Forecast(); f.USD.IsKnown() || f.Trials != 0 {
		t.Errorf("nothing: %+v", f)
	}
}

// TestForecastOfOtherScopes holds that nothing is said of what a suite resolves where more trials do not help.
func TestForecastOfOtherScopes(t *testing.T) {
	p := plan(10, 2, 3, 5)
	p.Policy.Scope = verdict.PopulationScope
	if f := p.Forecast(); f.Resolves != nil || dollars(t, f.USD) != dollars(t, f.High) {
		t.Errorf("tasks like these: %+v", f)
	}
	if f := plan(10, 1).Forecast(); f.Resolves != nil || f.Trials != 20 {
		t.Errorf("one trial each: %+v", f)
	}
}

// TestForecastOfWhatIsMissing holds that slots that are filled cost nothing, and warm-ups only where there is something to do.
func TestForecastOfWhatIsMissing(t *testing.T) {
	p := plan(10, 2, 4)
	p.Warm = true
	if f := p.Forecast(); p.Most() != 80 || dollars(t, f.High) <= dollars(t, plan(10, 2, 4).Forecast().High) {
		t.Errorf("warm: %+v", f)
	}
	p.Missing = []trial.Slot{{Arm: trial.Head, Task: "task0", Index: 3}}
	f := p.Forecast()
	if p.Most() != 1 || !near(dollars(t, f.High), 2*0.091125) || !near(dollars(t, f.Low)+1, 1) {
		t.Errorf("one is missing: %+v", f)
	}
	p.Missing = []trial.Slot{}
	if f := p.Forecast(); f.Trials != 0 || dollars(t, f.USD) != 0 {
		t.Errorf("none is missing: %+v", f)
	}
}
