package simulation

import (
	"fmt"
	"math"
	"testing"

	"github.com/pertask/pertask/stats"
)

// What a scenario says that a trial costs and completes is what its trials do.
func TestTruthOfTrials(t *testing.T) {
	for _, w := range Find("mild-p90", "typical-p60", "heavy-p30") {
		r := random(1, w.Name)
		for range 3 {
			x := w.draw(r).head
			var c stats.Cell
			const n = 200_000
			for range n {
				c.Add(x.trial(r, w))
			}
			if got, want := c.MeanCost(), x.cost(w); math.Abs(got/want-1) > 0.03 {
				t.Errorf("%s: a trial costs %v, want %v", w.Name, got, want)
			}
			if math.Abs(c.Rate()-x.rate) > 0.005 {
				t.Errorf("%s: %v complete, want %v", w.Name, c.Rate(), x.rate)
			}
		}
	}
}

func TestTasksSpreadAsTheScenarioSays(t *testing.T) {
	w := Find("typical-p60")[0]
	r := random(1, "tasks")
	const n = 100_000
	var logs, effects, eases, both moments
	for range n {
		x := w.draw(r)
		m, ease := x.base.median/w.TaskSpread, (logit(x.base.rate)-logit(w.BaseRate))/w.RateSpread
		logs.add(m)
		eases.add(ease)
		both.add(m * ease)
		effects.add(x.head.median - x.base.median)
	}
	for name, pair := range map[string][2]float64{
		"mean of logs": {logs.mean(), 0}, "spread of logs": {logs.sd(), 1}, "spread of ease": {eases.sd(), 1}, "correlation": {both.mean(), correlation},
		"effect": {effects.mean(), math.Log(0.8)}, "spread of effect": {effects.sd(), w.Effect},
	} {
		if math.Abs(pair[0]-pair[1]) > 0.015 {
			t.Errorf("%s is %v, want %v", name, pair[0], pair[1])
		}
	}
}

type moments struct{ n, sum, squares float64 }

func (m *moments) add(x float64) { m.n, m.sum, m.squares = m.n+1, m.sum+x, m.squares+x*x }
func (m *moments) mean() float64 { return m.sum / m.n }
func (m *moments) sd() float64   { return math.Sqrt(m.squares/m.n - m.mean()*m.mean()) }

func TestScalingASuite(t *testing.T) {
	r := random(1, "scale")
	for _, w := range Scenarios() {
		s := w.suite(r, 7)
		base := s.baseCost
		for _, want := range []float64{0.3, 1, 4} {
			s.scale(want)
			if math.Abs(s.ratio/want-1) > 1e-12 || s.baseCost != base {
				t.Errorf("%s: ratio %v, want %v; base %v, want %v", w.Name, s.ratio, want, s.baseCost, base)
			}
		}
		if f := lay(r, s, 2); math.Abs(f.perHead-s.headCost/(s.headCost+s.baseCost)) > 1e-15 || len(f.heads) != 3 || f.heads[2][0].Trials() != 2 || f.stored[6].Trials() != storedTrials {
			t.Errorf("%s: field %+v", w.Name, f)
		}
	}
}

// Testing at 5 % at every look is wrong far more often than a fixed test is, and the check says so: this is what the
// boundaries are for.
func TestPeekingIsCaught(t *testing.T) {
	w := Find("typical-p60")[0]
	r := random(1, "peeking")
	var peeks, fixed Share
	for range 600 {
		s := w.suite(r, 10)
		s.scale(1)
		f := lay(r, s, 20)
		crossed := false
		for _, n := range []int{2, 3, 5, 8, 13, 20} {
			crossed = crossed || f.fixed(n) != 0
		}
		peeks.count(crossed)
		fixed.count(f.fixed(20) != 0)
	}
	if peeks.Value() < 0.11 || fixed.Value() > 0.08 {
		t.Errorf("peeking is wrong in %v and one test in %v, want some 0.16 and 0.05", peeks.Value(), fixed.Value())
	}
	e := Errors{Scenario: w, Tasks: 10, Ratio: 1}
	for d := range e.Played {
		e.Played[d].Wrong = peeks
	}
	if got := CheckErrors([]Errors{e}, 3); len(got) != Designs {
		t.Errorf("the check says %q of it", got)
	}
}

