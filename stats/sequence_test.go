package stats_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/stats"
)

type sequenceVectors struct {
	Bounds []struct {
		Looks []int
		Z, P  []number
	}
	Ahead []struct {
		Z, SE     float64
		Looks     []int
		Look      int
		Tau       *float64
		Predicted []number
		Chance    number
		Rounds    number
	}
	Needed []struct {
		Trials         int
		SE, Gap, Power float64
		Rounds         number
	}
	Comparisons []struct {
		Name    string
		Looks   []int
		Verdict string
		Steps   []struct {
			Trials                               int
			T, DF, SE, P, Critical, Z, Low, High number
			Chance, Rounds                       *number
		}
		Tasks []struct{ Base, Head [][2]float64 }
	}
}

func readSequenceVectors(t *testing.T) sequenceVectors {
	t.Helper()
	b, err := os.ReadFile("testdata/sequence.json")
	if err != nil {
		t.Fatal(err)
	}
	var v sequenceVectors
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// sequence makes a sequence of a rule that is known to be good.
func sequence(t *testing.T, r stats.Rule) *stats.Sequence {
	t.Helper()
	s, err := stats.NewSequence(r)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestBoundVectors(t *testing.T) {
	v := readSequenceVectors(t)
	if len(v.Bounds) != 6 {
		t.Fatalf("read %d schedules, want 6", len(v.Bounds))
	}
	for _, x := range v.Bounds {
		got := sequence(t, stats.DefaultRule(x.Looks)).Bounds()
		if len(got) != len(x.Looks) {
			t.Fatalf("%v: %d bounds", x.Looks, len(got))
		}
		for i, b := range got {
			if b.Trials != x.Looks[i] {
				t.Errorf("%v: bound %d is after %d trials", x.Looks, i, b.Trials)
			}
			expect(t, fmt.Sprintf("%v: Z of look %d", x.Looks, i), b.Z, x.Z[i])
			expect(t, fmt.Sprintf("%v: P of look %d", x.Looks, i), b.P, x.P[i])
		}
	}
}

func TestAheadVectors(t *testing.T) {
	v := readSequenceVectors(t)
	if len(v.Ahead) != 4 || len(v.Needed) != 3 {
		t.Fatalf("read %d and %d vectors, want 4 and 3", len(v.Ahead), len(v.Needed))
	}
	for i, x := range v.Ahead {
		r := stats.DefaultRule(x.Looks)
		r.Tau = math.Inf(1)
		if x.Tau != nil {
			r.Tau = *x.Tau
		}
		s := sequence(t, r)
		var later []float64
		for _, n := range x.Looks[x.Look+1:] {
			later = append(later, x.SE*math.Sqrt(float64(x.Looks[x.Look])/float64(n)))
		}
		got := s.Predict(x.Look, x.Z, x.SE, later)
		if len(got) != len(x.Predicted) {
			t.Fatalf("vector %d: %d predictions, want %d", i, len(got), len(x.Predicted))
		}
		for j, p := range got {
			expect(t, fmt.Sprintf("vector %d: prediction %d", i, j), p, x.Predicted[j])
		}
		// The test whose normal score is z, with so many degrees of freedom that t and z are one.
		step := s.At(x.Look, stats.Test{T: x.Z, P: 2 * stats.NormalCDF(-math.Abs(x.Z))}, math.Inf(1), x.SE)
		expect(t, fmt.Sprintf("vector %d: Chance", i), step.Chance, x.Chance)
		expect(t, fmt.Sprintf("vector %d: Rounds", i), step.Rounds, x.Rounds)
	}
	for _, x := range v.Needed {
		expect(t, fmt.Sprintf("RoundsNeeded(%d)", x.Trials), stats.RoundsNeeded(x.Trials, x.SE, x.Gap, x.Power), x.Rounds)
	}
}

// TestWholeComparisons runs three recorded comparisons look by look, from their trials to how they end.
func TestWholeComparisons(t *testing.T) {
	v := readSequenceVectors(t)
	if len(v.Comparisons) != 3 {
		t.Fatalf("read %d comparisons, want 3", len(v.Comparisons))
	}
	for _, x := range v.Comparisons {
		t.Run(x.Name, func(t *testing.T) {
			s := sequence(t, stats.DefaultRule(x.Looks))
			for look := range x.Looks {
				var base, head []stats.Cell
				for _, task := range x.Tasks {
					base = append(base, cell(task.Base[:x.Looks[look]]...))
					head = append(head, cell(task.Head[:x.Looks[look]]...))
				}
				c, err := stats.CompareSuite(base, head)
				if err != nil {
					t.Fatal(err)
				}
				test := c.Test(1)
				step := s.At(look, test, c.DF, c.SE)
				want := x.Steps[look]
				if step.Trials != want.Trials || step.Look != look || step.Last != (look == len(x.Looks)-1) {
					t.Fatalf("step %+v, want %+v", step, want)
				}
				for what, pair := range map[string][2]number{
					"T": {number(test.T), want.T}, "DF": {number(c.DF), want.DF}, "SE": {number(c.SE), want.SE}, "P": {number(step.P), want.P},
					"critical": {number(stats.TQuantileUpper(step.P/2, c.DF)), want.Critical}, "Z": {number(step.Z), want.Z},
				} {
					expect(t, fmt.Sprintf("look %d: %s", look, what), float64(pair[0]), pair[1])
				}
				expectInterval(t, fmt.Sprintf("look %d: repeated interval", look), c.Interval(step.Confidence), want.Low, want.High)
				if want.Chance != nil {
					expect(t, fmt.Sprintf("look %d: Chance", look), step.Chance, *want.Chance)
					expect(t, fmt.Sprintf("look %d: Rounds", look), step.Rounds, *want.Rounds)
				}
				if last := look == len(x.Steps)-1; step.Done() != last {
					t.Fatalf("look %d: %+v; want it to end after look %d", look, step, len(x.Steps)-1)
				}
				if step.Done() {
					if got := ending(step, test); got != x.Verdict {
						t.Errorf("ended %s, want %s", got, x.Verdict)
					}
					return
				}
			}
		})
	}
}

// ending names how a sequence ended.
func ending(s stats.Step, test stats.Test) string {
	switch {
	case s.Crossed && test.T < 0:
		return "switch"
	case s.Crossed:
		return "dont-switch"
	case s.Futile:
		return "inconclusive-futile"
	}
	return "inconclusive"
}

// The first look is a single test at its share of alpha; the others cost more than the nested looks save.
func TestBoundsSpendAlpha(t *testing.T) {
	for _, looks := range [][]int{{1}, {2, 3}, {2, 3, 5, 8, 13, 20, 32, 52, 84}, {7, 8, 9, 10, 11}} {
		for _, alpha := range []float64{0.05, 0.01, 0.0025, 0.4} {
			r := stats.DefaultRule(looks)
			r.Alpha = alpha
			bounds := sequence(t, r).Bounds()
			// The first boundary is that of a single test at its share of alpha.
			first := alpha * float64(looks[0]) / float64(looks[len(looks)-1])
			if !same(bounds[0].P, first, 1e-9) {
				t.Errorf("%v at %v: first P is %v, want %v", looks, alpha, bounds[0].P, first)
			}
			sum := 0.0
			for i, b := range bounds {
				if !same(b.P, 2*stats.NormalCDF(-b.Z), 1e-12) || b.P > alpha+1e-9 {
					t.Errorf("%v at %v: bound %d is %+v", looks, alpha, i, b)
				}
				sum += b.P
			}
			if sum < alpha-1e-9 {
				t.Errorf("%v at %v: nominal levels add up to %v, want at least alpha: tests at nested looks are correlated", looks, alpha, sum)
			}
		}
	}
}

func TestRulesThatAreNone(t *testing.T) {
	good := stats.DefaultRule([]int{2, 3, 5})
	tests := map[string]func(*stats.Rule){
		"no looks":          func(r *stats.Rule) { r.Looks = nil },
		"a look at nothing": func(r *stats.Rule) { r.Looks = []int{0, 2} },
		"a look twice":      func(r *stats.Rule) { r.Looks = []int{2, 2, 3} },
		"looks going back":  func(r *stats.Rule) { r.Looks = []int{3, 2} },
		"too many looks": func(r *stats.Rule) {
			r.Looks = make([]int, 201)
			for i := range r.Looks {
				r.Looks[i] = i + 1
			}
		},
		"no error":           func(r *stats.Rule) { r.Alpha = 0 },
		"an error of 1":      func(r *stats.Rule) { r.Alpha = 1 },
		"an error of NaN":    func(r *stats.Rule) { r.Alpha = math.NaN() },
		"negative futility":  func(r *stats.Rule) { r.Futility = -0.1 },
		"futility above 1":   func(r *stats.Rule) { r.Futility = 1.1 },
		"futility of NaN":    func(r *stats.Rule) { r.Futility = math.NaN() },
		"no expected spread": func(r *stats.Rule) { r.Tau = 0 },
		"spread of NaN":      func(r *stats.Rule) { r.Tau = math.NaN() },
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			r := good
			spoil(&r)
			if _, err := stats.NewSequence(r); !errors.Is(err, stats.ErrRule) {
				t.Errorf("error %v, want ErrRule", err)
			}
		})
	}
	if _, err := stats.NewSequence(good); err != nil {
		t.Error(err)
	}
}

