package histories_test

import (
	"math"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/stats/series"
	"github.com/pertask/pertask/stats/series/histories"
)

// The method keeps its promises: in a twentieth of the worlds with some runs, and in all of them with all runs where
// PERTASK_SOAK is set. The seeds are fixed, so that chance has its say once.
func TestPromises(t *testing.T) {
	worlds, runs, slack := histories.Twentieth(histories.Grid()), 300, histories.Slack(3)
	if os.Getenv("PERTASK_SOAK") != "" {
		worlds, runs, slack = histories.Grid(), 1000, 0
	} else if testing.Short() {
		runs = 60
	}
	counts := histories.OfEach(worlds, histories.With(series.Bounded), runs, 1)
	for _, miss := range histories.Check(counts, slack) {
		t.Error(miss)
	}
	for i, c := range counts {
		if c.World != worlds[i] || c.Runs != runs || math.Abs(c.Bias) > 0.35 || c.Factor < 1.2 || c.Factor > 8 {
			t.Errorf("%s: %+v", worlds[i].Name(), c)
		}
	}
}

// What is simulated has what the issue names: 12 to 60 amounts on each side, all kinds of everything, and effects on both
// sides of none in half of the worlds.
func TestGrid(t *testing.T) {
	worlds := histories.Grid()
	seen, names := map[string]bool{}, map[string]bool{}
	none := 0
	for _, w := range worlds {
		if names[w.Name()] {
			t.Errorf("%s is there twice", w.Name())
		}
		names[w.Name()] = true
		if w.Effect == 1 {
			none++
		}
		for what, yes := range map[string]bool{
			"12 amounts": w.Before == 12 && w.After == 12, "60 amounts": w.Before == 60 && w.After == 60, "unequal": w.Before == 60 && w.After == 12,
			"AR": w.Memory == 0.5, "t3": w.Tails == histories.Student, "contaminated": w.Tails == histories.Contaminated,
			"unequal spreads": w.SpreadAfter > 1, "sizes": w.Sizes == histories.Related, "shifted sizes": w.Sizes == histories.Shifted,
			"drift": w.Drift > 0, "weekend": w.Weekend < 0, "bursts": w.Spacing == histories.Bursts, "adoption": w.Adoption > 0,
			"weeks": w.Weeks > 0, "half": w.Effect == 0.5, "twice": w.Effect == 2,
		} {
			seen[what] = seen[what] || yes
		}
	}
	if none*2 != len(worlds) || len(worlds) < 300 {
		t.Errorf("%d worlds, %d of them without an effect", len(worlds), none)
	}
	if len(seen) != 16 {
		t.Errorf("%d kinds", len(seen))
	}
	for what, yes := range seen {
		if !yes {
			t.Errorf("no world has %s", what)
		}
	}
	if got := len(histories.Twentieth(worlds)); got < 15 || got > 25 {
		t.Errorf("a twentieth is %d worlds", got)
	}
}

// moments are of the logarithms of many histories: the mean and the deviation of each side, and the correlation of
// neighbours.
func moments(w histories.World, runs int) (before, after, spread, spreadAfter, neighbours, days float64) {
	r := w.Random(1)
	n := w.Before + w.After
	var cross, square, cells float64
	for range runs {
		points, _ := w.Draw(r)
		days += (points[n-1].Day - points[0].Day) / float64(runs)
		for i, p := range points {
			y := math.Log(p.Spend)
			if p.Day < 0 {
				before += y / float64(runs*w.Before)
				spread += (y - 1) * (y - 1) / float64(runs*w.Before)
			} else {
				after += y / float64(runs*w.After)
				spreadAfter += (y - 1 - math.Log(w.Effect)) * (y - 1 - math.Log(w.Effect)) / float64(runs*w.After)
			}
			if i > 0 && i < w.Before {
				cross += (y - 1) * (math.Log(points[i-1].Spend) - 1)
				square += (y - 1) * (y - 1)
				cells++
			}
		}
	}
	return before, after, math.Sqrt(spread), math.Sqrt(spreadAfter), cross / square, days
}

func TestWorlds(t *testing.T) {
	for _, tt := range []struct {
		name                                   string
		w                                      histories.World
		before, after, spread, spreadAfter, ar float64
	}{
		{"normal", histories.World{Effect: 1}, 1, 1, 0.8, 0.8, 0},
		{"effect", histories.World{Effect: 0.5, Spread: 0.4}, 1, 1 - math.Ln2, 0.4, 0.4, 0},
		{"alike", histories.World{Effect: 1, Memory: 0.5}, 1, 1, 0.8, 0.8, 0.5},
		{"contaminated", histories.World{Effect: 1, Tails: histories.Contaminated}, 1, 1, 0.8, 0.8, 0},
		{"wider after", histories.World{Effect: 2, SpreadAfter: 1.5}, 1, 1 + math.Ln2, 0.8, 1.2, 0},
		{"weeks alike", histories.World{Effect: 1, Weeks: 0.5}, 1, 1, 0.8, 0.8, 0.45},
		{"even", histories.World{Effect: 1, Spacing: histories.Even}, 1, 1, 0.8, 0.8, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.w.Before, tt.w.After = 40, 40
			before, after, spread, spreadAfter, ar, days := moments(tt.w, 400)
			for what, x := range map[string][3]float64{
				"level before": {before, tt.before, 0.04}, "level after": {after, tt.after, 0.05}, "spread": {spread, tt.spread, 0.05},
				"spread after": {spreadAfter, tt.spreadAfter, 0.06}, "neighbours": {ar, tt.ar, 0.05}, "days": {days, 56, 2},
			} {
				if math.Abs(x[0]-x[1]) > x[2] {
					t.Errorf("%s: %v, want %v", what, x[0], x[1])
				}
			}
		})
	}
}

