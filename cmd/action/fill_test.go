package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// pushJob is a job of a push to a branch, which keeps stored trials in a folder.
func pushJob(t *testing.T, s *stage, branch, store string) *job {
	t.Helper()
	j := newJob(t, s, "push")
	payload := fmt.Sprintf(`{"ref":"refs/heads/%s","before":%q,"after":%q,"repository":{"id":1,"full_name":"acme/agent","default_branch":"main"},"sender":{"login":"ann"}}`, branch, s.base, s.base)
	if err := os.WriteFile(j.env["GITHUB_EVENT_PATH"], []byte(payload), 0o600); err != nil {
		t.Fatal(err)
	}
	j.env["PERTASK_STORE"], j.env["PERTASK_JOURNAL_SECRET"], j.env["PERTASK_BASE_BRANCH"] = store, strings.Repeat("s", 32), "main"
	j.env["GITHUB_REF"] = "refs/heads/" + branch
	return j
}

// A push to the default branch stores trials of the base and posts nothing; a pull request pays for the head and for
// sentinels.
func TestPushFillsTheStoreForPullRequests(t *testing.T) {
	s := newStage(t, "block", dearer)
	store := filepath.Join(t.TempDir(), "store")
	j := pushJob(t, s, "main", store)
	if code := j.run("review"); code != 0 {
		t.Fatalf("push: exit %d\n%s%s", code, &j.stdout, &j.stderr)
	}
	stored := s.calls.Load()
	if stored == 0 || !strings.Contains(j.stderr.String(), fmt.Sprintf("added=%d missing=0", stored)) {
		t.Fatalf("%d calls\n%s%s", stored, &j.stdout, &j.stderr)
	}
	for _, r := range s.hub.Requests() {
		if r.Method != "GET" {
			t.Errorf("a push wrote to GitHub: %s %s", r.Method, r.Path)
		}
	}
	if j = pushJob(t, s, "main", store); j.run("review") != 0 || s.calls.Load() != stored {
		t.Errorf("the next push made %d calls\n%s", s.calls.Load()-stored, &j.stderr)
	}
	pull := newJob(t, s, "pull_request")
	pull.env["PERTASK_STORE"], pull.env["PERTASK_JOURNAL_SECRET"] = store, strings.Repeat("s", 32)
	if code := pull.run("review"); code != 1 {
		t.Fatalf("pull request: exit %d\n%s%s", code, &pull.stdout, &pull.stderr)
	}
	if report := pull.file(t, "pertask/report/report.json"); !strings.Contains(report, fmt.Sprintf(`"trials": %d,
      "oldest"`, stored)) {
		t.Errorf("the report does not say that %d trials were used again:\n%.3000s", stored, report)
	}
	s.check(t, pull.stdout.String()+pull.stderr.String(), "failure", 1, "**Don't switch.**")
}

// What somebody without the secret has put into the cache is not used, and the report says so.
func TestAForgedStoreIsNotUsed(t *testing.T) {
	s := newStage(t, "block", dearer)
	store := filepath.Join(t.TempDir(), "store")
	forger := pushJob(t, s, "main", store)
	forger.env["PERTASK_JOURNAL_SECRET"] = strings.Repeat("x", 32)
	if code := forger.run("review"); code != 0 {
		t.Fatalf("exit %d\n%s", code, &forger.stderr)
	}
	pull := newJob(t, s, "pull_request")
	pull.env["PERTASK_STORE"], pull.env["PERTASK_JOURNAL_SECRET"] = store, strings.Repeat("s", 32)
	if code := pull.run("review"); code != 1 {
		t.Fatalf("pull request: exit %d\n%s%s", code, &pull.stdout, &pull.stderr)
	}
	report := pull.file(t, "pertask/report/report.json")
	if strings.Contains(report, `"sentinels"`) || !strings.Contains(report, "measured afresh") || !strings.Contains(pull.stderr.String(), "seal") {
		t.Errorf("the report does not say that the store was not used:\n%.3000s", report)
	}
}

func TestPushesWithNothingToFill(t *testing.T) {
	s := newStage(t, "block", dearer)
	for name, tt := range map[string]struct {
		branch string
		change func(*job)
		code   int
		want   string
	}{
		"another branch":    {"feature", func(*job) {}, 0, "default branch only"},
		"no default branch": {"main", func(j *job) { delete(j.env, "PERTASK_BASE_BRANCH") }, 0, "default branch only"},
		"no folder":         {"main", func(j *job) { delete(j.env, "PERTASK_STORE") }, exitUsage, "the input store"},
		"no secret":         {"main", func(j *job) { delete(j.env, "PERTASK_JOURNAL_SECRET") }, exitUsage, "journal-secret"},
		"no key":            {"main", func(j *job) { delete(j.env, "OPENAI_API_KEY") }, 0, "OPENAI_API_KEY"},
	} {
		t.Run(name, func(t *testing.T) {
			j := pushJob(t, s, tt.branch, t.TempDir())
			tt.change(j)
			if code := j.run("review"); code != tt.code || !strings.Contains(j.stdout.String(), tt.want) || s.calls.Load() != 0 {
				t.Errorf("exit %d after %d calls\n%s%s", code, s.calls.Load(), &j.stdout, &j.stderr)
			}
		})
	}
}

