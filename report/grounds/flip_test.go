package grounds_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/report/grounds"
	"github.com/pertask/pertask/report/markup"
)

func even(at, now content.Number) *content.BreakEven { return &content.BreakEven{At: at, Now: now} }

// TestFlip holds what would flip a verdict, and that nothing impossible is offered.
func TestFlip(t *testing.T) {
	discount := func(estimate, low, high content.Number) content.Sensitivity {
		return content.Sensitivity{Discount: &content.Difference{Estimate: estimate, Low: low, High: high, Confidence: 0.9933}}
	}
	for _, c := range []struct {
		name string
		in   content.Sensitivity
		want []string
	}{
		{"all, dearer", content.Sensitivity{
			Discount: &content.Difference{Estimate: 0.567, Low: 0.545, High: 0.587, Confidence: 0.95}, CacheHit: even(0.94, 0.61), Completion: even(0.97, 0.5), Tokens: even(0.4329, 1),
		}, []string{"A discount of 56.7 % on H (95 % 54.5 % to 58.7 %)", "A cache hit rate above 94 % (it was 61 %)", "A completion rate above 97 % (it was 50 %)", "0.433x as many tokens per trial"}},
		{"all, cheaper", content.Sensitivity{
			Discount: &content.Difference{Estimate: -1, Low: -2.03, High: -0.35, Confidence: 0.9933}, CacheHit: even(0.46, 0.88), Completion: even(0.377, 0.75), Tokens: even(2, 1),
		}, []string{"Prices of H 2.00x as high (95 % 1.35-3.03)", "A cache hit rate below 46 % (it was 88 %)", "A completion rate below 37.7 % (it was 75 %)", "2.00x as many tokens per trial"}},
		{"impossible shares", content.Sensitivity{CacheHit: even(1.01, 0.5), Completion: even(1.2, 0.9)}, nil},
		{"negative shares", content.Sensitivity{CacheHit: even(-0.1, 0.5), Completion: even(0, 0.9)}, nil},
		{"limits of what is possible", content.Sensitivity{CacheHit: even(1, 0.5), Completion: even(1, 0.9)}, []string{"A cache hit rate above 100 % (it was 50 %)", "A completion rate above 100 % (it was 90 %)"}},
		{"already there", content.Sensitivity{CacheHit: even(0.5, 0.5), Completion: even(0.9, 0.9), Tokens: even(1, 1)}, nil},
		{"no statement", content.Sensitivity{CacheHit: even(nan, 0.5), Completion: even(0.5, nan), Tokens: even(nan, 1)}, nil},
		{"endless", content.Sensitivity{CacheHit: even(inf, 0.5), Tokens: even(inf, 1)}, nil},
		{"discount of none to some", discount(0.3, -0.2, 0.58), []string{"A discount of 30 % on H (95 % none to 58 %)"}},
		{"discount at least", discount(0.3, 0.1, 1), []string{"A discount of 30 % on H (95 % at least 10 %)"}},
		{"discount without limits", discount(0.3, 0, 1), []string{"A discount of 30 % on H (95 % without limits)"}},
		{"discount of nobody", discount(0.3, -3, -2), []string{"A discount of 30 % on H (95 % none)"}},
		{"discount without interval", discount(0.3, nan, 0.5), []string{"A discount of 30 % on H (95 % unknown)"}},
		{"no discount", discount(0, -1, 0.5), nil},
		{"a gift", discount(1, 0.5, 1), nil},
		{"discount without statement", discount(nan, 0.5, 1), nil},
	} {
		r := measured()
		r.Sensitivity = &c.in
		if diff := cmp.Diff(c.want, grounds.Flip(r, "H")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
	if got := grounds.Flip(measured(), "H"); got != nil {
		t.Errorf("nothing known: got %q", got)
	}
}

func TestWorth(t *testing.T) {
	point := func(configured bool) content.BenefitPoint {
		return content.BenefitPoint{Value: 2.5, Estimate: -0.682, Low: -1.1, High: 0.1, Confidence: 0.99, Accept: 0.07, Configured: configured}
	}
	for _, c := range []struct {
		name      string
		in        content.Benefit
		few, want string
	}{
		{"cheaper and fewer", content.Benefit{Relation: "cheaper-and-fewer", BreakEven: 0.257, Leads: true, Points: []content.BenefitPoint{point(false), {Value: 9, Accept: 0}}},
			"Few passes: 49/60 at the base, 45/60 at the head.",
			"A completed task must be worth less than **$0.257** for the head to pay: it is cheaper and completes fewer. Confidence that it pays, by what one is worth: 7 % at $2.50, under 0.1 % at $9.00."},
		{"dearer and more", content.Benefit{Relation: "dearer-and-more", BreakEven: 3, Leads: true}, "Few passes: 49/60 at the base, 45/60 at the head.",
			"A completed task must be worth more than **$3.00** for the head to pay: it is dearer and completes more."},
		{"dominates", content.Benefit{Relation: "dominates", BreakEven: nan, Leads: true, Points: []content.BenefitPoint{point(false)}}, "Few passes: 49/60 at the base, 45/60 at the head.",
			"Whatever a completed task is worth, the head looks better: it is no dearer and completes no fewer."},
		{"dominated", content.Benefit{Relation: "dominated", BreakEven: nan, Leads: true}, "Few passes: 49/60 at the base, 45/60 at the head.",
			"Whatever a completed task is worth, the base looks better: the head is no cheaper and completes no more."},
		{"equal", content.Benefit{Relation: "equal", BreakEven: nan, Leads: true}, "Few passes: 49/60 at the base, 45/60 at the head.", ""},
		{"no break-even", content.Benefit{Relation: "dearer-and-more", BreakEven: nan, Leads: true}, "Few passes: 49/60 at the base, 45/60 at the head.", ""},
		{"many passes", content.Benefit{Relation: "cheaper-and-fewer", BreakEven: 0.257, Points: []content.BenefitPoint{point(false)}}, "", ""},
		{"many passes, a worth configured", content.Benefit{Relation: "cheaper-and-fewer", BreakEven: 0.257, Points: []content.BenefitPoint{point(true)}}, "",
			"At $2.50 for a completed task the head loses $0.682 per trial (95 % -$0.100 to $1.10), with a confidence of 7 % that it pays."},
		{"a gain without interval", content.Benefit{Points: []content.BenefitPoint{{Value: 2.5, Estimate: 1, Low: nan, High: nan, Accept: nan, Configured: true}}}, "",
			"At $2.50 for a completed task the head gains $1.00 per trial."},
		{"a worth without statement", content.Benefit{Points: []content.BenefitPoint{{Value: 2.5, Estimate: nan, Accept: 0.5, Configured: true}}}, "", ""},
		{"a relation of nobody", content.Benefit{Relation: "<b>", BreakEven: 2, Leads: true}, "Few passes: 49/60 at the base, 45/60 at the head.", ""},
	} {
		r := measured()
		r.Benefit = &c.in
		if got := grounds.Few(r); got != c.few {
			t.Errorf("%s: got %q, want %q", c.name, got, c.few)
		}
		if got := grounds.Worth(r, markup.GitHub); got != c.want {
			t.Errorf("%s:\ngot  %q\nwant %q", c.name, got, c.want)
		}
	}
	r := measured()
	if got := grounds.Few(r) + grounds.Worth(r, markup.GitHub); got != "" || len(grounds.Worths(r).Rows) != 0 {
		t.Errorf("no benefit: got %q", got)
	}
	r.Benefit = &content.Benefit{Leads: true}
	if r.Head.Trials = 0; grounds.Few(r) != "" {
		t.Error("few passes of an arm that was not tried")
	}
	if r.Head, r.Base = (content.Arm{Trials: 3}), (content.Arm{Trials: 3}); grounds.Few(r) != "" {
		t.Error("few passes where there are none: the headline says so")
	}
}

func TestWorths(t *testing.T) {
	r := measured()
	r.Benefit = &content.Benefit{Points: []content.BenefitPoint{
		{Value: 0.978, Estimate: 0.15, Low: 0.0455, High: 0.254, Accept: 0.993}, {Value: 9.78, Estimate: -0.437, Low: nan, High: nan, Accept: nan}, {Value: 0, Estimate: -1}, {Value: nan},
	}}
	want := [][]string{{"$0.978", "+$0.150", "$0.0455 to $0.254", "99.3 %"}, {"$9.78", "-$0.437", "unknown", "unknown"}}
	if diff := cmp.Diff(want, grounds.Worths(r).Rows); diff != "" {
		t.Error(diff)
	}
}
