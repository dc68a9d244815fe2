package harness_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pelletier/go-toml/v2"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/harness"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/meter/format"
	"github.com/pertask/pertask/suite"
	"github.com/pertask/pertask/trial"
)

func TestAllHasEveryAgent(t *testing.T) {
	all := harness.All()
	for _, name := range append(suite.Agents(), "command", "prompt") {
		if h, ok := all[name]; !ok || h.Name != name {
			t.Errorf("there is no harness %q", name)
		}
	}
	if got, want := len(all), len(suite.Agents())+2; got != want {
		t.Errorf("%d harnesses, want %d", got, want)
	}
}

// What an upstream is said to speak, the proxy meters there.
func TestDoorsAreMetered(t *testing.T) {
	paths := map[string]string{"openai.responses": "/responses", "openai.chat": "/chat/completions",
		"anthropic.messages": "/v1/messages", "gemini.generate": "/v1beta/models/m:generateContent"}
	doors := harness.Doors()
	for _, u := range meter.DefaultUpstreams() {
		for _, d := range doors[u.Name] {
			if _, ok := format.Find(u.Dialect, d[1]+paths[d[0]]); !ok || paths[d[0]] == "" {
				t.Errorf("%s has no %s", u.Name, d[0])
			}
		}
		delete(doors, u.Name)
	}
	if len(doors) > 0 {
		t.Errorf("doors of upstreams that there are not: %v", doors)
	}
}

