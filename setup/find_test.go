package setup_test

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pertask/pertask/config"
	"github.com/pertask/pertask/setup"
	"github.com/pertask/pertask/suite"
)

// one is a tree with these files, in pairs of a name and a text.
func one(pairs ...string) fstest.MapFS {
	tree := fstest.MapFS{}
	for i := 0; i+1 < len(pairs); i += 2 {
		tree[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return tree
}

// content is what a plan has for a path.
func content(t *testing.T, p *setup.Plan, path string) string {
	t.Helper()
	i := slices.IndexFunc(p.Files, func(f setup.File) bool { return f.Path == path })
	if i < 0 {
		t.Fatalf("the plan has no %s", path)
	}
	return p.Files[i].Content
}

// The keys are those of who serves what was found, and of the configuration's own servers.
func TestSecrets(t *testing.T) {
	for _, tt := range []struct {
		name string
		tree fstest.MapFS
		want string
	}{
		{"a model of one seller", one(".codex/config.toml", "model = \"gpt-5.4\"\n"), "OPENAI_API_KEY"},
		{"an agent without a model", one(".codex/config.toml", "# nothing\n"), "OPENAI_API_KEY"},
		{"an alias of the agent", one(".claude/settings.json", `{"model": "opus"}`), "ANTHROPIC_API_KEY"},
		{"a declared provider", one(".codex/config.toml", "model = \"gpt-5.4\"\nmodel_provider = \"openrouter\"\n"), "OPENROUTER_API_KEY"},
		{"a provider before the model", one("opencode.json", `{"model": "anthropic/claude-opus-4-5"}`), "ANTHROPIC_API_KEY"},
		{"gemini", one(".gemini/settings.json", `{"model": {"name": "gemini-2.5-pro"}}`), "GEMINI_API_KEY"},
		{"promptfoo", one("promptfooconfig.yaml", "providers: ['openai:gpt-5.4']\n"), "OPENAI_API_KEY"},
		{"aider", one(".aider.conf.yml", "model: openai/gpt-5.4\n"), "OPENAI_API_KEY"},
		{"two of them", one(".aider.conf.yml", "model: openai/gpt-5.4\nweak-model: anthropic/claude-opus-4-5\n"), "ANTHROPIC_API_KEY OPENAI_API_KEY"},
		{"a gateway", one(".codex/config.toml", "model = \"gpt-5.4\"\n", ".github/pertask.yml",
			"version: 1\nupstreams: [{name: openai, url: 'https://gw.example.com/v1', provider: openai, auth: bearer, key_env: GATEWAY_KEY}]\n"), "GATEWAY_KEY"},
		{"a server without a key", one(".github/pertask.yml",
			"version: 1\nupstreams: [{name: local, url: 'http://127.0.0.1:8080/v1', auth: none}]\n"), ""},
		{"an unknown model of nobody's", one(".aider.conf.yml", "model: mystery\n"), ""},
		{"somebody else's dotenv", one(".env", "PORT=80\n"), ""},
	} {
		p := plan(t, setup.Input{Tree: tt.tree, Pin: pin})
		if got := strings.Join(p.Secrets, " "); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		flow := content(t, p, setup.WorkflowPath)
		for _, name := range p.Secrets {
			if !strings.Contains(flow, "\n          "+name+": ${{ secrets."+name+" }}\n") {
				t.Errorf("%s: the workflow does not hand %s on", tt.name, name)
			}
		}
		if tt.want == "" && strings.Contains(flow, "\n        env:") {
			t.Errorf("%s: the workflow hands a key on", tt.name)
		}
	}
}

func TestHarnesses(t *testing.T) {
	for _, tt := range []struct {
		name, file, text, want string
	}{
		{"codex", ".codex/config.toml", "", "codex"},
		{"claude-code", ".claude/settings.json", "{}", "claude-code"},
		{"opencode", ".opencode/opencode.json", "{}", "opencode"},
		{"crush", ".crush.json", "{}", "crush"},
		{"a tool", "promptfooconfig.yaml", "providers: ['openai:gpt-5.4']\n", "prompt"},
		{"another program's config.yaml", "config.yaml", "a: b\n", "prompt"},
		{"settings that cannot be read", ".codex/config.toml", "= =\n", "codex"},
	} {
		tree := one(tt.file, tt.text)
		su, err := suite.Load(after(tree, plan(t, setup.Input{Tree: tree})), "evals/suite.yaml")
		if err != nil || su.Harness != tt.want || su.Tasks[0].Harness != tt.want {
			t.Errorf("%s: %v, %v; want harness %s", tt.name, su, err, tt.want)
		}
	}
}

// A suite of pertask at the place of ours is taken; what a configuration names and is not there is written.
func TestSuitesThatAreThere(t *testing.T) {
	const theirs = "name: theirs\nharness: prompt\ntasks: [{id: a, prompt: x, grade: {equals: x}}]\n"
	p := plan(t, setup.Input{Tree: one("evals/suite.yaml", theirs)})
	if slices.ContainsFunc(p.Files, func(f setup.File) bool { return strings.HasPrefix(f.Path, "evals/") }) || !strings.Contains(content(t, p, config.Path), "\nsuite: evals/suite.yaml\n") {
		t.Errorf("%+v", p.Files)
	}
	tree := one(config.Path, "version: 1\nsuites: [{name: a, path: a.yaml}, {name: b, path: evals/b.yaml}]\n", "a.yaml", theirs)
	p = plan(t, setup.Input{Tree: tree})
	content(t, p, "evals/b.yaml")
	if slices.ContainsFunc(p.Files, func(f setup.File) bool { return f.Path == "a.yaml" }) {
		t.Error("a suite that is there is planned")
	}
	if _, err := suite.Load(after(tree, p), "evals/b.yaml"); err != nil {
		t.Error(err)
	}
	p = plan(t, setup.Input{Tree: one("evals/suite.yaml", "x: y\n", "evals/suite-pertask.yaml", "x: y\n")})
	content(t, p, "evals/suite-pertaskx.yaml")
}

func TestConfigurationThatCannotBeUsed(t *testing.T) {
	p := plan(t, setup.Input{Tree: one(config.Path, "version: 9\n")})
	if !strings.Contains(strings.Join(p.Found, "\n"), "The configuration that is there cannot be used: .github/pertask.yml:1:10: ") {
		t.Errorf("%q", p.Found)
	}
	for _, f := range p.Files {
		if f.Exists != (f.Path == config.Path) {
			t.Errorf("%s: is there: %v", f.Path, f.Exists)
		}
	}
}

// Which workflow counts as one of ours.
func TestWorkflowsThatAreThere(t *testing.T) {
	for _, tt := range []struct {
		name, file, text string
		want             bool // another one is planned
	}{
		{"another action", ".github/workflows/ci.yml", "      - uses: actions/checkout@v4\n", true},
		{"a comment", ".github/workflows/ci.yml", "# uses: pertask/pertask@v1\n", true},
		{"ours", ".github/workflows/ci.yaml", "      - uses: pertask/pertask@v1\n", false},
		{"ours, not first in its step", ".github/workflows/ci.yml", "        uses: pertask/pertask@v1\n", false},
		{"no workflow", ".github/workflows/README.md", "uses: pertask/pertask@v1\n", true},
		{"the one that measures ahead", setup.StorePath, "      - uses: pertask/pertask@v1\n", true},
	} {
		p := plan(t, setup.Input{Tree: one(tt.file, tt.text)})
		if got := slices.ContainsFunc(p.Files, func(f setup.File) bool { return f.Path == setup.WorkflowPath && !f.Exists }); got != tt.want {
			t.Errorf("%s: planned: %v", tt.name, got)
		}
	}
}

func TestPins(t *testing.T) {
	for _, tt := range []struct {
		pin  setup.Pin
		want string
		next bool // a person is told to pin
	}{
		{pin, "uses: pertask/pertask@" + pin.SHA + " # v1.2.3\n", false},
		{setup.Pin{SHA: pin.SHA}, "uses: pertask/pertask@" + pin.SHA + "\n", false},
		{setup.Pin{Version: "v1.2.3"}, "uses: pertask/pertask@v1.2.3 # pin the full SHA: git ls-remote https://github.com/pertask/pertask refs/tags/v1.2.3 ", true},
		{setup.Pin{}, "uses: pertask/pertask@v1 # pin the full SHA: git ls-remote ", true},
	} {
		p := plan(t, setup.Input{Tree: one(), Pin: tt.pin, Store: true})
		for _, path := range []string{setup.WorkflowPath, setup.StorePath} {
			if !strings.Contains(content(t, p, path), tt.want) {
				t.Errorf("%+v: %s has no %q", tt.pin, path, tt.want)
			}
		}
		if got := strings.Contains(strings.Join(p.Next, "\n"), "git ls-remote"); got != tt.next {
			t.Errorf("%+v: told: %v", tt.pin, got)
		}
	}
}

func TestBranches(t *testing.T) {
	for given, want := range map[string]string{"": "main", "trunk": "trunk", "release/1.2": "release/1.2", "a b": "main", "x\"y": "main", "-x": "main", "${{ x }}": "main"} {
		p := plan(t, setup.Input{Tree: one(), Branch: given, Store: true})
		if !strings.Contains(content(t, p, setup.StorePath), "branches: [\""+want+"\"]\n") {
			t.Errorf("%q: want %q", given, want)
		}
	}
}

// FuzzNew puts anything into the files that are looked into. What is written loads all the same, and says nothing that
// the files say but what is quoted. Each input is one plan, so that it is cheap: where it has a configuration, that is what
// is planned around, and nothing is written in its place.
func FuzzNew(f *testing.F) {
	f.Add("model = \"gpt-5.4\"\n", "{}", "model_list: []\n", "", "{\"scripts\": {\"test\": \"x\"}}")
	f.Add("", "{", "model_list: [{model_name: 'x: y', litellm_params: {model: a/b}}]\n", "", "")
	f.Add("model = \"a\\nb\"\n", "{\"model\": \"x\"}", "", "version: 1\nsuite: a b.yaml\n", "")
	f.Fuzz(func(t *testing.T, codex, claude, litellm, conf, npm string) {
		tree := fstest.MapFS{}
		for name, text := range map[string]string{".codex/config.toml": codex, ".claude/settings.json": claude, "litellm_config.yaml": litellm, config.Path: conf, "package.json": npm} {
			if text != "" {
				tree[name] = &fstest.MapFile{Data: []byte(text)}
			}
		}
		p, err := setup.New(setup.Input{Tree: tree, Store: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range slices.Concat(p.Found, p.Next, p.Secrets) {
			if strings.ContainsAny(s, "\n\r\x1b\x00") {
				t.Errorf("%q", s)
			}
		}
		if conf != "" {
			if !p.Files[0].Exists {
				t.Error("the configuration that is there is written over")
			}
			return
		}
		now := after(tree, p)
		c, err := config.Load(now, config.Path)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range c.Suites {
			if _, err := suite.Load(now, s.Path); err != nil {
				t.Error(err)
			}
		}
		for _, w := range c.Watches {
			if !fs.ValidPath(w.Path) {
				t.Errorf("%q", w.Path)
			}
		}
	})
}
