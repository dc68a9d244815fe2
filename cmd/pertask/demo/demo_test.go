package demo_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pertask/pertask/cmd/pertask/analysis"
	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/commandtest"
	"github.com/pertask/pertask/cmd/pertask/demo"
	"github.com/pertask/pertask/internal/need"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/verdict"
)

func TestMain(m *testing.M) { commandtest.Main(m, demo.Agent()) }

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

// What names no demo, and options that are wrong, are said before anything is made.
func TestDemoRefuses(t *testing.T) {
	out := filepath.Join(t.TempDir(), "demo")
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"an unknown demo":             {[]string{"nope"}, `unknown demo "nope"; there are gaia-gemini, gaia-opus, terminal-bench`},
		"an unknown demo, and form":   {[]string{"--format", "md", "nope"}, `unknown demo "nope"`},
		"two demos":                   {[]string{"gaia-opus", "gaia-gemini"}, "arguments where 0 are expected"},
		"a form":                      {[]string{"gaia-opus", "--format", "pdf"}, "allowed are term, md or json"},
		"an option that is not there": {[]string{"--fast"}, "-fast"},
	} {
		stdout, stderr, code := pertask(nil, append([]string{"demo", "--out", out}, tt.args...)...)
		if code != command.ExitUsage || stdout != "" || !strings.Contains(stderr, tt.want) {
			t.Errorf("%s: exit %d, %q, want %q", name, code, stderr, tt.want)
		}
	}
	if _, err := os.Stat(out); !os.IsNotExist(err) {
		t.Errorf("something was made: %v", err)
	}
}

// The help lists every demo with what it shows.
func TestDemosAreListed(t *testing.T) {
	long := demo.Command().Long
	for _, want := range []string{"gaia-gemini     GAIA: gemini-3.1-pro -> gemini-3-flash,\n", "gaia-opus       GAIA: claude-opus-4.7 -> gemini-3.1-pro,\n", "terminal-bench  Terminal-Bench 2: gpt-5.4 -> gpt-5.4-mini,\n"} {
		if !strings.Contains(long, want) {
			t.Errorf("no %q in\n%s", want, long)
		}
	}
	if a := demo.Agent(); !a.Hidden || a.Name != "demo-agent" {
		t.Errorf("the agent is %+v", a)
	}
}

// The agent of the suite is a program like any other: what it asks of and sends to the proxy comes by its environment.
func TestAgent(t *testing.T) {
	var asked string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.Header.Get("Authorization") + " " + r.URL.Path
		http.Error(w, "no such trial", http.StatusNotFound)
	}))
	defer srv.Close()
	stdout, stderr, code := pertask(map[string]string{"PERTASK_BASE_URL": srv.URL, "PERTASK_TOKEN": "ptk_x", "PERTASK_MODEL": "m", "PERTASK_PROMPT": "p"}, "demo-agent")
	if code != command.ExitVerdict || stdout != "" || stderr == "" || !strings.HasPrefix(asked, "Bearer ptk_x /") {
		t.Errorf("exit %d, %q, %q; it asked %q", code, stdout, stderr, asked)
	}
	if _, _, code := pertask(nil, "demo-agent"); code != command.ExitVerdict {
		t.Errorf("without a proxy: exit %d", code)
	}
	if _, _, code := pertask(nil, "demo-agent", "x"); code != command.ExitUsage {
		t.Errorf("with an argument: exit %d", code)
	}
}
