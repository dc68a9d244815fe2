package segment_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/compare/segment"
	"github.com/pertask/pertask/compare/tally"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/usage"
)

// task is a task of five trials an arm, all completed, whose trials cost about so many cents.
func task(id string, base, head, calls int, cached bool, labels ...string) *tally.Task {
	t := tally.New(suite.Task{ID: id, Labels: labels})
	for s, cents := range map[*tally.Side]int{t.Base: base, t.Head: head} {
		for i := range 5 {
			usd := price.MustMoney(fmt.Sprintf("%d.%02d", cents/100, cents%100)).Scale(factor(100 + i))
			p := price.Priced{Cost: price.Cost{Amount: price.Known(usd), List: price.Known(usd), Status: price.Exact}}
			class := usage.Input
			if cached {
				class = usage.CacheRead
			}
			p.Lines = []price.Line{{Class: class, Tokens: 1000, USD: usd}}
			sum := tally.Priced{Cost: p.Cost, Calls: calls}
			sum.Used.Add(p)
			s.Add(trial.Trial{Outcome: trial.Completed}, sum)
		}
	}
	return t
}

func factor(hundredths int) price.Factor {
	f, err := price.ParseFactor(fmt.Sprintf("%d.%02d", hundredths/100, hundredths%100))
	if err != nil {
		panic(err)
	}
	return f
}

func names(list []content.Segment) (out []string) {
	for _, s := range list {
		out = append(out, s.Kind+": "+s.Name+" "+s.Verdict)
	}
	return out
}

// mixed are tasks of which the agentic ones get cheaper and the others dearer.
func mixed() []*tally.Task {
	return []*tally.Task{
		task("a", 100, 50, 10, true, "agentic"), task("b", 120, 60, 12, true, "agentic"),
		task("c", 10, 20, 1, true, "short"), task("d", 12, 24, 1, false, "short"), task("e", 11, 23, 1, false),
	}
}

func TestCompare(t *testing.T) {
	got := segment.Compare(mixed(), 0.05, 1)
	want := []string{
		"calls: one model call dont-switch", "calls: many model calls switch",
		"cache: mostly cached input switch", "cache: mostly uncached input dont-switch",
		"label: agentic switch", "label: short dont-switch",
	}
	if diff := cmp.Diff(want, names(got)); diff != "" {
		t.Errorf("segments (-want +got):\n%s", diff)
	}
	if s := got[0]; math.Abs(float64(s.Confidence)-(1-0.05/6)) > 1e-12 || !(s.Low > 1 && s.Low < s.Estimate && s.Estimate < s.High) {
		t.Errorf("%+v", s)
	}
	if diff := cmp.Diff([]string{"c", "d", "e"}, got[0].Tasks); diff != "" {
		t.Errorf("tasks (-want +got):\n%s", diff)
	}
}

// Two names for the same groups are one: the second would make every interval wider and say nothing.
func TestOnce(t *testing.T) {
	tasks := []*tally.Task{task("a", 100, 50, 10, true, "agentic"), task("b", 120, 60, 12, true, "agentic"),
		task("c", 10, 20, 1, false, "short"), task("d", 12, 24, 1, false, "short")}
	got := segment.Compare(tasks, 0.05, 1)
	if diff := cmp.Diff([]string{"calls: one model call dont-switch", "calls: many model calls switch"}, names(got)); diff != "" {
		t.Errorf("segments (-want +got):\n%s", diff)
	}
	if len(got) > 0 && math.Abs(float64(got[0].Confidence)-0.975) > 1e-12 {
		t.Errorf("confidence %v", got[0].Confidence)
	}
}

// More segments make each interval wider: one of many is sooner wrong.
func TestCorrected(t *testing.T) {
	few, many := mixed(), mixed()
	for _, x := range few {
		x.Task.Labels = nil
	}
	a, b := segment.Compare(few, 0.05, 1)[0], segment.Compare(many, 0.05, 1)[0]
	if !(b.High-b.Low > a.High-a.Low) {
		t.Errorf("%v-%v among 6 and %v-%v among 4", b.Low, b.High, a.Low, a.High)
	}
}

func TestNone(t *testing.T) {
	for name, tasks := range map[string][]*tally.Task{
		"no tasks":          nil,
		"one kind only":     {task("a", 100, 50, 10, true), task("b", 100, 50, 10, true)},
		"a label on all":    {task("a", 100, 50, 10, true, "x"), task("b", 100, 50, 10, true, "x")},
		"groups of one":     {task("a", 100, 50, 1, true, "x"), task("b", 100, 50, 9, false, "y")},
		"nothing completed": {tally.New(suite.Task{ID: "a"}), tally.New(suite.Task{ID: "b"})},
	} {
		if got := segment.Compare(tasks, 0.05, 1); len(got) != 0 {
			t.Errorf("%s: %v", name, names(got))
		}
	}
}

// Where an interval holds the threshold nothing is said about the group.
func TestUndecided(t *testing.T) {
	tasks := []*tally.Task{task("a", 100, 101, 1, false), task("b", 100, 100, 1, false), task("c", 90, 91, 9, false), task("d", 95, 95, 9, false)}
	for _, s := range segment.Compare(tasks, 0.05, 1) {
		if s.Verdict != "" {
			t.Errorf("%+v", s)
		}
	}
}
