// Package segment compares groups of tasks: kinds of work that a change may suit and kinds that it may not.
//
// It knows what tasks have in common, as measured or as the suite labels them, and the intervals of each group. It
// refuses to know where trials come from and how a number is shown.
package segment

import (
	"math"
	"slices"

	"github.com/pertask/pertask/compare/tally"
	"github.com/pertask/pertask/compare/used"
	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/stats"
	"github.com/pertask/pertask/verdict"
)

// Kinds of segments. Stored reports depend on the literals.
const (
	Calls = "calls" // how many calls a trial takes
	Cache = "cache" // how much of the input a cache serves
	Label = "label" // the suite's own
)

// Names of the measured segments.
const (
	OneCall    = "one model call"
	ManyCalls  = "many model calls"
	CacheHeavy = "mostly cached input"
	Uncached   = "mostly uncached input"
)

// The limits between measured segments. A trial of one call now and then repeats it; half of the input is most of it.
const (
	oneCall  = 1.5
	cached   = 0.5
	minTasks = 2
	maxTotal = 12
)

// group is a segment before it is measured.
type group struct {
	name, kind string
	tasks      []*tally.Task
}

// Compare compares the groups of tasks that differ in something. The level alpha is divided among them, so that all
// intervals together miss with a probability of alpha at most. Groups of one task, or whose ratio is not defined, are
// left out. The threshold is the policy's; a group's verdict is what its interval supports.
func Compare(tasks []*tally.Task, alpha, threshold float64) []content.Segment {
	var groups []group
	for _, way := range [][]group{shapes(tasks, Calls, OneCall, ManyCalls, single), shapes(tasks, Cache, CacheHeavy, Uncached, mostlyCached), labels(tasks)} {
		way = slices.DeleteFunc(way, func(g group) bool { return len(g.tasks) < minTasks })
		if !repeats(way, groups) {
			groups = append(groups, way...)
		}
	}
	if len(groups) > maxTotal {
		groups = groups[:maxTotal]
	}
	confidence := 1 - alpha/float64(max(1, len(groups)))
	var out []content.Segment
	for _, g := range groups {
		if s, ok := g.measure(confidence, threshold); ok {
			out = append(out, s)
		}
	}
	return out
}

// repeats reports whether a way of dividing the tasks makes groups only that are there already. They would say the same
// under other names, at the expense of every interval.
func repeats(way, groups []group) bool {
	return !slices.ContainsFunc(way, func(g group) bool {
		return !slices.ContainsFunc(groups, func(h group) bool { return slices.Equal(g.tasks, h.tasks) })
	})
}

func (g group) measure(confidence, threshold float64) (content.Segment, bool) {
	s := content.Segment{Name: g.name, Kind: g.kind, Confidence: content.Number(confidence)}
	var base, head []stats.Cell
	for _, t := range g.tasks {
		s.Tasks = append(s.Tasks, t.Task.ID)
		base, head = append(base, t.Base.Cell), append(head, t.Head.Cell)
	}
	c, err := stats.CompareSuite(base, head)
	if err != nil || math.IsNaN(c.Ratio) {
		return s, false
	}
	i := c.Interval(confidence)
	s.Estimate, s.Low, s.High = content.Number(c.Ratio), content.Number(i.Low), content.Number(i.High)
	switch {
	case i.High < threshold:
		s.Verdict = verdict.Switch.String()
	case i.Low > threshold:
		s.Verdict = verdict.DontSwitch.String()
	}
	return s, true
}

// shapes divides the tasks in two by something measured. There is none when one of the two would be empty, and a task of
// which it is not known is in neither.
func shapes(tasks []*tally.Task, kind, yes, no string, is func(*tally.Task) (bool, bool)) []group {
	in, out := group{name: yes, kind: kind}, group{name: no, kind: kind}
	for _, t := range tasks {
		switch is, known := is(t); {
		case known && is:
			in.tasks = append(in.tasks, t)
		case known:
			out.tasks = append(out.tasks, t)
		}
	}
	if len(in.tasks) == 0 || len(out.tasks) == 0 {
		return nil
	}
	return []group{in, out}
}

// single reports whether the base does a task with one call. It is the base's shape that counts: a head that takes many
// calls for it is what the comparison shows.
func single(t *tally.Task) (is, known bool) {
	if t.Base.Trials == 0 || t.Base.Calls == 0 {
		return false, false
	}
	return float64(t.Base.Calls)/float64(t.Base.Trials) <= oneCall, true
}

// mostlyCached reports whether a cache serves most of the base's input of a task.
func mostlyCached(t *tally.Task) (is, known bool) {
	c := t.Base.Used.Class
	all := c[used.Input].Units + c[used.CacheRead].Units + c[used.CacheCreation].Units
	if t.Base.Used.Unknown || all == 0 {
		return false, false
	}
	return c[used.CacheRead].Units/all >= cached, true
}

// labels are the groups of tasks with a label that not every task has, in the order in which the suite names them.
func labels(tasks []*tally.Task) []group {
	var out []group
	for _, t := range tasks {
		for _, l := range t.Task.Labels {
			i := slices.IndexFunc(out, func(g group) bool { return g.name == l })
			if i < 0 {
				i, out = len(out), append(out, group{name: l, kind: Label})
			}
			if !slices.Contains(out[i].tasks, t) {
				out[i].tasks = append(out[i].tasks, t)
			}
		}
	}
	return slices.DeleteFunc(out, func(g group) bool { return len(g.tasks) == len(tasks) })
}
