package outfit_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pertask/pertask/compare"
	"github.com/pertask/pertask/compare/outfit"
	"github.com/pertask/pertask/config"
	"github.com/pertask/pertask/suite"
)

// machine has programs in its PATH that say their versions.
func machine(t *testing.T, says map[string]string) outfit.Machine {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the programs are scripts for sh")
	}
	dir := t.TempDir()
	for name, version := range says {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\necho '"+version+"'\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	path := dir + string(os.PathListSeparator) + os.Getenv("PATH")
	t.Setenv("PATH", path) // programs are looked up by this process's own
	return outfit.Machine{Getenv: func(name string) string { return map[string]string{"PATH": path}[name] }}
}

func suiteOf(harnesses ...string) *suite.Suite {
	s := &suite.Suite{Name: "s"}
	for _, h := range harnesses {
		s.Tasks = append(s.Tasks, suite.Task{ID: h, Harness: h, Grade: suite.Grader{Kind: suite.GradeContains, Value: "x"}})
	}
	return s
}

func TestPrepare(t *testing.T) {
	m := machine(t, map[string]string{"codex": "codex-cli 0.169.0", "claude": "2.1.330 (Claude Code)"})
	run := config.Default().Run
	run.Memory, run.Disk, run.Cache, run.Sandbox = 1<<30, 2<<30, "cold", "none"
	o, b := compare.Options{Suite: suiteOf("codex", "claude-code", "prompt", "codex")}, compare.Bench{}
	if err := m.Prepare(t.Context(), run, &o, &b); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"codex": "0.169.0", "claude-code": "2.1.330"}, o.Harness); diff != "" {
		t.Errorf("the versions (-want +got):\n%s", diff)
	}
	if b.Harnesses["codex"].Version != "0.169.0" || b.Harnesses["prompt"].Ask == nil || len(b.Harnesses) != len(suite.Agents())+2 {
		t.Errorf("the harnesses are %v", b.Harnesses)
	}
	if o.Cache != compare.CacheCold || b.Salted == nil || b.Limits.Memory != 1<<30 || b.Limits.Disk != 2<<30 || b.FindSandbox != nil {
		t.Errorf("cache %q, limits %+v, sandbox wanted: %t", o.Cache, b.Limits, b.FindSandbox != nil)
	}
}

// A suite without agents is the same evidence as before there were any.
func TestPrepareWithoutAgents(t *testing.T) {
	before := compare.Options{Suite: suiteOf("command", "prompt")}
	after, b := before, compare.Bench{}
	if err := machine(t, nil).Prepare(t.Context(), config.Default().Run, &after, &b); err != nil {
		t.Fatal(err)
	}
	before.Conditions = after.Conditions
	if after.Harness != nil || before.EvidenceKey() != after.EvidenceKey() {
		t.Errorf("the versions are %v, and the evidence is another", after.Harness)
	}
	if b.FindSandbox == nil {
		t.Error("no sandbox is looked for, although a program is started")
	}
}

func TestPrepareRefusesWhatIsNotThere(t *testing.T) {
	o := compare.Options{Suite: suiteOf("codex", "crush")}
	err := machine(t, map[string]string{"codex": "0.169.0"}).Prepare(t.Context(), config.Default().Run, &o, &compare.Bench{})
	if !errors.Is(err, compare.ErrNotReady) || !strings.Contains(err.Error(), "crush") || strings.Contains(err.Error(), `"codex"`) {
		t.Errorf("got %v", err)
	}
}

// This test's program does not call sandbox.Main, so there is no sandbox for it, whatever the machine has.
func TestSandbox(t *testing.T) {
	graded := suiteOf("prompt")
	graded.Tasks[0].Grade = suite.Grader{Kind: suite.GradeCommand, Value: "true"}
	for _, c := range []struct {
		name, mode string
		suite      *suite.Suite
		looks      bool
		refused    bool
	}{
		{"auto", "auto", suiteOf("command"), true, false},
		{"required", "required", suiteOf("command"), true, true},
		{"none", "none", suiteOf("command"), false, false},
		{"nothing to start", "required", suiteOf("prompt"), false, false},
		{"a grader", "required", graded, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			run := config.Default().Run
			run.Sandbox = c.mode
			o, b := compare.Options{Suite: c.suite}, compare.Bench{}
			if err := machine(t, nil).Prepare(t.Context(), run, &o, &b); err != nil {
				t.Fatal(err)
			}
			if looks := b.FindSandbox != nil; looks != c.looks {
				t.Fatalf("a sandbox is looked for: %t, want %t", looks, c.looks)
			}
			if !c.looks {
				return
			}
			box, err := b.FindSandbox(context.Background(), "127.0.0.1:1", "/nowhere/proxy")
			if box != nil || errors.Is(err, compare.ErrNotReady) != c.refused || (err == nil) == c.refused {
				t.Errorf("got %v, %v", box, err)
			}
		})
	}
}
