package hints

import (
	"cmp"
	"fmt"
	"math"

	"github.com/pertask/pertask/report/content"
	"github.com/pertask/pertask/report/figure"
	"github.com/pertask/pertask/verdict"
)

// payback compares what the check has cost with what a switch would have saved on the tasks that were completed in it,
// and says how many it takes to pay for itself.
func payback(r *content.Report) string {
	spent, known := r.SpentUSD.Value()
	saving := float64(r.Base.CostPerTask.Amount) - float64(r.Head.CostPerTask.Amount)
	if r.Verdict != verdict.Switch || !known || !(saving > 0) || math.IsInf(saving, 1) {
		return ""
	}
	completed := r.Base.Completed + r.Head.Completed
	cost := spent.Float64()
	saved := saving * float64(completed)
	if !(saved < cost) {
		return ""
	}
	atLeast := ""
	if r.SpentAtLeast {
		atLeast = "at least "
	}
	return fmt.Sprintf("This check has cost %s%s, and the switch saves %s per completed task: it takes %s%s completed tasks to pay for the check. "+
		"The %s that were completed here would have saved %s.", atLeast, figure.Amount(r.SpentUSD), figure.USD(content.Number(saving)),
		cmp.Or(atLeast, "about "), figure.Count(content.Number(math.Ceil(cost/saving))), figure.Whole(completed), figure.USD(content.Number(saved)))
}
