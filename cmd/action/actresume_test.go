package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The parts of actions/cache that the workflow of docs/commands.md uses, with a folder for GitHub's store.
const (
	cacheRestore = `name: restore
inputs: {path: {required: true}, key: {required: true}, restore-keys: {required: false}}
runs:
  using: composite
  steps:
    - shell: bash
      env: {KEPT: "${{ inputs.path }}", PREFIX: "${{ inputs.restore-keys }}"}
      run: |
        test -n "$PREFIX"
        last=$(ls -d "$CACHE_STORE/$PREFIX"* 2>/dev/null | tail -n 1 || true)
        if [ -n "$last" ]; then mkdir -p "$KEPT" && cp "$last"/* "$KEPT"; fi
`
	cacheSave = `name: save
inputs: {path: {required: true}, key: {required: true}}
runs:
  using: composite
  steps:
    - shell: bash
      env: {KEPT: "${{ inputs.path }}", KEY: "${{ inputs.key }}"}
      run: |
        mkdir -p "$CACHE_STORE/$KEY" && cp "$KEPT"/* "$CACHE_STORE/$KEY"
`
)

// TestActResume runs the workflow that docs/commands.md shows twice, each time on a runner of its own: the second one
// goes on with what the first one kept.
func TestActResume(t *testing.T) {
	findAct(t)
	s := newStage(t, "block", dearer)
	s.write(t, ".github/workflows/pertask.yml", fixture(t, "resume.yml"))
	s.gitInit(t)
	cache, store := t.TempDir(), t.TempDir()
	for name, text := range map[string]string{"restore": cacheRestore, "save": cacheSave} {
		if err := os.MkdirAll(filepath.Join(cache, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(cache, name, "action.yml"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"--local-repository", "pertask/pertask@v1=" + published(t),
		"--local-repository", "actions/cache@0057852bfaa89a56745cba8c7296529d2fc39830=" + cache,
		"-s", "PERTASK_JOURNAL=0123456789abcdef0123", "--env", "CACHE_STORE=" + store}
	for _, time := range []string{"first", "second"} {
		out, exit := s.act(t, "pull_request", args...)
		if exit != 1 || s.calls.Load() != 40 {
			t.Fatalf("the %s time: exit %d after %d calls, want 1 after 40\n%s", time, exit, s.calls.Load(), out)
		}
		if strings.Contains(out, "0123456789abcdef0123") || strings.Contains(out, "does not count") {
			t.Errorf("the %s time it printed\n%s", time, out)
		}
	}
	if kept, _ := filepath.Glob(filepath.Join(store, "pertask-*", "trials-*.jsonl.seal")); len(kept) == 0 {
		t.Error("no sealed journal was kept")
	}
	s.grepKey(t, store)
}

// TestDocsShowTheWorkflowThatIsTested holds docs/commands.md and the workflow of TestActResume together.
func TestDocsShowTheWorkflowThatIsTested(t *testing.T) {
	docs, err := os.ReadFile(filepath.Join(root(t), "docs", "commands.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, steps, ok := strings.Cut(string(fixture(t, "resume.yml")), "    steps:\n")
	if !ok || !strings.Contains(string(docs), "```yaml\n"+steps+"```") {
		t.Error("docs/commands.md does not show the steps of testdata/act/resume.yml")
	}
}
