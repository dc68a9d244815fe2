package prediction_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/ledger/prediction"
	"github.com/pertask/pertask/ledger/predictiontest"
	"github.com/pertask/pertask/price"
)

// the switch is pull request 500, merged at noon.
func switched() prediction.Prediction {
	p := predictiontest.Predicted(shop, 1, "worst-three")
	p.Pull = 500
	return p
}

// history has a pull request every so many hours, from 60 days before the merge to 60 days after it, whose spend is
// multiplied by ratio from the merge on.
func history(hours float64, ratio float64) prediction.History {
	r := rand.New(rand.NewPCG(7, 7))
	h := prediction.History{Book: "2026-08-20"}
	merged := switched().Merged
	for i, at := 1, -60*24.0; at < 60*24; i, at = i+1, at+hours {
		spend := math.Exp(0.4 * r.NormFloat64())
		if at >= 0 {
			spend *= ratio
		}
		h.Pulls = append(h.Pulls, pull(i, merged.Add(time.Duration(at*float64(time.Hour))), fmt.Sprintf("%.6f", spend)))
	}
	return h
}

// wild takes the fourth power of what was spent.
func wild(h prediction.History) prediction.History {
	for i, p := range h.Pulls {
		m, _ := p.Spend.Value()
		h.Pulls[i] = pull(p.Number, p.Merged, fmt.Sprintf("%.6f", 1e-3+math.Pow(m.Float64(), 4)))
	}
	return h
}

func pull(number int, merged time.Time, spend string) prediction.Pull {
	p := prediction.Pull{Number: number, Merged: merged}
	if spend != "" {
		m, err := price.ParseMoney(spend)
		if err != nil {
			panic(err)
		}
		p.Spend = price.Known(m)
	}
	return p
}

func after(days int) time.Time { return switched().Merged.AddDate(0, 0, days) }

// follow works an outcome out, which must be one that can be kept.
func follow(t *testing.T, p prediction.Prediction, h prediction.History, now time.Time) prediction.Outcome {
	t.Helper()
	o := prediction.Follow(p, h, prediction.Rules{}, now)
	if err := o.Check(); err != nil {
		t.Fatalf("the outcome cannot be kept: %v\n%+v", err, o)
	}
	return o
}

func TestFollow(t *testing.T) {
	p := switched()
	for _, tt := range []struct {
		name  string
		ratio float64
		want  prediction.Relation
	}{
		{"as predicted", 0.62, prediction.Inside},
		{"nothing changed", 1.02, prediction.OutsideDearer},
		{"dearer", 1.8, prediction.OutsideDearer},
		{"far cheaper", 0.2, prediction.OutsideCheaper},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := follow(t, p, history(12, tt.ratio), after(28))
			if o.Relation != tt.want || o.Reason != "" || o.Final {
				t.Errorf("%q, %q, final %v; want %q; observed %+v", o.Relation, o.Reason, o.Final, tt.want, o.Observed)
			}
			if o.Observed == nil || !o.Observed.Holds(tt.ratio) || o.Days != 28 || o.Before != 112 || o.After != 52 || o.Sized {
				t.Errorf("%+v, observed %+v", o, o.Observed)
			}
			if !o.From.Equal(after(-56)) || !o.To.Equal(after(28)) || !o.AsOf.Equal(after(28)) {
				t.Errorf("from %v to %v as of %v", o.From, o.To, o.AsOf)
			}
			if len(o.Caveats) > 0 && o.Caveats[0].Code != prediction.Drift && o.Caveats[0].Code != prediction.Outliers {
				t.Errorf("caveats %+v", o.Caveats)
			}
		})
	}
}

func TestFollowCannotTell(t *testing.T) {
	p := switched()
	unmeasured := p
	unmeasured.Ratio = nil
	for _, tt := range []struct {
		name  string
		p     prediction.Prediction
		h     prediction.History
		now   time.Time
		want  string
		final bool
	}{
		{"not due", p, history(24, 1), after(27), prediction.TooEarly, false},
		{"before the merge", p, history(24, 1), after(-1), prediction.TooEarly, false},
		{"nothing is known", p, prediction.History{}, after(28), "too-few-after", false},
		{"nobody merges", p, history(24*20, 1), after(56), "too-few-after", true},
		{"no ratio was measured", unmeasured, history(12, 1), after(28), prediction.NotPredicted, false},
		{"too wide", p, wild(history(24*2, 1)), after(28), prediction.TooWide, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := follow(t, tt.p, tt.h, tt.now)
			if o.Relation != prediction.CannotTell || o.Reason != tt.want || o.Final != tt.final {
				t.Errorf("%q, %q, final %v; want cannot-tell, %q, %v; %+v", o.Relation, o.Reason, o.Final, tt.want, tt.final, o.Observed)
			}
			if (o.Observed == nil) == slices.Contains([]string{prediction.NotPredicted, prediction.TooWide}, tt.want) {
				t.Errorf("observed %+v", o.Observed)
			}
		})
	}
}

