package series_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/stats/series"
)

// drawn is a history of n points on each side of day 0, one each day, with a standard deviation of the logarithm of 0.5
// and sizes that matter.
func drawn(seed uint64, n int) []series.Point {
	r := rand.New(rand.NewPCG(seed, 0))
	var out []series.Point
	for i := range 2 * n {
		lines := math.Round(math.Exp(4 + r.NormFloat64()))
		y := 0.5*r.NormFloat64() + 0.6*math.Log1p(lines)
		out = append(out, series.Point{Day: float64(i-n) + 0.5, Spend: math.Exp(y), Size: lines, Sized: true})
	}
	return out
}

// change returns a copy in which each point was changed.
func change(points []series.Point, do func(i int, p *series.Point)) []series.Point {
	out := append([]series.Point(nil), points...)
	for i := range out {
		do(i, &out[i])
	}
	return out
}

func unsized(points []series.Point) []series.Point {
	return change(points, func(_ int, p *series.Point) { p.Sized = false })
}

// compare expects an effect.
func compare(t *testing.T, points []series.Point, o series.Options) series.Result {
	t.Helper()
	r := series.Compare(points, o)
	if r.Effect == nil || r.Reason != "" {
		t.Fatalf("cannot tell: %q; %+v", r.Reason, r)
	}
	e := r.Effect
	if !(e.Low > 0) || !(e.Low < e.Ratio) || !(e.Ratio < e.High) || math.IsInf(e.High, 1) || !(e.SE > 0) || math.Abs(math.Log(e.Ratio)-e.Log) > 1e-12 {
		t.Fatalf("effect %+v", *e)
	}
	return r
}

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// What is multiplied after the switch multiplies the ratio and its interval, and nothing else; another unit, another
// origin of days and another order change nothing.
func TestUnits(t *testing.T) {
	for seed := range uint64(5) {
		points := drawn(seed, 20)
		for _, o := range []series.Options{{}, {Trend: series.LevelOnly}, {Trend: series.LevelAndSlope}} {
			want := compare(t, points, o)
			scaled := compare(t, change(points, func(_ int, p *series.Point) {
				if p.Day > 0 {
					p.Spend *= 0.3
				}
			}), o)
			near(t, "ratio", scaled.Effect.Ratio, 0.3*want.Effect.Ratio, 1e-6)
			near(t, "low end", scaled.Effect.Low, 0.3*want.Effect.Low, 1e-6)
			near(t, "high end", scaled.Effect.High, 0.3*want.Effect.High, 1e-6)
			near(t, "standard error", scaled.Effect.SE, want.Effect.SE, 1e-6)
			other := compare(t, change(points, func(_ int, p *series.Point) { p.Spend *= 1e-4 }), o)
			near(t, "ratio in another unit", other.Effect.Ratio, want.Effect.Ratio, 1e-6)
			moved := o
			moved.Switch = 1000
			other = compare(t, change(points, func(_ int, p *series.Point) { p.Day += 1000 }), moved)
			near(t, "ratio on other days", other.Effect.Ratio, want.Effect.Ratio, 1e-6)
			r := rand.New(rand.NewPCG(seed, 1))
			shuffled := append([]series.Point(nil), points...)
			r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
			if diff := cmp.Diff(want, series.Compare(shuffled, o)); diff != "" {
				t.Errorf("in another order (-in order +shuffled):\n%s", diff)
			}
		}
	}
}

// Before and after in the other's place turn the ratio over.
func TestMirror(t *testing.T) {
	points := drawn(3, 20)
	want := compare(t, points, series.Options{Trend: series.LevelOnly})
	got := compare(t, change(points, func(_ int, p *series.Point) { p.Day = -p.Day }), series.Options{Trend: series.LevelOnly})
	near(t, "ratio", got.Effect.Ratio, 1/want.Effect.Ratio, 1e-4)
	near(t, "low end", got.Effect.Low, 1/want.Effect.High, 1e-4)
}

