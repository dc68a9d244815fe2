package metering_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/commandtest"
	"github.com/pertask/pertask/cmd/pertask/metering"
	"github.com/pertask/pertask/cmd/pertask/wrap"
	"github.com/pertask/pertask/internal/need"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/usage"
)

// shop is a provider on this machine.
type shop struct {
	*httptest.Server
	served atomic.Int64
	wrong  atomic.Int64 // requests without the real key
}

const realKey = "sk-real-0123456789"

func newShop(t *testing.T) *shop {
	t.Helper()
	s := new(shop)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q struct {
			Model  string `json:"model"`
			Silent bool   `json:"silent"`
		}
		_ = json.NewDecoder(r.Body).Decode(&q)
		s.served.Add(1)
		if r.Header.Get("Authorization") != "Bearer "+realKey {
			s.wrong.Add(1)
		}
		w.Header().Set("Content-Type", "application/json")
		if q.Silent {
			fmt.Fprintf(w, `{"id":"r","model":%q,"choices":[]}`, q.Model)
			return
		}
		fmt.Fprintf(w, `{"id":"r%d","model":%q,"choices":[],"usage":{"prompt_tokens":12000,"completion_tokens":800,"total_tokens":12800}}`, s.served.Load(), q.Model)
	}))
	t.Cleanup(s.Close)
	return s
}

// config writes a configuration in which this provider stands for OpenAI, with more lines behind it.
func (s *shop) config(t *testing.T, more string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pertask.yml")
	text := "version: 1\nupstreams:\n  - {name: openai, url: " + s.URL + ", auth: bearer, key_env: OPENAI_API_KEY}\n" + more
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// run runs a shell script behind the proxy.
func (s *shop) run(t *testing.T, config string, script string, options ...string) (stdout, stderr string, code int) {
	t.Helper()
	return s.start(t, map[string]string{"OPENAI_API_KEY": realKey, "HOME_SWEET": "home"}, config, script, options...)
}

// start runs a shell script in an environment.
func (s *shop) start(t *testing.T, env map[string]string, config string, script string, options ...string) (stdout, stderr string, code int) {
	t.Helper()
	need.Program(t, "sh")
	need.Program(t, "curl")
	args := append([]string{"meter", "--config", config}, options...)
	return pertask(env, append(args, "--", "sh", "-c", script)...)
}

// pertask runs the command and returns what it printed and its exit status.
func pertask(env map[string]string, args ...string) (stdout, stderr string, code int) {
	a := commandtest.App(env)
	a.Environ = append(a.Environ, "OPENAI_API_KEY_FILE") // which has no value
	a.Keys = func(ups []meter.Upstream) (meter.Keys, error) { return meter.LoadKeys(a.Getenv, os.ReadFile, ups) }
	return commandtest.Run(a, command.Program{Commands: []command.Command{metering.Command()}}, args...)
}

// ask is a script that calls a model once.
func ask(model string) string {
	return `curl -s "$OPENAI_BASE_URL/chat/completions" -H "Authorization: Bearer $OPENAI_API_KEY" -H 'Content-Type: application/json' -d '{"model":"` + model + `","messages":[]}'; echo; `
}

func TestMeterCountsWhatACommandCosts(t *testing.T) {
	s := newShop(t)
	log := filepath.Join(t.TempDir(), "calls.jsonl")
	stdout, stderr, code := s.run(t, s.config(t, ""), ask("gpt-5.5")+ask("gpt-5.4-mini")+`echo "$HOME_SWEET"; exit 7`, "--log", log)
	if code != 7 || s.wrong.Load() != 0 || s.served.Load() != 2 || !strings.HasSuffix(stdout, "home\n") {
		t.Errorf("exit %d, %d requests, %d without the key, output %q", code, s.served.Load(), s.wrong.Load(), stdout)
	}
	for _, want := range []string{"pertask: 2 calls, $0.0966", "openai/gpt-5.5 ", "openai/gpt-5.4-mini ", "24,000", "$0.0840"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("the summary lacks %q:\n%s", want, stderr)
		}
	}
	for _, line := range strings.Split(stderr, "\n") {
		if len(line) > 80 {
			t.Errorf("a line has %d characters: %s", len(line), line)
		}
	}
	checkLog(t, log)
}

