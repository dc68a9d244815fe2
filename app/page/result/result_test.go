package result_test

import (
	"testing"

	"github.com/pertask/pertask/app/page/result"
	"github.com/pertask/pertask/app/record"
	"github.com/pertask/pertask/price"
)

func TestAnswer(t *testing.T) {
	for _, c := range []struct{ result, verdict, label, class string }{
		{"measured", "switch", "Switch", "good"}, {"measured", "dont-switch", "Don't switch", "bad"}, {"measured", "inconclusive", "Inconclusive", "open"}, {"measured", "", "Inconclusive", "open"},
		{"accepted", "dont-switch", "Accepted", "good"}, {"nothing-changed", "switch", "No model setting changed", "good"}, {"not-measured", "", "Not measured", "open"}, {"bad-input", "", "Configuration error", "bad"},
		{"", "switch", "No result", "open"}, {"<b>", "", "No result", "open"},
	} {
		if label, class := result.Answer(record.Suite{Result: c.result, Verdict: c.verdict}); label != c.label || class != c.class {
			t.Errorf("%s, %s: %q %q; want %q %q", c.result, c.verdict, label, class, c.label, c.class)
		}
	}
}

func TestSplit(t *testing.T) {
	for title, want := range map[string][2]string{
		"Switch. A completed task costs less": {"Switch", "A completed task costs less"},
		"Accepted by ada: it is needed":       {"Accepted by ada: it is needed", ""},
		"":                                    {"", ""},
		"A first sentence that is too long to be an answer in large. More.": {"A first sentence that is too long to be an answer in large. More.", ""},
	} {
		if a, rest := result.Split(title); a != want[0] || rest != want[1] {
			t.Errorf("%q: %q, %q", title, a, rest)
		}
	}
}

func TestHeadline(t *testing.T) {
	for name, c := range map[string]struct {
		review             record.Review
		class, label, text string
	}{
		"running":            {record.Review{State: record.Running}, "open", "Running", ""},
		"superseded":         {record.Review{State: record.Superseded}, "open", "Superseded", "The pull request moved on before this review had ended."},
		"broken":             {record.Review{State: record.Broken, Title: "disk full"}, "bad", "It could not be carried out", "disk full"},
		"ended with nothing": {record.Review{State: record.Ended}, "", "Ended", ""},
		"of one suite":       {record.Review{State: record.Ended, Title: "Don't switch. Dearer", Conclusion: "neutral", Suites: []record.Suite{{Result: "measured", Verdict: "dont-switch"}}}, "bad", "Don't switch", "Dearer"},
		"of two suites":      {record.Review{State: record.Ended, Title: "Switch. Both", Conclusion: "success", Suites: make([]record.Suite, 2)}, "good", "Switch", "Both"},
	} {
		if l := result.Headline(c.review); l.Class != c.class || l.Label != c.label || l.Text != c.text {
			t.Errorf("%s: %+v", name, l)
		}
	}
}

// What nothing was completed of has no cost per completed task, which is not an unknown one.
func TestMeasured(t *testing.T) {
	none, one := 0.0, 1.0
	for name, c := range map[string]struct {
		cost price.Amount
		rate *float64
		want string
	}{"known": {price.Known(price.MustMoney("2")), &one, "$2.00"}, "none completed": {price.Amount{}, &none, "none completed"}, "not measured": {price.Amount{}, nil, ""}, "of unknown price": {price.Amount{}, &one, "unknown"}} {
		if got := result.Measured(record.Suite{}, c.cost, c.rate).Show; got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if cells := result.Cells(record.Suite{}); len(cells) != len(result.Columns) {
		t.Errorf("%d cells in %d columns", len(cells), len(result.Columns))
	}
}
