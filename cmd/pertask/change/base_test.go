package change_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/commandtest"
)

// With a store the base is paid for once, and a verdict is reached once.
func TestBaseAndCompareShareAStore(t *testing.T) {
	dir, calls := commandtest.Change(t, "block", commandtest.Mini)
	store, out := filepath.Join(t.TempDir(), "store"), t.TempDir()
	env := map[string]string{"OPENAI_API_KEY": "sk-0123456789abcdef"}
	do := func(want int, wantCalls int64, args ...string) string {
		t.Helper()
		before := calls.Load()
		stdout, stderr, code := pertask(env, append(args, "--repo", dir, "--base", "main", "--store", store)...)
		if code != want || calls.Load()-before != wantCalls {
			t.Fatalf("%q: exit %d after %d calls, want %d after %d\n%s%s", args, code, calls.Load()-before, want, wantCalls, stdout, stderr)
		}
		return strings.Join(strings.Fields(stdout), " ")
	}
	if got := do(0, 36, "base"); !strings.Contains(got, "0 stored trials of the base were young enough, 36 were carried out, 0 are missing. This cost $0.") {
		t.Errorf("printed %q", got)
	}
	if got := do(0, 0, "base"); !strings.Contains(got, "36 stored trials of the base were young enough, 0 were carried out, 0 are missing. This cost $0.00.") {
		t.Errorf("printed %q", got)
	}
	if got := do(1, 21, "compare", "--head", "head", "--out", filepath.Join(out, "1")); !strings.Contains(got, "Don't switch.") || !strings.Contains(got, "36 base trials of the last 24 hours were used again") {
		t.Errorf("printed %q", got)
	}
	if got := do(1, 0, "compare", "--head", "head", "--out", filepath.Join(out, "2")); !strings.Contains(got, "nothing was measured again") {
		t.Errorf("printed %q", got)
	}
	if _, stderr, code := pertask(env, "compare", "--repo", dir, "--base", "main", "--head", "head", "--store", store, "--extend", "--out", filepath.Join(out, "3")); code != command.ExitUsage || !strings.Contains(stderr, "only an inconclusive one can be extended") {
		t.Errorf("extended: exit %d\n%s", code, stderr)
	}
	if data, err := os.ReadFile(filepath.Join(out, "2", "report.json")); err != nil || !strings.Contains(string(data), `"final"`) {
		t.Errorf("the report of the rerun: %v", err)
	}
}

func TestBaseRefuses(t *testing.T) {
	dir, calls := commandtest.Change(t, "report", commandtest.Mini)
	store := t.TempDir()
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"no store":    {[]string{"--repo", dir, "--base", "main"}, "--store"},
		"no base":     {[]string{"--repo", dir, "--store", store}, "--base"},
		"no such ref": {[]string{"--repo", dir, "--store", store, "--base", "nowhere"}, "nowhere"},
		"no key":      {[]string{"--repo", dir, "--store", store, "--base", "main"}, "OPENAI_API_KEY"},
		"no suite":    {[]string{"--repo", commandtest.Repository(t, map[string]string{"a": "b"}, commandtest.Mini), "--store", store, "--base", "main"}, "no suite"},
	} {
		if _, stderr, code := pertask(nil, append([]string{"base"}, tt.args...)...); code == 0 || !strings.Contains(stderr, tt.want) || calls.Load() != 0 {
			t.Errorf("%s: exit %d after %d calls\n%s", name, code, calls.Load(), stderr)
		}
	}
}
