package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/pertask/pertask/config"
	"github.com/pertask/pertask/review/errand"
	"github.com/pertask/pertask/review/route"
	"github.com/pertask/pertask/setup"
)

// workflow is what a workflow says, as far as pertask depends on it.
type workflow struct {
	On          map[string]any
	Permissions map[string]string
	Concurrency any
	Jobs        map[string]struct {
		If    string
		Steps []step
	}
}

type step struct {
	ID, If, Uses, Run string
	With, Env         map[string]string
}

func parsed(t *testing.T, text string) workflow {
	t.Helper()
	var w workflow
	if err := yaml.Unmarshal([]byte(text), &w); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return w
}

// blocks are the YAML blocks of a page that hold a text.
func blocks(t *testing.T, page, with string) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root(t), filepath.FromSlash(page)))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, part := range strings.Split(string(data), "```yaml\n")[1:] {
		if text, _, _ := strings.Cut(part, "```"); strings.Contains(text, with) {
			out = append(out, text)
		}
	}
	return out
}

// initialized are the files of workflows that `pertask init` writes, by name.
func initialized(t *testing.T) map[string]string {
	t.Helper()
	p, err := setup.New(setup.Input{Tree: fstest.MapFS{"README.md": {Data: []byte("x"), Mode: 0o644}}, Branch: "main", Store: true})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range p.Files {
		if strings.HasPrefix(f.Path, ".github/workflows/") {
			out[filepath.Base(f.Path)] = f.Content
		}
	}
	return out
}

// shown are the workflows that people are shown, by where, for one kind of job: that of pull requests, or that of the base.
func shown(t *testing.T, kind string) map[string]workflow {
	t.Helper()
	out := map[string]workflow{}
	add := func(where, text string) {
		if w := parsed(t, text); kindOf(w) == kind {
			out[where] = w
		}
	}
	for _, page := range []string{"README.md", "docs/commands.md"} {
		for _, text := range blocks(t, page, "jobs:") {
			add(page, text)
		}
	}
	for name, text := range initialized(t) {
		add("pertask init: "+name, text)
	}
	add("testdata/act/consumer.yml", string(fixture(t, "consumer.yml")))
	return out
}

func kindOf(w workflow) string {
	if _, ok := w.On["push"]; ok {
		return "base"
	}
	return "pulls"
}

// same holds a part of all workflows together.
func same[T any](t *testing.T, what string, all map[string]workflow, part func(workflow) T) {
	t.Helper()
	first := ""
	for where := range all {
		if first == "" || where < first {
			first = where
		}
	}
	for where, w := range all {
		if diff := cmp.Diff(part(all[first]), part(w)); diff != "" {
			t.Errorf("%s: -%s +%s\n%s", what, first, where, diff)
		}
	}
}

// without takes out of an expression what only a workflow that is started by hand can know.
func without(text string) string { return strings.ReplaceAll(text, "inputs.pull || ", "") }

// TestWorkflowsSayTheSame holds the workflows together that the README and docs/commands.md show, that are run by act, and
// that `pertask init` writes: they start on the same events and cannot do more than one another.
func TestWorkflowsSayTheSame(t *testing.T) {
	pulls, base := shown(t, "pulls"), shown(t, "base")
	if len(pulls) != 4 || len(base) != 2 {
		t.Fatalf("%d workflows of pull requests and %d of the base, want 4 and 2", len(pulls), len(base))
	}
	same(t, "the base's events", base, func(w workflow) map[string]any { return w.On })
	same(t, "the base's permissions", base, func(w workflow) map[string]string { return w.Permissions })
	same(t, "the base's concurrency", base, func(w workflow) any { return w.Concurrency })
	same(t, "the base's caches", base, func(w workflow) []map[string]string { return caches(w, "base", "pertask-base") })
	same(t, "events", pulls, func(w workflow) map[string]any {
		on := map[string]any{}
		for k, v := range w.On {
			if k != "workflow_dispatch" { // the README is as short as can be
				on[k] = v
			}
		}
		return on
	})
	same(t, "permissions", pulls, func(w workflow) map[string]string { return w.Permissions })
	same(t, "concurrency", pulls, func(w workflow) map[string]string {
		c := map[string]string{}
		for k, v := range w.Concurrency.(map[string]any) {
			c[k] = without(v.(string))
		}
		return c
	})
	same(t, "jobs and when they start", pulls, func(w workflow) map[string]string {
		jobs := map[string]string{}
		for name, j := range w.Jobs {
			jobs[name] = j.If
		}
		return jobs
	})
	for where, w := range pulls {
		c := w.Concurrency.(map[string]any)["group"].(string)
		if _, byHand := w.On["workflow_dispatch"]; byHand != strings.Contains(c, "inputs.pull") {
			t.Errorf("%s: the group is %s, and started by hand: %v", where, c, byHand)
		}
	}
}