func TestSequenceKeepsItsRule(t *testing.T) {
	looks := []int{2, 3, 5}
	s := sequence(t, stats.DefaultRule(looks))
	looks[0] = 1
	got := s.Rule()
	if want := (stats.Rule{Looks: []int{2, 3, 5}, Alpha: 0.05, Futility: 0.2, Tau: 0.7}); !cmp.Equal(got, want) {
		t.Errorf("rule: %s", cmp.Diff(want, got))
	}
	got.Looks[1] = 4
	s.Bounds()[0].Trials = 9
	if s.Rule().Looks[1] != 3 || s.Bounds()[0].Trials != 2 {
		t.Error("a caller can change the sequence")
	}
	for trials, want := range map[int]int{0: -1, 1: -1, 2: 0, 3: 1, 4: 1, 5: 2, 99: 2} {
		if got := s.Look(trials); got != want {
			t.Errorf("Look(%d) = %d, want %d", trials, got, want)
		}
	}
}

// Nothing that is unknown crosses, and nothing that may still come out is futile.
func TestStepsOfTheUnknown(t *testing.T) {
	s := sequence(t, stats.DefaultRule([]int{2, 3, 5}))
	nan, inf := math.NaN(), math.Inf(1)
	sure := stats.Test{T: -9, P: 1e-12}
	tests := []struct {
		name    string
		test    stats.Test
		df, se  float64
		crossed bool
	}{
		{"nothing concluded", stats.Test{T: 0, P: 1}, 12, inf, false},
		{"no df", sure, 0, 0.3, false},
		{"df NaN", sure, nan, 0.3, false},
		{"T NaN", stats.Test{T: nan, P: 1e-12}, 12, 0.3, false},
		{"P NaN", stats.Test{T: -9, P: nan}, 12, 0.3, false},
		{"P below 0", stats.Test{T: -9, P: -1}, 12, 0.3, false},
		{"a zero test", stats.Test{}, 12, 0.3, false},
		{"SE unknown", stats.Test{T: -1, P: 0.3}, 12, nan, false},
		{"SE 0", stats.Test{T: -1, P: 0.3}, 12, 0, false},
		{"SE unknown, but a clear test", sure, 12, nan, true},
		{"P 0", stats.Test{T: math.Inf(-1), P: 0}, 12, 0.1, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			first := s.At(0, test.test, test.df, test.se)
			if first.Crossed != test.crossed || first.Futile || first.Last {
				t.Errorf("first look %+v", first)
			}
			if !test.crossed && (!math.IsNaN(first.Chance) || first.Rounds != 3) {
				t.Errorf("first look %+v, want an unknown chance and the 3 rounds that are left", first)
			}
			last := s.At(2, test.test, test.df, test.se)
			if last.Crossed != test.crossed || !last.Last || last.Futile || last.Rounds != 0 || last.Chance != 0 && !test.crossed {
				t.Errorf("last look %+v", last)
			}
		})
	}
	for _, look := range []int{-1, 3} {
		if got := s.At(look, sure, 12, 0.1); got.Done() || got.Confidence != 1 || !math.IsNaN(got.Chance) {
			t.Errorf("At(%d) = %+v, want no answer", look, got)
		}
		if got := s.Predict(look, 1, 1, nil); got != nil {
			t.Errorf("Predict(%d) = %v, want nothing", look, got)
		}
	}
	if got := s.AtPlanned(0, stats.Test{T: -1, P: 0.3}, 12, 0.3, nil); !math.IsNaN(got.Chance) || got.Futile {
		t.Errorf("without a plan: %+v, want an unknown chance", got)
	}
}