// One amount that is a thousand times too large moves the ratio by little, where a mean would move by 40 %.
func TestOutlier(t *testing.T) {
	points := unsized(drawn(1, 20))
	want := compare(t, points, series.Options{})
	got := compare(t, change(points, func(i int, p *series.Point) {
		if i == 25 {
			p.Spend *= 1000
		}
	}), series.Options{})
	if moved := math.Abs(got.Effect.Log - want.Effect.Log); moved > 0.2 {
		t.Errorf("the ratio moved by a factor of %v", math.Exp(moved))
	}
	if got.Outliers < 1 || want.Outliers > 1 {
		t.Errorf("%d outliers, %d without it", got.Outliers, want.Outliers)
	}
	if got.Effect.SE > 1.3*want.Effect.SE {
		t.Errorf("standard error %v, and %v without it", got.Effect.SE, want.Effect.SE)
	}
}

// Sizes that grow with the switch are no effect, and are told.
func TestSizes(t *testing.T) {
	points := change(drawn(2, 40), func(_ int, p *series.Point) {
		if p.Day > 0 {
			p.Spend *= math.Pow(3, 0.6)
			p.Size *= 3
		}
	})
	got := compare(t, points, series.Options{})
	if !got.Sized || !got.Effect.Holds(1) || got.Plain == nil || got.SizeEffect == nil {
		t.Fatalf("%+v", got)
	}
	near(t, "ratio of sizes", got.SizeEffect.Ratio, 3, 0.9)
	if got.SizeEffect.Holds(1) || got.Plain.Log < 0.4 || got.Plain.Log-got.Effect.Log < 0.3 {
		t.Errorf("sizes %+v, plain %+v, at equal size %+v", *got.SizeEffect, *got.Plain, *got.Effect)
	}
	if got.Effect.SE >= got.Plain.SE {
		t.Errorf("standard error %v at equal size, %v without", got.Effect.SE, got.Plain.SE)
	}
	// A few without a size are left out; many make the sizes unusable.
	few := compare(t, change(points, func(i int, p *series.Point) { p.Sized = i%8 != 0 }), series.Options{})
	if !few.Sized || few.Left.Unsized != 10 || few.Before.Amounts != 40 {
		t.Errorf("%+v", few)
	}
	many := compare(t, change(points, func(i int, p *series.Point) { p.Sized = i%4 != 0 }), series.Options{})
	if many.Sized || many.Left.Unsized != 0 || many.SizeEffect != nil || many.Plain != nil {
		t.Errorf("%+v", many)
	}
	near(t, "ratio without sizes", many.Effect.Ratio, got.Plain.Ratio, 1e-9)
	same := compare(t, change(points, func(_ int, p *series.Point) { p.Size = 7 }), series.Options{})
	if same.Sized {
		t.Error("sizes that are all the same are adjusted for")
	}
}

