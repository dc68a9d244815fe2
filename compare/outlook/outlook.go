// Package outlook says what measuring is likely to cost and to show, before anything is spent.
//
// It knows what trials usually consume, what stored trials of the base say of that, and when a test is likely to end. It
// refuses to know reports of what was measured, journals and stores.
package outlook

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare/agenda"
	"github.com/pertask/pertask/ledger"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/stats"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/verdict"
)

// Plan is what is to be measured.
type Plan struct {
	Pair    arm.Pair
	Suite   *suite.Suite
	Pricing price.Pricing
	Policy  verdict.Policy
	Looks   []int // trials of each task under each arm, growing
	Warm    bool  // a warm-up of each task and arm goes first
	// Stored are the trials of the base that will be used again; of those the base carries out at least so many fresh
	// ones of each task as Sentinels says.
	Stored    []ledger.BaseTrial
	Sentinels int
	Budget    price.Amount // unknown for none
	// Missing are the only slots that are not filled yet; nil for all.
	Missing []trial.Slot
}

// rules of the sequence that the trials are tested by (docs/statistics.md).
const alpha = 0.05

// Forecast says what measuring is likely to cost: USD and Trials on the average of changes in general, Low where the first
// look decides and High where none does before the last. Amounts are unknown when a price is; Low and High where there is
// one look.
func (p Plan) Forecast() *report.Forecast {
	f := &report.Forecast{Budget: p.Budget}
	if p.Suite == nil || len(p.Suite.Tasks) == 0 || len(p.Looks) == 0 {
		f.Basis = priorBasis
		return f
	}
	seen := p.newSeen()
	f.Measured = seen.measured
	slots := p.warmed(p.slots())
	made, _ := p.made(f, seen)
	var sums []price.Amount // what all trials up to a look cost
	sum := price.Known(price.Money{})
	expected, expectedTrials, before := price.Known(price.Money{}), 0.0, 0
	for k := range slots {
		part := price.Known(price.Money{})
		for _, s := range slots[k] {
			part = part.Plus(seen.cost(s.Arm, s.Task))
		}
		sum, sums = sum.Plus(part), append(sums, sum.Plus(part))
		expected = expected.Plus(times(part, made[k]))
		expectedTrials += made[k] * float64(len(slots[k]))
		before += len(slots[k])
	}
	f.USD, f.Trials = expected, int(math.Round(expectedTrials))
	if len(sums) > 1 {
		f.Low, f.High = sums[0], sums[len(sums)-1]
	}
	f.Stored = p.saved()
	f.Basis = strings.Join(p.basis(seen, len(slots[0]), before), " ")
	return f
}

// slots are the slots that each look needs beyond those of the looks before it.
func (p Plan) slots() [][]trial.Slot {
	missing := map[string]bool{}
	for _, s := range p.Missing {
		missing[s.ID()] = true
	}
	done := map[string]bool{}
	var out [][]trial.Slot
	for k := range p.Looks {
		a := p.agenda(p.Looks[:k+1], p.Stored)
		var more []trial.Slot
		for _, s := range a.Left() {
			if !done[s.ID()] && (p.Missing == nil || missing[s.ID()]) {
				more, done[s.ID()] = append(more, s), true
			}
		}
		out = append(out, more)
	}
	return out
}

// Most is how many trials there are at the most, without warm-ups and those that are not Missing.
func (p Plan) Most() int { return len(slices.Concat(p.slots()...)) }

// warmed adds the warm-ups to the first look that has anything to do.
func (p Plan) warmed(slots [][]trial.Slot) [][]trial.Slot {
	warmups := p.agenda(p.Looks, nil).Warmups(slices.Concat(slots...))
	for k := range slots {
		if p.Warm && len(slots[k]) > 0 {
			slots[k] = append(slots[k], warmups...)
			break
		}
	}
	return slots
}

func (p Plan) agenda(looks []int, stored []ledger.BaseTrial) *agenda.Agenda {
	a := agenda.New(1, looks)
	for _, t := range p.Suite.Tasks {
		a.Want(t)
	}
	if len(stored) > 0 {
		a.Stored(ledger.Take(stored).ByTask, p.Sentinels)
	}
	return a
}

// saved is how many trials of the base need not be carried out, up to the last look.
func (p Plan) saved() int {
	if len(p.Stored) == 0 {
		return 0
	}
	return len(p.agenda(p.Looks, nil).Left()) - len(p.agenda(p.Looks, p.Stored).Left())
}

// made is the chance that each look is made, and the chance of a verdict; it fills in what the suite can resolve.
func (p Plan) made(f *report.Forecast, s *seen) (made []float64, chance float64) {
	made = make([]float64, len(p.Looks))
	for i := range made {
		made[i] = 1
	}
	rule := stats.DefaultRule(p.Looks)
	rule.Alpha = alpha - p.Policy.ExtensionReserve
	sequence, err := stats.NewSequence(rule)
	if err != nil || p.Policy.Scope == verdict.PopulationScope || p.Looks[0] < 2 {
		return made, math.NaN()
	}
	a, tasks := p.agenda(p.Looks, p.Stored), float64(len(p.Suite.Tasks))
	var se []float64
	last := len(p.Looks) - 1
	for k, n := range p.Looks {
		se = append(se, math.Sqrt(s.variance/a.Base(k)+s.variance/float64(n)))
	}
	vb, vh := s.variance/a.Base(last), s.variance/float64(p.Looks[last])
	db, dh := tasks*(a.Base(last)-1), tasks*float64(p.Looks[last]-1)
	bounds := sequence.Bounds()
	resolves := report.Number(stats.Detectable(1-bounds[last].P, se[last], (vb+vh)*(vb+vh)/(vb*vb/db+vh*vh/dh)))
	f.Resolves = &resolves
	return sequence.Reach(se, rule.Tau)
}

// basis says what the forecast rests on.
func (p Plan) basis(s *seen, least, most int) []string {
	var out []string
	if s.stored > 0 {
		out = append(out, fmt.Sprintf("The head is taken to need the tokens of %s of the base, at today's prices.", plural(s.stored, "stored trial")))
	}
	if s.guessed {
		out = append(out, priorBasis)
	}
	if len(p.Looks) > 1 {
		out = append(out, fmt.Sprintf("The trials are looked at after %s of each task under each arm, and end when the verdict is decided or not to be had: after %d of them at the least, and %d at the most.",
			list(p.Looks), least, most))
	}
	return out
}

func list(numbers []int) string {
	var b strings.Builder
	for i, n := range numbers {
		switch {
		case i > 0 && i == len(numbers)-1:
			b.WriteString(" and ")
		case i > 0:
			b.WriteString(", ")
		}
		fmt.Fprint(&b, n)
	}
	return b.String()
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// times scales an amount by a share: a forecast is no invoice.
func times(a price.Amount, share float64) price.Amount {
	m, known := a.Value()
	if !known {
		return price.Amount{}
	}
	f, err := price.ParseFactor(fmt.Sprintf("%.6f", share))
	if err != nil {
		return price.Amount{}
	}
	return price.Known(m.Scale(f))
}