// Another switch ends what is observed, and one before begins it; both are told.
func TestOtherSwitches(t *testing.T) {
	p, h := switched(), history(12, 0.62)
	h.Others = []prediction.Switch{{Pull: 500, Merged: p.Merged}, {Pull: 601, Merged: after(20)}, {Pull: 602, Merged: after(40)}, {Pull: 401, Merged: after(-30)}, {Pull: 400, Merged: after(-50)}}
	o := follow(t, p, h, after(24))
	if !o.Final || o.Days != 20 || !o.To.Equal(after(20)) || !o.From.Equal(after(-30)) || o.Before != 60 || o.After != 36 || o.Relation == prediction.CannotTell {
		t.Errorf("%+v", o)
	}
	if diff := cmp.Diff(prediction.Caveat{Code: prediction.OtherSwitch, Pulls: []int{401, 601}}, o.Caveats[0]); diff != "" {
		t.Errorf("caveat (-want +got):\n%s", diff)
	}
	h.Others = []prediction.Switch{{Pull: 601, Merged: after(10)}}
	if o := follow(t, p, h, after(30)); o.Reason != "other-switch-after" || !o.Final {
		t.Errorf("%q, %+v", o.Reason, o)
	}
	h.Others = []prediction.Switch{{Pull: 401, Merged: after(-10)}}
	if o := follow(t, p, h, after(30)); o.Reason != "other-switch-before" || o.Final {
		t.Errorf("%q, %+v", o.Reason, o)
	}
	// The next switch that is not merged yet as of a time is not known of.
	h.Others = []prediction.Switch{{Pull: 601, Merged: after(40)}}
	if o := follow(t, p, h, after(30)); o.Final || o.Days != 30 {
		t.Errorf("%+v", o)
	}
}

// What is merged later, what is unknown, and pull requests that switch are of no side; those without spend are counted.
func TestWhichPullsCount(t *testing.T) {
	p := switched()
	base := history(12, 0.62)
	want := follow(t, p, base, after(28))
	h := base
	h.Pulls = append(slices.Clone(h.Pulls), pull(500, p.Merged, "1000"), pull(9001, after(29), "1000"), pull(9002, after(-57), "1000"),
		pull(9003, after(5), ""), pull(9004, after(-5), ""), pull(9005, after(6), "0"), pull(9006, after(-6), "0"), pull(9007, after(1), "5"))
	slices.Reverse(h.Pulls)
	got := follow(t, p, h, after(28))
	want.NoneBefore, want.NoneAfter = 1, 1
	want.Caveats = append(want.Caveats, prediction.Caveat{Code: prediction.Unpriced, Count: 2})
	byCode := func(c []prediction.Caveat) map[string]prediction.Caveat {
		out := map[string]prediction.Caveat{}
		for _, x := range c {
			out[x.Code] = x
		}
		return out
	}
	if diff := cmp.Diff(byCode(want.Caveats), byCode(got.Caveats)); diff != "" {
		t.Errorf("caveats (-want +got):\n%s", diff)
	}
	want.Caveats, got.Caveats = nil, nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outcome (-want +got):\n%s", diff)
	}
	h.Others = []prediction.Switch{{Pull: 100, Merged: after(-200)}}
	if o := follow(t, p, h, after(28)); o.Before+o.After != want.Before+want.After-1 {
		t.Errorf("a switch's own pull request counts: %d and %d", o.Before, o.After)
	}
}

func TestCaveats(t *testing.T) {
	p, h := switched(), history(8, 0.62)
	h.Book = "2026-09-10"
	for i := range h.Pulls {
		x := &h.Pulls[i]
		x.Sized, x.Lines = i%15 != 0, int64(20+(i*37)%200)
		if x.Merged.After(p.Merged) {
			x.Lines *= 3
			if i%2 == 0 {
				x.Spend = price.Known(price.Money{})
			}
		}
	}
	o := follow(t, p, h, after(28))
	got := map[string]prediction.Caveat{}
	for _, c := range o.Caveats {
		got[c.Code] = c
	}
	if c := got[prediction.PricesBook]; c.From != "2026-08-20" || c.To != "2026-09-10" {
		t.Errorf("price book %+v", c)
	}
	if c := got[prediction.SizeShift]; !o.Sized || c.Ratio == nil || !c.Ratio.Holds(3) || c.Ratio.Holds(1) {
		t.Errorf("size %+v", c)
	}
	if c := got[prediction.ShareShift]; c.From != "100" || c.To != "50" {
		t.Errorf("share %+v", c)
	}
	if c := got[prediction.Unsized]; c.Count < 5 {
		t.Errorf("without a size %+v", c)
	}
}

func TestDue(t *testing.T) {
	p := switched()
	for _, tt := range []struct {
		name  string
		rules prediction.Rules
		pulls int
		next  time.Time
		now   time.Time
		want  prediction.Stage
	}{
		{"at once", prediction.Rules{}, 0, time.Time{}, p.Merged, prediction.Early},
		{"28 days", prediction.Rules{}, 0, time.Time{}, after(28), prediction.First},
		{"a moment before", prediction.Rules{}, 39, time.Time{}, after(28).Add(-1), prediction.Early},
		{"40 pull requests", prediction.Rules{}, 40, time.Time{}, after(15), prediction.First},
		{"40 of one week", prediction.Rules{}, 40, time.Time{}, after(7), prediction.Early},
		{"56 days", prediction.Rules{}, 0, time.Time{}, after(56), prediction.Final},
		{"the next switch", prediction.Rules{}, 0, after(3), after(3), prediction.Final},
		{"a switch to come", prediction.Rules{}, 0, after(4), after(3), prediction.Early},
		{"a switch before", prediction.Rules{}, 0, after(-4), after(3), prediction.Early},
		{"other rules", prediction.Rules{Days: 7}, 0, time.Time{}, after(7), prediction.First},
		{"twice as long by other rules", prediction.Rules{Days: 7}, 0, time.Time{}, after(14), prediction.Final},
	} {
		if got := tt.rules.Due(p, tt.pulls, tt.next, tt.now); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	want := prediction.Rules{Days: 28, Pulls: 40, LeastDays: 14, FinalDays: 56, BeforeDays: 56, SettleDays: 2}
	if diff := cmp.Diff(want, prediction.DefaultRules()); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
	none := prediction.Rules{SettleDays: -1}.Filled()
	if diff := cmp.Diff(none, none.Filled()); diff != "" || none.SettleDays != -1 {
		t.Errorf("filled twice (-once +twice):\n%s", diff)
	}
}