func TestCannotTell(t *testing.T) {
	points := unsized(drawn(1, 20))
	nan, inf := math.NaN(), math.Inf(1)
	first := func(set func(*series.Point)) []series.Point {
		return change(points, func(i int, p *series.Point) {
			if i == 0 {
				set(p)
			}
		})
	}
	for _, tt := range []struct {
		name   string
		points []series.Point
		o      series.Options
		want   series.Reason
	}{
		{"nothing", nil, series.Options{}, series.TooFewAfter},
		{"few after", points[:31], series.Options{}, series.TooFewAfter},
		{"few before", points[9:], series.Options{}, series.TooFewBefore},
		{"enough", points[:32], series.Options{LeastDays: 11}, ""},
		{"few without those of no amount", change(points, func(i int, p *series.Point) { p.Spend *= float64(i % 2) }), series.Options{}, series.TooFewAfter},
		{"few after the days of settling", points, series.Options{Settle: 9}, series.TooFewAfter},
		{"few when more are wanted", points, series.Options{Least: 21}, series.TooFewAfter},
		{"another switch after", points, series.Options{Others: []float64{11, 5}}, series.OtherAfter},
		{"another switch before", points, series.Options{Others: []float64{-11, -15}}, series.OtherBefore},
		{"another switch far away", points, series.Options{Others: []float64{-19, 19}}, ""},
		{"few after, whatever another switch cut off", points[:31], series.Options{Others: []float64{5}}, series.TooFewAfter},
		{"one week after", change(points, func(_ int, p *series.Point) {
			if p.Day > 0 {
				p.Day /= 3
			}
		}), series.Options{}, series.TooShortAfter},
		{"one week before", change(points, func(_ int, p *series.Point) {
			if p.Day < 0 {
				p.Day /= 3
			}
		}), series.Options{}, series.TooShortBefore},
		{"enough, and too short by another switch", points, series.Options{Others: []float64{13}}, series.OtherAfter},
		{"enough, and too short by another switch before", points, series.Options{Others: []float64{-13}}, series.OtherBefore},
		{"all the same", change(points, func(_ int, p *series.Point) { p.Spend = 2 }), series.Options{}, series.NoVariation},
		{"most of one side the same", change(points, func(i int, p *series.Point) {
			if i > 26 {
				p.Spend = 2
			}
		}), series.Options{}, series.NoVariation},
		{"a day that is none", first(func(p *series.Point) { p.Day = nan }), series.Options{}, series.BadPoints},
		{"an endless amount", first(func(p *series.Point) { p.Spend = inf }), series.Options{}, series.BadPoints},
		{"an amount below 0", first(func(p *series.Point) { p.Spend = -1 }), series.Options{}, series.BadPoints},
		{"a size below 0", first(func(p *series.Point) { p.Size, p.Sized = -1, true }), series.Options{}, series.BadPoints},
		{"no size below 0", first(func(p *series.Point) { p.Size = -1 }), series.Options{}, ""},
		{"no switch", points, series.Options{Switch: nan}, series.BadOptions},
		{"negative settling", points, series.Options{Settle: -1}, series.BadOptions},
		{"three of each side", points, series.Options{Least: 3}, series.BadOptions},
		{"another switch at no time", points, series.Options{Others: []float64{inf}}, series.BadOptions},
		{"a confidence of 1", points, series.Options{Confidence: 1}, series.BadOptions},
		{"another trend", points, series.Options{Trend: 3}, series.BadOptions},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := series.Compare(tt.points, tt.o)
			if got.Reason != tt.want || (got.Effect == nil) != (tt.want != "") {
				t.Errorf("reason %q, want %q; %+v", got.Reason, tt.want, got)
			}
		})
	}
}

// A point of the switch's very moment is after it; points that settle, or are cut off, are of neither side.
func TestSides(t *testing.T) {
	points := unsized(drawn(1, 30))
	points = append(points, series.Point{Day: 0, Spend: 1}, series.Point{Day: 29, Spend: 0}, series.Point{Day: -3, Spend: 0})
	r := compare(t, points, series.Options{})
	if r.Before.Amounts != 30 || r.After.Amounts != 31 || r.Before.None != 1 || r.After.None != 1 {
		t.Errorf("before %+v, after %+v", r.Before, r.After)
	}
	r = compare(t, points, series.Options{Settle: 3, Others: []float64{-20, 25}})
	if diff := cmp.Diff(series.Left{Settling: 4, Other: 10 + 5 + 1}, r.Left); diff != "" {
		t.Errorf("left out (-want +got):\n%s", diff)
	}
	if r.Before.Amounts != 20 || r.After.Amounts != 22 {
		t.Errorf("before %+v, after %+v", r.Before, r.After)
	}
	median := series.Compare([]series.Point{{Day: -1, Spend: 1, Size: 5, Sized: true}, {Day: -2, Spend: 9}, {Day: -3, Spend: 2}, {Day: -4, Spend: 4}}, series.Options{})
	if median.Before.Median != 3 || median.Before.MedianSize != 5 || !math.IsNaN(median.After.Median) {
		t.Errorf("%+v", median.Before)
	}
}

// Agresti and Caffo, by hand: 8 of 10 and 2 of 10.
func TestShare(t *testing.T) {
	var points []series.Point
	for i := range 10 {
		before, after := series.Point{Day: -1 - float64(i)}, series.Point{Day: float64(i)}
		if i < 8 {
			before.Spend = 1
		}
		if i < 2 {
			after.Spend = 1
		}
		points = append(points, before, after)
	}
	got := series.Compare(points, series.Options{}).Share
	half := 1.9599639845 * math.Sqrt(2*0.75*0.25/12)
	for what, x := range map[string][2]float64{"before": {got.Before, 0.8}, "after": {got.After, 0.2}, "low": {got.Low, -0.5 - half}, "high": {got.High, -0.5 + half}} {
		near(t, what, x[0], x[1], 1e-9)
	}
	none := series.Compare(points[:0], series.Options{}).Share
	if !math.IsNaN(none.Before) || none.Low != -1 || none.High != 1 {
		t.Errorf("of nothing: %+v", none)
	}
}

