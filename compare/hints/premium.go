package hints

import (
	"fmt"
	"math"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/verdict"
)

// premiumFrom is how many times as much a premium tier costs, by the list, for input and for output.
const premiumFrom = 3

// premium finds a head whose list price is a multiple of the base's while no gain in completion is shown for it. A head
// that is shown to be cheaper per completed task all the same needs none.
func premium(r *content.Report) string {
	base, head, gain := r.Base.ListPrice, r.Head.ListPrice, r.Completion
	if base == nil || head == nil || gain == nil || r.Verdict == verdict.Switch || !(gain.Low <= 0) {
		return ""
	}
	in, premiumIn := multiple(base.Input, head.Input)
	out, premiumOut := multiple(base.Output, head.Output)
	if !premiumIn || !premiumOut {
		return ""
	}
	return fmt.Sprintf("By the price list %s costs %s as much as %s for input and %s for output, and no gain in completion is shown for it: %s.",
		listed(head, base), figure.Times(in, premiumFrom), listed(base, head), figure.Times(out, premiumFrom),
		figure.Within(gain.Estimate, gain.Low, gain.High, gain.Confidence))
}

// multiple is how many times as much b is as a, and whether that is premiumFrom or more, exactly. It is NaN where one is
// not known or there is no multiple.
func multiple(a, b price.Amount) (times content.Number, premium bool) {
	from, known := a.Value()
	to, both := b.Value()
	if !known || !both || from.IsZero() {
		return content.Number(math.NaN()), false
	}
	return content.Number(to.Float64() / from.Float64()), to.Cmp(from.Times(premiumFrom)) >= 0
}

// listed is a model, with its tier where that is all that differs from the other.
func listed(l, other *content.ListPrice) string {
	if l.Model == other.Model && l.Provider == other.Provider {
		return fmt.Sprintf("%s at tier %s", quoted(l.Model), quoted(l.Tier))
	}
	return quoted(l.Model)
}
