package grounds

import (
	"cmp"
	"math"
	"slices"

	"github.com/pertask/pertask/report/bars"
	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/report/markup"
)

// exact is how far the parts may be from what they add up to, on the log scale: more is another ratio's.
const exact = 1e-3

// Explained reports whether the report takes its ratio apart: the parts are all known, and multiply up to the ratio that
// is shown.
func Explained(r *content.Report) bool {
	w := r.Why
	if w == nil || r.Ratio == nil || !(r.Ratio.Estimate > 0) ||
		!finite(r.Ratio.Estimate, w.Total.Log, w.Price.Log, w.Usage.Log, w.Completion.Log) {
		return false
	}
	return near(float64(w.Total.Log), math.Log(float64(r.Ratio.Estimate))) && near(float64(w.Price.Log+w.Usage.Log+w.Completion.Log), float64(w.Total.Log))
}

func near(a, b float64) bool { return math.Abs(a-b) <= exact }

// Bars are the parts of the change and all of it; none when it is not Explained. A price list that is not known leaves the
// price as one part.
func Bars(r *content.Report) []bars.Bar {
	if !Explained(r) {
		return nil
	}
	w := r.Why
	out := []bars.Bar{bar("price", w.Price)}
	if w.List != nil && w.Discount != nil && finite(w.List.Log, w.Discount.Log) && near(float64(w.List.Log+w.Discount.Log), float64(w.Price.Log)) {
		out = []bars.Bar{bar("list price", *w.List), bar("discounts, billing", *w.Discount)}
	}
	return append(out, bar("usage", w.Usage), bar("completion", w.Completion), bar("all together", w.Total))
}

func bar(label string, e content.Effect) bars.Bar {
	return bars.Bar{Label: label, Figure: factor(e), Size: float64(e.Log), Note: dollars(e)}
}

// none is a part, on the log scale, whose factor reads as 1.00: its dollars are then not worth their digits.
const none = 0.0005

func dollars(e content.Effect) string {
	if math.Abs(float64(e.Log)) < none && math.Abs(float64(e.Dollars)) < 0.005 {
		return "$0.00"
	}
	return figure.Difference(e.Dollars)
}

// factor is worked out of the log, which is what adds up.
func factor(e content.Effect) string {
	return figure.Times(content.Number(math.Exp(float64(e.Log))), 0)
}

// Parts are volume and mix, and then every token class.
func Parts(r *content.Report, st markup.Style) Table {
	t := Table{Head: []string{"part", "factor", "per completed task"}}
	if !Explained(r) {
		return t
	}
	t.Rows = append(t.Rows, line("usage: all tokens together", r.Why.Volume), line("usage: which kinds of tokens", r.Why.Mix))
	for _, c := range r.Why.Classes {
		t.Rows = append(t.Rows, line("price and usage: "+class(c.Name, st), c.Effect))
	}
	return t
}

func line(name string, e content.Effect) []string {
	return []string{name, factor(e), dollars(e)}
}

// class names a token class for people. The names in reports are compare/used's.
func class(name string, st markup.Style) string {
	switch name {
	case "input", "output", "fees":
		return name
	case "cache_read":
		return "cached input"
	case "cache_creation":
		return "input written to a cache"
	}
	return st.Code(name)
}

// Tasks are the parts of the first tasks, most at most, the largest part first.
func Tasks(r *content.Report, st markup.Style, most int) Table {
	t := Table{Head: []string{"task", "factor", "per completed task"}}
	if !Explained(r) {
		return t
	}
	order := slices.Clone(r.Why.Tasks)
	slices.SortStableFunc(order, func(a, b content.NamedEffect) int { return -cmp.Compare(size(a), size(b)) })
	most = max(0, min(most, len(order)))
	t.Left = len(order) - most
	for _, x := range order[:most] {
		t.Rows = append(t.Rows, line(st.Code(x.Name), x.Effect))
	}
	return t
}

// size orders what is not known first: it is what a reader must look at.
func size(e content.NamedEffect) float64 {
	if !finite(e.Effect.Log) {
		return math.Inf(1)
	}
	return math.Abs(float64(e.Effect.Log))
}