// A test that keeps a tenth of its error for extensions, and then is extended twice, each time only where it has ended
// without a verdict, is wrong no more often than one that is never extended.
func TestExtensionsStayWithinTheError(t *testing.T) {
	looks := [][]int{{5, 8, 13, 20}, {32}, {52}}
	var seqs []*stats.Sequence
	for j, l := range looks {
		r := stats.DefaultRule(l)
		r.Alpha, r.Futility = stats.ReservedAlpha(0.05, j), 0
		seq, err := stats.NewSequence(r)
		if err != nil {
			t.Fatal(err)
		}
		seqs = append(seqs, seq)
	}
	var wrong Share
	extended := 0
	for _, w := range Find("mild-p90", "typical-p60", "heavy-p30") {
		r := random(1, "extensions "+w.Name)
		for range 400 {
			s := w.suite(r, 4)
			s.scale(1)
			f := lay(r, s, 52)
			side := 0
			for j := 0; j < len(seqs) && side == 0; j++ {
				side = f.play(seqs[j], Plain).side
				extended += min(j, 1)
			}
			wrong.count(side != 0)
		}
	}
	if limit := 0.05 + 2*wrong.SE(0.05); wrong.Value() > limit || wrong.Count == 0 || extended < 1000 {
		t.Errorf("%d extensions: %v are wrong, want at most %v", extended, wrong.Value(), limit)
	}
}

// Costs are skewed. With many tasks, heavy tails and a long store, a test after two trials of the head finds savings
// that are none more often than its level allows; the designs leave it out.
func TestHeadsAreNotTestedEarlyAgainstAStore(t *testing.T) {
	seq := plans(50)[50][Reused]
	r := random(1, "early")
	w := Find("heavy-p90")[0]
	var low, high Share
	for range 1500 {
		s := w.suite(r, 50)
		s.scale(1)
		f := lay(r, s, 3)
		c, err := stats.CompareSuite(f.stored, f.heads[2])
		if err != nil {
			t.Fatal(err)
		}
		test := c.Test(1)
		crossed := test.P <= 0.05
		low.count(crossed && test.T < 0)
		high.count(crossed && test.T > 0)
	}
	if low.Value() < 0.035 || low.Value() < 2*high.Value() {
		t.Errorf("%v too low and %v too high at 0.05: the reason for leaving the look out is gone", low.Value(), high.Value())
	}
	s := w.suite(r, 50)
	s.scale(0.05) // what any look shows
	f := lay(r, s, 8)
	if got := f.play(seq, Reused); got.side != -1 || math.Abs(got.spend-float64(stats.LeastAgainstStored)*f.perHead) > 1e-12 {
		t.Errorf("ended %+v, want a switch after %d trials of the head", got, stats.LeastAgainstStored)
	}
	if got := f.play(seq, Plain); got.side != -1 || got.spend != 2 {
		t.Errorf("without a store ended %+v, want a switch after 2 rounds", got)
	}
	if got := f.play(seq, Watched); got.spend < float64(stats.LeastAgainstStored)*f.perHead+(1-f.perHead)-1e-12 {
		t.Errorf("with sentinels ended %+v, which does not pay for them", got)
	}
}

// Few tasks have two sentinels each, others one, and what is paid for them is counted.
func TestSentinelsAreFew(t *testing.T) {
	w := Find("mild-p90")[0]
	r := random(1, "few sentinels")
	for tasks, want := range map[int]int{3: 2, 4: 2, 5: 1, 50: 1} {
		f := lay(r, w.suite(r, tasks), 2)
		if got := f.watch[0].Trials(); got != want || f.base(Watched).paid != float64(want) {
			t.Errorf("%d tasks: %d sentinels of each, want %d", tasks, got, want)
		}
	}
}

// Sentinels that differ from the store drop it, and are dropped with it.
func TestSentinelsDropTheStore(t *testing.T) {
	w := Find("mild-p90")[0]
	r := random(1, "sentinels")
	s := w.suite(r, 10)
	f := lay(r, s, 3)
	f.watch = append([]stats.Cell(nil), f.stored...)
	kept := f.base(Watched)
	if kept.stored == nil || kept.stored[0].Trials() != 2*storedTrials || kept.trials(3) != storedTrials {
		t.Errorf("a store like its sentinels is not kept: %+v", kept)
	}
	s.scale(5 * s.ratio)
	for i := range s.tasks {
		s.tasks[i].base.median += 2 // a provider that has become dearer
	}
	f.watch, _ = s.trials(r, 1)
	dropped := f.base(Watched)
	if dropped.stored != nil || &dropped.after(3)[0] != &f.bases[3][0] || dropped.trials(3) != 3+1 {
		t.Errorf("a store unlike its sentinels is kept: %+v", dropped)
	}
}

