package trial_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
	"github.com/pertask/pertask/trial/process"
)

// environment reads what env has written.
func environment(t *testing.T, text string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		name, value, ok := strings.Cut(line, "=")
		if !ok {
			t.Fatalf("the line %q is no variable", line)
		}
		out[name] = value
	}
	return out
}

// names lists the variables of a program but for those that sh itself sets, those that are inherited, and the
// mark of the process.
func names(env map[string]string) []string {
	var out []string
	for name := range env {
		if !slices.Contains([]string{"PWD", "OLDPWD", "SHLVL", "_", process.Mark, process.RunMark}, name) && !slices.Contains(trial.Inherited(), name) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

var quiet = []string{"CI", "HOME", "NO_PROXY", "TERM", "TMPDIR", "no_proxy"}

// No key of this process reaches the set-up, the agent or the grader.
func TestKeysAreNotInherited(t *testing.T) {
	const secret = "sk-real-0123456789"
	for _, name := range []string{
		"OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "GITHUB_TOKEN", "CODEX_API_KEY", "AWS_SECRET_ACCESS_KEY", "PERTASK_TOKEN", "PERTASK_MODEL", "PERTASK_EXTRA",
		"ACTIONS_RUNTIME_TOKEN", "SSH_AUTH_SOCK", "GOPROXY", "GOFLAGS", "NPM_TOKEN", "PIP_INDEX_URL", "BASH_ENV", "ENV", "NODE_OPTIONS",
		"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy",
	} {
		t.Setenv(name, secret)
	}
	t.Setenv("LANG", "C.UTF-8")
	t.Setenv("LC_ALL", "C")
	out, _ := witness(t)
	task := command("x", "env > "+out+".agent", "env > "+out+".grader")
	task.Setup = "env > " + out + ".setup"
	l := newLab(t, nil, task)
	wantOutcome(t, l.one(t, "x"), trial.Completed, "")
	agent := append([]string{
		"ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "OPENAI_API_KEY", "OPENAI_BASE_URL",
		"PERTASK_BASE_URL", "PERTASK_MODEL", "PERTASK_PROMPT", "PERTASK_SETTINGS_DIR", "PERTASK_TASK", "PERTASK_TOKEN", "PERTASK_USAGE_FILE",
	}, quiet...)
	slices.Sort(agent)
	for phase, want := range map[string][]string{".setup": quiet, ".agent": agent, ".grader": quiet} {
		b, err := os.ReadFile(out + phase)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), secret) {
			t.Errorf("%s: a value of the parent's environment arrived:\n%s", phase, b)
		}
		env := environment(t, string(b))
		if diff := cmp.Diff(want, names(env)); diff != "" {
			t.Errorf("%s: variables (-want +got):\n%s", phase, diff)
		}
		if env["LANG"] != "C.UTF-8" || env["LC_ALL"] != "C" || env["PATH"] != os.Getenv("PATH") {
			t.Errorf("%s: LANG, LC_ALL and PATH are %q, %q, %q; want the parent's", phase, env["LANG"], env["LC_ALL"], env["PATH"])
		}
		if env["NO_PROXY"] != "127.0.0.1,localhost,::1" || env["NO_PROXY"] != env["no_proxy"] || env["TERM"] != "dumb" || env["CI"] != "true" {
			t.Errorf("%s: the environment is not quiet: %v", phase, env)
		}
		if phase != ".agent" && strings.Contains(string(b), "ptk_") {
			t.Errorf("%s: the token arrived", phase)
		}
	}
}

func TestInheritedHasNoPlaceForSecrets(t *testing.T) {
	for _, name := range trial.Inherited() {
		for _, part := range []string{"KEY", "TOKEN", "SECRET", "PASS", "PROXY", "AUTH", "CREDENTIAL", "OPTIONS", "FLAGS", "PRELOAD", "ENV_FILE"} {
			if strings.Contains(strings.ToUpper(name), part) {
				t.Errorf("%s is inherited", name)
			}
		}
	}
}

func TestOnlyTheAllowedAreLookedUp(t *testing.T) {
	l := newLab(t, nil, command("x", "true", "true"))
	var asked []string
	l.Getenv = func(name string) string { asked = append(asked, name); return os.Getenv(name) }
	wantOutcome(t, l.one(t, "x"), trial.Completed, "")
	if diff := cmp.Diff(trial.Inherited(), asked); diff != "" {
		t.Errorf("variables that were looked up (-want +got):\n%s", diff)
	}
}

func setting(slot string, key arm.Key, value string) arm.Setting {
	return arm.Setting{Slot: slot, Key: key, Value: value}
}

