// Package row works out the lines of a report's tables: one for each figure of the comparison, one for each task.
//
// It knows which figures are shown, in which order, and when each misleads. It refuses to know how a table looks, and
// makes nothing safe: names and causes in its lines are data.
package row

import (
	"fmt"
	"math"
	"math/big"
	"strings"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/report/figure"
)

// Row is one line of the comparison: the two proxies, the figure that decides, and what else was measured.
type Row struct {
	Label, Parts, Base, Head, Change, Misleads string
	Main                                       bool // the figure that decides
}

// Comparison are the lines to show, in order: of an unmeasured report the list prices, where they are known.
func Comparison(r *content.Report) []Row {
	out := prices(r)
	if !r.HasTrials() {
		return out
	}
	out = append(out, tokensRow(r), costRow(r))
	if hasContract(r.Base) || hasContract(r.Head) {
		out[len(out)-1].Parts = "as billed, else list price"
		out = append(out, listRow(r))
	}
	out = append(out, completionRow(r))
	b, h := float64(r.Base.SecondsPerTrial), float64(r.Head.SecondsPerTrial)
	if !math.IsNaN(b) || !math.IsNaN(h) {
		out = append(out, Row{Label: "time per trial", Base: figure.Duration(content.Number(b)), Head: figure.Duration(content.Number(h)), Change: figure.Change(b, h)})
	}
	return out
}

// prices is the line of list prices; none when neither arm has a price.
func prices(r *content.Report) []Row {
	if r.Base.ListPrice == nil && r.Head.ListPrice == nil {
		return nil
	}
	return []Row{{
		Label: "list price per 1M tokens", Parts: "in / cached / out",
		Base: list(r.Base.ListPrice), Head: list(r.Head.ListPrice),
		Change:   priceChange(r.Base.ListPrice, r.Head.ListPrice),
		Misleads: "one side needs more tokens or caches less",
	}}
}

func list(p *content.ListPrice) string {
	if p == nil {
		return figure.Unknown
	}
	return figure.Rate(p.Input) + " / " + figure.Rate(p.CacheRead) + " / " + figure.Rate(p.Output)
}

// priceChange is one change when all three rates change alike, else one for each.
func priceChange(b, h *content.ListPrice) string {
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

func tokensRow(r *content.Report) Row {
	b, h := r.Base.TokensPerTrial, r.Head.TokensPerTrial
	parts := "in / cached / out"
	written := b.CacheCreation > 0 || h.CacheCreation > 0
	if written {
		parts = "in / cached / written / out"
	}
	return Row{
		Label: "tokens per trial", Parts: parts,
		Base: classes(b, written), Head: classes(h, written),
		Change:   figure.Change(float64(b.Total()), float64(h.Total())),
		Misleads: "most are cheap cached ones, or trials fail",
	}
}

// classes is the total and, where any of them is known, the parts.
func classes(t content.Tokens, written bool) string {
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

func costRow(r *content.Report) Row {
	out := Row{
		Label: "cost per completed task", Main: true,
		Base: taskCost(r.Base), Head: taskCost(r.Head),
		Misleads: "your work is unlike these tasks",
	}
	if q := r.Ratio; q != nil && r.Base.Completed > 0 && r.Head.Completed > 0 {
		out.Change = figure.Times(q.Estimate, r.Policy.MaxCostRatio)
	}
	return out
}

// hasContract reports whether what an arm cost is something else than its tokens at list price.
func hasContract(a content.Arm) bool {
	return a.Cost.Amount.IsKnown() && !a.Cost.Amount.Equal(a.Cost.List)
}

// listRow is the same in list-equivalent dollars, which no contract and no provider's own figure is mixed into.
func listRow(r *content.Report) Row {
	b, h := r.Base.CostPerTask.List, r.Head.CostPerTask.List
	out := Row{Label: "the same at list price", Base: figure.PerTask(b), Head: figure.PerTask(h), Misleads: "you pay by contract"}
	if q := float64(h) / float64(b); q > 0 && !math.IsInf(q, 0) {
		out.Change = figure.Times(content.Number(q), r.Policy.MaxCostRatio)
	}
	return out
}

func taskCost(a content.Arm) string {
	s := figure.PerTask(a.CostPerTask.Amount)
	if a.Trials > 0 && a.Completed == 0 {
		if a.AtLeast != nil && *a.AtLeast > 0 && !math.IsInf(float64(*a.AtLeast), 1) {
			return "at least " + figure.USD(*a.AtLeast)
		}
		return figure.PerTask(content.Quotient(math.Inf(1)))
	}
	if a.CostPerTask.Status == price.LowerBound && s != figure.Unknown {
		return "at least " + s
	}
	return s
}

func completionRow(r *content.Report) Row {
	out := Row{Label: "completion rate", Base: completion(r.Base), Head: completion(r.Head), Misleads: "the grader is too lax or too strict"}
	if r.Completion != nil {
		out.Change = figure.Points(r.Completion.Estimate)
	}
	return out
}

func completion(a content.Arm) string {
	if a.Trials == 0 {
		return "not tried"
	}
	return fmt.Sprintf("%s (%d/%d)", figure.Percent(a.CompletionRate), a.Completed, a.Trials)
}