// Plain normal quantiles in place of Student's make intervals of small suites too short, and the check says so.
func TestShortIntervalsAreCaught(t *testing.T) {
	r := random(1, "short")
	var cells []Coverage
	for _, w := range Find("mild-p90", "typical-p90", "typical-p60", "wild-p90") {
		c := Coverage{Cell: Cell{Scenario: w, Tasks: 3, Trials: 2}}
		for range 600 {
			s := w.suite(r, 3)
			base, head := s.trials(r, 2)
			x, err := stats.CompareSuite(base, head)
			if err != nil {
				t.Fatal(err)
			}
			half := 1.96 * x.SE
			c.Suite.count(math.Abs(math.Log(x.Ratio)-math.Log(s.ratio)) <= half)
		}
		cells = append(cells, c)
	}
	if got := CheckCoverage("short", cells, func(c Coverage) Share { return c.Suite }, 3); len(got) == 0 {
		t.Errorf("%+v passed", cells)
	}
}

// What stats expects before any trial is what typical suites have.
func TestTypicalIsTypical(t *testing.T) {
	cells := Cover(Find("typical-p90", "typical-p60", "typical-p30"), [][2]int{{5, 5}, {10, 3}, {20, 10}}, 300, 1)
	for _, c := range cells {
		se, df := stats.Typical(c.Tasks, c.Trials, c.Rate)
		if got := c.Unit / (se * se * float64(c.Tasks*c.Trials)); got < 0.8 || got > 1.25 {
			t.Errorf("%s %dx%d: the variance is %v of what is expected", c.Scenario.Name, c.Tasks, c.Trials, got)
		}
		if want := float64(2 * c.Tasks * (c.Trials - 1)); df != want {
			t.Errorf("df %v, want %v", df, want)
		}
		// The detectable ratio agrees with the simulated width: at 95 %, exp(t SE) is the factor.
		if factor := math.Exp(stats.TQuantileUpper(0.025, df) * se); math.Abs(math.Log(factor)/math.Log(c.Factor)-1) > 0.2 {
			t.Errorf("%s %dx%d: factor %v, want %v", c.Scenario.Name, c.Tasks, c.Trials, factor, c.Factor)
		}
	}
	for _, x := range []struct {
		tasks, trials int
		rate          float64
	}{{0, 5, 0.5}, {5, 1, 0.5}, {5, 5, 0}, {5, 5, 1.1}, {5, 5, math.NaN()}} {
		if se, df := stats.Typical(x.tasks, x.trials, x.rate); !math.IsInf(se, 1) || df != 0 {
			t.Errorf("Typical(%+v) = %v, %v", x, se, df)
		}
	}
	if se, _ := stats.Typical(10, 10, 1); !(se > 0.05) {
		t.Errorf("when everything completes, costs still vary: %v", se)
	}
}

func TestEachDoesAll(t *testing.T) {
	for _, n := range []int{0, 1, 2, 100} {
		done := make([]int, n)
		each(n, func(i int) { done[i]++ })
		for i, d := range done {
			if d != 1 {
				t.Errorf("%d of %d was done %d times", i, n, d)
			}
		}
	}
}

func TestAsRight(t *testing.T) {
	right := []Share{{}, {}, {Count: 20, Of: 100}, {Count: 30, Of: 100}, {Count: 50, Of: 100}}
	for want, n := range map[float64]float64{0.1: 2, 0.2: 2, 0.3: 3, 0.4: 3.5, 0.5: 4, 0.6: math.NaN()} {
		if got := asRight(right, want); math.Abs(got-n) > 1e-12 || math.IsNaN(got) != math.IsNaN(n) {
			t.Errorf("as right as %v: %v rounds, want %v", want, got, n)
		}
	}
}

func TestMedian(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, test := range []struct {
		x    []float64
		want float64
	}{{nil, nan}, {[]float64{3, 1, 2}, 2}, {[]float64{nan, 1, nan}, inf}, {[]float64{2, 1}, 2}} {
		name := fmt.Sprint(test.x)
		if got := median(test.x); got != test.want && !(math.IsNaN(got) && math.IsNaN(test.want)) {
			t.Errorf("median of %s is %v, want %v", name, got, test.want)
		}
	}
}

func TestEndings(t *testing.T) {
	var p Played
	for _, x := range []struct {
		truth float64
		side  int
	}{{0.8, -1}, {0.8, 1}, {0.8, 0}, {1.2, 1}, {1.2, -1}, {1, 1}, {1, -1}, {1, 0}} {
		p.end(x.truth, ending{side: x.side, spend: 2, held: x.side != 1})
	}
	want := Played{Wrong: Share{4, 8}, Right: Share{2, 8}, Missed: Share{3, 8}, Spend: 16}
	if p != want {
		t.Errorf("%+v, want %+v", p, want)
	}
}
