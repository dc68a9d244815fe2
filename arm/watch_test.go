package arm_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/suite"
)

func model(path, slot string) arm.Watch {
	return arm.Watch{Path: path, Slot: slot, Selectors: map[arm.Key]string{arm.Model: "$.model"}}
}

func TestCheckWatches(t *testing.T) {
	tests := []struct {
		name    string
		watches []arm.Watch
		want    string // "" for no error
	}{
		{"none", nil, ""},
		{"well known", arm.WellKnown(), ""},
		{"one path, two slots", []arm.Watch{model("a.yaml", ""), model("a.yaml", "small")}, ""},
		{"every format", []arm.Watch{model("a.yml", "1"), model("b.JSONC", "2"), model("c.toml", "3"), model("x/.env", "4"),
			model(".env.local", "5"), model("prod.env", "6"), model("dotenv", "7"), model("a.json", "8")}, ""},
		{"parent", []arm.Watch{model("../a.yaml", "")}, "path \"../a.yaml\" is not allowed"},
		{"parent inside", []arm.Watch{model("a/../b.yaml", "")}, "is not allowed"},
		{"absolute", []arm.Watch{model("/etc/a.yaml", "")}, "is not allowed"},
		{"empty", []arm.Watch{model("", "")}, "is not allowed"},
		{"root", []arm.Watch{model(".", "")}, "is not allowed"},
		{"line end", []arm.Watch{model("a\n.yaml", "")}, "is not allowed"},
		{"format", []arm.Watch{model("a.ini", "")}, "a.ini: format is not known; .yaml"},
		{"selector", []arm.Watch{{Path: "a.yaml", Selectors: map[arm.Key]string{arm.Effort: "$["}}}, "watch 1: a.yaml: effort: selector, byte 3"},
		{"no selector", []arm.Watch{{Path: "a.yaml"}}, "no selector"},
		{"no key", []arm.Watch{{Path: "a.yaml", Selectors: map[arm.Key]string{"": "$.a"}}}, "a setting without a name"},
		{"twice", []arm.Watch{model("a.yaml", ""), model("b.json", "main")}, `model of slot "main" is given twice, by a.yaml $.model and by b.json $.model`},
		{"twice, one file", []arm.Watch{model("a.yaml", "x"), model("a.yaml", "x")}, "is given twice"},
		{"provider twice", []arm.Watch{{Path: "a.json", SplitProvider: true,
			Selectors: map[arm.Key]string{arm.Model: "$.m", arm.Provider: "$.p"}}}, "the provider is given twice"},
		{"provider of another file", []arm.Watch{
			{Path: "a.json", SplitProvider: true, Selectors: map[arm.Key]string{arm.Model: "$.m"}},
			{Path: "b.json", Selectors: map[arm.Key]string{arm.Provider: "$.p"}}}, "provider of slot \"main\" is given twice"},
		{"override", []arm.Watch{{Path: "a.json", Selectors: map[arm.Key]string{arm.Model: "$.m"},
			Overrides: map[arm.Key]string{arm.Model: "$.env.M"}}}, ""},
		{"two forms", []arm.Watch{{Path: "a.json", SplitProvider: true, Form: arm.Promptfoo, Selectors: map[arm.Key]string{arm.Model: "$.m"}}}, "two forms of a model"},
		{"unknown form", []arm.Watch{{Path: "a.json", Form: "x", Selectors: map[arm.Key]string{arm.Model: "$.m"}}}, `form "x" is not known`},
		{"form's setting twice", []arm.Watch{{Path: "a.json", Form: arm.LiteLLM, Selectors: map[arm.Key]string{arm.Model: "$.m", arm.Deployment: "$.d"}}}, "the deployment is given twice"},
		{"name without a list", []arm.Watch{{Path: "a.json", Name: "n", Selectors: map[arm.Key]string{arm.Model: "$.m"}}}, "a name of elements without a list"},
		{"list that is no selector", []arm.Watch{{Path: "a.json", Each: "$[", Selectors: map[arm.Key]string{arm.Model: "m"}}}, "each: selector, byte 3"},
		{"name that is no selector", []arm.Watch{{Path: "a.json", Each: "$.l", Name: "$", Selectors: map[arm.Key]string{arm.Model: "m"}}}, "name: selector names the whole file"},
		{"name with an index", []arm.Watch{{Path: "a.json", Each: "$.l", Name: "a[0]", Selectors: map[arm.Key]string{arm.Model: "m"}}}, "name: keys with dots"},
		{"two lists", []arm.Watch{{Path: "a.json", Each: "$.l", Name: "n", Selectors: map[arm.Key]string{arm.Model: "m"}},
			{Path: "b.json", Each: "$.l", Name: "n", Selectors: map[arm.Key]string{arm.Model: "m"}}}, ""},
		{"no agent", []arm.Watch{{Path: "a.json", WellKnown: true, Selectors: map[arm.Key]string{arm.Model: "$.m"}}}, "without the name of its agent"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := arm.CheckWatches(tt.watches)
			if tt.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, want an error with %q", err, tt.want)
			}
			// No function goes on with such a list.
			if _, err := arm.Read(fstest.MapFS{}, tt.watches); err == nil {
				t.Error("Read takes the watches")
			}
			if _, err := arm.Rewrite(fstest.MapFS{}, tt.watches, arm.Arm{}); err == nil {
				t.Error("Rewrite takes the watches")
			}
			if _, err := arm.Compare(arm.Trees{Base: fstest.MapFS{}, MergeBase: fstest.MapFS{}, Head: fstest.MapFS{}}, tt.watches); err == nil {
				t.Error("Compare takes the watches")
			}
		})
	}
}

