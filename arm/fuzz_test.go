package arm_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pertask/pertask/arm"
	"golang.org/x/tools/txtar"
)

func FuzzYAML(f *testing.F) { fuzzFormat(f, "a.yaml") }

func FuzzJSON(f *testing.F) { fuzzFormat(f, "a.jsonc") }

func FuzzTOML(f *testing.F) { fuzzFormat(f, "a.toml") }

func FuzzDotenv(f *testing.F) { fuzzFormat(f, ".env") }

// fuzzFormat reads, compares and rewrites files of one format. The seeds are the files of the scenarios.
func fuzzFormat(f *testing.F, name string) {
	for _, seed := range scenarioFiles(f, filepath.Ext(name)) {
		f.Add(seed, []byte("model: x\nmodel2: y"), "gpt-5.5")
		f.Add(seed, seed, "x\n'\"\\evil: 1 # $A")
	}
	watches := []arm.Watch{
		{Path: name, Selectors: map[arm.Key]string{arm.Model: "$.model", arm.Effort: "$.coder['reasoning_effort']", arm.Temperature: "$.a.t"}},
		{Path: name, Slot: "list", Selectors: map[arm.Key]string{arm.Model: "$.agents[0].model"}},
		{Path: name, Slot: "name", Selectors: map[arm.Key]string{arm.Model: "MODEL", arm.BaseURL: "URL"}},
		{Path: name, Slot: "filter", Selectors: map[arm.Key]string{arm.Model: "$.model_list[?model_name=coder].litellm_params.model"}},
	}
	f.Fuzz(func(t *testing.T, base, head []byte, value string) {
		tree := func(b []byte) fstest.MapFS { return fstest.MapFS{name: &fstest.MapFile{Data: b}} }
		pair, err := arm.Compare(arm.Trees{Base: tree(base), MergeBase: tree(base), Head: tree(head)}, watches)
		if err == nil {
			if _, err := arm.Rewrite(tree(base), watches, pair.Head); err == nil {
				roundTrip(t, tree(base), watches, pair.Head)
			}
			if bytes.Equal(base, head) && (pair.Changed() || len(pair.NotApplied) > 0) {
				t.Errorf("equal files give %+v", pair)
			}
		}
		a, err := arm.Read(tree(base), watches)
		if err != nil {
			return
		}
		lines := bytes.Split(base, []byte("\n"))
		for _, s := range a.Settings {
			if s.Source.Line < 1 || s.Source.Line > len(lines) || s.Source.Column < 1 || s.Source.Column > len(lines[s.Source.Line-1])+1 {
				t.Errorf("setting outside of the file: %+v", s)
			}
		}
		for _, slot := range []string{arm.MainSlot, "list", "name"} {
			roundTrip(t, tree(base), watches, a.With(arm.Setting{Slot: slot, Key: arm.Model, Value: value}))
			roundTrip(t, tree(base), watches, a.Without(slot, arm.Model))
		}
	})
}

// FuzzElements compares and rewrites files whose elements have slots. Equal files never differ, elements in another
// order are no change of a setting, and what Rewrite writes is read back.
func FuzzElements(f *testing.F) {
	for _, ext := range []string{".yaml", ".json", ".toml"} {
		for _, seed := range scenarioFiles(f, ext) {
			f.Add(ext, seed, seed, "gpt-5.5")
		}
	}
	f.Add(".yaml", []byte("model_list: [{model_name: a, litellm_params: {model: x/y}}, a/b]\nprofiles: {a: {model: x}}"),
		[]byte("providers: openai:a\nprofiles: {a: {model: y}, main: {model: z}}\nmodel_list: [{model_name: a}]"), "x:y")
	f.Fuzz(func(t *testing.T, ext string, base, head []byte, value string) {
		if ext != ".yaml" && ext != ".json" && ext != ".toml" {
			return
		}
		name := "a" + ext
		watches := []arm.Watch{
			{Path: name, Form: arm.LiteLLM, Each: "$.model_list", Name: "model_name", WellKnown: true, Agent: "x",
				Selectors: map[arm.Key]string{arm.Model: "litellm_params.model", arm.Effort: "litellm_params.reasoning_effort"}},
			{Path: name, Form: arm.Promptfoo, Each: "$.providers", Name: "label", Slot: "p", WellKnown: true, Agent: "x",
				Selectors: map[arm.Key]string{arm.Model: "id", arm.Temperature: "config.temperature"}},
			{Path: name, Slot: "profile", Each: "$.profiles", WellKnown: true, Agent: "x", Selectors: map[arm.Key]string{arm.Model: "model"}},
			{Path: name, Slot: "override", Each: "$.modelConfigs.customOverrides", Name: "match.model", WellKnown: true, Agent: "x",
				Selectors: map[arm.Key]string{arm.ThinkingBudget: "budget"}},
		}
		tree := func(b []byte) fstest.MapFS { return fstest.MapFS{name: &fstest.MapFile{Data: b}} }
		pair, err := arm.Compare(arm.Trees{Base: tree(base), MergeBase: tree(base), Head: tree(head)}, watches)
		if err == nil {
			if bytes.Equal(base, head) && (pair.Changed() || len(pair.NotApplied)+len(pair.Findings) > 0) {
				t.Errorf("equal files give %+v", pair)
			}
			roundTrip(t, tree(base), watches, pair.Head)
		}
		a, err := arm.Read(tree(base), watches)
		if err != nil {
			return
		}
		if files, err := arm.Rewrite(tree(base), watches, a); err != nil || len(files) > 0 {
			t.Errorf("writing what is there: %d files, error %v", len(files), err)
		}
		for _, slot := range append(a.Slots(), "profile-x") {
			roundTrip(t, tree(base), watches, a.With(arm.Setting{Slot: slot, Key: arm.Model, Value: value}))
			roundTrip(t, tree(base), watches, a.Without(slot, arm.Model))
		}
	})
}

// scenarioFiles returns the files of all scenarios with an extension like the given.
func scenarioFiles(t testing.TB, ext string) [][]byte {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var out [][]byte
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range txtar.Parse(text).Files {
			if strings.HasPrefix(filepath.Ext(f.Name), ext[:4]) && len(f.Data) < 2000 {
				out = append(out, f.Data)
			}
		}
	}
	if len(out) < 4 {
		t.Fatalf("%d seeds for %s", len(out), ext)
	}
	return out
}