func TestCommandEnvironment(t *testing.T) {
	const base = "http://127.0.0.1:1/t/s/"
	full := arm.Arm{Settings: []arm.Setting{
		setting("main", arm.Model, "m-1"), setting("main", arm.Provider, "openai"), setting("main", arm.Effort, "x high"),
		setting("main", arm.Temperature, "0.20"), setting("main", arm.MaxOutputTokens, "900"), setting("main", arm.ServiceTier, "flex"),
		setting("main", arm.BaseURL, "http://elsewhere.test"), setting("main", "top-p", "0.5"), setting("main", "token", "not the token"), setting("main", "task", "t"),
		setting("small", arm.Model, "m-0"), setting("sub agent.2", arm.Effort, "low"), setting("small", arm.BaseURL, "http://elsewhere.test"),
	}}
	tests := []struct {
		name      string
		arm       arm.Arm
		upstream  string
		upstreams []string
		want      map[string]string
	}{
		{"everything", full, "openai", []string{"openai", "anthropic"}, map[string]string{
			"PERTASK_MODEL": "m-1", "PERTASK_PROVIDER": "openai", "PERTASK_EFFORT": "x high", "PERTASK_TEMPERATURE": "0.20",
			"PERTASK_MAX_OUTPUT_TOKENS": "900", "PERTASK_SERVICE_TIER": "flex", "PERTASK_TOP_P": "0.5",
			"PERTASK_SMALL_MODEL": "m-0", "PERTASK_SUB_AGENT_2_EFFORT": "low",
			"PERTASK_BASE_URL": base + "openai",
			"OPENAI_BASE_URL":  base + "openai", "OPENAI_API_KEY": "ptk_1_token",
			"ANTHROPIC_BASE_URL": base + "anthropic", "ANTHROPIC_API_KEY": "ptk_1_token",
		}},
		{"nothing set", arm.Arm{}, "anthropic", []string{"anthropic"}, map[string]string{
			"PERTASK_BASE_URL": base + "anthropic", "ANTHROPIC_BASE_URL": base + "anthropic", "ANTHROPIC_API_KEY": "ptk_1_token",
		}},
		{"another provider of the same format", arm.Arm{}, "local", []string{"local"}, map[string]string{
			"PERTASK_BASE_URL": base + "local", "OPENAI_BASE_URL": base + "local", "OPENAI_API_KEY": "ptk_1_token",
		}},
		{"another provider beside openai", arm.Arm{}, "local", []string{"local", "openai"}, map[string]string{
			"PERTASK_BASE_URL": base + "local", "OPENAI_BASE_URL": base + "openai", "OPENAI_API_KEY": "ptk_1_token",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, read := witness(t)
			task := command("x", "env > "+out, "true")
			task.Prompt = "Fix the test."
			l := newLab(t, nil, task)
			l.Arms = map[trial.Side]arm.Arm{trial.Base: tt.arm}
			l.Upstreams = tt.upstreams
			l.Upstream = func(arm.Arm) (string, error) { return tt.upstream, nil }
			wantOutcome(t, l.one(t, "x"), trial.Completed, "")
			got := environment(t, read())
			if dir := got["PERTASK_SETTINGS_DIR"]; dir == "" || strings.HasPrefix(dir, got["PWD"]) {
				t.Errorf("the settings folder is %q, which is not outside of %q", dir, got["PWD"])
			}
			tt.want["PERTASK_TASK"], tt.want["PERTASK_PROMPT"], tt.want["PERTASK_TOKEN"] = "x", "Fix the test.", "ptk_1_token"
			for name := range got {
				if name == "PERTASK_SETTINGS_DIR" || name == "PERTASK_USAGE_FILE" || name == process.Mark || name == process.RunMark || !strings.HasPrefix(name, "PERTASK_") && !strings.HasPrefix(name, "OPENAI_") && !strings.HasPrefix(name, "ANTHROPIC_") {
					delete(got, name)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("variables (-want +got):\n%s", diff)
			}
		})
	}
}

// Nothing in an agent's surroundings tells which arm it works for, not even the length of a path.
func TestAgentDoesNotLearnItsArm(t *testing.T) {
	out, _ := witness(t)
	l := newLab(t, repository(), inWorkspace("{ pwd; env; } >> "+out, "true"))
	l.Arms[trial.Head] = l.Arms[trial.Base]
	l.Overlay = map[trial.Side]map[string][]byte{trial.Base: {"a": nil}, trial.Head: {"a": nil}}
	lengths := map[int]bool{}
	for _, side := range []trial.Side{trial.Base, trial.Head} {
		if err := l.runner(t).Run(t.Context(), []trial.Slot{{Arm: side, Task: "x"}}); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		cwd, env, _ := strings.Cut(string(b), "\n")
		if strings.Contains(cwd, string(side)) || strings.Contains(strings.ReplaceAll(env, os.Getenv("PATH"), ""), "=head") || strings.Contains(env, "/head/") || strings.Contains(env, "/base/") {
			t.Errorf("the %s arm shows in %s:\n%s", side, cwd, env)
		}
		_, after, _ := strings.Cut(cwd, "/pertask-")
		_, after, _ = strings.Cut(after, "/")
		lengths[len(after)] = true
		if err := os.Remove(out); err != nil {
			t.Fatal(err)
		}
	}
	if len(lengths) != 1 {
		t.Errorf("the paths of workspaces differ in length: %v", lengths)
	}
}

func TestCommandNeedsOne(t *testing.T) {
	got := newLab(t, nil, suite.Task{ID: "x", Command: " "}).one(t, "x")
	wantOutcome(t, got, trial.Void, trial.CauseStart)
}
