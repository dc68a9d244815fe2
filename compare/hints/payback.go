package hints

import (
	"cmp"
	"fmt"
	"math"

	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/verdict"
)

// manyTasks is how many completed tasks a check may take to pay for itself before it is worth a remark: what agents of a team
// do in about a week.
const manyTasks = 500

// payback says how many completed tasks it takes for a switch to save what the check has cost, where they are many.
func payback(r *content.Report) string {
	spent, known := r.SpentUSD.Value()
	saving := float64(r.Base.CostPerTask.Amount) - float64(r.Head.CostPerTask.Amount)
	if r.Verdict != verdict.Switch || !known || !(saving > 0) || math.IsInf(saving, 1) {
		return ""
	}
	tasks := math.Ceil(spent.Float64() / saving)
	if !(tasks > manyTasks) {
		return ""
	}
	atLeast := ""
	if r.SpentAtLeast {
		atLeast = "at least "
	}
	return fmt.Sprintf("This check has cost %s%s, and the switch saves %s per completed task: it takes %s%s completed tasks to pay for the check.",
		atLeast, figure.Amount(r.SpentUSD), figure.USD(content.Number(saving)), cmp.Or(atLeast, "about "), figure.Count(content.Number(tasks)))
}