// TestCachesAreNamedAlike: what one of the workflows has saved another one finds.
func TestCachesAreNamedAlike(t *testing.T) {
	pulls := shown(t, "pulls")
	some := map[string]workflow{}
	for _, where := range []string{"docs/commands.md", "pertask init: pertask.yml"} {
		some[where] = pulls[where]
	}
	same(t, "caches", some, func(w workflow) []map[string]string { return caches(w, "cost-per-task", "journals") })
	if n := len(caches(some["docs/commands.md"], "cost-per-task", "journals")); n != 2 {
		t.Errorf("%d steps for journals, want 2", n)
	}
}

// caches are what a job says of the caches of a folder.
func caches(w workflow, job, folder string) []map[string]string {
	var out []map[string]string
	for _, s := range w.Jobs[job].Steps {
		if strings.HasPrefix(s.Uses, "actions/cache/") && strings.HasSuffix(s.With["path"], "/"+folder) {
			out = append(out, s.With)
		}
	}
	return out
}

// TestTheGroupNamesTheLabel: a label that asks is in a group of its own, so that no other one takes its place while it waits.
func TestTheGroupNamesTheLabel(t *testing.T) {
	label := config.Default().Run.Label
	for where, w := range shown(t, "pulls") {
		if group := w.Concurrency.(map[string]any)["group"].(string); !strings.Contains(group, "github.event.label.name == '"+label+"' && ") {
			t.Errorf("%s: the group %s does not know the label %s", where, group, label)
		}
	}
}

