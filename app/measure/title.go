package measure

import (
	"slices"

	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/report/markup"
	"github.com/pertask/pertask/review/gate"
	"github.com/pertask/pertask/review/outcome"
	"github.com/pertask/pertask/verdict"
)

// maxTitle is how many characters of an acceptance a title has.
const maxTitle = 120

// title is that of the check run, and of a change that a person let in who that was and why, unless another suite says more than that
// it is fine: then that is what is to be read first.
func title(reports []*report.Report) string {
	i := slices.IndexFunc(reports, func(r *report.Report) bool { return r.Result == verdict.Accepted && r.Reason.Text != "" })
	if i < 0 || outcome.Overall(reports) != gate.Success {
		return report.Title(reports)
	}
	return markup.Clean(reports[i].Reason.Text, maxTitle)
}
