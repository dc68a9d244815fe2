package measure

import (
	"strings"
	"testing"

	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/verdict"
)

// Of an accepted change the title says who has accepted it; a suite that is not fine goes before that.
func TestTitle(t *testing.T) {
	accepted := &report.Report{Result: verdict.Accepted, Reason: verdict.Finding{Code: "accepted", Text: "Accepted by ada: the contract\nneeds it " + strings.Repeat("x", 200)}}
	fine := &report.Report{Result: verdict.NothingChanged}
	open := &report.Report{Result: verdict.NotMeasured}
	for name, c := range map[string]struct {
		reports []*report.Report
		want    string
	}{
		"accepted":          {[]*report.Report{accepted}, "Accepted by ada: the contract needs it xxx"},
		"beside a fine one": {[]*report.Report{fine, accepted}, "Accepted by ada: the contract needs it xxx"},
		"beside an open":    {[]*report.Report{accepted, open}, report.Title([]*report.Report{accepted, open})},
		"nothing accepted":  {[]*report.Report{fine}, "No model setting changed"},
	} {
		if got := title(c.reports); !strings.HasPrefix(got, c.want) || len([]rune(got)) > maxTitle+len("...") || strings.Contains(got, "\n") {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
