package outcome_test

import (
	"errors"
	"strings"
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

// sink keeps what is left.
type sink struct {
	outputs, files map[string]string
	fail           error
}

func (s *sink) Output(name, value string) error { s.outputs[name] = value; return s.fail }

func (s *sink) File(name string, data []byte) error { s.files[name] = string(data); return s.fail }

func TestLeave(t *testing.T) {
	s := &sink{outputs: map[string]string{}, files: map[string]string{}}
	a, b := &report.Report{Suite: "a", Result: verdict.NothingChanged}, &report.Report{Suite: "b", Result: verdict.NotMeasured}
	if err := outcome.Leave(s, []*report.Report{a, b}, "https://example.com/run"); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"report.json": `"suite": "a"`, "report-2.json": `"suite": "b"`, "report.md": "https://example.com/run", "report.html": "<html"} {
		if !strings.Contains(s.files[name], want) {
			t.Errorf("%s has no %q", name, want)
		}
	}
	if len(s.files) != 4 || s.outputs["result"] != "not-measured" {
		t.Errorf("%d files, outputs %v", len(s.files), s.outputs)
	}
	s.fail = errors.New("full")
	if err := outcome.Leave(s, []*report.Report{a}, ""); !errors.Is(err, s.fail) {
		t.Errorf("error %v", err)
	}
}

func TestButtons(t *testing.T) {
	held := state.Suite{Question: "q", Result: verdict.NotMeasured, Conclusion: "neutral"}
	suite := func(r verdict.Result, v verdict.Verdict, conclusion string) state.Suite {
		return state.Suite{Question: "q", Result: r, Verdict: v, Conclusion: conclusion}
	}
	for _, tt := range []struct {
		name   string
		suites []state.Suite
		want   string
	}{
		{"held", []state.Suite{held}, "pertask-run pertask-accept"},
		{"held, and nothing was asked", []state.Suite{{Result: verdict.NotMeasured, Conclusion: "action_required"}}, ""},
		{"nothing changed", []state.Suite{{Result: verdict.NothingChanged, Conclusion: "success"}}, ""},
		{"switch", []state.Suite{suite(verdict.Measured, verdict.Switch, "success")}, ""},
		{"dont-switch that does not block", []state.Suite{suite(verdict.Measured, verdict.DontSwitch, "neutral")}, ""},
		{"dont-switch", []state.Suite{suite(verdict.Measured, verdict.DontSwitch, "failure")}, "pertask-accept"},
		{"inconclusive", []state.Suite{suite(verdict.Measured, verdict.Inconclusive, "neutral")}, "pertask-more"},
		{"inconclusive that blocks", []state.Suite{suite(verdict.Measured, verdict.Inconclusive, "action_required")}, "pertask-more pertask-accept"},
		{"accepted", []state.Suite{suite(verdict.Accepted, 0, "success")}, ""},
		{"a mistake", []state.Suite{{Result: verdict.BadInput, Conclusion: "failure"}}, ""},
		{"several", []state.Suite{held, suite(verdict.Measured, verdict.Inconclusive, "neutral")}, "pertask-run pertask-more pertask-accept"},
	} {
		var got []string
		for _, b := range outcome.Buttons(tt.suites) {
			got = append(got, b.Identifier)
			if len(b.Label) > 20 || len(b.Description) > 40 || b.Label == "" || b.Description == "" {
				t.Errorf("the button %+v", b)
			}
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, got, tt.want)
		}
	}
}
