package report

import (
	"fmt"
	"math"
	"math/big"
	"sort"
	"strings"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/figure"
)

// row is one line of the comparison: the two proxies, the figure that decides, and what else was measured.
type row struct {
	label, parts, base, head, change, misleads string
	main                                       bool // the figure that decides
}

// rows are the lines to show, in order.
func rows(r *Report) []row {
	out := prices(r)
	if !measured(r) {
		return out
	}
	out = append(out, tokensRow(r), costRow(r))
	if hasContract(r.Base) || hasContract(r.Head) {
		out[len(out)-1].parts = "as billed, else list price"
		out = append(out, listRow(r))
	}
	out = append(out, completionRow(r))
	b, h := float64(r.Base.SecondsPerTrial), float64(r.Head.SecondsPerTrial)
	if !math.IsNaN(b) || !math.IsNaN(h) {
		out = append(out, row{label: "time per trial", base: figure.Duration(Number(b)), head: figure.Duration(Number(h)), change: figure.Change(b, h)})
	}
	return out
}

// prices is the line of list prices; none when neither arm has a price.
func prices(r *Report) []row {
	if r.Base.ListPrice == nil && r.Head.ListPrice == nil {
		return nil
	}
	return []row{{
		label: "list price per 1M tokens", parts: "in / cached / out",
		base: list(r.Base.ListPrice), head: list(r.Head.ListPrice),
		change:   priceChange(r.Base.ListPrice, r.Head.ListPrice),
		misleads: "one side needs more tokens or caches less",
	}}
}

func list(p *ListPrice) string {
	if p == nil {
		return figure.Unknown
	}
	return figure.Rate(p.Input) + " / " + figure.Rate(p.CacheRead) + " / " + figure.Rate(p.Output)
}

// priceChange is one change when all three rates change alike, else one for each.
func priceChange(b, h *ListPrice) string {
	if b == nil || h == nil {
		return ""
	}
	var all []string
	alike := true
	for _, c := range [][2]price.Amount{{b.Input, h.Input}, {b.CacheRead, h.CacheRead}, {b.Output, h.Output}} {
		s := amountChange(c[0], c[1])
		if s == "" {
			s = figure.Unknown
		}
		alike = alike && (len(all) == 0 || all[0] == s)
		all = append(all, s)
	}
	switch {
	case alike && all[0] == figure.Unknown:
		return ""
	case alike:
		return all[0]
	}
	return strings.Join(all, " / ")
}

func amountChange(b, h price.Amount) string {
	return ratChange(figure.Mean(b, 1), figure.Mean(h, 1))
}

// ratChange is change for exact amounts; "" when one is not known.
func ratChange(b, h *big.Rat) string {
	if b == nil || h == nil {
		return ""
	}
	x, _ := b.Float64()
	y, _ := h.Float64()
	return figure.Change(x, y)
}

func tokensRow(r *Report) row {
	b, h := r.Base.TokensPerTrial, r.Head.TokensPerTrial
	parts := "in / cached / out"
	written := b.CacheCreation > 0 || h.CacheCreation > 0
	if written {
		parts = "in / cached / written / out"
	}
	return row{
		label: "tokens per trial", parts: parts,
		base: classes(b, written), head: classes(h, written),
		change:   figure.Change(float64(b.Total()), float64(h.Total())),
		misleads: "most are cheap cached ones, or trials fail",
	}
}

// classes is the total and, where any of them is known, the parts.
func classes(t Tokens, written bool) string {
	parts := []string{figure.Count(t.Input), figure.Count(t.CacheRead)}
	if written {
		parts = append(parts, figure.Count(t.CacheCreation))
	}
	parts = append(parts, figure.Count(t.Output))
	known := false
	for _, p := range parts {
		known = known || p != figure.Unknown
	}
	if !known {
		return figure.Unknown
	}
	return figure.Count(t.Total()) + " (" + strings.Join(parts, " / ") + ")"
}

func costRow(r *Report) row {
	out := row{
		label: "cost per completed task", main: true,
		base: taskCost(r.Base), head: taskCost(r.Head),
		misleads: "your work is unlike these tasks",
	}
	if q := r.Ratio; q != nil && r.Base.Completed > 0 && r.Head.Completed > 0 {
		out.change = figure.Times(q.Estimate, r.Policy.MaxCostRatio)
	}
	return out
}

// hasContract reports whether what an arm cost is something else than its tokens at list price.
func hasContract(a Arm) bool {
	return a.Cost.Amount.IsKnown() && !a.Cost.Amount.Equal(a.Cost.List)
}

// listRow is the same in list-equivalent dollars, which no contract and no provider's own figure is mixed into.
func listRow(r *Report) row {
	b, h := r.Base.CostPerTask.List, r.Head.CostPerTask.List
	out := row{label: "the same at list price", base: figure.PerTask(b), head: figure.PerTask(h), misleads: "you pay by contract"}
	if q := float64(h) / float64(b); q > 0 && !math.IsInf(q, 0) {
		out.change = figure.Times(Number(q), r.Policy.MaxCostRatio)
	}
	return out
}

