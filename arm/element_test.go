package arm_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pertask/pertask/arm"
)

// liteLLM returns the watches of a file that is known to be litellm's.
func liteLLM() []arm.Watch { return arm.ForAgent(arm.WellKnown(), "litellm") }

func compareFiles(t *testing.T, path, base, head string, watches []arm.Watch) arm.Pair {
	t.Helper()
	tree := func(s string) fstest.MapFS { return fstest.MapFS{path: &fstest.MapFile{Data: []byte(s)}} }
	p, err := arm.Compare(arm.Trees{Base: tree(base), MergeBase: tree(base), Head: tree(head)}, watches)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestForms(t *testing.T) {
	const list, one = "model_list: [{model_name: a, litellm_params: {model: %q}}]\n", "providers: [%q]\n"
	tests := []struct {
		file, path, agent string
		values            map[string]map[string]string // what is written -> the settings of the slot; nil when it is not understood
	}{
		{list, "config.yaml", "litellm", map[string]map[string]string{
			"gpt-5.4":                          {"model": "gpt-5.4"},
			"openai/gpt-5.4":                   {"model": "gpt-5.4", "provider": "openai"},
			"anthropic/claude-opus-5-5":        {"model": "claude-opus-5-5", "provider": "anthropic"},
			"openrouter/z-ai/glm-5":            {"model": "z-ai/glm-5", "provider": "openrouter"},
			"azure/my-own":                     {"deployment": "my-own", "provider": "azure"},
			"bedrock/us.anthropic.claude-v1:0": {"model": "us.anthropic.claude-v1:0", "provider": "bedrock"},
			"os.environ/MODEL":                 nil,
			"openai/*":                         nil,
			"*":                                nil,
			"${MODEL}":                         nil,
			"{{ model }}":                      nil,
			"/x":                               nil,
			"x/":                               nil,
			"-x":                               nil,
			"":                                 nil,
		}},
		{one, "promptfooconfig.yaml", "promptfoo", map[string]map[string]string{
			"openai:gpt-5.4":                     {"model": "gpt-5.4", "provider": "openai"},
			"openai:chat:gpt-5.4":                {"model": "gpt-5.4", "provider": "openai", "api": "chat"},
			"openai:responses:gpt-5.4":           {"model": "gpt-5.4", "provider": "openai", "api": "responses"},
			"openai:chat:ft:gpt-4o:org::1":       {"model": "ft:gpt-4o:org::1", "provider": "openai", "api": "chat"},
			"anthropic:messages:claude-opus-5-5": {"model": "claude-opus-5-5", "provider": "anthropic", "api": "messages"},
			"google:gemini-3-pro":                {"model": "gemini-3-pro", "provider": "google"},
			"openrouter:z-ai/glm-5":              {"model": "z-ai/glm-5", "provider": "openrouter"},
			"azure:chat:mine":                    {"deployment": "mine", "provider": "azure", "api": "chat"},
			"bedrock:us.anthropic.claude-v1:0":   {"model": "us.anthropic.claude-v1:0", "provider": "bedrock"},
			"ollama:chat:llama3:8b":              {"model": "llama3:8b", "provider": "ollama", "api": "chat"},
			"openai":                             nil,
			"openai:chat":                        nil,
			"openai:":                            nil,
			"openai:embedding:text-embedding-3":  nil,
			"openai:assistant:asst_1":            nil,
			"openai:ft:gpt-4o:org::1":            nil,
			"anthropic:claude-agent-sdk":         nil,
			"anthropic:chat:claude":              nil,
			"exec:python a.py":                   nil,
			"file://a.js":                        nil,
			"https://example.com/v1":             nil,
			"{{env.MODEL}}":                      nil,
			"openai:{{env.MODEL}}":               nil,
			"made-up:gpt-5.4":                    nil,
		}},
	}
	for _, tt := range tests {
		for text, want := range tt.values {
			t.Run(tt.agent+" "+text, func(t *testing.T) {
				fsys := fstest.MapFS{tt.path: &fstest.MapFile{Data: fmt.Appendf(nil, tt.file, text)}}
				watches := arm.ForAgent(arm.WellKnown(), tt.agent)
				a, err := arm.Read(fsys, watches)
				if err != nil {
					t.Fatal(err)
				}
				got := map[string]string{}
				for _, s := range a.Settings {
					got[string(s.Key)] = s.Value
				}
				if want == nil {
					want = map[string]string{}
					// A change to such a value is reported with its place, and nothing of it is applied.
					p := compareFiles(t, tt.path, fmt.Sprintf(tt.file, "openai:gpt-5.4/x"), fmt.Sprintf(tt.file, text), watches)
					if len(p.Changes) > 0 || len(p.Findings) != 1 || !p.Findings[0].Withhold || p.Findings[0].Code != "value-not-understood" || p.Findings[0].Source.Line != 1 {
						t.Errorf("a change to it gives %+v, %+v", p.Changes, p.Findings)
					}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("settings (-want +got):\n%s", diff)
				}
				if files, err := arm.Rewrite(fsys, watches, a); err != nil || len(files) > 0 {
					t.Errorf("writing what is there: %v, error %v", files, err)
				}
			})
		}
	}
}

// TestFormsThatDoNotFit writes what a file's form cannot hold.
func TestFormsThatDoNotFit(t *testing.T) {
	fsys := fstest.MapFS{"promptfooconfig.yaml": &fstest.MapFile{Data: []byte("providers: [openai:gpt-5.4]\n")}}
	watches := arm.ForAgent(arm.WellKnown(), "promptfoo")
	base, err := arm.Read(fsys, watches)
	if err != nil {
		t.Fatal(err)
	}
	for name, a := range map[string]arm.Arm{
		"api that the provider lacks": base.With(arm.Setting{Slot: arm.MainSlot, Key: arm.API, Value: "messages"}),
		"no provider":                 base.Without(arm.MainSlot, arm.Provider),
		"no model":                    base.Without(arm.MainSlot, arm.Model),
		"a model and a deployment":    base.With(arm.Setting{Slot: arm.MainSlot, Key: arm.Deployment, Value: "x"}),
		"another slot":                base.With(arm.Setting{Slot: "main-2", Key: arm.Model, Value: "x"}),
	} {
		if files, err := arm.Rewrite(fsys, watches, a); err == nil {
			t.Errorf("%s is written: %s", name, files)
		}
	}
}

func TestHostileElements(t *testing.T) {
	many := func(n int, model string) string {
		var b strings.Builder
		b.WriteString("model_list:\n")
		for i := range n {
			fmt.Fprintf(&b, "- {model_name: m%d, litellm_params: {model: %s}}\n", i, model)
		}
		return b.String()
	}
	same := "model_list: [" + strings.Repeat("{model_name: x, litellm_params: {model: a/b}}, ", 200) + "]\n"
	bomb := "a: &a [" + strings.Repeat("x, ", 50) + "]\nb: &b [" + strings.Repeat("*a, ", 50) + "]\nmodel_list: [" + strings.Repeat("{model_name: x, b: *b}, ", 5) + "]\n"
	tests := []struct {
		name, base, head string
		codes            string // of the findings
		changes          int
	}{
		{"200 elements", many(200, "a/b"), many(200, "a/c"), "", 200},
		{"201 elements", many(201, "a/b"), many(201, "a/c"), "value-not-understood", 0},
		{"100,000 elements", many(2, "a/b"), "model_list: [" + strings.Repeat("a/b,", 99_999) + "]", "list-element-not-applied value-not-understood", 0},
		{"200 of one name", same, strings.ReplaceAll(same, "a/b", "a/c"), "", 200},
		{"aliases", many(1, "a/b"), many(1, "a/b") + "x: y\n", "", 0},
		{"bomb of aliases", bomb, strings.ReplaceAll(bomb, "x,", "y,"), "list-element-not-applied", 0},
		{"name that is long", many(1, "a/b"), "model_list: [{model_name: " + strings.Repeat("x", 101) + ", litellm_params: {model: a/b}}]\n", "list-element-not-applied value-not-understood", 0},
		{"name with a line end", many(1, "a/b"), "model_list: [{model_name: \"m0\\nx\", litellm_params: {model: a/b}}]\n", "list-element-not-applied value-not-understood", 0},
		{"name that is a mapping", many(1, "a/b"), "model_list: [{model_name: {m0: x}, litellm_params: {model: a/b}}]\n", "list-element-not-applied value-not-understood", 0},
		{"list that is null", many(1, "a/b"), "model_list:\n", "list-element-not-applied", 0},
		{"elements of no kind", many(1, "a/b"), many(1, "a/b") + "- \n- []\n- {}\n", "list-element-not-applied", 0},
		{"model that is a list", many(1, "a/b"), many(1, "[a/b]"), "value-not-understood", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Now()
			p := compareFiles(t, "config.yaml", tt.base, tt.head, liteLLM())
			t.Logf("%d bytes in %v", len(tt.head), time.Since(start))
			var codes []string
			for _, f := range p.Findings {
				if len(codes) == 0 || codes[len(codes)-1] != f.Code {
					codes = append(codes, f.Code)
				}
				if len(f.Text) > 2000 || strings.Contains(f.Text, "\n") {
					t.Errorf("finding with the text %q", f.Text)
				}
			}
			if got := strings.Join(codes, " "); got != tt.codes || len(p.Changes) != tt.changes {
				t.Errorf("got %d changes and findings %q, want %d and %q", len(p.Changes), got, tt.changes, tt.codes)
			}
		})
	}
}

