package report_test

import (
	"strings"
	"testing"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
)

// TestListAndBilledAreTold changes what the arms of a measured report were billed, and looks for the row of list
// prices and for what the deciding row is said to be.
func TestListAndBilledAreTold(t *testing.T) {
	known := func(s string) price.Amount { return price.Known(price.MustMoney(s)) }
	list := price.Cost{Amount: known("10"), List: known("10"), Status: price.Exact}
	same := price.Cost{Amount: known("10"), List: known("10"), Billed: known("10"), Status: price.Exact}
	billed := price.Cost{Amount: known("8"), List: known("10"), Billed: known("8"), Status: price.Exact}
	partly := price.Cost{Amount: known("9"), List: known("10"), Status: price.Exact}
	cases := []struct {
		name       string
		base, head price.Cost
		row        bool
	}{
		{"both at list price", list, list, false},
		{"billed at list price", same, list, false},
		{"both by contract", billed, billed, true},
		{"one by contract", billed, list, true},
		{"one in part", billed, partly, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := one(t, "dont-switch")
			r.Base.Cost, r.Head.Cost = c.base, c.head
			r.Base.CostPerTask = report.TaskCost{Amount: 8, List: 10, Status: price.Exact}
			r.Head.CostPerTask = report.TaskCost{Amount: 5, List: 5, Status: price.Exact}
			text := report.Markdown([]*report.Report{r}, report.MarkdownOptions{MaxBytes: 1 << 20})
			if got := strings.Contains(text, "| the same at list price | $10.00 | $5.00 | 0.500x |"); got != c.row {
				t.Errorf("a row of list prices: %t, want %t\n%s", got, c.row, text)
			}
			text = strings.ReplaceAll(text, "\u00a0", " ")
			if got := strings.Contains(text, "<br>as billed, else list price**"); got != c.row {
				t.Errorf("the deciding row says what it is: %t, want %t\n%s", got, c.row, text)
			}
		})
	}
}