// Futility is a comparison of the chance with the rule's, and 0 switches it off.
func TestFutility(t *testing.T) {
	looks := []int{2, 3, 5, 8}
	on, off := stats.DefaultRule(looks), stats.DefaultRule(looks)
	off.Futility = 0
	level := stats.Test{T: 0.01, P: 0.99}
	a, b := sequence(t, on).At(2, level, 50, 0.1), sequence(t, off).At(2, level, 50, 0.1)
	if !a.Futile || b.Futile || a.Chance != b.Chance || a.Chance <= 0 || a.Chance >= 0.2 {
		t.Errorf("with futility %+v, without %+v", a, b)
	}
	if wide := sequence(t, on).At(0, level, 20, 3); wide.Futile && wide.Chance >= 0.2 {
		t.Errorf("%+v", wide)
	}
}

// A base whose trials are stored does not gain from more rounds: the chance of a verdict is smaller than when both do.
func TestStoredBaseGrowsSlower(t *testing.T) {
	s := sequence(t, stats.DefaultRule([]int{2, 3, 5, 8}))
	base, head := stats.Estimate{LogVar: 0.02}, stats.Estimate{LogVar: 0.12}
	se := math.Sqrt(base.LogVar + head.LogVar)
	var later []float64
	for _, n := range []float64{3, 5, 8} {
		later = append(later, stats.StoredSE(base, head, 12, 12, 2, n))
	}
	if want := math.Sqrt(0.02 + 0.12/4); !same(later[2], want, 1e-12) {
		t.Errorf("SE at the cap %v, want %v", later[2], want)
	}
	test := stats.Test{T: -1.2, P: 0.25}
	stored, fresh := s.AtPlanned(0, test, 20, se, later), s.At(0, test, 20, se)
	if !(stored.Chance < fresh.Chance && stored.Chance > 0) || stored.Crossed != fresh.Crossed || stored.Z != fresh.Z {
		t.Errorf("stored %+v, fresh %+v", stored, fresh)
	}
	if got := stats.StoredSE(base, head, 0, 1, 1, 1); !math.IsNaN(got) {
		t.Errorf("from no trials: %v, want NaN", got)
	}
}