// TestInputsExist: what the workflows hand to pertask is an input of action.yml, and what they take is an output.
func TestInputsExist(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(root(t), "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var action struct{ Inputs, Outputs map[string]any }
	if err := yaml.Unmarshal(data, &action); err != nil {
		t.Fatal(err)
	}
	output, seen := regexp.MustCompile(`steps\.pertask\.outputs\.(\w+)`), 0
	all := map[string][]string{}
	for name, text := range initialized(t) {
		all[name] = []string{text}
	}
	for _, page := range []string{"README.md", "docs/commands.md", "docs/app.md", "docs/spend.md"} {
		all[page] = blocks(t, page, "uses: pertask/pertask@")
	}
	for where, texts := range all {
		for _, text := range texts {
			for _, s := range stepsOf(t, text) {
				for name := range s.With {
					seen++
					if _, ok := action.Inputs[name]; !ok && strings.HasPrefix(s.Uses, "pertask/pertask@") {
						t.Errorf("%s: %q is no input of action.yml", where, name)
					}
				}
			}
			for _, m := range output.FindAllStringSubmatch(text, -1) {
				if _, ok := action.Outputs[m[1]]; !ok {
					t.Errorf("%s: %q is no output of action.yml", where, m[1])
				}
			}
		}
	}
	if seen == 0 {
		t.Error("no step has an input")
	}
}

// stepsOf are the steps of a workflow, or of a list of some.
func stepsOf(t *testing.T, text string) []step {
	t.Helper()
	var some []step
	if yaml.Unmarshal([]byte(text), &some) == nil {
		return some
	}
	for _, j := range parsed(t, text).Jobs {
		some = append(some, j.Steps...)
	}
	return some
}

// TestEventsAreKnown: pertask does not refuse the events that it tells people to start it on.
func TestEventsAreKnown(t *testing.T) {
	for _, kind := range []string{"pulls", "base"} {
		for where, w := range shown(t, kind) {
			for name := range w.On {
				if err := route.Refused(name); err != nil {
					t.Errorf("%s: %v", where, err)
				}
			}
		}
	}
}

var use = regexp.MustCompile(`uses: ([\w.-]+/[\w.-]+)(?:/[\w./-]+)?@(\S+)( # \S+)?`)

// TestOnePinForEachAction: wherever an Action is used that people copy, it is the same commit, with the same release beside it.
func TestOnePinForEachAction(t *testing.T) {
	files := []string{"README.md", "docs/app.md", "docs/commands.md", "docs/setup.md", "testdata/act/consumer.yml", "testdata/act/resume.yml"}
	golden, err := filepath.Glob(filepath.Join(root(t), "setup", "testdata", "*.golden"))
	if err != nil || len(golden) == 0 {
		t.Fatalf("no golden files of setup: %v", err)
	}
	texts := initialized(t)
	for _, name := range files {
		golden = append(golden, filepath.Join(root(t), filepath.FromSlash(name)))
	}
	for _, path := range golden {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		texts[filepath.Base(path)] = string(data)
	}
	pins := map[string]map[string][]string{}
	for where, text := range texts {
		for _, m := range use.FindAllStringSubmatch(text, -1) {
			if name := m[1]; name != "pertask/pertask" {
				if pins[name] == nil {
					pins[name] = map[string][]string{}
				}
				pins[name][m[2]+m[3]] = append(pins[name][m[2]+m[3]], where)
			}
		}
	}
	if len(pins) < 2 {
		t.Errorf("Actions in use: %v", pins)
	}
	full := regexp.MustCompile(`^[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
	for name, at := range pins {
		if len(at) != 1 {
			t.Errorf("%s is pinned to several commits: %v", name, at)
		}
		for pin, where := range at {
			if !full.MatchString(pin) {
				t.Errorf("%s@%s is no full commit with a release (%v)", name, pin, where)
			}
		}
	}
}

// TestTheAppsWorkflow: the workflow that docs/app.md has for GitHub's runners is one, the App finds its run and what that leaves, and
// its token may write nothing.
func TestTheAppsWorkflow(t *testing.T) {
	found := blocks(t, "docs/app.md", "workflow_dispatch:")
	if len(found) != 1 {
		t.Fatalf("docs/app.md has %d workflows, want 1", len(found))
	}
	path := filepath.Join(t.TempDir(), "pertask.yml")
	if err := os.WriteFile(path, []byte(found[0]), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "tool", "actionlint", "-shellcheck=", "-pyflakes=", path).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	var named struct {
		RunName string `yaml:"run-name"`
	}
	if err := yaml.Unmarshal([]byte(found[0]), &named); err != nil || named.RunName != errand.Title("${{ inputs.review }}") {
		t.Errorf("run-name: %q, %v", named.RunName, err)
	}
	w := parsed(t, found[0])
	for name, level := range w.Permissions {
		if level != "read" {
			t.Errorf("the run may %s %s", level, name)
		}
	}
	inputs := w.On["workflow_dispatch"].(map[string]any)["inputs"].(map[string]any)
	if len(w.On) != 1 || len(inputs) != 2 || inputs["review"] == nil || inputs["request"] == nil {
		t.Errorf("it starts on %v", w.On)
	}
	var measures, keeps bool
	for _, s := range w.Jobs["measure"].Steps {
		measures = measures || s.With["measure"] == "${{ inputs.request }}"
		keeps = keeps || strings.HasPrefix(s.Uses, "actions/upload-artifact@") && s.If == "always()" && s.With["name"] == errand.Artifact && s.With["path"] == "${{ steps.pertask.outputs.report }}"
	}
	if !measures || !keeps {
		t.Errorf("it measures: %t, and keeps the answer: %t", measures, keeps)
	}
	for _, text := range blocks(t, "docs/app.md", "runner: actions") {
		c, err := config.Load(fstest.MapFS{config.Path: {Data: []byte("version: 1\n" + text)}}, config.Path)
		if err != nil || c.App.Runner != config.RunnerActions || ".github/workflows/"+c.App.Workflow != ".github/workflows/pertask.yml" {
			t.Errorf("%v, %+v", err, c)
		}
	}
}
