package main

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/commandtest"
	"github.com/pertask/pertask/internal/golden"
	"github.com/pertask/pertask/internal/need"
	"github.com/pertask/pertask/internal/sandboxed"
	"github.com/pertask/pertask/report"
	"github.com/pertask/pertask/verdict"
)

// testMain is the variable that makes the test binary the program itself.
const testMain = "PERTASK_TEST_MAIN"

// TestMain lets the test binary stand in for the program, also for the one that the demo's suite runs, for a part of a
// sandbox, and for agents.
func TestMain(m *testing.M) {
	sandboxed.Main()
	if os.Getenv(testMain) != "" || len(os.Args) == 2 && os.Args[1] == "demo-agent" {
		main()
	}
	if len(os.Args) == 3 && os.Args[1] == "kill-agent" {
		os.Exit(killAgent())
	}
	os.Exit(m.Run())
}

// pertask runs a command and returns what it printed and its exit status.
func pertask(env map[string]string, args ...string) (stdout, stderr string, code int) {
	a := commandtest.App(env)
	return commandtest.Run(app(a.Context, a.Getenv, a.Environ, nil, nil), program(), args...)
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

func TestCompare(t *testing.T) {
	key := "sk-" + rand.Text()
	for mode, want := range map[string]int{"report": 0, "block": 1} {
		dir, calls := commandtest.Change(t, mode, commandtest.Mini)
		out := filepath.Join(t.TempDir(), "out")
		env := map[string]string{"OPENAI_API_KEY": key}
		stdout, stderr, code := pertask(env, "compare", "--repo", dir, "--base", "main", "--head", "head", "--out", out)
		if code != want || calls.Load() != 30 {
			t.Errorf("mode %s: exit %d after %d calls, want %d after 30\n%s", mode, code, calls.Load(), want, stderr)
		}
		if !strings.Contains(stdout, "Don't switch.") || !strings.Contains(stderr, "30 of 30 trials") {
			t.Errorf("printed\n%s\n%s", stdout, stderr)
		}
		// The same command again is refused, and finds everything done with --resume.
		if _, stderr, code := pertask(env, "compare", "--repo", dir, "--base", "main", "--head", "head", "--out", out); code != 2 || calls.Load() != 30 ||
			!strings.Contains(stderr, "trials.jsonl has 30 trials and 30 calls of an earlier run") || !strings.Contains(stderr, "--resume") || !strings.Contains(stderr, "--out") {
			t.Errorf("again: exit %d after %d calls\n%s", code, calls.Load(), stderr)
		}
		if _, stderr, code = pertask(env, "compare", "--repo", dir, "--base", "main", "--head", "head", "--out", out, "--resume"); code != want || calls.Load() != 30 {
			t.Errorf("resumed: exit %d after %d calls: finished trials were paid again\n%s", code, calls.Load(), stderr)
		}
		err := filepath.WalkDir(out, func(path string, d fs.DirEntry, err error) error {
			if data, _ := os.ReadFile(path); bytes.Contains(data, []byte(key)) {
				t.Errorf("the provider key is in %s", path)
			}
			return err
		})
		if err != nil || strings.Contains(stdout+stderr, key) {
			t.Errorf("the provider key was printed, or %v", err)
		}
	}
}

func TestCompareWithoutAKeyIsNotMeasured(t *testing.T) {
	dir, calls := commandtest.Change(t, "report", commandtest.Mini)
	stdout, stderr, code := pertask(nil, "compare", "--repo", dir, "--base", "main", "--head", "head", "--out", t.TempDir())
	if code != 0 || calls.Load() != 0 || !strings.Contains(stdout, "OPENAI_API_KEY") {
		t.Errorf("exit %d after %d calls\n%s%s", code, calls.Load(), stdout, stderr)
	}
}

func TestCompareSpendsNothingOnWhatCannotBeDecided(t *testing.T) {
	for name, head := range map[string]map[string]string{
		"base URL": {"agent.yaml": "model: gpt-5.4-mini\nurl: https://evil.example\n"},
	} {
		dir, calls := commandtest.Change(t, "report", head)
		_, _, code := pertask(map[string]string{"OPENAI_API_KEY": "sk-12345678"}, "compare", "--repo", dir, "--base", "main", "--head", "head", "--out", t.TempDir())
		if code != 0 || calls.Load() != 0 {
			t.Errorf("%s: exit %d after %d calls", name, code, calls.Load())
		}
	}
}

func TestPlan(t *testing.T) {
	dir, calls := commandtest.Change(t, "report", commandtest.Mini)
	stdout, stderr, code := pertask(nil, "plan", "--repo", dir, "--base", "main", "--head", "head")
	if code != 0 || calls.Load() != 0 {
		t.Fatalf("exit %d after %d calls\n%s", code, calls.Load(), stderr)
	}
	for _, want := range []string{"model: gpt-5.4 -> gpt-5.4-mini", "agent.yaml:1", "$2.50", "$0.75", "30 trials"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("the plan does not show %q:\n%s", want, stdout)
		}
	}
	for name, head := range map[string]map[string]string{
		"No model setting changed": {"README.md": "x\n"},
		"gpt-5.5":                  {"agent.py": "MODEL = 'gpt-5.5'\n"},
	} {
		dir, _ := commandtest.Change(t, "report", head)
		if stdout, stderr, code := pertask(nil, "plan", "--repo", dir, "--base", "main", "--head", "head"); code != 0 || !strings.Contains(stdout, name) {
			t.Errorf("exit %d, want the plan to say %q\n%s%s", code, name, stdout, stderr)
		}
	}
}

