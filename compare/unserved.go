package compare

import (
	"fmt"
	"net/http"
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
	if len(c.refused) > 0 {
		var statuses []string
		for _, status := range []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusPaymentRequired} {
			if c.refused[status] > 0 {
				next = "Check the provider's key: a call with it was refused."
			}
		}
		for status := 400; status < 600; status++ {
			if n := c.refused[status]; n > 0 {
				statuses = append(statuses, fmt.Sprintf("status %d (%s) %d times", status, strings.ToLower(http.StatusText(status)), n))
			}
		}
		text += ": it refused with " + strings.Join(statuses, ", ")
	}
	r := c.opts.NotMeasured(verdict.Finding{Code: "provider-broke", Text: text + "."}, next)
	r.Forecast = nil
	r.SpentUSD = c.spent.Amount
	return r
}
