// Package shortfall says which trials of a comparison were not carried out, or came to nothing: since the provider served
// nothing, the run was ended, or the money was spent.
//
// It knows the findings that say so, and that they withhold a verdict. It refuses to know who ends a run, and other reasons
// to withhold.
package shortfall

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/pertask/pertask/compare/tally"
	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/verdict"
)

// Codes of the findings.
const (
	CodeGone   = "provider-broke" // of Unserved and Gone
	CodeCut    = "run-ended"      // of Cut
	CodeBudget = "budget-spent"   // of Broke
)

// GaveUp reports whether there were trials and each of them came to nothing because of the provider.
func GaveUp(tasks []*tally.Task) bool {
	voids := 0
	for _, t := range tasks {
		for _, s := range t.Sides() {
			if s.Trials > 0 || s.Causes[trial.CauseProvider]+s.Causes[trial.CauseCanceled] != s.Voids {
				return false
			}
			voids += s.Causes[trial.CauseProvider]
		}
	}
	return voids > 0
}

// Unserved is the reason when the provider served nothing, and what to do next, by how often it refused calls with which
// status.
func Unserved(refused map[int]int) (reason verdict.Finding, next string) {
	text := "The provider answered no call of any trial"
	next = "Rerun when the provider is up."
	var statuses []string
	for _, status := range slices.Sorted(maps.Keys(refused)) {
		switch status {
		case http.StatusUnauthorized, http.StatusForbidden, http.StatusPaymentRequired:
			next = "Check the provider's key: a call with it was refused."
		}
		statuses = append(statuses, fmt.Sprintf("status %d (%s) %d times", status, strings.ToLower(http.StatusText(status)), refused[status]))
	}
	if len(statuses) > 0 {
		text += ": it refused with " + strings.Join(statuses, ", ")
	}
	return verdict.Finding{Code: CodeGone, Text: text + "."}, next
}

// Gone withholds the verdict when trials ended because the provider serves nothing any more, and so many slots were never
// filled: what was left out was not left to chance. It is nil where all were filled.
func Gone(unfilled int) *verdict.Finding {
	return short(CodeGone, "The provider stopped answering, and %s not carried out. A rerun goes on from here.", unfilled)
}

// Cut withholds the verdict when a run was ended and so many slots were never filled, whatever the trials so far would say:
// to stop when one likes what they say is not the test that was planned. It is nil where all were filled.
func Cut(unfilled int) *verdict.Finding {
	return short(CodeCut, "The run was ended, and %s not carried out. A run with the same journal goes on from here.", unfilled)
}

// Again withholds the verdict when a run was ended and so many void trials would be carried out again. It is nil where there
// are none.
func Again(void int) *verdict.Finding {
	return short(CodeCut, "The run was ended, and %s not carried out again, which came to nothing. A rerun with the same journal goes on from here.", void)
}

func short(code, text string, unfilled int) *verdict.Finding {
	if unfilled <= 0 {
		return nil
	}
	return &verdict.Finding{Code: code, Withhold: true, Text: fmt.Sprintf(text, trials(unfilled)+strings.TrimPrefix(were(unfilled), fmt.Sprint(unfilled)))}
}

// Broke withholds the verdict where trials are missing for want of money, however few: which are left out depends on what
// the others cost. So many trials were not even started, and what was spent says whether the budget could be kept.
func Broke(tasks []*tally.Task, unrun int, spent price.Amount) (verdict.Finding, bool) {
	missing, planned := 0, 0
	for _, t := range tasks {
		for _, s := range t.Sides() {
			missing += s.Causes[trial.CauseBudget]
			planned += s.Trials + s.Voids
		}
	}
	if missing == 0 {
		return verdict.Finding{}, false
	}
	why := "The budget was spent"
	if !spent.IsKnown() {
		why = "The budget cannot be kept, since it is not known what was spent"
	}
	text := fmt.Sprintf("%s: of %s %s not run", why, trials(planned), were(unrun))
	if stopped := missing - unrun; stopped > 0 {
		text += fmt.Sprintf(", and %s stopped on the way", were(stopped))
	}
	return verdict.Finding{Code: CodeBudget, Withhold: true, Text: text + ". A rerun with a higher `run.budget` goes on from here."}, true
}

func were(n int) string {
	if n == 1 {
		return "1 was"
	}
	return fmt.Sprintf("%d were", n)
}

func trials(n int) string {
	if n == 1 {
		return "1 trial"
	}
	return fmt.Sprintf("%d trials", n)
}

// Of returns what a report says of trials that were not carried out; nil where it says nothing.
func Of(r *report.Report) *verdict.Finding {
	for _, f := range append([]verdict.Finding{r.Reason}, r.Findings...) {
		if f.Code == CodeGone || f.Code == CodeCut {
			return &f
		}
	}
	return nil
}
