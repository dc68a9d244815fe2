package doctor_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/txtar"

	"github.com/pertask/pertask/doctor"
	"github.com/pertask/pertask/setup"
)

// set is a repository of setup's tests after init.
func set(t *testing.T, name string) (fstest.MapFS, *setup.Plan) {
	t.Helper()
	a, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	tree := fstest.MapFS{}
	for _, f := range a.Files {
		tree[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	p, err := setup.New(setup.Input{Tree: tree, Store: true, Pin: setup.Pin{SHA: strings.Repeat("0123456789", 4)}})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range p.Files {
		if !f.Exists {
			tree[f.Path] = &fstest.MapFile{Data: []byte(f.Content)}
		}
	}
	return tree, p
}

// What init and doctor think of a repository is the same: after init nothing is wrong with what it has written, and the
// keys that a workflow hands on are those that the tasks need.
func TestAfterInit(t *testing.T) {
	for scenario, want := range map[string]struct {
		findings []string // in part, all of them
		keys     string
	}{
		"codex":       {[]string{"3 tasks are the starter's"}, "OPENAI_API_KEY"},
		"claude-code": {[]string{"3 tasks are the starter's"}, "ANTHROPIC_API_KEY"},
		"litellm":     {[]string{"3 tasks are the starter's"}, "OPENAI_API_KEY"},
		"nothing":     {[]string{"no model setting is found", "3 tasks are the starter's"}, ""},
		"several":     {[]string{"error: .claude/settings.json:2:1: ", "3 tasks are the starter's", "3 tasks are the starter's"}, "OPENAI_API_KEY"},
	} {
		t.Run(scenario, func(t *testing.T) {
			tree, plan := set(t, filepath.Join("../setup/testdata", scenario+".txtar"))
			x := doctor.Examine(doctor.Repository{Tree: tree, Base: tree, Branch: "main"})
			got := lines(x.Findings)
			if strings.Count(got, "\n") != len(want.findings) {
				t.Errorf("%d findings are expected:\n%s", len(want.findings), got)
			}
			for _, f := range want.findings {
				if !strings.Contains(got, f) {
					t.Errorf("no finding says %q:\n%s", f, got)
				}
			}
			if keys := strings.Join(x.Keys, " "); keys != want.keys {
				t.Errorf("keys %q, want %q", keys, want.keys)
			}
			for _, key := range x.Keys {
				if !strings.Contains(fmt.Sprint(plan.Secrets), key) {
					t.Errorf("init hands %q on, and the tasks need %s", plan.Secrets, key)
				}
			}
		})
	}
}
