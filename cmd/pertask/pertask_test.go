package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/commandtest"
	"github.com/pertask/pertask/internal/golden"
	"github.com/pertask/pertask/internal/sandboxed"
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

// TestBadInput holds that bad input of every kind gets a message and status 2, and never a stack trace.
func TestBadInput(t *testing.T) {
	csv := commandtest.Unpacked(t, "../../compare/testdata/recorded/three_tasks.csv.gz")
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
	for _, words := range [][]string{{"prices"}, {"prices", "show"}, {"prices", "cost"}, {"prices", "diff"}, {"meter"}, {"spend"}, {"spend", "scan"}, {"spend", "export"}, {"spend", "import"}, {"spend", "push"}, {"spend", "weekly"}} {
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