// checkLog looks at the log of two calls.
func checkLog(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	st, err := os.Stat(path)
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode of the log: %v, %v", st.Mode(), err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	var costs []string
	for _, line := range lines {
		var l wrap.LoggedCall
		if err := json.Unmarshal([]byte(line), &l); err != nil || l.Schema != usage.CallSchema || l.Coverage != usage.Complete {
			t.Errorf("line %s: %v", line, err)
		}
		costs = append(costs, l.ServedModel+" "+l.Cost.Amount.String()+" "+l.CostStatus)
	}
	if diff := cmp.Diff([]string{"gpt-5.5 0.084 exact", "gpt-5.4-mini 0.0126 exact"}, costs); diff != "" {
		t.Errorf("log differs (-want +got):\n%s", diff)
	}
	if strings.Contains(string(text), realKey) {
		t.Error("the key is in the log")
	}
}

func TestMeteredCommandHasNoKey(t *testing.T) {
	s := newShop(t)
	stdout, stderr, code := s.run(t, s.config(t, ""), "env", "--quiet")
	if code != 0 || strings.Contains(stdout, realKey) || !strings.Contains(stdout, "OPENAI_API_KEY=ptk_") || stderr != "" {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
}

func TestMeterBudgetFailsClosed(t *testing.T) {
	tests := []struct {
		name, script, options string
		served                int64
		refusal               string
	}{
		{"spent", ask("gpt-5.5") + ask("gpt-5.5") + ask("gpt-5.5"), "0.1", 2, "0.168 USD of 0.1 are spent"},
		{"nothing allowed", ask("gpt-5.5"), "0", 0, "0 USD of 0 are spent"},
		{"no price", ask("gpt-7-preview") + ask("gpt-5.5"), "5", 1, "no price for model"},
		{"a cost that is not told", strings.Replace(ask("gpt-5.5"), `"messages"`, `"silent":true,"messages"`, 1) + ask("gpt-5.5"), "5", 1, "the cost of an earlier call is unknown"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newShop(t)
			stdout, stderr, code := s.run(t, s.config(t, ""), tt.script, "--budget", tt.options)
			if code != 0 || s.served.Load() != tt.served {
				t.Errorf("exit %d, %d served, want %d\n%s\n%s", code, s.served.Load(), tt.served, stdout, stderr)
			}
			if tt.refusal != "" && (!strings.Contains(stdout, "pertask: budget: ") || !strings.Contains(stderr, "refused: budget: ") || !strings.Contains(stderr, tt.refusal)) {
				t.Errorf("nobody was told %q\n%s\n%s", tt.refusal, stdout, stderr)
			}
		})
	}
}

func TestMeterAppliesContracts(t *testing.T) {
	s := newShop(t)
	_, stderr, _ := s.run(t, s.config(t, "prices: {discounts: [{provider: openai, multiplier: 0.875}]}\n"), ask("gpt-5.5"))
	if !strings.Contains(stderr, "pertask: 1 call, $0.0735") || !strings.Contains(stderr, "billed $0.0735; list price $0.0840") || !strings.Contains(stderr, "- list price times 0.875") {
		t.Errorf("summary:\n%s", stderr)
	}
}

// TestMeterTakesPricesOfTheConfiguration prices a model that the book lacks, and keeps a budget with it.
func TestMeterTakesPricesOfTheConfiguration(t *testing.T) {
	s := newShop(t)
	config := s.config(t, "prices:\n  rows:\n    - {provider: openai, model: gpt-7-preview, rates: {input: \"1\", output: \"10\"}}\n")
	_, stderr, _ := s.run(t, config, ask("gpt-7-preview"), "--budget", "1")
	if !strings.Contains(stderr, "pertask: 1 call, $0.0200") || !strings.Contains(stderr, "- price from the configuration") { // 12000x1 + 800x10
		t.Errorf("summary:\n%s", stderr)
	}
}

func TestMeterSaysWhatIsNotKnown(t *testing.T) {
	s := newShop(t)
	_, stderr, _ := s.run(t, s.config(t, ""), ask("gpt-5.5")+ask("gpt-7-preview")+ask("gpt-7-preview"))
	for _, want := range []string{"cost unknown, at least $0.0840", "- cost unknown: no price for model \"gpt-7-preview\"", "(2 calls)", "unknown"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("the summary lacks %q:\n%s", want, stderr)
		}
	}
}

