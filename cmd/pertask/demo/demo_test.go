package demo_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pertask/pertask/cmd/pertask/analysis"
	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/commandtest"
	"github.com/pertask/pertask/cmd/pertask/demo"
	"github.com/pertask/pertask/internal/need"
	"github.com/pertask/pertask/internal/sandboxed"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/verdict"
)

// TestMain lets the test binary be a part of a sandbox, and the agent of the demo's suite.
func TestMain(m *testing.M) {
	sandboxed.Main()
	if len(os.Args) == 2 && os.Args[1] == "demo-agent" {
		a := commandtest.App(nil)
		a.Getenv, a.Stdout, a.Stderr = os.Getenv, os.Stdout, os.Stderr
		os.Exit(command.Program{Commands: []command.Command{demo.Agent()}}.Run(a, os.Args[1:]))
	}
	os.Exit(m.Run())
}

// pertask runs a command as the program does.
func pertask(env map[string]string, args ...string) (stdout, stderr string, code int) {
	a := commandtest.App(env)
	a.Keys = func(ups []meter.Upstream) (meter.Keys, error) { return meter.LoadKeys(a.Getenv, os.ReadFile, ups) }
	return commandtest.Run(a, command.Program{Commands: []command.Command{demo.Command(), demo.Agent(), analysis.Command()}}, args...)
}

func TestDemo(t *testing.T) {
	need.Program(t, "git")
	tests := []struct {
		name    string
		verdict verdict.Verdict
		ratio   float64
		// base and head are the costs of the tokens at list price, which for the default are the recorded ones.
		base, head string
		differs    bool // from the recorded costs
	}{
		{"gaia-gemini", verdict.DontSwitch, 2.6555336898, "76.0813956", "165.57895715", false},
		{"gaia-opus", verdict.Switch, 0.3862, "191.0696115", "76.0813956", true},
		{"terminal-bench", verdict.Inconclusive, 1.4334, "84.172774", "85.28704755", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "demo")
			args := []string{"demo", tt.name, "--out", out}
			if tt.name == "gaia-gemini" {
				args = []string{"demo", "--out", out}
			}
			stdout, stderr, code := pertask(nil, args...)
			if code != 0 {
				t.Fatalf("exit %d\n%s", code, stderr)
			}
			r := commandtest.Report(t, out)
			if r.Verdict != tt.verdict || fmt.Sprintf("%.4f", r.Ratio.Estimate) != fmt.Sprintf("%.4f", tt.ratio) {
				t.Errorf("%v at %.10f, want %v at %.4f", r.Verdict, r.Ratio.Estimate, tt.verdict, tt.ratio)
			}
			if got := r.Base.Cost.Amount.String() + " " + r.Head.Cost.Amount.String(); got != tt.base+" "+tt.head {
				t.Errorf("costs %s, want %s %s", got, tt.base, tt.head)
			}
			differs := false
			for _, f := range r.Findings {
				differs = differs || f.Code == "recorded-cost-differs"
			}
			if differs != tt.differs {
				t.Errorf("a finding that the recorded cost differs: %v, want %v", differs, tt.differs)
			}
			for _, row := range []string{"list price per 1M tokens", "tokens per trial", "cost per completed task"} {
				if !strings.Contains(stdout, row) {
					t.Errorf("the terminal does not show the row %q:\n%s", row, stdout)
				}
			}
			if r.SpentUSD.String() != "0" {
				t.Errorf("a replay spent %v", r.SpentUSD)
			}
			if !strings.Contains(stderr, "Next, in your own repository") {
				t.Error("no next step")
			}
			// Its journal is a file that analyze reads.
			again, stderr, code := pertask(nil, "analyze", filepath.Join(out, "trials.jsonl"), "--format", "json")
			var b report.Report
			if code != 0 || json.Unmarshal([]byte(again), &b) != nil || b.Ratio == nil || math.Abs(float64(b.Ratio.Estimate/r.Ratio.Estimate)-1) > 1e-9 || b.Head.Model != r.Head.Model {
				t.Errorf("analyze of the journal: exit %d, %s", code, stderr)
			}
		})
	}
}
