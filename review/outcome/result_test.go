package outcome_test

import (
	"testing"

	"github.com/pertask/pertask/price"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/review/outcome"
	"github.com/pertask/pertask/review/state"
	"github.com/pertask/pertask/verdict"
)

func TestResults(t *testing.T) {
	usd := func(s string) price.Amount { return price.Known(price.MustMoney(s)) }
	of := func(name, spent string, exit int) outcome.Result {
		return outcome.Result{Report: &report.Report{Suite: name, Result: verdict.Measured, SpentUSD: usd(spent), Decision: report.Decision{Exit: exit}}, Asked: state.Asked{Question: name}}
	}
	two := []outcome.Result{of("a", "1.5", 0), of("b", "2", 1)}
	if got := outcome.Names(two); got != "a,b" {
		t.Error(got)
	}
	reports := outcome.Reports(two)
	if len(reports) != 2 || outcome.Exit(reports, 7) != 1 || outcome.Exit(nil, 7) != 7 {
		t.Errorf("%d reports, %d, %d", len(reports), outcome.Exit(reports, 7), outcome.Exit(nil, 7))
	}
	two[1].Again = &state.Suite{Name: "b", Question: "b", Evidence: "of before", Conclusion: "of before", Exit: 9}
	suites, spent := outcome.Kept(two)
	if !spent.Equal(usd("3.5")) || len(suites) != 2 || suites[0].Question != "a" {
		t.Errorf("%+v, %v", suites, spent)
	}
	if u := suites[1]; u.Evidence != "of before" || u.Exit != 1 || u.Conclusion == "of before" {
		t.Errorf("what still stands is by the policy of before: %+v", u)
	}
	two[0].SpentUSD = price.Amount{}
	if _, spent := outcome.Kept(two); spent.IsKnown() {
		t.Errorf("unknown and 2 are %v", spent)
	}
}
