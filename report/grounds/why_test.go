package grounds_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pertask/pertask/report/bars"
	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/report/grounds"
	"github.com/pertask/pertask/report/markup"
	"github.com/pertask/pertask/verdict"
)

func effect(log, dollars float64) content.Effect {
	return content.Effect{Log: content.Number(log), Factor: content.Number(math.Exp(log)), Dollars: content.Number(dollars)}
}

// explained is the third example of docs/statistics.md: cheap tokens, more of them, fewer completed trials.
func explained() *content.Report {
	r := measured()
	r.Ratio.Estimate = content.Number(math.Exp(-0.5265))
	list, discount := effect(-2.0445, -0.9), effect(-0.1, -0.1004)
	r.Why = &content.Why{Total: effect(-0.5265, -0.2456), Price: effect(-2.1445, -1.0004), List: &list, Discount: &discount,
		Usage: effect(0.925, 0.4314), Volume: effect(0.7243, 0.3379), Mix: effect(0.2007, 0.0936), Completion: effect(0.693, 0.3234),
		Classes: []content.NamedEffect{{Name: "input", Effect: effect(-0.5, -0.2)}, {Name: "cache_read", Effect: effect(-0.5, -0.2)}, {Name: "cache_creation", Effect: effect(0, 0)},
			{Name: "output", Effect: effect(0.1, 0.02)}, {Name: "fees", Effect: effect(0.0001, 0.0001)}, {Name: "a|b", Effect: effect(1, 2000)}},
		Tasks: []content.NamedEffect{{Name: "small", Effect: effect(-0.1, -0.02)}, {Name: "large", Effect: effect(-0.6, -0.3)}, {Name: "`x`", Effect: content.Effect{Log: nan, Factor: nan, Dollars: nan}}, {Name: "up", Effect: effect(0.2, 0.07)}},
	}
	return r
}

