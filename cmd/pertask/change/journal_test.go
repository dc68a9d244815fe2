package change_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pertask/pertask/cmd/pertask/change"
	"github.com/pertask/pertask/cmd/pertask/command"
	"github.com/pertask/pertask/cmd/pertask/commandtest"
)

// A journal counts as used once it holds what was paid for.
func TestUnused(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, path := range map[string]string{"no file": filepath.Join(dir, "none.jsonl"), "an empty file": write("empty.jsonl", "")} {
		if err := change.Unused(path); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := change.Unused(write("other.txt", "not a journal\nat all\n")); err == nil {
		t.Error("a file that is no journal is taken for an unused one")
	}
	if got := change.JournalPath("out"); got != filepath.Join("out", "trials.jsonl") {
		t.Errorf("the journal is at %s", got)
	}
	repo, _ := commandtest.Change(t, "report", commandtest.Mini)
	if _, stderr, code := pertask(map[string]string{"OPENAI_API_KEY": "sk-0123456789abcdef"}, "compare", "--repo", repo, "--base", "main", "--head", "head", "--out", dir); code != 0 {
		t.Fatalf("exit %d\n%s", code, stderr)
	}
	if err := change.Unused(change.JournalPath(dir)); err == nil || !strings.Contains(err.Error(), "30 trials and 30 calls of an earlier run, which were paid for") {
		t.Errorf("got %v", err)
	}
}

// A report that cannot be written is an error of the command, and costs nothing.
func TestAFolderThatIsAFile(t *testing.T) {
	dir, calls := commandtest.Change(t, "report", commandtest.Mini)
	file := filepath.Join(t.TempDir(), "out")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{"compare": {"--head", "head", "--out", file}, "base": {"--store", file}} {
		_, stderr, code := pertask(map[string]string{"OPENAI_API_KEY": "sk-0123456789abcdef"}, append([]string{name, "--repo", dir, "--base", "main"}, args...)...)
		if code == command.ExitOK || stderr == "" || calls.Load() != 0 {
			t.Errorf("%s: exit %d after %d calls, %q", name, code, calls.Load(), stderr)
		}
	}
}