// TestMeterReplacedUpstream runs a command behind a gateway that stands for OpenAI with a key of its own.
func TestMeterReplacedUpstream(t *testing.T) {
	s := newShop(t)
	path := filepath.Join(t.TempDir(), "pertask.yml")
	text := "version: 1\nupstreams:\n  - {name: openai, url: " + s.URL + ", auth: bearer, key_env: GATEWAY_KEY}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"GATEWAY_KEY": realKey, "OPENAI_API_KEY": "sk-not-the-gateways", "MISTRAL_API_KEY": "sk-of-mistral"}
	stdout, stderr, code := s.start(t, env, path, ask("gpt-5.5")+"env")
	if code != 0 || s.served.Load() != 1 || s.wrong.Load() != 0 || !strings.Contains(stderr, "pertask: 1 call, $0.0840") {
		t.Errorf("exit %d, %d served, %d without the key of the gateway\n%s", code, s.served.Load(), s.wrong.Load(), stderr)
	}
	for _, key := range []string{realKey, "sk-not", "sk-of"} {
		if strings.Contains(stdout, key) {
			t.Errorf("the command sees %s:\n%s", key, stdout)
		}
	}
}

// TestMeterMakesAnOldLogPrivate appends to a file that others could read.
func TestMeterMakesAnOldLogPrivate(t *testing.T) {
	s := newShop(t)
	log := filepath.Join(t.TempDir(), "calls.jsonl")
	if err := os.WriteFile(log, []byte("{}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	s.run(t, s.config(t, ""), ask("gpt-5.5"), "--log", log)
	st, err := os.Stat(log)
	text, _ := os.ReadFile(log)
	if err != nil || st.Mode().Perm() != 0o600 || strings.Count(string(text), "\n") != 2 {
		t.Errorf("mode %v, %v\n%s", st.Mode(), err, text)
	}
}

func TestMeterPassesTheEndOn(t *testing.T) {
	s := newShop(t)
	for script, want := range map[string]int{"exit 0": 0, "exit 3": 3, "kill -TERM $$": 128 + 15, "kill -INT $$": 128 + 2} {
		if _, _, code := s.run(t, s.config(t, ""), script); code != want {
			t.Errorf("%s: exit %d, want %d", script, code, want)
		}
	}
}

func TestMeterMistakes(t *testing.T) {
	s := newShop(t)
	good := s.config(t, "")
	env := map[string]string{"OPENAI_API_KEY": realKey}
	for _, tt := range []struct {
		env  map[string]string
		args []string
		says string
	}{
		{env, []string{"meter"}, "which command"},
		{env, []string{"meter", "--budget", "much", "--", "true"}, "--budget \"much\""},
		{env, []string{"meter", "--budget", "-1", "--", "true"}, "--budget \"-1\""},
		{env, []string{"meter", "--config", filepath.Join(t.TempDir(), "none.yml"), "--", "true"}, "none.yml"},
		{env, []string{"meter", "--config", good, "--log", t.TempDir(), "--", "true"}, "opening the log"},
		{env, []string{"meter", "--config", good, "--", "no-such-program-here"}, "starting the command"},
		{nil, []string{"meter", "--", "true"}, "OPENAI_API_KEY"},
		{env, []string{"meter", "--nonsense", "--", "true"}, "nonsense"},
	} {
		_, stderr, code := pertask(tt.env, tt.args...)
		if code != command.ExitUsage || !strings.Contains(stderr, tt.says) || strings.Contains(stderr, realKey) {
			t.Errorf("%q: exit %d, %q; want %q", tt.args, code, stderr, tt.says)
		}
	}
}

func TestMeterHandsSignalsOn(t *testing.T) {
	s := newShop(t)
	stdout, stderr, code := s.run(t, s.config(t, ""), `trap 'echo got it; exit 5' TERM; kill -TERM $PPID; i=0; while [ $i -lt 200 ]; do sleep 0.05; i=$((i+1)); done`)
	if code != 5 || stdout != "got it\n" || !strings.Contains(stderr, "pertask: 0 calls, $0") {
		t.Errorf("exit %d, %q, %q", code, stdout, stderr)
	}
}
