package selftest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pertask/pertask/cmd/pertask/change"
	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/commandtest"
	"github.com/pertask/pertask/cmd/pertask/selftest"
	"github.com/pertask/pertask/compare/aa"
	"github.com/pertask/pertask/internal/sandboxed"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/price"
)

// TestMain lets the test binary be a part of a sandbox.
func TestMain(m *testing.M) {
	sandboxed.Main()
	os.Exit(m.Run())
}

// pertask runs a command as the program does.
func pertask(env map[string]string, args ...string) (stdout, stderr string, code int) {
	a := commandtest.App(env)
	a.Keys = func(ups []meter.Upstream) (meter.Keys, error) { return meter.LoadKeys(a.Getenv, os.ReadFile, ups) }
	return commandtest.Run(a, command.Program{Commands: []command.Command{selftest.Command(), change.Plan()}}, args...)
}

// aaLab is a repository whose only branch is measured against itself, with a provider whose answers differ in length.
func aaLab(t *testing.T, mode string) (dir string, env map[string]string, calls *atomic.Int64) {
	t.Helper()
	calls = &atomic.Int64{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := calls.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		output := 1000 + 37*(n%7)
		fmt.Fprintf(w, `{"id":"r%d","model":"gpt-5.4","choices":[{"index":0,"message":{"role":"assistant","content":"billing"},"finish_reason":"stop"}],`+
			`"usage":{"prompt_tokens":1000,"completion_tokens":%d,"total_tokens":%d}}`, n, output, 1000+output)
	}))
	t.Cleanup(srv.Close)
	dir = commandtest.Repository(t, map[string]string{
		".github/pertask.yml": "version: 1\nsuite: suite.yaml\nmodels: [{path: agent.yaml, model: $.model}]\nrun: {max_trials: 8}\nverdict: {mode: " + mode + "}\n" +
			"upstreams: [{name: openai, provider: openai, url: \"" + srv.URL + "/v1\", auth: bearer, key_env: OPENAI_API_KEY}]\n",
		"suite.yaml": commandtest.Suite, "agent.yaml": "model: gpt-5.4\n",
	}, commandtest.Mini)
	return dir, map[string]string{"OPENAI_API_KEY": "sk-0123456789abcdef"}, calls
}

// TestAA measures a base against itself, draws from its trials, records that and sees the finding go.
func TestAA(t *testing.T) {
	dir, env, calls := aaLab(t, "block")
	out := filepath.Join(t.TempDir(), "aa")
	stdout, stderr, code := pertask(env, "aa", "--repo", dir, "--base", "main", "--out", out)
	if code != command.ExitOK || calls.Load() < 30 {
		t.Fatalf("exit %d after %d calls\n%s%s", code, calls.Load(), stdout, stderr)
	}
	for _, want := range []string{"the base against itself", "No verdict after", "where 1 is the truth", "Spent: $", "differences above 1."} {
		if !strings.Contains(stdout, want) {
			t.Errorf("it does not say %q:\n%s", want, stdout)
		}
	}
	// What the trials of the first look say of the chance of a verdict is shown with those of the second.
	if !strings.Contains(stderr, "30 of 30 trials, $") || !strings.Contains(stderr, ", look 1 of 2\n") {
		t.Errorf("progress:\n%s", stderr)
	}
	r := commandtest.Report(t, out)
	if r.Base.Model != "gpt-5.4" || r.Head.Model != "gpt-5.4" || r.Base.Trials == 0 || r.Base.Trials != r.Head.Trials {
		t.Errorf("%s with %d trials against %s with %d", r.Base.Model, r.Base.Trials, r.Head.Model, r.Head.Trials)
	}
	if _, stderr, code := pertask(env, "aa", "--repo", dir, "--base", "main", "--out", out); code != command.ExitUsage || !strings.Contains(stderr, "--resume") {
		t.Errorf("again into the same folder: exit %d\n%s", code, stderr)
	}

	before := calls.Load()
	stdout, stderr, code = pertask(env, "aa", "--repo", dir, "--base", "main", "--simulate", "--from", out, "--runs", "300", "--format", "json", "--record")
	if code != command.ExitOK || calls.Load() != before {
		t.Fatalf("simulated: exit %d after %d calls\n%s", code, calls.Load()-before, stderr)
	}
	var result struct {
		aa.Run
		Simulation *aa.Simulation
		SpentUSD   *price.Amount `json:"spent_usd"`
	}
	if err := json.Unmarshal([]byte(stdout), &result); err != nil {
		t.Fatal(err)
	}
	if s := result.Simulation; s == nil || s.Runs != 300 || result.Tests != 300 || s.Rate > 0.1 || !result.Simulated || result.SpentUSD != nil {
		t.Errorf("simulated: %s", stdout)
	}
	again, _, _ := pertask(env, "aa", "--repo", dir, "--base", "main", "--simulate", "--from", change.JournalPath(out), "--runs", "300")
	if !strings.Contains(again, fmt.Sprintf("%d switch, %d don't switch", result.Simulation.Switch, result.Simulation.DontSwitch)) {
		t.Errorf("from the journal itself, something else comes out:\n%s", again)
	}

	plan := func() string {
		t.Helper()
		stdout, stderr, code := pertask(nil, "plan", "--repo", dir, "--base", "main", "--head", "head")
		if code != command.ExitOK {
			t.Fatalf("exit %d\n%s", code, stderr)
		}
		return strings.Join(strings.Fields(stdout), " ")
	}
	if p := plan(); !strings.Contains(p, "no A/A run of this suite is recorded") {
		t.Errorf("before the record is committed: %s", p)
	}
	data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(aa.Path)))
	if err != nil {
		t.Fatal(err)
	}
	if record, err := aa.Parse(data); err != nil || len(record.Runs) != 1 || record.Runs[0].Tests != 300 || record.Runs[0].Suite != r.Suite || record.Runs[0].Digest != r.SuiteDigest {
		t.Errorf("recorded %s, %v", data, err)
	}
	commandtest.Commit(t, dir, "main", map[string]string{aa.Path: string(data)})
	if p := plan(); strings.Contains(p, "A/A run") {
		t.Errorf("after it was committed: %s", p)
	}
}

func TestAARefuses(t *testing.T) {
	dir, env, calls := aaLab(t, "report")
	empty := t.TempDir()
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"no trials to draw from":  {[]string{"--simulate", "--from", filepath.Join(empty, "none")}, "--from"},
		"an empty store":          {[]string{"--simulate", "--from", empty}, "neither trials.jsonl nor stored trials"},
		"no runs":                 {[]string{"--simulate", "--runs", "0"}, "--runs 0; allowed are 1 to 100000"},
		"a form":                  {[]string{"--format", "md"}, "allowed are term and json"},
		"a ref that is not there": {[]string{"--base", "nowhere"}, "nowhere"},
		"an argument":             {[]string{"x"}, "arguments"},
	} {
		if _, stderr, code := pertask(env, append([]string{"aa", "--repo", dir, "--out", filepath.Join(empty, "out")}, tt.args...)...); code != command.ExitUsage || !strings.Contains(stderr, tt.want) {
			t.Errorf("%s: exit %d\n%s", name, code, stderr)
		}
	}
	if _, stderr, code := pertask(nil, "aa", "--repo", dir, "--out", filepath.Join(empty, "out")); code != command.ExitUsage || !strings.Contains(stderr, "OPENAI_API_KEY") {
		t.Errorf("without a key: exit %d\n%s", code, stderr)
	}
	if calls.Load() != 0 {
		t.Errorf("%d calls for what is refused", calls.Load())
	}
}
