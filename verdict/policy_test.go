package verdict_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/pertask/pertask/verdict"
)

func TestOutcome(t *testing.T) {
	type row = verdict.Row
	ok, blocked, usage := row{}, row{Blocks: true, Exit: 1}, row{Blocks: true, Exit: 2}
	// The columns are mode report, mode block, and mode block with on_inconclusive: fail.
	tests := []struct {
		result verdict.Result
		v      verdict.Verdict
		want   [3]row
	}{
		{verdict.NothingChanged, verdict.Inconclusive, [3]row{ok, ok, ok}},
		{verdict.NothingChanged, verdict.DontSwitch, [3]row{ok, ok, ok}},
		{verdict.Measured, verdict.Switch, [3]row{ok, ok, ok}},
		{verdict.Measured, verdict.DontSwitch, [3]row{ok, blocked, blocked}},
		{verdict.Measured, verdict.Inconclusive, [3]row{ok, ok, blocked}},
		{verdict.Measured, verdict.Verdict(7), [3]row{ok, ok, blocked}},
		{verdict.Measured, verdict.Verdict(-1), [3]row{ok, ok, blocked}},
		{verdict.NotMeasured, verdict.Inconclusive, [3]row{ok, ok, blocked}},
		{verdict.NotMeasured, verdict.DontSwitch, [3]row{ok, ok, blocked}},
		{verdict.NotMeasured, verdict.Switch, [3]row{ok, ok, blocked}},
		{verdict.Accepted, verdict.DontSwitch, [3]row{ok, ok, ok}},
		{verdict.Accepted, verdict.Inconclusive, [3]row{ok, ok, ok}},
		{verdict.BadInput, verdict.Inconclusive, [3]row{usage, usage, usage}},
		{verdict.BadInput, verdict.Switch, [3]row{usage, usage, usage}},
		{"", verdict.Switch, [3]row{usage, usage, usage}},
		{"measurd", verdict.Switch, [3]row{usage, usage, usage}},
	}
	policies := [3]verdict.Policy{
		{Mode: verdict.Report, OnInconclusive: verdict.Fail},
		{Mode: verdict.Block, OnInconclusive: verdict.Neutral},
		{Mode: verdict.Block, OnInconclusive: verdict.Fail},
	}
	for _, test := range tests {
		for i, p := range policies {
			t.Run(fmt.Sprintf("%s/%v/%s/%s", test.result, test.v, p.Mode, p.OnInconclusive), func(t *testing.T) {
				if got := p.Outcome(test.result, test.v); got != test.want[i] {
					t.Errorf("got %+v, want %+v", got, test.want[i])
				}
			})
		}
	}
}

func TestOutcomeOfUnsetAndUnknownNames(t *testing.T) {
	ok, blocked := verdict.Row{}, verdict.Row{Blocks: true, Exit: verdict.ExitBlocked}
	tests := []struct {
		name string
		p    verdict.Policy
		v    verdict.Verdict
		want verdict.Row
	}{
		{"the zero policy reports", verdict.Policy{}, verdict.DontSwitch, ok},
		{"block is neutral when nothing is said", verdict.Policy{Mode: verdict.Block}, verdict.Inconclusive, ok},
		{"an unknown mode does not open", verdict.Policy{Mode: "blok"}, verdict.DontSwitch, blocked},
		{"an unknown choice does not open", verdict.Policy{Mode: verdict.Block, OnInconclusive: "fial"}, verdict.Inconclusive, blocked},
		{"fail alone does not block", verdict.Policy{OnInconclusive: verdict.Fail}, verdict.Inconclusive, ok},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := test.p.Outcome(verdict.Measured, test.v); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestValidate(t *testing.T) {
	type p = verdict.Policy
	tests := []struct {
		name   string
		change func(*p)
		want   string // part of the error; "" for none
	}{
		{"default", func(*p) {}, ""},
		{"empty names", func(p *p) { p.Mode, p.OnInconclusive, p.Scope = "", "", "" }, ""},
		{"other names", func(p *p) { p.Mode, p.OnInconclusive, p.Scope = "block", "fail", "population" }, ""},
		{"least ratio", func(p *p) { p.MaxCostRatio = 1e-9 }, ""},
		{"ratio 0", func(p *p) { p.MaxCostRatio = 0 }, "max_cost_ratio is 0; allowed are numbers above 0"},
		{"ratio below 0", func(p *p) { p.MaxCostRatio = -1 }, "max_cost_ratio is -1"},
		{"ratio NaN", func(p *p) { p.MaxCostRatio = math.NaN() }, "max_cost_ratio is NaN"},
		{"ratio infinite", func(p *p) { p.MaxCostRatio = math.Inf(1) }, "max_cost_ratio is +Inf"},
		{"drop 0", func(p *p) { p.MaxCompletionDrop = 0 }, ""},
		{"drop 1", func(p *p) { p.MaxCompletionDrop = 1 }, ""},
		{"drop in percent", func(p *p) { p.MaxCompletionDrop = 10 }, "max_completion_drop is 10; allowed are numbers from 0 to 1"},
		{"drop below 0", func(p *p) { p.MaxCompletionDrop = -0.1 }, "max_completion_drop"},
		{"drop NaN", func(p *p) { p.MaxCompletionDrop = math.NaN() }, "max_completion_drop"},
		{"margin", func(p *p) { p.EquivalenceMargin = 0.1 }, ""},
		{"margin below 0", func(p *p) { p.EquivalenceMargin = -0.1 }, "equivalence_margin is -0.1; allowed are 0 and numbers above"},
		{"margin NaN", func(p *p) { p.EquivalenceMargin = math.NaN() }, "equivalence_margin"},
		{"margin infinite", func(p *p) { p.EquivalenceMargin = math.Inf(1) }, "equivalence_margin"},
		{"mode", func(p *p) { p.Mode = "blok" }, `mode is "blok"; allowed are report and block`},
		{"on_inconclusive", func(p *p) { p.OnInconclusive = "fial" }, `on_inconclusive is "fial"; allowed are neutral and fail`},
		{"scope", func(p *p) { p.Scope = "world" }, `scope is "world"; allowed are suite and population`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := verdict.DefaultPolicy()
			test.change(&p)
			err := p.Validate()
			if test.want == "" {
				if err != nil {
					t.Errorf("got %v, want none", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
	err := verdict.Policy{Mode: "x", Scope: "y", MaxCostRatio: -1}.Validate()
	if err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("got %v, want three errors in one", err)
	}
}

func TestVerdictNames(t *testing.T) {
	for v, name := range map[verdict.Verdict]string{
		verdict.Switch: "switch", verdict.DontSwitch: "dont-switch", verdict.Inconclusive: "inconclusive",
	} {
		text, err := v.MarshalText()
		if err != nil || string(text) != name {
			t.Errorf("%d is written as %q, %v, want %q", v, text, err, name)
		}
		var back verdict.Verdict
		if err := back.UnmarshalText(text); err != nil || back != v {
			t.Errorf("%q is read as %v, %v", text, back, err)
		}
	}
	for _, v := range []verdict.Verdict{-1, 3} {
		if v.String() != "inconclusive" {
			t.Errorf("verdict %d is called %q, want inconclusive", int(v), v)
		}
	}
	var v verdict.Verdict
	if err := v.UnmarshalText([]byte("merge")); err == nil || v != verdict.Inconclusive {
		t.Errorf("a name that does not exist is read as %v, %v", v, err)
	}
}