// Neighbours that are alike make the interval wider, and are told.
func TestNeighbours(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	alike := 0.0
	var apart, together []series.Point
	for i := range 120 {
		e := r.NormFloat64()
		alike = 0.6*alike + 0.8*e
		apart = append(apart, series.Point{Day: float64(i-60) / 2, Spend: math.Exp(e)})
		together = append(together, series.Point{Day: float64(i-60) / 2, Spend: math.Exp(alike)})
	}
	a, b := compare(t, apart, series.Options{}), compare(t, together, series.Options{})
	if math.Abs(a.Autocorrelation) > 0.25 || b.Autocorrelation < 0.35 {
		t.Errorf("autocorrelations %v and %v", a.Autocorrelation, b.Autocorrelation)
	}
	if b.Effect.SE < 1.2*a.Effect.SE {
		t.Errorf("standard errors %v and %v", a.Effect.SE, b.Effect.SE)
	}
}

// A strong drift is no effect: it is seen and makes the interval wider. Without regard to it the same history claims one.
func TestDrift(t *testing.T) {
	points := change(unsized(drawn(4, 40)), func(_ int, p *series.Point) { p.Spend *= math.Exp(0.7 * p.Day / series.DriftDays) })
	got := compare(t, points, series.Options{})
	if !got.Drifting || !got.Effect.Holds(1) || got.Drift < 1.1 {
		t.Errorf("drift %v, %v; effect %+v", got.Drift, got.Drifting, *got.Effect)
	}
	blind := compare(t, points, series.Options{Trend: series.LevelOnly})
	if blind.Effect.Holds(1) || blind.Drifting || blind.Drift != 1 {
		t.Errorf("without regard to the drift: %+v", *blind.Effect)
	}
	free := compare(t, points, series.Options{Trend: series.LevelAndSlope})
	near(t, "drift", math.Log(free.Drift), 0.7, 0.35)
	if free.Drifting || !free.Effect.Holds(1) {
		t.Errorf("with a slope: %+v", *free.Effect)
	}
}

func TestConfidence(t *testing.T) {
	points := drawn(6, 20)
	last := compare(t, points, series.Options{Confidence: 0.5})
	for _, c := range []float64{0.8, 0.95, 0.99} {
		next := compare(t, points, series.Options{Confidence: c})
		if next.Effect.Low >= last.Effect.Low || next.Effect.High <= last.Effect.High {
			t.Errorf("%v: %+v is not wider than %+v", c, *next.Effect, *last.Effect)
		}
		last = next
	}
}

func FuzzCompare(f *testing.F) {
	f.Add(uint64(1), 20, 1.0, 0.0, 0, uint8(0))
	f.Add(uint64(2), 13, 1e300, 3.0, 1, uint8(2))
	f.Add(uint64(3), 60, 1e-300, 0.5, 2, uint8(7))
	f.Fuzz(func(t *testing.T, seed uint64, n int, factor, settle float64, trend int, every uint8) {
		if n < 0 || n > 200 {
			t.Skip()
		}
		points := change(drawn(seed, n), func(i int, p *series.Point) {
			p.Spend *= factor
			if every > 0 && i%int(every) == 0 {
				p.Spend, p.Day = 0, math.Floor(p.Day/3)
			}
		})
		r := series.Compare(points, series.Options{Settle: settle, Trend: series.Trend(trend)})
		if (r.Effect == nil) == (r.Reason == "") {
			t.Fatalf("%+v", r)
		}
		if e := r.Effect; e != nil && !(e.Low > 0 && e.Low <= e.Ratio && e.Ratio <= e.High && !math.IsInf(e.High, 1) && e.SE > 0) {
			t.Fatalf("effect %+v", *e)
		}
	})
}
