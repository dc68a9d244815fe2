package lead_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/arm/lead"
)

// Every tool's list can be given a main element, which then has the main slot.
func TestMainElement(t *testing.T) {
	for path, text := range map[string]string{
		"litellm/config.yaml":   "model_list: [{model_name: a, litellm_params: {model: openai/gpt-5.4}}, {model_name: b c, litellm_params: {model: openai/gpt-5.5}}]\n",
		"promptfooconfig.yaml":  "targets: [openai:gpt-5.4, {id: 'openai:chat:gpt-5.5', label: b c}]\n",
		".continue/config.yaml": "models: [{name: a, model: gpt-5.4, provider: openai}, {name: b c, model: gpt-5.5, provider: openai}]\n",
		".continue/config.json": `{"models": [{"title": "b c", "model": "gpt-5.5", "provider": "openai"}], "tabAutocompleteModel": {"model": "gpt-5.4"}}`,
	} {
		watches := lead.Element(path, "b c")
		if err := arm.CheckWatches(watches); err != nil || len(watches) == 0 {
			t.Errorf("%s: %d watches, %v", path, len(watches), err)
		}
		a, err := arm.Read(fstest.MapFS{path: {Data: []byte(text)}}, watches)
		if err != nil || a.Model() != "gpt-5.5" || lead.Missing(a) != nil {
			t.Errorf("%s: %+v, %v", path, a, err)
		}
	}
	for _, path := range []string{".codex/config.toml", ".gemini/settings.json", "config/agent.yaml", ""} {
		if w := lead.Element(path, "x"); w != nil {
			t.Errorf("%q: %+v", path, w)
		}
	}
	for _, path := range lead.Paths() {
		if len(lead.Element(path, "x")) == 0 {
			t.Errorf("%s has no list", path)
		}
	}
	if p := lead.Paths(); !slices.Contains(p, "litellm_config.yaml") || slices.Contains(p, ".codex/config.toml") {
		t.Errorf("%q", p)
	}
}

func TestMainElementsThatAreRefused(t *testing.T) {
	for name, change := range map[string]func(*arm.Watch){
		"no list":           func(w *arm.Watch) { w.Each, w.Name = "", "" },
		"a mapping":         func(w *arm.Watch) { w.Name = "" },
		"a slot":            func(w *arm.Watch) { w.Slot = "x" },
		"a name of no slot": func(w *arm.Watch) { w.Main = "-x" },
	} {
		w := lead.Element("config.yaml", "x")[0]
		change(&w)
		if err := arm.CheckWatches([]arm.Watch{w}); err == nil {
			t.Errorf("%s: it is not refused", name)
		}
	}
}

// An arm without a main model says where its models are; one that has none, or a main one, has nothing to say.
func TestMissing(t *testing.T) {
	set := func(path string, line int, slot string, key arm.Key, value string) arm.Setting {
		return arm.Setting{Slot: slot, Key: key, Value: value, Source: arm.Source{Path: path, Line: line, Column: 7}}
	}
	for _, tt := range []struct {
		name     string
		settings []arm.Setting
		want     string
	}{
		{"nothing", nil, ""},
		{"a main model", []arm.Setting{set("a.yaml", 1, "main", arm.Model, "m"), set("a.yaml", 2, "small", arm.Model, "n")}, ""},
		{"settings of no model", []arm.Setting{set("a.yaml", 1, "main", arm.Effort, "high")}, ""},
		{"a list", []arm.Setting{set("litellm_config.yaml", 9, "a", arm.Model, "m"), set("litellm_config.yaml", 4, "b", arm.Model, "n")},
			`litellm_config.yaml:4:7: no model here is in the slot "main", which trials run with: there are "a", "b"; name one by element under models in the configuration, or call it main`},
		{"agents", []arm.Setting{set("b.toml", 1, "codex", arm.Model, "m"), set("a.json", 3, "claude-code", arm.Model, "n")},
			`a.json:3:7: no model here is in the slot "main", which trials run with: there are "codex", "claude-code"; name the file and the place of the one to measure under models in the configuration`},
	} {
		err := lead.Missing(arm.Arm{Settings: tt.settings})
		var e *arm.Error
		if (err == nil) != (tt.want == "") || err != nil && (err.Error() != tt.want || !errors.As(err, &e)) {
			t.Errorf("%s: got %v\nwant %s", tt.name, err, tt.want)
		}
	}
	var many []arm.Setting
	for i := range 50 {
		many = append(many, set("config.yaml", i+1, strings.Repeat("x", 90)+string(rune('a'+i%26))+string(rune('a'+i/26)), arm.Model, "m"))
	}
	if err := lead.Missing(arm.Arm{Settings: many}); err == nil || len(err.Error()) > 800 || !strings.Contains(err.Error(), ", 44 more; ") {
		t.Errorf("%v", err)
	}
}

// A change is reported once, with the place of the side that lacks a main model; what is not applied is none.
func TestFindings(t *testing.T) {
	at := func(slot string) arm.Arm {
		return arm.Arm{Settings: []arm.Setting{{Slot: slot, Key: arm.Model, Value: "m", Source: arm.Source{Path: "config.yaml", Line: 2, Column: 3}}}}
	}
	change := []arm.Change{{Slot: "fast", Key: arm.Model}}
	for _, tt := range []struct {
		name string
		pair arm.Pair
		want bool
	}{
		{"both have one", arm.Pair{Base: at("main"), Head: at("main"), Changes: change}, false},
		{"neither has", arm.Pair{Base: at("fast"), Head: at("fast"), Changes: change}, true},
		{"the head has lost it", arm.Pair{Base: at("main"), Head: at("fast"), Changes: change}, true},
		{"nothing is applied", arm.Pair{Base: at("fast"), Head: at("fast"), NotApplied: change}, false},
		{"there is no model", arm.Pair{Changes: change}, false},
	} {
		tt.pair.Findings = []arm.Finding{{Code: "base-moved"}}
		all := lead.Findings(tt.pair)
		f, ok := all[len(all)-1], len(all) == 2
		if ok != tt.want || all[0].Code != "base-moved" || ok && (f.Code != lead.Code || !f.Withhold || f.Source.Line != 2 || !strings.HasPrefix(f.Text, "No model here is in the slot \"main\"")) {
			t.Errorf("%s: %v, %+v", tt.name, ok, f)
		}
	}
}