func taskCost(a Arm) string {
	s := figure.PerTask(a.CostPerTask.Amount)
	if a.Trials > 0 && a.Completed == 0 {
		return figure.PerTask(Quotient(math.Inf(1)))
	}
	if a.CostPerTask.Status == price.LowerBound && s != figure.Unknown {
		return "at least " + s
	}
	return s
}

func completionRow(r *Report) row {
	out := row{label: "completion rate", base: completion(r.Base), head: completion(r.Head), misleads: "the grader is too lax or too strict"}
	if r.Completion != nil {
		out.change = figure.Points(r.Completion.Estimate)
	}
	return out
}

func completion(a Arm) string {
	if a.Trials == 0 {
		return "not tried"
	}
	return fmt.Sprintf("%s (%d/%d)", figure.Percent(a.CompletionRate), a.Completed, a.Trials)
}

// split is price per token x tokens per trial x 1/completion, which multiply up to the ratio exactly.
type split struct{ price, tokens, completion float64 }

// splitOf returns the split of the ratio; false when a token class or a cost is not known in both arms, when
// an arm completed nothing, or when the parts do not multiply up to the ratio that the report shows.
func splitOf(r *Report) (split, bool) {
	if r.Ratio == nil {
		return split{}, false
	}
	s := split{
		price:      pricePerToken(r.Head) / pricePerToken(r.Base),
		tokens:     float64(r.Head.TokensPerTrial.Total()) / float64(r.Base.TokensPerTrial.Total()),
		completion: float64(r.Base.CompletionRate) / float64(r.Head.CompletionRate),
	}
	product, want := s.price*s.tokens*s.completion, float64(r.Ratio.Estimate)
	ok := math.Abs(product-want) <= 1e-3*math.Abs(want) && want > 0 // false for NaN and Inf, too
	return s, ok
}

// pricePerToken is the mean cost of a trial over its mean number of tokens. The cost of a trial is the cost per
// completed task times the completion rate, both averaged task by task.
func pricePerToken(a Arm) float64 {
	return float64(a.CostPerTask.Amount) * float64(a.CompletionRate) / float64(a.TokensPerTrial.Total())
}

// sentence writes the split for people.
func (s split) sentence(total Number, limit float64, st style) string {
	return fmt.Sprintf("Multiplied out: %s price per token x %s tokens per trial x %s for completion = %s. "+
		"Price per token is what a token cost on average, cached ones included.",
		st.bold(figure.Significant(s.price, 3)), st.bold(figure.Significant(s.tokens, 3)), st.bold(figure.Significant(s.completion, 3)), figure.Times(total, limit))
}

// taskRow is one line of the per-task table.
type taskRow struct{ id, completed, cost, change, tokens, time, remarks string }

func taskLine(t Task) taskRow {
	b, h := figure.Mean(t.Base.Cost.Amount, t.Base.Trials), figure.Mean(t.Head.Cost.Amount, t.Head.Trials)
	return taskRow{
		id:        t.ID,
		completed: fmt.Sprintf("%d/%d -> %d/%d", t.Base.Completed, t.Base.Trials, t.Head.Completed, t.Head.Trials),
		cost:      figure.Dollars(b) + " -> " + figure.Dollars(h),
		change:    ratChange(b, h),
		tokens:    tokensOf(t.Base) + " -> " + tokensOf(t.Head),
		time:      times2(t.Base.Seconds, t.Head.Seconds),
		remarks:   remarks(t),
	}
}

func tokensOf(s TaskSide) string {
	n, known := s.Tokens.Total().Value()
	if !known || s.Trials == 0 {
		return figure.Unknown
	}
	return figure.Count(Number(float64(n) / float64(s.Trials)))
}

func times2(b, h Number) string {
	if math.IsNaN(float64(b)) && math.IsNaN(float64(h)) {
		return ""
	}
	return figure.Duration(b) + " -> " + figure.Duration(h)
}

// usualCause is trial.CauseGrader: what a trial that is not completed shows anyway, so it is not worth a remark.
const usualCause = "grader-refused"

// remarks are the voids and the causes of a task's outcomes; causes are data and not escaped here.
func remarks(t Task) string {
	var out []string
	for _, side := range []struct {
		name string
		TaskSide
	}{{"base", t.Base}, {"head", t.Head}} {
		if parts := outcomes(side.TaskSide); len(parts) > 0 {
			out = append(out, side.name+": "+strings.Join(parts, ", "))
		}
	}
	return strings.Join(out, "; ")
}

func outcomes(s TaskSide) []string {
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

// movers returns the indices of the tasks by how much their mean cost changed, most first; a change that is not
// known comes before all others, because it is what a reader must look at.
func movers(ts []Task) []int {
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
