package ground_test

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/config"
	"github.com/pertask/pertask/internal/tree"
	"github.com/pertask/pertask/meter"
	"github.com/pertask/pertask/review/ground"
	"github.com/pertask/pertask/suite"
)

// elsewhere is a place that is never used.
type elsewhere struct{ ground.Elsewhere }

// What trials are evidence for the App works out as the machine does that carries them out.
func TestAwayHasTheMachinesKey(t *testing.T) {
	tools := t.TempDir()
	if err := os.WriteFile(filepath.Join(tools, "codex"), []byte("#!/bin/sh\necho codex-cli 0.99.1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{}
	for name, text := range map[string]string{
		"prompts":  "name: s\nharness: prompt\ntasks: [{id: a, prompt: x, grade: {equals: y}}]\n",
		"a grader": "name: s\nharness: prompt\ntasks: [{id: a, prompt: x, grade: grep -q y}]\n",
		"commands": "name: s\nharness: command\ncommand: sh -c true\ntasks: [{id: a, prompt: x, grade: grep -q y}]\n",
		"codex":    "name: s\nharness: codex\ntasks: [{id: a, prompt: x, grade: {equals: y}}]\n",
	} {
		files := fstest.MapFS{"suite.yaml": {Data: []byte(text)}, "agent.yaml": {Data: []byte("model: gpt-5.4\n")}}
		su, err := suite.Load(files, "suite.yaml")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		source := tree.New()
		for path, f := range files {
			if err := source.Add(path, 0o644, int64(len(f.Data)), func() ([]byte, error) { return f.Data, nil }); err != nil {
				t.Fatal(err)
			}
		}
		o := options()
		o.Getenv = func(name string) string {
			if name == "PATH" {
				return tools + string(os.PathListSeparator) + os.Getenv("PATH")
			}
			return ""
		}
		t.Setenv("PATH", o.Getenv("PATH"))
		o.Keys = func(ups []meter.Upstream) meter.Keys {
			return meter.KeysFromEnv(func(string) string { return "" }, ups)
		}
		o.Elsewhere, o.Sandbox = elsewhere{}, "required"
		g := ground.Ground{Options: o}
		const text = "version: 1\nrun: {cache: cold, memory: 1GiB, disk: 2GiB}\napp: {runner: actions, workflow: x.yml}\n"
		if err := g.Configure([]byte(text), true); err != nil {
			t.Fatal(err)
		}
		if !g.IsAway() || g.Config.Run.Sandbox != "auto" {
			t.Errorf("%s: away %t, with the sandbox %q of the App's own machine", name, g.IsAway(), g.Config.Run.Sandbox)
		}
		model := func(name string) arm.Arm {
			return arm.Arm{}.With(arm.Setting{Slot: arm.MainSlot, Key: arm.Model, Value: name})
		}
		g.Change.Pair = arm.Pair{Base: model("gpt-5.4"), Head: model("gpt-5.4-mini")}
		g.Change.Watches = []arm.Watch{{Path: "agent.yaml", Selectors: map[arm.Key]string{arm.Model: "$.model"}}}
		c := g.Comparison()
		c.Suite, c.Looks = su, []int{2}
		a := g.Away(c, g.Bench(source), 3)
		there, b := c, g.Bench(source)
		if err := g.Prepare(t.Context(), &there, &b); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := a.With(there.Harness)
		if err != nil || got.EvidenceKey() != there.EvidenceKey() || a.N != 3 || a.Workflow != "x.yml" {
			t.Errorf("%s: key %s, want %s; %+v, %v", name, got.EvidenceKey(), there.EvidenceKey(), a, err)
		}
		if agents := a.Agents(); (len(agents) > 0) != (name == "codex") {
			t.Errorf("%s: agents %v", name, agents)
		}
		if name == "codex" {
			other, err := a.With(map[string]string{"codex": "0.99.2"})
			if err != nil || other.EvidenceKey() == got.EvidenceKey() || got.Harness["codex"] != "0.99.1" {
				t.Errorf("%s: another version is no other evidence: %v, %v", name, got.Harness, err)
			}
		}
		keys[got.EvidenceKey()] = name
	}
	if len(keys) != 4 {
		t.Errorf("keys of %v", keys)
	}
	here := ground.Ground{Options: options()}
	if err := here.Configure([]byte("version: 1\napp: {runner: actions}\n"), true); err != nil || here.IsAway() || here.Config.App.Runner != config.RunnerActions {
		t.Errorf("away %t where there is no such place, %v", here.IsAway(), err)
	}
}