func TestBars(t *testing.T) {
	want := []bars.Bar{
		{Label: "list price", Figure: "0.129x", Size: -2.0445, Note: "-$0.900"}, {Label: "discounts, billing", Figure: "0.905x", Size: -0.1, Note: "-$0.100"},
		{Label: "usage", Figure: "2.52x", Size: 0.925, Note: "+$0.431"}, {Label: "completion", Figure: "2.00x", Size: 0.693, Note: "+$0.323"},
		{Label: "all together", Figure: "0.591x", Size: -0.5265, Note: "-$0.246"},
	}
	if diff := cmp.Diff(want, grounds.Bars(explained())); diff != "" {
		t.Error(diff)
	}
	price := append([]bars.Bar{{Label: "price", Figure: "0.117x", Size: -2.1445, Note: "-$1.00"}}, want[2:]...)
	odd := effect(5, 1)
	for name, change := range map[string]func(*content.Why){
		"no list price":                  func(w *content.Why) { w.List = nil },
		"no discount":                    func(w *content.Why) { w.Discount = nil },
		"a discount without statement":   func(w *content.Why) { w.Discount = &content.Effect{Log: nan} },
		"a list price that does not add": func(w *content.Why) { w.List = &odd },
	} {
		r := explained()
		change(r.Why)
		if diff := cmp.Diff(price, grounds.Bars(r)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestNotExplained holds that parts that are not known, or are another ratio's, are not shown at all.
func TestNotExplained(t *testing.T) {
	if !grounds.Explained(explained()) {
		t.Fatal("the example is not explained")
	}
	for name, change := range map[string]func(*content.Report){
		"nothing":                     func(r *content.Report) { r.Why = nil },
		"no ratio":                    func(r *content.Report) { r.Ratio = nil },
		"another ratio":               func(r *content.Report) { r.Ratio.Estimate *= 1.002 },
		"an endless ratio":            func(r *content.Report) { r.Ratio.Estimate = inf },
		"a ratio of none":             func(r *content.Report) { r.Ratio.Estimate = 0 },
		"a ratio without statement":   func(r *content.Report) { r.Ratio.Estimate = nan },
		"usage without statement":     func(r *content.Report) { r.Why.Usage.Log = nan },
		"endless completion":          func(r *content.Report) { r.Why.Completion.Log = inf },
		"parts that do not add up":    func(r *content.Report) { r.Why.Usage.Log = 0.92 },
		"a total that is another one": func(r *content.Report) { r.Why.Total.Log = 0 },
	} {
		r := explained()
		change(r)
		if grounds.Explained(r) || grounds.Bars(r) != nil || grounds.Parts(r, markup.GitHub).Rows != nil || grounds.Tasks(r, markup.GitHub, 9).Rows != nil {
			t.Errorf("%s: it is explained", name)
		}
	}
}

func TestParts(t *testing.T) {
	want := [][]string{
		{"usage: all tokens together", "2.06x", "+$0.338"}, {"usage: which kinds of tokens", "1.22x", "+$0.0936"},
		{"price and usage: input", "0.607x", "-$0.200"}, {"price and usage: cached input", "0.607x", "-$0.200"}, {"price and usage: input written to a cache", "1.00x", "$0.00"},
		{"price and usage: output", "1.11x", "+$0.0200"}, {"price and usage: fees", "1.00x", "$0.00"}, {"price and usage: `a│b`", "2.72x", "+$2,000.00"},
	}
	if diff := cmp.Diff(want, grounds.Parts(explained(), markup.GitHub).Rows); diff != "" {
		t.Error(diff)
	}
}

// TestTasks holds that what is not known comes first, and then what moved most, up or down.
func TestTasks(t *testing.T) {
	want := [][]string{{"`` `x` ``", "unknown", "unknown"}, {"`large`", "0.549x", "-$0.300"}, {"`up`", "1.22x", "+$0.0700"}, {"`small`", "0.905x", "-$0.0200"}}
	for most, n := range map[int]int{9: 4, 4: 4, 2: 2, 0: 0, -1: 0} {
		got := grounds.Tasks(explained(), markup.GitHub, most)
		if diff := cmp.Diff(want[:n], got.Rows, cmpopts.EquateEmpty()); diff != "" || got.Left != 4-n {
			t.Errorf("the first %d: %d left\n%s", most, got.Left, diff)
		}
	}
}

func segment(kind, name, verdict string, tasks ...string) content.Segment {
	return content.Segment{Kind: kind, Name: name, Verdict: verdict, Tasks: tasks, Estimate: 0.7, Low: 0.5, High: 0.95, Confidence: 0.99}
}

func TestSegments(t *testing.T) {
	r := measured()
	if got := grounds.Segments(r, markup.GitHub); len(got.Rows) != 0 || grounds.Corrected(r) != "" || grounds.Mixed(r, markup.GitHub) != "" {
		t.Errorf("no segments: got %v", got)
	}
	r.Segments = []content.Segment{segment("calls", "one model call", "dont-switch", "a", "b"), segment("calls", "many model calls", "switch", "c"),
		segment("label", "a|b", "", "a"), segment("<b>", "<b>", "<b>")}
	r.Segments[2].High = inf
	want := [][]string{
		{"one model call", "2", "0.700x", "0.500-0.950", "don't switch"}, {"many model calls", "1", "0.700x", "0.500-0.950", "switch"},
		{"labelled `a│b`", "1", "0.700x", "at least 0.500", "not settled"}, {"&lt;b&gt;", "0", "0.700x", "0.500-0.950", "not settled"},
	}
	if diff := cmp.Diff(want, grounds.Segments(r, markup.GitHub).Rows); diff != "" {
		t.Error(diff)
	}
	if got, want := grounds.Corrected(r), "Each interval has a confidence of 99 %, corrected for the number of kinds."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestMixed holds that the advice to divide appears only where intervals of one kind of division show both sides.
func TestMixed(t *testing.T) {
	for _, c := range []struct {
		name string
		in   []content.Segment
		want string
	}{
		{"both", []content.Segment{segment("calls", "one model call", "dont-switch", "a"), segment("calls", "many model calls", "switch", "b")},
			"Mixed: move the tasks with many model calls, keep those with one model call."},
		{"labels", []content.Segment{segment("label", "agentic", "switch", "a"), segment("label", "tools", "switch", "b"), segment("label", "one-shot", "dont-switch", "c")},
			"Mixed: move the tasks labelled agentic or labelled tools, keep those labelled one-shot."},
		{"one side", []content.Segment{segment("calls", "one model call", "", "a"), segment("calls", "many model calls", "switch", "b")}, ""},
		{"the other side", []content.Segment{segment("calls", "one model call", "dont-switch", "a"), segment("calls", "many model calls", "", "b")}, ""},
		{"sides of two divisions", []content.Segment{segment("calls", "one model call", "dont-switch", "a"), segment("cache", "mostly cached input", "switch", "b")}, ""},
		{"a task of both", []content.Segment{segment("label", "x", "switch", "a", "b"), segment("label", "y", "dont-switch", "b")}, ""},
		{"two divisions", []content.Segment{segment("calls", "one model call", "dont-switch", "a"), segment("calls", "many model calls", "switch", "b"),
			segment("label", "x", "dont-switch", "a"), segment("label", "y", "switch", "b")},
			"Mixed: move the tasks with many model calls, keep those with one model call; move the tasks labelled y, keep those labelled x."},
	} {
		r := measured()
		r.Segments = c.in
		if got := grounds.Mixed(r, markup.Plain); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
		r.Findings = []verdict.Finding{{Code: "mixed-tasks"}}
		if got := grounds.Mixed(r, markup.Plain); got != "" {
			t.Errorf("%s, and a finding says so: got %q", c.name, got)
		}
	}
}