func TestSpent(t *testing.T) {
	s := sequence(t, stats.DefaultRule([]int{2, 3, 5, 8}))
	for look, want := range map[int]float64{-1: 0, 0: 0.0125, 1: 0.01875, 2: 0.03125, 3: 0.05, 4: 0.05} {
		if got := s.Spent(look); !same(got, want, 1e-15) {
			t.Errorf("Spent(%d) = %v, want %v", look, got, want)
		}
	}
}

// The forecast is what comes of changes that spread as the rule expects: it counts on the best look alone for the
// chance of a verdict, so that a little more is reached, with a little fewer trials.
func TestForecast(t *testing.T) {
	s := sequence(t, stats.DefaultRule([]int{2, 3, 5, 8, 13, 20}))
	bounds := s.Bounds()
	for _, unit := range []float64{0.02, 0.15, 0.6} { // variance of the log ratio with one trial of each task
		var se []float64
		for _, b := range bounds {
			se = append(se, math.Sqrt(unit/float64(b.Trials)))
		}
		r := rand.New(rand.NewPCG(31, 32))
		const n = 20000
		verdicts, rounds := 0.0, 0.0
		for range n {
			gap, sum, done := 0.7*r.NormFloat64(), 0.0, 0
			for i, b := range bounds {
				for ; done < b.Trials; done++ {
					sum += gap + math.Sqrt(unit)*r.NormFloat64()
				}
				crossed := math.Abs(sum/math.Sqrt(float64(done)*unit)) >= b.Z
				if crossed || i == len(bounds)-1 {
					rounds += float64(done) / n
					if crossed {
						verdicts += 1.0 / n
					}
					break
				}
			}
		}
		chance, expected := s.Forecast(se)
		if chance > verdicts+0.01 || chance < verdicts-0.03 || expected < rounds-0.15 || expected > rounds+1 {
			t.Errorf("variance %v: forecast %v in %v rounds, came %v in %v", unit, chance, expected, verdicts, rounds)
		}
	}
	nan := math.NaN()
	for name, se := range map[string][]float64{"too few": {0.1}, "none": nil, "NaN": {0.1, 0.1, 0.1, 0.1, 0.1, nan}, "0": {0, 0.1, 0.1, 0.1, 0.1, 0.1}} {
		if chance, rounds := s.Forecast(se); !math.IsNaN(chance) || rounds != 20 {
			t.Errorf("%s: %v in %v rounds, want nothing said and the cap", name, chance, rounds)
		}
	}
	inf := math.Inf(1)
	if chance, rounds := s.Forecast([]float64{inf, inf, inf, inf, inf, inf}); !(chance < 0.05) || rounds < 19 {
		t.Errorf("trials that tell nothing: %v in %v rounds", chance, rounds)
	}
}

