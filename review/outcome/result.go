package outcome

import (
	"strings"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/review/state"
)

// Result is what became of the question about one suite.
type Result struct {
	*report.Report
	Asked state.Asked
	// Kept says that the report has nothing new to show: an earlier result still stands. Again is that result, where it was
	// measured.
	Kept  bool
	Again *state.Suite
}

// Reports are those of results.
func Reports(results []Result) []*report.Report {
	var out []*report.Report
	for _, r := range results {
		out = append(out, r.Report)
	}
	return out
}

// Names are the names of the results' suites, with commas between them.
func Names(results []Result) string {
	var names []string
	for _, r := range results {
		names = append(names, r.Suite)
	}
	return strings.Join(names, ",")
}

// Exit is the highest exit status of several suites; without a report it is the one given.
func Exit(reports []*report.Report, without int) int {
	if len(reports) == 0 {
		return without
	}
	out := 0
	for _, r := range reports {
		out = max(out, r.Decision.Exit)
	}
	return out
}

// Kept is what is kept of results, and what they have cost together. Of an earlier result that still stands it is that, by the
// policy of today.
func Kept(results []Result) (suites []state.Suite, spent price.Amount) {
	for i, r := range results {
		u := Suite(r.Report, r.Asked)
		if r.Again != nil {
			c, exit := u.Conclusion, u.Exit
			u = *r.Again
			u.Conclusion, u.Exit = c, exit
		}
		suites = append(suites, u)
		if spent = spent.Plus(r.SpentUSD); i == 0 {
			spent = r.SpentUSD
		}
	}
	return suites, spent
}

// Questions are the keys of what results answer; "" for one that answers nothing.
func Questions(results []Result) []string {
	var out []string
	for _, r := range results {
		out = append(out, r.Asked.Question)
	}
	return out
}
