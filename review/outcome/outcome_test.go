package outcome_test

import (
	"testing"

	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/review/outcome"
	"github.com/pertask/pertask/review/state"
	"github.com/pertask/pertask/verdict"
)

// TestConclusions walks the table of exit statuses and conclusions.
func TestConclusions(t *testing.T) {
	policies := map[string]verdict.Policy{
		"report":     {Mode: verdict.Report},
		"block":      {Mode: verdict.Block},
		"block,fail": {Mode: verdict.Block, OnInconclusive: verdict.Fail},
	}
	tests := []struct {
		result verdict.Result
		v      verdict.Verdict
		want   map[string]string // policy -> exit and conclusion
	}{
		{verdict.NothingChanged, 0, map[string]string{"report": "0 success", "block": "0 success", "block,fail": "0 success"}},
		{verdict.Measured, verdict.Switch, map[string]string{"report": "0 success", "block": "0 success", "block,fail": "0 success"}},
		{verdict.Measured, verdict.DontSwitch, map[string]string{"report": "0 neutral", "block": "1 failure", "block,fail": "1 failure"}},
		{verdict.Measured, verdict.Inconclusive, map[string]string{"report": "0 neutral", "block": "0 neutral", "block,fail": "1 action_required"}},
		{verdict.NotMeasured, 0, map[string]string{"report": "0 neutral", "block": "0 neutral", "block,fail": "1 action_required"}},
		{verdict.Accepted, 0, map[string]string{"report": "0 success", "block": "0 success", "block,fail": "0 success"}},
		{verdict.BadInput, 0, map[string]string{"report": "2 failure", "block": "2 failure", "block,fail": "2 failure"}},
	}
	for _, tt := range tests {
		for name, p := range policies {
			row := p.Outcome(tt.result, tt.v)
			r := &report.Report{Result: tt.result, Verdict: tt.v, Decision: report.Decision{Blocks: row.Blocks, Exit: row.Exit}}
			got := string(rune('0'+row.Exit)) + " " + outcome.Conclusion(r)
			if got != tt.want[name] {
				t.Errorf("%s %s in mode %s: %s, want %s", tt.result, tt.v, name, got, tt.want[name])
			}
		}
	}
}

func TestOverallIsTheHeaviest(t *testing.T) {
	ok := &report.Report{Result: verdict.NothingChanged}
	bad := &report.Report{Result: verdict.Measured, Verdict: verdict.DontSwitch, Decision: report.Decision{Blocks: true, Exit: 1}}
	if got := outcome.Overall([]*report.Report{bad, ok}); got != "failure" {
		t.Errorf("overall = %s", got)
	}
	if got := outcome.Outputs([]*report.Report{ok, bad}); got["conclusion"] != "failure" || got["verdict"] != "dont-switch" || got["blocks"] != "true" {
		t.Errorf("outputs %v", got)
	}
	suites := []state.Suite{{Conclusion: "neutral"}, {Conclusion: "action_required"}, {Conclusion: "success"}}
	if got := outcome.Heaviest(suites); got != "action_required" {
		t.Errorf("heaviest %s", got)
	}
}