func TestReservedAlpha(t *testing.T) {
	sum := 0.0
	for j := range 60 {
		sum += stats.ReservedAlpha(0.05, j)
	}
	if sum > 0.05+1e-15 || sum < 0.05-1e-12 {
		t.Errorf("a test and its extensions spend %v, want 0.05", sum)
	}
	if a, b := stats.ReservedAlpha(0.05, 0), stats.ReservedAlpha(0.05, 1); !same(a, 0.045, 1e-12) || !same(b, 0.0025, 1e-12) || stats.ReservedAlpha(0.05, -1) != 0 {
		t.Errorf("the test spends %v and its first extension %v, want 0.045 and 0.0025", a, b)
	}
}

func TestSchedule(t *testing.T) {
	tests := []struct {
		tasks, most int
		want        []int
	}{
		{10, 20, []int{2, 3, 5, 8, 13, 20}}, {5, 20, []int{3, 5, 8, 13, 20}}, {9, 20, []int{3, 5, 8, 13, 20}}, {4, 20, []int{5, 8, 13, 20}},
		{3, 20, []int{5, 8, 13, 20}}, {2, 20, []int{5, 8, 13, 20}}, {1, 20, []int{8, 13, 20}}, {1, 6, []int{6}}, {1, 9, []int{9}},
		{40, 20, []int{2, 3, 5, 8}}, {39, 20, []int{2, 3, 5, 8, 13, 20}}, {1000, 5, []int{2, 3, 5}},
		{10, 2, []int{2}}, {10, 3, []int{2, 3}}, {10, 4, []int{2, 3, 4}}, {10, 6, []int{2, 3, 6}}, {10, 7, []int{2, 3, 5, 7}},
		{10, 9, []int{2, 3, 5, 9}}, {10, 10, []int{2, 3, 5, 8, 10}}, {6, 3, []int{3}}, {3, 5, []int{5}}, {3, 6, []int{6}},
		{12, 100, []int{2, 3, 5, 8, 13, 20, 32, 52, 100}}, {12, 105, []int{2, 3, 5, 8, 13, 20, 32, 52, 84, 105}},
		{12, 140, []int{2, 3, 5, 8, 13, 20, 32, 52, 84, 140}},
	}
	for _, test := range tests {
		got, err := stats.Schedule(test.tasks, test.most)
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("Schedule(%d, %d) = %v, %v; want %v", test.tasks, test.most, got, err, test.want)
		}
	}
}

// What Schedule refuses names what would do, and what would do is not refused.
func TestScheduleNamesWhatWouldDo(t *testing.T) {
	for tasks := 1; tasks <= 60; tasks++ {
		least := stats.LeastTrials(tasks)
		if tasks*(least-1) < 5 {
			t.Errorf("%d tasks: %d trials leave fewer than 5 degrees of freedom", tasks, least)
		}
		looks, err := stats.Schedule(tasks, least)
		if err != nil || !slices.Equal(looks, []int{least}) {
			t.Errorf("Schedule(%d, %d) = %v, %v; want one look", tasks, least, looks, err)
		}
		_, err = stats.Schedule(tasks, least-1)
		if want := fmt.Sprintf("%d would do", least); !errors.Is(err, stats.ErrTooFew) || !strings.Contains(err.Error(), want) {
			t.Errorf("Schedule(%d, %d): %v, want ErrTooFew and %q", tasks, least-1, err, want)
		}
	}
	for _, tasks := range []int{0, -3} {
		if _, err := stats.Schedule(tasks, 20); !errors.Is(err, stats.ErrTooFew) || stats.LeastTrials(tasks) != 0 {
			t.Errorf("%d tasks: %v", tasks, err)
		}
	}
	if looks, err := stats.Schedule(12, math.MaxInt); err != nil || looks[len(looks)-1] != math.MaxInt || len(looks) > 100 {
		t.Errorf("%d looks, %v; want a schedule without end", len(looks), err)
	}
}