// Student's t with 3 degrees of freedom has a fourth moment without end, so that its variance does not show in few; its
// quartiles do: 0.7649 in its own unit.
func TestStudent(t *testing.T) {
	w := histories.World{Before: 40, After: 40, Effect: 1, Spread: 1, Tails: histories.Student}
	r := w.Random(1)
	inside, all := 0, 0
	for range 200 {
		points, _ := w.Draw(r)
		for _, p := range points {
			if all++; math.Abs(math.Log(p.Spend)-1) < 0.7649/math.Sqrt(3) {
				inside++
			}
		}
	}
	if got := float64(inside) / float64(all); math.Abs(got-0.5) > 0.015 {
		t.Errorf("%v are between the quartiles", got)
	}
}

// The truth is the mean of the effect while it is being adopted.
func TestTruth(t *testing.T) {
	w := histories.World{Before: 20, After: 20, Effect: 0.5, Adoption: 14, Spacing: histories.Even}
	points, truth := w.Draw(w.Random(1))
	sum := 0.0
	for _, p := range points {
		if p.Day >= 0 {
			sum += math.Log(0.5) * min(1, p.Day/14) / 20
		}
	}
	if math.Abs(math.Log(truth)-sum) > 1e-12 || truth < 0.5 || truth > 0.75 {
		t.Errorf("truth %v, want %v", truth, math.Exp(sum))
	}
	w.Adoption = 0
	if _, truth := w.Draw(w.Random(1)); math.Abs(truth-0.5) > 1e-12 {
		t.Errorf("truth %v, want 0.5", truth)
	}
	again, _ := w.Draw(w.Random(1))
	first, _ := w.Draw(w.Random(1))
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("the same seed makes another history:\n%s", diff)
	}
}

// A method that is too sure, one that claims everything, and one that never tells all fall short.
func TestCheckBites(t *testing.T) {
	sure := func(points []series.Point) series.Result {
		return series.Result{Effect: &series.Effect{Ratio: 1, Low: 0.99, High: 1.01}}
	}
	w := []histories.World{{Before: 12, After: 12, Effect: 1}, {Before: 12, After: 12, Effect: 2}}
	for _, tt := range []struct {
		name   string
		method histories.Method
		want   []string
	}{
		{"too sure", sure, []string{"effect 2: .* hold the truth"}},
		{"claims everything", func([]series.Point) series.Result {
			return series.Result{Effect: &series.Effect{Ratio: 3, Low: 2, High: 4}}
		}, []string{"12+12: 0.000 of the intervals hold", "an effect is claimed of 1.000"}},
		{"never tells", func([]series.Point) series.Result { return series.Result{} }, []string{"12+12: NaN of", "0.000 of the histories get", "NaN of", "0.000 of the histories get"}},
	} {
		misses := histories.Check(histories.OfEach(w, tt.method, 10, 1), 0)
		if len(misses) != len(tt.want) {
			t.Errorf("%s: %q, want %d", tt.name, misses, len(tt.want))
			continue
		}
		for i, want := range tt.want {
			if _, after, _ := strings.Cut(want, ".*"); !strings.Contains(misses[i], strings.TrimSpace(after)) && !strings.Contains(misses[i], want) {
				t.Errorf("%s: %q, want %q", tt.name, misses[i], want)
			}
		}
	}
	if got := histories.Check(nil, 0); len(got) != 1 {
		t.Errorf("no counts at all: %q", got)
	}
}

// A strong drift is noticed more often than none, and holds with a slope.
func TestBeyond(t *testing.T) {
	w := []histories.World{{Before: 40, After: 40, Effect: 1, Spread: 0.5}, {Before: 40, After: 40, Effect: 1, Spread: 0.5, Drift: histories.DriftExtreme}}
	c := histories.OfEach(w, histories.With(series.Bounded), 60, 1)
	if c[0].Noticed() > 0.5 || c[1].Noticed() < 0.9 || c[1].Factor < 1.2*c[0].Factor {
		t.Errorf("without a drift %+v, with one %+v", c[0], c[1])
	}
	s := histories.Of(w[1], histories.With(series.LevelAndSlope), 60, 1)
	if s.Coverage() < 0.85 {
		t.Errorf("with a slope %+v", s)
	}
	if blind := histories.Of(w[1], histories.With(series.LevelOnly), 60, 1); blind.Coverage() > 0.5 {
		t.Errorf("without regard to it %+v", blind)
	}
}