func TestWellKnownIsACopy(t *testing.T) {
	a := arm.WellKnown()
	a[0].Path = "changed"
	a[0].Selectors[arm.Model] = "$.changed"
	b := arm.WellKnown()
	if b[0].Path == "changed" || b[0].Selectors[arm.Model] == "$.changed" {
		t.Errorf("a change of one copy is seen in the next: %+v", b[0])
	}
}

func TestForAgent(t *testing.T) {
	own := model("a.yaml", "own")
	got := arm.ForAgent(append(arm.WellKnown(), own), "codex")
	if len(got) != 3 || got[0].Path != ".codex/config.toml" || got[1].Path != ".codex/config.toml" || got[2].Path != own.Path {
		t.Errorf("got %+v, want the file of Codex and the configured one", got)
	}
}

// TestAgentsHaveFiles says that every agent with a harness has a file but for the one that has none, and that the
// tools have theirs.
func TestAgentsHaveFiles(t *testing.T) {
	for _, agent := range append(suite.Agents(), "litellm", "promptfoo", "aider", "continue") {
		got := arm.ForAgent(arm.WellKnown(), agent)
		if want := agent != "cline"; (len(got) > 0) != want {
			t.Errorf("%s has %d watches", agent, len(got))
		}
		if err := arm.CheckWatches(got); err != nil {
			t.Error(err)
		}
	}
	for _, w := range arm.WellKnown() {
		if !w.WellKnown || w.Agent == "" {
			t.Errorf("%s belongs to nobody", w.Path)
		}
	}
}

func TestMissingTree(t *testing.T) {
	m := fstest.MapFS{}
	for name, trees := range map[string]arm.Trees{
		"base":       {MergeBase: m, Head: m},
		"merge base": {Base: m, Head: m},
		"head":       {Base: m, MergeBase: m},
	} {
		_, err := arm.Compare(trees, arm.WellKnown())
		if err == nil || !strings.Contains(err.Error(), "reading the "+name) {
			t.Errorf("without the %s: got %v, want an error that names it", name, err)
		}
	}
}
