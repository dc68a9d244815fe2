package compare

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/verdict"
)

// gaveUp reports whether there were trials and each of them came to nothing because of the provider.
func (c *Comparison) gaveUp() bool {
	voids := 0
	for _, t := range c.tasks {
		for _, s := range t.Sides() {
			if s.Trials > 0 || s.Causes[trial.CauseProvider]+s.Causes[trial.CauseCanceled] != s.Voids {
				return false
			}
			voids += s.Causes[trial.CauseProvider]
		}
	}
	return voids > 0
}

// unserved is the report when the provider served nothing: nothing was measured.
func (c *Comparison) unserved() *report.Report {
	text := "The provider answered no call of any trial"
	next := "Rerun when the provider is up."
	refused := c.bill.Refused()
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
	r := c.opts.NotMeasured(verdict.Finding{Code: "provider-broke", Text: text + "."}, next)
	r.Forecast = nil
	r.SpentUSD = c.spent.Amount
	return r
}

// Codes of the findings of stop and of a run that was ended.
const (
	codeGone = "provider-broke"
	codeCut  = "run-ended"
	// Code of the finding of broke.
	codeBudget = "budget-spent"
)

const textCut = "The run was ended, and %s not carried out. A run with the same journal goes on from here."

// stop ends the trials, since the provider serves nothing any more. Slots that were never filled withhold the verdict:
// what was left out was not left to chance.
func (c *Comparison) stop() {
	c.stopped = true
	c.cutShort(codeGone, "The provider stopped answering, and %s not carried out. A rerun goes on from here.")
}

// cutShort withholds the verdict if slots were never filled, whatever the trials so far would say: to stop when one likes
// what they say is not the test that was planned.
func (c *Comparison) cutShort(code, text string) {
	if unfilled := c.plan.Unfilled(); unfilled > 0 {
		c.gone = short(code, text, unfilled)
	}
}

func short(code, text string, unfilled int) *verdict.Finding {
	trials := count(unfilled, "trial") + " were"
	if unfilled == 1 {
		trials = "1 trial was"
	}
	return &verdict.Finding{Code: code, Withhold: true, Text: fmt.Sprintf(text, trials)}
}

// incomplete withholds the verdict while the trials of a look are not all there: such a look is none.
func (c *Comparison) incomplete() *verdict.Finding {
	if unfilled := c.plan.Unfilled(); c.gone == nil && c.course != nil && unfilled > 0 {
		return short(codeCut, textCut, unfilled)
	}
	return c.gone
}

// broke withholds the verdict where trials are missing for want of money, however few: which are left out depends on what
// the others cost.
func (c *Comparison) broke() (verdict.Finding, bool) {
	missing, planned := 0, 0
	for _, t := range c.tasks {
		for _, s := range t.Sides() {
			missing += s.Causes[trial.CauseBudget]
			planned += s.Trials + s.Voids
		}
	}
	if missing == 0 {
		return verdict.Finding{}, false
	}
	why := "The budget was spent"
	if !c.spent.Amount.IsKnown() {
		why = "The budget cannot be kept, since it is not known what was spent"
	}
	text := fmt.Sprintf("%s: of %s %s not run", why, count(planned, "trial"), were(c.unrun))
	if stopped := missing - c.unrun; stopped > 0 {
		text += fmt.Sprintf(", and %s stopped on the way", were(stopped))
	}
	return verdict.Finding{Code: codeBudget, Withhold: true, Text: text + ". A rerun with a higher `run.budget` goes on from here."}, true
}

func were(n int) string {
	if n == 1 {
		return "1 was"
	}
	return fmt.Sprintf("%d were", n)
}

// goneFrom takes over what stop found for a report that is priced again.
func (c *Comparison) goneFrom(old *report.Report) {
	for _, f := range append([]verdict.Finding{old.Reason}, old.Findings...) {
		if f.Code == codeGone || f.Code == codeCut {
			c.gone = &f
			return
		}
	}
}
