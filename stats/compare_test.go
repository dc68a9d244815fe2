package stats_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/pertask/pertask/stats"
)

// drawn is a made-up comparison: tasks of different size, trials of different number.
func drawn(r *rand.Rand, tasks int, ratio float64) (base, head []stats.Cell) {
	for range tasks {
		size, rate := math.Exp(r.NormFloat64()), 0.5+r.Float64()/2
		base = append(base, fold(trials(r, 2+r.IntN(4), size, rate)))
		head = append(head, fold(trials(r, 2+r.IntN(4), size*ratio, rate)))
	}
	return base, head
}

func TestSwappingTheArmsInvertsTheRatio(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 100 {
		base, head := drawn(r, 6, 0.7)
		s, _ := stats.CompareSuite(base, head)
		swapped, _ := stats.CompareSuite(head, base)
		expectInverse(t, "suite", s.Ratio, swapped.Ratio, s.Interval(0.95), swapped.Interval(0.95))
		if got, want := swapped.Test(0.5), s.Test(2); !same(got.T, -want.T, 1e-9) || !same(got.P, want.P, 1e-9) {
			t.Errorf("swapped test at 1/2 is %+v, want the opposite of %+v", got, want)
		}
		p, _ := stats.ComparePopulation(base, head)
		q, _ := stats.ComparePopulation(head, base)
		expectInverse(t, "population", p.Ratio, q.Ratio, p.Interval(0.95), q.Interval(0.95))
	}
}

func expectInverse(t *testing.T, scope string, ratio, swapped float64, i, j stats.Interval) {
	t.Helper()
	if !same(swapped, 1/ratio, 1e-9) || !same(j.Low, 1/i.High, 1e-9) || !same(j.High, 1/i.Low, 1e-9) {
		t.Errorf("%s: swapped %v %+v, want the inverse of %v %+v", scope, swapped, j, ratio, i)
	}
}

func TestScalingTheCostsLeavesTheRatio(t *testing.T) {
	for _, scale := range []float64{1e-40, 0.001, 3, 1e40} {
		draw := func(by float64) (base, head []stats.Cell) {
			r := rand.New(rand.NewPCG(9, 10))
			for range 5 {
				for _, arm := range []*[]stats.Cell{&base, &head} {
					o := trials(r, 3, 1, 0.7)
					for i := range o {
						o[i].Cost *= by
					}
					*arm = append(*arm, fold(o))
				}
			}
			return base, head
		}
		base, head := draw(1)
		want, _ := stats.CompareSuite(base, head)
		wantTasks, _ := stats.ComparePopulation(base, head)
		base, head = draw(scale)
		got, _ := stats.CompareSuite(base, head)
		gotTasks, _ := stats.ComparePopulation(base, head)
		i, j := got.Interval(0.95), want.Interval(0.95)
		k, l := gotTasks.Interval(0.95), wantTasks.Interval(0.95)
		for n, pair := range [][2]float64{
			{got.Ratio, want.Ratio}, {got.SE, want.SE}, {got.DF, want.DF}, {i.Low, j.Low}, {i.High, j.High},
			{gotTasks.Ratio, wantTasks.Ratio}, {gotTasks.SE, wantTasks.SE}, {gotTasks.KEff, wantTasks.KEff}, {k.Low, l.Low}, {k.High, l.High},
		} {
			if !same(pair[0], pair[1], 1e-9) {
				t.Errorf("scaled by %v: number %d is %v, want %v", scale, n, pair[0], pair[1])
			}
		}
	}
}

func TestIntervalIsWhatTheTestDoesNotReject(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for range 50 {
		base, head := drawn(r, 6, 1.4)
		s, _ := stats.CompareSuite(base, head)
		p, _ := stats.ComparePopulation(base, head)
		for _, confidence := range []float64{0.5, 0.95, 0.999} {
			for scope, c := range map[string]struct {
				stats.Interval
				test func(float64) stats.Test
			}{"suite": {s.Interval(confidence), s.Test}, "population": {p.Interval(confidence), p.Test}} {
				for _, end := range []float64{c.Low, c.High} {
					if end == 0 || math.IsInf(end, 1) {
						continue
					}
					if got := c.test(end).P; !same(got, 1-confidence, 1e-8) {
						t.Errorf("%s, %v: P at the end %v is %v, want %v", scope, confidence, end, got, 1-confidence)
					}
				}
			}
		}
	}
}