// On the default branch a store that somebody else wrote is begun anew.
func TestAForgedStoreIsFilledAnew(t *testing.T) {
	s := newStage(t, "block", dearer)
	store := filepath.Join(t.TempDir(), "store")
	forger := pushJob(t, s, "main", store)
	forger.env["PERTASK_JOURNAL_SECRET"] = strings.Repeat("x", 32)
	forger.run("review")
	calls := s.calls.Load()
	j := pushJob(t, s, "main", store)
	if code := j.run("review"); code != 0 || s.calls.Load() != 2*calls || !strings.Contains(j.stderr.String(), "seal") {
		t.Errorf("exit %d after %d calls, the forger made %d\n%s", code, s.calls.Load()-calls, calls, &j.stderr)
	}
	if j = pushJob(t, s, "main", store); j.run("review") != 0 || s.calls.Load() != 2*calls {
		t.Errorf("the next push made %d calls", s.calls.Load()-2*calls)
	}
}

// A rerun without the journal, but with the tests that are kept beside it, shows the verdict again.
func TestAFinalVerdictIsShownAgain(t *testing.T) {
	s := newStage(t, "block", dearer)
	dir := t.TempDir()
	for i := range 2 {
		j := newJob(t, s, "pull_request")
		j.env["PERTASK_JOURNAL"], j.env["PERTASK_JOURNAL_SECRET"], j.env["GITHUB_REF"] = filepath.Join(j.env["RUNNER_TEMP"], "journals"), strings.Repeat("s", 32), "refs/pull/1/merge"
		tests := j.env["PERTASK_JOURNAL"]
		if i > 0 {
			if err := os.CopyFS(tests, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
		}
		before := s.calls.Load()
		if code := j.run("review"); code != 1 {
			t.Fatalf("exit %d\n%s%s", code, &j.stdout, &j.stderr)
		}
		report := j.file(t, "pertask/report/report.json")
		if again := i > 0; strings.Contains(report, "nothing was measured again") != again || again != (s.calls.Load() == before) {
			t.Errorf("run %d made %d calls:\n%.2000s", i, s.calls.Load()-before, report)
		}
		if i == 0 {
			kept, err := filepath.Glob(filepath.Join(tests, "test-*.jsonl"))
			if err != nil || len(kept) != 1 {
				t.Fatalf("kept are %q, %v", kept, err)
			}
			data, err := os.ReadFile(kept[0])
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, filepath.Base(kept[0])), data, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestDocsShowTheBaseWorkflow holds the workflow of docs/commands.md against action.yml, and its two halves against each
// other: a cache is found by its path, and by the beginning of its key.
func TestDocsShowTheBaseWorkflow(t *testing.T) {
	docs, err := os.ReadFile(filepath.Join(root(t), "docs", "commands.md"))
	if err != nil {
		t.Fatal(err)
	}
	action, err := os.ReadFile(filepath.Join(root(t), "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	_, push, ok := strings.Cut(string(docs), "```yaml\nname: pertask base\n")
	push, rest, ok2 := strings.Cut(push, "```")
	_, pull, ok3 := strings.Cut(rest, "```yaml\n")
	pull, _, ok4 := strings.Cut(pull, "```")
	if !ok || !ok2 || !ok3 || !ok4 {
		t.Fatal("docs/commands.md does not show two workflows")
	}
	for _, input := range []string{"store", "journal-secret"} {
		if !strings.Contains(string(action), "\n  "+input+":\n") || !strings.Contains(push, "          "+input+": ") || !strings.Contains(pull, "          "+input+": ") {
			t.Errorf("the input %s is not in action.yml and in both workflows", input)
		}
	}
	for _, part := range []string{"path: ${{ runner.temp }}/pertask-base\n", "store: ${{ runner.temp }}/pertask-base\n", "restore-keys: pertask-base-\n"} {
		if !strings.Contains(push, part) || !strings.Contains(pull, part) {
			t.Errorf("%q is not in both workflows", part)
		}
	}
	if !strings.Contains(push, "  push:\n") || !strings.Contains(push, "cache/save@") || strings.Contains(pull, "cache/save@") {
		t.Error("not the pushes alone save the cache")
	}
}
