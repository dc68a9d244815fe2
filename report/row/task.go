package row

import (
	"fmt"
	"math"
	"math/big"
	"sort"
	"strings"

	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/report/figure"
)

// Task is one line of the per-task table.
type Task struct{ ID, Completed, Cost, Change, Tokens, Time, Remarks string }

// OfTask works out the line of a task.
func OfTask(t content.Task) Task {
	b, h := figure.Mean(t.Base.Cost.Amount, t.Base.Trials), figure.Mean(t.Head.Cost.Amount, t.Head.Trials)
	return Task{
		ID:        t.ID,
		Completed: fmt.Sprintf("%d/%d -> %d/%d", t.Base.Completed, t.Base.Trials, t.Head.Completed, t.Head.Trials),
		Cost:      figure.Dollars(b) + " -> " + figure.Dollars(h),
		Change:    ratChange(b, h),
		Tokens:    tokensOf(t.Base) + " -> " + tokensOf(t.Head),
		Time:      times2(t.Base.Seconds, t.Head.Seconds),
		Remarks:   Remarks(t),
	}
}

func tokensOf(s content.TaskSide) string {
	n, known := s.Tokens.Total().Value()
	if !known || s.Trials == 0 {
		return figure.Unknown
	}
	return figure.Count(content.Number(float64(n) / float64(s.Trials)))
}

func times2(b, h content.Number) string {
	if math.IsNaN(float64(b)) && math.IsNaN(float64(h)) {
		return ""
	}
	return figure.Duration(b) + " -> " + figure.Duration(h)
}

// usualCause is trial.CauseGrader: what a trial that is not completed shows anyway, so it is not worth a remark.
const usualCause = "grader-refused"

// Remarks are the voids and the causes of a task's outcomes; causes are data and not escaped here.
func Remarks(t content.Task) string {
	var out []string
	for _, side := range []struct {
		name string
		content.TaskSide
	}{{"base", t.Base}, {"head", t.Head}} {
		if parts := outcomes(side.TaskSide); len(parts) > 0 {
			out = append(out, side.name+": "+strings.Join(parts, ", "))
		}
	}
	return strings.Join(out, "; ")
}

func outcomes(s content.TaskSide) []string {
	var out []string
	if s.Voids > 0 {
		out = append(out, fmt.Sprintf("%d void", s.Voids))
	}
	causes := make([]string, 0, len(s.Causes))
	for c := range s.Causes {
		if c != usualCause {
			causes = append(causes, c)
		}
	}
	sort.Strings(causes)
	for _, c := range causes {
		out = append(out, fmt.Sprintf("%d %s", s.Causes[c], c))
	}
	return out
}

// Movers returns the indices of the tasks by how much their mean cost changed, most first; a change that is not
// known comes before all others, because it is what a reader must look at.
func Movers(ts []content.Task) []int {
	order, by := make([]int, len(ts)), make([]*big.Rat, len(ts))
	for i, t := range ts {
		order[i] = i
		if b, h := figure.Mean(t.Base.Cost.Amount, t.Base.Trials), figure.Mean(t.Head.Cost.Amount, t.Head.Trials); b != nil && h != nil {
			d := new(big.Rat).Sub(h, b)
			by[i] = d.Abs(d)
		}
	}
	sort.SliceStable(order, func(i, j int) bool {
		a, b := by[order[i]], by[order[j]]
		if a == nil || b == nil {
			return a == nil && b != nil
		}
		return a.Cmp(b) > 0
	})
	return order
}