// With arms that do not differ, a 95 % interval leaves out 1 in at most some 5 % of comparisons. The bounds are
// wide enough for 1,000 draws, and narrow enough to notice a method that reads its variances wrong.
func TestCoverageWithoutADifference(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	const runs = 1000
	var suite, population, completion int
	for range runs {
		var base, head []stats.Cell
		for range 10 {
			size, rate := math.Exp(0.5*r.NormFloat64()), 0.6+0.4*r.Float64()
			base = append(base, fold(trials(r, 3, size, rate)))
			head = append(head, fold(trials(r, 3, size, rate)))
		}
		s, _ := stats.CompareSuite(base, head)
		p, _ := stats.ComparePopulation(base, head)
		d, _ := stats.CompletionDifference(base, head)
		count(&suite, s.Interval(0.95), 1)
		count(&population, p.Interval(0.95), 1)
		count(&completion, d.Interval(0.95), 0)
	}
	for name, n := range map[string]int{"suite": suite, "population": population, "completion": completion} {
		if share := float64(n) / runs; share < 0.93 || share > 0.995 {
			t.Errorf("%s: %v of the intervals hold the truth, want 0.95 or a little more", name, share)
		}
	}
}

func count(n *int, i stats.Interval, truth float64) {
	if i.Low <= truth && truth <= i.High {
		*n++
	}
}

func TestNoCompletedTrials(t *testing.T) {
	none := []stats.Cell{cell([2]float64{1, 0}, [2]float64{2, 0}), cell([2]float64{3, 0}, [2]float64{4, 0})}
	some := []stats.Cell{cell([2]float64{1, 1}, [2]float64{2, 1}), cell([2]float64{3, 1}, [2]float64{4, 0})}
	tests := []struct {
		name       string
		base, head []stats.Cell
		ratio      float64
	}{
		{"head", some, none, math.Inf(1)}, {"base", none, some, 0}, {"both", none, none, math.NaN()},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, err := stats.CompareSuite(test.base, test.head)
			if err != nil {
				t.Fatal(err)
			}
			if !same(s.Ratio, test.ratio, 0) {
				t.Errorf("Ratio = %v, want %v", s.Ratio, test.ratio)
			}
			i := s.Interval(0.95)
			if i.Low < 0 || !math.IsInf(i.High, 1) && test.name != "base" || math.IsNaN(i.High) {
				t.Errorf("interval %+v", i)
			}
			got := s.Test(1)
			if math.IsNaN(got.T) || test.name == "both" && got != (stats.Test{T: 0, P: 1}) {
				t.Errorf("Test(1) = %+v", got)
			}
			p, _ := stats.ComparePopulation(test.base, test.head)
			if !p.Undefined || p.Test(1) != (stats.Test{T: 0, P: 1}) || p.Interval(0.95) != (stats.Interval{High: math.Inf(1)}) {
				t.Errorf("population %+v, test %+v, interval %+v; want no statement", p, p.Test(1), p.Interval(0.95))
			}
		})
	}
}

func TestArmWithoutCost(t *testing.T) {
	free := []stats.Cell{cell([2]float64{0, 1}, [2]float64{0, 0}), cell([2]float64{0, 1}, [2]float64{0, 1})}
	paid := []stats.Cell{cell([2]float64{1, 1}, [2]float64{2, 0}), cell([2]float64{2, 1}, [2]float64{3, 1})}
	for name, arms := range map[string][2][]stats.Cell{"base": {free, paid}, "head": {paid, free}, "both": {free, free}} {
		t.Run(name, func(t *testing.T) {
			s, err := stats.CompareSuite(arms[0], arms[1])
			if err != nil {
				t.Fatal(err)
			}
			if !s.Undefined || s.Test(1) != (stats.Test{T: 0, P: 1}) || s.Interval(0.95) != (stats.Interval{High: math.Inf(1)}) {
				t.Errorf("suite %+v, want Undefined and no statement", s)
			}
			p, err := stats.ComparePopulation(arms[0], arms[1])
			if err != nil || !p.Undefined || p.KEff != 1 || p.DF != 1 {
				t.Errorf("population %+v, %v; want Undefined with one effective task", p, err)
			}
			b, err := stats.NetBenefit(arms[0], arms[1], 2)
			if err != nil || math.IsNaN(b.Estimate+b.SE+b.DF+b.Accept) || !math.IsNaN(b.BreakEven) {
				t.Errorf("benefit %+v, %v; want numbers and no break-even, as both complete alike", b, err)
			}
		})
	}
}

func TestTaskWithoutCost(t *testing.T) {
	base := []stats.Cell{cell([2]float64{0, 1}, [2]float64{0, 0}), cell([2]float64{1, 1}, [2]float64{2, 0}), cell([2]float64{1, 1}, [2]float64{1, 1})}
	s, err := stats.CompareSuite(base, base)
	if err != nil || s.Ratio != 1 || s.Undefined {
		t.Fatalf("%+v, %v; want a ratio of 1", s, err)
	}
	if i := s.Interval(0.95); !(i.Low < 1 && i.High > 1) || s.Test(1).T != 0 {
		t.Errorf("interval %+v, test %+v; want 1 inside", i, s.Test(1))
	}
}

