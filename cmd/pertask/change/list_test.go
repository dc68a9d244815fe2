package change_test

import (
	"strings"
	"testing"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/commandtest"
)

// modelList is a repository whose models are litellm's, with what the configuration says of them.
func modelList(t *testing.T, models string) string {
	t.Helper()
	list := func(coder string) string {
		return "model_list:\n  - {model_name: fast, litellm_params: {model: openai/gpt-5.4-nano}}\n  - {model_name: coder, litellm_params: {model: openai/" + coder + "}}\n"
	}
	return commandtest.Repository(t, map[string]string{
		".github/pertask.yml": "version: 1\nsuite: suite.yaml\n" + models, "suite.yaml": commandtest.Suite, "litellm_config.yaml": list("gpt-5.4"),
	}, map[string]string{"litellm_config.yaml": list("gpt-5.4-mini")})
}

// A list of models without a main one is not planned as if it could be measured, and one whose main one is named is.
func TestAListOfModels(t *testing.T) {
	for _, tt := range []struct {
		name, models string
		code         int
		want         []string
		not          string
	}{
		{"none is the main one", "", 0, []string{"Not measured.", `litellm_config.yaml:2: No model here is in the slot "main"`, `there are "coder", "fast"`, "Name the model to measure under models"}, "pertask compare"},
		{"one is named", "models: [{path: litellm_config.yaml, element: coder}]\n", 0, []string{"model: gpt-5.4 -> gpt-5.4-mini", "Measuring would cost about $", "Measure it with"}, "no-main-model"},
		{"one is named that is not there", "models: [{path: litellm_config.yaml, element: codr}]\n", 0, []string{`No element of a list of models in litellm_config.yaml is named "codr", at the base,`, `there are "coder", "fast"`, "Not measured."}, "pertask compare"},
		{"one is named in another file", "models: [{path: agents.yaml, element: coder}]\n", command.ExitUsage, []string{".github/pertask.yml:3:17: path: \"agents.yaml\" is not a file whose list of models is known"}, "panic"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := modelList(t, tt.models)
			stdout, stderr, code := pertask(nil, "plan", "--repo", dir, "--base", "main", "--head", "head")
			flat := strings.Join(strings.Fields(strings.ReplaceAll(stdout+stderr, "`", "")), " ")
			for _, want := range tt.want {
				if code != tt.code || !strings.Contains(flat, strings.Join(strings.Fields(want), " ")) {
					t.Errorf("exit %d, nothing says %q:\n%s%s", code, want, stdout, stderr)
				}
			}
			if strings.Contains(flat, tt.not) {
				t.Errorf("it says %q:\n%s", tt.not, stdout)
			}
		})
	}
}

// What has no main model is not measured, and the base alone is not either: the error has the place.
func TestAListOfModelsIsNotMeasured(t *testing.T) {
	dir, env := modelList(t, ""), map[string]string{"OPENAI_API_KEY": "sk-0123456789abcdef"}
	stdout, stderr, code := pertask(env, "compare", "--repo", dir, "--base", "main", "--head", "head", "--out", t.TempDir())
	if code != 0 || !strings.Contains(stdout, "Not measured.") || !strings.Contains(stdout, "slot \"main\"") {
		t.Errorf("compare: exit %d\n%s%s", code, stdout, stderr)
	}
	if _, stderr, code := pertask(env, "base", "--repo", dir, "--base", "main", "--store", t.TempDir()); code == 0 || !strings.Contains(stderr, "litellm_config.yaml:2:48: no model here is in the slot \"main\"") {
		t.Errorf("base: exit %d\n%s", code, stderr)
	}
}

// Where there are several suites, one is named; where there is none, that is the report.
func TestWhichSuite(t *testing.T) {
	two := map[string]string{
		".github/pertask.yml": "version: 1\nsuites: [{name: one, path: a.yaml}, {name: two, path: b.yaml}]\nmodels: [{path: agent.yaml, model: $.model}]\n",
		"a.yaml":              commandtest.Suite, "b.yaml": commandtest.Suite, "agent.yaml": "model: gpt-5.4\n",
	}
	dir := commandtest.Repository(t, two, commandtest.Mini)
	plan := func(dir string, more ...string) (string, string, int) {
		return pertask(nil, append([]string{"plan", "--repo", dir, "--base", "main", "--head", "head"}, more...)...)
	}
	if _, stderr, code := plan(dir); code != command.ExitUsage || !strings.Contains(stderr, `--suite must name one of the configured suites: ["one" "two"]`) {
		t.Errorf("without a name: exit %d, %s", code, stderr)
	}
	if stdout, stderr, code := plan(dir, "--suite", "two"); code != 0 || !strings.Contains(stdout, "| suite two ") || !strings.Contains(strings.Join(strings.Fields(stdout), " "), "--repo "+dir+" --suite two`") {
		t.Errorf("by name: exit %d\n%s%s", code, stdout, stderr)
	}
	delete(two, ".github/pertask.yml")
	two[".codex/config.toml"] = "model = \"gpt-5.4\"\n"
	t.Chdir(t.TempDir()) // "compare" writes its report where it is started
	bare := commandtest.Repository(t, two, map[string]string{".codex/config.toml": "model = \"gpt-5.5\"\n"})
	for _, name := range []string{"plan", "compare"} {
		stdout, stderr, code := pertask(nil, name, "--repo", bare, "--base", "main", "--head", "head")
		if code != 0 || !strings.Contains(stdout, "No task suite is configured") {
			t.Errorf("%s: exit %d\n%s%s", name, code, stdout, stderr)
		}
	}
}
