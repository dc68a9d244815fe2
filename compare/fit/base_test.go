package fit_test

import (
	"testing"
	"testing/fstest"

	"github.com/pertask/pertask/arm"
	"github.com/pertask/pertask/compare/fit"
	"github.com/pertask/pertask/suite"
)

// What is stored on the base branch has to be of the arm that a pull request is compared with.
func TestBase(t *testing.T) {
	source := fstest.MapFS{".codex/config.toml": {Data: []byte("model = \"gpt-5.4\"\n")}, ".claude/settings.json": {Data: []byte(`{"model": "claude-opus-5"}`)}}
	for harness, want := range map[string]string{"codex": "gpt-5.4", "claude-code": "claude-opus-5"} {
		su := &suite.Suite{Tasks: []suite.Task{{ID: "a", Harness: harness}, {ID: "b", Harness: harness}}}
		pair, watches, err := fit.Base(source, arm.WellKnown(), su, nil)
		if err != nil || pair.Changed() || pair.Base.Model() != want || len(watches) >= len(arm.WellKnown()) {
			t.Errorf("%s: %v, model %q with %d watches", harness, err, pair.Base.Model(), len(watches))
		}
		narrowed := fit.Agents(arm.WellKnown(), []string{map[string]string{"codex": ".codex/config.toml", "claude-code": ".claude/settings.json"}[harness]})
		if len(narrowed) != len(watches) {
			t.Errorf("%s: %d watches, and %d where a pull request changes its settings", harness, len(watches), len(narrowed))
		}
	}
	own := []arm.Watch{{Path: "agent.yaml", Selectors: map[arm.Key]string{arm.Model: "$.model"}}}
	if _, watches, err := fit.Base(fstest.MapFS{"agent.yaml": {Data: []byte("model: x\n")}}, own, &suite.Suite{Tasks: []suite.Task{{Harness: "prompt"}}}, nil); err != nil || len(watches) != 1 {
		t.Errorf("%v, %d watches", err, len(watches))
	}
}