func unpacked(t *testing.T, name string) string {
	t.Helper()
	f, err := os.Open("../../compare/testdata/recorded/" + name + ".csv.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name+".csv")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAnalyzeFormats(t *testing.T) {
	path := unpacked(t, "agentic_tokens")
	args := []string{"analyze", path, "--dataset", "pr2/gaia-react", "--base", "gemini-3.1-pro", "--head", "gemini-3-flash"}
	for format, want := range map[string]string{"term": "Don't switch.", "md": "**Don't switch.**", "json": `"verdict": "dont-switch"`} {
		stdout, stderr, code := pertask(nil, append(args, "--format", format)...)
		if code != 0 || !strings.Contains(stdout, want) {
			t.Errorf("--format %s: exit %d, want %q\n%s%s", format, code, want, stdout, stderr)
		}
	}
	out := filepath.Join(t.TempDir(), "out")
	if _, stderr, code := pertask(nil, append(args, "--reprice", "--out", out)...); code != 0 {
		t.Fatalf("--reprice: exit %d\n%s", code, stderr)
	}
	if r := commandtest.Report(t, out); r.Base.Cost.Amount.String() != "76.0813956" || r.Base.Cost.Status.String() != "exact" {
		t.Errorf("re-priced base: %+v", r.Base.Cost)
	}
}

// TestBadInput holds that bad input of every kind gets a message and status 2, and never a stack trace.
func TestBadInput(t *testing.T) {
	csv := unpacked(t, "three_tasks")
	dir, _ := commandtest.Change(t, "report", commandtest.Mini)
	file := func(text string) string {
		path := filepath.Join(t.TempDir(), "in")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	badConfig := commandtest.Repository(t, map[string]string{".github/pertask.yml": "version: 1\nrun: {budgte: 3}\n", "x": "x"}, map[string]string{"y": "y"})
	badHead, _ := commandtest.Change(t, "report", map[string]string{"agent.yaml": "model: [1\n"})
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"no command", nil, "Commands:"},
		{"unknown command", []string{"comparre"}, `unknown command "comparre"`},
		{"unknown help", []string{"help", "x"}, `unknown command "x"`},
		{"unknown flag", []string{"plan", "--bse", "main"}, "bse"},
		{"stray argument", []string{"plan", "main"}, "arguments"},
		{"no base", []string{"plan"}, "--base"},
		{"bad format", []string{"plan", "--base", "main", "--format", "pdf"}, "term, md or json"},
		{"not a repository", []string{"plan", "--repo", t.TempDir(), "--base", "main"}, "not a git repository"},
		{"unknown ref", []string{"plan", "--repo", dir, "--base", "nowhere"}, `"nowhere" is not a commit`},
		{"ref that is an option", []string{"plan", "--repo", dir, "--base=--upload-pack=x"}, "is not a revision"},
		{"bad configuration", []string{"plan", "--repo", badConfig, "--base", "main", "--head", "head"}, `.github/pertask.yml:2:7: unknown key "budgte"`},
		{"bad file at the head", []string{"plan", "--repo", badHead, "--base", "main", "--head", "head"}, "agent.yaml:"},
		{"unknown suite", []string{"plan", "--repo", dir, "--base", "main", "--head", "head", "--suite", "x"}, "--suite"},
		{"no file", []string{"analyze", "/nowhere.csv", "--base", "a", "--head", "b"}, "nowhere.csv"},
		{"a folder", []string{"analyze", t.TempDir(), "--base", "a", "--head", "b"}, "there are no recorded trials of a known format"},
		{"no models", []string{"analyze", csv}, "--base and --head"},
		{"unknown dataset", []string{"analyze", csv, "--dataset", "x", "--base", "gpt-5.2", "--head", "glm-5"}, csv + `:1:1: no row has dataset "x"`},
		{"unknown model", []string{"analyze", csv, "--base", "gpt-5.2", "--head", "gpt-9"}, csv + `:1:1: no row has model "gpt-9"`},
		{"empty file", []string{"analyze", file(""), "--base", "a", "--head", "b"}, ":1:1: the file is empty"},
		{"binary file", []string{"analyze", file("\x00\xff\x1b[31m\n"), "--base", "a", "--head", "b"}, ":1:1: unknown column"},
		{"torn journal", []string{"analyze", file("{\"trial\":\n{\"x\"")}, ":1"},
		{"empty journal", []string{"analyze", file("{")}, "no finished trial"},
		{"journal with models", []string{"analyze", file("{}"), "--base", "a", "--head", "b"}, "is a journal"},
		{"bad scope", []string{"analyze", csv, "--base", "a", "--head", "b", "--scope", "x"}, "scope"},
		{"bad ratio", []string{"analyze", csv, "--base", "a", "--head", "b", "--max-cost-ratio", "NaN"}, ""},
		{"unknown demo", []string{"demo", "nope"}, "unknown demo"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, stderr, code := pertask(map[string]string{"GIT_CEILING_DIRECTORIES": "/"}, tt.args...)
			if code != command.ExitUsage {
				t.Errorf("exit %d, want %d\n%s", code, command.ExitUsage, stderr)
			}
			if !strings.Contains(stderr, tt.want) {
				t.Errorf("printed %q, want it to contain %q", stderr, tt.want)
			}
			if stderr == "" || strings.Contains(stderr, "goroutine") || strings.Contains(stderr, "please report") || strings.Contains(stderr, "\x1b") {
				t.Errorf("printed %q", stderr)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	var all strings.Builder
	for _, args := range [][]string{{"help"}, {"help", "demo"}, {"help", "init"}, {"help", "doctor"}, {"help", "plan"}, {"help", "compare"}, {"help", "base"}, {"help", "analyze"}, {"help", "reprice"}, {"help", "report"}} {
		stdout, stderr, code := pertask(nil, args...)
		if code != 0 || stderr != "" {
			t.Errorf("%v: exit %d, %q", args, code, stderr)
		}
		fmt.Fprintf(&all, "$ pertask %s\n%s\n", strings.Join(args, " "), stdout)
		if len(args) == 2 {
			if same, _, code := pertask(nil, args[1], "--help"); code != 0 || same != stdout {
				t.Errorf("%s --help differs from help %s", args[1], args[1])
			}
		}
	}
	golden.Check(t, "testdata/help.txt", all.String())
	checkWidth(t, all.String())
	if _, _, code := pertask(nil, "version"); code != 0 {
		t.Errorf("version: exit %d", code)
	}
}

func TestHelpOfPricesAndMeter(t *testing.T) {
	var all strings.Builder
	for _, words := range [][]string{{"prices"}, {"prices", "show"}, {"prices", "cost"}, {"prices", "diff"}, {"meter"}} {
		stdout, stderr, code := pertask(nil, append([]string{"help"}, words...)...)
		same, _, _ := pertask(nil, append(append([]string{}, words...), "--help")...)
		if code != 0 || stderr != "" || same != stdout {
			t.Errorf("%v: exit %d, %q; with --help:\n%s", words, code, stderr, same)
		}
		all.WriteString("$ pertask help " + strings.Join(words, " ") + "\n" + stdout + "\n")
	}
	golden.Check(t, "testdata/help-prices.txt", all.String())
	checkWidth(t, all.String())
}

// checkWidth holds that a text fits the narrowest usual terminal.
func checkWidth(t *testing.T, text string) {
	t.Helper()
	for _, line := range strings.Split(text, "\n") {
		if len([]rune(line)) > 80 {
			t.Errorf("a line of %d characters: %s", len([]rune(line)), line)
		}
	}
}