func TestResolvable(t *testing.T) {
	one := sequence(t, stats.Rule{Looks: []int{10}, Alpha: 0.05, Tau: 1})
	// The fixed design of 10 trials, measured after 10: exp((t + 0.8416) SE).
	want := math.Exp((stats.TQuantileUpper(0.025, 54) + stats.NormalQuantile(0.8)) * 0.2)
	if got := one.Resolvable(10, 0.2, 54); !same(got, want, 1e-9) {
		t.Errorf("Resolvable = %v, want %v", got, want)
	}
	if got := stats.Detectable(0.95, 0.2, 54); !same(got, want, 1e-12) {
		t.Errorf("Detectable = %v, want %v", got, want)
	}
	many := sequence(t, stats.DefaultRule([]int{2, 3, 5, 8, 13, 20}))
	early, late := many.Resolvable(2, 0.4, 12), many.Resolvable(20, 0.4, 12*19)
	if !(early > 1 && early < late) {
		t.Errorf("measured after 2 trials %v, after 20 %v; the same SE is worth more when more trials are to come", early, late)
	}
	for name, got := range map[string]float64{
		"no trials": many.Resolvable(0, 0.4, 12), "no df": many.Resolvable(2, 0.4, 0), "SE NaN": many.Resolvable(2, math.NaN(), 12),
		"SE unknown": many.Resolvable(2, math.Inf(1), 12), "one trial is all there is": sequence(t, stats.DefaultRule([]int{1})).Resolvable(2, 0.4, 12),
		"sure of everything": stats.Detectable(1, 0.4, 12),
	} {
		if !math.IsInf(got, 1) {
			t.Errorf("%s: %v, want +Inf", name, got)
		}
	}
}

func TestRoundsNeededOfNoQuestion(t *testing.T) {
	if got := stats.RoundsNeeded(3, 0.4, 0, 0.8); !math.IsInf(got, 1) {
		t.Errorf("at the threshold: %v, want +Inf", got)
	}
	nan := math.NaN()
	for _, x := range []struct{ se, gap, power float64 }{{nan, 1, 0.8}, {-1, 1, 0.8}, {math.Inf(1), 1, 0.8}, {0.4, nan, 0.8}, {0.4, 1, 0}, {0.4, 1, 1}, {0.4, 1, nan}} {
		if got := stats.RoundsNeeded(3, x.se, x.gap, x.power); !math.IsNaN(got) {
			t.Errorf("RoundsNeeded(%+v) = %v, want NaN", x, got)
		}
	}
	if got := stats.RoundsNeeded(0, 0.4, 1, 0.8); !math.IsNaN(got) {
		t.Errorf("after no trials: %v, want NaN", got)
	}
}

func FuzzSequence(f *testing.F) {
	f.Add([]byte{2, 1, 2, 3}, 0.05, 0.2, 0.7, -1.9, 20.0, 0.4)
	f.Add([]byte{1}, 0.5, 0.0, math.Inf(1), 0.0, 1.0, math.Inf(1))
	f.Add([]byte{200, 1, 1}, 1e-12, 1.0, 1e-9, 40.0, 0.5, 1e-9)
	f.Fuzz(func(t *testing.T, steps []byte, alpha, futility, tau, score, df, se float64) {
		if len(steps) > 12 {
			return
		}
		var looks []int
		n := 0
		for _, b := range steps {
			n += int(b)
			looks = append(looks, n)
		}
		s, err := stats.NewSequence(stats.Rule{Looks: looks, Alpha: alpha, Futility: futility, Tau: tau})
		if err != nil {
			return
		}
		test := stats.Test{T: score, P: 2 * stats.TUpper(math.Abs(score), df)}
		for look, b := range s.Bounds() {
			if !(b.P >= 0 && b.P <= alpha*(1+1e-6)+1e-12) || math.IsNaN(b.Z) {
				t.Errorf("bound %+v of alpha %v", b, alpha)
			}
			step := s.At(look, test, df, se)
			if step.Crossed && (math.IsNaN(score) || score == 0) || step.Futile && (step.Last || !(step.Chance < futility)) {
				t.Errorf("%+v for a score of %v", step, score)
			}
			if !(step.Chance >= 0 && step.Chance <= 1+1e-12) && !math.IsNaN(step.Chance) || !(step.Rounds >= 0 && step.Rounds <= float64(n)) {
				t.Errorf("%+v", step)
			}
			if r := s.Resolvable(b.Trials, se, df); !(r >= 1) {
				t.Errorf("Resolvable = %v", r)
			}
		}
	})
}