func TestRefused(t *testing.T) {
	tests := []struct {
		name, agent, upstream string
		settings              []arm.Setting
		want                  string
	}{
		{"no model", "codex", "openai", nil, "declares no model"},
		{"empty model", "codex", "openai", []arm.Setting{set(arm.Model, "")}, "declares no model"},
		{"a setting that it does not take", "codex", "openai", []arm.Setting{set(arm.Model, "m"), set(arm.Temperature, "1")},
			`"temperature" cannot be given to codex at openai.responses; it takes effort, model, service_tier, verbosity`},
		{"a slot that it does not have", "pi", "openai", []arm.Setting{set(arm.Model, "m"), in("small", arm.Model, "s")}, `"small.model" cannot be given to pi`},
		{"the provider of such a slot", "pi", "openai", []arm.Setting{set(arm.Model, "m"), in("small", arm.Provider, "openai")}, `"small.provider" cannot be given`},
		{"a key that is no setting", "codex", "openai", []arm.Setting{set(arm.Model, "m"), set("token", "mine")}, `"token" cannot be given`},
		{"a key that is the agent's own", "opencode", "openai", []arm.Setting{set(arm.Model, "m"), set("url", "http://elsewhere")}, `"url" cannot be given`},
		{"an empty setting", "codex", "openai", []arm.Setting{set(arm.Model, "m"), set(arm.Effort, " ")}, "effort is empty"},
		{"an effort that it passes over", "claude-code", "anthropic", []arm.Setting{set(arm.Model, "m"), set(arm.Effort, "ultra")}, "it takes|takes low, medium"},
		{"a variant that there is not", "opencode", "anthropic", []arm.Setting{set(arm.Model, "m"), set(arm.Effort, "ultra")}, "takes none, minimal"},
		{"a flag for a model", "pi", "openai", []arm.Setting{set(arm.Model, "--offline")}, "begins with a dash"},
		{"a value that is no text", "codex", "openai", []arm.Setting{set(arm.Model, "m\xff")}, "not text in UTF-8"},
		{"a zero byte", "pi", "openai", []arm.Setting{set(arm.Model, "m\x00n")}, "zero byte"},
		{"a zero byte in a variable", "copilot", "openai", []arm.Setting{set(arm.Model, "m\x00n")}, "zero byte"},
		{"no number", "gemini", "gemini", []arm.Setting{set(arm.Model, "m"), set(arm.Temperature, "1e9")}, `temperature is "1e9"; it must be a number`},
		{"another format", "codex", "anthropic", []arm.Setting{set(arm.Model, "m")}, "codex speaks openai.responses"},
		{"a slot's provider that there is not", "opencode", "openai", []arm.Setting{set(arm.Model, "m"), in("small", arm.Model, "s"), in("small", arm.Provider, "nowhere")},
			`the proxy has no upstream "nowhere"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := harness.All()[test.agent].Start(job(test.upstream, test.settings...))
			hit := func(want string) bool { return err != nil && strings.Contains(err.Error(), want) }
			if !slices.ContainsFunc(strings.Split(test.want, "|"), hit) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestNoPrompt(t *testing.T) {
	j := job("openai", set(arm.Model, "m"))
	j.Task.Prompt = " \n"
	if _, err := harness.All()["codex"].Start(j); err == nil || !strings.Contains(err.Error(), "no prompt") {
		t.Errorf("error %v, want one about the prompt", err)
	}
}

// hostile are values that would break out of files or arguments that are pasted together.
var hostile = []string{
	"m\"\nmodel = \"other", "m'\n[model_providers.pertask]\nbase_url = 'http://elsewhere'", `m","x":"y`, "$(touch x)", "`id`", "{token}", "{prompt}",
	"m\n\tn", `\u0022}`, "'''", `"""`, "m # n", "é☃",
}

// TestHostileValues gives every agent a model that is not one, and finds it again in one place, as it is.
func TestHostileValues(t *testing.T) {
	for _, a := range harness.Descriptions() {
		for _, value := range hostile {
			p, err := harness.All()[a.Name].Start(job(home(a), set(arm.Model, value)))
			if err != nil {
				t.Errorf("%s with the model %q: %v", a.Name, value, err)
				continue
			}
			tame, err := harness.All()[a.Name].Start(job(home(a), set(arm.Model, "TAME")))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(leaves(t, tame, "TAME", value), leaves(t, p, "TAME", "TAME")); diff != "" {
				t.Errorf("%s with the model %q is started with more than another model (-want +got):\n%s", a.Name, value, diff)
			}
		}
	}
}

// FuzzHostileValues is TestHostileValues with values that nobody has thought of.
func FuzzHostileValues(f *testing.F) {
	for _, value := range hostile {
		f.Add(value)
	}
	tame := map[string]trial.Process{}
	for _, a := range harness.Descriptions() {
		p, err := harness.All()[a.Name].Start(job(home(a), set(arm.Model, "TAME")))
		if err != nil {
			f.Fatal(err)
		}
		tame[a.Name] = p
	}
	f.Fuzz(func(t *testing.T, value string) {
		if strings.Contains(value, "TAME") {
			return
		}
		for _, a := range harness.Descriptions() {
			p, err := harness.All()[a.Name].Start(job(home(a), set(arm.Model, value)))
			if err != nil {
				continue // refused
			}
			if diff := cmp.Diff(leaves(t, tame[a.Name], "TAME", value), leaves(t, p, "TAME", "TAME")); diff != "" {
				t.Errorf("%s with the model %q is started with more than another model (-want +got):\n%s", a.Name, value, diff)
			}
		}
	})
}

// leaves lists everything that a process is given, with one text in the place of another.
func leaves(t *testing.T, p trial.Process, old, now string) []any {
	t.Helper()
	replace := func(s string) string { return strings.ReplaceAll(s, old, now) }
	var walk func(any) any
	walk = func(x any) any {
		switch x := x.(type) {
		case string:
			return replace(x)
		case []any:
			for i := range x {
				x[i] = walk(x[i])
			}
		case map[string]any:
			out := map[string]any{}
			for key, value := range x {
				out[replace(key)] = walk(value)
			}
			return out
		}
		return x
	}
	var out []any
	for _, s := range slices.Concat(p.Argv, p.Env, []string{p.Stdin}) {
		out = append(out, replace(s))
	}
	files := map[string]any{}
	for name, data := range p.Files {
		var content map[string]any
		var err error
		if strings.HasSuffix(name, ".toml") {
			err = toml.Unmarshal(data, &content)
		} else {
			err = json.Unmarshal(data, &content)
		}
		if err != nil {
			t.Errorf("%s cannot be read: %v", name, err)
		}
		files[name] = walk(content)
	}
	return append(out, files)
}

// A prompt is one argument or the whole input, whatever is in it.
func TestPromptStaysLiteral(t *testing.T) {
	const prompt = "--help {token} \"x\"\n-p $(id)"
	for _, a := range harness.Descriptions() {
		j := job(home(a), set(arm.Model, "m"))
		j.Task.Prompt = prompt
		p, err := harness.All()[a.Name].Start(j)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.Index(p.Argv, prompt)
		if p.Stdin != prompt && (i < 1 || p.Argv[i-1] != "--") {
			t.Errorf("%s gets %q and reads %q", a.Name, p.Argv, p.Stdin)
		}
	}
}

// A base URL in the settings is not passed on, and nothing leads elsewhere than to the proxy.
func TestEverythingGoesToTheProxy(t *testing.T) {
	for _, a := range harness.Descriptions() {
		p, err := harness.All()[a.Name].Start(job(home(a), set(arm.Model, "m"), set(arm.BaseURL, "http://elsewhere"), set(arm.Provider, "mine")))
		if err != nil {
			t.Fatal(err)
		}
		text := show(p)
		if strings.Contains(text, "elsewhere") || !strings.Contains(text, proxy) || !strings.Contains(text, "ptk_0123456789abcdef") {
			t.Errorf("%s is given\n%s", a.Name, text)
		}
	}
}

func TestHide(t *testing.T) {
	for _, name := range []string{"qwen", "pi", "crush", "opencode", "claude-code", "cline", "gemini"} {
		files := harness.All()[name].Hide
		if len(files) == 0 {
			t.Errorf("nothing of a project is hidden from %s", name)
		}
		for _, f := range files {
			if !filepath.IsLocal(f) || strings.Contains(f, `\`) {
				t.Errorf("%s hides %q", name, f)
			}
		}
	}
	// What was seen to lead an agent elsewhere, or to run, from a workspace; see agentstest.
	for name, files := range map[string][]string{
		"claude-code": {".claude/settings.json", ".claude/settings.local.json", ".mcp.json"},
		"cline":       {".env", ".env.local", "bunfig.toml", ".cline", ".clinerules"},
		"crush":       {".env", "crushrc", ".crushrc", "crush.json", ".crush.json"},
		"gemini":      {".gemini/settings.json", ".gemini/.env"},
		"opencode":    {"opencode.json", "opencode.jsonc", ".opencode"},
		"pi":          {".pi"},
		"qwen":        {".env", ".qwen/.env", ".qwen/settings.json"},
	} {
		for _, f := range files {
			if !slices.Contains(harness.All()[name].Hide, f) {
				t.Errorf("%s can be led by %q", name, f)
			}
		}
	}
	if files := harness.All()["command"].Hide; files != nil {
		t.Errorf("command hides %q", files)
	}
}

// install puts a program of a name into a folder that is PATH, for the time of the test.
func install(t *testing.T, name, script string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":/usr/bin:/bin")
}

func TestVersions(t *testing.T) {
	tests := []struct{ name, script, want, wrong string }{
		{"codex", "echo codex-cli 0.169.0", "0.169.0", ""},
		{"claude", "echo '2.1.330 (Claude Code)'", "2.1.330", ""},
		{"copilot", "echo 'GitHub Copilot CLI 1.0.102.'; echo \"Run 'copilot update' to check for updates.\"", "1.0.102", ""},
		{"crush", "echo crush version v0.88.0-nightly.3", "0.88.0-nightly.3", ""},
		{"pi", "test -z \"$SECRET\" && test -n \"$HOME\" && echo 0.73.1 >&2", "0.73.1", ""},
		{"qwen", "echo no idea", "", "holds none"},
		{"gemini", "echo 1.2.3; exit 7", "", "7"},
		{"opencode", "echo 1.2.3; kill -9 $$", "", "signal"},
		{"cline", "echo 'warning: 127.0.0.1 does not answer'; echo 3.0.65 >&2", "3.0.65", ""},
		{"codex", "printf '\\033[1mcodex\\033[0m 0.169.0\\r\\n'", "0.169.0", ""},
		{"pi", "pwd >&2; cat; head -c 100000 /dev/zero; echo 0.73.1 >&2", "", "holds none"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("SECRET", "sk-1")
			install(t, test.name, test.script)
			name := test.name
			if name == "claude" {
				name = "claude-code"
			}
			got, err := harness.Versions(t.Context(), []string{name, "command", "prompt"}, os.Getenv)
			if got[name] != test.want || (err == nil) != (test.wrong == "") || err != nil && !strings.Contains(err.Error(), test.wrong) {
				t.Errorf("got %q and %v, want %q and an error with %q", got, err, test.want, test.wrong)
			}
		})
	}
}

func TestVersionsOfWhatIsNotThere(t *testing.T) {
	install(t, "none", "")
	_, err := harness.Versions(t.Context(), []string{"codex", "pi", "nobody"}, os.Getenv)
	for _, want := range []string{"npm install --global @openai/codex@0.169.0", "npm install --global @mariozechner/pi-coding-agent@", `no harness "nobody"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