func TestQuestionsWithoutAnswer(t *testing.T) {
	base, head := drawn(rand.New(rand.NewPCG(15, 16)), 5, 0.5)
	s, _ := stats.CompareSuite(base, head)
	p, _ := stats.ComparePopulation(base, head)
	d, _ := stats.CompletionDifference(base, head)
	for _, r0 := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		if got, want := s.Test(r0), (stats.Test{T: 0, P: 1}); got != want || p.Test(r0) != want {
			t.Errorf("Test(%v) = %+v and %+v, want %+v", r0, got, p.Test(r0), want)
		}
	}
	for _, confidence := range []float64{0, -1, 1, 2, math.NaN()} {
		if got, want := s.Interval(confidence), (stats.Interval{High: math.Inf(1)}); got != want || p.Interval(confidence) != want {
			t.Errorf("Interval(%v) = %+v and %+v, want %+v", confidence, got, p.Interval(confidence), want)
		}
		if got := d.Interval(confidence); !math.IsInf(got.Low, -1) || !math.IsInf(got.High, 1) {
			t.Errorf("the difference's Interval(%v) = %+v, want it unbounded", confidence, got)
		}
	}
}

func FuzzCompare(f *testing.F) {
	f.Add([]byte{2, 2, 2, 1, 3, 0, 4, 1, 9, 0}, 1.0, 0.95, 0.5)
	f.Add([]byte{1, 1, 1, 0}, 0.0, 1e-300, 1e20)
	f.Add([]byte{3, 1, 4, 255, 0, 0, 1, 7, 1, 250, 0, 9, 9}, math.Inf(1), 0.999999999, 1e-20)
	f.Fuzz(func(t *testing.T, data []byte, r0, confidence, unit float64) {
		base, head := fuzzArms(data, unit)
		if s, err := stats.CompareSuite(base, head); err == nil {
			checkRatio(t, s.Ratio, s.Interval(confidence), s.Test(r0))
			if math.IsNaN(s.SE) || math.IsNaN(s.DF) || s.Base.LogVar < 0 || s.Head.LogVar < 0 {
				t.Errorf("suite %+v", s)
			}
		}
		if p, err := stats.ComparePopulation(base, head); err == nil {
			checkRatio(t, p.Ratio, p.Interval(confidence), p.Test(r0))
			if math.IsNaN(p.SE) || p.DF < 1 || p.KEff < 1-1e-9 || p.KEff > float64(len(base))+1e-9 {
				t.Errorf("population %+v", p)
			}
		}
		for _, compare := range []func(b, h []stats.Cell) (stats.Difference, error){stats.CompletionDifference, stats.PopulationCompletionDifference} {
			if d, err := compare(base, head); err == nil {
				if i := d.Interval(confidence); !(i.Low <= d.Estimate && d.Estimate <= i.High) || math.Abs(d.Estimate) > 1 {
					t.Errorf("difference %+v with interval %+v", d, i)
				}
			}
		}
		if b, err := stats.NetBenefit(base, head, r0); err == nil && !(b.Accept >= 0 && b.Accept <= 1) {
			t.Errorf("benefit %+v", b)
		}
	})
}

// fuzzArms makes two arms of the same shape from bytes: the number of tasks, then for each trial whether the cell
// goes on, whether it completed, and its cost in powers of two of the unit.
func fuzzArms(data []byte, unit float64) (base, head []stats.Cell) {
	if len(data) == 0 {
		return nil, nil
	}
	tasks := int(data[0]) % 7
	data = data[1:]
	next := func() stats.Cell {
		var c stats.Cell
		for len(data) > 0 {
			b := data[0]
			data = data[1:]
			o := stats.Obs{Cost: math.Ldexp(unit, int(b>>2&31)-16), Completed: b&1 == 1}
			if b>>2 == 63 {
				o.Cost = 0
			}
			c.Add(o)
			if b&2 == 0 {
				break
			}
		}
		return c
	}
	for range tasks {
		base = append(base, next())
		head = append(head, next())
	}
	return base, head
}

func checkRatio(t *testing.T, ratio float64, i stats.Interval, test stats.Test) {
	t.Helper()
	if !(i.Low >= 0 && i.Low <= i.High) {
		t.Errorf("interval %+v, want 0 <= Low <= High", i)
	}
	if ratio >= 0 && !math.IsInf(ratio, 1) && (ratio < i.Low || ratio > i.High) {
		t.Errorf("estimate %v is outside of %+v", ratio, i)
	}
	if math.IsNaN(test.T) || !(test.P >= 0 && test.P <= 1) {
		t.Errorf("test %+v", test)
	}
}
