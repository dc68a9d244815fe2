package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// keptJob is a job of a workflow that brings journals back from another place.
func keptJob(t *testing.T, s *stage, dir string) *job {
	for _, c := range s.hub.Comments(s.repo, s.pull) { // a verdict in our comment would answer
		s.hub.DeleteComment(s.repo, c.ID)
	}
	t.Helper()
	j := newJob(t, s, "pull_request")
	j.env["PERTASK_JOURNAL"] = filepath.Join(j.env["RUNNER_TEMP"], "journals")
	j.env["PERTASK_JOURNAL_SECRET"] = "0123456789abcdef0123"
	j.env["GITHUB_REF"] = "refs/pull/1/merge"
	copyFiles(t, dir, j.env["PERTASK_JOURNAL"])
	tests, err := filepath.Glob(filepath.Join(j.env["PERTASK_JOURNAL"], "test-*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range tests { // these tests are about the journals; with a final verdict they would not be opened
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	return j
}

// copyFiles is what a cache does.
func copyFiles(t *testing.T, from, to string) {
	t.Helper()
	if err := os.MkdirAll(to, 0o755); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(from, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, filepath.Base(name)), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// A check that is rerun in another job pays for nothing that the kept journal has, and for everything when the journal
// is not what was kept.
func TestRerunGoesOn(t *testing.T) {
	s := newStage(t, "block", dearer)
	cache := t.TempDir()
	first := keptJob(t, s, cache)
	if code := first.run("review"); code != 1 || s.calls.Load() != 40 {
		t.Fatalf("exit %d after %d calls, want 1 after 40\n%s%s", code, s.calls.Load(), &first.stdout, &first.stderr)
	}
	copyFiles(t, first.env["PERTASK_JOURNAL"], cache)
	report := first.file(t, "pertask/report/report.json")

	again := keptJob(t, s, cache)
	if code := again.run("review"); code != 1 || s.calls.Load() != 40 {
		t.Errorf("rerun: exit %d after %d calls, want 1 after 40\n%s%s", code, s.calls.Load(), &again.stdout, &again.stderr)
	}
	if again.file(t, "pertask/report/trials.jsonl") != first.file(t, "pertask/report/trials.jsonl") || !strings.Contains(report, `"dont-switch"`) {
		t.Error("the journal beside the report is not the kept one")
	}

	forged, err := filepath.Glob(filepath.Join(cache, "trials-*.jsonl"))
	if err != nil || len(forged) != 1 {
		t.Fatalf("kept %q, %v; want one journal", forged, err)
	}
	data, err := os.ReadFile(forged[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(forged[0], []byte(strings.ReplaceAll(string(data), "20000", "00002")), 0o644); err != nil {
		t.Fatal(err)
	}
	third := keptJob(t, s, cache)
	if code := third.run("review"); code != 1 || s.calls.Load() != 80 || !strings.Contains(third.stderr.String(), "does not count") {
		t.Errorf("with a forged journal: exit %d after %d calls, want 1 after 80\n%s%s", code, s.calls.Load(), &third.stdout, &third.stderr)
	}
	for _, j := range []*job{first, again, third} {
		if strings.Contains(j.stdout.String()+j.stderr.String(), j.env["PERTASK_JOURNAL_SECRET"]) {
			t.Error("the secret was printed")
		}
	}
}

// Without the secret, as for a fork, nothing that lies in the folder counts, and the review goes its way.
func TestNothingIsKeptWithoutASecret(t *testing.T) {
	s := newStage(t, "report", dearer)
	first := keptJob(t, s, t.TempDir())
	first.env["PERTASK_JOURNAL_SECRET"] = ""
	if code := first.run("review"); code != 0 || s.calls.Load() != 40 || !strings.Contains(first.stderr.String(), "journal-secret") {
		t.Errorf("exit %d after %d calls, want 0 after 40\n%s%s", code, s.calls.Load(), &first.stdout, &first.stderr)
	}
	if names, _ := filepath.Glob(filepath.Join(first.env["PERTASK_JOURNAL"], "*")); len(names) != 0 {
		t.Errorf("kept %q", names)
	}
}

// What lies where a journal is kept can be a link to anything: it is neither read nor written through.
func TestAKeptLinkIsNotFollowed(t *testing.T) {
	s := newStage(t, "block", dearer)
	first := keptJob(t, s, t.TempDir())
	first.run("review")
	names, err := filepath.Glob(filepath.Join(first.env["PERTASK_JOURNAL"], "trials-*.jsonl"))
	if err != nil || len(names) != 1 || s.calls.Load() != 40 {
		t.Fatalf("kept %q after %d calls, %v; want one journal after 40", names, s.calls.Load(), err)
	}
	before, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, ending := range []string{"", ".seal"} {
		calls := s.calls.Load()
		again := keptJob(t, s, first.env["PERTASK_JOURNAL"])
		place := filepath.Join(again.env["PERTASK_JOURNAL"], filepath.Base(names[0])) + ending
		if err := os.Remove(place); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(names[0]+ending, place); err != nil { // what would hold
			t.Skipf("links cannot be made here: %v", err)
		}
		if code := again.run("review"); code != 1 || s.calls.Load() != calls+40 || !strings.Contains(again.stderr.String(), "does not count") {
			t.Errorf("with a link for the journal%s: exit %d after %d more calls, want 1 after 40\n%s%s", ending, code, s.calls.Load()-calls, &again.stdout, &again.stderr)
		}
		if after, err := os.ReadFile(names[0]); err != nil || string(after) != string(before) {
			t.Errorf("with a link for the journal%s: what it leads to was changed (%v)", ending, err)
		}
	}
}