// TestSharedNames holds that a file whose name others use is nobody's until it has what is looked for.
func TestSharedNames(t *testing.T) {
	for _, content := range []string{"", "a: b", "{{ template }}: [", "model: gpt-5.4", "a: 1\n---\nb: 2\n", "\xff"} {
		a, err := arm.Read(fstest.MapFS{"config.yaml": &fstest.MapFile{Data: []byte(content)}, ".env": &fstest.MapFile{Data: []byte(content)}}, arm.WellKnown())
		if err != nil || len(a.Settings) > 0 {
			t.Errorf("%q gives %+v, error %v", content, a.Settings, err)
		}
	}
	if _, err := arm.Read(fstest.MapFS{".aider.conf.yml": &fstest.MapFile{Data: []byte("{{")}}, arm.WellKnown()); err == nil {
		t.Error("a file that is aider's alone may be broken")
	}
}

// TestNewEntries writes entries that a mapping of the base lacks, also where agents have slots of their own.
func TestNewEntries(t *testing.T) {
	set := func(slot string, key arm.Key, value string) arm.Setting {
		return arm.Setting{Slot: slot, Key: key, Value: value}
	}
	tests := []struct {
		name  string
		base  fstest.MapFS
		arm   []arm.Setting
		path  string
		want  string
		agent string
	}{
		{"no file", fstest.MapFS{}, []arm.Setting{set("profile-deep thought", arm.Model, "o3"), set("profile-deep thought", arm.Effort, "high")},
			".codex/config.toml", "profiles.\"deep thought\".model_reasoning_effort = \"high\"\nprofiles.\"deep thought\".model = \"o3\"\n", "codex"},
		{"an entry more", fstest.MapFS{"opencode.jsonc": {Data: []byte("{\"agent\": {\"a\": {\"model\": \"x/y\"}}}\n")}},
			[]arm.Setting{set("agent-a", arm.Model, "y"), set("agent-a", arm.Provider, "x"), set("agent-b", arm.Model, "z")},
			"opencode.jsonc", "{\"agent\": {\"b\": {\"model\": \"z\"}, \"a\": {\"model\": \"x/y\"}}}\n", "opencode"},
		{"two agents", fstest.MapFS{"opencode.json": {Data: []byte("{\"model\": \"y\"}\n")}, ".pi/settings.json": {Data: []byte("{\"defaultModel\": \"p\"}\n")}},
			[]arm.Setting{set("opencode", arm.Model, "y"), set("pi", arm.Model, "p"), set("opencode-agent-b", arm.Model, "z")},
			"opencode.json", "{\"agent\": {\"b\": {\"model\": \"z\"}}, \"model\": \"y\"}\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			watches := arm.WellKnown()
			if tt.agent != "" {
				watches = arm.ForAgent(watches, tt.agent)
			}
			a := arm.Arm{}.With(tt.arm...)
			files, err := arm.Rewrite(tt.base, watches, a)
			if err != nil {
				t.Fatal(err)
			}
			if len(files) != 1 {
				t.Errorf("%d files are written: %s", len(files), files)
			}
			if diff := cmp.Diff(tt.want, string(files[tt.path])); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.path, diff)
			}
			if tt.agent != "" {
				roundTrip(t, tt.base, watches, a)
			}
		})
	}
}

// TestManyUnread says how many findings about values that are not understood there are at most.
func TestManyUnread(t *testing.T) {
	list := func(word string) string {
		return "providers:\n" + strings.Repeat("- exec:"+word+"\n", 150)
	}
	p := compareFiles(t, "promptfooconfig.yaml", list("a"), list("b"), arm.ForAgent(arm.WellKnown(), "promptfoo"))
	if len(p.Findings) != 10 || !p.Changed() {
		t.Errorf("got %d findings, changed %v", len(p.Findings), p.Changed())
	}
}
