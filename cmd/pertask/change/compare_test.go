package change_test

import (
	"bytes"
	"crypto/rand"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pertask/pertask/cmd/pertask/change"
	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/commandtest"
	"github.com/pertask/pertask/internal/sandboxed"
	"github.com/pertask/pertask/meter"
)

// TestMain lets the test binary be a part of a sandbox.
func TestMain(m *testing.M) {
	sandboxed.Main()
	os.Exit(m.Run())
}

// pertask runs a command as the program does.
func pertask(env map[string]string, args ...string) (stdout, stderr string, code int) {
	a := commandtest.App(env)
	a.Keys = func(ups []meter.Upstream) (meter.Keys, error) { return meter.LoadKeys(a.Getenv, os.ReadFile, ups) }
	return commandtest.Run(a, command.Program{Commands: []command.Command{change.Plan(), change.Compare(), change.Base()}}, args...)
}

func TestCompare(t *testing.T) {
	key := "sk-" + rand.Text()
	for mode, want := range map[string]int{"report": 0, "block": 1} {
		dir, calls := commandtest.Change(t, mode, commandtest.Mini)
		out := filepath.Join(t.TempDir(), "out")
		env := map[string]string{"OPENAI_API_KEY": key}
		stdout, stderr, code := pertask(env, "compare", "--repo", dir, "--base", "main", "--head", "head", "--out", out)
		if code != want || calls.Load() != 30 {
			t.Errorf("mode %s: exit %d after %d calls, want %d after 30\n%s", mode, code, calls.Load(), want, stderr)
		}
		if !strings.Contains(stdout, "Don't switch.") || !strings.Contains(stderr, "30 of 30 trials") {
			t.Errorf("printed\n%s\n%s", stdout, stderr)
		}
		// The same command again is refused, and finds everything done with --resume.
		if _, stderr, code := pertask(env, "compare", "--repo", dir, "--base", "main", "--head", "head", "--out", out); code != 2 || calls.Load() != 30 ||
			!strings.Contains(stderr, "trials.jsonl has 30 trials and 30 calls of an earlier run") || !strings.Contains(stderr, "--resume") || !strings.Contains(stderr, "--out") {
			t.Errorf("again: exit %d after %d calls\n%s", code, calls.Load(), stderr)
		}
		if _, stderr, code = pertask(env, "compare", "--repo", dir, "--base", "main", "--head", "head", "--out", out, "--resume"); code != want || calls.Load() != 30 {
			t.Errorf("resumed: exit %d after %d calls: finished trials were paid again\n%s", code, calls.Load(), stderr)
		}
		err := filepath.WalkDir(out, func(path string, d fs.DirEntry, err error) error {
			if data, _ := os.ReadFile(path); bytes.Contains(data, []byte(key)) {
				t.Errorf("the provider key is in %s", path)
			}
			return err
		})
		if err != nil || strings.Contains(stdout+stderr, key) {
			t.Errorf("the provider key was printed, or %v", err)
		}
	}
}

func TestCompareWithoutAKeyIsNotMeasured(t *testing.T) {
	dir, calls := commandtest.Change(t, "report", commandtest.Mini)
	stdout, stderr, code := pertask(nil, "compare", "--repo", dir, "--base", "main", "--head", "head", "--out", t.TempDir())
	if code != 0 || calls.Load() != 0 || !strings.Contains(stdout, "OPENAI_API_KEY") {
		t.Errorf("exit %d after %d calls\n%s%s", code, calls.Load(), stdout, stderr)
	}
}

func TestCompareSpendsNothingOnWhatCannotBeDecided(t *testing.T) {
	for name, head := range map[string]map[string]string{
		"base URL": {"agent.yaml": "model: gpt-5.4-mini\nurl: https://evil.example\n"},
	} {
		dir, calls := commandtest.Change(t, "report", head)
		_, _, code := pertask(map[string]string{"OPENAI_API_KEY": "sk-12345678"}, "compare", "--repo", dir, "--base", "main", "--head", "head", "--out", t.TempDir())
		if code != 0 || calls.Load() != 0 {
			t.Errorf("%s: exit %d after %d calls", name, code, calls.Load())
		}
	}
}
